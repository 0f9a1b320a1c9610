"""Cline: `.clinerules/*.md`, by `paths` where front matter says so. Cline reads `AGENTS.md`, too."""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import always_file, front, scoped_files

FORMAT = Format(
    name="cline",
    title="Cline rules",
    assistants=("cline",),
    beside=("agents-md",),
    sources=("https://docs.cline.bot/features/cline-rules/conditional-rules",),
)


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the files."""
    always = always_file(material, ".clinerules/clearance.md", format=FORMAT.name, skill=False)
    scoped = scoped_files(
        material,
        always,
        lambda scope: f".clinerules/clearance-{scope.name}.md",
        format=FORMAT.name,
        head=lambda scope: front({"paths": scope.globs}),
    )
    return (*always, *scoped)
