"""The gate and its scanner families: one check of a change that holds a canary for each, as anybody would run it."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from clearance.facts.errors import ClearanceError
from clearance.facts.glob import matcher
from clearance.facts.proof import Pulse, Shot
from clearance.scan.language import language_of
from clearance.settings import PLACE as SETTINGS
from clearance.wiring.proving import canary
from clearance.wiring.proving.scene import NO_TIME, Scene, Watch, shot
from clearance.wiring.proving.stage import clean_environment, write

KINDS = ("gate", "scanner")
ALWAYS = False
PATIENT = False
_SECONDS = 240.0
_DENIED = 1
_NAMED = 2
_REASONS = ("no-secrets", "no-invented-packages", "tests-not-weakened")
"""Policies that must be among the reasons, whatever a team adds."""
_CODE = frozenset({"python", "javascript", "typescript", "tsx", "java", "go"})


class Bait(NamedTuple):
    """A file that one family must find something in: its path and text."""

    path: str
    text: str


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the team's files of the base, the pack of data, and which files the repository has."""
    for path, data in sorted(scene.own.items()):
        yield path.encode("utf-8", "surrogateescape")
        yield data
    yield _pack_of(scene).encode("utf-8", "surrogateescape")
    if scene.settings.scan.exclude:
        yield "\0".join(_paths(scene)).encode("utf-8", "surrogateescape")


