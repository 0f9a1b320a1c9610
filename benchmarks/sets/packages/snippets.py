"""Imports as models write them: real libraries, each line labelled as one that must raise nothing."""

import random
import tomllib
from collections.abc import Iterator
from pathlib import Path

_SETS = tomllib.loads((Path(__file__).parent / "imports.toml").read_text("utf-8"))
_FORMS = (
    "try:\n    {line}\nexcept ImportError:\n    pass\n",
    "def main():\n    {line}\n",
    "if True:\n    {line}\n",
    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    {line}\n",
)

_SCRIPT_FORMS = (
    'import {{ x{n} }} from "{name}";',
    "import y{n} from '{name}';",
    'const z{n} = require("{name}");',
    'const w{n} = await import("{name}");',
    'import type {{ T{n} }} from "{name}";',
)


def python_lines() -> list[str]:
    """Give import lines that are right, of libraries, the standard library of every version, and Python 2's."""
    return [
        *_SETS["python"]["lines"].strip().splitlines(),
        *(f"import {name}" for name in _SETS["python"]["standard"].split()),
    ]


def python_files(seed: int = 3) -> Iterator[tuple[str, str]]:
    """Give small modules of one or two such lines each, in the shapes that answers have; some import each other."""
    rng = random.Random(seed)
    for n, line in enumerate(python_lines()):
        form = _FORMS[n % len(_FORMS)] if n % 3 == 0 else "{line}\n"
        local = (
            f"from part_{rng.randrange(n)} import helper\nfrom .part_{rng.randrange(n)} import other\n"
            if n > 3 and n % 5 == 0
            else ""
        )
        yield f"part_{n}.py", form.format(line=line) + local + "\nprint('done')\n"


def script_names() -> list[str]:
    """Give the specifiers, of which some are Node's, local or those of a bundler."""
    return list(_SETS["script"]["names"].split())


def script_files() -> Iterator[tuple[str, str]]:
    """Give small modules, one a specifier."""
    for n, name in enumerate(script_names()):
        suffix = ("ts", "js", "tsx", "mjs")[n % 4]
        yield f"view_{n}.{suffix}", _SCRIPT_FORMS[n % len(_SCRIPT_FORMS)].format(n=n, name=name) + "\n"


def declared() -> list[tuple[str, str]]:
    """Give modules with the distribution that provides each."""
    return [(one, other) for one, _, other in (pair.partition(":") for pair in _SETS["python"]["declared"].split())]


def project() -> Iterator[tuple[str, str]]:
    """Give the files of a project that declares what its modules import."""
    pairs = declared()
    wanted = "".join(f'  "{other}",\n' for _, other in pairs)
    groups = '[dependency-groups]\ndev = ["pytest"]\n'
    yield "pyproject.toml", f'[project]\nname = "shop"\nversion = "1"\ndependencies = [\n{wanted}]\n{groups}'
    yield "shop/__init__.py", ""
    yield "shop/deep/__init__.py", "from ..models import yaml\n"
    yield "shop/models.py", "".join(f"import {one}\n" for one, _ in pairs) + "import shop.deep\nfrom shop import deep\n"
    yield "conftest.py", "import pytest\nfrom _pytest.monkeypatch import MonkeyPatch\nfrom shop.models import yaml\n"
