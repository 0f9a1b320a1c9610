"""Junie of JetBrains: `.junie/guidelines.md`, plain Markdown, in the context of every task.

Junie looks for `.junie/AGENTS.md` and `AGENTS.md` first; where our section stands in `AGENTS.md`, nothing more is written.
"""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import one_file

FORMAT = Format(
    name="junie",
    title="Junie of JetBrains: guidelines",
    assistants=("jetbrains",),
    beside=("agents-md",),
    sources=("https://junie.jetbrains.com/docs/guidelines-and-memory.html",),
)


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the section."""
    return () if material.beside else (one_file(material, ".junie/guidelines.md", format=FORMAT.name, skill=False),)
