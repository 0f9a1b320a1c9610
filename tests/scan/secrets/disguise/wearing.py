"""Tokens of sixteen formats and the disguises that they wear, made at run time."""

import base64
import bz2
import codecs
import gzip
import zlib
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote_plus

from clearance.rules.placeholder import expand

FORMATS = {
    "GitHub": "{{crc32-base62 ghp_ 30}}",
    "npm": "{{crc32-base62 npm_ 30}}",
    "GitLab": "glpat-{{alnum 20}}",
    "Slack": "{{join xo|xb-}}{{digits 12}}-{{digits 12}}-{{alnum 24}}",
    "DigitalOcean": "dop_v1_{{hex 64}}",
    "Stripe": "{{join sk_|live_}}{{alnum 32}}",
    "SendGrid": "{{join S|G.}}{{base64url 22}}.{{alnum 43}}",
    "Google": "{{join AI|za}}{{alnum 35}}",
    "Hugging Face": "{{join h|f_}}{{alnum 34}}",
    "Shopify": "shpat_{{hex 32}}",
    "Brevo": "xkeysib-{{hex 64}}-{{alnum 16}}",
    "Anthropic": "{{join sk-|ant-api03-}}{{alnum 93}}AA",
    "Doppler": "dp.pt.{{alnum 43}}",
    "Linear": "lin_api_{{alnum 40}}",
    "RubyGems": "rubygems_{{hex 48}}",
    "Groq": "gsk_{{alnum 52}}",
}


def token_of(name: str) -> str:
    """Make the token of a format: always the same."""
    return expand(FORMATS[name], seed=name, limit=4096)


class Worn(NamedTuple):
    """A text with a token in disguise: what stands around it and what the token became, between two marks."""

    path: str
    text: str
    span: tuple[int, int]


def worn(path: str, text: str) -> Worn:
    """Read the marks `\\x01` before and `\\x02` behind the disguised token."""
    start, end = text.index("\x01"), text.index("\x02") - 1
    return Worn(path, text.replace("\x01", "").replace("\x02", ""), (start, end))


def _thirds(token: str) -> tuple[str, str, str]:
    one, two = len(token) // 3, 2 * len(token) // 3
    return token[:one], token[one:two], token[two:]


def _joined(path: str, before: str, between: str, after: str = '"\n') -> Callable[[str], Worn]:
    return lambda token: worn(path, before + "\x01" + between.join(_thirds(token)) + "\x02" + after)


def _written(path: str, before: str, write: Callable[[str], str], after: str) -> Callable[[str], Worn]:
    return lambda token: worn(path, before + "\x01" + write(token) + "\x02" + after)


def _b64(token: str) -> str:
    return base64.b64encode(token.encode()).decode()


def _some(token: str, write: Callable[[str], str]) -> str:
    return "".join(write(char) if place % 7 == 3 else char for place, char in enumerate(token))


def _each(write: Callable[[str], str]) -> Callable[[str], str]:
    return lambda token: "".join(map(write, token))


def _wrapped(token: str) -> str:
    half = len(token) // 2
    return f"{token[:half]}=\n{token[half:]}"


_LOOK = {"a": "\u0430", "e": "\u0435", "o": "\u043e", "c": "\u0441", "p": "\u0440", "A": "\u0410", "B": "\u0392"}


def _full_width(char: str) -> str:
    return chr(ord(char) + 0xFEE0)


def _upper_escape(char: str) -> str:
    return f"\\u{ord(char):04X}"


def _percent(char: str) -> str:
    return f"%{ord(char):02x}"


def _url_safe(token: str) -> str:
    return base64.urlsafe_b64encode(token.encode()).decode()


