"""Windsurf: `.windsurf/rules/*.md` with `trigger` (`always_on`, `glob`, `model_decision`, `manual`), 12,000 characters a
file."""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.triggered import triggered

FORMAT = Format(
    name="windsurf",
    title="Windsurf rules",
    assistants=("windsurf",),
    beside=("agents-md",),
    sources=("https://docs.windsurf.com/windsurf/cascade/memories",),
)


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the files."""
    return triggered(material, ".windsurf/rules", format=FORMAT.name)
