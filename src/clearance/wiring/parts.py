"""Puts together what a run needs from the team's files."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from clearance import __version__, pipeline
from clearance.facts.change import Collected
from clearance.facts.errors import BadSettings
from clearance.facts.outcome import Outcome
from clearance.facts.proof import Standing
from clearance.rules.catalogue import join, read_catalogue
from clearance.scan.runner import Limits, Progress
from clearance.scan.worker import Reserve
from clearance.settings import PLACE as SETTINGS
from clearance.settings import Settings, check_kinds, read_settings
from clearance.stores.pages import TEAM as TEAM_RULES
from clearance.wiring.furnish import Furnish, builtin_furnish, usable
from clearance.wiring.opinions import NO_SECOND, Opinions
from clearance.wiring.places import committed, text
from clearance.wiring.recording import Recorder
from clearance.wiring.waivers import waivers_of

VEX = ".clearance/vex/"
"""The folder of a team's VEX documents."""


def parts_of(
    ahead: Furnish,
    reserve: Reserve,
    own: Mapping[str, bytes],
    meanwhile: Callable[[], object],
    opinions: Opinions,
    recorder: Recorder | None = None,
    base: Callable[[str], Mapping[str, bytes]] = lambda _: {},
    *,
    around: tuple[Path, Mapping[str, str]],
) -> pipeline.Parts:
    """Build everything that a run needs from the team's files; `base` gives other files of theirs, below a path;
    `around` is where a person stands, and the environment."""

    def warm() -> None:
        if recorder:
            recorder.warm()
        meanwhile()

    settings, furnish = furnish_for(ahead, own, base, around=around)
    return pipeline.Parts(
        version=__version__,
        catalogue=furnish.catalogue,
        pages=settings.report.pages,
        furnish=furnish,
        reserve=reserve,
        families=furnish.names,
        limits=Limits(seconds=settings.scan.seconds_per_file, total=settings.scan.seconds, workers=settings.scan.workers),
        memory=None,
        exclude=settings.scan.exclude,
        scheme=settings.classification.scheme(),
        warm=warm,
        ask=opinions.ask,
        opinions=opinions.all,
        decide=recorder.decide if recorder else _nobody,
        record=recorder.record if recorder else _nobody,
        proven=recorder.proven if recorder else Standing,
        waivers=waivers_of(own, settings, furnish.today) if recorder else lambda _: (),
    )


def furnish_for(
    ahead: Furnish,
    own: Mapping[str, bytes],
    base: Callable[[str], Mapping[str, bytes]] = lambda _: {},
    *,
    around: tuple[Path, Mapping[str, str]],
) -> tuple[Settings, Furnish]:
    """Read the team's settings, and say what scanners are built from with them, the team's rules and its statements; as
    `parts_of`.

    Raises:
        BadFile: one of the team's files cannot be read.
    """
    written = text(own[SETTINGS]) if SETTINGS in own else None
    settings = read_settings(written)
    pages = {path: text(data) for path, data in own.items() if path.startswith(f"{TEAM_RULES}/") and path.endswith(".md")}
    catalogue = join(ahead.catalogue, usable(read_catalogue(pages))) if pages else ahead.catalogue
    if settings.classification.kinds:
        check_kinds(settings, {*(rule.id for rule in catalogue), *catalogue.families}, text=written or "")
    furnish = msgspec.structs.replace(
        ahead, catalogue=catalogue, index_days=settings.scan.index_days, packages=settings.packages
    )
    documents = {path: data for path, data in own.items() if path.startswith(VEX) and path.endswith(".json")}
    if documents:
        from clearance.scan.packages.vex import read_vex

        said = tuple(one for path, data in sorted(documents.items()) for one in read_vex(data, where=path))
        furnish = msgspec.structs.replace(furnish, vex=said)
    if settings.packages.data or settings.packages.keys:
        from clearance.wiring.data import chosen_pack

        chosen = chosen_pack(settings.packages, *around, furnish.today)
        furnish = msgspec.structs.replace(furnish, pack=chosen)
    if settings.personal.scan != "off" and not furnish.prompts and "tampering" in furnish.names:
        furnish = _with_people(furnish, settings, base)
    return settings, furnish


def _with_people(furnish: Furnish, settings: Settings, base: Callable[[str], Mapping[str, bytes]]) -> Furnish:
    """Add the family that looks for data about people, and the names that the team's directory of people holds."""
    from clearance.scan.personal.names import NameLists

    found: tuple[str, ...] = ()
    if settings.personal.directory:
        held = base(settings.personal.directory).get(settings.personal.directory)
        if held is None:
            raise BadSettings(
                "the file that personal.directory names is not there",
                where=settings.personal.directory,
                next="commit it to the base, or take the setting out",
            )
        found = NameLists.of(directory=text(held)).names
    return msgspec.structs.replace(furnish, names=(*furnish.names, "personal"), personal=settings.personal, people=found)


class Furnished:
    """A house that is furnished for looking, without a verdict."""

    def __init__(self, parts: pipeline.Parts) -> None:
        self.parts = parts

    def look(self, collected: Collected, progress: Progress | None = None) -> Outcome:
        """Find and tell."""
        return pipeline.look(collected, self.parts, progress)


@contextmanager
def furnished(path: Path, environment: Mapping[str, str], *, names: tuple[str, ...]) -> Iterator[Furnished]:
    """Furnish the house for the families of these names, with the team's rules and settings around a path."""
    ahead = msgspec.structs.replace(builtin_furnish(path, environment, sightings=False), names=names)
    with Reserve(ahead) as reserve:
        opinions = Opinions(NO_SECOND, environment)
        yield Furnished(
            parts_of(ahead, reserve, committed(path, environment), lambda: None, opinions, around=(path, environment))
        )


def _nobody(*_: object) -> Any:
    raise AssertionError("a scan gives no verdict")
