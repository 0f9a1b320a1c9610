"""Every single change of a bundle that the tests of interoperability try."""

import base64
import json
from collections.abc import Iterator
from typing import Any

from attest.world import Mutation, altered, leaves, objects, put, remove, shown

_BYTES = {"payload", "sig", "rawBytes", "signedTimestamp", "keyId", "rootHash", "canonicalizedBody"}
_NUMBERS = {"logIndex", "treeSize"}
BUNDLE = "verificationMaterial"
ENTRY = f"{BUNDLE}.tlogEntries[0]"
CHECKPOINT = f"{ENTRY}.inclusionProof.checkpoint.envelope"


def mutations(valid: bytes, other: bytes, *, step: int) -> Iterator[Mutation]:
    """Change each field of a bundle: another value, the one of another valid bundle, none; every `step`th byte of what is
    binary; every line of the checkpoint; a further field in each object; each list shorter and longer."""
    document, second = json.loads(valid), json.loads(other)
    for path, text in leaves(document):
        field = shown(path)
        yield Mutation(field, "removed", altered(document, path, remove))
        yield Mutation(field, "empty", altered(document, path, put("")))
        yield Mutation(field, "a number", altered(document, path, put(7)))
        swapped = _at(second, path)
        if swapped not in (None, text):
            yield Mutation(field, "swapped", altered(document, path, put(swapped)))
        yield from _values(document, path, text, step)
    for path in objects(document):
        yield Mutation(shown((*path, "more")), "added", altered(document, (*path, "more"), put("x")))
    yield from _lists(document)


def _values(document: Any, path: tuple[Any, ...], text: str, step: int) -> Iterator[Mutation]:
    field, last = shown(path), path[-1]
    if last in _NUMBERS:
        for said in (str(int(text) + 1), str(int(text) - 1), f"0{text}", f"-{text}", f"+{text}", "9" * 30, "x"):
            yield Mutation(field, f"is {said}", altered(document, path, put(said)))
    elif last in _BYTES or "hashes" in path:
        data = base64.b64decode(text)
        for at in {*range(0, len(data), step), len(data) - 1}:
            changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            yield Mutation(field, f"byte {at}", altered(document, path, put(base64.b64encode(changed).decode())))
        yield Mutation(field, "cut", altered(document, path, put(base64.b64encode(data[:-1]).decode())))
        yield Mutation(field, "longer", altered(document, path, put(base64.b64encode(data + b"\0").decode())))
        yield Mutation(field, "with a space", altered(document, path, put(text[:4] + " " + text[4:])))
    elif last == "envelope":
        for number, line in enumerate(lines := text.split("\n")):
            for how, instead in (
                ("changed", f"{line[:-1]}{'A' if line[-1:] != 'A' else 'B'}"),
                ("doubled", f"{line}\n{line}"),
            ):
                made = "\n".join([*lines[:number], instead, *lines[number + 1 :]])
                yield Mutation(field, f"line {number} {how}", altered(document, path, put(made)))
            made = "\n".join([*lines[:number], *lines[number + 1 :]])
            yield Mutation(field, f"line {number} removed", altered(document, path, put(made)))
    else:
        yield Mutation(field, "changed", altered(document, path, put(f"{text}x")))


def _lists(document: Any) -> Iterator[Mutation]:
    proof = ("verificationMaterial", "tlogEntries", 0, "inclusionProof", "hashes")
    for path in (
        ("dsseEnvelope", "signatures"),
        ("verificationMaterial", "tlogEntries"),
        ("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps"),
        proof,
    ):
        held = _at(document, path)
        yield Mutation(shown(path), "none", altered(document, path, put([])))
        yield Mutation(shown(path), "twice", altered(document, path, put([*held, held[0]])))
    hashes = _at(document, proof)
    yield Mutation(shown(proof), "reversed", altered(document, proof, put(hashes[::-1])))


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    try:
        for part in path:
            document = document[part]
    except (KeyError, IndexError):
        return None
    return document
