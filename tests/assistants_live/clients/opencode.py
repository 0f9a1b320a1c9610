"""OpenCode: `opencode run`, OpenAI's Chat Completions."""

from pathlib import Path

from assistants_live.place import Place, as_json
from assistants_live.steps import Turn, call


class OpenCode:
    contract = "opencode"
    command = "opencode"
    natives = ("opencode-{platform}/bin/opencode",)
    own_settings = ".opencode/plugin/clearance.js"
    sends_back = False
    blocked = "Clearance stopped this prompt"

    def settle(self, place: Place, program: Path, address: str) -> dict[str, str]:
        folder = place.home / ".config" / "opencode"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "opencode.json").write_text(
            as_json(
                {
                    "autoupdate": False,
                    "share": "disabled",
                    "model": "scripted/one",
                    "small_model": "scripted/one",
                    "permission": {"edit": "allow", "bash": "allow"},
                    "provider": {
                        "scripted": {
                            "npm": "@ai-sdk/openai-compatible",  # comes with the program
                            "name": "scripted",
                            "options": {"baseURL": f"{address}/v1", "apiKey": "made-up"},
                            "models": {
                                "one": {"name": "one", "tool_call": True, "limit": {"context": 100000, "output": 8000}}
                            },
                        }
                    },
                }
            )
        )
        return {
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_DEFAULT_PLUGINS": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
            "NPM_CONFIG_OFFLINE": "true",  # it would install a package beside each plugin
        }

    def line(self, place: Place, program: Path, prompt: str) -> list[str]:
        return [str(program), "run", prompt]

    def write(self, place: Place, path: str, text: str) -> Turn:
        return call("write", filePath=str(place.repository / path), content=text)

    def rewrite(self, place: Place, path: str, text: str) -> tuple[Turn, ...]:
        return (call("read", filePath=str(place.repository / path)), self.write(place, path, text))

    def run(self, command: str) -> Turn:
        return call("bash", command=command, description="as asked")

    def ask(self, tool: str, **arguments: object) -> tuple[Turn, ...]:
        return (call(self.named(tool), **arguments),)

    def named(self, tool: str) -> str:
        return f"clearance_{tool}"
