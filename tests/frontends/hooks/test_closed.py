"""The answers that the client gives by itself are those of the contracts."""

import json
from pathlib import Path

import pytest

from clearance.assistants.model import assistants
from clearance.frontends.hooks import closed, closing
from clearance.frontends.hooks.answer import strictest


def test_the_file_is_what_the_contracts_say() -> None:
    assert Path(closed.__file__).read_text(encoding="utf-8") == closing.source(), (
        "run: python -m clearance.frontends.hooks.closing"
    )


@pytest.mark.parametrize("each", [each for each in assistants() if each.hooks], ids=lambda each: each.name)
def test_with_its_reason_filled_in_it_is_the_strictest_answer(each: object) -> None:
    name = each.name  # type: ignore[attr-defined]
    for event, (within, exit_code, stdout, stderr) in closed.CLOSED[name].items():
        why = 'nobody answered: "late"'
        filled = stdout.replace("{why}", json.dumps(why)[1:-1])
        assert (exit_code, filled.encode(), stderr.replace("{why}", why).encode()) == strictest(name, event, why)
        assert within > 0


def test_it_imports_nothing() -> None:
    assert "import" not in Path(closed.__file__).read_text(encoding="utf-8").replace("important", "")
