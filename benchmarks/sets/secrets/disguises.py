"""Disguises: the same token as people and programs write it, with the exact span it takes in the text.

A disguise gives one statement. `\\ue000` and `\\ue001` mark where the secret begins and ends; `\\ue002` and `\\ue003` mark
other begins and ends that are as right (an encoded blob that holds more than the token, a URL told in full).
"""

import base64
import gzip
import json
from collections.abc import Callable
from itertools import product
from random import Random
from typing import NamedTuple

BEGIN, END, OTHER_BEGIN, OTHER_END = "\ue000", "\ue001", "\ue002", "\ue003"
_MARKS = {BEGIN: True, OTHER_BEGIN: True, END: False, OTHER_END: False}
_CONFUSABLE = dict(
    zip(
        "aceopxyABEHKMOPTXisj",
        "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0391\u0412\u0395"
        "\u041d\u039a\u041c\u041e\u0420\u0422\u03a7\u0456\u0455\u0458",
        strict=True,
    )
)
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


class Statement(NamedTuple):
    """One or more lines in a language, with marks; `before`: what stood there before the change, if it comes with one."""

    language: str
    text: str
    before: str | None = None


Disguise = Callable[[Random, str, str], Statement]
"""From a generator, a token and a name to a statement."""


def unmark(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Take the marks out; gives the spans that are exact."""
    begins, ends, out, at = [], [], [], 0
    for one in text:
        if one in _MARKS:
            (begins if _MARKS[one] else ends).append(at)
        else:
            out.append(one)
            at += 1
    return "".join(out), [(begin, end) for begin, end in product(begins, ends) if begin < end]


def _mark(text: str) -> str:
    return BEGIN + text + END


def _pieces(rng: Random, token: str, most: int = 4) -> list[str]:
    count = rng.randint(2, most)
    cuts = sorted(rng.sample(range(3, len(token) - 2), count - 1))
    return [token[a:b] for a, b in zip([0, *cuts], [*cuts, len(token)], strict=True)]


def _ends(pieces: list[str]) -> list[str]:
    return [BEGIN + pieces[0], *pieces[1:-1], pieces[-1] + END]


_PLAIN: dict[str, tuple[str, ...]] = {
    "python": ('N = "T"', "N = 'T'", 'N: str = "T"', 'client = connect(host, "T", timeout=5)', 'N = b"T"',
               'conf = {"N": "T"}',
               '    """T"""', 'N = r"T"', "# was: T"),
    "javascript": ('const N = "T";', "let N = 'T';", "const N = `T`;", "  N: 'T',", 'setup({ N: "T" });', "// T"),
    "typescript": ('export const N: string = "T";', "private readonly N = 'T';"),
    "java": ('private static final String N = "T";', 'builder.with("N", "T");', "// T"),
    "kotlin": ('val N = "T"', 'const val N: String = "T"'),
    "go": ('N := "T"', "const N = `T`", 'N: "T",'),
    "csharp": ('var N = "T";', 'public const string N = @"T";'),
    "ruby": ("N = 'T'", ':N => "T",', "N = %q(T)"),
    "php": ("$N = 'T';", "define('N', 'T');", "'N' => \"T\","),
    "shell": ("N=T", 'export N="T"', "N='T'", "run --N T input.txt", "run --N=T"),
    "yaml": ("N: T", 'N: "T"', "N: 'T'", "- T", "  - name: N\n    value: T"),
    "toml": ('N = "T"', "N = 'T'"),
    "json": ('  "N": "T",', '  "list": ["T", "b"],'),
    "ini": ("N = T", "N=T", 'N = "T"'),
    "properties": ("app.N=T", "app.N: T"),
    "env": ("N=T", 'N="T"', "export N=T"),
    "xml": ("<N>T</N>", '<add key="N" value="T" />', '<property name="N">T</property>'),
    "hcl": ('  N = "T"', '  default = "T"'),
    "sql": ("INSERT INTO settings VALUES ('N', 'T');", "SET @N = 'T';"),
    "markdown": ("Use `T` for this.", "| N | T |", "    T", "N: **T**"),
    "prompt": ("Why does this fail? I call it with T and get 401.", "N is T", "here it is: T. Please keep it."),
    "log": ("2024-05-11T10:22:31Z INFO N=T status=200", 'level=info msg="using T"', "DEBUG [main] (T)"),
    "dockerfile": ("ENV N=T", "ARG N=T", "ENV N T"),
    "html": ('<input type="hidden" name="N" value="T">', "<script>var N = 'T';</script>"),
    "csv": ("17,N,T,active",),
}  # fmt: skip


def plain(rng: Random, token: str, name: str) -> Statement:
    """The token as it is, in several quotes and languages."""
    language = rng.choice(sorted(_PLAIN))
    return _put(language, rng.choice(_PLAIN[language]), name, _mark(token))


def _put(language: str, form: str, name: str, value: str) -> Statement:
    name = {"env": name.upper(), "dockerfile": name.upper()}.get(language, name)
    if "N" not in form or form.index("T") < form.index("N"):
        return Statement(language, form.replace("T", value))
    before, _, after = form.partition("N")
    return Statement(language, before + name + after.replace("T", value))


def concatenated(rng: Random, token: str, name: str) -> Statement:
    """Pieces joined by the language's operator, on one line."""
    a = _ends(_pieces(rng, token))
    language, text = rng.choice(
        [
            ("python", f"{name} = " + " + ".join(f'"{one}"' for one in a)),
            ("python", f"{name} = " + "+".join(f"'{one}'" for one in a)),
            ("javascript", f"const {name} = " + " + ".join(f"'{one}'" for one in a) + ";"),
            ("javascript", f'const {name} = "{a[0]}".concat(' + ", ".join(f'"{one}"' for one in a[1:]) + ");"),
            ("java", f"String {name} = " + " + ".join(f'"{one}"' for one in a) + ";"),
            ("go", f"{name} := " + " + ".join(f'"{one}"' for one in a)),
            ("csharp", f"var {name} = " + " + ".join(f'"{one}"' for one in a) + ";"),
            ("php", f"${name} = " + " . ".join(f"'{one}'" for one in a) + ";"),
            ("ruby", f"{name} = " + " + ".join(f"'{one}'" for one in a)),
            ("shell", f"{name.upper()}=" + "".join(f'"{one}"' for one in a)),
            ("kotlin", f"val {name} = " + " + ".join(f'"{one}"' for one in a)),
            ("sql", f"SELECT login('{name}', " + " || ".join(f"'{one}'" for one in a) + ");"),
        ]
    )
    return Statement(language, text)


def over_lines(rng: Random, token: str, name: str) -> Statement:
    """Pieces on lines of their own: implicit concatenation, or an operator at the line's end or start."""
    a = _ends(_pieces(rng, token, 3))
    language, text = rng.choice(
        [
            ("python", f"{name} = (\n" + "".join(f'    "{one}"\n' for one in a) + ")"),
            ("python", f"call(\n    '{a[0]}'\n" + "".join(f"    '{one}'\n" for one in a[1:]) + ")"),
            ("python", f"{name} = " + " \\\n    ".join(f'"{one}"' for one in a)),
            ("javascript", f"const {name} =\n  " + " +\n  ".join(f"'{one}'" for one in a) + ";"),
            ("java", f"String {name} = " + "\n        + ".join(f'"{one}"' for one in a) + ";"),
            ("go", f"{name} := " + " +\n\t\t".join(f'"{one}"' for one in a)),
            ("ruby", f"{name} = " + " \\\n  ".join(f"'{one}'" for one in a)),
            ("php", f"${name} = " + "\n    . ".join(f"'{one}'" for one in a) + ";"),
            ("c", f"static const char *{name} =\n    " + "\n    ".join(f'"{one}"' for one in a) + ";"),
            ("csharp", f"var {name} = " + " +\n    ".join(f'"{one}"' for one in a) + ";"),
        ]
    )
    return Statement(language, text)


def formatted(rng: Random, token: str, name: str) -> Statement:
    """Pieces put together by a formatter, a template or a join; in the order of the token."""
    a = _ends(_pieces(rng, token, 3))
    first, rest = a[0], a[1:]
    language, text = rng.choice(
        [
            ("python", f'{name} = f"{first}' + "".join("{'" + one + "'}" for one in rest) + '"'),
            ("python", f'{name} = "".join([' + ", ".join(f'"{one}"' for one in a) + "])"),
            ("python", f'{name} = "' + "{}" * len(a) + '".format(' + ", ".join(f'"{one}"' for one in a) + ")"),
            ("python", f'{name} = "' + "%s" * len(a) + '" % (' + ", ".join(f'"{one}"' for one in a) + ")"),
            ("javascript", f"const {name} = [" + ", ".join(f"'{one}'" for one in a) + "].join('');"),
            ("javascript", f"const {name} = `{first}" + "".join("${'" + one + "'}" for one in rest) + "`;"),
            ("java", f'String {name} = String.join("", ' + ", ".join(f'"{one}"' for one in a) + ");"),
            ("go", f"{name} := strings.Join([]string{{" + ", ".join(f'"{one}"' for one in a) + '}, "")'),
            ("csharp", f"var {name} = string.Concat(" + ", ".join(f'"{one}"' for one in a) + ");"),
            ("ruby", f"{name} = [" + ", ".join(f"'{one}'" for one in a) + "].join"),
            ("php", f"${name} = implode('', [" + ", ".join(f"'{one}'" for one in a) + "]);"),
        ]
    )
    return Statement(language, text)


def json_escaped(rng: Random, token: str, name: str) -> Statement:
    r"""Some characters as \u escapes, or JSON inside a JSON string."""
    if rng.random() < 0.4:
        inner = json.dumps({name: _mark(token)}, ensure_ascii=False)
        return Statement("json", '  "body": ' + json.dumps(inner, ensure_ascii=False) + ",")
    chosen = set(rng.sample(range(len(token)), min(len(token), rng.choice([1, 3, len(token)]))))
    value = "".join(f"\\u{ord(one):04x}" if at in chosen else one for at, one in enumerate(token))
    if rng.random() < 0.5:
        return Statement("javascript", f'const {name} = "{_mark(value)}";')
    return Statement("json", f'  "{name}": "{_mark(value)}",')


def code_escaped(rng: Random, token: str, name: str) -> Statement:
    r"""Some characters as \x or octal escapes in source."""
    chosen = set(rng.sample(range(len(token)), rng.choice([1, 3, len(token)])))
    value = "".join(f"\\x{ord(one):02x}" if at in chosen else one for at, one in enumerate(token))
    # A hexadecimal digit after \x.. is read as part of the escape in some languages; these take exactly two.
    language, text = rng.choice(
        [("python", f'{name} = "{_mark(value)}"'), ("javascript", f"const {name} = '{_mark(value)}';")]
    )
    return Statement(language, text)


def shell_escaped(rng: Random, token: str, name: str) -> Statement:
    """Backslashes before characters that need none, quotes that open and close inside the word."""
    at = rng.randint(2, len(token) - 3)
    shape = rng.randrange(4)
    if shape == 0:
        value = token[:at] + "\\" + token[at:]
    elif shape == 1:
        value = token[:at] + "''" + token[at:]
    elif shape == 2:
        value = f"{token[:at]}'{token[at:-1]}'{token[-1]}"
    else:
        value = token[:at] + '""' + token[at:]
    return Statement(
        "shell", rng.choice(["export N={}", "N={}", "login --with {} now"]).replace("N", name.upper()).format(_mark(value))
    )


def xml_entities(rng: Random, token: str, name: str) -> Statement:
    """Some characters as numeric entities."""
    chosen = set(rng.sample(range(len(token)), rng.choice([1, 3, len(token)])))
    form = rng.choice(["&#{};", "&#x{:x};"])
    value = "".join(form.format(ord(one)) if at in chosen else one for at, one in enumerate(token))
    return Statement("xml", rng.choice([f"<{name}>{_mark(value)}</{name}>", f'<add key="{name}" value="{_mark(value)}"/>']))


def invisible(rng: Random, token: str, name: str) -> Statement:
    """A zero-width character inside the token."""
    at = rng.randint(2, len(token) - 2)
    value = token[:at] + rng.choice(_INVISIBLE) + token[at:]
    if rng.random() < 0.3:
        later = rng.randint(at + 2, len(value) - 1)
        value = value[:later] + rng.choice(_INVISIBLE) + value[later:]
    statement = plain(rng, "\ue00c", name)
    return statement._replace(text=statement.text.replace("\ue00c", value))


def confusable(rng: Random, token: str, name: str) -> Statement:
    """One letter or two from another script that look the same."""
    places = [at for at, one in enumerate(token) if one in _CONFUSABLE]
    chosen = set(rng.sample(places, min(len(places), rng.choice([1, 1, 2]))))
    value = "".join(_CONFUSABLE[one] if at in chosen else one for at, one in enumerate(token))
    statement = plain(rng, "\ue00c", name)
    return statement._replace(text=statement.text.replace("\ue00c", value))


def glued(rng: Random, token: str, name: str) -> Statement:
    """Grown together with an identifier before it."""
    before = rng.choice(["token", "key_", "my", "TOKEN_", "v1", "id", "prod-", "auth_", "x_", "old"])
    form = rng.choice(
        [
            ("python", '{} = "{}"'),
            ("yaml", "{}: {}"),
            ("log", "INFO {} {}"),
            ("javascript", "const {} = '{}';"),
            ("prompt", "my {} {} fails"),
        ]
    )
    return Statement(form[0], form[1].format(name, before + _mark(token)))


def in_url(rng: Random, token: str, name: str) -> Statement:
    """In the query, the path or the user part of a URL."""
    url = rng.choice(
        [
            "https://api.example-service.io/v2/items?page=2&{0}={1}&sort=asc",
            "https://api.example-service.io/v1/run?{0}={1}",
            "https://hooks.example-service.io/{1}/notify",
            "https://{1}@git.example-service.io/team/app.git",
            "https://example-service.io/cb#{0}={1}&state=7",
            "wss://stream.example-service.io/?{0}={1}&v=10",
        ]
    ).format(rng.choice(["key", "q", "t", "access", name]), _mark(token))
    language = rng.choice(["python", "shell", "markdown", "yaml", "log", "javascript"])
    form = {"python": 'url = "{}"', "shell": "curl -s '{}'", "markdown": "See [this]({}) first.", "yaml": "endpoint: {}",
            "log": '10.0.0.7 - - "GET {} HTTP/1.1" 200 512', "javascript": 'await fetch("{}");'}[language]  # fmt: skip
    return Statement(language, form.format(url))


def cjk_quotes(rng: Random, token: str, name: str) -> Statement:
    """Between quotation marks and punctuation of Chinese and Japanese, and typographic ones of Europe."""
    left, right = rng.choice(["「」", "『』", "《》", "【】", "“”", "‘’", "（）", "：，", "„“", "«»", "＂＂", "〈〉"])
    form = rng.choice(
        [
            "密钥是{}请保管",
            "キーは{}です",
            "设置 {n} {} 即可",
            "{n}={}",
            "토큰은 {} 입니다",
            "использует {} сейчас",
            "值：{}。",
        ]
    )
    return Statement(rng.choice(["prompt", "markdown"]), form.format(left + _mark(token) + right, n=name))


def based(rng: Random, token: str, name: str) -> Statement:
    """Base64 of the token alone, in its usual and its URL-safe form."""
    encode = rng.choice([base64.b64encode, base64.urlsafe_b64encode])
    value = encode(token.encode()).decode()
    bare = value.rstrip("=")
    ended = BEGIN + bare + (OTHER_END + value[len(bare) :] if bare != value else "") + END
    return _blob(rng, name, ended)


def based_document(rng: Random, token: str, name: str) -> Statement:
    """Base64 of a small document that holds the token."""
    before, after = rng.choice(
        [(f'{{"{name}": "', '"}'), (f"{name}=", "\n"), (f"user:\n  {name}: ", "\n  on: yes\n"), ("admin:", "")]
    )
    document = (before + token + after).encode()
    value = base64.b64encode(document).decode()
    return _blob(rng, name, _mark(_carriers(value, len(before.encode()), len((before + token).encode()))))


def _carriers(value: str, begin: int, end: int) -> str:
    """Mark, in the Base64 of a document, the characters that carry its bytes from `begin` to `end`, and the groups that do:
    both are exact, as is all of it."""
    first, last = begin * 4 // 3, -(-end * 4 // 3)
    marks: dict[int, str] = {}
    for at in {first, first // 4 * 4}:
        marks[at] = marks.get(at, "") + OTHER_BEGIN
    for at in {last, min(len(value), -(-last // 4) * 4), len(value.rstrip("="))}:
        marks[at] = marks.get(at, "") + OTHER_END
    return "".join(marks.get(at, "") + value[at : at + 1] for at in range(len(value) + 1))


def _blob(rng: Random, name: str, value: str) -> Statement:
    language, form = rng.choice(
        [("yaml", "  {}: {}"), ("python", '{} = b64decode("{}")'), ("json", '  "{}": "{}",'),
         ("shell", "{}=$(echo {} | base64 -d)"),
         ("javascript", "const {} = atob('{}');"), ("env", "{}={}"), ("prompt", "{} is {}")]
    )  # fmt: skip
    return Statement(language, form.format(name, value))


def hexed(rng: Random, token: str, name: str) -> Statement:
    r"""Hexadecimal, plain or as \x escapes in one row."""
    value = token.encode().hex()
    if rng.random() < 0.3:
        value = value.upper()
    if rng.random() < 0.25:
        value = "".join(f"\\x{value[at : at + 2]}" for at in range(0, len(value), 2))
        return Statement("python", f'{name} = b"{_mark(value)}"')
    return (
        Statement("python", f'{name} = bytes.fromhex("{_mark(value)}")')
        if rng.random() < 0.5
        else _blob(rng, name, _mark(value))
    )


def percent(rng: Random, token: str, name: str) -> Statement:
    """Percent-encoded, some characters or all."""
    chosen = set(rng.sample(range(len(token)), rng.choice([1, 4, len(token)])))
    value = "".join(f"%{ord(one):02X}" if at in chosen else one for at, one in enumerate(token))
    return Statement("shell", f"curl 'https://api.example-service.io/v1/run?{name}={_mark(value)}&page=1'")


def zipped(rng: Random, token: str, name: str) -> Statement:
    """Base64 of gzip of a small document. The whole blob is the span: no part of it is the token."""
    data = gzip.compress(f"{name}={token}\nregion=eu-west-1\n".encode(), mtime=0)
    return _blob(rng, name, _mark(base64.b64encode(data).decode()))


def twice_based(rng: Random, token: str, name: str) -> Statement:
    """Base64 of base64."""
    value = base64.b64encode(base64.b64encode(token.encode())).decode()
    bare = value.rstrip("=")
    return _blob(rng, name, BEGIN + bare + (OTHER_END + value[len(bare) :] if bare != value else "") + END)


_PATCH = "diff --git a/app/conf.py b/app/conf.py\n--- a/app/conf.py\n+++ b/app/conf.py\n"


def patch_lines(rng: Random, token: str, name: str) -> Statement:
    """A patch as text, with the pieces on added lines."""
    a = _ends(_pieces(rng, token, 3))
    body = "".join(f'+    "{one}"\n' for one in a)
    text = f"{_PATCH}@@ -4,2 +4,{len(a) + 4} @@\n import os\n+{name} = (\n{body}+)\n TIMEOUT = 5"
    return Statement("diff", text)


def patch_context(rng: Random, token: str, name: str) -> Statement:
    """A patch as text, in which an added line completes what stands on a context line."""
    a = _ends(_pieces(rng, token, 2))
    text = f'{_PATCH}@@ -3,3 +3,4 @@\n {name} = (\n     "{a[0]}"\n+    "{a[1]}"\n )'
    return Statement("diff", text)


def change_completes(rng: Random, token: str, name: str) -> Statement:
    """A real change, in which an added line completes what stood there before."""
    a = _ends(_pieces(rng, token, 2))
    if rng.random() < 0.5:
        return Statement("python", f'{name} = (\n    "{a[0]}"\n    "{a[1]}"\n)', f'{name} = (\n    "{a[0]}"\n)')
    return Statement("javascript", f"const {name} =\n  '{a[0]}' +\n  '{a[1]}';", f"const {name} =\n  '{a[0]}' +\n  suffix;")


def char_codes(rng: Random, token: str, name: str) -> Statement:
    """A list of character codes."""
    codes = ", ".join(str(ord(one)) for one in token)
    language, text = rng.choice(
        [
            ("python", f"{name} = bytes([{_mark(codes)}]).decode()"),
            ("javascript", f"const {name} = String.fromCharCode({_mark(codes)});"),
            ("java", f"byte[] {name} = {{{_mark(codes)}}};"),
        ]
    )
    return Statement(language, text)


def octal(rng: Random, token: str, name: str) -> Statement:
    r"""Octal escapes, or \\u{…}."""
    if rng.random() < 0.5:
        return Statement("c", f'const char *{name} = "{_mark("".join(f"{chr(92)}{ord(one):03o}" for one in token))}";')
    return Statement("javascript", f"const {name} = '{_mark(''.join(f'{chr(92)}u{{{ord(one):x}}}' for one in token))}';")


def appended(rng: Random, token: str, name: str) -> Statement:
    """Statements that append piece after piece."""
    a = _ends(_pieces(rng, token, 3))
    language, text = rng.choice(
        [
            ("python", f'{name} = "{a[0]}"\n' + "\n".join(f'{name} += "{one}"' for one in a[1:])),
            ("javascript", f"let {name} = '{a[0]}';\n" + "\n".join(f"{name} += '{one}';" for one in a[1:])),
            ("php", f"${name} = '{a[0]}';\n" + "\n".join(f"${name} .= '{one}';" for one in a[1:])),
            ("java", f"StringBuilder {name} = new StringBuilder();\n" + "\n".join(f'{name}.append("{one}");' for one in a)),
            ("shell", f'{name}="{a[0]}"\n' + "\n".join(f'{name}+="{one}"' for one in a[1:])),
        ]
    )
    return Statement(language, text)


def by_names(rng: Random, token: str, name: str) -> Statement:
    """Pieces that have names of their own, put together afterwards."""
    a, b = _ends(_pieces(rng, token, 2))
    language, text = rng.choice(
        [
            ("python", f'head = "{a}"\ntail = "{b}"\n{name} = head + tail'),
            ("javascript", f"const a1 = '{a}';\nconst a2 = '{b}';\nconst {name} = a1 + a2;"),
            ("java", f'String p1 = "{a}";\nString p2 = "{b}";\nString {name} = p1 + p2;'),
            ("shell", f'A="{a}"\nB="{b}"\n{name.upper()}="$A$B"'),
        ]
    )
    return Statement(language, text)


def based_32(rng: Random, token: str, name: str) -> Statement:
    """Base32."""
    value = base64.b32encode(token.encode()).decode()
    bare = value.rstrip("=")
    return _blob(rng, name, BEGIN + bare + (OTHER_END + value[len(bare) :] if bare != value else "") + END)


def wide(rng: Random, token: str, name: str) -> Statement:  # noqa: ARG001 -- all are called alike
    """Base64 of UTF-16, as PowerShell's encoded commands are."""
    value = base64.b64encode(f"$t='{token}'; run $t".encode("utf-16-le")).decode()
    return Statement("shell", f"powershell -EncodedCommand {_mark(value)}")


def wrapped(rng: Random, token: str, name: str) -> Statement:  # noqa: ARG001 -- all are called alike
    """Base64 of a document, wrapped into lines."""
    before = f"[server]\nname = worker\nregion = eu-west-1\n{name} = "
    value = base64.b64encode((before + token + "\nretries = 3" * 6).encode()).decode()
    marked, lines, size = _carriers(value, len(before), len(before + token)), [""], 0
    for one in marked:
        if one not in _MARKS:
            if size == 60:
                lines.append("")
                size = 0
            size += 1
        lines[-1] += one
    return Statement("yaml", f"{name}: |\n  {_mark((chr(10) + '  ').join(lines))}\nnext: 1")


def full_width(rng: Random, token: str, name: str) -> Statement:
    """Letters and digits of full width."""
    value = "".join(chr(ord(one) + 0xFEE0) if one.isalnum() else one for one in token)
    return Statement(rng.choice(["prompt", "markdown"]), f"{name}: {_mark(value)} 。")


def continued(rng: Random, token: str, name: str) -> Statement:
    """A line that goes on after a backslash, or a folded scalar."""
    a, b = _ends(_pieces(rng, token, 2))
    language, text = rng.choice(
        [("shell", f"export {name.upper()}={a}\\\n{b}"), ("yaml", f'{name}: "{a}\\\n  {b}"'),
         ("toml", f'{name} = """{a}\\\n    {b}"""'),
         ("properties", f"app.{name}={a}\\\n    {b}"), ("python", f'{name} = "{a}\\\n{b}"')]
    )  # fmt: skip
    return Statement(language, text)


def backwards(rng: Random, token: str, name: str) -> Statement:
    """Written from its end."""
    value = _mark(token[::-1])
    language, form = rng.choice(
        [
            ("python", '{} = "{}"[::-1]'),
            ("javascript", "const {} = '{}'.split('').reverse().join('');"),
            ("php", "${} = strrev('{}');"),
        ]
    )
    return Statement(language, form.format(name, value))


def quoted_printable(rng: Random, token: str, name: str) -> Statement:
    """Quoted-printable (RFC 2045)."""
    chosen = set(rng.sample(range(len(token)), min(6, len(token))))
    value = "".join(f"={ord(one):02X}" if at in chosen else one for at, one in enumerate(token))
    return Statement("prompt", f"Content-Transfer-Encoding: quoted-printable\n\n{name}: {_mark(value)}")


def hex_codes(rng: Random, token: str, name: str) -> Statement:
    """Bytes with 0x, or parted by colons or blanks."""
    kind = rng.randrange(3)
    if kind == 0:
        return Statement("c", f"unsigned char {name}[] = {{ {_mark(', '.join(f'0x{ord(one):02x}' for one in token))} }};")
    joint = ":" if kind == 1 else " "
    return Statement("prompt", f"dump: {_mark(joint.join(f'{ord(one):02x}' for one in token))}")


FURTHER: dict[str, Disguise] = {
    "character codes": char_codes,
    "octal and braced escapes": octal,
    "appended piece by piece": appended,
    "pieces with names": by_names,
    "Base32": based_32,
    "base64 of UTF-16": wide,
    "base64 in lines": wrapped,
    "full-width letters": full_width,
    "continued lines": continued,
    "backwards": backwards,
    "quoted-printable": quoted_printable,
    "bytes in hexadecimal": hex_codes,
}
"""Disguises that nobody asked for."""
DISGUISES: dict[str, Disguise] = {
    "plain": plain,
    "concatenated": concatenated,
    "over lines": over_lines,
    "formatted or joined": formatted,
    "JSON escapes": json_escaped,
    "source escapes": code_escaped,
    "shell escapes": shell_escaped,
    "XML entities": xml_entities,
    "zero width inside": invisible,
    "confusable letter": confusable,
    "glued to a name": glued,
    "in a URL": in_url,
    "CJK quotes": cjk_quotes,
    "base64": based,
    "base64 of a document": based_document,
    "base64 twice": twice_based,
    "hexadecimal": hexed,
    "percent": percent,
    "gzip and base64": zipped,
    "patch, added lines": patch_lines,
    "patch, context line": patch_context,
    "change completes it": change_completes,
}
