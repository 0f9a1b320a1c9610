"""A risk that is accepted, from the finding that denies to the day on which the waiver ends, in a real repository."""

import datetime as dt
import json
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from clearance.facts.act import Act, Moment, Write
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadWaiver
from clearance.facts.outcome import Outcome
from clearance.wiring import Wanted, check
from clearance.wiring.acts import Engine
from clearance.wiring.furnish import builtin_furnish
from journeys.place import Place

FLAW = """\
from flask import request


def find(connection):
    name = request.args["name"]
    return connection.execute("select * from orders where name = '" + name + "'")
"""
WAIVER = """\
owner = "Dana Reyes"
reason = "It runs on the operator's machine only."
expires = {expires}
compensating = "The port is closed at the firewall."
"""
FOLDER = ".clearance/waivers"
TODAY = dt.date(2026, 11, 22)


class Clock:
    """The day that the gate is told."""

    def __init__(self) -> None:
        self.day = TODAY


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    told = Clock()

    def furnish(*given: object, **more: object) -> object:
        return replace(builtin_furnish(*given, **more), today=told.day)  # type: ignore[arg-type]

    monkeypatch.setattr("clearance.wiring.runs.builtin_furnish", furnish)
    return told


@pytest.fixture
def flawed(repository: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A branch whose change brings one critical finding, written by a person."""
    monkeypatch.chdir(repository.top)
    repository.git("checkout", "-q", "-b", "work")
    repository.write("find.py", FLAW)
    repository.commit("find orders")
    return repository


def judged(place: Place) -> Outcome:
    return check(Wanted(directory=place.top), os.environ).outcome


def policies(outcome: Outcome) -> set[str]:
    assert outcome.decision is not None
    return {reason.policy for reason in outcome.decision.reasons if reason.verdict is not Verdict.ALLOW}


def on_base(place: Place, files: dict[str, str | None]) -> None:
    """Land files on main, or take them away, and go on on the branch."""
    place.git("checkout", "-q", "main")
    for name, text in files.items():
        if text is None:
            (place.top / name).unlink()
        else:
            place.write(name, text)
    place.commit("land")
    place.git("checkout", "-q", "work")


def exact(outcome: Outcome, expires: str) -> str:
    (found,) = outcome.introduced
    return f'finding = "{found.fingerprint}"\n' + WAIVER.format(expires=expires)


SHARED = """\
from flask import request


def admin_only(connection):
    sql = {first}
    return connection.execute(sql)


def public_login(connection):
    sql = {second}
    return connection.execute(sql)
"""


def test_a_waiver_does_not_pass_on_to_another_flow_with_the_same_last_line(flawed: Place, clock: Clock) -> None:
    one = """"select * from admins where name = '" + request.args["name"] + "'\""""
    other = """"select * from users where word = '" + request.form["word"] + "'\""""
    (flawed.top / "find.py").unlink()
    flawed.write("db.py", SHARED.format(first=one, second='"select 1"'))
    flawed.commit("admins")
    (admins,) = judged(flawed).introduced
    on_base(flawed, {f"{FOLDER}/admins.toml": exact(judged(flawed), "2026-12-01")})
    assert set(judged(flawed).waived) == {admins.fingerprint}

    flawed.write("db.py", "\n" + SHARED.format(first='"select 1"', second=other))
    flawed.commit("mended, and another one")
    after = judged(flawed)
    (login,) = after.introduced
    assert login.fingerprint != admins.fingerprint
    assert not after.waived
    assert "no-new-high-findings" in policies(after)

    flawed.write("db.py", "\n\n" + SHARED.format(first=one, second='"select 2"'))
    flawed.commit("as it was, further down")
    assert set(judged(flawed).waived) == {admins.fingerprint}


def test_a_risk_is_accepted_counts_until_its_last_day_and_no_longer(flawed: Place, clock: Clock) -> None:
    denied = judged(flawed)
    assert denied.decision is not None
    assert denied.decision.verdict is Verdict.DENY
    assert "no-new-high-findings" in policies(denied)

    on_base(flawed, {f"{FOLDER}/find.toml": exact(denied, "2026-12-01")})
    accepted = judged(flawed)
    assert accepted.decision is not None
    assert policies(accepted) == {"tier-2-needs-a-reviewer"}
    assert accepted.decision.waivers == ("find",)
    assert accepted.waived[accepted.introduced[0].fingerprint].days == 9

    clock.day = dt.date(2026, 12, 1)
    assert policies(judged(flawed)) == {"tier-2-needs-a-reviewer"}
    clock.day = dt.date(2026, 12, 2)
    late = judged(flawed)
    assert late.decision is not None
    assert late.decision.verdict is Verdict.DENY
    assert policies(late) == {"no-new-high-findings", "tier-2-needs-a-reviewer", "waivers-expire"}
    assert late.decision.waivers == ()
    (told,) = (one for one in late.decision.reasons if one.policy == "waivers-expire")
    assert told.about == ("waiver find: expired 1 day ago, owner Dana Reyes",)

    verified = flawed.clearance("log", "verify", "--format", "json")
    assert verified.code == 0, verified.err
    assert verified.data["size"] == 4
    used = [
        entry["statement"]["predicate"]["waivers"]
        for entry in (flawed.clearance("log", "show", str(index), "--format", "json").data for index in range(4))
    ]
    assert [[one["id"] for one in each] for each in used] == [[], ["find"], ["find"], []]
    assert used[1][0]["owner"] == "Dana Reyes"
    assert used[1][0]["findings"] == 1


def test_a_decision_with_a_waiver_can_be_given_again_from_the_log(flawed: Place, clock: Clock) -> None:
    on_base(flawed, {f"{FOLDER}/find.toml": exact(judged(flawed), "2026-12-01")})
    first = judged(flawed)
    clock.day = dt.date(2030, 1, 1)
    again = flawed.clearance("policy", "explain", "waivers-expire")
    assert first.decision is not None
    assert again.code == 0, again.err
    assert again.out.startswith("ASK because of tier-2-needs-a-reviewer")
    assert "resource.daysLeft = 9" in again.out


def test_a_change_cannot_waive_itself(flawed: Place, clock: Clock) -> None:
    text = exact(judged(flawed), "2026-12-01")
    flawed.write(f"{FOLDER}/find.toml", text)
    flawed.commit("accept it myself")
    outcome = judged(flawed)
    assert outcome.decision is not None
    assert outcome.decision.verdict is Verdict.DENY
    assert outcome.waivers == ()
    assert {"no-new-high-findings", "guards-not-changed", "tier-3-needs-two-people"} <= policies(outcome)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {f"{FOLDER}/new.toml": "x = 1"}),
        ({f"{FOLDER}/old.toml": "x = 1"}, {f"{FOLDER}/old.toml": "x = 2"}),
        ({f"{FOLDER}/old.toml": "x = 1"}, {f"{FOLDER}/old.toml": None}),
        ({"docs/old.toml": "x = 1"}, {"docs/old.toml": None, f"{FOLDER}/old.toml": "x = 1"}),
        ({f"{FOLDER}/old.toml": "x = 1"}, {f"{FOLDER}/old.toml": None, "docs/old.toml": "x = 1"}),
        ({}, {".CLEARANCE/Waivers/New.toml": "x = 1"}),
        ({}, {".clearance./waivers /new.toml": "x = 1"}),
        ({}, {"services/shop/.clearance/waivers/new.toml": "x = 1"}),
        ({}, {f"{FOLDER}/new.toml": "\0"}),
    ],
    ids=["added", "changed", "deleted", "moved in", "moved out", "other case", "other dots", "in a part", "as bytes"],
)
def test_whatever_is_done_to_a_waiver_takes_two_people(
    repository: Place, before: dict[str, str], after: dict[str, str | None]
) -> None:
    for name, text in before.items():
        repository.write(name, text)
    base = repository.commit("before")
    for name, text in after.items():
        if text is None:
            (repository.top / name).unlink()
        else:
            repository.write(name, text)
    repository.commit("after")
    patch = repository.git("diff", "--binary", "-M", base, "HEAD")
    outside = repository.top.parent / "outside"  # the base of this place may hold a waiver that is none
    outside.mkdir()
    answer = Place(outside).check("--patch", "-", stdin=(patch + "\n").encode())
    decision = answer.data["decision"]
    assert decision["verdict"] in {"ASK", "DENY"}
    assert {(one["role"], one["people"]) for one in decision["reviews"]} >= {("security engineer", 1), ("reviewer", 1)}
    assert "guards-not-changed" in {one["policy"] for one in decision["reasons"]}


