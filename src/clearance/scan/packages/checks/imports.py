"""Whether what is imported comes from the standard library, the tree, what is declared, or any distribution.

In this order, the cheapest first: standard libraries and hosts, the data pack's map of modules, namespaces, the tree's own
modules, its manifests, its lock files. What is left is unknown; what only stands for a name of the reader's is told apart.
"""

import re
from collections.abc import Iterator, Sequence

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.family import Match
from clearance.scan.packages import builtin
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.knowledge import Knowledge
from clearance.scan.packages.mention import Mention, Registry, fold
from clearance.scan.packages.placeholder import is_neighbour, is_placeholder
from clearance.scan.packages.project import Project
from clearance.scan.packages.readers.imports import confirmed, package_of, scripts_of

UNKNOWN = "import-without-package"
UNDECLARED = "import-not-declared"
_TESTS = re.compile(r"(?:^|/)(?:tests?|testing|__tests__|fixtures)/|(?:^|/)test_[^/]*$|_test\.py$|\.(?:test|spec)\.")
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|__mocks__|fixtures?|e2e|cypress|docs?|examples?|samples?|scripts?|tools?|benchmarks?|"
    r"bench|ci|contrib|notebooks?|stories|\.[\w-]+)/|"
    r"(?:^|/)(?:test_[^/]*|conftest|noxfile|tasks|fabfile|setup|manage|dodo|locustfile)\.py$|_test\.py$|"
    r"\.(?:test|spec|stories|config|conf|setup)\.|\.(?:ipynb|d\.ts|html)$",
    re.IGNORECASE,
)
"""Where code runs that needs more than what the manifest is for."""
_WIDELY = 5_000
"""Rank up to which a package may be named as what to declare."""
_COMES_WITH = {
    "mpl_toolkits": ("matplotlib",), "pylab": ("matplotlib",), "pkg_resources": ("setuptools",),
    "_distutils_hack": ("setuptools",), "botocore": ("boto3", "aiobotocore"), "s3transfer": ("boto3",),
    "_pytest": ("pytest",), "starlette": ("fastapi",), "werkzeug": ("flask",), "markupsafe": ("jinja2",),
}  # fmt: skip
"""Modules that come with a package of another name, and that its own documentation tells people to import."""
_SUFFIXES = (".vue", ".svelte", ".astro")


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Judge imports: those that nobody provides, and those that the tree's manifests forgot."""
    if asked.contents is None or not asked.imported:
        return
    unknown: list[Mention] = []
    known: list[Mention] = []
    for mention in asked.each(asked.imported):
        if not _is_builtin(mention):
            (known if _is_provided(mention, asked.knowledge) else unknown).append(mention)
    complete = asked.contents.complete
    if unknown and UNKNOWN in asked.rules and not complete:
        detail = "imports: its own modules cannot be told from invented ones, the rest of the tree is not known"
        yield Gap(scanner="packages", path="", kind=GapKind.PARTIAL, detail=detail)
    elif unknown and UNKNOWN in asked.rules:
        yield from _unknown(asked, unknown)
    if known and complete and UNDECLARED in asked.rules and not _ASIDE.search(asked.view.path):
        yield from _undeclared(asked, known)


def _unknown(asked: Asked, mentions: Sequence[Mention]) -> Iterator[Match | Gap]:
    tree = asked.tree
    left = [mention for mention in mentions if not _is_own(mention, tree) and not _is_asked_for(mention, asked)]
    if tree.is_snippet:
        left = [mention for mention in left if not is_neighbour(mention.registry, mention.name)]
    for mention in _sure(asked, left):
        name = mention.name if mention.registry is Registry.PYPI else package_of(mention.name)
        where = "no distribution on PyPI" if mention.registry is Registry.PYPI else "no npm package known offline"
        stands = is_placeholder(mention.registry, mention.name)
        aside = mention.optional or stands or _TESTS.search(asked.view.path)
        yield Match(
            rule=UNKNOWN,
            start=mention.start,
            end=mention.end,
            message=f'{where} provides "{name}" (as of {asked.knowledge.date}), nor does this tree'
            + ("; it reads as a placeholder" if stands else ""),
            severity=Severity.LOW if aside else None,
            shape=f"{mention.registry.value} import {name}",
        )
    if left and tree.cut:
        yield Gap(scanner="packages", path="", kind=GapKind.PARTIAL, detail=f"imports: {tree.cut}")


