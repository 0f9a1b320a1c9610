"""The log: its keys are the owner's alone, what it holds is as it was signed, and a forgery is noticed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clearance.facts.errors import ClearanceError
from clearance.facts.fact import digest
from clearance.facts.proof import Proof, Pulse, Shot
from clearance.record.names import bundle_name, entry_name
from clearance.wiring.proving.scene import Scene, Watch, shot

if TYPE_CHECKING:
    from clearance.record.log import Log
    from clearance.stores.memory_log import MemoryStore

KINDS = ("log",)
ALWAYS = True
PATIENT = False
_QUICKLY = 2_000
"""So many entries are inspected in a quick proof, too; of a longer log the newest ones."""
_NEWEST = 200


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the public keys and the place of the log; how long it is changes with every check."""
    from clearance.wiring.recording import open_log, open_signers

    for signer in open_signers().values():
        yield from (key.spki for key in signer.known())
    try:
        yield open_log(scene.directory, create=False).place.encode("utf-8", "surrogateescape")
    except ClearanceError as error:
        yield str(error).encode("utf-8", "surrogateescape")


def fire(scene: Scene) -> Iterable[Shot]:
    """Inspect the log; then sign and append in a log of memory with the real keys, forge that one, and see it noticed."""
    watch = Watch()
    return [_keys(scene, watch), _entries(scene, watch), _forgery(scene, watch)]


def _keys(scene: Scene, watch: Watch) -> Shot:
    from clearance.wiring.places import keys_folder
    from clearance.wiring.recording import open_signers

    where = ""
    try:
        where = str(keys_folder(scene.environment).directory)
        ids = [signer.public().id[:12] for signer in open_signers().values()]
    except ClearanceError as error:
        return shot("log:keys", Pulse.DEAD, str(error), mend=error.next or "check the folder of the keys", where=where)
    return shot("log:keys", Pulse.ALIVE, f"readable by their owner alone: {', '.join(ids)}", where=where, watch=watch)


def _entries(scene: Scene, watch: Watch) -> Shot:
    from clearance.wiring.recording import open_log

    try:
        log = open_log(scene.directory, create=False)
        size = log.size()
        if scene.quick and size > _QUICKLY:
            newest = sum(1 for _ in log.entries(size - _NEWEST))
            said = f"the newest {newest} of {size} entries are as they were signed"
            return shot("log:entries", Pulse.ALIVE, said, where=log.place, watch=watch)
        inspection = log.inspect()
    except ClearanceError as error:
        return shot("log:entries", Pulse.DEAD, str(error), mend=error.next or "clearance log verify", where=error.where)
    if inspection.broken:  # whom nobody believes any more is no fault of the log
        first, more = inspection.broken[0], len(inspection.broken) - 1
        why = f"{first.where}: {first.what}" + (f", and {more} more" if more else "")
        mend = "restore the log from a copy; `clearance log verify` names each place"
        return shot("log:entries", Pulse.DEAD, why, mend=mend, where=inspection.place)
    if not inspection.origin:
        return shot("log:entries", Pulse.ALIVE, "empty: this proof is its first entry", where=inspection.place, watch=watch)
    said = f"{inspection.size} entries are as they were signed"
    return shot("log:entries", Pulse.ALIVE, said, where=inspection.place, watch=watch)


def _forgery(scene: Scene, watch: Watch) -> Shot:
    """Append twice to a log that is forgotten at once, change one byte of an entry and then of what rests beside it, and
    inspect each time."""
    guard = "log:forgery"
    try:
        store, log = _scratch(scene)
        sound = not log.inspect().problems
        changes = {entry_name(0): b"hashedrekord", bundle_name(1): b"rfc3161Timestamps"}
        missed = [name for name, word in changes.items() if not _noticed(store, log, name, word)]
    except ClearanceError as error:
        return shot(guard, Pulse.DEAD, str(error), mend=error.next or "clearance log verify", where=error.where)
    if not sound or missed:
        why = (
            f"a log that was changed by one byte ({missed[0]}) is called sound"
            if sound
            else "what was appended a moment ago does not verify"
        )
        return shot(guard, Pulse.DEAD, why, mend="install Clearance again")
    return shot(guard, Pulse.ALIVE, "an entry, or its bundle, that was changed by one byte is noticed", watch=watch)


def _scratch(scene: Scene) -> tuple["MemoryStore", "Log"]:
    """Make a log in memory with two entries, sealed with the real keys."""
    from clearance.attest.liveness import evidence_of_proof, liveness_statement
    from clearance.record.log import Log, Submission
    from clearance.stores.memory_log import MemoryPins, MemoryStore
    from clearance.wiring.trusting import open_trust

    house = open_trust(scene.environment)
    store = MemoryStore()
    log = Log(store, house.signer("checkpoints"), house.keyring(), MemoryPins())
    for second in (0, 1):
        at = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        proof = Proof(version="canary", at=at, inputs=digest({}), shots=())
        ((sealed, _),) = house.seal([liveness_statement(proof, inputs={}, tried=(), whole=False)])
        log.extend([Submission(sealed, evidence_of_proof(proof))])
    return store, log


def _noticed(store: "MemoryStore", log: "Log", name: str, word: bytes) -> bool:
    """Change one byte of a row, inspect, and put it back."""
    body = store.bodies[name]
    store.bodies[name] = body.replace(word, word[:-1] + b"~", 1)
    try:
        return bool(log.inspect().problems)
    finally:
        store.bodies[name] = body
