"""Names that nobody registered but that sound right, and the files ("doors") by which they would come in."""

import json
import random
from collections.abc import Callable, Collection, Sequence

_PYTHON = (
    ("flask", "django", "fastapi", "pandas", "numpy", "torch", "requests", "asyncio", "celery", "sqlalchemy", "pydantic",
     "redis", "boto3", "aws", "azure", "openai", "langchain", "pytest", "kafka", "postgres", "graphql", "jwt", "stripe"),
    ("session", "secure", "async", "config", "rate", "schema", "metrics", "vector", "stream", "tenant", "audit", "token",
     "batch", "retry", "cache", "query", "signal", "webhook", "feature", "upload", "health", "secret", "trace"),
    ("guardian", "toolkit", "helpers", "validator", "manager", "extras", "adapter", "inspector", "sanitizer", "orchestrator",
     "booster", "bridge", "limiter", "scheduler", "builder", "kit"),
)  # fmt: skip
_SCRIPT = (
    ("react", "vue", "next", "express", "node", "angular", "svelte", "graphql", "webpack", "vite", "eslint", "redux", "jest",
     "socket", "mongo", "prisma", "tailwind", "electron", "fastify", "koa", "aws", "stripe", "zod"),
    ("form", "secure", "async", "hook", "state", "schema", "query", "upload", "stream", "modal", "table", "auth", "session",
     "theme", "logger", "cache", "retry", "webhook", "tenant", "layout", "chart", "token"),
    ("kit", "helpers", "manager", "validator", "wizard", "bridge", "sanitizer", "toolkit", "provider", "inspector",
     "boundary", "resolver", "guardian", "composer", "limiter"),
)  # fmt: skip


def python_names(taken: Collection[str], many: int) -> list[str]:
    """Compose names that are not among those taken (folded as PyPI does)."""
    return _composed(_PYTHON, taken, many, 11)


def script_names(taken: Collection[str], many: int) -> list[str]:
    """Compose names for npm; each sixth has a scope."""
    plain = _composed(_SCRIPT, taken, many, 12)
    scoped = [
        f"@{name.partition('-')[0]}-labs/{name.partition('-')[2]}" if n % 6 == 5 else name for n, name in enumerate(plain)
    ]
    return [name for name in scoped if name not in taken]


def _composed(words: Sequence[Sequence[str]], taken: Collection[str], many: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < many:
        name = "-".join(rng.choice(one) for one in words)
        if name not in taken:
            found[name] = None
    return list(found)


Door = Callable[[Sequence[str]], str]


def _cycled(*forms: str, between: str = "\n", head: str = "", tail: str = "\n") -> Door:
    def door(names: Sequence[str]) -> str:
        lines = (forms[n % len(forms)] % {"n": name, "m": name.replace("-", "_")} for n, name in enumerate(names))
        return head + between.join(lines) + tail

    return door


def _notebook(*forms: str) -> Door:
    def door(names: Sequence[str]) -> str:
        cells = [
            {
                "cell_type": "code",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": [forms[n % len(forms)] % name],
            }
            for n, name in enumerate(names)
        ]
        return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)

    return door


def _package_json(key: str) -> Door:
    return lambda names: json.dumps({"name": "shop", key: dict.fromkeys(names, "^1.2.0")}, indent=2) + "\n"


def _npm_scripts(names: Sequence[str]) -> str:
    forms = ("npx %s --yes", "npm i -g %s && node x.js", "npx -y %s@latest .", "pnpm dlx %s", "yarn dlx %s run", "bunx %s")
    scripts = {f"s{n}": forms[n % len(forms)] % name for n, name in enumerate(names)}
    return json.dumps({"name": "shop", "version": "1.0.0", "scripts": scripts}, indent=2) + "\n"


