"""The JSON Schema of Detect blocks and vocabulary blocks, made from the words of `language.py`; for editors.

JSON Schema draft 2020-12. It says which keys and words there are; whether a name or pattern is well written is for the
reader.
"""

from typing import Any, Final

from clearance.facts.finding import Confidence, Severity
from clearance.scan.code.detect.language import (
    CODE_ENGINES,
    EXTRA,
    HOWS,
    KINDS,
    NAMELESS,
    ORIGINS,
    SAYS,
    SINKS,
    SUBJECT_KEYS,
    SUBJECTS,
    TEXT_KEYS,
    USES,
    VALUES,
    WHERE,
    WORDS,
)
from clearance.scan.code.detect.read import ORIGIN_TABLES

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string", "minLength": 1}
_TRUE: Final[Schema] = {"const": True}
_STRINGS: Final[Schema] = {"oneOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_SCALAR: Final[Schema] = {"type": ["string", "number", "boolean"]}
_PLACE: Final[Schema] = {"type": ["integer", "string"]}
_NAMES: Final[Schema] = {"$ref": "#/$defs/names"}
_PATTERN: Final[Schema] = {"$ref": "#/$defs/pattern"}
_TEST: Final[Schema] = {"$ref": "#/$defs/test"}
_SAYING: Final[Schema] = {"$ref": "#/$defs/saying"}
_ARGUMENTS: Final[Schema] = {
    "type": "object",
    "additionalProperties": _TEST,
    "description": "By position (0), name, alternatives (0|sql), property (options.verify), any, **.",
}


def detect_schema() -> Schema:
    """Give the schema: a block for code, one of `text`, or one of a vocabulary page."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Blocks under `## Detect`",
        "description": f"Engines for code: {', '.join(CODE_ENGINES)}. docs/reference explains the keys.",
        "oneOf": [
            *({"$ref": f"#/$defs/{kind}"} for kind in KINDS),
            {"$ref": "#/$defs/text-block"},
            *({"$ref": f"#/$defs/{subject}-words"} for subject in SUBJECTS),
        ],
        "$defs": {
            "names": {**_STRINGS, "description": "Dotted names: subprocess.run, *.execute, verify_*, Crypto.Cipher.DES.*"},
            "pattern": {"type": "string", "description": "An RE2 expression that is searched for."},
            "saying": _table({key: _say(key) for key in SAYS}),
            "test": _test(),
            "clause": _table(
                {
                    "argument": _ARGUMENTS,
                    "receiver": _TEST,
                    "value": _TEST,
                    "other": _TEST,
                    "near": _PATTERN,
                    "not-near": _PATTERN,
                }
            ),
            "rewrite": _table(
                {
                    "callee": _TEXT,
                    "argument": {"type": "object", "additionalProperties": _TEXT},
                    "remove": _STRINGS,
                    "value": _TEXT,
                    "imports": _NAMES,
                }
            ),
            **{kind: _code(kind) for kind in KINDS},
            "text-block": _table({key: _where(key) for key in TEXT_KEYS}, required=["pattern"]),
            **{f"{subject}-words": _words(subject) for subject in SUBJECTS},
        },
    }


def _table(properties: Schema, required: list[str] | None = None) -> Schema:
    table: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    if required:
        table["required"] = required
    return table


def _test() -> Schema:
    words = {"enum": list(WORDS)}
    word = {"oneOf": [words, {"type": "array", "items": words, "minItems": 1}]}
    origin = {"enum": list(ORIGINS)}
    table = _table(
        {
            "is": word,
            "equals": {"oneOf": [_SCALAR, {"type": "array", "items": _SCALAR}]},
            "text": _PATTERN,
            "not-text": _PATTERN,
            "named": _PATTERN,
            "call": _NAMES,
            "type": _NAMES,
            "name": _NAMES,
            "from": {"oneOf": [origin, {"type": "array", "items": origin, "minItems": 1}]},
            "less": {"type": "number"},
            "more": {"type": "number"},
            "explosive": _TRUE,
        }
    )
    return {"oneOf": [*word["oneOf"], {"type": ["boolean", "number"]}, {**table, "minProperties": 1}]}


def _say(key: str) -> Schema:
    words = {"severity": Severity, "confidence": Confidence}.get(key)
    return {"enum": [one.value for one in words]} if words else _TEXT


def _where(key: str) -> Schema:
    """Give the schema of a key that blocks of several kinds have."""
    if key in SAYS:
        return _say(key)
    if key in ("near", "not-near", "siblings", "holds", "pattern"):
        return _PATTERN
    if key in ("paths", "not-paths"):
        return _STRINGS
    if key in ("handler", "in-loop"):
        return _TRUE
    if key in ("tests", "first"):
        return {"type": "boolean"}
    if key == "for":
        return {"enum": list(SINKS)}
    if key == "used":
        return {"enum": list(USES)}
    if key == "unless":
        clause = {"$ref": "#/$defs/clause"}
        return {"oneOf": [clause, {"type": "array", "items": clause}]}
    if key == "rewrite":
        return {"$ref": "#/$defs/rewrite"}
    return _NAMES


def _code(kind: str) -> Schema:
    keys = (*WHERE, *EXTRA.get(kind, ()), *SAYS)
    values = {value: _ARGUMENTS if value == "argument" else _TEST for value in VALUES.get(kind, ())}
    properties = {kind: _TRUE if kind in NAMELESS else _NAMES, **values, **{key: _where(key) for key in keys}}
    properties.update(dict.fromkeys(ORIGIN_TABLES, _SAYING))
    return _table(properties, required=[kind])


def _words(subject: str) -> Schema:
    sinks = {"enum": [*SINKS, "*"]}
    keys: dict[str, Schema] = {
        "from": {"enum": list(ORIGINS)},
        "how": {"oneOf": [{"enum": list(HOWS)}, {"type": "array", "items": {"enum": list(HOWS)}, "minItems": 1}]},
        "message": _TEXT,
        "parameters": _STRINGS,
        "types": _NAMES,
        "argument": {"type": ["string", "integer"]} if subject == "registered" else _ARGUMENTS,
        "except-types": _NAMES,
        "except-defaults": _NAMES,
        "converted": _PATTERN,
        "instances": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]},
        "for": {"oneOf": [sinks, {"type": "array", "items": sinks, "minItems": 1}]},
        "arguments": {"type": "array", "items": _PLACE},
        "flow": {"type": "array", "items": {"type": "array", "items": _PLACE, "minItems": 2, "maxItems": 2}},
        "of": {**_PLACE, "not": {"const": "*"}},
        "safe": {"type": "boolean"},
    }
    properties = {subject: _NAMES, "imports": _NAMES, **{key: keys[key] for key in SUBJECT_KEYS[subject]}}
    required = {"fills": ["flow"], "passes": ["arguments"], "registered": ["instances"]}.get(subject, [])
    if "from" in SUBJECT_KEYS[subject]:
        required = [*required, "from"]
    return _table(properties, required=[subject, *required])
