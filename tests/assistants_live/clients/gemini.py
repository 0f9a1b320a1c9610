"""Gemini CLI: `gemini -p`, Google's generateContent."""

from pathlib import Path

from assistants_live.place import Place, as_json
from assistants_live.steps import Turn, call


class Gemini:
    contract = "gemini-cli"
    command = "gemini"
    natives = ()
    own_settings = ".gemini/settings.json"
    sends_back = True
    blocked = "Clearance stopped this prompt"

    def settle(self, place: Place, program: Path, address: str) -> dict[str, str]:
        folder = place.home / ".gemini"
        folder.mkdir(exist_ok=True)
        (folder / "settings.json").write_text(
            as_json(
                {
                    "security": {"auth": {"selectedType": "gemini-api-key"}},
                    "privacy": {"usageStatisticsEnabled": False},
                    "general": {"enableAutoUpdate": False, "enableAutoUpdateNotification": False},
                }
            )
        )
        # What a person answers when Gemini asks whether the folder is trusted.
        (folder / "trustedFolders.json").write_text(as_json({str(place.repository): "TRUST_FOLDER"}))
        return {"GOOGLE_GEMINI_BASE_URL": address, "GEMINI_API_KEY": "made-up", "GEMINI_CLI_NO_RELAUNCH": "true"}

    def line(self, place: Place, program: Path, prompt: str) -> list[str]:
        # A named model: else it asks a small one first which one to take.
        return [str(program), "--model", "gemini-2.5-flash", "--approval-mode", "yolo", "--prompt", prompt]

    def write(self, place: Place, path: str, text: str) -> Turn:
        return call("write_file", file_path=str(place.repository / path), content=text)

    def rewrite(self, place: Place, path: str, text: str) -> tuple[Turn, ...]:
        return (self.write(place, path, text),)

    def run(self, command: str) -> Turn:
        return call("run_shell_command", command=command, description="as asked")

    def ask(self, tool: str, **arguments: object) -> tuple[Turn, ...]:
        return (call(self.named(tool), **arguments),)

    def named(self, tool: str) -> str:
        return f"mcp_clearance_{tool}"
