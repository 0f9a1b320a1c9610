"""Judges what an assistant is about to do: its hooks ask, an answer comes back that every assistant's format can carry."""

import copy
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance import __version__
from clearance.act_pipeline import ActParts, rule
from clearance.facts.act import Act, Moment, Replacement, Ruling, Write
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.errors import ClearanceError, NotARepository
from clearance.facts.finding import Gap, GapKind
from clearance.facts.text import visible
from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Rule
from clearance.scan.look import AnyFamily
from clearance.settings import Settings
from clearance.wiring.furnish import FAMILIES, OF_ACTS, Furnish, builtin_furnish, for_prompts, furnish_around
from clearance.wiring.parts import furnish_for
from clearance.wiring.places import cache, committed_at_once, committed_files, inside_git, top

if TYPE_CHECKING:
    from clearance.decide.policy_set import Policies

ROUNDS = 3
"""How often an assistant that stops with a denied change is sent back; then it may stop, and the person is told."""
_OWN_TOOLS = re.compile(
    r"(?:mcp__?)?clearance(?:__|[-_/.])(?:check_(?:change|code|package|prompt)|rules_for|explain)", re.ASCII
)
"""The tools of our own MCP server, as assistants name them: what is handed to them is there to be checked."""
_CLOSED = "Nothing was done. Tell the person; `clearance prove` says which guard is broken and how to mend it."


