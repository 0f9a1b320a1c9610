"""Cursor: `.cursor/rules/*.mdc` with `description`, `globs` and `alwaysApply`.

The front matter is Cursor's own dialect: `globs` is a list with commas and without quotes.
"""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import always_file, scoped_files

FORMAT = Format(
    name="cursor",
    title="Cursor rules",
    assistants=("cursor",),
    beside=("agents-md",),
    sources=("https://cursor.com/docs/context/rules",),
)


def _head(description: str, globs: tuple[str, ...], *, always: bool) -> str:
    asked = " " + ",".join(globs) if globs else ""
    return f"---\ndescription: {description}\nglobs:{asked}\nalwaysApply: {str(always).lower()}\n---\n"


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the files."""
    head = _head("Security rules of this repository and how its gate works", (), always=True)
    always = always_file(material, ".cursor/rules/clearance.mdc", format=FORMAT.name, head=head)
    scoped = scoped_files(
        material,
        always,
        lambda scope: f".cursor/rules/clearance-{scope.name}.mdc",
        format=FORMAT.name,
        head=lambda scope: _head(f"Security rules for {scope.covers}", scope.globs, always=False),
    )
    return (*always, *scoped)
