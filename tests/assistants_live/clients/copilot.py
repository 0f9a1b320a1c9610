"""GitHub Copilot CLI: `copilot -p` with a provider of one's own, OpenAI's Chat Completions."""

from pathlib import Path

from assistants_live.clients.patch import patch
from assistants_live.place import Place
from assistants_live.steps import Turn, call


class Copilot:
    contract = "copilot-cli"
    command = "copilot"
    natives = ("@github/copilot-{platform}/copilot",)
    own_settings = ".github/hooks/clearance.json"
    sends_back = True
    blocked = "Clearance stopped this prompt"

    def settle(self, place: Place, program: Path, address: str) -> dict[str, str]:
        return {
            "COPILOT_OFFLINE": "true",
            "COPILOT_AUTO_UPDATE": "false",
            "COPILOT_MODEL": "gpt-5.4",  # the models of this kind write by patches
            "COPILOT_PROVIDER_BASE_URL": f"{address}/v1",
            "COPILOT_PROVIDER_API_KEY": "made-up",
        }

    def line(self, place: Place, program: Path, prompt: str) -> list[str]:
        return [str(program), "--trust-folder", "--allow-all-tools", "--disable-builtin-mcps", "-p", prompt]

    def write(self, place: Place, path: str, text: str) -> Turn:
        return call("apply_patch", input=patch(place.repository, path, text))

    def rewrite(self, place: Place, path: str, text: str) -> tuple[Turn, ...]:
        return (self.write(place, path, text),)

    def run(self, command: str) -> Turn:
        return call("bash", command=command, description="as asked")

    def ask(self, tool: str, **arguments: object) -> tuple[Turn, ...]:
        return (call(self.named(tool), **arguments),)

    def named(self, tool: str) -> str:
        return f"clearance-{tool}"
