"""Hooks of assistants, as they stand in their settings: each is started as the assistant would start it, with canaries in
its own words, and its answer is judged by the contract."""

import json
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

from clearance.assistants.model import Assistant, Event, assistants
from clearance.facts.errors import BadFile, ClearanceError
from clearance.facts.proof import Pulse, Shot
from clearance.install.hooks import Installed, entries, installed, quoted
from clearance.install.jsonc import read
from clearance.wiring.proving import firing
from clearance.wiring.proving.books import Noted, contents, noted, shown_in
from clearance.wiring.proving.lines import begins, program_in, program_of
from clearance.wiring.proving.matchers import missed
from clearance.wiring.proving.scene import Scene, shot
from clearance.wiring.proving.switches import files_of, led_elsewhere, switched_off, trusted

KINDS = ("hook",)
ALWAYS = True
PATIENT = False
INIT = "clearance init"
"""What writes hooks anew."""
USER, MANAGED = "@user", "@managed"
_AGAIN = {
    USER: "clearance init --user",
    MANAGED: "the administrator rolls out anew what `clearance init --managed` writes",
}
"""What writes those anew that do not stand in the repository."""


_JUDGED = frozenset(
    {"matcher", "hooks", "command", "bash", "powershell", "timeout", "timeoutSec", "description", "statusMessage"}
)
"""Members of a hook that are judged by themselves, or that say something to people only."""


class Place(NamedTuple):
    """One file in which an assistant looks for hooks: where it lies, how people know it, what its guards are called behind
    their event (`@user`; nothing for the project's), and whether by our notes it holds hooks of ours."""

    assistant: Assistant
    path: Path
    shown: str
    suffix: str
    expected: bool


