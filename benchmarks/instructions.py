"""Tokens that instructions put into the context of a task, ours and Project CodeGuard's, and how good our estimate is.

    ./dev bench instructions [--codeguard=DIR]

DIR holds Project CodeGuard's rules (`core/*.md` and `codeguard-SKILLS.md.template`, CC BY 4.0), to be counted only.
Tokens are counted by `o200k_base`, `cl100k_base` and the tokenizer that Anthropic published in 2023, from npm packages that
bundle their vocabularies.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.measure import WORK

TOKENIZERS = ("gpt-tokenizer@4.0.0", "@anthropic-ai/tokenizer@0.0.4")
_COUNT = """
const fs = require('fs');
const o200k = require('gpt-tokenizer/encoding/o200k_base');
const cl100k = require('gpt-tokenizer/encoding/cl100k_base');
const anthropic = require('@anthropic-ai/tokenizer');
const texts = JSON.parse(fs.readFileSync(0));
console.log(JSON.stringify(texts.map(t => [o200k.encode(t).length, cl100k.encode(t).length, anthropic.countTokens(t)])));
"""


class Task(NamedTuple):
    """A repository for a task in one language: files that say so, our scope, CodeGuard's name of the language."""

    name: str
    scope: str
    codeguard: str
    files: dict[str, str]


TASKS = (
    Task("Python", "python", "python", {"app/views.py": "from flask import request\nimport sqlalchemy\n"}),
    Task("JavaScript", "javascript", "javascript", {"server.js": "const express = require('express')\n"}),
    Task("TypeScript", "javascript", "typescript", {"src/main.ts": "import { Controller } from '@nestjs/common'\n"}),
    Task("Java", "java", "java", {"src/App.java": "import org.springframework.web.bind.annotation.GetMapping;\n"}),
    Task("Go", "go", "go", {"main.go": 'import (\n\t"github.com/gin-gonic/gin"\n)\n'}),
    Task("Docker", "docker", "docker", {"Dockerfile": "FROM python:3.13-slim\n"}),
    Task("Terraform", "terraform", "hcl", {"main.tf": 'resource "aws_s3_bucket" "b" {}\n'}),
    Task("all of these in one", "javascript", "javascript", {}),
)


