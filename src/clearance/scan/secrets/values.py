"""How likely it is that a value is a secret of the kind that its name promises, or what else it is."""

from enum import Enum, auto
from functools import lru_cache

from clearance.facts.finding import Confidence, Look
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.rarity import entropy, rarity
from clearance.scan.secrets.shapes import WORDS, is_made_up, is_reference, is_uuid, is_vocabulary, is_wordy, look_of
from clearance.scan.secrets.vocabulary import STAND_INS, TECHNICAL, VOCABULARY

__all__ = ["Kind", "is_made_up", "is_reference", "is_vocabulary", "is_wordy", "judge"]


class Kind(Enum):
    """What a name promises.

    A `KEY` says so in as many words (`api_key`), a `TOKEN` may be many things, `SALT` stands for salts, nonces, seeds and
    initialization vectors, and a `FAINT` name (`auth`, `key`) says so little that only a plainly random value counts.
    """

    PASSWORD = auto()
    PASSPHRASE = auto()
    SECRET = auto()
    KEY = auto()
    TOKEN = auto()
    SALT = auto()
    PIN = auto()
    FAINT = auto()


_RANDOM = frozenset({Kind.TOKEN, Kind.SALT, Kind.FAINT})
_HEX = lazily(r"(?i)(?:0x)?[0-9a-f]+")
_NUMBER = lazily(r"[-+]?[\d.,:_/-]+[a-zA-Z%]{0,2}")
_EMAIL = lazily(r"[\w.+-]{1,64}@[a-z][a-z0-9-]{0,60}(?:\.[a-z]{2,24}){1,3}")
_KEY_SHAPE = lazily(r"[A-Za-z0-9+/=_.~:%!@#$^&*|-]+")
_FAINT_SHAPE = lazily(r"[A-Za-z0-9+/=_-]{20,}")
_IDENTIFIER = lazily(r"[A-Za-z][\w.:/-]*")
_NAMES = ("secret", "token", "apikey", "api-key", "api_key", "passw", "example", "encoded")
_NUMBERED = frozenset(
    {"iso", "windows", "ecma", "rfc", "ibm", "koi", "sha", "office", "server", "win", "page", "item", "port"}
)
_COMMON = VOCABULARY | TECHNICAL | STAND_INS
_LEET = str.maketrans("0134578@$!", "oleastbasi")

Judgement = Confidence | Look


@lru_cache(maxsize=4096)
def judge(text: str, kind: Kind, *, literal: bool) -> Judgement:
    """Tell how sure it is that the text is a secret of this kind, or what it is instead.

    `literal`: the syntax says that the text is a value and nothing else (a configuration file, a URL), so that a plain
    word counts as well.
    """
    if not 4 <= len(text) <= 1024:
        return Look.WEAK
    if kind in _RANDOM and (len(text) < 8 or (len(text) < 16 and text.isalpha())):
        return Look.WEAK
    look = look_of(text)
    if look is not None:
        return look
    if is_uuid(text):
        return Confidence.LOW if kind in {Kind.PASSWORD, Kind.SECRET, Kind.KEY} else Look.IDENTIFIER
    match kind:
        case Kind.KEY | Kind.TOKEN | Kind.SALT:
            return _key(text, faint=kind is Kind.SALT)
        case Kind.FAINT:
            return _faint(text)
        case Kind.SECRET:
            return _first(_key(text), _password(text, literal=literal) if len(text) >= 6 else Look.WEAK)
        case Kind.PASSWORD:
            return _password(text, literal=literal)
        case Kind.PIN:
            return Confidence.LOW if text.isdigit() and len(text) <= 8 else Look.WEAK
        case Kind.PASSPHRASE:
            return _first(_phrase(text), _password(text, literal=literal))


def is_leet(text: str) -> bool:
    """Tell whether the text is a word once digits and symbols that look like letters are read as such (`s3cr3t`)."""
    plain = text.translate(_LEET)
    return len(text) <= 16 and sum(map(str.isalpha, plain)) >= len(text) - 2 and is_wordy(plain)


def _first(one: Judgement, other: Judgement) -> Judgement:
    """Give the first that is sure of a secret, or the last."""
    return one if isinstance(one, Confidence) else other


def _key(text: str, *, faint: bool = False) -> Judgement:
    """Judge what should be a random key: long, of the alphabet that keys have, and no words."""
    if len(text) < 8 or _NUMBER.fullmatch(text):
        return Look.WEAK
    if len(text) < 40 and any(word in text.lower() for word in _NAMES):
        return Look.PLACEHOLDER
    bits = entropy(text)
    if _KEY_SHAPE.fullmatch(text) is None:
        plain = len(text) >= 24 and bits >= 4.2 and text.isascii() and not any(char.isspace() for char in text)
        return Confidence.MEDIUM if plain and not is_wordy(text) else Look.WORDS
    if is_vocabulary(text) or is_wordy(text):
        return Look.WORDS
    if _HEX.fullmatch(text):
        if len(text) < 16 or entropy(text.lower()) < 2.6:
            return Look.WEAK
        return Confidence.MEDIUM if len(text) >= 20 else Confidence.LOW
    if not any(char.isdigit() for char in text):
        if len(text) < 16 or rarity(text) < (4.9 if len(text) < 20 else 4.75):
            return Look.WORDS
    elif len(text) < 12:
        letters = [char for char in text if char.isalpha()]
        return Confidence.LOW if len(letters) >= 3 and bits >= 2.75 and not faint and _mixed(text) else Look.WEAK
    if len(text) >= 20 and bits >= 3.5:
        return Confidence.HIGH
    return Confidence.MEDIUM if bits >= 3.0 else Look.WEAK


