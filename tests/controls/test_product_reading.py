"""Files of own controls are input too: what is wrong with one is told with its file and line, and nothing of it counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.controls.product import read_controls
from clearance.facts.control import Relation
from clearance.facts.errors import BadCatalogue
from clearance.facts.finding import Confidence

WHOLE = """\
by = "assistant"

[[controls]]
id = "gate"
kind = "checkpoint"
title = "Gate"
does = "Judges a change."
where = ["clearance.pipeline", "clearance check"]
shown_by = ["clearance check"]
edges = [
  {to = "ssdf:PW.7.2", rel = "intersects-with", note = "a part"},
  {to = "soc2:CC8.1", rel = "subset-of", confidence = "low", by = "person", source = "read by Nina", note = "a part"},
]
none = [
  {of = ["gdpr", "hipaa"], reason = "about data"},
]

[[controls]]
id = "log"
kind = "capability"
title = "Log"
does = "Keeps records."
where = ["clearance.record.log"]
shown_by = ["clearance log verify"]
none = [
  {of = ["slsa"], reason = "about builds"},
]
"""


def _broken(old: str, new: str) -> BadCatalogue:
    assert old in WHOLE
    with pytest.raises(BadCatalogue) as caught:
        read_controls(WHOLE.replace(old, new, 1).encode(), "own.toml")
    return caught.value


def test_a_file_is_read_with_the_line_of_each_claim() -> None:
    gate, log = read_controls(WHOLE.encode(), "own.toml")
    assert (gate.name, gate.place, log.name, log.place) == ("checkpoint:gate", "own.toml:3", "capability:log", "own.toml:18")
    first, second = gate.edges
    assert (first.of, first.to, first.rel, first.where) == (
        gate.name,
        "ssdf:PW.7.2",
        Relation.INTERSECTS_WITH,
        "own.toml:11",
    )
    assert (first.by, first.confidence) == ("assistant", Confidence.MEDIUM)
    assert first.source.startswith("NIST Secure Software Development Framework")
    assert (second.by, second.confidence, second.source) == ("person", Confidence.LOW, "read by Nina")
    assert [(one.catalogue, one.reason, one.where) for one in gate.none] == [
        ("gdpr", "about data", "own.toml:15"),
        ("hipaa", "about data", "own.toml:15"),
    ]
    assert [(one.of, one.catalogue) for one in log.none] == [("capability:log", "slsa")]


BROKEN = {
    "an unknown key of a control": ('title = "Log"', 'title = "Log"\nlevel = 1', "own.toml:18", "level"),
    "an unknown key of a claim": ('note = "a part"},', 'note = "a part", sure = true},', "own.toml:11", "sure"),
    "a missing note": (', note = "a part"},', "},", "own.toml:11", "note"),
    "a relation that is none": ('rel = "subset-of"', 'rel = "part-of"', "own.toml:12", "part-of"),
    "a confidence that is none": ('confidence = "low"', 'confidence = "sure"', "own.toml:12", "sure"),
    "an author of no kind": ('by = "person"', 'by = "board"', "own.toml:12", "board"),
    "a kind that is none": ('kind = "capability"', 'kind = "virtue"', "own.toml:18", "virtue"),
    "an id with a space": ('id = "gate"', 'id = "the gate"', "own.toml:3", "lower-case letters"),
    "a module that is none of ours": ("clearance.record.log", "os.path", "own.toml:18", "a module (clearance.x.y)"),
    "nothing that shows it": ('shown_by = ["clearance log verify"]', "shown_by = []", "own.toml:18", "length"),
    "a reason without words": ('reason = "about builds"', 'reason = ""', "own.toml:26", "one line of 1 to 400"),
    "control characters in words": ('title = "Gate"', 'title = "Ga\\u001b[31mte"', "own.toml:3", "one line of 1 to 400"),
    "an id twice": ('id = "log"\nkind = "capability"', 'id = "gate"\nkind = "checkpoint"', "own.toml:18", "stands twice"),
    "a claim twice": ('to = "soc2:CC8.1"', 'to = "ssdf:PW.7.2"', "own.toml:12", "stands twice"),
    "a none twice": ('of = ["gdpr", "hipaa"]', 'of = ["gdpr", "gdpr"]', "own.toml:15", "stands twice"),
    "a none beside a claim": ('of = ["gdpr", "hipaa"]', 'of = ["gdpr", "soc2"]', "own.toml:15", "serve nothing of soc2"),
    "a claim to be equal": ('rel = "subset-of"', 'rel = "equal-to"', "own.toml:12", "people and paper"),
    "a claim to be as good": ('rel = "subset-of"', 'rel = "equivalent-to"', "own.toml:12", "people and paper"),
    "a claim to be more": ('rel = "subset-of"', 'rel = "superset-of"', "own.toml:12", "people and paper"),
    "no TOML": ('kind = "capability"', "kind = ", "own.toml:20", "no TOML"),
}


@pytest.mark.parametrize(("old", "new", "where", "says"), BROKEN.values(), ids=BROKEN)
def test_what_is_wrong_is_told_with_file_and_line(old: str, new: str, where: str, says: str) -> None:
    error = _broken(old, new)
    assert error.where == where
    assert says in error.what
    assert error.next


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "controls"),
        (b"controls = []", "length"),
        (b"controls = 1", "array"),
        (b"\xff\xfe", "no TOML"),
        (b"a = " + b"[" * 5000, "no TOML"),
        (b"#" * (1 << 20) + b"#", "larger than 1 MiB"),
    ],
    ids=["empty", "no control", "of another kind", "no text", "nested without end", "too large"],
)
def test_what_is_no_file_of_controls_is_refused(text: bytes, says: str) -> None:
    with pytest.raises(BadCatalogue, match=says):
        read_controls(text, "own.toml")


@given(st.integers(0, len(WHOLE)), st.text(max_size=6), st.integers(0, 40))
def test_a_file_that_was_damaged_is_read_or_refused_with_its_name(at: int, put: str, cut: int) -> None:
    damaged = WHOLE[:at] + put + WHOLE[at + cut :]
    where = "own.toml:1"
    try:
        read_controls(damaged.encode(errors="surrogatepass"), "own.toml")
    except BadCatalogue as error:
        where = error.where
    assert where.startswith("own.toml:")
