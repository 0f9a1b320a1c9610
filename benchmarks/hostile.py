"""Hostile inputs for the scanner of secrets: each is a file that `clearance scan` looks at alone."""

import base64
import gzip
import os
import shutil
from collections.abc import Callable
from random import Random

from benchmarks.measure import CLEARANCE, WORK, command, table
from benchmarks.sets.secrets import values

_MB = 1_000_000


def _minified(rng: Random) -> bytes:
    parts, size = [], 0
    while size < 10 * _MB:
        name, text = f"{rng.choice('abcdef')}{rng.randint(0, 999)}", values.draw(rng, values.ALNUM, 9)
        one = f"function {name}(e,t){{var n=t.key,r='{text}';return e[n]=r}}"
        parts.append(one)
        size += len(one)
    return "".join(parts).encode()


def _keys(rng: Random) -> bytes:
    return "".join(f"API_KEY_{n} = '{values.draw(rng, values.ALNUM, 32)}'\n" for n in range(100_000)).encode()


def _tokens(rng: Random) -> bytes:
    return "".join(f"t{n}: {'gh' + 'p_'}{values.draw(rng, values.ALNUM, 36)}\n" for n in range(100_000)).encode()


def _nested(rng: Random) -> bytes:
    data = f"password={values.key(rng)}\n".encode() * 200
    for turn in range(30):
        data = base64.b64encode(gzip.compress(data, mtime=0) if turn % 3 == 0 else data)
        if len(data) > 3 * _MB:
            break
    return b"blob = '" + data + b"'\n"


def _bomb(_: Random) -> bytes:
    one = base64.b64encode(gzip.compress(b"\0" * (50 * _MB), mtime=0))
    return b"\n".join(b"x%d = '%s'" % (n, one) for n in range(20))


def _blobs(rng: Random) -> bytes:
    return b"\n".join(b"x%d = '%s'" % (n, base64.b64encode(rng.randbytes(300))) for n in range(20_000))


def _bait(_: Random) -> bytes:
    pieces = [
        "password" * 20,
        "pass" * 5000,
        "key=" * 5000,
        "a" * 200_000,
        "='" * 50_000,
        "://" * 50_000,
        "@" * 100_000,
        "eyJ" * 50_000,
        "-----BEGIN " * 20_000,
    ]
    return "\n".join(pieces * 3).encode()


def _quotes(_: Random) -> bytes:
    return ("x = " + "'a' + " * 300_000 + "'b'\n" + '"' * 500_000 + "\n" + "\\" * 500_000).encode()


def _broken(rng: Random) -> bytes:
    token = ("gh" + "p_").encode() + values.draw(rng, values.ALNUM, 36).encode()
    return b"".join(b"k = '" + token[:20] + b"\xff\xfe" + token[20:] + b"'\n" for _ in range(30_000))


def _percent(_: Random) -> bytes:
    return b"u = '" + b"%25" * 1_000_000 + b"'\n" + b"&#x26;" * 300_000


def _begin(rng: Random) -> bytes:
    head = f"-----BEGIN RSA PRIVATE {'KEY'}-----\n"
    return (head + values.draw(rng, values.BASE64, 64) + "\n").encode() * 40_000


def _invisible(_: Random) -> bytes:
    return ("token = '" + "a\u200b" * 700_000 + "'\n" + "\u202e" * 300_000).encode()


def _one_line_json(rng: Random) -> bytes:
    return ("{" + ",".join(f'"password{n}":"{values.human(rng, "dev")}"' for n in range(150_000)) + "}").encode()


def _binary(rng: Random) -> bytes:
    return bytes(byte or 1 for byte in rng.randbytes(5 * _MB))


INPUTS: dict[str, tuple[str, Callable[[Random], bytes]]] = {
    "10 MB of minified code on one line": ("a.js", _minified),
    "100,000 keys": ("a.py", _keys),
    "100,000 tokens of one vendor": ("a.yaml", _tokens),
    "150,000 passwords on one line": ("a.json", _one_line_json),
    "30 nested encodings": ("a.py", _nested),
    "20 gzip bombs of 50 MB": ("a.py", _bomb),
    "20,000 blobs of base64": ("a.py", _blobs),
    "bait for regular expressions": ("a.txt", _bait),
    "300,000 joined literals, runs of quotes": ("a.py", _quotes),
    "invalid UTF-8 inside 30,000 tokens": ("a.py", _broken),
    "a million percent signs encoded": ("a.sh", _percent),
    "40,000 heads of key files, no end": ("a.pem", _begin),
    "700,000 zero-width characters": ("a.py", _invisible),
    "5 MB of noise without NUL": ("a.txt", _binary),
}


def hostile() -> None:
    """Print seconds, memory and exit code of `clearance scan` on each."""
    rows = []
    folder = WORK / "hostile"
    environment = {**os.environ, "CLEARANCE_CACHE": str(WORK / "secrets-cache")}
    for name, (path, make) in INPUTS.items():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        data = make(Random(name))
        (folder / path).write_bytes(data)
        one = command([CLEARANCE, "scan", "--fresh", "."], cwd=folder, environment=environment)
        rows.append(
            (
                name,
                f"{len(data) / _MB:.1f}",
                f"{one.seconds:.1f}",
                f"{one.busy:.1f}",
                f"{one.together_mib:.0f}",
                str(one.code),
            )
        )
    shutil.rmtree(folder, ignore_errors=True)
    table(
        "Hostile inputs: `clearance scan`, all families",
        ("input", "MB", "seconds", "processor s", "MiB together", "exit"),
        rows,
    )
