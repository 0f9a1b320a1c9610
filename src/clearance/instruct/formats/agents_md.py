"""`AGENTS.md`: plain Markdown at the top of the repository, without front matter, in the context of every task."""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import one_file

FORMAT = Format(
    name="agents-md",
    title="AGENTS.md: Codex, OpenCode and others",
    assistants=("agents-md", "codex", "opencode"),
    sources=("https://agents.md/", "https://opencode.ai/docs/rules/"),
)


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the section."""
    return (one_file(material, "AGENTS.md", format=FORMAT.name),)