def fire(scene: Scene) -> Iterable[Shot]:
    """Judge the change; each family must find its bait, and the verdict must be DENY for the reasons that are expected."""
    watch = Watch()
    if scene.trouble:
        return [shot("gate", Pulse.DEAD, f"the team's files cannot be read: {scene.trouble}", mend="mend what it names")]
    baits = _baits(scene)
    place = scene.stage.another("gate")
    for bait in baits.values():
        write(place, bait.path, bait.text)
    try:
        done = subprocess.run(
            [*scene.python, "check", "--format", "json", "--agent", "canary"],
            cwd=place,
            env=clean_environment(scene.environment),
            capture_output=True,
            check=False,
            timeout=max(0.1, min(_SECONDS, scene.left)),
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        if scene.quick:
            return [shot("gate", Pulse.UNTRIED, NO_TIME, mend="clearance prove")]
        mend = f"look at scan.seconds in {SETTINGS}, and at what else the machine does"
        return [shot("gate", Pulse.DEAD, f"no verdict within {_SECONDS:g} seconds", mend=mend)]
    outcome = _read(done.stdout)
    if outcome is None or outcome.get("decision") is None:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        why = f"no verdict, exit code {done.returncode}: {' '.join(said[:2])}"
        mend = said[1].strip() if len(said) > 1 else "run `clearance check` here"
        unknown = (shot(f"scanner:{name}", Pulse.UNTRIED, "the gate gave no answer", mend=mend) for name in baits)
        return [shot("gate", Pulse.DEAD, why, mend=mend, where=SETTINGS if SETTINGS in why else ""), *unknown]
    return [
        _verdict(done.returncode, outcome, watch),
        *(_family(name, baits[name], outcome, scene, watch) for name in baits),
    ]


def _baits(scene: Scene) -> dict[str, Bait]:
    """Make a bait for each family that looks at changes here, where the settings do not leave it out if there is such a
    place."""
    package = canary.package()
    found = {
        "secrets": Bait(_place("canary.env", scene), f"GITHUB_TOKEN={canary.token()}\n"),
        "code": Bait(_place("canary.py", scene), canary.FLAW),
        "packages": Bait(_place("requirements.txt", scene), f"{package}==1.0.0\n"),
        "infra": Bait(_place("canary.yaml", scene), canary.POD),
        "tampering": Bait("tests/test_shop.py", canary.TEST_AFTER),
    }
    if scene.settings.personal.scan != "off":
        found["personal"] = Bait(_place("fixtures/customers.csv", scene), f"name,card\nCanary,{canary.card()}\n")
    return found


def _place(name: str, scene: Scene) -> str:
    """Choose a path for a bait: at the top, or in the first folder of the repository that is not left out."""
    excluded = matcher(scene.settings.scan.exclude)
    if not excluded(name):
        return name
    folders = dict.fromkeys(path.rpartition("/")[0] for path in _paths(scene) if not excluded(path))
    below = (f"{folder}/{name}" for folder in folders if folder and "test" not in folder)
    return next((path for path in below if not excluded(path)), name)


def _verdict(code: int, outcome: Mapping[str, Any], watch: Watch) -> Shot:
    decision = outcome["decision"]
    reasons = {reason["policy"] for reason in decision["reasons"]}
    missing = [name for name in _REASONS if name not in reasons]
    mend = "see the guards of the scanners and policies; `clearance check` in a small repository shows the rest"
    if decision["verdict"] != "DENY" or code != _DENIED:
        why = f"judged {decision['verdict']}, exit code {code}, a change with a flaw, a secret and an invented package"
        return shot("gate", Pulse.DEAD, why, mend=mend)
    if missing:
        return shot("gate", Pulse.DEAD, f"denied, but not because of {', '.join(missing)}", mend=mend)
    if outcome.get("receipt") is None:
        return shot("gate", Pulse.DEAD, "denied, but did not record it", mend="clearance log verify")
    return shot("gate", Pulse.ALIVE, f"DENY for {len(reasons)} reasons, recorded", watch=watch)


def _family(name: str, bait: Bait, outcome: Mapping[str, Any], scene: Scene, watch: Watch) -> Shot:
    guard = f"scanner:{name}"
    found = [
        one["rule"]
        for one in outcome["findings"]
        if one["family"] == name and one["introduced"] and one["place"]["path"] == bait.path
    ]
    gaps = [one for one in outcome["gaps"] if one["scanner"] in {name, "all"} and one["path"] in {"", bait.path}]
    left_out = any(one["kind"] == "excluded by settings" for one in gaps)
    if left_out or (zero := _reads_nothing(name, scene)):
        what = f"its canary {bait.path}" if left_out else f"all {zero} files that it would read here"
        why = f"reads zero files: scan.exclude leaves out {what}"
        return shot(
            guard, Pulse.DEAD, why, mend=f"narrow scan.exclude in {SETTINGS}, and commit it to the base", where=SETTINGS
        )
    if found:
        rules = sorted(set(found))
        more = f" and {len(rules) - _NAMED} more" if len(rules) > _NAMED else ""
        return shot(guard, Pulse.ALIVE, f"found {', '.join(rules[:_NAMED])}{more}", watch=watch)
    if gaps:
        told = "; ".join(f"{one['kind']}: {one['detail']}" if one["detail"] else one["kind"] for one in gaps)
        return shot(guard, Pulse.DEAD, f"could not look: {told}", mend=_mend_gap(name, gaps), watch=watch)
    ran = next((one for one in outcome["ran"] if one["scanner"] == name), None)
    if ran is None or not ran["files"]:
        why = "did not run" if ran is None else "read zero files"
        return shot(guard, Pulse.DEAD, why, mend="install Clearance again", watch=watch)
    where = SETTINGS if SETTINGS in scene.own else ""
    mend = (
        f"look for settings that let it pass in {SETTINGS}; else install Clearance again"
        if where
        else "install Clearance again"
    )
    return shot(guard, Pulse.DEAD, f"did not find its canary in {bait.path}", mend=mend, where=where, watch=watch)


def _mend_gap(name: str, gaps: Iterable[Mapping[str, Any]]) -> str:
    kinds = {one["kind"] for one in gaps}
    if name == "packages":
        return "clearance data show; clearance data update"
    if kinds & {"out of time"}:
        return f"raise scan.seconds_per_file in {SETTINGS}"
    return "install Clearance again"


def _reads_nothing(name: str, scene: Scene) -> int:
    """Give how many files of the repository a family would read, if the settings leave out every one of them; else 0."""
    if not scene.settings.scan.exclude:
        return 0
    excluded = matcher(scene.settings.scan.exclude)
    wanted = [path for path in _paths(scene) if name != "code" or language_of(path, "") in _CODE]
    return len(wanted) if wanted and all(excluded(path) for path in wanted) else 0


def _paths(scene: Scene) -> tuple[str, ...]:
    """Name the files of the commit that is checked out, but for our own; none outside of a repository."""
    known = scene.__dict__.get("paths")
    if known is None:
        known = scene.__dict__["paths"] = _listed(scene)
    return tuple(known)


def _listed(scene: Scene) -> tuple[str, ...]:
    from clearance.collect.repository import find_repository
    from clearance.collect.shadow import Shadow
    from clearance.collect.sides import path_name

    try:
        shadow = Shadow(find_repository(scene.directory, scene.environment), scene.environment, seconds=30.0)
    except ClearanceError:
        return ()
    try:
        answer = shadow.run(["ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD"])
        names = answer.out.split(b"\0") if answer.status == 0 else []
        return tuple(path for name in names if name and not (path := path_name(name)).startswith(".clearance/"))
    except ClearanceError:
        return ()
    finally:
        shadow.close()


def _pack_of(scene: Scene) -> str:
    from datetime import UTC, datetime

    from clearance.wiring.data import chosen_pack

    pack = chosen_pack(scene.settings.packages, scene.directory, scene.environment, datetime.now(UTC).date())
    return f"{pack.digest} {pack.problem}"


def _read(data: bytes) -> dict[str, Any] | None:
    try:
        outcome = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return outcome if isinstance(outcome, dict) else None
