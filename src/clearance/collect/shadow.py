"""A shadow git directory: git works in it, and nothing that the guarded repository configures is ever read by git.

The shadow is a private temporary folder with a configuration of ours. It borrows the repository's objects
(`info/alternates`) and references (a symlink to the folder of refs), and holds copies of HEAD, the index, `shallow`, and
the exclude and attribute lists. Configuration, hooks, drivers, aliases, replacement refs, grafts, commit graphs and
multi-pack indexes stay behind. From the repository's configuration only settings that say how text is converted and which
object format is used are carried over, read by `git config --no-includes` from a copy on its standard input.
"""

import os
import shutil
import signal
import stat
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from clearance.collect.command import Answer, Git, Running
from clearance.collect.objects import Objects
from clearance.collect.repository import Repository, open_regular, small_text
from clearance.facts.errors import CollectError

EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_MEBIBYTE = 1 << 20
_INDEX_LIMIT = 1 << 30
_BOOLEANS = {
    "true": "true",
    "yes": "true",
    "on": "true",
    "1": "true",
    "false": "false",
    "no": "false",
    "off": "false",
    "0": "false",
}
_CONVERSIONS = {
    "core.autocrlf": {**_BOOLEANS, "input": "input"},
    "core.eol": {"lf": "lf", "crlf": "crlf", "native": "native"},
    "core.filemode": _BOOLEANS,
    "core.ignorecase": _BOOLEANS,
    "core.precomposeunicode": _BOOLEANS,
    "core.symlinks": _BOOLEANS,
}
"""Settings that may be carried over, with the values that they may have."""
_EXTENSIONS = {
    "noop", "noop-v1", "objectformat", "partialclone", "preciousobjects", "refstorage", "relativeworktrees",
    "worktreeconfig",
}  # fmt: skip
_CONFIG = """\
[core]
\tbare = true
\trepositoryformatversion = 1
\tattributesFile = /dev/null
\tbigFileThreshold = 32m
\tcommitGraph = false
\tcompression = 0
\tfsmonitor = false
\tfsync = none
\thooksPath = /dev/null
\tlooseCompression = 0
\tmultiPackIndex = false
\tprotectHFS = false
\tprotectNTFS = false
\tquotePath = true
\tsafecrlf = false
\tsplitIndex = false
\tuntrackedCache = false
\tuseReplaceRefs = false
[diff]
\trenameLimit = 1000
[gc]
\tauto = 0
[log]
\tshowSignature = false
[maintenance]
\tauto = false
[protocol]
\tallow = never
[submodule]
\trecurse = false
"""