def main() -> None:
    """Print the tables."""
    options = dict(word.removeprefix("--").partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    codeguard = Path(options["codeguard"]) if "codeguard" in options else None
    built = {task.name: _built(task) for task in _tasks()}
    _print_injected(built, _codeguard(codeguard) if codeguard else [])
    _print_estimate(built, codeguard)
    _print_refusals(built, codeguard)


def _tasks() -> tuple[Task, ...]:
    everything = {path: text for task in TASKS for path, text in task.files.items()}
    return (*TASKS[:-1], TASKS[-1]._replace(files=everything))


def _built(task: Task) -> Any:
    """Build all formats, each alone, for a repository with the files of a task."""
    from clearance.instruct.build import build
    from clearance.instruct.format import modules
    from clearance.wiring.instructing import material

    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        for path, text in task.files.items():
            (top / path).parent.mkdir(parents=True, exist_ok=True)
            (top / path).write_text(text, encoding="utf-8")
        known = material(top, {})
    return {format_: build(known, [format_]) for format_ in modules()}


def _injected(built: Any, format_: str, scope: str) -> str:
    """Join what is in the context of a task: files for any task and of the scope, names and descriptions of skills."""
    texts = []
    for file in built[format_].files:
        if file.always or (file.scope == scope and not file.on_demand):
            texts.append(file.text)
        elif file.listed:
            head = yaml.safe_load(file.text.split("---\n")[1])
            texts.append(f"{head['name']} {head['description']}\n")
    return "".join(texts)


def _codeguard(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """Read CodeGuard's core rules: text and front matter."""
    rules = []
    for path in sorted((folder / "core").glob("codeguard-[0-9]*.md")):
        text = path.read_text(encoding="utf-8")
        rules.append((text, yaml.safe_load(text.removeprefix("---\n").partition("\n---\n")[0])))
    return rules


def _of_codeguard(rules: Sequence[tuple[str, dict[str, Any]]], language: str) -> str:
    """Join the rules that CodeGuard loads for a language: those that name it, and those that always apply."""
    return "".join(text for text, head in rules if head.get("alwaysApply") or language in (head.get("languages") or ()))


def _print_injected(built: dict[str, Any], rules: Sequence[tuple[str, dict[str, Any]]]) -> None:
    formats = [name for name in next(iter(built.values())) if name != "agent-skills"]
    rows = [(task, [_injected(built[task.name], name, task.scope) for name in formats]) for task in _tasks()]
    theirs = [_of_codeguard(rules, task.codeguard) for task, _ in rows]
    counts = iter(_count([text for (_, ours), other in zip(rows, theirs, strict=True) for text in (*ours, other)]))
    print("## Tokens in the context of a task (o200k_base; in brackets the most of three tokenizers)\n")
    print("| task | " + " | ".join(formats) + " | median | CodeGuard |\n|---|" + "---:|" * (len(formats) + 2))
    medians = []
    for task, ours in rows:
        numbers = [next(counts) for _ in ours]
        other = next(counts)
        medians.append(statistics.median(number[0] for number in numbers))
        cells = [f"{number[0]:,} ({max(number):,})" for number in numbers]
        said = f"{other[0]:,} ({max(other):,})" if rules else "-"
        print(f"| {task.name} | " + " | ".join(cells) + f" | **{medians[-1]:,.0f}** | {said} |")
    print(f"\nmedian over tasks and formats: {statistics.median(medians):,.0f}\n")


def _print_estimate(built: dict[str, Any], codeguard: Path | None) -> None:
    """Compare our estimate with the tokenizers, over files of ours and texts of others."""
    from clearance.instruct.tokens import tokens

    ours = sorted({file.text for each in built.values() for made in each.values() for file in made.files})
    sets = {"files of ours": ours, "documentation of this project": _documents()}
    if codeguard:
        sets["CodeGuard's rules"] = [path.read_text(encoding="utf-8") for path in sorted(codeguard.rglob("*.md"))]
    print("## Our estimate against the tokenizers\n")
    print("| texts | how many | estimate / o200k | / cl100k | / Anthropic 2023 | lowest against the highest |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, texts in sets.items():
        counted = _count(texts)
        said = [tokens(text) for text in texts]
        ratios = [statistics.mean(one / row[at] for one, row in zip(said, counted, strict=True)) for at in range(3)]
        lowest = min(one / max(row) for one, row in zip(said, counted, strict=True))
        cells = " | ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"| {name} | {len(texts)} | {cells} | {lowest:.2f} |")
    print()


def _documents() -> list[str]:
    top = Path(__file__).parents[1]
    return [path.read_text(encoding="utf-8")[:8_000] for path in sorted((top / "docs").rglob("*.md"))]


def _print_refusals(built: dict[str, Any], codeguard: Path | None) -> None:
    """Count what the official validator of Agent Skills refuses."""
    from skills_ref.validator import validate

    refused, tried = 0, 0
    with tempfile.TemporaryDirectory() as name:
        for number, each in enumerate(built.values()):
            for made in each.values():
                top = Path(name, str(number))
                for file in made.files:
                    (top / file.path).parent.mkdir(parents=True, exist_ok=True)
                    (top / file.path).write_text(file.text, encoding="utf-8")
                folders = [top / file.path.rpartition("/")[0] for file in made.files if file.path.endswith("/SKILL.md")]
                tried += len(folders)
                refused += sum(bool(validate(folder)) for folder in folders)
        print(f"## Official validator of Agent Skills\n\nours: {tried} skills, {refused} refused")
        template = codeguard / "core" / "codeguard-SKILLS.md.template" if codeguard else None
        if template and template.exists():
            folder = Path(name, "codeguard")
            folder.mkdir()
            shutil.copy(template, folder / "SKILL.md")
            print(f"CodeGuard's: {'; '.join(validate(folder)) or 'accepted'}")


def _count(texts: Sequence[str]) -> list[list[int]]:
    """Count tokens of texts by the three tokenizers."""
    folder = WORK / "instructions"
    if not (folder / "node_modules").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        subprocess.run(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", *TOKENIZERS],
            cwd=folder, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    done = subprocess.run(
        ["node", "-e", _COUNT], cwd=folder, input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    counted: list[list[int]] = json.loads(done.stdout)
    return counted