class Found(NamedTuple):
    """A hook that stands in a file as it should, and may be fired at."""

    place: Place
    event: Event
    entry: Installed
    note: str


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the settings of all assistants, and the program that the hooks start."""
    for place in places(scene):
        for path in (place.path, *files_of(place.assistant, scene)):
            yield str(path).encode("utf-8", "surrogateescape")
            try:
                yield contents(path) or b""
            except OSError as error:
                yield str(error).encode("utf-8", "surrogateescape")
    yield str(scene.program("clearance-hook")).encode("utf-8", "surrogateescape")


def fire(scene: Scene) -> Iterable[Shot]:
    """Look at each hook, and fire at those that are as they should be."""
    shots = _torn(scene)
    found: list[Found] = []
    for place in places(scene):
        for one in look(place, scene):
            if isinstance(one, Found):
                found.append(one)
            else:
                shots.append(one)
    shots += firing.fire(found, scene)
    if not shots:
        shots.append(shot("hook", Pulse.ABSENT, "no assistant has a hook of ours here"))
    return shots


def glance(scene: Scene) -> list[Shot]:
    """Give the hooks that are not as they were installed, without starting any."""
    return _torn(scene) + [one for place in places(scene) for one in look(place, scene) if isinstance(one, Shot)]


def _torn(scene: Scene) -> list[Shot]:
    """Tell notes of `clearance init` that cannot be read: what should be there is not known then."""
    _, troubles = noted(scene)
    mend = f"take the file away, then run: {INIT}"
    return [
        shot("hook:installed.json", Pulse.DEAD, f"the notes of what was installed: {one.why}", mend=mend, where=one.where)
        for one in troubles
    ]


def places(scene: Scene) -> list[Place]:
    """Find the files in which assistants look for hooks, and in which there are some of ours, or should be."""
    notes, _ = noted(scene)
    found = []
    for assistant in assistants():
        hooks = assistant.hooks
        if hooks is None:
            continue
        platform = {"darwin": "macos", "win32": "windows"}.get(sys.platform, "linux")
        managed = {str(name): path for name, path in hooks.managed.items()}.get(platform, "")
        candidates = [(scene.top / hooks.project if hooks.project else None, "")]
        candidates += [(scene.top / hooks.local if hooks.local else None, "@local")]
        candidates += [(scene.home / hooks.user if hooks.user and scene.home else None, USER)]
        candidates += [(Path(managed) if managed else None, MANAGED)]
        seen: set[Path] = set()
        for path, suffix in candidates:
            if path is not None and path not in seen:
                seen.add(path)
                expected = _is_noted(path, assistant, notes)
                if expected or _mentions_us(path, assistant):
                    found.append(Place(assistant, path, shown_in(path, scene), suffix, expected))
    return found


def look(place: Place, scene: Scene) -> Iterator[Shot | Found]:
    """Compare what stands in a file with the contract; hooks that may be fired at are given back as they are."""
    assistant = place.assistant
    if assistant.hooks is None:
        return
    try:
        data = contents(place.path)
    except OSError as error:
        yield from _all(
            place, f"{place.shown} {error.strerror or 'cannot be read'}", "make it readable, then run: clearance init"
        )
        return
    if data is None:
        yield from _all(place, f"{place.shown} is not there any more", INIT)
        return
    try:
        data = _as_json(place.path, assistant, data)
        there = installed(assistant, data)
    except ClearanceError as error:
        why = f"{assistant.title} cannot read its settings any more: {error.what}"
        yield from _all(place, why, f"mend {error.where or place.shown}, then run: {INIT}")
        return
    off = [one for one in switched_off(assistant, scene) if place.suffix != MANAGED or _counts_for_managed(one, place)]
    if off:
        what, where = off[0]
        if what.startswith("allowManagedHooksOnly") and _is_managed_by_us(assistant, scene):
            why = "the administrator has managed hooks run alone, and those of ours are among them"
            for event in assistant.hooks.events:
                yield shot(_guard(place, event), Pulse.UNTRIED, why, where=where)
            return
        yield from _all(
            place, f"{what} in {where} switches all hooks off", f"take {what.partition(' ')[0]} out of {where}", where
        )
        return
    led = next(led_elsewhere(assistant, scene), None)
    if led:
        what, where = led
        why = f"{what} in {where} makes hooks start something else, and nothing was run"
        yield from _all(place, why, f"take {what} out of {where}", where)
        return
    if assistant.hooks.plugin:
        yield from _plugin(place, data, there, scene)
        return
    for event in assistant.hooks.events:
        yield _event(
            place, event, [one for one in there if one.event == event.name and _meant(one, place, event)], data, scene
        )


def _meant(entry: Installed, place: Place, event: Event) -> bool:
    """Tell whether a hook is ours, or was: also where the name of the program has a typo."""
    return entry.ours or f" {place.assistant.name} {event.name}" in entry.command


def _event(place: Place, event: Event, there: Sequence[Installed], data: bytes, scene: Scene) -> Shot | Found:
    guard = _guard(place, event)
    if not there:
        return shot(guard, Pulse.DEAD, f"is missing from {place.shown}", mend=_mended(INIT, place), where=place.shown)
    faults = []
    for entry in there:
        fault = _fault(place, event, entry, scene) or _members(place, event, entry, data)
        if not fault:
            agreed, words = trusted(place.assistant, place.path, data, entry, scene)
            if agreed is not False:
                return Found(place, event, entry, words)
            fault = (words, "open Codex in this repository and trust the hook again with /hooks")
        faults.append(fault)
    why, mend = faults[0]
    return shot(guard, Pulse.DEAD, why, mend=_mended(mend, place), where=place.shown)


def _fault(place: Place, event: Event, entry: Installed, scene: Scene) -> tuple[str, str] | None:
    """Say what is wrong with a hook, and what mends it; None where nothing is that can be seen."""
    assistant = place.assistant
    word = program_in(assistant, event, entry.command)
    if word is None:
        return f"is not what was installed, and was not run: it starts with {begins(entry.command)}", INIT
    program = program_of(word, scene)
    if program.wrong:
        mend = _mend_program(program.path, program.wrong)
        return f"does not start Clearance, and was not run: {program.wrong}", mend
    unseen = missed(event, entry, assistant)
    if unseen:
        return f"its matcher does not see {', '.join(unseen)}", INIT
    if event.timeout and assistant.hooks and assistant.hooks.shape != "windsurf-json":
        if not entry.timeout:
            return f"its time-out of {event.timeout} s was taken out or set to 0", INIT
        if entry.timeout < event.within:
            then = {"allow": "goes on", "deny": "refuses the step", "unknown": "does what nobody has seen"}[event.late]
            why = f"its time-out is {entry.timeout:g} s, and an answer may take {event.within} s"
            return f"{why}; {assistant.title} {then} then", INIT
    return None


def _members(place: Place, event: Event, entry: Installed, data: bytes) -> tuple[str, str] | None:
    """Say which members of a hook are others than we write (`async`, `if`, `failClosed`): each could keep it from stopping
    anything."""
    wanted = next((one.value for one in entries(place.assistant, "clearance-hook") if one.pointer[-1] == event.name), None)
    item = read(data, place.shown).value()
    for step in entry.at[:3]:
        item = item[step]
    if not isinstance(wanted, dict) or not isinstance(item, dict):
        return None
    other = [_others(item, wanted)]
    if isinstance(wanted.get("hooks"), list):
        handler = item
        for step in entry.at[3:]:
            handler = handler[step]
        other = [_others(item, wanted), _others(handler, wanted["hooks"][0])]
    names = [name for found in other for name in found]
    return (f"has another {', '.join(names)} than was installed", INIT) if names else None


def _others(found: object, wanted: dict[str, object]) -> list[str]:
    """Name the members that differ, but for those that are judged by themselves."""
    if not isinstance(found, dict):
        return []
    names = dict.fromkeys([*wanted, *found])
    return [name for name in names if name not in _JUDGED and found.get(name) != wanted.get(name)]


def _mend_program(path: Path | None, wrong: str) -> str:
    if path is not None and wrong.endswith("cannot be run"):
        return f"chmod +x {path}"
    if path is not None:
        return f"take {path} away, or put the folder of Clearance first on PATH; then run: {INIT}"
    return f"install Clearance for the shell that starts the assistant, then run: {INIT}"


def _plugin(place: Place, data: bytes, there: Sequence[Installed], scene: Scene) -> Iterator[Shot | Found]:
    """Judge a plugin: it must be the very text that is installed; then what it starts is fired at."""
    hooks = place.assistant.hooks
    if hooks is None:
        return
    word = _program_of_plugin(hooks.plugin, data)
    if word is None:
        yield from _all(place, f"{place.shown} is not what was installed", INIT)
        return
    program = program_of(word, scene)
    if program.wrong:
        why = f"does not start Clearance, and was not run: {program.wrong}"
        yield from _all(place, why, _mend_program(program.path, program.wrong))
        return
    for event in hooks.events:
        entry = next((one for one in there if one.event == event.name), None)
        if entry is None:
            yield shot(
                _guard(place, event),
                Pulse.DEAD,
                f"is missing from {place.shown}",
                mend=_mended(INIT, place),
                where=place.shown,
            )
            continue
        line = (event.command or hooks.command).replace("{assistant}", place.assistant.name).replace("{event}", event.name)
        line = line.replace("{program}", quoted(word))
        yield Found(place, event, entry._replace(command=line, timeout=event.timeout), "")


def _program_of_plugin(name: str, data: bytes) -> str | None:
    """Give the program that a plugin starts, if its text is the one that ships with Clearance but for that; else None. The
    seal in its last line is no secret, so it proves nothing."""
    shipped = (resources.files("clearance.assistants") / name).read_text(encoding="utf-8").rstrip("\n")
    lines = data.decode("utf-8", "replace").rstrip("\n").split("\n")
    if "clearance:file " in lines[-1]:
        lines.pop()
    before, _, behind = shipped.partition("{program}")
    text = "\n".join(lines).rstrip("\n")
    if not text.startswith(before) or not text.endswith(behind) or len(text) < len(before) + len(behind):
        return None
    try:
        word = json.loads(f'"{text[len(before) : len(text) - len(behind)]}"')
    except ValueError:
        return None
    return word if isinstance(word, str) and word and not word.startswith("-") else None


def _all(place: Place, why: str, mend: str, where: str = "") -> Iterator[Shot]:
    events = place.assistant.hooks.events if place.assistant.hooks else ()
    for event in events:
        yield shot(_guard(place, event), Pulse.DEAD, why, mend=_mended(mend, place), where=where or place.shown)


def _mended(mend: str, place: Place) -> str:
    """Say who writes the hooks of a place anew."""
    again = _AGAIN.get(place.suffix, INIT)
    return mend.replace(INIT, again) if mend.startswith(INIT) or mend.endswith(INIT) else mend


def _guard(place: Place, event: Event) -> str:
    return f"hook:{place.assistant.name}:{event.name}{place.suffix}"


def _is_noted(path: Path, assistant: Assistant, notes: Sequence[Noted]) -> bool:
    return any(one.path == path and f"hooks:{assistant.name}" in one.held.parts for one in notes)


def _mentions_us(path: Path, assistant: Assistant) -> bool:
    """Tell whether a file holds a hook of ours, or something that looks like what is left of one."""
    try:
        data = contents(path) or b""
    except OSError:
        return False
    try:
        return any(one.ours for one in installed(assistant, _as_json(path, assistant, data)))
    except ClearanceError:
        return b"clearance" in data


def _as_json(path: Path, assistant: Assistant, data: bytes) -> bytes:
    """Give the hooks of an administrator's TOML in the form that the assistant's own file has.

    Raises:
        BadFile: it is no TOML.
    """
    if path.suffix != ".toml" or assistant.hooks is None or assistant.hooks.managed_shape != "codex-toml":
        return data
    try:
        value = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadFile(f"not TOML: {error}", where=str(path), next="mend it") from None
    hooks = value.get("hooks")
    named = hooks.items() if isinstance(hooks, dict) else ()
    events = {name: groups for name, groups in named if isinstance(groups, list)}
    return json.dumps({"hooks": events}, default=str).encode()


def _counts_for_managed(off: tuple[str, str], place: Place) -> bool:
    """Tell whether a switch reaches hooks of an administrator: only one that stands in the same file, and is not the one
    that leaves all others out."""
    what, where = off
    return where == place.shown and not what.startswith("allowManagedHooksOnly")


def _is_managed_by_us(assistant: Assistant, scene: Scene) -> bool:
    return any(one.assistant is assistant and one.suffix == MANAGED for one in places(scene))
