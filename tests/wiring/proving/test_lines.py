"""Which command lines and programs are ours: anything else is never run."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clearance.assistants.model import assistant, assistants
from clearance.install.hooks import command_of, quoted
from clearance.wiring.proving.lines import is_starter, program_by, program_in

PIP = """#!/opt/tools/bin/python3.12
# -*- coding: utf-8 -*-
import re
import sys
from clearance.frontends.hooks.client import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(main())
"""
UV = """#!/opt/tools/bin/python
# -*- coding: utf-8 -*-
import sys
from clearance.frontends.hooks.client import main
if __name__ == "__main__":
    if sys.argv[0].endswith("-script.pyw"):
        sys.argv[0] = sys.argv[0][:-11]
    elif sys.argv[0].endswith(".exe"):
        sys.argv[0] = sys.argv[0][:-4]
    sys.exit(main())
"""


@pytest.mark.parametrize("program", ["clearance-hook", "/opt/a b/it's/clearance-hook", "/x/é/clearance-hook", "/usr/bin/c"])
def test_every_line_that_init_writes_is_known_again(program: str) -> None:
    for one in assistants():
        for event in one.hooks.events if one.hooks else ():
            assert program_in(one, event, command_of(one, event, program)) == program


@given(st.text(max_size=40), st.text(max_size=40))
@example("", "; rm -rf ~")
@example("x=1 ", "")
@example("", " 2>/dev/null")
def test_a_line_with_anything_around_it_is_another(before: str, behind: str) -> None:
    claude = assistant("claude-code")
    event = claude.hooks.event("PreToolUse") if claude.hooks else None
    assert event is not None
    line = command_of(claude, event, "clearance-hook")
    if before or behind:
        found = program_in(claude, event, f"{before}{line}{behind}")
        # What stands in front can only be part of the program's own name, which is then another program.
        assert found is None or (not behind and found.endswith("clearance-hook") and found != "clearance-hook")


@given(st.text(max_size=30))
@example("$(touch x)")
@example("`x`")
@example("a b")
@example("a;b")
@example("a&&b")
@example("~/x")
@example("'a'b'")
@example("''")
@example("a\\ b")
@example("'a'; b 'c'")
def test_a_program_is_one_word_that_no_shell_changes(word: str) -> None:
    found = program_by("{program} claude-code Stop", f"{word} claude-code Stop")
    if found is not None:
        assert word in (found, quoted(found)) or word == f"'{found}'"


def test_starters_of_installers_are_ours_and_nothing_else_is() -> None:
    assert is_starter(PIP)
    assert is_starter(UV)
    for text in (
        "",
        "#!/bin/sh\nimport clearance\ntouch was-run\n",
        "#!/bin/sh\nfrom clearance.frontends.hooks.client import main\n",
        PIP.replace("import re", "import os"),
        PIP + "__import__('os').system('x')\n",
        PIP.replace("sys.exit(main())", "sys.exit(main() or 0)"),
        PIP.replace("from clearance.frontends", "from evil.frontends"),
        "\x7fELF",
    ):
        assert not is_starter(text), text


def test_the_program_of_this_installation_is_ours(tmp_path: Path) -> None:
    from clearance.wiring.proving.lines import is_ours
    from clearance.wiring.proving.scene import Scene
    from journeys.installed import PROGRAMS

    scene = Scene(tmp_path, {})
    assert is_ours(PROGRAMS / "clearance-hook", scene)
    copy = tmp_path / "elsewhere" / "clearance-hook"
    copy.parent.mkdir()
    copy.write_text(PIP)
    assert is_ours(copy, Scene(tmp_path / "other", {}))
    (tmp_path / ".git").mkdir()
    assert not is_ours(copy, Scene(tmp_path, {})), "a program of the repository is never trusted"
