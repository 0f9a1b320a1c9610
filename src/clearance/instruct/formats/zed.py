"""Zed: the first of a list of files at the top of the repository, `.rules` before all others.

To write `.rules` beside another file of the list would hide that file from Zed. So the section goes into the first one that
stands, into `AGENTS.md` where our own section makes that one, and into `.rules` only where there is nothing.
"""

from msgspec.structs import replace

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import one_file

FORMAT = Format(
    name="zed",
    title="Zed: .rules, or the file that it reads instead",
    assistants=("zed",),
    beside=("agents-md",),
    sources=("https://zed.dev/docs/ai/rules",),
)
_READ = (
    ".rules", ".cursorrules", ".windsurfrules", ".clinerules", ".github/copilot-instructions.md", "AGENT.md", "AGENTS.md",
    "CLAUDE.md", "GEMINI.md",
)  # fmt: skip


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the section."""
    first = next((path for path in _READ if path in material.standing), "")
    if material.beside and first in {"", "AGENTS.md", "CLAUDE.md", "GEMINI.md"}:
        return ()
    alone = replace(material, beside=(), part=1.0)
    return (one_file(alone, first or ".rules", format=FORMAT.name, skill=False),)
