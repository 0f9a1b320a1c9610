"""How a verdict says where lines come from."""

import json
from typing import Any

import msgspec
import pytest

from clearance.facts.outcome import Outcome
from clearance.facts.provenance import Hand, Provenance
from clearance.report import wording

HANDS = (
    Hand(name="claude-code", evidence="hook", lines=12, entries=(2,)),
    Hand(name="codex", evidence="claim", lines=2, entries=(4, 5), more=3),
    Hand(name="bob@example.com", evidence="person", lines=1, entries=(7,)),
)


@pytest.mark.parametrize(
    ("origins", "said"),
    [
        (Provenance(settled=True, hands=HANDS[:1], unknown=2), "14 new lines: 12 by claude-code (entry 2), 2 unknown"),
        (Provenance(settled=True, hands=HANDS[2:]), "1 new line: 1 signed for by bob@example.com (entry 7)"),
        (Provenance(settled=True, hands=HANDS[1:2]), "2 new lines: 2 claimed for codex (entries 4, 5 and 3 more)"),
    ],
)
def test_lines_are_told_by_who_made_them(origins: Provenance, said: str) -> None:
    assert wording.lines(origins) == said


def test_every_page_of_a_verdict_says_it(write: Any, outcomes: dict[str, Outcome]) -> None:
    origins = Provenance(settled=True, hands=HANDS[:1], unknown=2)
    outcome = msgspec.structs.replace(outcomes["allowed"], origins=origins)
    for name in ("text", "markdown"):
        page = " ".join(write(name, outcome).replace("\\", "").split())
        assert "14 new lines: 12 by claude-code (entry 2), 2 unknown" in page
        assert "treated as AI-written" in page
        assert "author unknown" not in page
    assert json.loads(write("json", outcome))["origins"]["hands"][0]["lines"] == 12
    assert json.loads(write("sarif", outcome))["runs"][0]["properties"]["origins"]["unknown"] == 2


def test_lines_that_nobody_settled_are_of_unknown_origin(write: Any, outcomes: dict[str, Outcome]) -> None:
    for origins in (Provenance(), Provenance(settled=True, unknown=40), None):
        page = " ".join(write("text", msgspec.structs.replace(outcomes["asked"], origins=origins)).split())
        assert "40 lines of unknown origin" in page
