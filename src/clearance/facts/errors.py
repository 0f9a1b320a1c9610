"""Everything that can go wrong on purpose, as one tree.

    ClearanceError
    ├── UsageError            used wrongly: bad option, bad argument
    │   ├── NotARepository    the place is no git repository, or one that cannot be trusted
    │   ├── UnknownRevision   a name that git does not know
    │   └── BadFile           a file that a person wrote and that cannot be read as what it should be
    │       ├── BadPatch      a patch that does not parse
    │       ├── BadPage       a rule page
    │       ├── BadPolicy     a policy or its schema
    │       ├── BadCatalogue  a catalogue of controls, or edges between controls
    │       ├── BadWaiver     an accepted risk
    │       ├── BadStatement  a statement that is not as its kind wants it
    │       └── BadSettings   `.clearance/settings.toml`
    └── CouldNotLook          the work itself could not be done
        ├── CollectError      git or the file system did not give the change
        ├── StoreError        the log or the cache could not be read or written
        │   └── LogTampered   the log is not what was signed
        ├── SigningError      the key is missing, unreadable, or not private enough
        │   └── BadSignature  a signature that does not fit, or by a key that nobody vouches for
        │       └── NoLongerBelieved  sound when it was made, and its key was ended before then since
        │           └── Revoked       under a certificate that was revoked since
        ├── DataRefused       a data pack, or what one is made of, is missing, broken, tampered with, or not trusted
        └── MaskError         a text could not be masked, or a conversation not be opened

Each error says what happened, where, and what to do next. Only front ends print; one table there maps the two
branches to exit codes (`UsageError` to 2, `CouldNotLook` to 4).
"""


class ClearanceError(Exception):
    """The root: `what` happened, `where` (a path, a revision, a line; may be empty), and what to do `next`."""

    def __init__(self, what: str, *, where: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next = next

    def __str__(self) -> str:
        """Join the three parts into one line for a log or a traceback."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what}" + (f" ({self.next})" if self.next else "")

    def __reduce__(self) -> tuple[object, tuple[object, ...], dict[str, str]]:
        """Survive the way back from a worker process with all three parts."""
        return _rebuild, (type(self), self.what), {"where": self.where, "next": self.next}


def _rebuild(kind: type[ClearanceError], what: str) -> ClearanceError:
    return kind(what)


class UsageError(ClearanceError):
    """Used wrongly; the person who typed the command can mend it."""


class NotARepository(UsageError):
    """The place is no git repository, or belongs to somebody else."""


class UnknownRevision(UsageError):
    """Git does not know the name, or there is no common ancestor to compare with."""


class BadFile(UsageError):
    """A file that a person wrote cannot be read as what it should be; `where` is `path:line`."""


class BadPatch(BadFile):
    """Not a unified diff, or one that contradicts itself."""


class BadPage(BadFile):
    """A rule page that is not a rule page."""


class BadPolicy(BadFile):
    """A policy that does not parse, does not fit the schema, or takes another one's id."""


class BadCatalogue(BadFile):
    """A catalogue of controls with an id that is malformed or stands twice, or an edge to an id that does not exist."""


class BadWaiver(BadFile):
    """A waiver that is not TOML, misses what every waiver must say, or claims more than a waiver may."""


class BadStatement(BadFile):
    """A statement, or the predicate of one, that is not as its kind wants it; `where` is `path:line`, or the kind."""


class BadSettings(BadFile):
    """Settings that are not TOML, or hold an unknown key or a value of the wrong kind."""


class CouldNotLook(ClearanceError):
    """The work itself could not be done; the answer is unknown and never a pass."""


class CollectError(CouldNotLook):
    """Git or the file system did not give the change."""


class StoreError(CouldNotLook):
    """A store could not be read or written."""


class LogTampered(StoreError):
    """The log holds something other than what was signed; `where` names the entry, tile, or checkpoint."""


class SigningError(CouldNotLook):
    """The signing key is missing, unreadable, or readable by others."""


class BadSignature(SigningError):
    """A signature does not fit what it signs, or was made by a key that is not known."""


class NoLongerBelieved(BadSignature):
    """What was signed is whole, and who vouched for it is believed no more at that moment: a key was ended back in time."""


class Revoked(NoLongerBelieved):
    """What was signed is whole, and its certificate was revoked: `what` names its serial number, since when, and why."""


class DataRefused(CouldNotLook):
    """A data pack, or what one is made of, is missing, broken, older than what is there, or not by a key that is trusted."""


class MaskError(CouldNotLook):
    """A text could not be masked whole, or the conversation that would restore it cannot be opened or has expired."""
