"""Pages that nothing checks, in a repository that is judged: they change no verdict, and a broken one is not passed over."""

import pytest

from clearance.facts.proof import Pulse
from journeys.installed import Guarded
from journeys.place import Place

PAGE = ".clearance/rules/guidance/codeguard-0-uploads.md"
GUIDE = "---\ndescription: Uploads\nlanguages:\n- python\nalwaysApply: false\n---\n\nNever call eval on what was uploaded.\n"


def test_a_change_is_judged_as_if_guidance_were_not_there(repository: Place) -> None:
    repository.write("app.py", "x = 1\n")
    before = repository.check()
    repository.write(PAGE, GUIDE)
    repository.commit("guidance of others")
    repository.write("app.py", "x = 2\n")
    after = repository.check()
    verdicts = [answer.data["decision"]["verdict"] for answer in (before, after)]
    assert (after.code, verdicts[1]) == (before.code, verdicts[0])
    assert after.data["gaps"] == []
    assert after.data["findings"] == []


def test_a_broken_page_of_guidance_in_the_base_is_told(repository: Place) -> None:
    repository.write(PAGE, GUIDE.replace("alwaysApply", "applyAlways"))
    repository.commit("guidance of others")
    repository.write("app.py", "x = 2\n")
    said = repository.check()
    assert any(PAGE in f"{gap['path']} {gap['detail']}" for gap in said.data["gaps"])


def test_the_proof_counts_no_guidance_among_the_guards(repository: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.wiring.proving.pages._SAMPLE", 0)
    guarded = Guarded(repository.top)
    before = guarded.pulses("rules")
    repository.write(PAGE, GUIDE)
    repository.commit("guidance of others")
    assert guarded.pulses("rules") == before
    repository.write(PAGE, GUIDE.replace("alwaysApply", "applyAlways"))
    repository.commit("a broken one")
    assert guarded.pulses("rules")["rule:codeguard-0-uploads"] is Pulse.DEAD