def _npm_lock(names: Sequence[str]) -> str:
    packages: dict[str, object] = {"": {"name": "shop", "version": "1.0.0"}}
    for name in names:
        address = f"https://npm.example.com/{name}/-/{name.rpartition('/')[2]}-1.2.0.tgz"
        packages[f"node_modules/{name}"] = {"version": "1.2.0", "resolved": address, "integrity": f"sha512-{'A' * 86}=="}
    return json.dumps({"name": "shop", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}, indent=2) + "\n"


_HASH = "0" * 64
_PIP = (
    "pip install %(n)s", "python -m pip install --upgrade %(n)s", "pip3 install -q '%(n)s>=1.0' requests",
    "uv pip install %(n)s", "apt-get update && pip install --no-cache-dir %(n)s==1.2.0", "uv add %(n)s", "poetry add %(n)s",
    "python3 -m pip install -U \\\n    %(n)s",
)  # fmt: skip
_NPM = (
    "npm install %(n)s", "npm i -D %(n)s@^2.0.0", "yarn add %(n)s", "pnpm add -w %(n)s", "npm ci && npm i --save %(n)s",
    "bun add %(n)s", "npx %(n)s init", "npx --yes %(n)s@latest",
)  # fmt: skip
_TOOLS = (
    "uvx %(n)s --help",
    "pipx install %(n)s",
    "pipx run %(n)s",
    "uv tool install %(n)s",
    "uvx --from %(n)s run-it",
    "uv run --with %(n)s x.py",
)


def _steps(forms: Sequence[str], line: str) -> tuple[str, ...]:
    return tuple(line % form.replace("%(n)s", "@@").replace("\\\n    ", "") for form in forms)


def _made(forms: Sequence[str]) -> tuple[str, ...]:
    return tuple(form.replace("@@", "%(n)s") for form in forms)


