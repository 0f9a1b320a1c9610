"""What witnesses cost and refuse: three witness processes on this machine, asked over HTTP, one of them dishonest.

./dev bench witnesses      prints a table

A witness here waits for the disk before it answers, as it must; other machines add their distance. Histories are logs that
were forked, or cut back, at a random place behind what the witnesses cosigned; each is offered to all three as a log offers
its checkpoints, and believed where two of three signed it.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Thread

from clearance.attest.dsse import seal
from clearance.attest.signers.file import FileSigner
from clearance.attest.signers.memory import MemorySigner
from clearance.facts.entry import Checkpoint, Sealed
from clearance.fetch.witness import Question, ask_witnesses
from clearance.frontends.witness.server import WitnessServer
from clearance.record.cosignature import cosign, cosigned_at, witness_key
from clearance.record.log import Log, Submission
from clearance.record.merkle import Node, consistency_proof, leaf_hash, perfect_root, root
from clearance.record.note import sign_checkpoint
from clearance.record.proof import ConsistencyProof, consistency_file
from clearance.record.quorum import QuorumPolicy
from clearance.record.signed import read_signature, read_signed
from clearance.record.witness import Answer, read_request
from clearance.stores.pins import FilePins
from clearance.stores.private import PrivateFolder
from clearance.stores.sqlite import SqliteStore
from clearance.wiring.trusting import open_trust
from clearance.wiring.witness_policy import add_witness, open_policy, policy_for_others
from clearance.wiring.witnessing import ask

SECONDS = 20.0


def now() -> datetime:
    """The clock of the keys."""
    return datetime.now(UTC)


def open_log(folder: Path, environment: Mapping[str, str]) -> Log:
    """Open a log in a folder."""
    house = open_trust(environment)
    pins = FilePins(PrivateFolder(folder / "home" / "seen"))
    return Log(SqliteStore(folder / "log" / "log"), house.signer("checkpoints"), house.keyring(), pins)


def append(log: Log, signer: FileSigner, number: int) -> None:
    """Append a small entry."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": str(number), "digest": {"sha256": f"{number:064x}"}}],
        "predicateType": "urn:clearance:predicate:test:v1",
        "predicate": {"time": "2026-11-22T12:00:00Z"},
    }
    log.extend([Submission(Sealed(leaf=seal(statement, signer)), {})])


def serve(stack: ExitStack, home: Path, key: str) -> tuple[str, str]:
    """Start a witness process; give its address and its key."""
    words = [sys.executable, "-m", "clearance", "log", "witness", "serve", "--quiet", "--log", key]
    names = {"HOME": str(home), "CLEARANCE_HOME": str(home / "keys")}
    process = stack.enter_context(subprocess.Popen(words, env=os.environ | names, stdout=subprocess.PIPE, text=True))
    stack.callback(process.terminate)
    told = {}
    for line in process.stdout or ():
        word, _, rest = line.strip().partition(" ")
        told[word] = rest.strip()
        if word == "serving":
            return rest.strip(), told["key"]
    raise RuntimeError("the witness did not start")


def dishonest(stack: ExitStack) -> tuple[str, str]:
    """Start a witness that cosigns whatever it is shown; give its address and its key."""
    signer = MemorySigner("ed25519", now)

    def handle(body: bytes) -> Answer:
        text = read_request(body).signed.text
        return Answer(200, cosign(text, "liar.example/w", signer, int(time.time())).line.encode())

    server = stack.enter_context(WitnessServer(("127.0.0.1", 0), handle))
    Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    return server.url, str(witness_key("liar.example/w", signer))


