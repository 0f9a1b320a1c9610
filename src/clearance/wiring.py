"""Furnishes the house: the only place that names concrete classes."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from clearance import __version__, pipeline
from clearance.facts.cache import Cache
from clearance.facts.change import Change, Collected, Contents
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.errors import BadFile, BadPage, NotARepository, UnknownRevision, UsageError
from clearance.facts.finding import Finding
from clearance.facts.outcome import Outcome, Receipt
from clearance.report.look import Times
from clearance.rules import catalogue as catalogues
from clearance.rules.catalogue import Catalogue, join, load, read_catalogue
from clearance.rules.model import Rule
from clearance.scan.look import AnyFamily
from clearance.scan.memory import Memory
from clearance.scan.runner import Limits, Progress
from clearance.scan.worker import Reserve
from clearance.settings import PLACE as SETTINGS
from clearance.settings import Settings, read_settings
from clearance.stores.cache import FileCache, cache_directory
from clearance.stores.pages import TEAM as TEAM_RULES
from clearance.stores.pages import builtin_pages, builtin_stamp, code_stamp, pages_in, read_text

if TYPE_CHECKING:
    from clearance.attest.signers.file import FileSigner, Purpose
    from clearance.decide.policy_set import Policies
    from clearance.examples import Failure
    from clearance.record.log import Log
    from clearance.scan.imported.opinion import Opinion
    from clearance.stores.private import PrivateFolder

FAMILIES = ("secrets", "code", "packages", "tampering")
_PANEL_SECONDS = 900.0
_MOST_MENDED = 4 << 20
OWN = ".clearance/"
TEAM_POLICIES = ".clearance/policies"
_LOOKED_FOR_BY = {"triggers": "code", "vocabulary": "code"}
"""Families of pages that another scanner looks for."""


class Wanted(NamedTuple):
    """Which change a person wants judged. `patch` is a diff; at most one of `staged`, `head`, `patch` is set."""

    directory: Path
    staged: bool = False
    base: str | None = None
    head: str | None = None
    patch: bytes | None = None
    patch_name: str = ""
    agent: str | None = None


class Second(NamedTuple):
    """Second opinions that a person asks for: tools to run (`bandit`, `semgrep=DIR`), and SARIF files of tools that ran."""

    tools: tuple[str, ...] = ()
    sarif: tuple[Path, ...] = ()


NO_SECOND = Second()


class Judged(NamedTuple):
    """An outcome, when the run began and ended, and the exit code: 0 allowed (or looked everywhere, for a scan), 1 denied,
    3 a person must look, 4 could not look."""

    outcome: Outcome
    at: Times
    exit: int


def check(
    wanted: Wanted,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    second: Second = NO_SECOND,
) -> Judged:
    """Judge a change from end to end, and record the decision. `meanwhile` is called while the scanners work: to import what
    shows the outcome, say.

    Raises:
        clearance.facts.errors.ClearanceError: used wrongly, or could not look.
    """
    began = _now()
    opinions = _Opinions(second, environment)
    ahead = _builtin_furnish(wanted.directory, environment)
    with Reserve(ahead) as reserve, closing(opinions):
        collected, own = _collect(wanted, environment)
        try:
            recorder = _Recorder(wanted.directory, environment, own)
            outcome = pipeline.judge(collected, _parts(ahead, reserve, own, meanwhile, opinions, recorder), progress)
        finally:
            _close(collected)
    return Judged(outcome, Times(began, _now()), _exit_code(outcome.decision))


def scan(
    path: Path,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    second: Second = NO_SECOND,
    *,
    fresh: bool = False,
) -> Judged:
    """Look at everything in a directory, or at one file. Settings and rules of a team are those of the commit that is
    checked out where `path` lies in a repository: files that are looked at have no say. Unless `fresh`, results of an
    earlier scan stand for files that have not changed.

    Raises:
        clearance.facts.errors.ClearanceError: used wrongly, or could not look.
    """
    from clearance.collect.tree import directory

    began = _now()
    opinions = _Opinions(second, environment)
    ahead = _builtin_furnish(path, environment, sightings=False)
    with Reserve(ahead) as reserve, closing(opinions):
        parts = _parts(ahead, reserve, _committed(path, environment), meanwhile, opinions)
        memory = None if fresh else _memory(path, parts, environment)
        collected = directory(path, environment=environment, memory=memory)
        try:
            outcome = pipeline.look(collected, parts._replace(memory=memory), progress)
        finally:
            _close(collected)
    return Judged(outcome, Times(began, _now()), 4 if any(gap.matters for gap in outcome.gaps) else 0)


class FixedFile(NamedTuple):
    """What was mended in one file: a unified diff, how many findings, and those that were left with line and reason."""

    path: str
    diff: tuple[str, ...]
    done: int
    left: tuple[tuple[str, int, str], ...]


class Fixed(NamedTuple):
    """All files with something to mend; `unseen`: something could not be looked at."""

    files: tuple[FixedFile, ...]
    unseen: bool


def fix(
    path: Path,
    environment: Mapping[str, str],
    *,
    rules: Sequence[str] = (),
    write: bool = False,
    progress: Progress | None = None,
) -> Fixed:
    """Mend what has one safe answer in a directory or file; without `write` nothing is changed.

    Raises:
        clearance.facts.errors.ClearanceError: used wrongly, or a file cannot be written.
    """
    from clearance.collect.tree import directory

    ahead = _builtin_furnish(path, environment, sightings=False)
    opinions = _Opinions(NO_SECOND, environment)
    with Reserve(ahead) as reserve:
        collected = directory(path, environment=environment)
        try:
            parts = _parts(ahead, reserve, _committed(path, environment), lambda: None, opinions)
            unknown = [rule for rule in rules if rule not in {one.id for one in parts.catalogue}]
            if unknown:
                raise UsageError(f"no rule {unknown[0]!r}", next="`clearance rules list` names all")
            outcome = pipeline.look(collected, parts, progress)
            wanted: dict[str, list[Finding]] = {}
            for finding in outcome.findings:
                if finding.edits and (not rules or finding.rule in rules):
                    wanted.setdefault(finding.place.path, []).append(finding)
            root = path if path.is_dir() else path.parent
            families, by_id = parts.furnish()
            mender = _Mender(collected, families, by_id, parts.limits.seconds)
            files = tuple(mender.mend(root, name, found, write=write) for name, found in sorted(wanted.items()))
        finally:
            _close(collected)
    return Fixed(files, any(gap.matters for gap in outcome.gaps))


class _Mender:
    """Mends one file after the other, with the families that found what is to be mended."""

    def __init__(
        self, collected: Collected, families: Sequence[AnyFamily], rules: Mapping[str, Rule], seconds: float
    ) -> None:
        self._collected = collected
        self._families = [family for family in families if family.name == "code"]
        self._rules = rules
        self._seconds = seconds
        self._files = {file.path: file for file in collected.change.files}
        for family in self._families:
            family.start(collected.contents)

    def mend(self, root: Path, name: str, findings: Sequence[Finding], *, write: bool) -> FixedFile:
        """Mend one file."""
        import difflib

        from clearance.scan.mend import mend
        from clearance.stores.worktree import replace_file

        def left(reason: str) -> FixedFile:
            return FixedFile(name, (), 0, tuple((one.rule, one.place.line, reason) for one in findings))

        data = self._collected.contents.read(name, "after", _MOST_MENDED + 1)
        mark = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        try:
            text = data.removeprefix(mark).decode("utf-8")
        except UnicodeDecodeError:
            return left("only text in UTF-8 is mended")
        if len(data) > _MOST_MENDED:
            return left("the file is larger than 4 MiB")
        mended = mend(text, findings, lambda changed: self._look(name, mark + changed.encode()))
        diff = tuple(
            line.rstrip("\n")
            for line in difflib.unified_diff(
                text.splitlines(keepends=True), mended.text.splitlines(keepends=True), f"a/{name}", f"b/{name}", n=1
            )
        )
        if write and mended.done:
            replace_file(root / name, data, mark + mended.text.encode())
        return FixedFile(
            name, diff, len(mended.done), tuple((one.rule, one.place.line, reason) for one, reason in mended.left)
        )

    def _look(self, name: str, data: bytes) -> tuple[Sequence[Finding], int] | None:
        from clearance.collect.memory import change_of
        from clearance.scan.grammar import broken_pieces
        from clearance.scan.language import language_of
        from clearance.scan.look import look_at

        one = change_of({}, {name: data})
        result = look_at(one.change.files[0], one.contents, self._families, self._rules, seconds=self._seconds)
        if any(gap.matters for gap in result.gaps):
            return None
        return result.findings, broken_pieces(language_of(name) or "", data)


def open_catalogue(directory: Path) -> Catalogue:
    """Read the built-in rules and those that the working tree at `directory` holds in `.clearance/rules`."""
    own = pages_in(_top(directory) / TEAM_RULES, shown=TEAM_RULES)
    return join(_builtin_catalogue(_cache(os.environ)), _usable(read_catalogue(own)))


def judge_examples(catalogue: Catalogue, rule: Rule) -> "list[Failure]":
    """Run the examples of a rule page; an empty list means that it keeps its word."""
    from clearance import examples

    return examples.judge_examples(catalogue, rule, partial(_families_for, catalogue))


def builtin_policies() -> "Policies":
    """Read the built-in policies alone."""
    return _policies({})


def open_policies(directory: Path) -> "Policies":
    """Read the built-in policies and those that the working tree at `directory` holds in `.clearance/policies`.

    Raises:
        BadPolicy: one of them is none.
    """
    folder = _top(directory) / TEAM_POLICIES
    paths = sorted(folder.glob("*.cedar")) if folder.is_dir() and not folder.is_symlink() else []
    return _policies({f"{TEAM_POLICIES}/{path.name}": read_text(path) for path in paths})


def open_log(directory: Path, *, create: bool = True) -> "Log":
    """Open the log of the repository that holds `directory`; outside of any, the log that lies beside the keys. Without
    `create`, a log that is not there is an error and stays so.

    Raises:
        NotARepository: the repository is one that may not be looked at.
        CollectError: something that is not ours stands where the log belongs.
    """
    from clearance.attest.keyring import KeyRing
    from clearance.record.log import Log
    from clearance.stores.pins import FilePins
    from clearance.stores.sqlite import SqliteStore

    decisions, checkpoints = open_signers()
    store = SqliteStore(_log_folder(directory) / "log", create=create)
    return Log(store, checkpoints, KeyRing(decisions, checkpoints), FilePins(_keys(os.environ).within("seen")))


def open_signers() -> "tuple[FileSigner, FileSigner]":
    """Open the signer of decisions and the signer of checkpoints."""
    return open_signer("decisions"), open_signer("checkpoints")


def open_signer(purpose: "Purpose") -> "FileSigner":
    """Open the signer of statements or of checkpoints; its key is made on the first signature."""
    from clearance.attest.signers.file import FileSigner

    return FileSigner(_keys(os.environ), purpose, lambda: datetime.now(UTC))


class _Recorder:
    """Decides by the policies, signs and appends; all of it is opened while the scanners work."""

    def __init__(self, directory: Path, environment: Mapping[str, str], own: Mapping[str, bytes]) -> None:
        self._directory = directory
        self._environment = environment
        self._team = {
            path: _text(data)
            for path, data in own.items()
            if path.startswith(f"{TEAM_POLICIES}/") and path.endswith(".cedar")
        }
        # A change is not worth scanning where its record could not be kept.
        self._log = open_log(directory)

    @cached_property
    def policies(self) -> "Policies":
        """The built-in policies and the team's, from the base of the change."""
        return _policies(
            {path: text for path, text in self._team.items() if path.count("/") == TEAM_POLICIES.count("/") + 1}
        )

    def warm(self) -> None:
        """Open what is needed after the scan."""
        import clearance.attest.statement
        import clearance.decide.decide  # noqa: F401 -- imported for its time, not its names

        _ = self.policies
        open_signer("decisions").public()

    def decide(self, case: Case) -> Decision:
        """Ask the policies."""
        from clearance.decide.decide import decide

        return decide(case, self.policies)

    def record(self, case: Case, decision: Decision) -> Receipt:
        """Sign the decision and append it to the log."""
        from clearance.attest.dsse import seal
        from clearance.attest.statement import decision_statement, evidence_of

        bundle = seal(decision_statement(case, decision, datetime.now(UTC)), open_signer("decisions"))
        entry = self._log.append(bundle, evidence_of(case, decision))
        return Receipt(digest=entry.digest, index=entry.index, log=_shown(self._log.place, self._directory), key=entry.key)


