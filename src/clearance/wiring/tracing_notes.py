"""Notes what assistants' hooks see, quickly: an assistant waits.

A hook is asked before a tool runs. What is allowed or asked of a person is noted then: the keys of the lines that would be
added, never their text. A tool that a person then refuses leaves a note without lines anywhere, which harms nobody. A note
that cannot be kept is lost, its lines are of unknown origin, and policies treat them as written by an AI.
"""

import contextlib
import hashlib
import hmac
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance.facts.act import Act
from clearance.facts.change import Collected, FileChange
from clearance.facts.decision import Case
from clearance.facts.errors import ClearanceError
from clearance.facts.text import decode
from clearance.facts.trace import Noted, Prompt, Run
from clearance.stores.spool import Spool
from clearance.trace.keys import SALT_BYTES, KeyedText, split
from clearance.wiring.places import keys_folder, log_folder, now

if TYPE_CHECKING:
    from clearance.stores.private import PrivateFolder

MOST_BYTES = 16 << 20
_KEY_BYTES = 32
_MOST_NOTED = 4 << 20
"""How long the files of one act may be for their lines to be noted: an assistant waits."""


def trace_folder(environment: Mapping[str, str]) -> "PrivateFolder":
    """Give the folder beside the keys in which salts and what hooks saw rest; nothing is made yet.

    Raises:
        SigningError: there is no home, or `$CLEARANCE_HOME` is not absolute.
    """
    return keys_folder(environment).within("trace")


def place_name(directory: Path) -> str:
    """Name the log of the repository around `directory`, for files about it: 32 hexadecimal digits."""
    return hashlib.sha256(os.fsencode(log_folder(directory))).hexdigest()[:32]


def salt_of(directory: Path, environment: Mapping[str, str]) -> bytes:
    """Give the salt of the log of the repository around `directory`; made on the first use.

    Raises:
        StoreError: it cannot be read or kept.
    """
    return _kept(trace_folder(environment), f"{place_name(directory)}.salt", SALT_BYTES)


def place_key(environment: Mapping[str, str]) -> bytes:
    """Give the key under which statements name places and people of this machine; made on the first use, in no record.

    Raises:
        StoreError: it cannot be read or kept.
    """
    # A folder of its own: whoever takes notes in holds the lock of the other one meanwhile.
    return _kept(trace_folder(environment).within("places"), "key", _KEY_BYTES)


def keyed(name: str, environment: Mapping[str, str]) -> str:
    """Give the keyed digest of a name, 64 hexadecimal digits: whoever has not this machine's key cannot try names.

    Raises:
        StoreError: the key cannot be read or kept.
    """
    return hmac.digest(place_key(environment), b"name\0" + name.encode("utf-8", "surrogatepass"), "sha256").hex()


def _kept(folder: "PrivateFolder", name: str, size: int) -> bytes:
    """Give random bytes that are kept under a name; made anew where there are none of that size."""
    import secrets

    held = folder.read(name)
    if held is not None and len(held) == size:
        return held
    with folder.locked():
        held = folder.read(name)
        if held is None or len(held) != size:
            held = secrets.token_bytes(size)
            folder.replace(name, held)
    return held


def held_salt(directory: Path, environment: Mapping[str, str]) -> bytes | None:
    """Give the salt as `salt_of` does, if there is one yet: who only asks makes none.

    Raises:
        StoreError: it cannot be read.
    """
    held = trace_folder(environment).read(f"{place_name(directory)}.salt")
    return held if held is not None and len(held) == SALT_BYTES else None


def runs_in(path: str, data: bytes, added: Sequence[tuple[int, int]], salt: bytes) -> tuple[Run, ...]:
    """Give the keys of the lines that were added to a file; none where it is no text."""
    text = decode(data) if len(data) <= MOST_BYTES else None
    return KeyedText(split(text.text), salt).runs(path, added) if text else ()


def note_act(act: Act, around: Path, collected: Collected, case: Case, environment: Mapping[str, str]) -> None:
    """Note what an act that may happen would add, or what a prompt says, if `around` is a repository. Never raises: an act
    is not stopped because it could not be noted."""
    with contextlib.suppress(ClearanceError, OSError, ValueError):
        if os.path.lexists(around / ".git") and act.assistant != "warm":
            noted = _noted(act, around, collected, case, environment)
            if noted is not None:
                spool = Spool(trace_folder(environment), place_name(around))
                spool.append(msgspec.msgpack.encode(noted))


def _noted(act: Act, around: Path, collected: Collected, case: Case, environment: Mapping[str, str]) -> Noted | None:
    if not act.prompt and next(_with_lines(collected), None) is None:
        return None
    salt = salt_of(around, environment)
    prompt: Prompt | None = None
    runs: tuple[Run, ...] = ()
    if act.prompt:
        from clearance.wiring.tracing_prompt import salted_prompt

        level = case.risk.classification.level.value
        rules = {found.rule for found in case.findings}
        prompt = salted_prompt(act.prompt.encode("utf-8", "replace"), level, rules, environment, str(around.resolve()))
    else:
        runs = _runs(collected, salt)
        if not runs:
            return None
    return Noted(
        agent=act.assistant,
        model=act.model,
        session=hashlib.sha256(salt + act.session.encode("utf-8", "replace")).hexdigest() if act.session else "",
        tool=act.tool or act.event,
        time=now(),
        salt=salt,
        runs=runs,
        prompt=prompt,
    )


def _runs(collected: Collected, salt: bytes) -> tuple[Run, ...]:
    left, found = _MOST_NOTED, list[Run]()
    for file, size in _with_lines(collected):
        left -= size
        if left < 0:
            break
        found += runs_in(file.path, collected.contents.read(file.path, "after", _MOST_NOTED), file.added, salt)
    return tuple(found)


def _with_lines(collected: Collected) -> Iterator[tuple[FileChange, int]]:
    """Give the files to which an act adds lines, with their sizes."""
    from clearance.collect.act import TEXTS

    for file in collected.change.files:
        if file.path not in TEXTS and not file.binary and file.after is not None and file.added:
            yield file, file.after.size


def waiting(directory: Path, environment: Mapping[str, str]) -> bool:
    """Tell, without a look into it, whether hooks noted anything about the repository around `directory`."""
    name = place_name(directory)
    try:
        with os.scandir(trace_folder(environment).directory) as entries:
            return any(entry.name.startswith(f"{name}.spool") for entry in entries)
    except OSError:
        return False
