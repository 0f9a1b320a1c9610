"""`GEMINI.md` of Gemini CLI: plain Markdown, in the context of every task. `@path` outside of code spans is an import."""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import one_file

FORMAT = Format(
    name="gemini-md",
    title="GEMINI.md of Gemini CLI",
    assistants=("gemini-cli",),
    sources=("https://geminicli.com/docs/cli/gemini-md/",),
)


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the section."""
    return (one_file(material, "GEMINI.md", format=FORMAT.name),)