def _exit_code(decision: Decision | None) -> int:
    """Map a decision to an exit code; 4 where every denial says that nobody could look."""
    if decision is None or decision.could_not_look:
        return 4
    return {Verdict.ALLOW: 0, Verdict.ASK: 3, Verdict.DENY: 1}[decision.verdict]


def _collect(wanted: Wanted, environment: Mapping[str, str]) -> tuple[Collected, Mapping[str, bytes]]:
    """Collect the change, and the team's own files from the base of it."""
    from clearance.collect import git

    if wanted.patch is not None:
        from clearance.collect.patch import patch

        collected = patch(wanted.patch, name=wanted.patch_name, agent=wanted.agent, environment=environment)
        return collected, _committed(wanted.directory, environment)
    if wanted.staged:
        collected = git.staged(wanted.directory, base=wanted.base, agent=wanted.agent, environment=environment)
    elif wanted.head is not None:
        collected = git.between(wanted.directory, wanted.base, wanted.head, agent=wanted.agent, environment=environment)
    else:
        collected = git.working_tree(wanted.directory, base=wanted.base, agent=wanted.agent, environment=environment)
    contents = cast("git.GitContents", collected.contents)
    return collected, contents.base_files(OWN)


def _committed(path: Path, environment: Mapping[str, str]) -> Mapping[str, bytes]:
    """Give the team's files of the commit that is checked out around a path; none outside of a repository."""
    from clearance.collect.git import read_base

    try:
        return read_base(path, "HEAD", OWN, environment=environment)
    except (NotARepository, UnknownRevision):
        return {}


