"""Aider: `CONVENTIONS.md`, which it reads where `.aider.conf.yml` says `read: CONVENTIONS.md`.

That file is made where there is none. Where one stands, a person adds the line: a second `read:` would break it.
"""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import one_file
from clearance.instruct.tokens import tokens

FORMAT = Format(
    name="aider",
    title="Aider: CONVENTIONS.md",
    assistants=("aider",),
    sources=("https://aider.chat/docs/usage/conventions.html",),
)
_SETTINGS = ".aider.conf.yml"
_READ = "# Aider reads the conventions of this repository in every session.\nread: [CONVENTIONS.md]\n"


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the section, and the settings that have it read."""
    section = one_file(material, "CONVENTIONS.md", format=FORMAT.name, skill=False)
    if _SETTINGS in material.standing:
        return (section,)
    settings = InstructionFile(
        path=_SETTINGS, text=_READ, owned=False, tokens=tokens(_READ), always=False, on_demand=True, format=FORMAT.name
    )
    return (section, settings)
