"""Masking and its way back: text is masked, cut into random pieces as a model would stream it, and restored.

`--times=N` says how many cuts are tried (100,000 unless told otherwise).
"""

import sys
import time
from random import Random

from benchmarks.measure import table
from benchmarks.sets.secrets import values
from clearance.mask.conversation import Conversation, Private
from clearance.mask.stream import Decoder

_KINDS = ("email", "phone", "iban", "card", "githubtoken", "password")
_LATER = 1 << 40


def main() -> None:
    """Print errors, speed, and the cost of a piece."""
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    _chunkings(int(options.get("times", "100000")))
    _speed()


def _value(rng: Random) -> str:
    """Make a value to hide; some hold what looks like code, some repeat, some are parts of others."""
    shape = rng.randrange(6)
    if shape == 0:
        return values.email(rng)
    if shape == 1:
        return values.human(rng, "dev")
    if shape == 2:
        return values.key(rng)
    if shape == 3:
        return f"+49 {rng.randint(100, 999)} {rng.randint(10**6, 10**7)}"
    if shape == 4:
        return rng.choice(["é", "密", "🔑", "\\n", "$1", "{0}", "%s", "\\1"]) + values.draw(rng, values.ALNUM, 8)
    return f"{rng.choice(values.FIRST).title()} {rng.choice(values.LAST).title()}"


def _text(rng: Random, pool: list[str]) -> tuple[str, list[Private]]:
    """Make a text with values in it, and where they stand."""
    text, spans = "", []
    for _ in range(rng.randint(0, 6)):
        text += rng.choice(["hello ", "x = '", "mail me: ", "{", "\n", "", "CLEAR_", "_", "日本語", "see ", "<b>"])
        value = rng.choice(pool)
        spans.append(Private(len(text), len(text) + len(value), rng.choice(_KINDS)))
        text += value + rng.choice(["", " ", "'", ".\n", ", ", "_x", "}", "</b>"])
    return text, spans


def _cuts(rng: Random, text: str) -> list[str]:
    """Cut a text into pieces: single characters, tokens, large blocks, with empty ones among them."""
    size = rng.choice([1, 2, 3, 5, 8, 20, 100])
    pieces, at = [], 0
    while at < len(text):
        step = rng.randint(0, size)
        pieces.append(text[at : at + step])
        at += step
    return pieces


def _chunkings(times: int) -> None:
    wrong = one_pass = unstable = leaked = pieces_told = 0
    busy = 0.0
    for turn in range(times // 10):
        rng = Random(f"masking {turn}")
        pool = [_value(rng) for _ in range(rng.randint(1, 8))]
        conversation = Conversation(_LATER, rng.randbytes(32))
        text, spans = _text(rng, pool)
        masked = conversation.mask(text, spans)
        again = conversation.mask(text, spans)
        unstable += again.text != masked.text
        leaked += any(text[one.start : one.end] in masked.text for one in spans if one.end - one.start >= 10)
        one_pass += conversation.restore(masked.text) != text
        # What a model gives back: the masked text in another order, between words of its own.
        lines = masked.text.split(" ")
        rng.shuffle(lines)
        answer = "Sure. " + " ".join(lines) + rng.choice(["", " CLEA", " _", masked.text[:9], masked.text[-9:]])
        expected = conversation.restore(answer)
        for _ in range(10):
            pieces = _cuts(rng, answer)
            decoder = Decoder(conversation)
            began = time.process_time()
            out = "".join([*(decoder.feed(piece) for piece in pieces), decoder.finish()])
            busy += time.process_time() - began
            pieces_told += len(pieces)
            wrong += out != expected
    rows = [
        ("streams cut at random that came out wrong", f"{times // 10 * 10:,}", str(wrong)),
        ("texts not restored in one pass", f"{times // 10:,}", str(one_pass)),
        ("texts masked otherwise the second time", f"{times // 10:,}", str(unstable)),
        ("masked texts that still hold a value", f"{times // 10:,}", str(leaked)),
    ]
    table("Masking: errors", ("what", "tried", "errors"), rows)
    print(f"a piece of a stream: {1e6 * busy / max(1, pieces_told):.2f} µs of processor time, {pieces_told:,} pieces")


def _speed() -> None:
    rng = Random("masking speed")
    pool = [_value(rng) for _ in range(200)]
    parts: list[str] = []
    spans: list[Private] = []
    at = 0
    while at < 4_000_000:
        plain = " ".join(rng.choice(values.WORDS) for _ in range(60)) + " "
        value = rng.choice(pool)
        parts += [plain, value, " "]
        spans.append(Private(at + len(plain), at + len(plain) + len(value), "password"))
        at += len(plain) + len(value) + 1
    text = "".join(parts)
    conversation = Conversation(_LATER, rng.randbytes(32))
    rows = []
    began = time.process_time()
    masked = conversation.mask(text, spans).text
    rows.append(("mask, places given", f"{len(text) / 1e6 / (time.process_time() - began):.0f}"))
    began = time.process_time()
    restored = conversation.restore(masked)
    rows.append(("restore", f"{len(masked) / 1e6 / (time.process_time() - began):.0f}"))
    assert restored == text
    decoder = Decoder(conversation)
    pieces = [masked[n : n + 16] for n in range(0, len(masked), 16)]
    began = time.process_time()
    out = "".join([*(decoder.feed(piece) for piece in pieces), decoder.finish()])
    busy = time.process_time() - began
    assert out == text
    rows.append(("restore a stream of pieces of 16 characters", f"{len(masked) / 1e6 / busy:.0f}"))
    table(f"Masking: speed over {len(text) / 1e6:.1f} MB with {len(spans):,} values", ("what", "MB/s"), rows)
    print(f"a piece of 16 characters: {1e6 * busy / len(pieces):.2f} µs")
