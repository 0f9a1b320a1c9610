"""Antigravity: `.agents/rules/*.md` with `trigger`, 12,000 characters a file.

Older versions look into `.agent/rules`; newer ones read that folder only where there is no `.agents/rules`. So the older one
is used where it stands alone.
"""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.triggered import triggered

FORMAT = Format(
    name="antigravity",
    title="Antigravity rules",
    assistants=("antigravity",),
    beside=("agents-md", "gemini-md"),
    sources=("https://antigravity.google/docs/rules-workflows",),
)


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the files."""
    old = ".agent/rules" in material.standing and ".agents/rules" not in material.standing
    return triggered(material, ".agent/rules" if old else ".agents/rules", format=FORMAT.name)
