"""GitHub Copilot: `.github/copilot-instructions.md` for every task, `.github/instructions/*.instructions.md` by `applyTo`.

`applyTo` is one text of globs with commas. Copilot CLI tells the model `applyTo` and `description`, and to read the file
before it writes. Reviews on GitHub read the first 4,000 characters of a file.
"""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.text import always_file, front, scoped_files

FORMAT = Format(
    name="copilot",
    title="GitHub Copilot: instructions for all files and by path",
    assistants=("copilot-agent", "copilot-cli"),
    beside=("agents-md", "claude-code", "gemini-md"),
    sources=("https://docs.github.com/en/copilot/how-tos/configure-custom-instructions/add-repository-instructions",),
)
CHARACTERS = 4_000


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the files."""
    always = always_file(material, ".github/copilot-instructions.md", format=FORMAT.name, owned=False, characters=CHARACTERS)
    scoped = scoped_files(
        material,
        always,
        lambda scope: f".github/instructions/clearance-{scope.name}.instructions.md",
        format=FORMAT.name,
        head=lambda scope: front({"applyTo": ",".join(scope.globs), "description": f"Security rules for {scope.covers}"}),
        characters=CHARACTERS,
    )
    return (*always, *scoped)