def _close(collected: Collected) -> None:
    close = getattr(collected.contents, "close", None)
    if close:
        close()


class _Furnish(msgspec.Struct, frozen=True):
    """Builds the scanner families in each worker. Two that are equal build the same."""

    catalogue: Catalogue
    cache: Path
    today: date
    index_days: int
    sightings: bool = True
    """Whether anybody asks what calls for care; a scan without a verdict does not."""
    installed: tuple[Path, ...] = ()
    """Folders of installed packages, which are read as text."""

    def __call__(self) -> tuple[Sequence[AnyFamily], Mapping[str, Rule]]:
        """Build them."""
        rules = self.catalogue.rules
        if not self.sightings:
            rules = tuple(rule for rule in rules if rule.tier is None)
        cache = FileCache(self.cache)
        families = [_family(name, rules, cache, self.today, self.index_days, installed=self.installed) for name in FAMILIES]
        return families, {rule.id: rule for rule in rules}


def _builtin_furnish(directory: Path, environment: Mapping[str, str], *, sightings: bool = True) -> _Furnish:
    """What scanners are built from where a team says nothing of its own, which is not known before the change is."""
    catalogue = _builtin_catalogue(_cache(environment))
    return _Furnish(
        catalogue,
        cache_directory(environment),
        datetime.now(UTC).date(),
        Settings().scan.index_days,
        sightings,
        _installed(directory, environment),
    )


