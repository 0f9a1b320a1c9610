"""What a value looks like: made up, a reference to something else, a hash, a word of prose, or a secret."""

import re
from enum import Enum, auto

from clearance.facts.finding import Confidence
from clearance.scan.secrets.rarity import entropy, rarity
from clearance.scan.secrets.vocabulary import MADE_UP, VOCABULARY


class Kind(Enum):
    """What a name promises."""

    PASSWORD = auto()
    PASSPHRASE = auto()
    SECRET = auto()
    KEY = auto()


_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_UUID = re.compile(r"(?i)\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?")
_HEX = re.compile(r"(?i)(?:0x)?[0-9a-f]+")
_NUMBER = re.compile(r"[-+]?[\d.,:_/-]+[a-zA-Z%]{0,2}")
_RUN = re.compile(r"([xX*._#?0•-])\1{3}|(.)\2{5}")
_SEQUENCES = (
    "0123456789",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "0123456789abcdef",
)
_TEMPLATE = re.compile(
    r"\$\{|\$\(|\$\[\[|\{\{|\}\}|<%|%>|#\{|%\(|%[sdr@]\b|\\\(|`|"
    r"\{[A-Za-z_]?[\w.\[\]'\"!:]{0,60}\}|^%\w+%$|^\$[A-Za-z_]\w*$|^@[\w.-]+@$|^<.*>$|^\[.*\]$|^\(.*\)$|^__\w+__$"
)
_HASH = re.compile(
    r"(?i)\$(?:2[abxy]?|argon2\w*|pbkdf2[\w-]*|scrypt|[156y]|apr1)\$|\{(?:ssha|sha|md5|crypt|pbkdf2)\w*\}|"
    r"(?:pbkdf2_\w+|bcrypt\w*|argon2\w*|scrypt|md5|sha1|sha256|unsalted_\w+)\$|sha(?:1|224|256|384|512)[-:=]|md5[-:=]|"
    r"ENC\[|ENC\(|vault:v\d|AQICAH|ssh-(?:rsa|dss|ed25519)\b|ecdsa-sha2|AAAA[BCE]3Nza"
)
_CERTIFICATE = re.compile(r"-----BEGIN (?:PUBLIC|CERTIFICATE|RSA PUBLIC|X509)")
_REFERENCE = re.compile(
    r"(?i)(?:https?|file|ftp|wss?|vault|op|ssm|gcp|aws|kms|sm|secret|secrets|env|keyring|keychain|bao|doppler|awssm|azkv|pass)"
    r":(?:/|\w)|arn:|projects/|(?:\.{0,2}|~|[a-z]:)[/\\]|os\.environ|process\.env|env\.|getenv|secrets\.|vars\.|"
    r"@microsoft\.keyvault|(?:urn|data|urn:\w+):"
)
_FILE = re.compile(
    r"(?i)[\w./\\ -]{1,100}\.(?:pem|key|crt|cer|der|json|ya?ml|txt|p12|pfx|jks|env|py|[jt]sx?|html?|xml|conf|ini|"
    r"cfg|properties|toml|php|rb|go|java|sql|sh|md|rst|css|svg|png|tf|cs|kt|gpg|asc|pub|dat|db|log|lock)"
)
_CONSTANT = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_DOTTED = re.compile(r"[A-Za-z_$]\w*(?:(?:\.|::|->|\\)\w+)+(?:\(\))?")
_REGEX = re.compile(r"\[\^?[a-zA-Z0-9]-[a-zA-Z0-9]|\\[dwsb]\b|\(\?[:=!<]|\.\*|\.\+|^\^.*\$$|\[\^|\]\+|\{\d+,\d*\}")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[a-z][a-z0-9-]{0,60}(?:\.[a-z]{2,24}){1,3}")
_KEY_SHAPE = re.compile(r"[A-Za-z0-9+/=_.~:%!@#$^&*|-]+")


def is_made_up(text: str) -> bool:
    """Tell whether the text is plainly a stand-in: one of the words that people write there, a run of one character, a
    sequence, or hardly any different characters."""
    lower = text.lower()
    size = len(lower)
    different = len(set(lower))
    if different <= 2 or (size >= 12 and different <= 4) or (size >= 20 and different <= 6):
        return True
    if lower.endswith(("...", "…")) or _RUN.search(lower) or any(word in lower for word in MADE_UP):
        return True
    return any(part in lower for part in _steps(size))