_WORKFLOW = "on: push\njobs:\n  build:\n    runs-on: ubuntu-24.04\n    steps:\n"
PYTHON: dict[str, Door] = {
    "requirements.txt": _cycled("%(n)s", "%(n)s==1.2.0", "%(n)s>=1.0,<2", "%(n)s[extra]~=1.4 ; python_version >= '3.9'"),
    "pyproject.toml": _cycled(
        '  "%(n)s",',
        '  "%(n)s>=1.2",',
        '  "%(m)s[all]==1.0",',
        head='[project]\nname = "shop"\nversion = "1"\ndependencies = [\n',
        tail="\n]\n",
    ),
    "poetry/pyproject.toml": _cycled(
        '%(n)s = "^1.2"',
        '%(n)s = { version = "^1", extras = ["x"] }',
        head='[tool.poetry]\nname = "shop"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.11"\n',
    ),
    "extras/pyproject.toml": _cycled(
        '  "%(n)s",',
        head='[project]\nname = "shop"\nversion = "1"\n[project.optional-dependencies]\ndev = [\n',
        tail="\n]\n",
    ),
    "groups/pyproject.toml": _cycled(
        '  "%(n)s>=1",', head='[project]\nname = "shop"\nversion = "1"\n[dependency-groups]\ntest = [\n', tail="\n]\n"
    ),
    "build/pyproject.toml": _cycled('  "%(n)s",', head="[build-system]\nrequires = [\n", tail="\n]\n"),
    "setup.cfg": _cycled("    %(n)s>=1", head="[metadata]\nname = shop\n[options]\ninstall_requires =\n"),
    "setup.py": _cycled(
        '        "%(n)s>=1",',
        head="from setuptools import setup\n\nsetup(\n    name='shop',\n    install_requires=[\n",
        tail="\n    ],\n)\n",
    ),
    "Pipfile": _cycled('%(n)s = "*"', '%(n)s = {version = ">=1"}', head="[packages]\n"),
    "environment.yml": _cycled(
        "      - %(n)s", "      - %(n)s==1.2", head="name: shop\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n"
    ),
    "uv.lock": _cycled(
        '[[package]]\nname = "%(n)s"\nversion = "1.2.0"\nsource = { registry = "https://pypi.example.com/simple" }\n',
        head='version = 1\nrequires-python = ">=3.11"\n\n',
    ),
    "poetry.lock": _cycled(
        '[[package]]\nname = "%(n)s"\nversion = "1.2.0"\noptional = false\npython-versions = "*"\nfiles = []\n',
        tail=f'\n[metadata]\nlock-version = "2.0"\npython-versions = "^3.11"\ncontent-hash = "{_HASH}"\n',
    ),
    "Dockerfile": _cycled(*(f"RUN {one}" for one in _PIP), head="FROM python:3.12\n"),
    "Makefile": _cycled(*(f"\t{one}" for one in _PIP), head="all:\n"),
    "install.sh": _cycled(*_PIP, head="#!/bin/sh\nset -e\n"),
    ".github/workflows/ci.yml": _cycled(*_made(_steps(_PIP, "      - run: %s")), head=_WORKFLOW),
    ".gitlab-ci.yml": _cycled(*_made(_steps(_PIP, "    - %s")), head="build:\n  image: python:3.12\n  script:\n"),
    "tools.sh": _cycled(*_TOOLS, head="#!/bin/sh\n"),
    "explore.ipynb": _notebook("!pip install %s", "%%pip install -q %s", "!python -m pip install %s\n"),
    "README.md": _cycled(
        *(f"```bash\n{one}\n```" for one in _PIP), "Install it with `pip install %(n)s`.", head="# Shop\n\n", between="\n\n"
    ),
    "tox.ini": _cycled("    %(n)s", "    %(n)s>=1", head="[testenv]\ndeps =\n"),
    "noxfile.py": _cycled('    session.install("%(n)s")', head="import nox\n\n\n@nox.session\ndef tests(session):\n"),
    "app.py": _cycled("import %(m)s", "from %(m)s import Client", "import %(m)s.core as x", "from %(m)s.tools import y"),
    "script.py": _cycled('#   "%(n)s",', head="# /// script\n# dependencies = [\n", tail="\n# ]\n# ///\nprint(1)\n"),
}
"""By path, how a file with these names of PyPI looks."""
SCRIPT: dict[str, Door] = {
    "package.json": _package_json("dependencies"),
    "dev/package.json": _package_json("devDependencies"),
    "peer/package.json": _package_json("peerDependencies"),
    "scripts/package.json": _npm_scripts,
    "lock/package-lock.json": _npm_lock,
    "yarn.lock": _cycled('"%(n)s@^1.2.0":\n  version "1.2.0"\n', head="# yarn lockfile v1\n\n\n"),
    "pnpm-lock.yaml": _cycled(
        "  '%(n)s@1.2.0':\n    resolution: {integrity: sha512-AAAA==}\n", head="lockfileVersion: '9.0'\n\npackages:\n\n"
    ),
    "Dockerfile": _cycled(*(f"RUN {one}" for one in _NPM), head="FROM node:22\n"),
    "Makefile": _cycled(*(f"\t{one}" for one in _NPM), head="all:\n"),
    "install.sh": _cycled(*_NPM, head="#!/bin/sh\n"),
    ".github/workflows/ci.yml": _cycled(*_made(_steps(_NPM, "      - run: %s")), head=_WORKFLOW),
    "README.md": _cycled(
        *(f"```sh\n{one}\n```" for one in _NPM), "Then run `npm install %(n)s`.", head="# Shop\n\n", between="\n\n"
    ),
    "app.ts": _cycled(
        'import x from "%(n)s";', "import { y } from '%(n)s';", 'import * as z from "%(n)s/core";', 'export * from "%(n)s";'
    ),
    "app.js": _cycled('const x = require("%(n)s");', 'const y = await import("%(n)s");', 'import "%(n)s";'),
    "settings/.mcp.json": lambda names: json.dumps(
        {"mcpServers": {f"s{n}": {"command": "npx", "args": ["-y", name]} for n, name in enumerate(names)}}, indent=1
    ),
}
"""The same for npm."""