class Engine:
    """Judges acts in this process, with families that are built once and kept. Whoever calls bounds the time: a hook has its
    own limit, the resident kills a child that does not come back."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._held: dict[tuple[object, ...], AnyFamily] = {}
        self._rules: tuple[str, Mapping[str, Rule]] | None = None
        self._cold: list[str] = []

    def warm(self, also: "tuple[str, ...] | list[str]" = ()) -> None:
        """Do all that can be done before the first question: build every family, read the policies; and the same for the
        repositories in `also`, which may have rules of their own."""
        import clearance.attest.statement
        import clearance.collect.act
        import clearance.decide.decide
        import clearance.report.repair
        import clearance.wiring
        import clearance.wiring.handed
        import clearance.wiring.tracing_notes  # noqa: F401 -- imported for their time

        _ = self._policies
        for place in (Path(os.sep), *map(Path, also)):
            for source in ("write", *OF_ACTS):
                self._furnished(place, source, self._own(place))
        self._exercise()
        self._cold.clear()

    def under(self, environment: Mapping[str, str]) -> "Engine":
        """Give the same engine, with what it holds, for a question that comes with another environment."""
        other = copy.copy(self)
        other.__dict__["_environment"] = environment
        return other

    def cold(self) -> str:
        """Name the repository for which something had to be built since `warm`, to be warmed next time; empty: none."""
        return self._cold[-1] if self._cold else ""

    def judge(self, act: Act) -> Ruling:
        """Answer one question of an assistant. What cannot be judged is denied, with what to do about it; never raises a
        `ClearanceError`."""
        try:
            match act.moment:
                case Moment.START:
                    return self._start(act)
                case Moment.AFTER:
                    return Ruling(verdict=Verdict.ALLOW)
                case Moment.STOP:
                    return self._stop(act)
                case _:
                    return self._before(act)
        except ClearanceError as error:
            said = visible(f"{error.where + ': ' if error.where else ''}{error.what}")
            more = f" {visible(error.next)}." if error.next else ""
            told = f"Clearance could not look: {said}.{more} {_CLOSED}"
            return Ruling(verdict=Verdict.DENY, to_model=told, to_person=f"Clearance could not look: {said}.{more}")

    def _before(self, act: Act) -> Ruling:
        if act.unread:
            why = f"Clearance cannot read what {visible(act.tool or act.event)} is about to do: {visible(act.unread)}."
            return Ruling(verdict=Verdict.DENY, to_model=f"{why} {_CLOSED}", to_person=why)
        if not (act.command or act.writes or act.arguments or act.prompt) or _OWN_TOOLS.fullmatch(act.tool):
            return Ruling(verdict=Verdict.ALLOW)
        if act.arguments and not (act.command or act.writes):
            from clearance.wiring.handed import as_own

            act = as_own(act)
            if act.unread:
                return self._before(act)
        rulings = [self._judged(part, around) for around, part in _parts_of(act)]
        return max(rulings, key=lambda one: one.verdict.rank)

    def _judged(self, act: Act, around: Path) -> Ruling:
        """Judge an act, or the part of one that one repository is concerned with."""
        from clearance.collect.act import collect_act
        from clearance.report import repair

        own = self._own(around)
        more, cut = _written_by(act)
        collected = collect_act(act, around, more, _title(act.assistant))
        if cut:
            collected = collected._replace(gaps=(*collected.gaps, cut))
        source = collected.change.source
        if not collected.change.files:
            return Ruling(verdict=Verdict.ALLOW)
        parts = self._parts(around, source, own, more_files=len(collected.change.files) > 1)
        problems: list[str] = []
        parts = parts._replace(record=partial(_record, around, self._environment, own, problems))
        case, decision = rule(collected, parts)
        ruling = Ruling(
            verdict=decision.verdict,
            to_model=repair.to_model(source, decision, case.findings, case.gaps),
            to_person=repair.to_person(source, decision, case.findings),
            decision=decision,
            findings=case.findings,
            gaps=case.gaps,
        )
        if ruling.verdict is not Verdict.DENY:
            from clearance.wiring.tracing_notes import note_act

            note_act(act, around, collected, case, self._environment)
        if problems:
            ruling = msgspec.structs.replace(ruling, to_person=f"{ruling.to_person} [not recorded: {problems[0]}]")
        return ruling

    def _start(self, act: Act) -> Ruling:
        from clearance.wiring import proving

        told = proving.at_start(Path(act.directory), self._environment, act.assistant)
        return Ruling(verdict=Verdict.ALLOW, to_person=told, context=told)

    def _stop(self, act: Act) -> Ruling:
        """Judge the whole change. Denied, the assistant is sent back with the findings, a few times."""
        from clearance.report import repair
        from clearance.wiring import Wanted, check

        try:
            judged = check(Wanted(directory=Path(act.directory), agent=_title(act.assistant)), self._environment)
        except NotARepository as error:
            if not inside_git(Path(act.directory)):
                return Ruling(verdict=Verdict.ALLOW)
            return Ruling(verdict=Verdict.ASK, to_person=f"Clearance could not judge the change: {visible(str(error))}")
        outcome = judged.outcome
        decision = outcome.decision
        if decision is None or decision.verdict is Verdict.ALLOW or not outcome.change.files:
            return Ruling(verdict=Verdict.ALLOW)
        to_person = repair.to_person("change", decision, outcome.findings)
        if decision.verdict is Verdict.ASK or decision.could_not_look:
            return Ruling(verdict=Verdict.ASK, to_person=to_person, decision=decision)
        rounds = self._rounds(act)
        if rounds > ROUNDS:
            more = f"It was sent back {ROUNDS} times and stops now; the gate will not let the change go further."
            return Ruling(verdict=Verdict.ASK, to_person=f"{to_person}. {more}", decision=decision)
        return Ruling(
            verdict=Verdict.DENY,
            to_model=repair.to_model("change", decision, outcome.findings, outcome.gaps),
            to_person=to_person,
            decision=decision,
            findings=outcome.findings,
            gaps=outcome.gaps,
        )

    def _rounds(self, act: Act) -> int:
        """Count how often this session was sent back in a row."""
        name = "stopped-" + hashlib.sha256(f"{act.assistant}\0{act.session}\0{act.directory}".encode()).hexdigest()[:32]
        store = cache(self._environment)
        had = store.get(name) if act.again else None
        count = int(had) + 1 if had and had.isdigit() else 1
        store.put(name, str(count).encode())
        # Where nothing is kept, it would be sent back for ever: some assistants never let go by themselves.
        kept = store.get(name) == str(count).encode()
        return count if kept or not act.again else ROUNDS + 1

    def _own(self, around: Path) -> Mapping[str, bytes]:
        return committed_at_once(around, self._environment) if around != Path(os.sep) else {}

    @cached_property
    def _builtin(self) -> Furnish:
        return builtin_furnish(Path(os.sep), self._environment, sightings=False)

    @cached_property
    def _policies(self) -> "Policies":
        from clearance.wiring.recording import builtin_policies

        return builtin_policies()

    def _parts(self, around: Path, source: str, own: Mapping[str, bytes], *, more_files: bool = False) -> ActParts:
        settings, furnish, families = self._furnished(around, source, own, more_files=more_files)
        return ActParts(
            version=__version__,
            catalogue=furnish.catalogue,
            families=families,
            rules=self._by_id(furnish.catalogue),
            seconds=settings.scan.seconds_per_file,
            exclude=settings.scan.exclude,
            scheme=settings.classification.scheme(),
            decide=self._decide(own),
            record=lambda *_: None,
        )

    def _furnished(
        self, around: Path, source: str, own: Mapping[str, bytes], *, more_files: bool = False
    ) -> tuple[Settings, Furnish, list[AnyFamily]]:
        ahead = furnish_around(self._builtin, around, self._environment)
        base = partial(committed_files, around, self._environment)
        settings, furnish = furnish_for(ahead, own, base, around=(around, self._environment))
        names = OF_ACTS.get(source, furnish.names)
        if more_files and source != "write":
            names = tuple(dict.fromkeys((*names, *FAMILIES)))
        if source == "prompt":
            furnish = for_prompts(furnish, settings, around, self._environment)
        families = []
        for name in names:
            key = furnish.rests_on(name)
            if key not in self._held:
                self._held[key] = furnish.one(name)
                self._cold.append(str(around))
            families.append(self._held[key])
        return settings, furnish, families

    def _by_id(self, catalogue: Catalogue) -> Mapping[str, Rule]:
        if self._rules is None or self._rules[0] != catalogue.digest:
            self._rules = (catalogue.digest, {rule.id: rule for rule in catalogue.rules})
        return self._rules[1]

    def _decide(self, own: Mapping[str, bytes]) -> "Callable[[Case], Decision]":
        from clearance.decide.decide import decide
        from clearance.wiring.recording import team_policies, with_team

        team = team_policies(own)
        policies = with_team(team) if team else self._policies
        return lambda case: decide(case, policies)

    def _exercise(self) -> None:
        """Look at something small with every family: what is built on the first look is built then."""
        for command, write in (("true", None), ("", Write(path="a.py", text="import os\n\n\ndef f(x):\n    return x\n"))):
            act = Act(
                assistant="warm", moment=Moment.BEFORE, directory=os.sep, command=command, writes=(write,) if write else ()
            )
            self.judge(act)
        self.judge(Act(assistant="warm", moment=Moment.PROMPT, directory=os.sep, prompt="hello"))


def _parts_of(act: Act) -> list[tuple[Path, Act]]:
    """Part an act by the repositories that it writes to: each is judged by its own rules. What is run, sent or handed over
    belongs to the place where the assistant works."""
    here = Path(act.directory)
    home = top(here) if here.is_dir() else here
    by_top: dict[Path, list[Write]] = {}
    for write in act.writes:
        by_top.setdefault(_top_of(Path(here, Path(write.path).expanduser()), home), []).append(write)
    if act.command or act.arguments or act.prompt or not by_top:
        by_top.setdefault(home, [])
    nothing = {"command": "", "arguments": "", "prompt": ""}
    return [
        (around, msgspec.structs.replace(act, writes=tuple(writes), **({} if around == home else nothing)))
        for around, writes in by_top.items()
    ]


def _top_of(file: Path, home: Path) -> Path:
    """Give the top of the repository that a file lies in, or would; `home` where it lies in none."""
    place = file.parent
    while not place.is_dir() and place != place.parent:
        place = place.parent
    found = top(place)
    return found if (found / ".git").exists() else home


def _written_by(act: Act) -> tuple[tuple[Write, ...], Gap | None]:
    """Give the files that a command would write, and a gap where it writes more of them than are looked at."""
    if not act.command:
        return (), None
    from clearance.scan.commands.writes import MOST, writes_of

    found = writes_of(act.command)
    cut = Gap(scanner="commands", path="", kind=GapKind.TOO_MANY, detail=f"more than {MOST} files are written")
    writes = tuple(
        Write(path=one.path, edits=(_more(one.text),)) if one.append else Write(path=one.path, text=one.text)
        for one in found[:MOST]
    )
    return writes, cut if len(found) > MOST else None


def _more(text: str) -> Replacement:
    return Replacement(old="", new=text)


def _title(assistant: str) -> str:
    from clearance.assistants import model

    return model.assistant(assistant).title if assistant in model.NAMES else assistant


def _record(
    directory: Path,
    environment: Mapping[str, str],
    own: Mapping[str, bytes],
    problems: list[str],
    case: Case,
    decision: Decision,
) -> None:
    """Record a refusal. That it could not be recorded makes it no milder, and is told."""
    from clearance.wiring.recording import Recorder

    try:
        Recorder(directory, environment, own).record(case, decision)
    except (ClearanceError, OSError) as error:
        problems.append(visible(str(error)))
