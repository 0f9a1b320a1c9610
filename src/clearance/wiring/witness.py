"""This machine as a witness for the logs of others."""

import secrets
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearance.facts.errors import StoreError, UsageError
from clearance.wiring.places import keys_folder

if TYPE_CHECKING:
    from clearance.attest.signer import Signer
    from clearance.record.signed import VerifierKey
    from clearance.record.witness import Witness
    from clearance.stores.witnessed import WitnessFolder

_MEMORY = "witness"
_DOMAIN = "witness.local"
_MOST_BYTES = 1 << 20


def witness_memory(environment: Mapping[str, str]) -> "WitnessFolder":
    """Give the memory of this machine's witness; nothing is made yet.

    Raises:
        SigningError: there is no home, or `$CLEARANCE_HOME` is not absolute.
    """
    from clearance.stores.witnessed import WitnessFolder

    return WitnessFolder(keys_folder(environment).within(_MEMORY))


class Own(NamedTuple):
    """The witness of this machine: the name of its key, what signs, and what it remembers."""

    name: str
    signer: "Signer"
    memory: "WitnessFolder"

    @property
    def key(self) -> "VerifierKey":
        """The verifier key that others add to their policies."""
        from clearance.record.cosignature import witness_key

        return witness_key(self.name, self.signer)


def own_witness(environment: Mapping[str, str], name: str = "") -> Own:
    """Open the witness of this machine. The first use makes key, name and memory; `name` is then its name, and later must
    be.

    Raises:
        UsageError: it has another name already, or the name is no key name.
        StoreError: the memory does not belong to the key: it was lost, or is another's.
        SigningError: the key cannot be made or read.
    """
    from clearance.record.signed import checked_name
    from clearance.stores.witnessed import WitnessSelf

    memory, signer = witness_memory(environment), _signer(environment)
    with memory.locked():
        myself = memory.myself()
        if myself is None:
            if signer.known():
                raise StoreError(_LOST, where=memory.place, next=_RESTORE)
            chosen = checked_name(name or f"{_DOMAIN}/{secrets.token_hex(8)}", where="--name")
            # The memory comes first: a key without one is a witness that forgot.
            memory.become(WitnessSelf(name=chosen, key=""))
            myself = WitnessSelf(name=chosen, key=signer.public().id)
            memory.become(myself)
        elif not myself.key:  # the process that made it died before it had a key
            myself = WitnessSelf(name=myself.name, key=signer.public().id)
            memory.become(myself)
    if myself.key not in {key.id for key in signer.known()} or myself.key != signer.public().id:
        raise StoreError("the memory of the witness was made with another key", where=memory.place, next=_RESTORE)
    if name and name != myself.name:
        raise UsageError(f"this witness is named {myself.name}", where=name, next="its name is part of its key, and stays")
    return Own(myself.name, signer, memory)


_LOST = "the witness has a key and no memory: one that forgot what it signed can be led to sign a fork"
_RESTORE = (
    "restore the folder; if it is gone, move all of it away, begin anew, and give out the new key in place of the old one"
)


def _signer(environment: Mapping[str, str]) -> "Signer":
    """Open what signs for the witness: where `trust.toml` says, else a file beside the memory."""
    from clearance.attest.signers.file import FileSigner
    from clearance.wiring.trusting import open_trust

    house = open_trust(environment)
    if house.settings.signers.witness not in ("", "file:"):
        return house.signer("witness")
    return FileSigner(keys_folder(environment).within(_MEMORY).within("key"), "witness", lambda: datetime.now(UTC))


def open_witness(own: Own, logs: Collection["VerifierKey"]) -> "Witness":
    """Open the witness of this machine for some logs."""
    from clearance.record.witness import Witness

    return Witness(own.name, own.signer, logs, own.memory, lambda: int(time.time()))


def read_logs(given: Iterable[str], file: Path | None) -> tuple["VerifierKey", ...]:
    """Read the keys of logs as a person gives them: verifier keys, and a file of them, one a line, `#` for comments.

    Raises:
        UsageError: one of them is none, the file cannot be read, or there is none at all.
    """
    from clearance.record.signed import NOTE_ED25519, read_verifier_key

    named = [(text, "--log") for text in given]
    if file is not None:
        try:
            lines = file.read_bytes()[:_MOST_BYTES].decode().split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(getattr(error, "strerror", None) or "cannot be read", where=str(file)) from error
        named += [(line.strip(), f"{file}:{number}") for number, line in enumerate(lines, 1)]
    keys = [read_verifier_key(text, NOTE_ED25519, where=where) for text, where in named if text and not text.startswith("#")]
    return tuple(dict.fromkeys(keys))
