"""The log: its keys are the owner's alone, what it holds is as it was signed, and a forgery is noticed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from clearance.facts.errors import ClearanceError
from clearance.facts.fact import canonical, digest
from clearance.facts.proof import Proof, Pulse, Shot
from clearance.wiring.proving.scene import Scene, Watch, shot

KINDS = ("log",)
ALWAYS = True
PATIENT = False
_QUICKLY = 2_000
"""So many entries are inspected in a quick proof, too; of a longer log the newest ones."""
_NEWEST = 200


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the public keys and the place of the log; how long it is changes with every check."""
    from clearance.wiring.recording import open_log, open_signers

    for signer in open_signers():
        yield from (key.spki for key in signer.known())
    try:
        yield open_log(scene.directory, create=False).place.encode("utf-8", "surrogateescape")
    except ClearanceError as error:
        yield str(error).encode("utf-8", "surrogateescape")


def fire(scene: Scene) -> Iterable[Shot]:
    """Inspect the log; then sign and append in a log of memory with the real keys, forge that one, and see it noticed."""
    watch = Watch()
    return [_keys(scene, watch), _entries(scene, watch), _forgery(watch)]


def _keys(scene: Scene, watch: Watch) -> Shot:
    from clearance.wiring.places import keys_folder
    from clearance.wiring.recording import open_signers

    where = ""
    try:
        where = str(keys_folder(scene.environment).directory)
        ids = [signer.public().id[:12] for signer in open_signers()]
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
    if inspection.problems:
        first, more = inspection.problems[0], len(inspection.problems) - 1
        why = f"{first.where}: {first.what}" + (f", and {more} more" if more else "")
        mend = "restore the log from a copy; `clearance log verify` names each place"
        return shot("log:entries", Pulse.DEAD, why, mend=mend, where=inspection.place)
    if not inspection.origin:
        return shot("log:entries", Pulse.ALIVE, "empty: this proof is its first entry", where=inspection.place, watch=watch)
    said = f"{inspection.size} entries are as they were signed"
    return shot("log:entries", Pulse.ALIVE, said, where=inspection.place, watch=watch)


def _forgery(watch: Watch) -> Shot:
    """Append twice to a log that is forgotten at once, change one byte of it, and inspect."""
    from clearance.attest.dsse import seal
    from clearance.attest.keyring import KeyRing
    from clearance.attest.liveness import evidence_of_proof, liveness_statement
    from clearance.record.log import Log
    from clearance.record.names import entry_name
    from clearance.stores.memory_log import MemoryPins, MemoryStore
    from clearance.wiring.recording import open_signers

    guard = "log:forgery"
    try:
        decisions, checkpoints = open_signers()
        store = MemoryStore()
        log = Log(store, checkpoints, KeyRing(decisions, checkpoints), MemoryPins())
        for second in (0, 1):
            at = datetime(2026, 1, 1, 0, 0, second, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            proof = Proof(version="canary", at=at, inputs=digest({}), shots=())
            statement = liveness_statement(proof, inputs={}, tried=(), whole=False)
            log.append(seal(statement, decisions), evidence_of_proof(proof))
        sound = not log.inspect().problems
        name = entry_name(0)
        store.bodies[name] = store.bodies[name].replace(canonical("payload"), canonical("pavload"), 1)
        noticed = bool(log.inspect().problems)
    except ClearanceError as error:
        return shot(guard, Pulse.DEAD, str(error), mend=error.next or "clearance log verify", where=error.where)
    if not sound or not noticed:
        why = (
            "a log that was changed by one byte is called sound"
            if sound
            else "what was appended a moment ago does not verify"
        )
        return shot(guard, Pulse.DEAD, why, mend="install Clearance again")
    return shot(guard, Pulse.ALIVE, "an entry that was changed by one byte is noticed", watch=watch)
