"""The JSON Schema of the JSON report, made from the types."""

import inspect
from typing import Any

import msgspec

from clearance.facts.fact import Fact
from clearance.facts.notes import field_notes
from clearance.facts.outcome import SCHEMA, Outcome


def outcome_schema() -> dict[str, Any]:
    """Give the schema (JSON Schema, draft 2020-12) of what the format `json` writes. Descriptions are the docstrings of the
    facts and of their fields.

    Raises:
        OSError: the source of the facts is not installed beside them, so their docstrings cannot be read.
    """
    (reference,), parts = msgspec.json.schema_components((Outcome,), ref_template="#/$defs/{name}")
    for fact in _facts():
        if not fact.__module__.startswith("clearance.facts."):
            continue
        described = parts.get(fact.__name__, {}).get("properties")
        # Facts of other reports may have the same name; those have other fields.
        if described is None or set(described) != set(fact.__struct_encode_fields__):
            continue
        for field, text in field_notes(fact).items():
            if field in described:
                described[field]["description"] = text
    for part in parts.values():
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    parts["Outcome"]["properties"]["schema"]["const"] = SCHEMA
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "What a run of Clearance tells the world",
        **reference,
        "$defs": {name: parts[name] for name in sorted(parts)},
    }
    # Defaults are tuples here; a round trip makes them what they are in JSON.
    return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])


def _facts() -> list[type[Fact]]:
    found: list[type[Fact]] = []
    waiting = [Fact]
    while waiting:
        fact = waiting.pop()
        found.append(fact)
        waiting.extend(fact.__subclasses__())
    return found
