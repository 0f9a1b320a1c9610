"""The family `packages`: looks up each name that a file would install or import."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

from clearance.facts.change import Contents
from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, View
from clearance.scan.packages import builtin, documents, lockfiles, npm_manifests, python_manifests
from clearance.scan.packages.imports import confirmed, package_of, python_imports, script_imports
from clearance.scan.packages.lookalike import Lookalikes
from clearance.scan.packages.mention import Mention, Read, Reader, Registry, Remote, Source, Unparsed, fold
from clearance.scan.packages.names import FOLDER, IndexMissing, NameIndex
from clearance.scan.packages.project import Project, is_requirements

MAX_AGE_DAYS = 180
_BY_NAME: dict[str, Reader] = {
    "pyproject.toml": python_manifests.pyproject,
    "pipfile": python_manifests.pipfile,
    "setup.cfg": python_manifests.setup_cfg,
    "package.json": npm_manifests.package_json,
    "package-lock.json": lockfiles.package_lock,
    "npm-shrinkwrap.json": lockfiles.package_lock,
    "yarn.lock": lockfiles.yarn_lock,
    "pnpm-lock.yaml": lockfiles.pnpm_lock,
    "pipfile.lock": lockfiles.pipfile_lock,
    "poetry.lock": lockfiles.toml_lock,
    "uv.lock": lockfiles.toml_lock,
    "pdm.lock": lockfiles.toml_lock,
}
_PYLOCK = re.compile(r"pylock(?:\.[^.]+)?\.toml")
_ENVIRONMENT = re.compile(r"(?:conda|environment|env)[\w.-]*\.ya?ml")
_SCRIPTS = {"javascript", "typescript", "tsx"}
_DOCUMENTS = {"markdown", "rst"}
_TESTS = re.compile(r"(?:^|/)(?:tests?|testing|__tests__|fixtures)/|(?:^|/)test_[^/]*$|_test\.py$|\.(?:test|spec)\.")
_PLAIN = {"shell", "dockerfile", "makefile", "yaml", "powershell", "batch", "groovy"}


class PackagesFamily:
    """Finds names that no registry knows, look-alikes of popular names, and packages from addresses that can change.

    Needs no network: names come from the index that ships with the program. Without it, or when it is old, it says so.
    """

    name = "packages"
    max_bytes = 32 << 20

    def __init__(
        self, rules: tuple[Rule, ...], today: dt.date, *, folder: Path = FOLDER, max_age_days: int = MAX_AGE_DAYS
    ) -> None:
        """`rules` are the pages of this family, `folder` holds the index, `today` tells how old it is."""
        self._rules = {rule.id for rule in rules}
        self._today = today
        self._folder = folder
        self._max_age = max_age_days
        self._contents: Contents | None = None
        self._project: Project | None = None
        self._index: NameIndex | None = None
        self._missing = ""
        self._lookalikes: dict[Registry, Lookalikes] = {}

    def start(self, contents: Contents) -> None:
        """Remember the tree; it and the index are opened when the first name asks for them."""
        self._contents = contents
        self._project = None

    def look(self, view: View, budget: Budget) -> Iterator[Match | Gap]:
        """Give what is wrong with the names in one side of a file.

        Raises:
            OutOfTime: the budget is spent.
        """
        readers = _readers(view)
        if not readers:
            return
        found: list[Mention | Remote] = []
        for reader in readers:
            try:
                found.extend(reader(view.text, budget))
            except Unparsed as error:
                yield Gap(scanner=self.name, path=view.path, kind=GapKind.UNPARSED, detail=str(error))
        if found:
            yield from self._judge(view, found, budget)

    def _judge(self, view: View, found: list[Mention | Remote], budget: Budget) -> Iterator[Match | Gap]:
        for remote in found:
            if isinstance(remote, Remote) and not remote.pinned:
                yield from self._remote(remote, view)
        mentions = [mention for mention in found if isinstance(mention, Mention)]
        index = self._opened()
        if index is None:
            yield Gap(
                scanner=self.name, path="", kind=GapKind.MISSING_DATA, detail=f"index of package names: {self._missing}"
            )
            return
        age = (self._today - index.date).days
        if age > self._max_age:
            yield Gap(
                scanner=self.name, path="", kind=GapKind.STALE, detail=f"package names as of {index.date}, {age} days old"
            )
        yield from self._named(mentions, index, budget)
        yield from self._imported(view, [mention for mention in mentions if mention.source is Source.IMPORT], index)

    def _opened(self) -> NameIndex | None:
        if self._index is None and not self._missing:
            try:
                self._index = NameIndex(self._folder)
            except IndexMissing as error:
                self._missing = str(error)
        return self._index

    def _tree(self) -> Project:
        if self._project is None:
            if self._contents is None:
                raise RuntimeError("look before start")
            self._project = Project(self._contents)
        return self._project

    def _remote(self, remote: Remote, view: View) -> Iterator[Match]:
        if "package-from-url" in self._rules:
            yield Match(
                rule="package-from-url",
                start=remote.start,
                end=remote.end,
                message=f'"{remote.name}" comes from an address whose content can change',
                severity=Severity.LOW if view.language in _DOCUMENTS else None,
                shape=f"{remote.name} {remote.address}",
            )

    def _named(self, mentions: list[Mention], index: NameIndex, budget: Budget) -> Iterator[Match]:
        """Judge names that would be installed; each once a file."""
        seen: set[tuple[Registry, str]] = set()
        for steps, mention in enumerate(mentions):
            if not steps & 0xFF:
                budget.check()
            name = fold(mention.name) if mention.registry is Registry.PYPI else mention.name.lower()
            if mention.source is Source.IMPORT or (mention.registry, name) in seen:
                continue
            seen.add((mention.registry, name))
            known = index.has(mention.registry, mention.name)
            if known and index.is_popular(mention.registry, name):
                continue
            if not known and (mention.registry, name) in self._tree().own:
                continue
            near = self._near(index, mention.registry, name)
            if known and near:
                yield from self._lookalike(mention, near)
            elif not known and mention.registry is Registry.PYPI:
                yield from self._unknown_pypi(mention, index, near)
            elif not known:
                yield from self._unknown_npm(mention, index, near)

    def _near(self, index: NameIndex, registry: Registry, name: str) -> str:
        if registry not in self._lookalikes:
            self._lookalikes[registry] = Lookalikes(index.targets(registry))
        return self._lookalikes[registry].near(name)

    def _lookalike(self, mention: Mention, near: str) -> Iterator[Match]:
        if "package-name-lookalike" in self._rules:
            yield Match(
                rule="package-name-lookalike",
                start=mention.start,
                end=mention.end,
                message=f'"{mention.name}" is little used and looks like "{near}"',
                fix=f'is "{near}" meant? compare both projects before either is installed',
                shape=f"{mention.registry.value} {mention.name}",
            )

    def _unknown_pypi(self, mention: Mention, index: NameIndex, near: str) -> Iterator[Match]:
        if "package-does-not-exist" not in self._rules:
            return
        message = f'"{mention.name}" is not on PyPI (names as of {index.date})'
        private = mention.private or Registry.PYPI in self._tree().private
        if private:
            message += "; another index is configured, which may have it"
        yield Match(
            rule="package-does-not-exist",
            start=mention.start,
            end=mention.end,
            message=message,
            fix=f'is "{near}" meant? compare before anything is installed' if near else "",
            severity=Severity.MEDIUM if private else None,
            confidence=Confidence.LOW if private else None,
            shape=f"PyPI {fold(mention.name)}",
        )

    def _unknown_npm(self, mention: Mention, index: NameIndex, near: str) -> Iterator[Match]:
        if "npm-package-unknown" not in self._rules:
            return
        scope = mention.name.partition("/")[0].lower() if mention.name.startswith("@") else ""
        tree = self._tree()
        private = mention.private or Registry.NPM in tree.private or scope in tree.private_scopes
        message = (
            f'"{mention.name}" is not among the {index.count(Registry.NPM):,} npm names known offline; ask the registry'
        )
        if private:
            message += "; another registry is configured, which may have it"
        elif scope and not index.has_scope(scope):
            private = True
            message += f"; the scope {scope} is unknown too and may be private"
        unsure = private or mention.optional
        yield Match(
            rule="npm-package-unknown",
            start=mention.start,
            end=mention.end,
            message=message,
            fix=f'is "{near}" meant? compare before anything is installed' if near else "",
            severity=Severity.LOW if unsure else None,
            confidence=Confidence.LOW if unsure else None,
            shape=f"npm {mention.name.lower()}",
        )

    def _imported(self, view: View, mentions: list[Mention], index: NameIndex) -> Iterator[Match | Gap]:
        """Judge imports: of the standard library, of the tree itself, of what is declared, of any distribution."""
        unknown = [mention for mention in mentions if not _is_known(mention, index)]
        if not unknown or "import-without-package" not in self._rules or self._contents is None:
            return
        if not self._contents.complete:
            detail = "imports: its own modules cannot be told from invented ones, the rest of the tree is not known"
            yield Gap(scanner=self.name, path="", kind=GapKind.PARTIAL, detail=detail)
            return
        tree = self._tree()
        unknown = [mention for mention in unknown if not _is_own(mention, tree)]
        if not unknown:
            return
        language = "python" if view.language == "notebook" else view.language or "python"
        sure = unknown if view.language == "notebook" else confirmed(view.text, language, unknown)
        for mention in sure:
            name = mention.name if mention.registry is Registry.PYPI else package_of(mention.name)
            where = "no distribution on PyPI" if mention.registry is Registry.PYPI else "no npm package known offline"
            yield Match(
                rule="import-without-package",
                start=mention.start,
                end=mention.end,
                message=f'{where} provides "{name}" (as of {index.date}), nor does this tree',
                severity=Severity.LOW if mention.optional or _TESTS.search(view.path) else None,
                shape=f"{mention.registry.value} import {name}",
            )


def _is_known(mention: Mention, index: NameIndex) -> bool:
    if mention.registry is Registry.PYPI:
        return mention.name in builtin.PYTHON or index.provides_module(mention.name)
    if mention.name.startswith(builtin.SCHEMES):
        return True
    package = package_of(mention.name)
    return not package or package in builtin.NODE or index.has(Registry.NPM, package)


def _is_own(mention: Mention, tree: Project) -> bool:
    if mention.registry is Registry.PYPI:
        folded = fold(mention.name)
        return mention.name in tree.modules or bool({(Registry.PYPI, folded)} & (tree.declared | tree.own))
    package = package_of(mention.name).lower()
    first = package.partition("/")[0]
    named = {(Registry.NPM, package), (Registry.NPM, f"@types/{package}")}
    if named & (tree.declared | tree.own) or first in tree.folders or first in tree.private_scopes:
        return True
    return any(mention.name.startswith(alias) for alias in tree.aliases if alias)


def _readers(view: View) -> list[Reader]:
    """Which readers a file gets, by its name and language."""
    base = view.path.rpartition("/")[2].lower()
    if base in _BY_NAME:
        return [_BY_NAME[base]]
    if _PYLOCK.fullmatch(base):
        return [lockfiles.toml_lock]
    if is_requirements(view.path):
        return [python_manifests.requirements]
    match view.language:
        case "python":
            own = [python_manifests.setup_py] if base == "setup.py" else []
            return [*own, python_imports, documents.listed]
        case "notebook":
            return [_notebook]
        case "markdown":
            return [documents.markdown]
        case "rst":
            return [documents.restructured]
        case "yaml" if _ENVIRONMENT.fullmatch(base) and "dependencies:" in view.text:
            return [python_manifests.environment]
        case language if language in _SCRIPTS:
            return [script_imports, documents.listed]
        case language if language in _PLAIN or base.startswith(("dockerfile", "containerfile")):
            return [documents.plain]
        case _:
            return []


def _notebook(text: str, budget: Budget) -> Read:
    return documents.notebook(text, budget, python_imports)
