"""What a scan of other people's projects said wrongly once."""

from collections.abc import Callable
from typing import Any

import pytest

from clearance.collect.memory import change_of
from clearance.rules.model import Rule
from clearance.scan.code.family import CodeFamily
from clearance.scan.look import look_at

REDIRECT = """\
from urllib.parse import urlparse
from flask import redirect, request

def is_safe_redirect_url(url):
    info = urlparse(url)
    good = not info.netloc or any(matches(info.netloc, one) for one in HOSTS)
    return good and info.scheme in ("", "https")

def get_safe_redirect(url):
    if url and is_safe_redirect_url(url):
        return url
    return "/"

def view():
    return redirect(get_safe_redirect(request.args["next"]))
"""
COPY = """\
import pickle
from flask import request

def copy(value):
    return pickle.loads(pickle.dumps(value, -1))

def view():
    return copy(request.get_json())
"""
UPLOAD = """\
const express = require("express");
const fs = require("fs");
const app = express();
app.post("/a", (req, res) => {
  const file = req.files.files[0];
  fs.unlink(file.path, () => {});
});
"""


@pytest.mark.parametrize(
    ("path", "code", "rule", "here", "there"),
    [
        ("a.py", REDIRECT, "python-open-redirect", "info.netloc", "info.path"),
        ("a.py", COPY, "python-unsafe-deserialize", "pickle.dumps(value, -1)", "value"),
        ("a.js", UPLOAD, "javascript-path-traversal", "file.path", "file.originalname"),
    ],
)
def test_what_is_checked_or_made_here_is_harmless(
    brought: Callable[..., Any], path: str, code: str, rule: str, here: str, there: str
) -> None:
    assert rule not in [match.rule for match in brought(path, code.encode()).matches]
    assert rule in [match.rule for match in brought(path, code.replace(here, there).encode()).matches]


def test_what_an_argument_says_in_another_file_is_read_there(pages: list[Rule]) -> None:
    files = {
        "app/__init__.py": "",
        "app/files.py": "import yaml\n\n\ndef load(text):\n    return yaml.load(text, Loader=yaml.SafeLoader)\n",
        "app/views.py": (
            "from flask import request\nfrom app.files import load\n\n\ndef main():\n    return load(request.data)\n"
        ),
    }
    assert "python-yaml-unsafe-load" not in rules_of(pages, files)
    files["app/files.py"] = files["app/files.py"].replace("SafeLoader", "UnsafeLoader")
    assert "python-yaml-unsafe-load" in rules_of(pages, files)


def rules_of(pages: list[Rule], files: dict[str, str]) -> set[str]:
    """Give the rules that hold in the last file of a tree."""
    made = change_of({}, {path: text.encode() for path, text in files.items()})
    family = CodeFamily(tuple(pages))
    family.start(made.contents)
    last = next(file for file in made.change.files if file.path == list(files)[-1])
    result = look_at(last, made.contents, [family], {rule.id: rule for rule in pages}, seconds=60)
    return {finding.rule for finding in result.findings}