DISGUISES: dict[str, Callable[[str], Worn]] = {
    "plus": _joined("a.js", 'const t = "', '" + "'),
    "plus without spaces": _joined("a.js", 'const t="', '"+"'),
    "plus over lines": _joined("A.java", 'String t = "', '"\n        + "'),
    "plus at the ends of lines": _joined("a.go", 't := "', '" +\n\t"'),
    "plus with a remark": _joined("a.js", 'x = "', '" + // more\n  "'),
    "other quotes": _joined("a.js", "x = f('", "' + '", "')\n"),
    "dots of PHP": _joined("a.php", "$t = '", "' . '", "';\n"),
    "ampersands of VB": _joined("a.vb", 't = "', '" & _\n    "'),
    "bars of SQL": _joined("a.sql", "SELECT '", "' || '", "';\n"),
    "dots of Lua": _joined("a.lua", 't = "', '" .. "'),
    "neighbours": _joined("a.py", 't = ("', '"\n     "', '")\n'),
    "neighbours with remarks": _joined("a.py", 't = ("', '"  # one\n     "', '")\n'),
    "neighbours with prefixes": _joined("a.py", 't = (f"', '"\n     f"', '")\n'),
    "continued lines": _joined("a.py", 't = "', '" \\\n    "'),
    "neighbours of C": _joined("a.c", 'char *t = "', '" "', '";\n'),
    "quoted in parts": lambda token: worn("a.sh", 'export T="\x01{}"\'{}\'"{}\x02"\n'.format(*_thirds(token))),
    "empty quotes": _joined("a.sh", "login --with ", "''", " now\n"),
    "backslash and line": _joined("a.sh", 'T="', "\\\n", '"\n'),
    "join of Python": _joined("a.py", 't = "".join(["', '", "', '"])\n'),
    "join of JavaScript": _joined("a.js", "t = ['", "', '", "'].join('');\n"),
    "join of Ruby": _joined("a.rb", "t = ['", "', '", "'].join\n"),
    "join of Go": _joined("a.go", 't := strings.Join([]string{"', '", "', '"}, "")\n'),
    "concat": _joined("a.sql", "SELECT CONCAT('", "', '", "')\n"),
    "concat after a literal": _joined("a.js", 't = "', '".concat("', '")\n'),
    "append": _joined("A.java", 'b.append("', '").append("', '");\n'),
    "percent format": _joined("a.py", 't = "%s%s%s" % ("', '", "', '")\n'),
    "format of Python": _joined("a.py", 't = "{}{}{}".format("', '", "', '")\n'),
    "Sprintf": _joined("a.go", 't := fmt.Sprintf("%s%s%s", "', '", "', '")\n'),
    "holes": _joined("a.py", 't = f"', "{''}", '"\n'),
    "literals in holes": lambda token: worn("a.js", "t = `\x01{}${{'{}'}}${{'{}\x02'}}`\n".format(*_thirds(token))),
    "grown": lambda token: worn("a.py", 't = "\x01{}"\nt += "{}"\nt += "{}\x02"\n'.format(*_thirds(token))),
    "a constant before": lambda token: worn("a.py", 'P = "\x01{}"\nx = 1\nt = P + "{}{}\x02"\n'.format(*_thirds(token))),
    "a constant in a template": lambda token: worn("a.py", 'P = "\x01{}"\nt = f"{{P}}{}{}\x02"\n'.format(*_thirds(token))),
    "two constants": lambda token: worn("a.js", 'p = "\x01{}";\nq = "{}{}\x02";\nf(p + q);\n'.format(*_thirds(token))),
    "JSON escapes, all": _written("a.json", '{"x": "', _each(lambda char: f"\\u{ord(char):04x}"), '"}'),
    "JSON escapes, some": _written("a.json", '{"x": "', lambda token: _some(token, _upper_escape), '"}'),
    "hexadecimal escapes": _written("a.c", 'x = "', _each(lambda char: f"\\x{ord(char):02x}"), '";'),
    "octal escapes": _written("a.sh", "x=$'", _each(lambda char: f"\\{ord(char):03o}"), "'\n"),
    "escaped quotes": _written("a.js", 'x = "{\\"token\\": \\"', lambda token: token, '\\"}";\n'),
    "decimal entities": _written("a.xml", "<x>", lambda token: _some(token, lambda char: f"&#{ord(char)};"), "</x>"),
    "hexadecimal entities": _written("a.html", "<x>", _each(lambda char: f"&#x{ord(char):x};"), "</x>"),
    "percent, all": _written("a.txt", "https://x.io/?t=", _each(lambda char: f"%{ord(char):02X}"), "&y=1\n"),
    "percent, some": _written("a.txt", "https://x.io/?t=", lambda token: _some(token, _percent), "&y=1\n"),
    "in a query": _written("a.txt", "https://x.io/?t=", quote_plus, "&y=1\n"),
    "quoted-printable": _written("a.eml", "Content-Transfer-Encoding: quoted-printable\n\ntoken ", _wrapped, " it is\n"),
    "zero width": _written("a.md", "use ", lambda token: "\u200b".join(_thirds(token)), " here\n"),
    "soft hyphens": _written("a.md", "use ", "\u00ad".join, " here\n"),
    "tags": _written("a.md", "use ", lambda token: "\U000e0041\U000e0042".join(_thirds(token)), " here\n"),
    "other scripts": _written("a.py", 't = "', lambda token: "".join(_LOOK.get(char, char) for char in token), '"\n'),
    "full width": _written("a.txt", "\u3010", _each(_full_width), "\u3011"),
    "CJK quotes": _written("a.md", "\u300c", lambda token: token, "\u300d\u3002"),
    "glued to a name": _written("a.log", "INFO my_", lambda token: token, "\n"),
    "glued on both sides": _written("a.log", "INFO my", lambda token: token, "_old\n"),
    "base64": _written("a.yaml", "x: ", _b64, "\n"),
    "base64 without padding": _written("a.yaml", 'x: "', lambda token: _b64(token).rstrip("="), '"\n'),
    "base64 for URLs": _written("a.txt", "x ", _url_safe, " y\n"),
    "base64 twice": _written("a.json", '{"x": "', lambda token: _b64(_b64(token)), '"}'),
    "base32": _written("a.txt", "x ", lambda token: base64.b32encode(token.encode()).decode(), " y\n"),
    "hexadecimal": _written("a.js", "x = '", lambda token: token.encode().hex(), "';"),
    "gzip": _written("a.py", 'x = "', lambda token: base64.b64encode(gzip.compress(token.encode())).decode(), '"\n'),
    "zlib": _written("a.py", 'x = "', lambda token: base64.b64encode(zlib.compress(token.encode())).decode(), '"\n'),
    "bzip2": _written("a.py", 'x = "', lambda token: base64.b64encode(bz2.compress(token.encode())).decode(), '"\n'),
    "character codes": _written("a.js", "x = [", lambda token: ", ".join(str(ord(char)) for char in token), "]"),
    "bytes": _written("a.c", "x = {0x", lambda token: ", 0x".join(f"{ord(char):02x}" for char in token), "}"),
    "backwards": _written("a.py", 't = "', lambda token: token[::-1], '"[::-1]\n'),
    "rotated": _written("a.py", 't = "', lambda token: codecs.encode(token, "rot13"), '"\n'),
    "added lines": _joined("a.patch", '@@ -1,2 +1,4 @@\n x = 1\n+t = ("', '"\n+     "', '")\n'),
    "a line of context": lambda token: worn(
        "a.diff", '@@ -1,3 +1,3 @@\n t = ("\x01{}"\n-"old"\n+"{}"\n "{}\x02")\n'.format(*_thirds(token))
    ),
    "quoted mail": _joined("a.eml", '> t = "', '" +\n>   "'),
    "broken line": _joined("a.txt", "the token is ", "\n", " end\n"),
}  # fmt: skip
"""What each disguise makes of a token."""
