"""Files as the inputs that conftest gives to rules: YAML and JSON as they are, HCL and Dockerfiles in conftest's shapes."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import yaml

_LARGEST = 8 << 20
_MOST_VALUES = 200_000
_DEEPEST = 60
_FLAG = re.compile(r"--[a-z][\w-]*(?:=\S+)?")
_WORDS = re.compile(r"\S+")
_FROM = re.compile(r"^\s*FROM\s", re.IGNORECASE)


class NotParsed(Exception):
    """The file is not what its name promises."""


def inputs_of(path: str, text: str) -> Iterator[Any]:
    """Give the inputs of a file: one for each document.

    Raises:
        NotParsed: it does not parse, or is larger than any rule needs.
    """
    if len(text) > _LARGEST:
        raise NotParsed(f"{len(text):,} characters; the limit is {_LARGEST:,}")
    name = path.rpartition("/")[2]
    try:
        if name.endswith((".yml", ".yaml")):
            yield from _yaml(text)
        elif name.endswith(".json"):
            yield json.loads(text)
        elif name.endswith(".toml"):
            yield json.loads(json.dumps(tomllib.loads(text), default=str))
        elif name.endswith((".tf", ".tofu", ".hcl")):
            from clearance.scan.imported.rego.hcl import read_hcl

            yield read_hcl(text)
        else:
            yield list(_dockerfile(text))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark is not None else ""
        raise NotParsed(f"{where}{getattr(error, 'problem', None) or 'no YAML'}") from None
    except json.JSONDecodeError as error:
        raise NotParsed(f"line {error.lineno}: {error.msg}") from None
    except tomllib.TOMLDecodeError as error:
        raise NotParsed(str(error)) from None


def _yaml(text: str) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for document in yaml.load_all(text, Loader=loader):
        if document is not None:
            yield _plain(document, [_MOST_VALUES], 0)


def _plain(value: Any, left: list[int], depth: int) -> Any:
    """Copy what JSON can say; aliases are written out, so what they swell to is bounded."""
    left[0] -= 1
    if left[0] < 0 or depth > _DEEPEST:
        raise NotParsed(f"more than {_MOST_VALUES:,} values, or deeper than {_DEEPEST} levels")
    if isinstance(value, dict):
        return {str(key): _plain(one, left, depth + 1) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(one, left, depth + 1) for one in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _dockerfile(text: str) -> Iterator[dict[str, Any]]:
    """Give each instruction as conftest does: command, flags, values, stage."""
    stage = -1
    for line in _instructions(text):
        word, _, rest = line.partition(" ")
        if not word.isalpha():
            raise NotParsed(f"{word[:40]!r} is no instruction")
        stage += _FROM.match(line) is not None
        flags = []
        while match := _FLAG.match(rest.lstrip()):
            flags.append(match[0])
            rest = rest.lstrip()[match.end() :]
        values, is_json = _values(word.lower(), rest.strip())
        yield {
            "Cmd": word.lower(), "SubCmd": "", "JSON": is_json, "Flags": flags, "Value": values, "Stage": max(stage, 0),
        }  # fmt: skip


def _values(word: str, rest: str) -> tuple[list[str], bool]:
    if rest.startswith("["):
        try:
            found = json.loads(rest)
        except ValueError:
            found = None
        if isinstance(found, list) and all(isinstance(one, str) for one in found):
            return found, True
    if word in ("run", "cmd", "entrypoint", "shell", "maintainer"):
        return [rest], False
    if word in ("env", "label", "arg"):
        return [piece for one in _WORDS.findall(rest) for piece in one.split("=", 1)], False
    return _WORDS.findall(rest), False


def _instructions(text: str) -> Iterator[str]:
    """Join continued lines; comments are left out."""
    pieces: list[str] = []
    for line in text.splitlines():
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        pieces.append(bare.removesuffix("\\").rstrip())
        if not bare.endswith("\\"):
            yield " ".join(pieces)
            pieces = []
    if pieces:
        yield " ".join(pieces)
