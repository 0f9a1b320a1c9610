"""Claude Code: `claude -p`, Anthropic's Messages."""

from pathlib import Path

from assistants_live.place import Place
from assistants_live.steps import Turn, call


class Claude:
    contract = "claude-code"
    command = "claude"
    natives = ("@anthropic-ai/claude-code-{platform}/claude",)
    own_settings = ".claude/settings.json"
    sends_back = True
    blocked = "Clearance stopped this prompt"

    def settle(self, place: Place, program: Path, address: str) -> dict[str, str]:
        return {
            "ANTHROPIC_BASE_URL": address,
            "ANTHROPIC_API_KEY": "made-up",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "MCP_CONNECTION_NONBLOCKING": "0",  # its servers stand before the first request, on a busy machine too
            "MCP_TIMEOUT": "60000",
        }

    def line(self, place: Place, program: Path, prompt: str) -> list[str]:
        allowed = "Write,Edit,Bash,mcp__clearance"
        # Without a person, the project's servers are started only where the line names their file.
        return [str(program), "-p", prompt, "--allowedTools", allowed, "--mcp-config", ".mcp.json"]

    def write(self, place: Place, path: str, text: str) -> Turn:
        return call("Write", file_path=str(place.repository / path), content=text)

    def rewrite(self, place: Place, path: str, text: str) -> tuple[Turn, ...]:
        return (call("Read", file_path=str(place.repository / path)), self.write(place, path, text))

    def run(self, command: str) -> Turn:
        return call("Bash", command=command, description="as asked")

    def ask(self, tool: str, **arguments: object) -> tuple[Turn, ...]:
        return (call(self.named(tool), **arguments),)

    def named(self, tool: str) -> str:
        return f"mcp__clearance__{tool}"
