"""AI Assistant of JetBrains: `.aiassistant/rules/*.md`, `apply: always` or `apply: by file patterns`.

The front matter is what the IDE itself writes: `patterns` is a list with commas and without quotes.
"""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import always_file, scoped_files

FORMAT = Format(
    name="jetbrains",
    title="AI Assistant of JetBrains: project rules",
    assistants=("jetbrains",),
    sources=("https://www.jetbrains.com/help/ai-assistant/configure-project-rules.html",),
)


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the files."""
    folder = ".aiassistant/rules"
    always = always_file(
        material, f"{folder}/clearance.md", format=FORMAT.name, skill=False, head="---\napply: always\n---\n"
    )
    scoped = scoped_files(
        material,
        always,
        lambda scope: f"{folder}/clearance-{scope.name}.md",
        format=FORMAT.name,
        head=lambda scope: f"---\napply: by file patterns\npatterns: {', '.join(scope.globs)}\n---\n",
    )
    return (*always, *scoped)
