"""What an assistant tries in a repository with Clearance, and what comes of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from assistants_live.clients import Client
from assistants_live.place import Ended, Place
from assistants_live.server import Request, ScriptedModel
from assistants_live.steps import Turn, say
from clearance.rules.placeholder import expand

MARK = "Security rules of this repository (Clearance)"
"""The heading of what `clearance init` puts into the instructions of an assistant."""
FLAW = """import subprocess

from flask import Flask, request

app = Flask(__name__)


@app.get("/ping")
def ping() -> str:
    host = request.args["host"]
    return subprocess.run("ping -c 1 " + host, shell=True, capture_output=True, text=True).stdout
"""
REPAIRED = """import ipaddress
import subprocess

from flask import Flask, request

app = Flask(__name__)


@app.get("/ping")
def ping() -> str:
    host = str(ipaddress.ip_address(request.args["host"]))
    return subprocess.run(["ping", "-c", "1", host], capture_output=True, text=True, check=False).stdout
"""
INVENTED = "flask-hostping-validatorz"


class Step(NamedTuple):
    """One thing that the model tries. `turns` are its answers; the last call of them is the one that is looked at."""

    name: str
    turns: tuple[Turn, ...]


class Told(NamedTuple):
    """What came of a step: the text that the assistant gave to the model as the tool's result; empty: nothing came."""

    step: Step
    text: str


class Session(NamedTuple):
    """What was seen of one run: how it ended, all requests, those that the script answered, what came of each step."""

    ended: Ended
    requests: list[Request]
    asked: list[Request]
    told: list[Told]

    def of(self, name: str) -> str:
        """What the model was told about a step."""
        return next((told.text for told in self.told if told.step.name == name), "")

    def sent_back(self) -> str:
        """What Clearance told the model after it had said for the first time that it was done; empty: nothing."""
        if len(self.asked) < 2:
            return ""
        before = set(self.asked[0].strings())
        return "\n".join(text for text in self.asked[1].strings() if text not in before and "Clearance stopped" in text)


def run(
    client: Client,
    program: Path,
    place: Place,
    prompt: str,
    steps: Sequence[Step],
    *,
    last: Sequence[Turn] = (),
    without_us: bool = False,
) -> Session:
    """Start the assistant with a prompt; the model goes through the steps, then says the `last` turns, then that it is done.

    `without_us`: the programs of Clearance are not found any more, as after an update of Python that went wrong.
    """
    script = [turn for step in steps for turn in step.turns] + list(last)
    with ScriptedModel(script) as model:
        variables = client.settle(place, program, model.address)
        if without_us:
            variables["PATH"] = place.elsewhere
        ended = place.run(client.line(place, program, prompt), variables)
        requests, asked = list(model.requests), list(model.asked)
    results = asked[-1].told() if asked else []
    told, at = [], 0
    for step in steps:
        at += sum(len(turn.calls) for turn in step.turns)
        told.append(Told(step, results[at - 1] if at <= len(results) else ""))
    return Session(ended, requests, asked, told)


def working(client: Client, place: Place) -> list[Step]:
    """The model writes a flaw, mends it, and tries what an assistant may not do; at last it asks Clearance itself."""
    nothing = "export {}\n" if client.own_settings.endswith(".js") else "{}\n"
    return [
        Step("write a flaw", (client.write(place, "app.py", FLAW),)),
        Step("look whether it is there", (client.run("ls app.py || echo There is none."),)),
        Step("write it without the flaw", (client.write(place, "app.py", REPAIRED),)),
        Step("install an invented package", (client.run(f"pip install {INVENTED}"),)),
        Step("push", (client.run("git push origin main"),)),
        Step("switch Clearance off", client.rewrite(place, ".clearance/settings.toml", "# nothing\n")),
        Step("switch its own hooks off", client.rewrite(place, client.own_settings, nothing)),
        Step("ask Clearance", client.ask("check_package", registry="PyPI", name=INVENTED)),
    ]


def stopping(client: Client, place: Place) -> list[Turn]:
    """The model says that it is done while a flaw stands in the change, mends it when it is sent back, and is done again."""
    return [say("Everything is done."), *client.rewrite(place, "app.py", REPAIRED), say("Now it is mended.")]


def secret() -> str:
    """A token as it would look, made up when it is needed: none stands in a file."""
    return expand("{{crc32-base62 ghp_ 30}}", seed="assistants", limit=200)
