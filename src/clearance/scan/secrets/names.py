"""Which names say that their value is a secret, in the spellings and languages in which people write them."""

import re
from functools import lru_cache

from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.values import Kind
from clearance.scan.secrets.vocabulary import words

KEYWORDS = (
    b"pass", b"pwd", b"psw", b"pw", b"secret", b"token", b"key", b"cred", b"auth", b"pswd", b"kennwort", b"senha",
    b"contrase", b"identified", b"salt", b"nonce", b"seed", b"otp", b"pin", b"mdp", b"clave", b"heslo", b"haslo",
    b"parola", b"wachtwoord", b"salasana", b"sifre", b"jelszo", b"geheim", b"psk", b"vector", b"cookie", b"jwt", b"paswd",
    b"masterauth", b"bindpw",
)  # fmt: skip
"""One of these stands in each name that `kind_of` knows, in lower case."""

_PARTS = lazily(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PASSWORDS = words(
    """
    password passwords passwd passwds passwort passworte pass pwd pswd psw passw paswd passwrd pasword passord passcode
    passe pw upw userpw dbpw kennwort senha contrasena contrasenya clave mdp motdepasse heslo haslo parola wachtwoord
    salasana sifre jelszo requirepass masterauth bindpw rootpw
    """
)
_PASSWORD_ENDS = ("password", "passwd", "pwd", "passwort", "passphrase", "passcode")
_PASS_HEADS = words(
    """
    db user my root admin smtp mail ftp sql auth http proxy redis wifi ssh sudo pg login store key ldap net app api server
    host client account database mysql postgres rabbit become vault system svc service test demo dev prod new old
    default remote basic ansible jenkins tomcat keystore truststore cert wpa router master email imap pop
    """
)
_SECRETS = words(
    """
    secret secrets clientsecret appsecret apisecret secretkey sharedsecret secretaccesskey geheim psk presharedkey
    consumersecret jwtsecret
    """
)
_TOKEN_ENDS = ("token", "jwt")
_KEY_ENDS = (
    "apikey", "accesskey", "authkey", "privatekey", "secretkey", "accountkey", "masterkey", "encryptionkey", "appkey",
    "authcode", "signingkey", "servicekey", "licensekey", "privkey",
)  # fmt: skip
_CREDENTIALS = words("credential credentials creds cred")
KEY_HEADS = words(
    """
    api access auth account app application private priv master storage service subscription client consumer
    integration license licence write read ingest admin project server secret encryption encrypt encryptor decrypt
    signing sign signature hmac aes des crypto cipher session cookie jwt deploy shared webhook function host sas rest
    maps sendgrid mailgun stripe twilio openai anthropic azure aws gcp google github gitlab datadog algolia sentry
    firebase slack token authentication security decryption fernet ssh wpa wep psk product activation registration
    symmetric authorization dev developer user partner merchant salt hash customer cloud
    """
)
"""What makes a key one that is kept secret, when it stands right before it."""
_SALTS = words("salt nonce iv seed initvector salts")
_SEED_HEADS = words("otp totp hotp mfa tfa authenticator factor")
# What may follow the word that says it: the name still means the value itself.
_TAILS = words(
    """
    value val string str text txt plain plaintext raw default base prod production dev development staging stage test
    testing live old new current primary secondary main backup b64 b 64 base64 hex here env local sandbox demo
    internal external const a one two admin root user master slave again confirm confirmation confirmed repeat first
    second bytes byte ro rw readonly
    """
)
# What may not stand before it: the name means something public or derived.
_NOT_SECRET = words(
    """
    create generate derive import parse get fetch load make build find
    no has is are use uses existing show hide forgot forget reset public pub hash hashed hashes digest checksum csrf xsrf
    csrfmiddleware sort cache foreign partition row next page continuation cancel cancellation syntax lexer parse
    parser max min num total encrypted sealed crypted sha md5 integrity need needs require requires required want
    invalid missing wrong bad expired ignore primary index dictionary dict object map hot short press shortcut id
    verify check validate compare bypass by pagination cursor prompt completion publishable site sitekey recaptcha
    captcha design input output special eos bos pad unk mask sep cls delimiter stop idempotency multi boundary
    """
)
# The same before a password: fewer, for there is no primary or cached password that is public.
_DERIVED = words(
    """
    create generate import parse get fetch load make build find no has is are use uses show hide forgot forget hash hashed
    hashes encrypted sealed crypted sha md5 need needs require requires required want invalid missing wrong bad expired
    ignore verify check validate compare bypass by captcha reset digest
    """
)
_PLAIN_ABOUT = words("password passwd pass pwd pw passphrase passcode")
# What a pass that is no password comes after.
_PASSES = words(
    """
    render low high band first second third multi single compiler by over under shader depth shadow pre post final next last
    all big color opaque
    scene mask bloom blur effect did will must can should could would may test_case bus season boarding ski
    """
)
_FIELDS = words("field input box textbox edit element el entry ctrl control elem")
"""Parts of a form: the name means the place into which the value is typed."""
_FILLS = words("sendkeys fill type typetext entertext inserttext replacetext settext setvalue val value set clearandtype")
_GLUED = lazily(r"(?:pin|[Pp]inCode|auth|[Aa]uthorization)[A-Za-z]", re.ASCII)
_METHODS = words("equals equalsignorecase eq isequal isequalto compareto")


@lru_cache(maxsize=8192)
def kind_of(name: str) -> Kind | None:
    """Tell what an identifier, a dictionary key or an option promises; None where its value is no secret."""
    if "." in name:
        head, _, method = name.rpartition(".")
        if method.lower().replace("_", "") in _FILLS and field_kind(head):
            return field_kind(head)
    parts = _parts(name)
    if not parts:
        return None
    last, heads = parts[-1], parts[:-1]
    if not _NOT_SECRET.isdisjoint(heads) and not (last in _PLAIN_ABOUT and _DERIVED.isdisjoint(heads)):
        return None
    if last == "identified":  # SQL: IDENTIFIED BY '…'
        return Kind.PASSWORD if not heads else None
    if last in {"phrase", "word", "code", "wd"} and heads[-1:] == ["pass"]:
        return Kind.PASSPHRASE if last == "phrase" else Kind.PASSWORD
    return _kind(last, heads) or _faint(name, last, heads)


@lru_cache(maxsize=2048)
def field_kind(name: str) -> Kind | None:
    """Tell what is typed into a part of a form of this name (`passwordField`); None where it is no secret."""
    parts = _parts(name)
    while parts and parts[-1] in _FIELDS:
        parts.pop()
    while parts and (parts[0] in _FIELDS or parts[0] in {"txt", "id", "by"}):
        parts.pop(0)
    return kind_of("_".join(parts)) if parts else None


def _parts(name: str) -> list[str]:
    """Give the words of a name in lower case, without those that change nothing at its end."""
    parts = [part.lower() for part in _PARTS.findall(name)]
    if parts and parts[-1] in {"equals", "case", "to", "equal", "eq"} and "." in name:
        head, _, method = name.rpartition(".")
        if method.lower() in _METHODS:
            parts = [part.lower() for part in _PARTS.findall(head)]
    while parts and (parts[-1] in _TAILS or parts[-1].isdigit()):
        parts.pop()
    return parts


def _kind(last: str, heads: list[str]) -> Kind | None:
    before = heads[-1] if heads else ""
    if last.endswith("passphrase"):
        return Kind.PASSPHRASE
    if last == "pass" and before in _PASSES:
        return None
    if last in _PASSWORDS or last.endswith(_PASSWORD_ENDS) or (last.endswith("pass") and last[:-4] in _PASS_HEADS):
        return Kind.PASSWORD
    if last in _SECRETS or last.endswith(("secret", "secretkey")):
        return Kind.SECRET
    if last in {"seed", "key"} and before in _SEED_HEADS:
        return Kind.SECRET
    if last == "key":
        if "secret" in heads:
            return Kind.SECRET
        return Kind.KEY if before in KEY_HEADS else None
    if last == "keys" and before in {"api", "secret", "access", "private"}:
        return Kind.KEY
    if last.endswith(_KEY_ENDS):
        return Kind.KEY
    if last.endswith(_TOKEN_ENDS):
        return Kind.TOKEN
    return Kind.KEY if last in _CREDENTIALS else None


def _faint(name: str, last: str, heads: list[str]) -> Kind | None:
    """Tell what a name promises that says less: the value must say more."""
    if last in _SALTS or (last == "vector" and heads[-1:] in (["initialization"], ["init"])):
        return Kind.SALT
    if _GLUED.search(name):
        return None
    if last in {"pin", "pincode"}:
        return Kind.PIN
    if last == "auth":
        return Kind.KEY if name.lower().lstrip(":/").startswith("_auth") else Kind.FAINT
    if last in {"authorization", "otp", "totp"} or last in {"key", "keys"} or (last == "cookie" and heads == ["session"]):
        return Kind.FAINT
    return None
