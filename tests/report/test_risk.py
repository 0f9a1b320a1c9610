"""Waived findings stand in every report, and say who accepted them."""

import json

from msgspec.structs import replace

from clearance.facts.decision import Decision, Verdict
from clearance.facts.outcome import Outcome
from clearance.facts.waiver import Accepted, Cover, Register, Use, Waiver
from clearance.report import register as registers
from clearance.report import risk
from clearance.report.look import Look
from clearance.report.render import render
from report.conftest import AT, CHANGE, SQL

EVIL = "Eve\x1b[31m <script>\u202e |x| =1"


def cover(days: int = 30, owner: str = "Dana", name: str = "legacy-sql") -> Cover:
    waiver = Waiver(
        id=name,
        owner=owner,
        reason="it runs here only",
        expires="2026-12-22",
        compensating="the port is closed",
        finding=SQL.fingerprint,
        ticket="OPS-7",
        where=f".clearance/waivers/{name}.toml",
    )
    return Cover(waiver=waiver, days=days, most=180, findings=(SQL.fingerprint,))


def outcome(*covers: Cover, counted: tuple[str, ...] = ("legacy-sql",), introduced: bool = True) -> Outcome:
    from clearance.facts.outcome import SCHEMA

    verdict = Verdict.ALLOW if counted else Verdict.DENY
    return Outcome(
        schema=SCHEMA,
        version="0.1.0",
        change=CHANGE,
        findings=(replace(SQL, introduced=introduced),),
        gaps=(),
        ran=(),
        rules=(),
        catalogue="a" * 64,
        decision=Decision(verdict=verdict, reasons=(), reviews=(), policies="b" * 64, case="c" * 64, waivers=counted),
        waivers=covers,
    )


def shown(name: str, told: Outcome) -> str:
    return render(name, told, look=Look(), at=AT)


def test_a_waived_finding_stays_and_says_by_what_until_when_and_who_answers() -> None:
    told = outcome(cover())
    said = "waived by legacy-sql until 2026-12-22 (30 days left), owner Dana, OPS-7"
    assert said in shown("text", told)
    assert "· high" in shown("text", told)
    (result,) = json.loads(shown("sarif", told))["runs"][0]["results"]
    assert result["suppressions"] == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": f"{said}. Reason: it runs here only. Instead: the port is closed",
        }
    ]
    assert result["properties"]["waiver"] == {"id": "legacy-sql", "owner": "Dana", "expires": "2026-12-22"}
    (vulnerability,) = json.loads(shown("gitlab", told))["vulnerabilities"]
    assert said in vulnerability["details"]["waiver"]["value"]
    assert "high, waived" in shown("markdown", told)
    assert "legacy" in shown("markdown", told)


def test_a_waiver_that_did_not_count_suppresses_nothing_and_says_why() -> None:
    told = outcome(cover(-3), counted=())
    assert "! waiver legacy-sql   covers nothing: expired 3 days ago (owner Dana" in shown("text", told)
    assert "✗ high" in shown("text", told)
    sarif = json.loads(shown("sarif", told))["runs"][0]
    assert "suppressions" not in sarif["results"][0]
    assert "covers nothing: expired 3 days ago" in sarif["properties"]["waivers"][0]
    gitlab = json.loads(shown("gitlab", told))
    assert "waiver" not in gitlab["vulnerabilities"][0]["details"]
    assert any("expired 3 days ago" in one["value"] for one in gitlab["scan"]["messages"])
    assert "waived" not in shown("markdown", told)


def test_why_a_waiver_covers_nothing() -> None:
    said = [next(iter(risk.told(outcome(cover(days), counted=())))).said.split(" (")[0] for days in (-1, 181, 5)]
    assert said == [
        "covers nothing: expired 1 day ago",
        "covers nothing: it reaches 181 days ahead, and 180 are allowed",
        "covers nothing: a policy forbids it",
    ]


def test_only_what_ends_soon_is_told_of_what_counts() -> None:
    assert [len(list(risk.told(outcome(cover(days))))) for days in (0, 14, 15)] == [1, 1, 0]


def test_a_waiver_of_what_was_there_before_is_told_as_nothing() -> None:
    assert list(risk.told(outcome(cover(-3), counted=(), introduced=False))) == []


def test_nothing_that_a_waiver_says_reaches_a_terminal_or_a_page_raw() -> None:
    told = outcome(cover(3, EVIL))
    for name in ("text", "sarif", "gitlab", "markdown", "json"):
        text = shown(name, told)
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script>" not in shown("markdown", told)


def line(**more: object) -> Accepted:
    fields = {"waiver": cover().waiver, "state": "in force", "days": 30, **more}
    return Accepted(**fields)  # type: ignore[arg-type]


def test_the_register_keeps_to_its_width_and_escapes_what_it_shows() -> None:
    use = Use(entry=3, at="2026-11-22T06:12:00Z", verdict="ALLOW")
    rows = (
        line(waiver=cover(-2, EVIL, "a" * 120).waiver, state="expired", days=-2, also=("other",), differs=True),
        line(decisions=2, first=use, last=use),
        line(state="removed"),
    )
    register = Register(today="2026-11-22", base="main", most=180, accepted=rows, decisions=4, log="log")
    for width in (40, 100):
        text = registers.text(register, Look(width=width))
        assert "\x1b" not in text
        assert all(len(row) <= max(width, 60) for row in text.splitlines()), text
    assert "1 more used once and removed since" in text
    assert "2 accepted risks: 1 expired, 1 in force." in text
    assert "\x1b" not in registers.table(register)
    assert "\x1b" not in registers.json(register)
    assert "<script>" not in registers.page(register)
