"""Agent Skills in `.agents/skills`, where Codex, Copilot, Cursor, Gemini CLI, OpenCode and others look."""

from clearance.instruct.format import Format
from clearance.instruct.model import InstructionFile, Material
from clearance.instruct.skill import skill

FORMAT = Format(
    name="agent-skills",
    title="Agent Skill in .agents/skills",
    assistants=(
        "agents-md", "antigravity", "codex", "copilot-agent", "copilot-cli", "cursor", "gemini-cli", "opencode", "windsurf",
    ),
    sources=("https://agentskills.io/specification",),
)  # fmt: skip


def render(material: Material) -> tuple[InstructionFile, ...]:
    """Make the skill."""
    return skill(material, ".agents/skills", format=FORMAT.name)
