"""JSON Schemas and tables of the kinds of statements, made from the types."""

import inspect
from typing import Any

import msgspec

from clearance.attest.kinds import Kind
from clearance.facts.fact import Fact
from clearance.facts.notes import field_notes
from clearance.facts.statement import END, STATEMENT_TYPE

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: Kind) -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a whole statement of a kind. Descriptions are the docstrings of the types and
    of their fields.

    Raises:
        OSError: the source of the types is not installed beside them, so their docstrings cannot be read.
    """
    (reference,), parts = msgspec.json.schema_components((kind.statement,), ref_template="#/$defs/{name}")
    top = reference["$ref"].rsplit("/", 1)[1]
    whole = parts.pop(top)
    whole["properties"]["_type"]["const"] = STATEMENT_TYPE
    whole["properties"]["predicateType"]["const"] = kind.uri
    whole["properties"]["subject"]["minItems"] = 1
    for name, fact in _facts().items():
        described = parts.get(name)
        if described is None:
            continue
        for field, text in field_notes(fact).items():
            encoded = _encoded(fact)[field]
            if encoded in described["properties"]:
                described["properties"][encoded]["description"] = " ".join(text.split())
    for part in parts.values():
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    whole.pop("title", None)
    whole.pop("description", None)
    schema = {
        "$schema": _DRAFT,
        "$id": kind.uri,
        "title": f"{kind.name} {kind.version}: {kind.about}",
        **whole,
        "$defs": {name: parts[name] for name in sorted(parts)},
    }
    # Defaults are tuples here; a round trip makes them what they are in JSON.
    return msgspec.json.decode(msgspec.json.encode(schema), type=dict[str, Any])


def _facts() -> dict[str, type[Fact]]:
    """Give all facts of this room and of statements, by name; the schema knows them by nothing else."""
    found: dict[str, type[Fact]] = {}
    waiting: list[type[Fact]] = [Fact]
    while waiting:
        fact = waiting.pop()
        waiting.extend(fact.__subclasses__())
        if fact.__module__.startswith(("clearance.attest.predicates", "clearance.attest.standard")):
            found[fact.__name__] = fact
        elif fact.__module__ in ("clearance.facts.statement", "clearance.attest.liveness"):
            found.setdefault(fact.__name__, fact)
    return found


def _encoded(fact: type[Fact]) -> dict[str, str]:
    """Give the names that fields have in JSON."""
    return {field.name: field.encode_name for field in msgspec.structs.fields(fact)}


def fields_of(kind: Kind) -> list[tuple[str, str, str]]:
    """Give the fields of a kind's predicate: name in JSON, its form in a few words, and what it means."""
    notes = field_notes(kind.predicate)
    schema = schema_of(kind)
    own = schema["$defs"][kind.predicate.__name__]
    required = set(own.get("required", ()))
    return [
        (
            field.encode_name,
            _form(own["properties"][field.encode_name], schema)
            + ("" if field.encode_name in required else ", may be left out"),
            " ".join(notes.get(field.name, "").split()),
        )
        for field in msgspec.structs.fields(kind.predicate)
    ]


_FORMS = {
    "^[0-9a-f]{64}$": "SHA-256",
    "^([0-9a-f]{64})?$": "SHA-256 or empty",
    "^([0-9a-f]{40}|[0-9a-f]{64})$": "git id",
    "^([0-9a-f]{40}|[0-9a-f]{64})?$": "git id or empty",
}


def _form(described: dict[str, Any], schema: dict[str, Any]) -> str:
    """Say what form a field has."""
    if "$ref" in described:
        return _form_of_part(schema["$defs"][described["$ref"].rsplit("/", 1)[1]], schema)
    if "allOf" in described:
        return _form(described["allOf"][0], schema)
    if "anyOf" in described:
        return " or ".join(_form(one, schema) for one in described["anyOf"])
    if "enum" in described:
        return " \\| ".join(f"`{one}`" if one else "empty" for one in described["enum"])
    match described.get("type"):
        case "array":
            return f"list of {_form(described.get('items', {}), schema)}"
        case "string":
            return _form_of_text(described.get("pattern", ""))
        case "integer":
            return "number"
        case "object":
            return "map"
        case kind:
            return str(kind or "anything")


def _form_of_text(pattern: str) -> str:
    pattern = pattern.removesuffix(END) + "$" if pattern else ""
    if pattern in _FORMS:
        return _FORMS[pattern]
    if "T([01]" in pattern:
        return "time or empty" if pattern.endswith("?$") else "time"
    if pattern.startswith("^refs/"):
        return "reference"
    if "[a-z0-9+.-]*:" in pattern:
        return "URI or empty" if pattern.endswith("?$") else "URI"
    return "name or empty" if pattern.endswith("?$") else "name" if pattern else "text"


def _form_of_part(part: dict[str, Any], schema: dict[str, Any]) -> str:
    if "properties" not in part:
        return _form(part, schema)
    return "{" + ", ".join(f"`{name}`" for name in part["properties"]) + "}"
