"""The README of an export: how an auditor verifies it without us."""

HEAD = """\
# An exported log

Log `{origin}`. The files here can be served by any web server or bucket as they lie.

    checkpoint                    the signed tree head (c2sp.org/tlog-checkpoint)
    checkpoint.cosigned           the newest one that enough witnesses cosigned, where witnesses are asked
    tile/<level>/<index>          hashes; tile/entries/<index>: entries (c2sp.org/tlog-tiles)
    bundles/<index>.sigstore.json each signed statement: a Sigstore bundle v0.3 with its proof of inclusion
    entries/<index>.json          entries of before there were bundles: a DSSE envelope around an in-toto statement
    proofs/<index>.tlog-proof     each entry's inclusion proof (c2sp.org/tlog-proof@v1)
    evidence/<sha256>             the bodies that statements name
    trusted_root.json             certificates and keys of those who vouch (a Sigstore trusted root)
    trusted_root.revoked.json     certificates that are believed no more, by serial number; stock verifiers do not read it
    keys/<id>.pub                 public keys, PEM; keys/checkpoint.vkey: the same for checkpoints, one a line
    origin                        the log's name; written first, so that an export that was cut off can be told

An export grows: each adds files and replaces `checkpoint` last. Proofs and bundles of before lead to the checkpoint of
their day, which the newer one continues.

{lines}
**Compare first, by another way than this folder** (on paper, by telephone, from a merge commit): whoever made the folder
could have made keys too. `clearance log export` printed the digest of all that nobody signed; this computes it again:

    sha256sum $(LC_ALL=C ls -d README.md keys/* origin trusted_root*.json 2>/dev/null | LC_ALL=C sort) | sha256sum

## With Go: everything

`golang.org/x/mod/sumdb/note` opens `checkpoint` with a line of keys/checkpoint.vkey; `golang.org/x/mod/sumdb/tlog` checks
tiles and proofs: `tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(entry))`. A whole program (tests/interop/go in
the repository of Clearance) checks every byte here, `-trust` the digest above, `-old` that an older export is the beginning:

    GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify verify.go bundles.go
    ./verify -trust DIGEST -old OLDER .

## With openssl

The checkpoint (what is signed is the text before the empty line):

    t=$(mktemp -d)
    sed '/^$/,$d' checkpoint > $t/text
    grep '^— {origin} ' checkpoint | head -n 1 | cut -d' ' -f3 | base64 -d | tail -c 64 > $t/signature
    openssl pkeyutl -verify -pubin -inkey keys/{ed25519}.pub \\
        -rawin -in $t/text -sigfile $t/signature
"""

WITHOUT_LINES = """\
Left out: the keys of lines (`predicate.keys.body` of each generation), by which a generated line is known again. They tell
short lines to whoever guesses. No verifier misses them; `clearance log export --line-keys` adds them for an audit of lines.
"""

WITH_LINES = """\
**The keys of lines are here** (`predicate.keys.body` of each generation): whoever has them can find out short lines of the
code by trying. Keep this folder as you keep the code.
"""

KEPT_LINES = """\
**The keys of lines are here for older entries**: an export with `--line-keys` wrote them. A later one without it removed
nothing and added none. Whoever has them can find out short lines of the code by trying: keep this folder as you keep the
code, or export into a new one.
"""
LINES_HERE = b"**The keys of lines are here"
"""How a README begins to tell that keys of lines are in its folder."""

OLD = """
An entry of the old form (needs jq):

    t=$(mktemp -d); entry=entries/{old}.json; type=application/vnd.in-toto+json
    jq -r .payload $entry | base64 -d > $t/payload
    {{ printf 'DSSEv1 %d %s %d ' ${{#type}} $type $(wc -c < $t/payload); cat $t/payload; }} > $t/pae
    jq -r '.signatures[0].sig' $entry | base64 -d > $t/signature
    openssl dgst -sha256 -verify keys/$(jq -r '.signatures[0].keyid' $entry).pub -signature $t/signature $t/pae
"""

NEW = """
A bundle (needs jq): the signature over the statement, the timestamp over the signature, and the certificate at that time:

    t=$(mktemp -d); b=bundles/{new}.sigstore.json; type=application/vnd.in-toto+json
    jq -r .dsseEnvelope.payload $b | base64 -d > $t/payload
    {{ printf 'DSSEv1 %d %s %d ' ${{#type}} $type $(wc -c < $t/payload); cat $t/payload; }} > $t/pae
    jq -r '.dsseEnvelope.signatures[0].sig' $b | base64 -d > $t/signature
    jq -r .verificationMaterial.certificate.rawBytes $b | base64 -d | openssl x509 -inform der -out $t/leaf.pem
    openssl x509 -in $t/leaf.pem -noout -pubkey > $t/key.pem
    openssl dgst -sha256 -verify $t/key.pem -signature $t/signature $t/pae
    jq -r '.certificateAuthorities[].certChain.certificates[].rawBytes' trusted_root.json |
        while read -r der; do echo $der | base64 -d | openssl x509 -inform der; done > $t/authorities.pem
    jq -r '.timestampAuthorities[].certChain.certificates[0].rawBytes' trusted_root.json |
        while read -r der; do echo $der | base64 -d | openssl x509 -inform der; done > $t/timestamps.pem
    jq -r '.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0].signedTimestamp' $b |
        base64 -d > $t/response
    openssl ts -verify -in $t/response -data $t/signature -CAfile $t/authorities.pem -untrusted $t/timestamps.pem
    at=$(date -d "$(openssl ts -reply -in $t/response -text 2>/dev/null | sed -n 's/^Time stamp: //p')" +%s)
    openssl verify -attime $at -purpose any -CAfile $t/authorities.pem $t/leaf.pem
    openssl x509 -in $t/leaf.pem -noout -ext subjectAltName

## With sigstore-python, and with npm

Both read `trusted_root.json` and the bundles as they are, offline: in sigstore-python `Verifier` of `sigstore.verify` with
`TrustedRoot` of `sigstore.models` (its method `verify_dsse`), in npm `Verifier` and `toTrustMaterial` of `@sigstore/verify`.
How to type it: docs/how-to/verify-a-bundle.md in the repository of Clearance. With Clearance itself:

    clearance verify . --trusted-root trusted_root.json
"""


def readme(origin: str, ed25519: str, old: int | None, new: int | None, *, line_keys: bool, kept: bool) -> bytes:
    """Write the README of an export: the log's name, the id of the key that signs its checkpoints, the index of an entry of
    the old form and of one with a bundle, where there are any, whether keys of lines were asked for, and whether an earlier
    export left some there (`kept`)."""
    lines = WITH_LINES if line_keys else KEPT_LINES if kept else WITHOUT_LINES
    text = HEAD.format(origin=origin, ed25519=ed25519, lines=lines)
    text += OLD.format(old=old) if old is not None else ""
    text += NEW.format(new=new) if new is not None else ""
    return text.encode()
