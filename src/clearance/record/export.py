"""The log as static files that other tools read."""

import base64
from collections.abc import Iterable
from pathlib import Path

from clearance.facts.entry import Checkpoint
from clearance.facts.errors import UsageError
from clearance.facts.key import PublicKey
from clearance.record.merkle import inclusion_proof
from clearance.record.names import CHECKPOINT, ENTRIES, EVIDENCE, TILES
from clearance.record.note import verifier_key
from clearance.record.proof import tlog_proof
from clearance.record.store import Snapshot
from clearance.record.tiles import WIDTH, TiledTree, entry_bundle, tile_path, tiles_of

README = """\
# An exported log

Log `{origin}`, {size} entries, root `{root}` (base64, RFC 6962).

    checkpoint                    the signed tree head (c2sp.org/tlog-checkpoint)
    tile/<level>/<index>          hashes; tile/entries/<index>: entries (c2sp.org/tlog-tiles)
    entries/<index>.json          each entry by itself: a DSSE envelope around an in-toto statement
    proofs/<index>.tlog-proof     each entry's inclusion proof (c2sp.org/tlog-proof@v1)
    evidence/<sha256>             the bodies that statements name, canonical JSON
    keys/<id>.pub                 public keys, PEM; keys/checkpoint.vkey: the same for checkpoints, one a line

Compare the key ids with those that the signer gives out by another way: whoever made this folder could have made keys too.

## With openssl

The checkpoint (what is signed is the text before the empty line):

    t=$(mktemp -d)
    sed '/^$/,$d' checkpoint > $t/text
    tail -n 1 checkpoint | cut -d' ' -f3 | base64 -d | tail -c 64 > $t/signature
    openssl pkeyutl -verify -pubin -inkey keys/{ed25519}.pub \\
        -rawin -in $t/text -sigfile $t/signature

An entry (needs jq):

    t=$(mktemp -d); entry=entries/0.json; type=application/vnd.in-toto+json
    jq -r .payload $entry | base64 -d > $t/payload
    {{ printf 'DSSEv1 %d %s %d ' ${{#type}} $type $(wc -c < $t/payload); cat $t/payload; }} > $t/pae
    jq -r '.signatures[0].sig' $entry | base64 -d > $t/signature
    openssl dgst -sha256 -verify keys/$(jq -r '.signatures[0].keyid' $entry).pub -signature $t/signature $t/pae

## With Go

`golang.org/x/mod/sumdb/note` opens `checkpoint` with a line of keys/checkpoint.vkey; `golang.org/x/mod/sumdb/tlog` checks
tiles and proofs: `tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry))`.
"""


def export_log(snapshot: Snapshot, checkpoint: Checkpoint, keys: Iterable[PublicKey], directory: Path) -> None:
    """Write the log into a new or empty directory.

    Raises:
        UsageError: the directory is not empty, or cannot be written.
        LogTampered: a tile is missing.
        StoreError: the store cannot be read.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise UsageError("the directory is not empty", where=str(directory), next="choose a new one")
        _write_tree(snapshot, checkpoint, directory)
        _write_keys(checkpoint, list(keys), directory)
    except OSError as error:
        raise UsageError(
            error.strerror or "cannot be written", where=str(error.filename or directory), next="choose another directory"
        ) from error


def _write_tree(snapshot: Snapshot, checkpoint: Checkpoint, directory: Path) -> None:
    note = snapshot.get(CHECKPOINT) or b""
    _write(directory, CHECKPOINT, note)
    tiles = {tile.name: tile.path for tile in tiles_of(checkpoint.size)}
    for name, body in snapshot.items(TILES):
        _write(directory, tiles[name], body)
    tree = TiledTree(checkpoint.size, snapshot.get)
    bundle: list[bytes] = []
    for index, (_, body) in enumerate(snapshot.items(ENTRIES)):
        bundle.append(body)
        _write(directory, f"entries/{index}.json", body)
        path = inclusion_proof(index, checkpoint.size, tree.node)
        _write(directory, f"proofs/{index}.tlog-proof", tlog_proof(index, path, note))
        if len(bundle) == WIDTH or index == checkpoint.size - 1:
            _write(directory, tile_path("entries", index // WIDTH, len(bundle)), entry_bundle(bundle))
            bundle.clear()
    for name, body in snapshot.items(EVIDENCE):
        _write(directory, name, body)


def _write_keys(checkpoint: Checkpoint, keys: list[PublicKey], directory: Path) -> None:
    for key in keys:
        validity = f"algorithm: {key.algorithm}\nsince: {key.since}\n" + (f"retired: {key.retired}\n" if key.retired else "")
        _write(directory, f"keys/{key.id}.pub", (validity + key.pem).encode())
    signers = [key for key in keys if key.algorithm == "ed25519"]
    lines = "".join(verifier_key(checkpoint.origin, key) + "\n" for key in signers)
    _write(directory, "keys/checkpoint.vkey", lines.encode())
    text = README.format(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=base64.b64encode(checkpoint.root).decode(),
        ed25519=signers[-1].id if signers else "",
    )
    _write(directory, "README.md", text.encode())


def _write(directory: Path, name: str, data: bytes) -> None:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
