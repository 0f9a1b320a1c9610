"""What the prefilter looks for on behalf of the detector `secret-assignment`.

Looser than what the judge reads (see syntax.py), so that the judge sees whatever it would accept; as tight as can be,
because each place that matches costs a judgement.
"""

from clearance.scan.secrets.names import KEY_HEADS
from clearance.scan.secrets.plain import PLAIN_LANGUAGES
from clearance.scan.secrets.probe import Expression

LONGEST_NAME = 64
"""Bytes of the longest name."""
REACH = 768
"""Bytes from a keyword to the end of a match, at most."""

_WORDS = (
    rf"pass|pwd|psw|paswd|secret|token|(?:{'|'.join(sorted(KEY_HEADS))})[_.$-]*key|cred|pswd|kennwort|senha|contrase"
    rf"|mdp|clave|heslo|"
    r"haslo|parola|wachtwoord|salasana|sifre|jelszo|geheim|psk|(?:otp|totp|hotp|mfa|tfa|factor|authenticator)[_.$-]*key"
    r"|authcode|"
    r"jwt|pw|salt|nonce|seed|otp|vector|masterauth|session[_.$-]*cookie"
)
NAME = rf"(?:(?:{_WORDS})[\w.$-]*|(?:pin(?:[_.$-]?code)?|auth(?:orization)?)(?:[\d_.$-][\w.$-]*)?)"
"""Stands in each name that `kind_of` knows, and what follows it (bytes; case does not count)."""
_SIMPLE = (
    r"(?:pass|pwd|psw|paswd|secret|token|key|cred|pswd|kennwort|senha|contrase|mdp|clave|heslo|haslo|parola|wachtwoord"
    r"|salasana|"
    r"sifre|jelszo|geheim|psk|authcode|jwt|pw|salt|nonce|seed|otp|vector|pin|auth|cookie)"
)
"""Stands in each such name as well: shorter, for expressions that something else makes rare."""
_CLOSE = r"[\\\"'`\])]*"
_TYPE = (
    r"(?:[ \t]*:[ \t]*[A-Za-z_&*\[][^=\"`\r\n]*|[ \t]+(?:string|as \w+|n?varchar[()\w]*)|\[\w*\]|[ \t]*\{[ \t]*get;"
    r"[^{}\"]*\})?"
)
_OPERATOR = r"(?:=>|:=|={1,3}|!==?|:|,|\(|\|\|=?|\?\?=?|\?:|or|to|<-)"
_NEXT = r"[ \t]*(?:\\?\r?\n[ \t]*)?"
_WRAP = r"(?:[\w.@$: ]*\((?:[^\"'()\r\n]{0,60}(?:default|initial|value) ?= ?[\w.]*\(?)?\s*b?|\[\]byte\(|[\[&*]|[brfu@$ln]+)?"
_STRING = r"\\*[\"'`]{1,3}[^\s\"'`]{4}"
_FIELD = r"(?:value|content|default|initial|text|val|fallback|with)"
_VALUE = r"[ \t]*[:=][ \t]*[burf]?[\"']?[^\s\"']{4}"
_BARE = r"(?:[^\s\"'`*(){}\[\],;]{4}|[$<{%][^\s]{3}|\{\{|enc[(\[])"
_NAMED = r"[\"']?(?:name|key|id|property)[\"']?[ \t]*[:=][ \t]*[\"']"
_TAILS = (
    rf"{_CLOSE}{_TYPE}[ \t]*{_OPERATOR}{_NEXT}{_WRAP}{_STRING}",
    rf"{_CLOSE}\.(?:send_?keys|fill|type(?:_?text)?|set_?text|set_?value|val)\([ \t]*[\"'`][^\s\"'`]{{4}}",
    rf"[\"']?[ \t]*,?\s*[\"']?{_FIELD}[\"']?{_VALUE}",
    rf"[\"'][ \t]*,?\s*[\"']?\w+[\"']?[ \t]*[=:][^;(){{}}<>]*[\s,\"']{_FIELD}[\"']?{_VALUE}",
    r"[ \t]*\{[ \t]*[\"'][^\s\"']{4}",
    r"[\"']?\s*\{[^{}]*default\s*=[ \t]*\"[^\s\"]{4}",
    r"(?:[\"'][ \t]*>|</\w+>\s*<\w+>)\s*[^<>\s]{4}",
    r"(?:[ \t]+by)?(?:[ \t]+(?:as[ \t]+|using[ \t]+|values?[ \t]*\()?|\()n?[\"'][^\"'\r\n]{4}",
    (
        rf"{_CLOSE}(?:[ \t]*:[^=\r\n\"']*)?[ \t]*[=:]>?[ \t]*[a-z_$!][^;\r\n]*"
        r"(?:\|\||\?\??|\?:|or|[\"'][ \t]*,)\s*(?:[a-z]+=)?[\"'`][^\s\"'`]{4}"
    ),
    r"[ \t]*:?=[ \t]*[\"'][^\"'\r\n]*[\"'],[ \t]*[\"'][^\s\"']{4}",
)
"""What may follow a name. Without large counts, which cost the prefilter dearly: the judge counts itself."""
_LED = rf"[\w:.$-]*{_SIMPLE}[\w.$-]*"
_LEADS = (
    rf"[?&\"'`;]{_LED}(?:(?:=|: ?){_BARE}|[ \t]*=[ \t]*[\"'][^\s\"'\-][^\s\"']{{2}})",
    rf"[^\w]--?{_LED}(?:(?:=|: ?){_BARE}|[ \t=]+[\"']?[^\s\"'\-][^\s\"']{{2}})",
    rf"<{_LED}(?:[ \t][^<>\r\n]*)?>(?:<!\[CDATA\[)?[^<>\r\n]{{4}}",
)
"""Names that a quote, an ampersand, hyphens or an angle bracket leads in, and what may follow them."""
_REST = (
    r"key\w{0,12}[\"']?[ \t]*[:=]>?[ \t]*[\"'][A-Za-z0-9+/=_-]{20}",
    rf"(?:value|content|default)[\"']?[ \t]*[:=][ \t]*[\"'][^\"'\r\n]{{4,}}[\"'][ \t]*,?\s*{_NAMED}[\w.$-]*{_SIMPLE}",
    rf"<value>[^<>\s]{{4,}}</value>\s*<name>[\w.$-]*{_SIMPLE}",
    r"identified(?:[ \t]+by)?(?:[ \t]+(?:as[ \t]+|using[ \t]+|values?[ \t]*\()?|\()n?[\"'][^\"'\r\n]{4}",
    rf"insert\s+(?:ignore\s+)?into\s[^;()]*\([^();]*{_SIMPLE}[^();]*\)\s*values\s*\(",
    r"(?:requirepass|masterauth|bindpw|rootpw)[ \t]+[^\s\"']{4}",
    r"login\s+[^\s]+\s+password\s+[^\s\"'\\]{4}",
    rf"\$\{{[\w.-]*{_SIMPLE}[\w.$-]*(?::?[-=]|:)[^\s\"'`{{}}$]{{4}}",
)
EXPRESSIONS = (
    Expression(rf"{NAME}(?:{'|'.join(_TAILS)})", caseless=True, reach=640),
    *(Expression(one, caseless=True, reach=192) for one in _LEADS),
    *(Expression(one, caseless=True, reach=480) for one in _REST),
    Expression(
        rf"{NAME}[\"'*`]{{0,3}}[ \t]*(?:[:?+]?=|:|\xef\xbc\x9a)[ \t]*[*]{{0,2}}[ \t]*{_BARE}",
        caseless=True,
        reach=192,
        languages=PLAIN_LANGUAGES,
    ),
    Expression(
        rf"env[ \t]+[\w.-]*{_SIMPLE}[\w.$-]*[ \t]+[\"']?[^\s\"'=]{{4}}",
        caseless=True,
        reach=96,
        languages=frozenset({"dockerfile"}),
    ),
)
"""With how far a keyword may stand before the end of a match."""
