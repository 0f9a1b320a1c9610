"""Rewrites change the value that they are about, and nothing around it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from clearance.rules.model import Rule
from clearance.scan.language import language_of
from clearance.scan.untouched import untouched

FLASK = "from flask import Flask\nimport requests\n"
GO = 'package main\n\nimport "crypto/tls"\n\n'
ELECTRON = 'const { BrowserWindow } = require("electron");\n'
JWT = 'const p = require("passport-jwt");\n'
TLS = 'const tls = require("tls");\n'

MENDED = [
    # path, text before, what goes out and in, by mark: «out|in»
    ("a.py", f'{FLASK}CONFIG = {{"SESSION_COOKIE_SECURE": «False|True», "NAME": "x"}}\n'),
    ("a.py", f'{FLASK}D = Map({{\n  "NAME": None,\n  "SESSION_COOKIE_SECURE": «False|True»,\n  "Z": 1,\n}})\n'),
    ("a.py", f'{FLASK}S = {{"dev": {{"A": 1}}, "prod": {{"SESSION_COOKIE_HTTPONLY": «False|True», "B": 2}}}}\n'),
    ("a.py", f"{FLASK}C = dict(NAME=1, SESSION_COOKIE_SECURE=«False|True», LAST=[2])\n"),
    ("a.py", f"{FLASK}app = Flask('x')\napp.config.update(X=1, DEBUG=«True|False»)\n"),
    ("a.py", f'{FLASK}app = Flask("x")\napp.config.update({{"A": {{"B": 1}}, "DEBUG": «True|False», "C": 3}})\n'),
    ("a.py", f'{FLASK}app = Flask("x")\napp.config["SESSION_COOKIE_SECURE"] = «False|True»\n'),
    ("a.py", "class Config:\n    NAME = 1\n    SESSION_COOKIE_HTTPONLY = «False|True»\n"),
    ("a.py", "import boto3\nargs = {'PubliclyAccessible': «True|False», 'DBName': 'x'}\n"),
    ("a.py", "import boto3\nargs = {'a': {'PubliclyAccessible': «True|False», 'DBName': 'x'}, 'b': [1]}\n"),
    ("a.js", f'{TLS}const o = {{host: "x", rejectUnauthorized: «false|true», port: 443}};\n'),
    ("a.ts", f"{TLS}export const o = {{ssl: {{'rejectUnauthorized': «false|true», ca: 1}}, port: 443}};\n"),
    ("a.js", f"{ELECTRON}const w = new BrowserWindow({{webPreferences: {{webSecurity: «false|true», preload}}, a: 1}});\n"),
    ("a.js", f"{JWT}const o = {{ignoreExpiration: «true|false», issuer: 'x'}};\n"),
    ("a.js", f"{JWT}const o = {{jwt: {{issuer: 'x', ignoreExpiration: «true|false»}}, b: [1, 2]}};\n"),
    ("a.go", f'{GO}var c = &tls.Config{{MinVersion: «tls.VersionTLS10|tls.VersionTLS12», ServerName: "x"}}\n'),
    (
        "a.go",
        f'{GO}var m = map[string]*tls.Config{{"a": {{ServerName: "y", MinVersion: «tls.VersionTLS11|tls.VersionTLS12»}}}}\n',
    ),
    ("a.go", f"{GO}func f(c *tls.Config) {{\n\tc.MinVersion = «tls.VersionTLS10|tls.VersionTLS12»\n}}\n"),
]
VERSIONS = """import tarfile

def unpack(path):
    with tarfile.open(path) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall("out", filter="data")
        else:
            archive.extractall("out")
"""
LEFT = [
    # what is found, but has no value of its own that could be replaced
    ("a.py", VERSIONS),
    ("a.py", "import requests\nrequests.post(x for x in y)\n"),
    ("a.py", "a, SESSION_COOKIE_SECURE = 1, False\n"),
    ("a.py", f'{FLASK}C = {{"SESSION_COOKIE_SECURE": False if a() else False, "B": 1}}\n'),
    ("a.js", f"{TLS}const rejectUnauthorized = false;\nconst o = {{host: 1, rejectUnauthorized, port: 443}};\n"),
    ("a.go", f"{GO}func f(c *tls.Config) {{\n\tb := 1\n\tc.MinVersion, b = tls.VersionTLS10, 3\n}}\n"),
]
_MARK = re.compile("«([^|]*)\\|([^»]*)»")


def changed(text: str, seen: Any) -> str:
    """Give the text with all edits made."""
    for start, end, code in sorted({edit for match in seen.matches for edit in match.edits}, reverse=True):
        text = text[:start] + code + text[end:]
    return text


@pytest.mark.parametrize(("path", "marked"), MENDED)
def test_only_the_value_of_the_key_is_replaced(path: str, marked: str, brought: Callable[..., Any]) -> None:
    text = _MARK.sub(r"\1", marked)
    assert changed(text, brought(path, text.encode())) == _MARK.sub(r"\2", marked)


@pytest.mark.parametrize(("path", "text"), LEFT)
def test_nothing_is_offered_where_the_value_is_no_piece_of_its_own(
    path: str, text: str, brought: Callable[..., Any]
) -> None:
    assert changed(text, brought(path, text.encode())) == text


def rewritten(pages: list[Rule], brought: Callable[..., Any]) -> Iterator[tuple[Any, str, str, Any]]:
    """Give all caught examples of pages with rewrites that have one: the example, path, text and match."""
    for page in pages:
        if any("rewrite." in block.text for block in page.detect):
            for example in page.caught:
                for match in brought(example.name, example.text.encode()).matches:
                    if match.edits and match.rule == page.id:
                        yield example, example.name, example.text, match


def test_edits_lie_within_what_was_found_and_leave_the_rest(code_pages: list[Rule], brought: Callable[..., Any]) -> None:
    rules = set()
    for example, path, text, match in rewritten(code_pages, brought):
        rules.add(match.rule)
        for start, end, _ in match.edits:
            assert start == end or match.start <= start < end <= match.end, (match.rule, example.line)
        after = changed(text, brought(path, text.encode()))
        edits = sorted({edit for one in brought(path, text.encode()).matches for edit in one.edits})
        assert untouched(language_of(path) or "", text, after, edits), (match.rule, example.line)
    assert len(rules) >= 15


def test_entries_around_a_value_stay_whatever_the_container(code_pages: list[Rule], brought: Callable[..., Any]) -> None:
    wrapped = 0
    for example, path, text, match in rewritten(code_pages, brought):
        entry = re.match(r"""['"]?\w+(['"]?)\s*([:=])(?!=)""", text[match.start : match.end])
        if entry is None or len(match.edits) != 1 or text[: match.start].rstrip()[-1:] not in ("{", "(", ","):
            continue
        ((start, end, code),) = match.edits
        before = f"{entry[1]}Before1{entry[1]}{entry[2]} 1, "
        behind = f", {entry[1]}Behind1{entry[1]}{entry[2]} 2"
        larger = text[: match.start] + before + text[match.start : match.end] + behind + text[match.end :]
        shift = len(before)
        edits = {edit for one in brought(path, larger.encode()).matches if one.rule == match.rule for edit in one.edits}
        assert (start + shift, end + shift, code) in edits, (match.rule, example.line)
        assert all(before.strip() in changed_one(larger, one) and behind in changed_one(larger, one) for one in edits)
        wrapped += 1
    assert wrapped >= 5


def changed_one(text: str, edit: tuple[int, int, str]) -> str:
    start, end, code = edit
    return text[:start] + code + text[end:]
