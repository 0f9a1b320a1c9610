"""Formats × disguises × surroundings, and near misses of the formats: each a file with one secret, or none."""

from collections.abc import Iterator, Mapping
from random import Random

from benchmarks.sets.cases import Part, part_of
from benchmarks.sets.secrets.disguises import DISGUISES, FURTHER, Disguise, Statement, plain, unmark
from benchmarks.sets.secrets.formats import FORMATS, Format
from benchmarks.sets.secrets.labelled import Labelled, Truth, line_of

_NEUTRAL = ("value", "x", "data", "item", "current", "ident", "handle", "param", "entry", "arg")
_TELLING = ("token", "api_key", "auth_token", "secret", "apikey", "access_token", "credential")
_SUFFIX = {
    "python": "py", "javascript": "js", "typescript": "ts", "java": "java", "kotlin": "kt", "go": "go", "csharp": "cs",
    "ruby": "rb", "php": "php", "shell": "sh", "yaml": "yaml", "toml": "toml", "json": "json", "ini": "ini", "properties":
    "properties", "env": "env", "xml": "xml", "hcl": "tf", "sql": "sql", "markdown": "md", "prompt": "txt", "log": "log",
    "dockerfile": "Dockerfile", "html": "html", "csv": "csv", "c": "c", "diff": "patch",
}  # fmt: skip
_AROUND: dict[str, tuple[tuple[str, str], ...]] = {
    "python": (
        (
            "import os\nimport logging\n\nlog = logging.getLogger(__name__)\nTIMEOUT = 30\n",
            "\n\ndef main() -> None:\n    log.info('start')\n",
        ),
        ("from pathlib import Path\n\nBASE = Path(__file__).parent\nNAME = 'worker'\n", "\nRETRIES = 3\n"),
    ),
    "javascript": (
        ("'use strict';\nconst path = require('path');\n", "\nmodule.exports = { path };\n"),
        ("import express from 'express';\nconst app = express();\n", "\napp.listen(3000);\n"),
    ),
    "typescript": (("import { Injectable } from '@angular/core';\n", "\nexport default {};\n"),),
    "java": (
        ("package org.app;\n\npublic class Main {\n    private int count = 3;\n", "\n    void run() { count++; }\n}\n"),
    ),
    "kotlin": (("package app\n\nimport java.io.File\n", "\nfun main() { println(1) }\n"),),
    "go": (('package main\n\nimport "fmt"\n\nfunc main() {\n', "\n\tfmt.Println(1)\n}\n"),),
    "csharp": (("using System;\n\nnamespace App\n{\n", "\n}\n"),),
    "ruby": (("require 'json'\n\nclass Worker\n", "\nend\n"),),
    "php": (("<?php\n\nnamespace App;\n\n", "\nreturn 1;\n"),),
    "shell": (("#!/bin/sh\nset -eu\ncd /srv/app\n", "\nexec ./run\n"),),
    "yaml": (("version: 2\nname: worker\n", "\nreplicas: 3\n"),),
    "toml": (('[tool]\nname = "worker"\n', "\nretries = 3\n"),),
    "json": (('{\n  "name": "worker",\n', '\n  "version": 3\n}\n'),),
    "ini": (("[main]\nname = worker\n", "\nretries = 3\n"),),
    "properties": (("app.name=worker\n", "\napp.retries=3\n"),),
    "env": (("NAME=worker\nPORT=8080\n", "\nDEBUG=0\n"),),
    "xml": (('<?xml version="1.0"?>\n<config>\n', "\n</config>\n"),),
    "hcl": (('provider "x" {\n  region = "eu"\n', "\n}\n"),),
    "sql": (("CREATE TABLE t (id int, name text);\n", "\nCOMMIT;\n"),),
    "markdown": (("# Worker\n\nHow to run it.\n\n", "\n\nThat is all.\n"),),
    "prompt": (("Hi, I have a question.\n", "\nThanks!\n"),),
    "log": (("2024-05-11T10:22:30Z INFO start\n", "\n2024-05-11T10:22:32Z INFO done\n"),),
    "dockerfile": (("FROM alpine:3.20\nRUN apk add curl\n", '\nCMD ["run"]\n'),),
    "html": (("<html><body>\n", "\n</body></html>\n"),),
    "csv": (("id,name,data,state\n16,a,b,active\n", "\n18,c,d,gone\n"),),
    "c": (("#include <stdio.h>\n\n", "\n\nint main(void) { return 0; }\n"),),
    "diff": (("", "\n"),),
}


def matrix(times: int = 2, disguises: Mapping[str, Disguise] = DISGUISES, folder: str = "m") -> Iterator[Labelled]:
    """Give each format in each disguise, `times` over, in surroundings and under names drawn anew."""
    index = 0
    for format_ in FORMATS:
        for disguise, write in disguises.items():
            for number in range(times):
                index += 1
                rng = Random(f"matrix {format_.name} {disguise} {number}")
                token = format_.make(rng)
                name = rng.choice(_NEUTRAL if rng.random() < 0.5 else _TELLING)
                statement = write(rng, token, name)
                part = part_of("secrets", format_.name, f"{disguise} {number}")
                yield _file(rng, format_, token, statement, disguise, f"{folder}{index:04}", part)


def _file(rng: Random, format_: Format, token: str, said: Statement, disguise: str, name: str, part: Part) -> Labelled:
    head, tail = rng.choice(_AROUND[said.language])
    text, spans = unmark(head + said.text + tail)
    core = format_.core(token)
    first, last = line_of(text, min(a for a, _ in spans)), line_of(text, max(b for _, b in spans) - 1)
    before = None if said.before is None else unmark(head + said.before + tail)[0]
    path = _path(name, said.language)
    truth = Truth(first, last, format_.name, tuple(spans), format_.kinds, 0 if core == token else len(core))
    return Labelled(path, text, (truth,), part, disguise, before=before)


def near_misses() -> Iterator[Labelled]:
    """Give what misses the formats narrowly, under neutral names."""
    index = 0
    for format_ in FORMATS:
        rng = Random(f"near {format_.name}")
        for number, (nearly, reason) in enumerate([*format_.near(rng), *format_.near(rng)]):
            said = plain(rng, "\ue00c", rng.choice(_NEUTRAL))
            head, tail = rng.choice(_AROUND[said.language])
            text, spans = unmark((head + said.text + tail).replace("\ue00c", nearly))
            line = line_of(text, spans[0][0])
            index += 1
            part = part_of("secrets", f"near {format_.name}", str(number))
            yield Labelled(_path(f"n{index:04}", said.language), text, (), part, reason, ((line, format_.name),))


def further(times: int = 1) -> Iterator[Labelled]:
    """Give each format in disguises beyond those that were asked for."""
    return matrix(times, FURTHER, "f")


def _path(name: str, language: str) -> str:
    """Give a path that says nothing of what stands in the file."""
    suffix = _SUFFIX[language]
    return f"{name}/{suffix}" if suffix == "Dockerfile" else f"src/{name}.{suffix}"
