"""Files of repositories, composed of hand-written pieces in `templates/`: code, configuration and prose with credentials of
which no format tells, and with what only looks like them.

A page of pieces holds `=== id` and text below it, `--- head` and `--- tail` for what stands around, and `key: value` lines
before the first of them. Markers in a piece: `«kind …»` a value that says nothing; `«!kind …»` a credential; `«!!kind …»`
one that is never swapped; `«?class:text»` and `«-class kind …»` what must not be found; `«~…»` what may be found or not. In
six of ten draws a credential is swapped for something that is none, so the same surroundings stand on both sides.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from random import Random
from string import ascii_uppercase, digits
from typing import NamedTuple

from benchmarks.sets.cases import Part, part_of
from benchmarks.sets.secrets import values
from benchmarks.sets.secrets.formats import FORMATS
from benchmarks.sets.secrets.labelled import Labelled, Truth, line_of

PAGES = Path(__file__).parent / "templates"
_INNER = re.compile(r"«(?![!?~-])([^«»]*)»")
_MARKER = re.compile(r"«(!!?|\?|~|-)([^«»]*)»")
_SWAPPED = 0.6
_FILES_A_PIECE = 4


class Page(NamedTuple):
    """The pieces of one syntax."""

    name: str
    keys: dict[str, str]
    heads: tuple[str, ...]
    tails: tuple[str, ...]
    pieces: tuple[tuple[str, str], ...]


@cache
def pages() -> tuple[Page, ...]:
    """Read all pages."""
    return tuple(_page(path) for path in sorted(PAGES.glob("*.txt")))


def _page(path: Path) -> Page:
    keys: dict[str, str] = {}
    around: dict[str, list[str]] = {"head": [], "tail": []}
    pieces: list[tuple[str, str]] = []
    into: list[str] | None = None
    blocks: list[tuple[str, list[str]]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith(("=== ", "--- ")) and line[4:].strip() and not line.endswith("---"):
            into = []
            blocks.append((line, into))
        elif into is None:
            key, _, value = line.partition(":")
            keys[key.strip()] = value.strip()
        else:
            into.append(line)
    for head, lines in blocks:
        text = "\n".join(lines)
        if head.startswith("---"):
            around[head[4:].strip()].append(text)
        else:
            pieces.append((head[4:].strip(), text))
    if len({name for name, _ in pieces}) != len(pieces):
        raise ValueError(f"{path.name}: two pieces have one name")
    return Page(path.stem, keys, tuple(around["head"]), tuple(around["tail"]), tuple(pieces))


def corpus(part: Part) -> Iterator[Labelled]:
    """Give the files of a part, composed of its pieces alone."""
    index = 0
    for page in pages():
        own = [piece for piece in page.pieces if part_of("secrets", page.name, piece[0]) == part]
        alone = dict(word.split("=") for word in page.keys.get("solo", "").split())
        for number in range(len(own) * _FILES_A_PIECE):
            index += 1
            rng = Random(f"corpus {page.name} {part} {number}")
            first = own[number % len(own)]
            family = _family(first[0])
            if family in alone:
                kin = [piece for piece in own if _family(piece[0]) == family]
                chosen = [first, *rng.sample(kin, min(len(kin), rng.randint(0, 2)))]
                path, heads = alone[family], ("",)
            else:
                others = [piece for piece in own if _family(piece[0]) not in alone]
                chosen = [first, *rng.sample(others, min(len(others), rng.randint(2, 8)))]
                path, heads = rng.choice(page.keys["paths"].split("|")).strip(), page.heads or ("",)
            chosen = list(dict.fromkeys(chosen))
            rng.shuffle(chosen)
            yield _compose(rng, page, part, f"r{index:04}/{path}", rng.choice(heads), chosen, solo=family in alone)


def _family(name: str) -> str:
    return name.removeprefix("f-").partition("-")[0]


def _compose(
    rng: Random, page: Page, part: Part, path: str, head: str, chosen: list[tuple[str, str]], *, solo: bool
) -> Labelled:
    writer = _Writer(rng, part, page.name)
    joint = page.keys.get("join", "")
    writer.add(head + "\n" if head else "", "head")
    for number, (name, text) in enumerate(chosen):
        end = joint if number < len(chosen) - 1 else ""
        writer.add(text.rstrip("\n") + end + "\n" + ("\n" if rng.random() < 0.4 and not joint else ""), name)
    if page.tails and not solo:
        writer.add(rng.choice(page.tails) + "\n", "tail")
    return writer.file(writer.value(path))


class _Writer:
    """Expands markers and keeps where the labels are."""

    def __init__(self, rng: Random, part: Part, page: str) -> None:
        self._rng = rng
        self._part: Part = part
        self._page = page
        self._text = ""
        self._truths: list[tuple[int, int, str, str]] = []
        self._tempting: list[tuple[int, str]] = []
        self._open: list[int] = []

    def value(self, text: str) -> str:
        """Expand the markers that say nothing."""
        while True:
            text, count = _INNER.subn(lambda found: make(self._rng, found[1], self._part), text)
            if not count:
                return text

    def add(self, text: str, piece: str) -> None:
        """Add a piece."""
        text = self.value(text)
        at = 0
        for found in _MARKER.finditer(text):
            self._text += text[at : found.start()]
            at = found.end()
            self._mark(found[1], found[2], piece)
        self._text += text[at:]

    def _mark(self, mark: str, body: str, piece: str) -> None:
        begin = len(self._text)
        match mark:
            case "!" if self._rng.random() < _SWAPPED:
                reason, value = swap(self._rng, body, self._part)
                (self._open if reason == "open" else self._tempting).append((begin, reason) if reason != "open" else begin)  # type: ignore[arg-type]
            case "!" | "!!":
                value = make(self._rng, body, self._part)
                self._truths.append((begin, begin + len(self._indented(value)), kind_of(body), piece))
            case "?":
                reason, _, value = body.partition(":")
                self._tempting.append((begin, reason))
            case "-":
                reason, _, kind = body.partition(" ")
                value = make(self._rng, kind, self._part)
                self._tempting.append((begin, reason))
            case _:
                value = make(self._rng, body, self._part)
                self._open.append(begin)
        self._text += self._indented(value)

    def _indented(self, value: str) -> str:
        if "\n" not in value:
            return value
        line = self._text[self._text.rfind("\n") + 1 :]
        indent = line[: len(line) - len(line.lstrip())]
        return value.replace("\n", "\n" + indent)

    def file(self, path: str) -> Labelled:
        """Give what was written."""
        text = self._text
        truths = tuple(
            Truth(line_of(text, begin), line_of(text, end - 1), kind, ((begin, end),), (f"{self._page}/{piece}",))
            for begin, end, kind, piece in self._truths
        )
        true_lines = {line for truth in truths for line in range(truth.first, truth.last + 1)}
        tempting = {line_of(text, at): reason for at, reason in self._tempting}
        open_ = tuple(sorted({line_of(text, at) for at in self._open} - true_lines))
        kept = tuple((line, reason) for line, reason in sorted(tempting.items()) if line not in true_lines)
        return Labelled(path, text, truths, self._part, self._page, kept, open_)


_KINDS = {
    "barepw": "password", "urlpw": "password in a URL", "xmlpw": "password", "awssecret": "AWS secret key",
    "awsid": "AWS key id",
    "hexkey": "key", "alnum": "key", "hex": "key", "HEX": "key", "b64": "key", "urlsafe": "key", "strong64": "key",
    "uuidtoken": "token", "jwt": "token", "encodedpw": "encoded in Base64", "encodedpem": "encoded in Base64",
    "basic": "basic authentication",
    "pem": "private key", "pem1": "private key", "pemc": "private key", "seed": "OTP seed", "vendor": "vendor's format",
}  # fmt: skip


def kind_of(body: str) -> str:
    """Give the kind of a credential by its marker."""
    word = body.partition(" ")[0]
    return _KINDS.get(word, word)


def make(rng: Random, body: str, part: Part) -> str:
    """Make a value by the words of a marker."""
    word, _, rest = body.partition(" ")
    stem = word.partition(":")
    if stem[1] and stem[0] in _STYLES:
        return values.name_of(rng, stem[2], _STYLES[stem[0]])
    if word == "pick":
        return rng.choice(rest.split("|"))
    if word == "vendor":
        named = [one for one in FORMATS if one.name == rest]
        return rng.choice(named or FORMATS).make(rng)
    if word == "cert":
        return values.certificate(rng, rest)
    if word in _SIZED:
        return _SIZED[word](rng, int(rest))
    if word in _MADE:
        return _MADE[word](rng, part)
    raise ValueError(f"no value is called {body!r}")


def _b64(rng: Random, size: int) -> str:
    return base64.b64encode(rng.randbytes(size)).decode()


_STYLES = {"n": "snake", "N": "upper", "c": "camel", "P": "pascal", "k": "kebab", "d": "dotted"}
_SIZED: dict[str, Callable[[Random, int], str]] = {
    "num": lambda rng, size: rng.choice(digits[1:]) + "".join(rng.choice(digits) for _ in range(size - 1)),
    "hex": lambda rng, size: values.draw(rng, values.HEX, size),
    "HEX": lambda rng, size: values.draw(rng, values.HEX, size).upper(),
    "alnum": lambda rng, size: values.draw(rng, values.ALNUM, size),
    "urlsafe": lambda rng, size: values.draw(rng, values.URLSAFE, size),
    "b64": _b64,
}


def _bare(rng: Random, part: Part) -> str:
    while True:
        found = values.password(rng, part)
        if found[0].isalnum() and not set(found) & set("#%"):
            return found


def _b64pem(rng: Random, part: Part) -> str:  # noqa: ARG001 -- all are called alike
    return base64.b64encode(values.pem(rng).encode() + b"\n").decode()


_USERS = ("admin", "root", "sa", "postgres", "app", "deploy", "svc")
_MADE: dict[str, Callable[[Random, Part], str]] = {
    "password": values.password,
    "barepw": _bare,
    "xmlpw": values.password,
    "urlpw": values.url_password,
    "key": lambda rng, part: values.key(rng),
    "token": lambda rng, part: values.token(rng),
    "secret": lambda rng, part: values.secret(rng),
    "hexkey": lambda rng, part: values.draw(rng, values.HEX, 40),
    "strong64": lambda rng, part: values.draw(rng, values.ALNUM + "!@#%^*()-_=+|;:,.?~", 64),
    "uuidtoken": lambda rng, part: values.uuid(rng),
    "jwt": lambda rng, part: values.jwt(rng),
    "basic": values.basic,
    "encodedpw": lambda rng, part: base64.b64encode(values.password(rng, part).encode()).decode(),
    "encodedpem": _b64pem,
    "pem": lambda rng, part: values.pem(rng),
    "pemc": lambda rng, part: "\n".join(f'"{line}\\n"' for line in values.pem(rng).split("\n")),
    "pem1": lambda rng, part: values.pem(rng).replace("\n", "\\n") + "\\n",
    "seed": lambda rng, part: values.draw(rng, values.BASE32, rng.choice([16, 16, 32])),
    "awsid": lambda rng, part: "AK" + "IA" + values.draw(rng, values.BASE32, 16),
    "awssecret": lambda rng, part: values.draw(rng, values.BASE64, 40),
    "uuid": lambda rng, part: values.uuid(rng),
    "user": lambda rng, part: rng.choice([*_USERS, *values.FIRST, *values.PRODUCTS]),
    "host": lambda rng, part: values.host(rng),
    "domain": lambda rng, part: values.domain(rng),
    "email": lambda rng, part: values.email(rng),
    "ip": lambda rng, part: ".".join(str(rng.randint(1, 254)) for _ in range(4)),
    "word": lambda rng, part: rng.choice(_NOUNS),
    "Word": lambda rng, part: rng.choice(_NOUNS).capitalize(),
    "product": lambda rng, part: rng.choice(values.PRODUCTS),
    "service": lambda rng, part: rng.choice(values.SERVICES),
    "company": lambda rng, part: rng.choice(values.COMPANIES),
    "first": lambda rng, part: rng.choice(values.FIRST),
    "last": lambda rng, part: rng.choice(values.LAST),
    "date": lambda rng, part: f"20{rng.randint(14, 25)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
    "pw": lambda rng, part: rng.choice(["pass", "pw", "12345", "admin", "root"]),
    "bcrypt": lambda rng, part: f"$2{rng.choice('aby')}$1{rng.randint(0, 2)}$" + values.draw(rng, values.ALNUM + "./", 53),
    "pbkdf2": lambda rng, part: f"pbkdf2_sha256$260000${values.draw(rng, values.ALNUM, 22)}${_b64(rng, 32)}",
    "sri": lambda rng, part: "sha512-" + base64.b64encode(rng.randbytes(64)).decode(),
    "sshpub": lambda rng, part: "AAAAB3NzaC1yc2EAAAADAQABAAABAQ" + values.draw(rng, values.BASE64, 340) + "==",
    "sshed": lambda rng, part: "AAAAC3NzaC1lZDI1NTE5AAAAI" + values.draw(rng, values.BASE64, 43),
    "b64cert": lambda rng, part: base64.b64encode(values.certificate(rng).encode()).decode(),
    "fernet": lambda rng, part: "gAAAAABl" + values.draw(rng, values.URLSAFE, 112),
    "sealed": lambda rng, part: "AgB" + values.draw(rng, values.BASE64, 340),
}
_NOUNS = values.words("nouns")

_PLACEHOLDERS = values.words("placeholders")
_TESTS = values.words("tests")
_REFERENCES = values.lines("references")
_WORDS = values.lines("labels")
_ENCRYPTED = values.lines("encrypted")
_OPEN = (
    "admin",
    "root",
    "123456",
    "12345",
    "guest",
    "postgres",
    "test123",
    "admin123",
    "pass",
    "qwerty",
    "1234",
    "Passw0rd",
    "password1",
)
_BARE_KINDS = {"barepw", "xmlpw"}


def swap(rng: Random, body: str, part: Part) -> tuple[str, str]:
    """Give a class and a value that is none of a credential, for the place of one."""
    kind = body.partition(" ")[0]
    if kind == "pem":
        if rng.random() < 0.6:
            return "public", values.certificate(rng, rng.choice(["CERTIFICATE", "PUBLIC KEY", "CERTIFICATE REQUEST"]))
        name = f"RSA PRIVATE {'KEY'}"
        return (
            "placeholder",
            f"-----BEGIN {name}-----\n{rng.choice(['...', 'YOUR KEY HERE', 'xxxxxxxxxxxxxxxx'])}\n-----END {name}-----",
        )
    if kind in ("pem1", "pemc"):
        return "public", values.certificate(rng).replace("\n", "\\n").join('""' if kind == "pemc" else ("", ""))
    if kind in ("encodedpem", "encodedpw"):
        return (
            ("public", base64.b64encode(values.certificate(rng).encode()).decode())
            if kind == "encodedpem"
            else ("placeholder", "<base64>")
        )
    if kind == "urlpw":
        return _url_swap(rng)
    shape = rng.random()
    if shape < 0.42:
        return "placeholder", _clean(rng.choice(_PLACEHOLDERS), kind)
    if shape < 0.52:
        return "test", rng.choice(_TESTS)
    if shape < 0.72:
        return "reference", _clean(_expand(rng, rng.choice(_REFERENCES), part), kind)
    if shape < 0.84:
        return "words", _clean(rng.choice(_WORDS), kind)
    if shape < 0.93:
        return "encrypted", _clean(_expand(rng, rng.choice(_ENCRYPTED), part), kind)
    return "open", rng.choice(_OPEN)


def _url_swap(rng: Random) -> tuple[str, str]:
    shape = rng.random()
    if shape < 0.5:
        return "placeholder", rng.choice(values.words("url"))
    if shape < 0.9:
        return "reference", rng.choice(
            ["${DB_PASSWORD}", "$PASSWORD", "%s", "{pass}", "$(PASS)", "#{pass}", "{{ password }}".replace(" ", "")]
        )
    return "open", rng.choice(["root", "admin", "postgres", "guest", "test", "1234"])


def _expand(rng: Random, text: str, part: Part) -> str:
    while "«" in text:
        text = _INNER.sub(lambda found: make(rng, found[1], part), text)
    return text


def _clean(value: str, kind: str) -> str:
    """Fit a value into a place where blanks, quotes or angle brackets would end it."""
    if kind == "barepw":
        return value.replace(" ", "_").replace("'", "").replace('"', "")
    if kind == "xmlpw":
        return value.replace("<%=", "").replace("%>", "").replace("<", "[").replace(">", "]").strip()
    return value.replace("'", "")


def digest(files: list[Labelled]) -> str:
    """Give a digest of files, which tells whether two runs saw the same."""
    return hashlib.sha256("\0".join(one.path + "\0" + one.text for one in files).encode()).hexdigest()[:12]


_ = ascii_uppercase