def _undeclared(asked: Asked, mentions: Sequence[Mention]) -> Iterator[Match]:
    """Give imports, each once, of packages that exist and that no manifest of this tree asks for."""
    tree = asked.tree
    first: dict[tuple[Registry, str], Mention] = {}
    for mention in mentions:
        if not mention.optional:
            name = mention.name if mention.registry is Registry.PYPI else package_of(mention.name).lower()
            first.setdefault((mention.registry, name), mention)
    left = [
        mention
        for mention in first.values()
        if tree.declares(mention.registry) and not _is_own(mention, tree) and not _is_asked_for(mention, asked)
    ]
    for mention in _sure(asked, left):
        if mention.optional:
            continue
        name = mention.name if mention.registry is Registry.PYPI else package_of(mention.name)
        yield Match(
            rule=UNDECLARED,
            start=mention.start,
            end=mention.end,
            message=f'"{name}" is imported, and no manifest or lock file here asks for what provides it',
            fix=_declare(asked.knowledge, mention, name),
            confidence=Confidence.LOW if tree.cut else None,
            shape=f"{mention.registry.value} undeclared {name}",
        )


def _declare(known: Knowledge, mention: Mention, name: str) -> str:
    """Say what to declare: by name only what is widely used, because what is suggested gets installed."""
    providers: Sequence[str] = (name,)
    if mention.registry is Registry.PYPI:
        # Where the map knows who provides a module, a package of the module's own name is somebody else's (`jwt`, `pyjwt`).
        providers = known.distributions_of(name) or (fold(name),)
    for provider in providers:
        rank = known.popularity(mention.registry, provider).rank
        if known.has(mention.registry, provider) and 0 < rank <= _WIDELY:
            return f'declare what provides it ("{provider}" is widely used), or leave the import out'
    return "find out which package provides it, and declare that one"


def _sure(asked: Asked, mentions: Sequence[Mention]) -> Iterator[Mention]:
    """Give those that the syntax tree sees as imports."""
    view = asked.view
    if not mentions or view.language == "notebook":
        return iter(mentions)
    if view.path.endswith(_SUFFIXES):
        return confirmed(scripts_of(view.text), "typescript", mentions)
    return confirmed(view.text, view.language or "python", mentions)


def _is_builtin(mention: Mention) -> bool:
    if mention.registry is Registry.PYPI:
        return builtin.is_python(mention.name)
    return builtin.is_script(mention.name) or package_of(mention.name) in {"", *builtin.NODE}


def _is_provided(mention: Mention, index: Knowledge) -> bool:
    if mention.registry is Registry.NPM:
        package = package_of(mention.name)
        return index.has(Registry.NPM, package) or index.has(Registry.NPM, _types(package))
    name = mention.name
    if index.provides_module(name):
        return True
    folded = fold(name).strip("-")
    wrapped = (f"python-{folded}", f"py{folded}", f"{folded}-python", f"{folded}-py", f"{folded}py")
    return any(index.has(Registry.PYPI, one) for one in (*wrapped, *_joined(mention)))


def _joined(mention: Mention) -> Iterator[str]:
    """Give the distributions that would hold a dotted name of a namespace: `a.b.c` for `a-b` and `a-b-c`."""
    parts = mention.wanted.split(".")
    for many in (2, 3, 4):
        if len(parts) >= many and parts[0] == mention.name:
            yield fold("-".join(parts[:many]))


def _types(package: str) -> str:
    """Give the package that holds the types of a package which has none."""
    return "@types/" + package.removeprefix("@").replace("/", "__")


def _is_own(mention: Mention, tree: Project) -> bool:
    """Whether the tree itself holds what is imported."""
    if mention.registry is Registry.PYPI:
        return mention.name in tree.modules or tree.is_own(Registry.PYPI, fold(mention.name))
    package = package_of(mention.name).lower()
    first = mention.name.partition("/")[0]
    if tree.is_own(Registry.NPM, package) or first in tree.folders or package.partition("/")[0] in tree.private_scopes:
        return True
    if any(mention.name == alias or mention.name.startswith(alias) for alias in tree.aliases):
        return True
    return any(_fits(mention.name, pattern) for pattern in tree.ambient)


def _is_asked_for(mention: Mention, asked: Asked) -> bool:
    """Whether a manifest or a lock file of the tree, or a setting, names what provides the import."""
    tree, registry = asked.tree, mention.registry
    if registry is Registry.NPM:
        package = package_of(mention.name).lower()
        names = {package, _types(package)}
    else:
        folded = fold(mention.name).strip("-")
        names = {folded, *asked.knowledge.distributions_of(mention.name), *_joined(mention)}
        names.update(_COMES_WITH.get(mention.name, ()))
    if any(asked.policy.is_allowed(registry, name) or asked.policy.is_private(registry, name) for name in names):
        return True
    for held in (tree.declared_names(registry), tree.locked(registry)):
        if not names.isdisjoint(held) or (registry is Registry.PYPI and _resembles(folded, held)):
            return True
    return False


def _resembles(folded: str, held: set[str]) -> bool:
    """Whether a declared name carries the module's (that of `python-jose-cryptodome` carries `jose`): maps of modules are
    never complete, and what is declared was chosen by somebody."""
    bare = folded.replace("-", "")
    return len(bare) > 2 and any(bare in name.replace("-", "") for name in held)


def _fits(name: str, pattern: str) -> bool:
    start, star, end = pattern.partition("*")
    return name == pattern if not star else name.startswith(start) and name.endswith(end)