class Shadow:
    """A shadow of a repository. Close it (or let it go): the folder is removed then, and at the end of the process that
    made it at the latest."""

    def __init__(self, repository: Repository, environment: Mapping[str, str], *, seconds: float = 120.0) -> None:
        self.repository = repository
        try:
            with _undisturbed():
                self.folder = Path(tempfile.mkdtemp(prefix="clearance-"))
                self._finalizer = weakref.finalize(self, _remove, self.folder, os.getpid())
        except OSError as error:
            raise _no_room(error) from error
        try:
            home = self.folder / "home"
            home.mkdir()
            self.git = Git(environment, guarded=repository.guarded, home=home, seconds=seconds)
            self._mine = self._settings_of_user(environment)
            self._theirs = self._settings_of_repository()
            self._lay_out()
        except OSError as error:
            self.close()
            raise _no_room(error) from error
        except BaseException:
            self.close()
            raise
        self.objects = Objects(self.git, self.folder, self.advice)

    def close(self) -> None:
        """Remove the folder."""
        if hasattr(self, "objects"):
            self.objects.close()
        with _undisturbed():
            self._finalizer()

    @property
    def top(self) -> Path:
        """The working tree.

        Raises:
            CollectError: a bare repository has none.
        """
        if self.repository.top is None or self._bare:
            raise CollectError(
                "a bare repository has no working tree", where=str(self.repository.git_dir), next="use --base and --head"
            )
        return self.repository.top

    @property
    def default_branch(self) -> str | None:
        """The user's own `init.defaultBranch`."""
        return self._mine.get("init.defaultbranch")

    @property
    def empty_tree(self) -> str:
        """The id of the tree without entries."""
        return EMPTY_TREES[self._format]

    @property
    def shallow(self) -> bool:
        """Whether history is cut off somewhere."""
        return (self.folder / "shallow").exists()

    def start(self, arguments: Sequence[str], feed: bytes | None = None, *, working: bool = False) -> Running:
        """Start git on the shadow; `working`: with the working tree and in it, otherwise as in a bare repository."""
        more = {"GIT_DIR": str(self.folder)}
        if working:
            return self.git.start(arguments, self.top, {**more, "GIT_WORK_TREE": str(self.top)}, feed)
        return self.git.start(arguments, self.folder, more, feed)

    def run(self, arguments: Sequence[str], feed: bytes | None = None, *, working: bool = False) -> Answer:
        """Run git on the shadow to its end."""
        return self.start(arguments, feed, working=working).answer()

    def head_reference(self) -> str | None:
        """Give the full name of the branch that HEAD stands on; None for a detached head."""
        return _symbolic(self.folder / "HEAD")

    def remote_default(self) -> str | None:
        """Give the full name of the branch that `origin` calls its default, as the clone remembers it."""
        return _symbolic(self.repository.common_dir / "refs/remotes/origin/HEAD")

    def remote_url(self) -> str:
        """Give the address of the remote `origin` as the repository's configuration says it, which is input; or empty."""
        return self._theirs.get("remote.origin.url", "")

    def take_index(self, index: Path | None = None) -> None:
        """Copy an index into the shadow (default: the repository's own), its time stamp included: git tells by it which
        files may have changed within the clock's resolution.

        Raises:
            CollectError: it is no regular file, or too large.
        """
        for part in self.repository.git_dir.glob("sharedindex.*"):
            _copy(part, self.folder / part.name, _INDEX_LIMIT)
        _copy(index or self.repository.git_dir / "index", self.folder / "index", _INDEX_LIMIT)

    def _settings_of_user(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Read the user's own configuration, which is trusted, for conversions and the list of ignored files."""
        names = ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL")
        own = {name: environment[name] for name in names if name in environment}
        home = Path(own.get("HOME", "/nonexistent"))
        folder = Path(own.get("XDG_CONFIG_HOME") or home / ".config") / "git"
        settings: dict[str, str] = {}
        if "GIT_CONFIG_GLOBAL" in own or (home / ".gitconfig").exists() or (folder / "config").exists():
            more = {"GIT_DIR": "/nonexistent", "GIT_CONFIG_GLOBAL": None, **own}
            answer = self.git.start(["config", "--global", "-z", "--list"], self.folder, more).answer()
            settings = _parse(answer.out) if answer.status == 0 else {}
        ignored = settings.get("core.excludesfile", str(folder / "ignore"))
        settings["core.excludesfile"] = str(home) + ignored[1:] if ignored.startswith("~/") else ignored
        return settings

    def _settings_of_repository(self) -> dict[str, str]:
        """Read the configuration of the guarded repository as data."""
        settings: dict[str, str] = {}
        places = [self.repository.common_dir / "config"]
        for place in places:
            text = small_text(place, _MEBIBYTE)
            if text is None:
                if os.path.lexists(place):
                    raise CollectError("not a configuration that can be read", where=str(place))
                continue
            answer = self.git.start(
                ["config", "--no-includes", "--file", "-", "-z", "--list"],
                self.folder,
                {"GIT_DIR": "/nonexistent"},
                os.fsencode(text),
            ).answer()
            settings |= _parse(answer.wanted(f"the configuration {place} cannot be read"))
            if settings.get("extensions.worktreeconfig") == "true" and len(places) == 1:
                places.append(self.repository.git_dir / "config.worktree")
        return settings

    def _lay_out(self) -> None:
        theirs, real = self._theirs, self.repository.common_dir
        unknown = [key for key in theirs if key.startswith("extensions.") and key[11:] not in _EXTENSIONS]
        self._format = theirs.get("extensions.objectformat", "sha1")
        if self._format not in EMPTY_TREES or (unknown and theirs.get("core.repositoryformatversion") != "0"):
            what = unknown[0] if unknown else f"the object format {self._format}"
            raise CollectError(f"the repository uses {what}, which is not known here", where=str(real / "config"))
        self._bare = theirs.get("core.bare") == "true" and self.repository.git_dir == real
        (self.folder / "config").write_text(self._configuration(), "utf-8")
        (self.folder / "objects/info").mkdir(parents=True)
        allowed = {0, os.geteuid(), real.stat().st_uid}
        lent = "".join(f"{_quoted(place)}\n" for place in object_folders(real / "objects", allowed))
        (self.folder / "objects/info/alternates").write_text(lent, "utf-8", "surrogateescape")
        for name in ("refs", "reftable"):
            if (real / name).is_dir():
                (self.folder / name).symlink_to(_owned(real / name, allowed))
        if _is_file(real / "packed-refs"):
            (self.folder / "packed-refs").symlink_to(real / "packed-refs")
        self._take_head()
        (self.folder / "info").mkdir()
        for name in ("shallow", "info/exclude", "info/attributes"):
            if _is_file(real / name):
                _copy(real / name, self.folder / name, 64 * _MEBIBYTE)

    def _take_head(self) -> None:
        head = self.repository.git_dir / "HEAD"
        text = f"ref: {head.readlink()}" if head.is_symlink() else small_text(head)
        if not text:
            raise CollectError("HEAD cannot be read", where=str(head))
        (self.folder / "HEAD").write_text(text, "utf-8", "surrogateescape")

    def _configuration(self) -> str:
        lines = [_CONFIG, "[core]\n"]
        for key, values in _CONVERSIONS.items():
            value = values.get(self._theirs.get(key, self._mine.get(key, "")).lower())
            if value:
                lines.append(f"\t{key.removeprefix('core.')} = {value}\n")
        excluded = self._mine["core.excludesfile"].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines.append(f'\texcludesFile = "{excluded}"\n[extensions]\n\tobjectFormat = {self._format}\n')
        if self._theirs.get("extensions.refstorage") == "reftable":
            lines.append("\trefStorage = reftable\n")
        return "".join(lines)

    @property
    def advice(self) -> str:
        """What to do when an object is missing."""
        if "extensions.partialclone" in self._theirs:
            return "this is a partial clone; fetch what is missing first: git fetch --refetch --no-filter"
        return "run `git fsck`, or fetch the missing history first"


def _no_room(error: OSError) -> CollectError:
    return CollectError(
        f"no temporary folder can be used: {error.strerror}",
        where=str(error.filename or tempfile.gettempdir()),
        next="set TMPDIR to a folder with room that you can write to",
    )


def object_folders(objects: Path, allowed: set[int]) -> list[Path]:
    """Give the folders that hold a repository's objects: its own and those that it borrows from. All of them
    must belong to one of the `allowed` user ids.

    Raises:
        CollectError: one belongs to somebody else, or borrowing goes too deep.
    """
    found: list[Path] = []
    waiting = [objects]
    while waiting:
        folder = _owned(waiting.pop(0), allowed)
        if folder in found:
            continue
        found.append(folder)
        if len(found) > 64:
            raise CollectError("objects are borrowed from more than 64 places", where=str(objects / "info/alternates"))
        for line in (small_text(folder / "info/alternates", _MEBIBYTE) or "").split("\n"):
            if line and not line.startswith("#"):
                place = folder / _unquoted(line)
                if place.is_dir():
                    waiting.append(place)
    return found


def _owned(folder: Path, allowed: set[int]) -> Path:
    """Give the real place of a folder that belongs to one of the allowed users."""
    place = Path(os.path.realpath(folder))
    try:
        found = place.stat()
    except OSError as error:
        raise CollectError(f"cannot be read: {error.strerror}", where=str(folder)) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in allowed:
        raise CollectError(
            "objects or references would come from a folder of another user", where=str(place), next="remove the link to it"
        )
    return place


def _quoted(place: Path) -> str:
    """Write a path for `info/alternates`, in C style where a plain line would be misread."""
    text = str(place)
    if "\n" not in text and not text.startswith(('"', "#")):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _unquoted(line: str) -> str:
    if not line.startswith('"'):
        return line
    raise CollectError("a quoted path in info/alternates is not supported", where=line, next="write it without quotes")


def _symbolic(path: Path) -> str | None:
    text = small_text(path) or ""
    return text.removeprefix("ref:").strip() if text.startswith("ref:") else None


def _parse(listing: bytes) -> dict[str, str]:
    """Read `git config -z --list`: `key\\nvalue\\0`, the last one counts; a key alone is true."""
    settings = {}
    for entry in os.fsdecode(listing).split("\0")[:-1]:
        key, _, value = entry.partition("\n")
        settings[key] = value if "\n" in entry else "true"
    return settings


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _copy(source: Path, target: Path, limit: int) -> None:
    """Copy a regular file and its time stamps; nothing happens if there is no such file."""
    try:
        stream = open_regular(source)
    except FileNotFoundError:
        return
    except OSError as error:
        raise CollectError(f"cannot be read: {error.strerror}", where=str(source)) from error
    if stream is None:
        raise CollectError("not a regular file", where=str(source))
    with stream, target.open("wb") as copy:
        found = os.fstat(stream.fileno())
        if found.st_size > limit:
            raise CollectError("larger than git would make it", where=str(source))
        shutil.copyfileobj(stream, copy, _MEBIBYTE)
    os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let signals that stop the process wait for a moment, so that no folder is left which nobody knows of any more."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP, signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