def _parts(
    ahead: _Furnish,
    reserve: Reserve,
    own: Mapping[str, bytes],
    meanwhile: Callable[[], object],
    opinions: "_Opinions",
    recorder: _Recorder | None = None,
) -> pipeline.Parts:
    """Build everything that a run needs from the team's files."""

    def warm() -> None:
        if recorder:
            recorder.warm()
        meanwhile()

    settings = read_settings(_text(own[SETTINGS]) if SETTINGS in own else None)
    pages = {path: _text(data) for path, data in own.items() if path.startswith(f"{TEAM_RULES}/") and path.endswith(".md")}
    catalogue = join(ahead.catalogue, _usable(read_catalogue(pages))) if pages else ahead.catalogue
    return pipeline.Parts(
        version=__version__,
        catalogue=catalogue,
        pages=settings.report.pages,
        furnish=msgspec.structs.replace(ahead, catalogue=catalogue, index_days=settings.scan.index_days),
        reserve=reserve,
        families=FAMILIES,
        limits=Limits(seconds=settings.scan.seconds_per_file, total=settings.scan.seconds, workers=settings.scan.workers),
        memory=None,
        exclude=settings.scan.exclude,
        warm=warm,
        ask=opinions.ask,
        opinions=opinions.all,
        decide=recorder.decide if recorder else _nobody,
        record=recorder.record if recorder else _nobody,
    )