def test_a_link_to_a_waiver_takes_two_people_and_on_the_base_nobody_follows_it(repository: Place) -> None:
    repository.write("docs/accepted.toml", 'rule = "x"')
    repository.commit("before")
    repository.git("checkout", "-q", "-b", "work")
    (repository.top / FOLDER).mkdir(parents=True)
    (repository.top / FOLDER / "linked.toml").symlink_to("../../docs/accepted.toml")
    repository.commit("link")
    answer = repository.check()
    assert "guards-not-changed" in {one["policy"] for one in answer.data["decision"]["reasons"]}
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "work")
    repository.git("checkout", "-q", "-b", "next")
    repository.write("more.py", "x = 1\n")
    after = repository.check()
    assert after.code == 4
    assert "a link or a submodule" in after.err


def test_settings_that_leave_files_out_leave_no_guard_out(repository: Place) -> None:
    repository.write(".clearance/settings.toml", '[scan]\nexclude = ["*.toml", ".clearance/**", "docs/**"]\n')
    repository.write(f"{FOLDER}/README.md", "Accepted risks.\n")
    repository.commit("settings")
    repository.git("checkout", "-q", "-b", "work")
    repository.write(f"{FOLDER}/new.toml", "x = 1\n")
    repository.commit("accept")
    answer = repository.check()
    assert "guards-not-changed" in {one["policy"] for one in answer.data["decision"]["reasons"]}
    (repository.top / "docs").mkdir()
    repository.git("mv", f"{FOLDER}/README.md", "docs/README.md")
    repository.commit("move it out of sight")
    findings = repository.check().data["findings"]
    assert "docs/README.md" in {one["place"]["path"] for one in findings if one["rule"] == "guard-changed"}


