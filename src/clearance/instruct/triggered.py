"""Rule files with a `trigger`, the dialect that Windsurf and Antigravity share."""

from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import always_file, scoped_files

CHARACTERS = 12_000


def triggered(material: Material, folder: str, *, format: str) -> tuple[InstructionFile, ...]:
    """Make the files below `folder`: `globs` is a list with commas and without quotes."""
    head = "---\ntrigger: always_on\ndescription: Security rules of this repository and how its gate works\n---\n"
    always = always_file(material, f"{folder}/clearance.md", format=format, head=head, characters=CHARACTERS)
    scoped = scoped_files(
        material,
        always,
        lambda scope: f"{folder}/clearance-{scope.name}.md",
        format=format,
        head=lambda scope: (
            f"---\ntrigger: glob\nglobs: {','.join(scope.globs)}\ndescription: Security rules for {scope.covers}\n---\n"
        ),
        characters=CHARACTERS,
    )
    return (*always, *scoped)
