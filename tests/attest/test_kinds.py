"""Every kind of statement: read as it was written, its schema as strict as its type, its form fixed for each version."""

import copy
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.attest.kinds import kind_of, kinds, read, state, type_of
from clearance.attest.schema import fields_of, schema_of
from clearance.facts.errors import BadStatement
from clearance.facts.fact import canonical
from clearance.facts.statement import PAYLOAD_LIMIT, DigestSet, Resource

sys.path.insert(0, str(Path(__file__).parent))
from stated import PREDICATES, TREE, statement_of

FOLDER = Path(__file__).parents[2] / "docs" / "reference" / "schema" / "predicates"
KINDS = list(kinds())


MAPS = {"annotations", "inputs", "digest", "version"}
"""Fields of which some hold maps, of which the reader names no key."""


def payload_of(kind: str) -> bytes:
    return canonical(statement_of(kind))


@pytest.fixture(scope="module")
def judges() -> dict[str, Any]:
    """A validator for each schema, the formats of patterns included."""
    return {name: jsonschema.Draft202012Validator(schema_of(kind)) for name, kind in kinds().items()}


def test_every_kind_has_an_example_here() -> None:
    assert sorted(PREDICATES) == sorted(KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_a_statement_is_read_as_it_was_written_and_fits_its_schema(name: str, judges: dict[str, Any]) -> None:
    payload = payload_of(name)
    reading = read(payload)
    assert (reading.problem, reading.kind, reading.type) == ("", kinds()[name], type_of(payload))
    assert canonical(reading.statement) == payload
    judges[name].validate(json.loads(payload))


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every part of a document."""
    if at:
        yield at
    if isinstance(value, dict):
        for key in value:
            yield from paths(value[key], (*at, key))
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from paths(one, (*at, number))


def changed(document: Any, at: tuple[Any, ...], value: Any) -> Any:
    """Put another value at a place; without one, take it out."""
    document = copy.deepcopy(document)
    place = document
    for step in at[:-1]:
        place = place[step]
    if value is paths:
        del place[at[-1]]
    else:
        place[at[-1]] = value
    return document


def value_at(document: Any, at: tuple[Any, ...]) -> Any:
    for step in at:
        document = document[step]
    return document


def field_of(at: tuple[Any, ...]) -> str:
    return next(str(step) for step in reversed(at) if isinstance(step, str))


def mutations(name: str) -> Iterator[tuple[str, tuple[Any, ...], Any]]:
    """Give mutations of one field each that must be refused: what was done, where, and the document."""
    document = json.loads(payload_of(name))
    for at in paths(document):
        value = value_at(document, at)
        within = bool({"annotations", "inputs", "version"} & set(at[:-1]))
        yield "wrong type", at, changed(document, at, 3 if not isinstance(value, int) else "three")
        a_map = MAPS & set(at[-2:]) and (at[0] == "predicate" or "annotations" in at) and not _is_fact(name, at)
        if isinstance(value, dict) and not a_map:
            yield "extra field", (*at, "surplus"), changed(document, (*at, "surplus"), "x")
        if within or not isinstance(value, str):
            continue
        if len(value) == 64 and set(value) <= set("0123456789abcdef"):
            for bad in (value.upper().replace(value.upper()[0], "G", 1), value[:-1], value + "0", value + "\n"):
                yield "bad digest", at, changed(document, at, bad)
        if value.endswith("Z") and "T" in value:
            for bad in ("2026-13-01T00:00:00Z", "2026-11-23 12:00:00", "2026-11-23T12:00:00+01:00", value + "\n", "now"):
                yield "bad time", at, changed(document, at, bad)
    schema = schema_of(kinds()[name])
    for at in paths(document):
        if isinstance(at[-1], str) and _is_required(schema, document, at):
            yield "missing", at, changed(document, at, paths)


def _is_fact(name: str, at: tuple[Any, ...]) -> bool:
    """Tell whether what a field of such a name holds is no map here: the reviewed revision of a VSA."""
    return name == "vsa" and at[0] == "subject"


def _is_required(schema: dict[str, Any], document: Any, at: tuple[Any, ...]) -> bool:
    part: Any = schema
    for step in at[:-1]:
        part = _resolved(schema, part)
        part = part.get("items", {}) if isinstance(step, int) else part.get("properties", {}).get(step, {})
    return at[-1] in _resolved(schema, part).get("required", ())


def _resolved(schema: dict[str, Any], part: Any) -> Any:
    while "$ref" in part or "anyOf" in part:
        part = (
            schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
            if "$ref" in part
            else next(one for one in part["anyOf"] if one.get("type") != "null")
        )
    return part


@pytest.mark.parametrize("name", KINDS)
def test_every_mutation_of_one_field_is_refused_by_the_reader_and_by_the_schema_with_its_name(
    name: str, judges: dict[str, Any]
) -> None:
    done = dict.fromkeys(("wrong type", "extra field", "bad digest", "missing"), 0)
    for what, at, document in mutations(name):
        done[what] = done.get(what, 0) + 1
        where = f"{what} at {at}"
        reading = read(canonical(document))
        assert reading.statement is None, where
        if at[0] not in ("_type", "predicateType"):
            named = field_of(at[:-1] if MAPS & set(at[-3:-1]) else at)
            assert named in reading.problem, (
                where, reading.problem,
            )  # fmt: skip
        errors = list(judges[name].iter_errors(document))
        assert errors, where
        told = " ".join(f"{error.json_path} {error.message}" for error in errors)
        told += " ".join(f"{one.json_path} {one.message}" for error in errors for one in error.context or ())
        assert field_of(at) in told, (where, told)
    assert all(done[what] for what in ("wrong type", "extra field", "bad digest", "missing"))


PINNED = {
    "attribution v1": "df13c2156322fcb983bd3a040f6c84c73c95cb26422244d7379880710dfa5524",
    "decision v1": "0318ea193ebb4a513e4fb18baa33af71f2a424e82ba4ac9fa28068156da1a3c7",
    "deploy v1": "7f2218943605c22a735e6cc765ba79c3f7489baa891d27789f50ce87e442a7b0",
    "erasure v1": "c01c628c4780dad831baf5d42b10d3274131d88417ae47d9b08e2aa70ccb3866",
    "evidence-access v1": "e2e192ea5500effef45875537b8e8d9f4431959ffa53b1853555d058d506b7a8",
    "evidence-kept v1": "c62dcee12e250c614ae3d37175319155ddbde4f0bcc47e06281f012fa4698e52",
    "generation v1": "1eb22859a7ef9c346ea6f1a9e4515bbf8b12e7fcd6f357d4737b8146c801bbe5",
    "incident v1": "ee77d1870659f6f4fcbdae492861a4bde5155e3ad050e9c2ea5188afabddaa97",
    "liveness v1": "68931f8100c18f406087676a6141f0105ca5083e4f93f1f43a6fe3566b918737",
    "merge v1": "50cf89c8055e23b462f8055ddf68dfb604a1ffc18459c8f87d6073c3ebf07fa4",
    "request v1": "93974b328bc696c49f3584606b7a06fe30bd3be6df7d96f71ee2b2c292def24b",
    "retention v1": "1606d1dad9946627c54757756eee9338c91e919493660876e2c167d2d0037e45",
    "revocation v1": "78924cb1117f20f286bbf0d1c3f98fb90faf9ba7546850897effb61ff00abe5e",
    "review v1": "5c57fd6b483506f9db940546d1866dce4352830d28906a7007e8ea378aa7e7e6",
    "scan v1": "c96529fa89949a730f9b535bba818050f648a3d103514011b0033c04c6e732c3",
    "trust v1": "41197dc445190c50f2775be7a16d796e7199560b7e29af4753c810dc02ab786c",
    "waiver v1": "cd3ee0ca4558fa62192ba6da90336b1dac0768759f2ed200484ed9f848a1252c",
    "svr v0.2": "32827f8349645f329021a0d0df9b3671dfa2d61af98c145a7d7476f7b35c6c34",
    "test-result v0.1": "73fa84fa82948f7afcb8cf26eff74de526b6e4443c32dc2aec69156562af990e",
    "vsa v1": "0852d495ec9c880017457b272593addadbc507e14ca673654ef057f2eb99d8ab",
    "vulns v0.2": "32f2c6727fcdf21191f90c5cf8b7cfb33cbd1496f969777aa211bcaef8c05bfa",
}
"""SHA-256 of each schema without its words, by kind and version. What was signed must stay readable: where one of these
would change, leave the version as it is and write the next one (`…:v2`) beside it."""


def bones(part: Any) -> Any:
    """Give a schema without the words for people."""
    if isinstance(part, dict):
        return {
            key: bones(one) for key, one in part.items() if not (key in ("title", "description") and isinstance(one, str))
        }
    return [bones(one) for one in part] if isinstance(part, list) else part


@pytest.mark.parametrize("name", KINDS)
def test_the_form_of_a_version_never_changes(name: str) -> None:
    kind = kinds()[name]
    assert PINNED.get(f"{name} {kind.version}") == hashlib.sha256(canonical(bones(schema_of(kind)))).hexdigest()


@pytest.mark.parametrize("name", KINDS)
def test_the_published_schema_is_that_of_the_code(name: str) -> None:
    kind = kinds()[name]
    published = json.loads((FOLDER / f"{name}.{kind.version}.json").read_text("utf-8"))
    assert published == schema_of(kind)
    assert published["$id"] == kind.uri


@pytest.mark.parametrize("name", [name for name, kind in kinds().items() if kind.ours])
def test_every_field_of_ours_is_described(name: str) -> None:
    assert [field for field, _, meaning in fields_of(kinds()[name]) if not meaning] == []


def test_a_newer_version_and_an_unknown_kind_are_told_and_never_crash() -> None:
    document = json.loads(payload_of("merge"))
    newer = read(canonical(document | {"predicateType": "urn:clearance:predicate:merge:v2"}))
    assert "version v2" in newer.problem
    assert "knows v1" in newer.problem
    other = read(canonical(document | {"predicateType": "https://example.com/else/v1" + "x" * 500}))
    assert other.problem.startswith("a kind of statement that is not known here: https://example.com/else/v1")
    assert len(other.problem) < 300
    assert (newer.statement, other.kind) == (None, None)


@given(st.one_of(st.binary(max_size=80), st.recursive(st.none() | st.text() | st.booleans(), st.lists).map(canonical)))
@settings(max_examples=60)
def test_anything_else_is_told_and_never_crashes(data: bytes) -> None:
    assert read(data).problem
    assert type_of(data) == ""


def test_a_deep_nest_is_told() -> None:
    deep = b'{"_type":"https://in-toto.io/Statement/v1","predicateType":"urn:clearance:predicate:merge:v1","predicate":'
    assert read(deep + b"[" * 100_000).problem


def test_a_statement_is_made_only_as_its_reader_wants_it() -> None:
    predicate = PREDICATES["merge"]
    with pytest.raises(BadStatement, match="name a subject"):
        state(predicate, [])
    with pytest.raises(BadStatement, match=r"subject\[0\]\.digest\.sha256"):
        state(predicate, [Resource(name="x", digest=DigestSet(sha256="0" * 63))])
    many = [Resource(name=f"{number}", digest=DigestSet(sha256="0" * 64)) for number in range(600)]
    with pytest.raises(BadStatement, match=f"{PAYLOAD_LIMIT:,} fit an entry"):
        state(predicate, many)
    assert kind_of(predicate).name == "merge"
    assert state(predicate, [TREE]).predicate == predicate
