"""Policies of witnesses as files: who counts as a log and as a witness, and how many are enough.

Format: https://c2sp.org/tlog-policy. One line a thing, words between spaces or tabs, `#` begins a line of comment:

    log <verifier key> [<address>]
    witness <name> <verifier key> [<address>]
    group <name> all|any|<number> <name>…
    quorum <name>|none
"""

import re
from collections.abc import Iterator

from clearance.facts.errors import BadFile, UsageError
from clearance.record.quorum import NO_QUORUM, Group, PolicyLog, PolicyWitness, QuorumPolicy
from clearance.record.signed import COSIGNATURE_ED25519, NOTE_ED25519, VerifierKey, read_verifier_key

_MOST_BYTES = 1 << 18
_MOST_LINES = 1_000
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_ADDRESS = re.compile(r"https?://[^\s]{1,2000}")


def read_policy(data: bytes, *, where: str = "policy") -> QuorumPolicy:
    """Read a policy.

    Raises:
        BadFile: a line is not as the format wants it, names what no earlier line defines, or defines something twice;
            `where` is `path:line`.
    """
    if len(data) > _MOST_BYTES:
        raise BadFile(f"longer than {_MOST_BYTES} bytes", where=where, next="a policy is a short file")
    reader = _Reader(where)
    for number, words in _lines(data, where):
        reader.take(number, words)
    return reader.done()


def write_policy(policy: QuorumPolicy) -> bytes:
    """Write a policy, one line a thing, in an order that `read_policy` accepts."""
    lines = [_joined("log", str(log.key), log.url) for log in policy.logs]
    lines += [_joined("witness", one.name, str(one.key), one.url) for one in policy.witnesses]
    lines += [_joined("group", group.name, str(group.least), *group.members) for group in policy.groups]
    lines.append(_joined("quorum", policy.quorum))
    return "".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape")


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _lines(data: bytes, where: str) -> Iterator[tuple[int, list[str]]]:
    """Give each line that says something, with its number. Text is octets: what is not UTF-8 stays as it is."""
    if data and not data.endswith(b"\n"):
        last = data.count(b"\n") + 1
        raise BadFile(
            "the last line does not end: is the file whole?", where=f"{where}:{last}", next="end it with a newline"
        )
    lines = data.split(b"\n")[:-1]
    if len(lines) > _MOST_LINES:
        raise BadFile(f"more than {_MOST_LINES} lines", where=where, next="a policy is a short file")
    for number, line in enumerate(lines, 1):
        if _CONTROL.search(line):
            raise BadFile("a control character", where=f"{where}:{number}", next="only spaces and tabs may stand here")
        words = line.decode("utf-8", "surrogateescape").replace("\t", " ").split(" ")
        words = [word for word in words if word]
        if words and not words[0].startswith("#"):
            yield number, words


class _Reader:
    """What the lines read so far define."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._logs: list[PolicyLog] = []
        self._witnesses: list[PolicyWitness] = []
        self._groups: list[Group] = []
        self._quorum = ""
        self._defined: dict[str, int] = {}
        self._members: dict[str, int] = {}
        self._line = 0

    def take(self, number: int, words: list[str]) -> None:
        self._line = number
        keyword, rest = words[0], words[1:]
        match keyword:
            case "log":
                self._log(rest)
            case "witness":
                self._witness(rest)
            case "group":
                self._group(rest)
            case "quorum":
                self._take_quorum(rest)
            case _:
                raise self._bad(f"no line begins with {keyword!r}", "a line begins with log, witness, group or quorum")

    def done(self) -> QuorumPolicy:
        if not self._quorum:
            raise BadFile("there is no quorum line", where=self._where, next="say `quorum NAME`, or `quorum none`")
        return QuorumPolicy(tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum)

    def _log(self, rest: list[str]) -> None:
        if not 1 <= len(rest) <= 2:
            raise self._bad("a log line has a key, and perhaps an address", "log <verifier key> [<address>]")
        key = self._key(rest[0], NOTE_ED25519)
        if any(log.key.raw == key.raw for log in self._logs):
            raise self._bad("this key is the key of another log line, too", "name each log once")
        self._logs.append(PolicyLog(key, self._address(rest[1:])))

    def _witness(self, rest: list[str]) -> None:
        if not 2 <= len(rest) <= 3:
            wanted = "witness <name> <verifier key> [<address>]"
            raise self._bad("a witness line has a name, a key, and perhaps an address", wanted)
        key = self._key(rest[1], COSIGNATURE_ED25519)
        other = next((one.name for one in self._witnesses if one.key.raw == key.raw), None)
        if other is not None:
            raise self._bad(f"this key is the key of witness {other!r}, too", "one witness counts once")
        address = self._address(rest[2:])
        self._define(rest[0])
        self._witnesses.append(PolicyWitness(rest[0], key, address))

    def _group(self, rest: list[str]) -> None:
        if len(rest) < 3:
            raise self._bad("a group line has a name, how many are enough, and members", "group <name> all|any|<k> <name>…")
        name, least, members = rest[0], rest[1], rest[2:]
        for member in members:
            if member == NO_QUORUM or member not in self._defined:
                raise self._bad(f"no line before this one defines {member!r}", "define witnesses and groups first")
            if member in self._members:
                what = f"{member!r} is a member already, by line {self._members[member]}"
                raise self._bad(what, "each name may be a member once")
            self._members[member] = self._line
        self._define(name)
        self._groups.append(Group(name, self._least(least, len(members)), tuple(members)))

    def _least(self, said: str, members: int) -> int:
        if said in ("all", "any"):
            return members if said == "all" else 1
        if not _NUMBER.fullmatch(said) or int(said) > members:
            raise self._bad(f"{said!r} of {members} members", f"say all, any, or a number from 1 to {members}")
        return int(said)

    def _take_quorum(self, rest: list[str]) -> None:
        if self._quorum:
            raise self._bad("a second quorum line", "there is one quorum line in a policy")
        if len(rest) != 1:
            raise self._bad("a quorum line has one name", "say `quorum NAME`, or `quorum none`")
        if rest[0] != NO_QUORUM and rest[0] not in self._defined:
            raise self._bad(f"no line before this one defines {rest[0]!r}", "define witnesses and groups first")
        self._quorum = rest[0]

    def _define(self, name: str) -> None:
        if name == NO_QUORUM:
            raise self._bad(f"{NO_QUORUM!r} cannot be defined", "choose another name")
        if name in self._defined:
            raise self._bad(f"{name!r} is defined already, by line {self._defined[name]}", "choose another name")
        self._defined[name] = self._line

    def _key(self, text: str, kind: int) -> VerifierKey:
        try:
            return read_verifier_key(text, kind, where=f"{self._where}:{self._line}")
        except UsageError as error:
            raise BadFile(error.what, where=error.where, next=error.next) from None

    def _address(self, rest: list[str]) -> str:
        if rest and not _ADDRESS.fullmatch(rest[0]):
            raise self._bad("an address begins with https://", "leave it out, or give the submission prefix")
        return rest[0] if rest else ""

    def _bad(self, what: str, wanted: str) -> BadFile:
        return BadFile(what, where=f"{self._where}:{self._line}", next=wanted)