def row(name: str, seconds: Sequence[float]) -> None:
    """Print a row of the table, in milliseconds."""
    ordered = sorted(seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    print(f"{name:<58} {len(seconds):>5} {p50 * 1e3:>9.2f} {p99 * 1e3:>9.2f}")


class Told:
    """A log as a liar tells it: signed by the real key, over leaves of its own."""

    def __init__(self, origin: str, leaves: Sequence[bytes], signer: FileSigner) -> None:
        self.size = len(leaves)
        self._node: Node = lru_cache(maxsize=None)(
            lambda height, index: perfect_root(list(leaves[index << height : (index + 1) << height]))
        )
        self.note = sign_checkpoint(Checkpoint(origin=origin, size=self.size, root=root(self.size, self._node)), signer)

    def request(self, old: int) -> bytes | None:
        """Write the request of a log that has this history."""
        if old > self.size:
            return None
        return consistency_file(ConsistencyProof(old, tuple(consistency_proof(old, self.size, self._node)), self.note))


def cosigners(told: Told, policy: QuorumPolicy, known: int) -> set[str]:
    """Offer a history to all witnesses, and name those that cosigned it."""
    questions = {one.name: Question(one.url, min(known, told.size), told.request) for one in policy.witnesses}
    replies = ask_witnesses(questions, {}, seconds=SECONDS)
    text, found = read_signed(told.note).text, set()
    for one in policy.witnesses:
        if replies[one.name].status == 200:
            line = read_signature(replies[one.name].body.decode().rstrip("\n"))
            if line.by(one.key) and cosigned_at(text, line, one.key):
                found.add(one.name)
    return found


def lies(log: Log, policy: QuorumPolicy, signer: FileSigner, count: int) -> dict[str, tuple[int, int]]:
    """Offer histories that are not the log's; give by kind how many there were and how many a quorum signed."""
    made = random.Random(8)
    leaves = [leaf_hash(entry.sealed.leaf) for entry in log.entries()]
    origin = read_signed(log.checkpoint()).head.origin
    found = {"forks": (0, 0), "rollbacks": (0, 0)}
    for number in range(count):
        kept = made.randrange(len(leaves))
        other = [leaf_hash(b"%d %d" % (number, at)) for at in range(made.randrange(1, 2 * len(leaves)))]
        kind = made.choice(list(found))
        history = leaves[:kept] + (other if kind == "forks" else [])
        signed = policy.reached(cosigners(Told(origin, history, signer), policy, len(leaves)))
        tried, believed = found[kind]
        found[kind] = tried + 1, believed + signed
    return found


def main(count: int = 200, histories: int = 400) -> None:
    """Append, ask, lie, print."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        environment = {"HOME": folder, "CLEARANCE_HOME": f"{folder}/home"}
        log = open_log(Path(folder), environment)
        signer = FileSigner(PrivateFolder(Path(folder) / "home"), "decisions", now)
        append(log, signer, 0)
        key = policy_for_others(log, environment).split()[1]
        for name in ("first", "second"):
            add_witness(environment, name, *serve(stack, Path(folder) / name, key))
        add_witness(environment, "liar", *dishonest(stack))
        policy = open_policy(environment)
        assert policy is not None
        appends, asks, cpu, short = [], [], [], 0
        for number in range(1, count + 1):
            began = time.perf_counter()
            append(log, signer, number)
            appended, spent = time.perf_counter(), time.process_time()
            standing = ask(log, environment, policy)
            asks.append(time.perf_counter() - appended)
            cpu.append(time.process_time() - spent)
            appends.append(appended - began)
            short += standing is None or not standing.reached
        print(f"{'milliseconds':<58} {'runs':>5} {'p50':>9} {'p99':>9}")
        row("append of one entry, with its checkpoint", appends)
        row("added: three witnesses asked at once, cosignatures kept", asks)
        row("processor time of that in the process of the log", cpu)
        print(f"\ncheckpoints without a quorum of {policy.told}: {short} of {count}")
        for kind, (tried, believed) in lies(log, policy, signer_of_log(environment), histories).items():
            print(f"{kind} refused, one of three witnesses dishonest: {tried - believed} of {tried}")


def signer_of_log(environment: Mapping[str, str]) -> FileSigner:
    """The key of the log itself: the liar is its operator."""
    return FileSigner(PrivateFolder(Path(environment["CLEARANCE_HOME"])), "checkpoints", now)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