def _steps(size: int) -> tuple[str, ...]:
    """Give the sequences that make a value of this size a stand-in: at least half of it, at least six characters."""
    length = max(6, (size + 1) // 2)
    return tuple(row[at : at + length] for row in _SEQUENCES for at in range(len(row) - length + 1))


def is_reference(text: str) -> bool:
    """Tell whether the text names where the value is, or is a template that makes it."""
    if _TEMPLATE.search(text) or _FILE.fullmatch(text) or _CONSTANT.fullmatch(text):
        return True
    if _REFERENCE.match(text):
        return not text.startswith(("/", "~", ".", "\\")) or is_wordy(text)
    return _DOTTED.fullmatch(text) is not None and is_wordy(text)


def is_public(text: str) -> bool:
    """Tell whether the text is something that may be shown: a hash, a public key, a ciphertext, a UUID, a pattern."""
    return bool(
        _HASH.match(text)
        or _CERTIFICATE.match(text)
        or _UUID.fullmatch(text)
        or _REGEX.search(text)
        or ("<" in text and ">" in text)
    )


def is_wordy(text: str) -> bool:
    """Tell whether the letters of the text are words, as in an identifier or in prose; a number may follow them."""
    words = _WORDS.findall(text)
    letters = sum(map(len, words))
    if not letters:
        return False
    stem = text.rstrip("0123456789!?.")
    digits = sum(char.isdigit() for char in (stem if 2 * len(stem) >= len(text) else text))
    return letters / len(words) >= 2.8 and digits * 3 <= letters and rarity(" ".join(words)) < 4.75


def is_vocabulary(text: str) -> bool:
    """Tell whether all words of the text are ones that programs and their labels are made of (`new-password2`)."""
    if text.rstrip("0123456789!").lower() in VOCABULARY:
        return True
    words = [word.lower() for word in _WORDS.findall(text)]
    letters = sum(map(len, words))
    if letters < 3 * len(words) or letters * 2 < len(text):
        return False
    return all(word in VOCABULARY or (len(word) > 3 and word.endswith("s") and word[:-1] in VOCABULARY) for word in words)


def judge(text: str, kind: Kind, *, literal: bool) -> Confidence | None:
    """Tell how sure it is that the text is a secret of this kind, None where it is not.

    `literal`: the syntax says that the text is a value and nothing else (a configuration file, a URL), so that a plain
    word counts as well.
    """
    if not 4 <= len(text) <= 1024 or is_made_up(text) or is_reference(text) or is_public(text) or is_vocabulary(text):
        return None
    match kind:
        case Kind.KEY:
            return _key(text)
        case Kind.SECRET:
            return _key(text) or (_password(text, literal=literal) if len(text) >= 8 else None)
        case Kind.PASSWORD:
            return _password(text, literal=literal)
        case Kind.PASSPHRASE:
            return _phrase(text) or _password(text, literal=literal)


def _key(text: str) -> Confidence | None:
    """Judge what should be a random key: long, of the alphabet that keys have, and no words."""
    if len(text) < 12 or _KEY_SHAPE.fullmatch(text) is None or _NUMBER.fullmatch(text):
        return None
    if _HEX.fullmatch(text):
        return Confidence.MEDIUM if len(text) >= 20 and entropy(text.lower()) >= 2.9 else None
    if is_wordy(text):
        return None
    has_digit = any(char.isdigit() for char in text)
    if not has_digit and (len(text) < 20 or rarity(text) < 4.9):
        return None
    bits = entropy(text)
    if len(text) >= 20 and bits >= 3.5:
        return Confidence.HIGH
    return Confidence.MEDIUM if bits >= 3.0 else None


def _password(text: str, *, literal: bool) -> Confidence | None:
    """Judge what should be a password: no prose and no identifier, unless nothing else could stand there."""
    if len(text) > 128 or any(char.isspace() for char in text) or _EMAIL.fullmatch(text):
        return None
    if not text.isascii() and not any(char.isdigit() for char in text):  # a label in another language
        return None
    if _NUMBER.fullmatch(text):
        return Confidence.LOW if literal and len(text) >= 6 and text.isdigit() else None
    has_letter = any(char.isalpha() for char in text)
    has_digit = any(char.isdigit() for char in text)
    symbols = sum(char.isascii() and not char.isalnum() and char not in "-_./:," for char in text)
    wordy = is_wordy(text)
    if has_letter and (has_digit or symbols) and len(text) >= 6:
        if not wordy or (has_digit and symbols):
            return Confidence.HIGH if len(text) >= 8 else Confidence.MEDIUM
        separators = sum(char in "-_./:" for char in text)
        if symbols == 0 and separators > 1:
            return Confidence.LOW if literal else None
        return Confidence.MEDIUM
    if has_letter and not has_digit and not symbols:
        if len(text) >= 10 and not wordy and rarity(text) >= 4.9:
            return Confidence.MEDIUM
        words = _WORDS.findall(text)
        if literal and len(text) >= 6 and len(words) <= 2:
            return Confidence.LOW
        return _phrase(text.replace("-", " ").replace("_", " ")) and Confidence.LOW
    return Confidence.LOW if has_digit and symbols >= 2 and len(text) >= 8 else None


def _phrase(text: str) -> Confidence | None:
    """Judge a passphrase: four words or more, lower case, none of which a label would use."""
    words = text.split()
    plain = all(word.isalpha() and word.islower() and len(word) >= 3 for word in words)
    return Confidence.MEDIUM if len(words) >= 4 and plain and not any(word in VOCABULARY for word in words) else None
