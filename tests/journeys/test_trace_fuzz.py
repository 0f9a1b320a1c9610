"""A small run of the model of people and assistants at work (`benchmarks/trace.py`): real git, real formatters, one seed."""

import pytest
from benchmarks import trace
from benchmarks.tracing.formatters import tools
from benchmarks.tracing.world import Case


@pytest.mark.parametrize(
    "case",
    [
        Case("plain", (), ("squash", "rebase")),
        Case("all together", trace.EVERYTHING, trace.WAYS, 0.4),
    ],
    ids=lambda case: case.name,
)
def test_lines_keep_their_origin(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    formatters, _ = tools(None)
    world = trace.play(case, 4, 7, held_out=False, packages=None, found=formatters)
    found = trace.score(world)
    assert found["ai"] > 50
    assert found["right"] >= 0.97 * found["ai"]
    assert found["closed ai"] >= 0.99 * found["ai"]
    assert found["false"] <= 0.002 * found["person"]