BROKEN = [
    ("find.toml", "finding = \n", "find.toml:1", "not TOML"),
    ("find.toml", "owner = 'x'\nownr = 'y'\n", "find.toml:2", "unknown key"),
    ("find.txt", "", "find.txt", "would be passed over"),
]


@pytest.mark.parametrize(("name", "text", "where", "what"), BROKEN)
def test_a_broken_waiver_on_the_base_is_said_and_waives_nothing(
    flawed: Place, clock: Clock, name: str, text: str, where: str, what: str
) -> None:
    good = exact(judged(flawed), "2026-12-01")
    on_base(flawed, {f"{FOLDER}/good.toml": good, f"{FOLDER}/{name}": text})
    with pytest.raises(BadWaiver, match=what) as caught:
        judged(flawed)
    assert caught.value.where == f"{FOLDER}/{where}"
    shown = flawed.clearance("check")
    assert (shown.code, shown.out) == (2, "")
    assert where in shown.err


def test_a_waiver_that_reaches_further_than_the_settings_allow_covers_nothing(flawed: Place, clock: Clock) -> None:
    text = exact(judged(flawed), "2026-12-22")
    on_base(flawed, {f"{FOLDER}/find.toml": text, ".clearance/settings.toml": "[waivers]\nmost_days = 29\n"})
    assert {"no-new-high-findings", "waivers-are-bounded"} <= policies(judged(flawed))
    clock.day += dt.timedelta(days=1)
    assert policies(judged(flawed)) == {"tier-2-needs-a-reviewer"}


