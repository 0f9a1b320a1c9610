"""One question of an assistant, from its bytes to the answer's bytes. Nothing that goes wrong here is an allow."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from clearance.assistants.model import Assistant, Event, Hooks, assistant
from clearance.facts.act import Act, Moment, Ruling
from clearance.facts.decision import Verdict
from clearance.facts.errors import ClearanceError, UsageError
from clearance.facts.text import visible
from clearance.frontends.hooks.decode import decode
from clearance.frontends.hooks.filling import Answer, fill

__all__ = ["Answer", "answer", "strictest"]

_PROVE = "Run `clearance prove` to see which guards work."


class Judge(Protocol):
    """Whoever rules on acts; `wiring.acts.Engine` is one."""

    def judge(self, act: Act) -> Ruling:
        """Rule on one act."""
        ...


def answer(
    assistant: str,
    event: str,
    payload: bytes,
    directory: Path,
    environment: Mapping[str, str],  # noqa: ARG001 - the engine has it; a contract may come to need it
    engine: Judge,
) -> Answer:
    """Answer one question of an assistant.

    `assistant` and `event` are names of contracts, `payload` what stood on standard input, `directory` where the hook runs
    (absolute). Never raises: whatever goes wrong becomes the contract's strictest answer, which says what happened and what
    to do.
    """
    try:
        found, hooks, moment = _contract(assistant, event)
    except ClearanceError as error:
        return _outside(f"{error.what}; {error.next}")
    act = None
    try:
        act = decode(found.name, hooks, moment, payload, directory)
        return _say(found, moment, act, engine.judge(act))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a guard that breaks must not open
        why = str(error) if isinstance(error, ClearanceError) else type(error).__name__  # its words may quote a secret
        return _broken(moment, act, visible(why[:500]))


def strictest(assistant: str, event: str, why: str) -> Answer:
    """Give the strictest answer that a contract has: a denial where the event can deny, else a word about it. `why` is a
    sentence without its full stop. For an assistant or event that there is none of: exit code 2 and the reason on standard
    error, which most contracts read as a denial."""
    try:
        moment = _contract(assistant, event)[2]
    except ClearanceError as error:
        return _outside(f"{error.what}; {error.next}")
    return _broken(moment, None, why)


def _contract(name: str, event: str) -> tuple[Assistant, Hooks, Event]:
    found = assistant(name)
    if found.hooks is None:
        raise UsageError(f"{name} has no hooks that Clearance answers", next="`clearance init` writes the right ones")
    moment = found.hooks.event(event)
    if moment is None:
        what = f"{name} has no event {visible(event[:60])!r} that Clearance answers"
        raise UsageError(what, next=f"one of {', '.join(each.name for each in found.hooks.events)}")
    return found, found.hooks, moment


_NEED = "Clearance: a person must decide this."
_DENIED = "Clearance: denied by policy."


def _say(found: Assistant, event: Event, act: Act, ruling: Ruling) -> Answer:
    """Put a ruling into the assistant's words."""
    if act.unread and event.blocks:
        return _broken(event, act, act.unread, more=ruling.to_model)
    reason, person = ruling.to_model or ruling.to_person, ruling.to_person or ruling.to_model
    answers = event.answers
    match ruling.verdict:
        case Verdict.ALLOW:
            context = "\n\n".join(filter(None, (ruling.context, ruling.to_model)))
            if answers.context is None or not (context or ruling.to_person):
                return fill(answers.allow)
            return fill(answers.context, context=context, person=ruling.to_person)
        case Verdict.ASK if event.moment is Moment.STOP:
            return fill(answers.ask or answers.allow, reason=reason or _NEED, person=person or _NEED)
        case Verdict.ASK if event.asks and answers.ask:
            return fill(answers.ask, reason=reason or _NEED, person=person or _NEED, context=ruling.context)
        case Verdict.ASK if event.blocks:
            reason, person = _degraded(found, event, reason, person)
        case _:
            reason, person = reason or _DENIED, person or _DENIED
    if ruling.context:
        reason = f"{reason}\n\n{ruling.context}"
    return fill(answers.deny, reason=reason, person=person)


def _degraded(found: Assistant, event: Event, reason: str, person: str) -> tuple[str, str]:
    """The texts of an ASK where the assistant has no question to a person: a denial that says who can do what."""
    head = f"Clearance: this needs a person's yes, and {found.title} cannot ask for one here, so"
    if event.moment is Moment.PROMPT:
        text = f"{head} the prompt was not sent.\n{person}\nSend it again without what is named above."
        return text, text
    todo = "Tell the person what you wanted to do and why. They can do it themselves in a terminal; or do it another way."
    return f"{head} it was not done.\n{reason}\n{todo}", f"{head} it was not done.\n{person}"


def _broken(event: Event, act: Act | None, why: str, *, more: str = "") -> Answer:
    """The contract's strictest answer.

    A stop is held only where that ends: once, as `again` tells; or, where a payload could not be read and so does not tell,
    where the assistant itself lets go after some rounds. Elsewhere the person is told.
    """
    told = f"Clearance could not judge this: {why}. {_PROVE}"
    endless = not event.brake if act is None or act.unread else act.again
    if event.moment is Moment.STOP and endless:
        return fill(event.answers.ask or event.answers.allow, reason=told, person=told)
    if event.blocks and event.moment is not Moment.STOP:
        told = f"Clearance could not judge this, so it is denied: {why}. {_PROVE}"
    return fill(event.answers.deny, reason=more or told, person=told)


def _outside(why: str) -> Answer:
    text = f"Clearance could not judge this, so it is denied: {why}. {_PROVE}"
    return Answer(2, b"", text.encode("utf-8", "replace"))
