"""The JSON Schema of what `clearance controls coverage --format json` writes, made from the types."""

import inspect
from typing import Any

import msgspec

from clearance.report.controls.view import HOWS, SCHEMA, Coverage


def controls_schema() -> dict[str, Any]:
    """Give the schema (JSON Schema, draft 2020-12). Descriptions are the docstrings of the facts."""
    (reference,), parts = msgspec.json.schema_components((Coverage,), ref_template="#/$defs/{name}")
    for part in parts.values():
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    whole = parts["Coverage"]
    counts = {"type": "object", "properties": {how: {"type": "integer"} for how in HOWS}, "required": list(HOWS)}
    notes = {"type": "array", "items": {"type": "string"}, "description": "How words in the answers are to be read."}
    whole["properties"] = {"schema": {"const": SCHEMA}, "notes": notes, "counts": counts, **whole["properties"]}
    whole["required"] = ["schema", "notes", "counts", *whole["required"]]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "Answers about the controls of one catalogue",
        **reference,
        "$defs": {name: parts[name] for name in sorted(parts)},
    }
    return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])
