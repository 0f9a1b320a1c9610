"""What is told when an assistant starts, and what can be seen of guards without firing at any."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path

from clearance.facts.errors import ClearanceError
from clearance.facts.proof import Pulse, Shot
from clearance.facts.text import visible
from clearance.wiring.proving.scene import NO_TIME, Scene, shot
from clearance.wiring.proving.stage import is_stage

_MOST = 8
_ADVICE = (
    "Tell the person now, in your first answer. Do not mend, edit or work around a guard yourself: the person runs what is "
    "named above, and `clearance prove` shows the rest."
)


def at_start(directory: Path, environment: Mapping[str, str], assistant: str) -> str:
    """Prove quickly and say which guards are dead; empty where none is. `assistant` is the one that starts: its own guards
    come first. Never raises."""
    if is_stage(directory):  # a canary of ours started this session
        return ""
    from clearance.wiring.proving.run import proven

    try:
        done = proven(directory, environment, quick=True)
    except (ClearanceError, OSError) as error:
        return f"Clearance could not prove its guards: {visible(str(error))}. Run `clearance prove`."
    except Exception as error:  # noqa: BLE001 -- a session that starts must hear of it, and start
        return f"Clearance could not prove its guards: internal error {type(error).__name__}. Run `clearance prove`."
    late = [one.guard for one in done.proof.shots if one.why == NO_TIME]
    more = f"Clearance had no time to try {', '.join(late)}: `clearance prove` does." if late else ""
    return "\n".join(filter(None, (told(done.proof.dead, assistant), more)))


def told(dead: Iterable[Shot], assistant: str = "", *, to_model: bool = True) -> str:
    """Say which guards are dead, why, and what mends them; empty where none is. `to_model`: say what a model is to do."""
    listed = sorted(dead, key=lambda one: (f":{assistant}:" not in f"{one.guard}:", one.guard))
    if not listed:
        return ""
    verb = "guard is" if len(listed) == 1 else "guards are"
    lines = [f"Clearance: {len(listed)} {verb} dead."]
    for one in listed[:_MOST]:
        since = f" Dead since {one.since}." if one.since else ""
        mend = f" Mend: {one.mend}." if one.mend else ""
        lines.append(f"- {one.guard}: {one.why.rstrip('.')}.{since}{mend}")
    if len(listed) > _MOST:
        lines.append(f"- and {len(listed) - _MOST} more: `clearance prove` names them.")
    return "\n".join([*lines, _ADVICE] if to_model else lines)


def glance(directory: Path, environment: Mapping[str, str]) -> tuple[Shot, ...]:
    """Give the guards that are dead as can be seen: what is not as it was installed, and what the last proof found dead of
    those that cannot be seen. Never raises, starts no program."""
    if is_stage(directory):
        return ()
    with closing(Scene(directory, environment)) as scene:
        seen: dict[str, Shot] = {}
        kinds: set[str] = set()
        for kind, look in _looks().items():
            try:
                found = look(scene)
            except (ClearanceError, OSError):
                continue
            except Exception as error:  # noqa: BLE001 -- whatever stands in a file: it is told, and the others are looked at
                why = f"could not be looked at: {type(error).__name__}"
                seen[kind] = shot(kind, Pulse.DEAD, why, mend="clearance prove")
                continue
            kinds.add(kind)
            seen |= {one.guard: one for one in found if one.pulse is Pulse.DEAD}
        seen |= {one.guard: one for one in _recorded(scene) if one.guard not in seen and not _seen_well(one, kinds)}
    return tuple(seen[guard] for guard in sorted(seen))


def _looks() -> dict[str, Callable[[Scene], Iterable[Shot]]]:
    from clearance.wiring.proving import ci, hooks, instructions, mcp, pre_commit

    return {
        "hook": hooks.glance,
        "pre-commit": pre_commit.glance,
        "ci": ci.glance,
        "mcp": mcp.glance,
        "instructions": instructions.glance,
    }


def _seen_well(one: Shot, kinds: set[str]) -> bool:
    """Tell whether a guard that was dead at the last proof is seen as it should be now: what killed it could be seen."""
    return one.kind in kinds and not one.why.startswith(("write of", "install of", "edit of", "prompt with", "stop with"))


def _recorded(scene: Scene) -> list[Shot]:
    from clearance.wiring.proving import recorded

    try:
        known = recorded.known(scene.directory, scene.environment)
    except Exception:  # noqa: BLE001 -- what cannot be read was not found dead
        return []
    return [one for one in known.shots if one.pulse is Pulse.DEAD]
