"""A token is found in every disguise, and its span in the text is exact, whichever engine looks."""

from typing import Any

import pytest
from wearing import DISGUISES, FORMATS, token_of

from clearance.scan.family import Match

HELPLESS = {
    ("rotated", "Google"): "its start is letters alone",
    ("backwards", "Google"): "its start is letters alone",
    ("rotated", "SendGrid"): "its start is too short",
    ("rotated", "Hugging Face"): "its start is too short",
    ("base32", "SendGrid"): "its start is too short",
    ("base32", "Hugging Face"): "its start is too short",
    **{
        ("glued on both sides", name): "what follows may be a part of it"
        for name in ("GitLab", "Anthropic", "SendGrid", "Google")
    },
}
CLEAN = [
    ("a.py", 'raise ValueError("cannot read " + name + " of the file, because it has no header")\n'),
    ("a.js", 'el.className = "btn-" + kind + " btn-primary-2024";\n'),
    ("a.py", 'HELP = ("reads-the-file-version-2 and writes "\n        "it-again-with-header-v3")\n'),
    ("a.py", 'PATHS = ["/usr/lib/python3.11/site-packages", "/usr/local/lib/node_modules"]\n'),
    ("a.sh", "echo 'it'\"'\"'s version 3.11.0-rc1 of lib''uuid1'\n"),
    ("a.html", "<p>caf&#233; 10&#8211;20 &quot;quoted&quot; &#x41;bc1234567890123456</p>\n"),
    ("a.txt", "https://x.io/?q=caf%C3%A9%20and%20tea&u=%2Fa%2Fb%2Fc1%2Fd2\n"),
    ("a.c", 'static const char magic[] = "\\x7f\\x45\\x4c\\x46\\x02\\x01\\x01";\n'),
    ("a.md", "\u0412\u0435\u0440\u0441\u0438\u044f 3.11 \u0433\u043e\u0442\u043e\u0432\u0430, see v\u04352\u200b.0\n"),
    ("a.json", '{"integrity": "sha512-TWFuIGlzIGRpc3Rpbmd1aXNoZWQsIG5vdCBvbmx5IGJ5IGhpcyByZWFzb24=="}\n'),
    ("a.txt", "the prefix is ghp_\nand then come letters and digits 1234\n"),
    ("a.py", 'PREFIX = "ghp_"\nname = PREFIX + "example"\n'),
    ("a.patch", "@@ -1,2 +1,2 @@\n-x = 1\n+x = 2\n y = 3\n"),
    ("a.py", 'data = "' + "A" * 400 + '"\n'),
]


FOUND = [(name, disguise) for name in FORMATS for disguise in DISGUISES if (disguise, name) not in HELPLESS]


@pytest.mark.parametrize(("disguise", "name"), HELPLESS)
def test_what_is_known_to_be_missed_is_still_missed(eye: Any, name: str, disguise: str) -> None:
    worn = DISGUISES[disguise](token_of(name))
    spans = [(match.start, match.end) for match in eye.matches(worn.path, worn.text)]
    assert worn.span not in spans, f"found now: take it out of HELPLESS ({HELPLESS[disguise, name]})"


@pytest.mark.parametrize(("name", "disguise"), FOUND)
def test_a_token_is_found_where_it_stands(eye: Any, name: str, disguise: str) -> None:
    worn = DISGUISES[disguise](token_of(name))
    spans = [(match.start, match.end) for match in eye.matches(worn.path, worn.text)]
    assert worn.span in spans, worn.text


@pytest.mark.parametrize("disguise", DISGUISES)
def test_both_engines_undo_the_same(eye: Any, keyword_eye: Any, disguise: str) -> None:
    for name in FORMATS:
        worn = DISGUISES[disguise](token_of(name))
        seen = [_said(one) for one in eye.all(worn.path, worn.text)]
        assert [_said(one) for one in keyword_eye.all(worn.path, worn.text)] == seen


def _said(one: Any) -> Any:
    """Say what was found, without the key of the run."""
    return (one.rule, one.start, one.end, one.secret) if isinstance(one, Match) else one


@pytest.mark.parametrize(("path", "text"), CLEAN)
def test_clean_text_stays_clean(eye: Any, path: str, text: str) -> None:
    assert eye.matches(path, text) == []


def test_a_disguise_is_told(eye: Any) -> None:
    worn = DISGUISES["plus"](token_of("GitHub"))
    assert [match.secret.disguise for match in eye.matches(worn.path, worn.text)] == ["joined from 3 literals"]


def test_disguises_over_each_other(eye: Any) -> None:
    inner = DISGUISES["base64"](token_of("GitHub"))
    blob = inner.text[inner.span[0] : inner.span[1]]
    text = f'+x = ("{blob[:30]}"\n+     "{blob[30:]}")\n'
    start, end = text.index(blob[:30]), text.index(blob[30:]) + len(blob[30:])
    found = eye.matches("a.patch", f"@@ -1 +1,2 @@\n{text}")
    assert [(match.start - 14, match.end - 14) for match in found] == [(start, end)]
    assert found[0].secret.disguise.startswith("base64 in joined from 2 literals")


def test_a_removed_line_does_not_join(eye: Any) -> None:
    one, two = token_of("GitHub")[:20], token_of("GitHub")[20:]
    assert eye.matches("a.diff", f'@@ -1,2 +1,2 @@\n-t = ("{one}"\n+t = ("x"\n     "{two}")\n') == []


def test_words_of_a_script_with_spaces_between_them_stay_two(eye: Any) -> None:
    token = token_of("GitLab")
    found = eye.matches("a.sh", f'run --with "{token}" "and1234567890"\n')
    assert [(match.start, match.end) for match in found] == [(12, 12 + len(token))]


def test_a_bomb_is_cut(undo: Any) -> None:
    import base64
    import gzip

    bomb = base64.b64encode(gzip.compress(b"a" * (64 << 20)))
    assert all(len(one.data) <= 1 << 20 for _, one in undo("a.txt", b"x = '" + bomb + b"'\n"))
