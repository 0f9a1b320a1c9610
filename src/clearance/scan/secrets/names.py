"""Which names say that their value is a secret."""

import re
from functools import lru_cache

from clearance.scan.secrets.values import Kind
from clearance.scan.secrets.vocabulary import words

KEYWORDS = (
    b"pass",
    b"pwd",
    b"secret",
    b"token",
    b"key",
    b"cred",
    b"_auth",
    b"pswd",
    b"kennwort",
    b"senha",
    b"contrase",
    b"identified",
)
"""One of these stands in each name that `kind_of` knows, in lower case."""

_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS = frozenset(
    {"password", "passwd", "passwort", "pass", "pwd", "pswd", "psw", "passcode", "kennwort", "senha", "contrasena"}
)
_PASSWORD_ENDS = ("password", "passwd", "pwd", "passwort")
_PASS_HEADS = frozenset(
    {
        "db",
        "user",
        "my",
        "root",
        "admin",
        "smtp",
        "mail",
        "ftp",
        "sql",
        "auth",
        "http",
        "proxy",
        "redis",
        "wifi",
        "ssh",
        "sudo",
    }
)
_SECRETS = frozenset({"secret", "clientsecret", "appsecret", "apisecret", "secretkey", "sharedsecret", "secretaccesskey"})
_TOKEN_ENDS = (
    "token",
    "apikey",
    "accesskey",
    "authkey",
    "privatekey",
    "secretkey",
    "accountkey",
    "masterkey",
    "encryptionkey",
)
_CREDENTIALS = frozenset({"credential", "credentials", "creds", "cred"})
_KEY_HEADS = words(
    """
    api access auth account app application private master storage service subscription client consumer
    integration license write read ingest admin project server secret encryption encrypt signing sign signature
    hmac aes crypto cipher session cookie jwt deploy shared webhook function host sas rest maps sendgrid mailgun
    stripe twilio openai anthropic azure aws gcp google github gitlab datadog algolia sentry firebase slack token
    authentication security decryption fernet ssh
    """
)
# What may follow the word that says it: the name still means the value itself.
_TAILS = words(
    """
    value val string str text plain plaintext raw default base prod production dev development staging stage test
    testing live old new current primary secondary main backup b64 b 64 base64 hex here env local sandbox demo
    internal external const
    """
)
# What may not stand before it: the name means something public or derived.
_NOT_SECRET = words(
    """
    create generate derive import parse get fetch load make build find
    no has is are use uses show hide forgot forget reset public pub hash hashed hashes digest checksum csrf xsrf
    csrfmiddleware sort cache foreign partition row next page continuation cancel cancellation syntax lexer parse
    parser max min num total encrypted sealed crypted sha md5 integrity need needs require requires required want
    invalid missing wrong bad expired ignore primary index dictionary dict object map hot short press shortcut id
    verify check validate compare bypass by pagination cursor prompt completion publishable site sitekey recaptcha
    captcha design input output special eos bos pad unk mask sep cls delimiter stop idempotency nonce
    """
)


@lru_cache(maxsize=8192)
def kind_of(name: str) -> Kind | None:
    """Tell what an identifier, a dictionary key or an option promises; None where its value is no secret."""
    parts = [part.lower() for part in _PARTS.findall(name)]
    while parts and (parts[-1] in _TAILS or parts[-1].isdigit()):
        parts.pop()
    if not parts:
        return None
    last, heads = parts[-1], parts[:-1]
    if not _NOT_SECRET.isdisjoint(heads):
        return None
    if last == "auth" and name.lower().lstrip(":/").endswith("_auth") and not heads:
        return Kind.KEY
    if last == "identified":  # SQL: IDENTIFIED BY '…'
        return Kind.PASSWORD
    if last == "phrase" and heads[-1:] == ["pass"]:
        return Kind.PASSPHRASE
    if last == "word" and heads[-1:] == ["pass"]:
        return Kind.PASSWORD
    return _kind(last, heads)


def _kind(last: str, heads: list[str]) -> Kind | None:
    if last.endswith("passphrase"):
        return Kind.PASSPHRASE
    if last in _PASSWORDS or last.endswith(_PASSWORD_ENDS) or (last.endswith("pass") and last[:-4] in _PASS_HEADS):
        return Kind.PASSWORD
    if last in _SECRETS or last.endswith(("secret", "secretkey")):
        return Kind.SECRET
    if last == "key":
        if "secret" in heads:
            return Kind.SECRET
        return Kind.KEY if heads and heads[-1] in _KEY_HEADS else None
    if last.endswith(_TOKEN_ENDS):
        return Kind.KEY
    return Kind.KEY if last in _CREDENTIALS else None