def _mixed(text: str) -> bool:
    """Tell whether digits stand between letters, or cases are mixed, as chance does and people do not."""
    middle = text.strip("0123456789")
    return any(char.isdigit() for char in middle) or (text.lower() != text != text.upper() and rarity(text) >= 4.75)


def _faint(text: str) -> Judgement:
    """Judge a value whose name says little: both cases and digits, or long hexadecimal digits, with the spread of chance."""
    judged = _key(text)
    if not isinstance(judged, Confidence):
        return judged
    if _HEX.fullmatch(text):
        return Confidence.LOW if len(text) in {32, 48, 64, 96, 128} else Look.WEAK
    if (
        _FAINT_SHAPE.fullmatch(text) is None
        or text.lower() == text
        or text.upper() == text
        or not any(char.isdigit() for char in text)
    ):
        return Look.WEAK
    return Confidence.LOW if entropy(text) >= 3.8 and text.count("/") < 3 and "." not in text else Look.WEAK


def _password(text: str, *, literal: bool) -> Judgement:
    """Judge what should be a password: no prose and no identifier, unless nothing else could stand there."""
    if len(text) > 128 or any(char.isspace() for char in text):
        return Look.WORDS
    if _EMAIL.fullmatch(text):
        return Look.IDENTIFIER
    if not text.isascii() and not any(char.isdigit() for char in text):  # a label in another language
        return Look.WORDS
    if _NUMBER.fullmatch(text):
        return Confidence.LOW if text.isdigit() and len(text) >= (5 if literal else 6) else Look.WEAK
    has_letter = any(char.isalpha() for char in text)
    has_digit = any(char.isdigit() for char in text)
    symbols = sum(char.isascii() and not char.isalnum() and char not in "-_./:," for char in text)
    if not has_letter:
        return Confidence.LOW if has_digit and symbols >= 2 and len(text) >= 8 else Look.WEAK
    if has_digit or symbols:
        return _mixture(text, has_digit=has_digit, symbols=symbols, literal=literal)
    return _letters(text, literal=literal)


def _mixture(text: str, *, has_digit: bool, symbols: int, literal: bool) -> Judgement:
    """Judge letters with digits or symbols."""
    if _is_identifier(text):
        return Look.WORDS
    if len(text) < 6:
        return Confidence.LOW if literal or (has_digit and not is_wordy(text)) else Look.WEAK
    if not is_wordy(text) or (has_digit and symbols):
        return Confidence.HIGH if len(text) >= 8 else Confidence.MEDIUM
    if symbols == 0 and sum(char in "-_./:" for char in text) > 1:
        return Confidence.LOW if literal else Look.WORDS
    return Confidence.MEDIUM if not is_vocabulary(text) else Confidence.LOW


def _is_identifier(text: str) -> bool:
    """Tell whether a mixture is a name of programs (`oauth2`, `auth-v2`, `user/login1`) and no password (`admin123`)."""
    if _IDENTIFIER.fullmatch(text) is None:
        return False
    found = [word.lower() for word in WORDS.findall(text)]
    if any(char in "-_./:" for char in text.rstrip("0123456789")) and is_vocabulary(text):
        return True
    if len(found) > 1:
        return 2 * sum(map(len, found)) >= len(text) and all(word in VOCABULARY or word in TECHNICAL for word in found)
    if text[-4:].isdigit() and len(found[0]) >= 3 and found[0] not in _NUMBERED:
        return False
    return found[0] in TECHNICAL or (found[0] in VOCABULARY and not (text[-2:].isdigit() or text[0].isupper()))


def _letters(text: str, *, literal: bool) -> Judgement:
    """Judge letters only, perhaps with hyphens, dots and the like between them."""
    if is_vocabulary(text):
        return Look.WORDS
    plain = text.isalpha()
    if len(text) >= 6 and plain and not is_wordy(text):
        return Confidence.MEDIUM if len(text) >= 8 and rarity(text) >= 4.9 else Confidence.LOW
    if len(text) >= 10 and not is_wordy(text) and rarity(text) >= 4.9:
        return Confidence.MEDIUM
    found = WORDS.findall(text)
    if len(text) >= 6 and len(found) == 1 and plain and (literal or text.islower()):
        return Confidence.LOW
    if literal and len(text) >= 6 and len(found) <= 2:
        return Confidence.LOW
    if 2 <= len(found) <= 4 and all(len(word) >= 4 and word.lower() not in _COMMON for word in found):
        return Confidence.LOW
    phrase = _phrase(text.replace("-", " ").replace("_", " "))
    return Confidence.LOW if isinstance(phrase, Confidence) else Look.WORDS


def _phrase(text: str) -> Judgement:
    """Judge a passphrase: four words or more, lower case, none of which a label would use."""
    found = text.split()
    plain = all(word.isalpha() and word.islower() and len(word) >= 3 for word in found)
    likely = len(found) >= 4 and plain and not any(word in VOCABULARY for word in found)
    return Confidence.MEDIUM if likely else Look.WORDS