def test_a_waiver_of_a_rule_covers_new_findings_in_its_files_only(flawed: Place, clock: Clock) -> None:
    text = 'rule = "python-sql-string-build"\npaths = ["legacy/**"]\n' + WAIVER.format(expires="2026-12-22")
    on_base(flawed, {f"{FOLDER}/legacy.toml": text})
    assert "no-new-high-findings" in policies(judged(flawed))
    flawed.git("mv", "find.py", "shop_find.py")
    (flawed.top / "legacy").mkdir()
    flawed.git("mv", "shop_find.py", "legacy/find.py")
    flawed.commit("move")
    assert policies(judged(flawed)) == {"tier-2-needs-a-reviewer"}


def test_what_was_waived_is_shown_in_every_report(flawed: Place, clock: Clock, tmp_path: Path) -> None:
    far = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days=5)).isoformat()
    on_base(flawed, {f"{FOLDER}/find.toml": exact(judged(flawed), far)})
    names = ("a.json", "a.sarif", "a.md", "gl-a.json")
    answer = flawed.clearance("check", *(part for name in names for part in ("--output", str(tmp_path / name))))
    assert answer.code == 3, answer.err
    assert f"risk  waived by find until {far} (5 days left), owner Dana Reyes" in answer.out
    assert "! waiver find   5 days left" in answer.out
    told = json.loads((tmp_path / "a.json").read_text())
    assert told["decision"]["waivers"] == ["find"]
    assert told["waivers"][0]["waiver"]["compensating"] == "The port is closed at the firewall."
    (result,) = json.loads((tmp_path / "a.sarif").read_text())["runs"][0]["results"]
    (suppression,) = result["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert "waived by find until" in suppression["justification"]
    assert "The port is closed" in suppression["justification"]
    assert "**Accepted risks**" in (tmp_path / "a.md").read_text()
    (vulnerability,) = json.loads((tmp_path / "gl-a.json").read_text())["vulnerabilities"]
    assert "owner Dana Reyes" in vulnerability["details"]["waiver"]["value"]


@pytest.mark.parametrize(
    "command",
    [
        "clearance risk accept find.py:6 --owner me --reason fine --expires 90d --compensating none",
        "clearance risk renew find --expires 180d",
        f"cp /tmp/mine.toml {FOLDER}/mine.toml",
        f"printf 'owner = 1' > {FOLDER}/mine.toml",
        f"git mv docs/x.toml {FOLDER}/x.toml",
        f"sed -i s/2026/2027/ {FOLDER}/find.toml",
    ],
)
def test_no_assistant_accepts_a_risk(repository: Place, command: str) -> None:
    engine = Engine(os.environ)
    act = Act(
        assistant="claude-code",
        moment=Moment.BEFORE,
        tool="Bash",
        session="s",
        directory=str(repository.top),
        command=command,
    )
    ruling = engine.judge(act)
    assert ruling.verdict is Verdict.DENY
    assert ruling.decision is not None
    assert "act-guards-untouched" in {one.policy for one in ruling.decision.reasons}


def test_no_assistant_writes_a_waiver_and_none_makes_its_write_pass(flawed: Place, clock: Clock) -> None:
    engine = Engine(os.environ)

    def write(path: str, text: str) -> set[str]:
        act = Act(
            assistant="claude-code",
            moment=Moment.BEFORE,
            tool="Write",
            session="s",
            directory=str(flawed.top),
            writes=(Write(path=path, text=text),),
        )
        ruling = engine.judge(act)
        assert ruling.verdict is Verdict.DENY
        assert ruling.decision is not None
        return {one.policy for one in ruling.decision.reasons}

    assert write(f"{FOLDER}/mine.toml", "x = 1\n") == {"act-guards-untouched"}
    text = 'rule = "python-sql-string-build"\npaths = ["**"]\n' + WAIVER.format(expires="2026-12-22")
    on_base(flawed, {f"{FOLDER}/all.toml": text})
    assert write("other.py", FLAW) == {"act-no-flaws"}