class _Opinions:
    """What other tools say about a change. What a person wrote wrongly is refused before the work begins."""

    def __init__(self, second: Second, environment: Mapping[str, str]) -> None:
        self._logs: list[tuple[str, bytes]] = []
        self._panel: Any = None
        self._paths: tuple[str, ...] = ()
        if second.tools:
            from clearance.scan.imported.panel import Panel, read_asked

            self._panel = Panel(read_asked(second.tools, environment), environment, _PANEL_SECONDS)
        for path in second.sarif:
            try:
                self._logs.append((str(path), path.read_bytes()))
            except OSError as error:
                raise BadFile(error.strerror or "cannot be read", where=str(path), next="give a SARIF file") from None

    def ask(self, change: Change, contents: Contents) -> None:
        """Start the tools."""
        self._paths = tuple(file.path for file in change.files)
        if self._panel is not None:
            self._panel.begin(change.files, contents)

    def all(self) -> "list[Opinion]":
        """Read what there is, and wait for the rest."""
        found: list[Opinion] = []
        if self._logs:
            from clearance.scan.imported import sarif

            for where, data in self._logs:
                found += sarif.read(data, self._paths, where=where)
        return [*found, *self._panel.finish()] if self._panel is not None else found

    def close(self) -> None:
        """Leave no process behind."""
        if self._panel is not None:
            self._panel.end()


def _memory(path: Path, parts: pipeline.Parts, environment: Mapping[str, str]) -> Memory:
    """Open what is known from an earlier scan of the same place by the same scanners with the same rules and settings."""
    from clearance.scan.packages.age import index_date

    furnish = cast("_Furnish", parts.furnish)
    day = index_date()
    stale = day is None or (furnish.today - day).days > furnish.index_days
    libraries = [(os.fspath(one), one.stat().st_mtime_ns) for one in furnish.installed]
    stamp = (code_stamp(), parts.catalogue.digest, parts.limits, parts.exclude, stale, libraries, sys.version_info[:2])
    return Memory(_cache(environment), os.path.realpath(path), repr(stamp))


def _nobody(*_: object) -> Any:
    raise AssertionError("a scan gives no verdict")


