"""The real assistants in a repository with Clearance, offline, each with a model that does what a script says."""

from pathlib import Path

import pytest

from assistants_live import story
from assistants_live.clients import Client, clients, program
from assistants_live.place import settled

ALL = [pytest.param(one, id=one.contract, marks=pytest.mark.system(one.command)) for one in clients()]


def _program(client: Client) -> Path:
    found = program(client)
    assert found is not None
    return found


@pytest.mark.parametrize("client", ALL)
def test_a_flaw_is_stopped_and_repaired_and_guards_stay_untouched(client: Client, tmp_path: Path) -> None:
    with settled(tmp_path, client.contract) as place:
        guards = {path: (place.repository / path).read_text() for path in (".clearance/settings.toml", client.own_settings)}
        seen = story.run(client, _program(client), place, "Write app.py, a small ping service", story.working(client, place))
        assert seen.ended.code == 0, seen.ended
        assert story.MARK in seen.asked[0].text(), "the instructions are in what is sent to the model"
        assert "Clearance stopped this write" in seen.of("write a flaw")
        assert "app.py:11: python-subprocess-shell" in seen.of("write a flaw")
        assert "There is none." in seen.of("look whether it is there")
        assert "Clearance" not in seen.of("write it without the flaw")
        assert (place.repository / "app.py").read_text() == story.REPAIRED
        assert "package-does-not-exist" in seen.of("install an invented package")
        assert "push-default-branch" in seen.of("push")
        assert "guard-changed" in seen.of("switch Clearance off")
        assert "assistant-guard-changed" in seen.of("switch its own hooks off")
        assert guards == {path: (place.repository / path).read_text() for path in guards}
        assert any(client.named("check_package") in request.offered() for request in seen.asked)
        assert "is not on PyPI" in seen.of("ask Clearance")


@pytest.mark.parametrize("client", ALL)
def test_who_stops_with_a_flaw_is_sent_back_with_the_finding(client: Client, tmp_path: Path) -> None:
    with settled(tmp_path, client.contract) as place:
        (place.repository / "app.py").write_text(story.FLAW)
        seen = story.run(client, _program(client), place, "Finish app.py", [], last=story.stopping(client, place))
        if client.sends_back:
            assert "app.py:11: python-subprocess-shell" in seen.sent_back(), "the finding is in the next request"
            assert (place.repository / "app.py").read_text() == story.REPAIRED
        else:  # it has left when the answer comes; the commit is stopped
            place.git("add", "app.py")
            committed = place.run(["git", "-c", "user.name=Dev", "-c", "user.email=dev@example.com", "commit", "-m", "Ping"])
            assert committed.code != 0
            assert "python-subprocess-shell" in committed.stdout + committed.stderr


@pytest.mark.parametrize("client", ALL)
def test_a_prompt_with_a_secret_is_not_sent(client: Client, tmp_path: Path) -> None:
    with settled(tmp_path, client.contract) as place:
        token = story.secret()
        seen = story.run(client, _program(client), place, f"Push with the token {token}", [])
        assert seen.asked == []
        assert not any(token in request.text() for request in seen.requests)
        assert client.blocked in seen.ended.stdout + seen.ended.stderr


@pytest.mark.parametrize("client", ALL)
def test_where_our_program_is_gone_no_flaw_is_written(client: Client, tmp_path: Path) -> None:
    with settled(tmp_path, client.contract) as place:
        steps = [story.Step("write a flaw", (client.write(place, "app.py", story.FLAW),))]
        story.run(client, _program(client), place, "Write app.py", steps, without_us=True)
        assert not (place.repository / "app.py").exists()
