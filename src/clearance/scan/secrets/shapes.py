"""What a text is by its shape alone: a stand-in, a reference to where the value is, a hash, something public, a pattern."""

import re
from functools import lru_cache

from clearance.facts.finding import Look
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.rarity import rarity
from clearance.scan.secrets.specimens import is_specimen
from clearance.scan.secrets.vocabulary import MADE_UP, STAND_INS, VOCABULARY

WORDS = lazily(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_UUID = lazily(r"(?i)(?:urn:uuid:|/)?[{(]?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}[)}]?/?")
_RUN = lazily(r"([xX*._#?0•-])\1{3}|(.)\2{5}")
_SEQUENCES = (
    "0123456789",
    "1234567890",
    "9876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "0123456789abcdef",
)
_MADE_UP = lazily("|".join(map(re.escape, MADE_UP)))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ALPHABET = _LETTERS * 2
_TEMPLATE = lazily(
    r"\$\{|\$\(|\$\[\[|\{\{|\}\}|<%|%>|#\{|%\(|%[sdrv@]\b|%-?\d*[sdfx]$|\\\(|`|\{\}|\{\d\}|"
    r"\{[A-Za-z_]?[\w.\[\]()'\"!:]{0,60}\}|^%\w+%$|^[\"']?\$[A-Za-z_][\w.-]*[\"']?$|^[\"']?\$[A-Z_]{4,}|^@[\w.-]+@$"
    r"|^<.*>$|^\[.*\]$|^\(.*\)$|^__\w+__$|"
    r"^\$[A-Za-z_]\w*(?:[:@/.,-]\$[A-Za-z_]\w*)+$|^@@?[\w-]{3,40}@@?$|^#[\w.-]{3,40}#$|^%%.*%%$|^:[a-z_]{2,40}$|^\$\w+(?:->|::|[\[{(.])"
)
_HASH = lazily(
    r"(?i)\$(?:2[abxy]?|argon2\w*|pbkdf2[\w-]*|scrypt|[156y]|apr1)\$|\{(?:ssha|sha|md5|crypt|pbkdf2)\w*\}|"
    r"(?:pbkdf2_\w+|pbkdf2:\w+|bcrypt\w*|argon2\w*|scrypt|md5|sha1|sha256|unsalted_\w+)[$:]|sha(?:1|224|256|384|512)[-:=]|"
    r"md5[-:=]|\*[0-9A-F]{40}$|0x0[12]00[0-9a-f]{40}"
)
_ENCRYPTED = lazily(
    r"\{[A-Za-z0-9+/]{20,}={0,2}\}$|gAAAAAB[A-Za-z0-9_-]{20}|ENC\[|__encrypt__|ENC\(|NACL\[|vault:v\d|AQICAH|!vault"
    r"|\$ANSIBLE_VAULT|U2FsdGVkX1|AgA[A-Za-z0-9+/]{80}|\{cipher\}|\{(?:AES|3DES)(?:-\w+)?\}|"
    r"age1[a-z0-9]{20}|-----BEGIN (?:AGE ENCRYPTED|PGP MESSAGE)|DPAPI:|gAAAAA[A-Za-z0-9_-]{60}"
)
_PUBLIC = lazily(
    r"ssh-(?:rsa|dss|ed25519)\b|ecdsa-sha2|AAAA[BCE]3Nza|-----BEGIN (?:PUBLIC|CERTIFICATE|RSA PUBLIC|X509|PGP PUBLIC)|"
    r"MI[GI][A-Za-z0-9+/]{0,8}MA0GCSqGSIb3DQEB|MFkwEwYHKoZIzj0C|pk_(?:live|test)_"
)
_REFERENCE = lazily(
    r"(?i)(?:https?|file|ftp|wss?|vault|op|ssm|gcp|aws|kms|sm|secret|secrets|env|keyring|keychain|bao|doppler|awssm"
    r"|azkv|pass"
    r"|classpath|jdbc|ldaps?|ref\+\w+|gsm|akv|sops|from|var|local|data|module|bws|keeper|conjur|summon):(?:/|\w)|"
    r"arn:|projects/|(?:\.{0,2}|~|[a-z]:)[/\\]|os\.environ|process\.env|env\.|getenv|secrets\.|vars\.|"
    r"@microsoft\.keyvault|(?:urn|data|urn:\w+):|\$env:|local\.|var\.|data\.|lookup\("
)
_FILE = lazily(
    r"(?i)[\w./\\ @-]{1,100}\.(?:pem|key|crt|cer|der|json|ya?ml|txt|p12|pfx|jks|env|py|[jt]sx?|html?|xml|conf|ini|"
    r"cfg|properties|toml|php|rb|go|java|sql|sh|md|rst|css|svg|png|tf|cs|kt|gpg|asc|pub|dat|db|log|lock|jpe?g|gif|exe|"
    r"keystore|bin|csv|vue|jsp|aspx?|scss|less|ts|csproj|example|local)"
)
# What `docker build --secret` and `RUN --mount=type=secret` take: where the secret is, never the secret.
_MOUNT = lazily(
    r"(?=.*\b(?:src|source|env|type)=)(?:(?:id|src|source|type|target|dst|env|mode|uid|gid|required)=[\w./~-]{1,64}(?:,|$))+"
)
_CONSTANT = lazily(r"[A-Z0-9_-]*(?:PASS|PASSWORD|PASSWD|PWD|KEY|TOKEN|SECRET|CREDENTIALS?)|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_DOTTED = lazily(r"[A-Za-z_$]\w*(?:(?:\.|::?|->|\\{1,2})\w+)+(?:\(\))?")
_CALL = lazily(r"[A-Za-z_$][\w.$:>-]{0,60}\(.{0,200}\)[;,]?|(?:await|new|function|typeof|lambda|return) \S.*")
_REGEX = lazily(
    r"\[\^?[a-zA-Z0-9]-[a-zA-Z0-9]|\\[dwsb]\b|\\[dws][+*{]|\(\?[:=!<]|\.\*|\.\+|^\^.*\$$|\[\^|\]\+|\{\d+,\d*\}|^/.*/"
    r"[gimsuy]{0,4}$"
)
_SELECTOR = lazily(
    r"[#.][A-Za-z][\w-]*(?:[ >.#\[:].*)?|(?:input|form|div|label|button|span|td|body|a)[\[.#:> ].*|//\w.*|\w*\[[\w-]+"
    r"[~|^$*]?=.*"
)

_SPECIFIER = lazily(r"[\w.\[\]-]+(?:[<>=~!]=|[<>])\d[\d.*]*(?:,.*)?")
_ENTITY = lazily(r"&(?:#x?[0-9a-fA-F]{2,4}|quot|lt|gt|amp|apos);")
_ESCAPE = lazily(r"\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}")
_VERSIONED = lazily(r"(?:[a-z]{2,8}\[)?V\d(?:alpha\d|beta\d)?(?:[A-Z][a-z]+){2,8}\]?")  # a type: V1SecretVolumeSource
_LEFT_OVER = lazily(r"[)\]},]|=?>[ ]?\$[A-Za-z_]|==|&&|\|\||=>|\?\.|[:;?&=|>+][\w.!]{0,40}[({\[)]|\+\w+\+$|=[a-z]+\b")
_RULES = lazily(r"[a-z_]+(?::[\w,./-]+)?(?:\|[a-z_]+(?::[\w,./-]+)?)+")  # of forms: required|string|min:8
_MASKED = lazily(r"Q[a-z]{2,12}_[a-z2-7]{16}")  # a placeholder of `clearance mask`
_ROUTE = lazily(r"[a-z_/]{2,60}#[a-z]+(?:_[a-z]+)+")  # of an action: account#lost_password
_SCOPE = lazily(
    r"(?:[\w.-]{1,128}(?::[\w.-]{1,128})?/)?\d{2}\w{2,14}/[\w-]{2,40}/\w{2,20}/aws4_request\w?"
)  # of a signature of AWS
_PATH = lazily(r"[a-z0-9_.-]+(?:/[a-z0-9_.-]+)+")  # lower case: base64 has both
_ENCODING = lazily(
    r"(?i)utf-?(?:8|16|32)(?:[-_]?[lb]e)?|iso-?8859-?\d{1,2}|latin-?1|cp-?\d{3,4}|windows-?\d{4}|(?:s?sha|md|hs|rs|es|ps"
    r"|aes)-?\d{1,3}\S{0,12}"
)


def is_made_up(text: str) -> bool:
    """Tell whether the text is plainly a stand-in: one of the words that people write there, a run of one character, a
    sequence, or hardly any different characters."""
    lower = text.lower()
    size = len(lower)
    different = len(set(lower))
    if different <= 2 or (size >= 12 and different <= 4) or (size >= 20 and different <= 6):
        return True
    if "..." in lower or "…" in lower or _RUN.search(lower) or _MADE_UP.search(lower):
        return True
    letters = lower if lower.isalpha() else "".join(filter(str.isalpha, lower))
    if len(letters) >= 6 and (letters in _ALPHABET or _LETTERS in lower):
        return True
    return any(part in lower for part in _steps(size))


@lru_cache(maxsize=256)
def _steps(size: int) -> tuple[str, ...]:
    """Give the sequences that make a value of this size a stand-in: at least half of it, at least six characters."""
    length = max(6, (size + 1) // 2)
    return tuple(row[at : at + length] for row in _SEQUENCES for at in range(len(row) - length + 1))


def is_reference(text: str) -> bool:
    """Tell whether the text names where the value is, or is a template that makes it."""
    if _TEMPLATE.search(text) or _FILE.fullmatch(text) or _CONSTANT.fullmatch(text) or _CALL.fullmatch(text):
        return True
    if _REFERENCE.match(text):
        return not text.startswith(("/", "~", ".", "\\")) or is_wordy(text) or text.count("/") > 1
    if _VERSIONED.fullmatch(text) or _SCOPE.fullmatch(text) or _MOUNT.fullmatch(text):
        return True
    if _PATH.fullmatch(text):
        return all(len(part) < 5 or is_wordy(part) or part.rstrip("0123456789") in VOCABULARY for part in text.split("/"))
    return _DOTTED.fullmatch(text) is not None and is_wordy(text)


def is_uuid(text: str) -> bool:
    """Tell whether the text is a UUID (RFC 9562), with or without braces."""
    return _UUID.fullmatch(text) is not None


def is_wordy(text: str) -> bool:
    """Tell whether the letters of the text are words, as in an identifier or in prose; a number may follow them."""
    found = WORDS.findall(text)
    letters = sum(map(len, found))
    if not letters:
        return False
    stem = text.rstrip("0123456789!?.")
    digits = sum(char.isdigit() for char in (stem if 2 * len(stem) >= len(text) else text))
    return letters / len(found) >= 2.8 and digits * 3 <= letters and rarity(" ".join(found)) < 4.75


def is_vocabulary(text: str) -> bool:
    """Tell whether all words of the text are ones that programs and their labels are made of (`new-password2`)."""
    if text.rstrip("0123456789!").lower() in VOCABULARY:
        return True
    found = [word.lower() for word in WORDS.findall(text)]
    letters = sum(map(len, found))
    if letters < 3 * len(found) or letters * 2 < len(text):
        return False
    return all(word in VOCABULARY or (len(word) > 3 and word.endswith("s") and word[:-1] in VOCABULARY) for word in found)


def is_stand_in(text: str) -> bool:
    """Tell whether the text is words that stand for a secret, perhaps with a number (`password123`, `my-test-token`)."""
    found = [word.lower() for word in WORDS.findall(text)]
    if text.isalpha() and text.isascii() and len(text) <= 28 and _joined(text.lower()):
        return True
    return bool(found) and 3 * sum(map(len, found)) >= len(text) and all(word in STAND_INS for word in found)


def _joined(text: str) -> bool:
    """Tell whether lower-case letters are words that stand for a secret, written together (`mysecretpass`)."""
    ends = {0}
    for end in range(3, len(text) + 1):
        if any(end - size in ends and text[end - size : end] in STAND_INS for size in range(2, min(end, 12) + 1)):
            ends.add(end)
    return len(text) in ends


def look_of(text: str) -> Look | None:
    """Tell why the text cannot be a secret, whatever its name says; None where nothing says so."""
    if text.startswith("<") and text.endswith(">"):
        return Look.PLACEHOLDER
    if _ENCRYPTED.match(text):
        return Look.ENCRYPTED
    if _HASH.match(text):
        return Look.HASH
    if _PUBLIC.match(text):
        return Look.PUBLIC
    if is_made_up(text) or _MASKED.fullmatch(text) or text.endswith(("_here", "-here")):
        return Look.PLACEHOLDER
    if _TEMPLATE.search(text):
        return Look.REFERENCE
    if is_stand_in(text):
        return Look.PLACEHOLDER
    if _ENCODING.fullmatch(text) or _ESCAPE.search(text):
        return Look.WORDS
    if is_reference(text):
        return Look.REFERENCE
    if (
        _LEFT_OVER.match(text)
        or _SPECIFIER.fullmatch(text)
        or _RULES.fullmatch(text)
        or _ROUTE.fullmatch(text)
        or _ENTITY.search(text)
    ):
        return Look.PATTERN
    if _REGEX.search(text) or ("<" in text and ">" in text) or _SELECTOR.fullmatch(text):
        return Look.PATTERN
    if "«" in text or "»" in text:
        return Look.PATTERN  # a slot of a template; as quotes they stand outside of the text
    return Look.PLACEHOLDER if is_specimen(text) else None