def _installed(directory: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Find the packages that are installed for a project: in the environment in or above its folder, or the active one."""
    around = [directory.absolute(), *list(directory.absolute().parents)[:4]]
    places = [above / name for above in around for name in (".venv", "venv", "env")]
    active = environment.get("VIRTUAL_ENV", "")
    if active.startswith("/"):
        places.append(Path(active))
    for place in places:
        if (place / "pyvenv.cfg").is_file():
            found = sorted(place.glob("lib/python3*/site-packages")) or sorted(place.glob("Lib/site-packages"))
            return tuple(one for one in found if one.is_dir())
    return ()


def _family(
    name: str, rules: Sequence[Rule], cache: Cache, today: date, index_days: int, *, installed: Sequence[Path] = ()
) -> AnyFamily:
    """Build one scanner family with the rules that it looks for."""
    wanted = tuple(rule for rule in rules if _LOOKED_FOR_BY.get(rule.family, rule.family) == name)
    match name:
        case "secrets":
            from clearance.scan.secrets.family import SecretsFamily

            return SecretsFamily(wanted, cache)
        case "code":
            from clearance.scan.code.family import CodeFamily

            return CodeFamily(wanted, cache, installed=installed)
        case "packages":
            from clearance.scan.packages.family import PackagesFamily

            return PackagesFamily(wanted, today, max_age_days=index_days)
        case _:
            from clearance.scan.tampering.family import TamperingFamily

            return TamperingFamily(wanted)


def _families_for(catalogue: Catalogue, family: str) -> Sequence[AnyFamily]:
    """Give the scanner that looks for the rules of a family of pages; one for all examples of a catalogue."""
    return _opened(catalogue.digest, family, catalogue.rules)


@lru_cache(maxsize=8)
def _opened(digest: str, family: str, rules: tuple[Rule, ...]) -> Sequence[AnyFamily]:  # noqa: ARG001 -- the digest is the key
    name = _LOOKED_FOR_BY.get(family, family)
    if name not in FAMILIES:
        raise UsageError(
            f"no scanner looks for rules of a family {family!r}", next=f"families: {', '.join(FAMILIES)}, triggers"
        )
    return [_family(name, rules, _cache(os.environ), datetime.now(UTC).date(), Settings().scan.index_days)]


def _usable(team: Catalogue) -> Catalogue:
    """Set aside the pages of a team that no scanner can use, so that one bad detector does not silence a whole family."""
    rules, broken = [], list(team.broken)
    for rule in team:
        try:
            _insist_on_detector(rule)
        except BadPage as error:
            broken.append(error)
        else:
            rules.append(rule)
    return Catalogue(team.pages, rules, broken)


def _insist_on_detector(rule: Rule) -> None:
    scanner = _LOOKED_FOR_BY.get(rule.family, rule.family)
    if scanner == "code":
        from clearance.scan.code.family import CodeFamily

        CodeFamily((rule,))
    elif scanner == "secrets":
        from clearance.scan.secrets.detectors import read_tokens

        read_tokens((rule,))
    else:
        known = "code, secrets, triggers, vocabulary"
        raise BadPage(
            f"a team's pages cannot be of the family {rule.family!r}", where=f"{rule.page}:1", next=f"families: {known}"
        )
    if not rule.detect and not rule.detector:
        raise BadPage("nothing stands under Detect, so nothing would be found", where=f"{rule.page}:1", next="write a block")


def _builtin_catalogue(cache: Cache) -> Catalogue:
    """Give the built-in catalogue, compiled, from the cache where the pages are the same."""
    key = f"catalogue-{__version__}-{builtin_stamp()}"
    compiled = cache.get(key)
    if compiled is not None:
        try:
            return load(compiled)
        except ValueError:
            pass
    compiled = catalogues.compile(builtin_pages())
    cache.put(key, compiled)
    return load(compiled)


def _cache(environment: Mapping[str, str]) -> Cache:
    return FileCache(cache_directory(environment))


def _policies(team: Mapping[str, str]) -> "Policies":
    from importlib import resources

    from clearance.decide.policy_set import Policies

    folder = resources.files("clearance.decide")
    builtin = {
        f"policies/{file.name}": file.read_text(encoding="utf-8")
        for file in folder.joinpath("policies").iterdir()
        if file.name.endswith(".cedar")
    }
    return Policies.load(builtin, team, folder.joinpath("schema.cedarschema").read_text(encoding="utf-8"))


def _keys(environment: Mapping[str, str]) -> "PrivateFolder":
    from clearance.attest.signers.file import key_directory
    from clearance.stores.private import PrivateFolder

    return PrivateFolder(Path(key_directory(environment)))


def _log_folder(directory: Path) -> Path:
    from clearance.collect.repository import find_repository

    try:
        return find_repository(directory).own_folder()
    except NotARepository:
        if _inside_git(directory):
            raise
        return _keys(os.environ).directory


def _inside_git(directory: Path) -> bool:
    """Tell whether a `.git` stands above: then a refusal to use it must be heard."""
    place = directory.resolve()
    return any((folder / ".git").exists() for folder in (place, *place.parents))


def _top(directory: Path) -> Path:
    """Give the top of the working tree, or the directory itself outside of a repository."""
    from clearance.collect.repository import find_repository

    try:
        return find_repository(directory).top or directory
    except NotARepository:
        return directory


def _shown(place: str, directory: Path) -> str:
    """Show a path from where the person stands, if it lies there."""
    try:
        return str(Path(place).relative_to(directory.resolve()))
    except ValueError:
        return place


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
