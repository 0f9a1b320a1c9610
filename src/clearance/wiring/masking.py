"""Masks and restores texts: what scanners find in a text becomes placeholders of a conversation that rests encrypted."""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from clearance.facts.errors import MaskError, UsageError
from clearance.facts.finding import Gap
from clearance.mask.conversation import Conversation, Masked, Private
from clearance.mask.stream import Decoder
from clearance.scan.advice import address, first_advice
from clearance.scan.family import Budget, Family, Match, OutOfTime, View
from clearance.settings import Settings

if TYPE_CHECKING:
    from clearance.rules.model import Rule
    from clearance.stores.sealed import SealedFolder

_SECONDS = 30.0
_FOLDER = "masks"
_SURROGATE = re.compile("[\ud800-\udfff]")
_SAYS_NOTHING = frozenset({"personal", "address", "number", "code", "document"})
"""Words in the ids of pages that a placeholder is as clear without."""


class Leak(NamedTuple):
    """What was found in a text, without the thing itself: line (from 1), rule, title, what to do, its placeholder, where the
    vendor's page is, the way in which it was hidden, and whether it is a secret (otherwise it is personal data)."""

    line: int
    rule: str
    title: str
    fix: str
    placeholder: str
    link: str
    disguise: str
    is_secret: bool


class MaskedText(NamedTuple):
    """A text with placeholders, what they stand for, and how many values the conversation holds."""

    text: str
    leaks: tuple[Leak, ...]
    values: int
    expires: int


def mask(
    text: str,
    environment: Mapping[str, str],
    *,
    conversation: str,
    seconds: int,
    name: str = "",
    only: str = "",
    keep: bool = True,
) -> MaskedText:
    """Mask a text within a conversation, which is kept for so many seconds from now on unless `keep` is false. `name` is the
    file's, which tells the syntax; `only` may be `secrets` or `personal`.

    Raises:
        MaskError: the text could not be looked at to its end: nothing of it may be passed on.
        StoreError: the conversation cannot be read or kept.
    """
    found, rules = _look(text, environment, name, only)
    private = [Private(match.start, match.end, _kind(rules[match.rule])) for match in found]
    expires = int(time.time()) + seconds
    if not keep:
        spoken = Conversation(expires)
        return _told(text, spoken, spoken.mask(text, private), found, rules)
    with _open(environment, conversation, expires) as (held, folder):
        masked = held.mask(text, private)
        held.expires = max(held.expires, expires)
        folder.put(conversation, held.dump(), held.expires)
        return _told(text, held, masked, found, rules)


def restorer(environment: Mapping[str, str], conversation: str) -> tuple[Decoder, Callable[[str], int]]:
    """Give what puts the values of a conversation back into a text that comes in pieces, and what counts the placeholders in
    a text that are none of this conversation.

    Raises:
        MaskError: there is no such conversation, or it has expired.
    """
    folder = _folder(environment)
    with folder.locked():
        folder.purge(int(time.time()))
        data = folder.get(conversation)
    if data is None:
        raise MaskError(
            f"no conversation {conversation!r}: none was begun, or it has expired",
            next="mask with the same --conversation first; a longer --keep makes it last",
        )
    held = Conversation.load(data)
    return Decoder(held), held.strangers


def forget(environment: Mapping[str, str], conversation: str) -> bool:
    """Destroy what a conversation knows; tell whether there was one."""
    folder = _folder(environment)
    with folder.locked():
        folder.purge(int(time.time()))
        return folder.drop(conversation)


@contextmanager
def _open(environment: Mapping[str, str], name: str, expires: int) -> "Iterator[tuple[Conversation, SealedFolder]]":
    """Open a conversation, a new one where there is none, with everybody else kept out of it."""
    folder = _folder(environment)
    with folder.locked():
        folder.purge(int(time.time()))
        data = folder.get(name)
        yield (Conversation(expires) if data is None else Conversation.load(data)), folder


def _folder(environment: Mapping[str, str]) -> "SealedFolder":
    from clearance.stores.private import PrivateFolder
    from clearance.stores.sealed import MOST_BYTES, SealedFolder
    from clearance.wiring import keys_folder

    return SealedFolder(PrivateFolder(keys_folder(environment).directory / _FOLDER, MOST_BYTES))


def _look(text: str, environment: Mapping[str, str], name: str, only: str) -> "tuple[list[Match], Mapping[str, Rule]]":
    from clearance.wiring import families_for_text

    families, rules = families_for_text(environment, Settings())
    if only and only not in {family.name for family in families}:
        raise UsageError(f"nothing to mask is called {only!r}", next="there are secrets and personal")
    chosen = [family for family in families if not only or family.name == only]
    # Bytes that are no text came in as lone surrogates; scanners see a mark in place of each, so that spans stay.
    seen = _SURROGATE.sub("\ufffd", text)
    if "\0" in text:
        _refuse_wide(text, seen, chosen, name)
    found = [match for family in chosen for match in _matches(family, _view(seen, name))]
    found.sort(key=lambda match: (match.start, match.end, match.rule))
    return found, rules


def _view(text: str, name: str) -> View:
    from clearance.facts.text import Decoded

    return View(name or "prompt.txt", "after", text.encode(), Decoded(text, "utf-8", broken=False))


def _refuse_wide(text: str, seen: str, families: "Sequence[Family]", name: str) -> None:
    """Refuse text of two or four bytes a character, all of it or a part: scanners would see nothing in it, and a placeholder
    would break it.

    Raises:
        MaskError: it is such text.
    """
    from clearance.facts.text import decode

    decoded = decode(text.encode("utf-8", "surrogateescape" if _is_bytes(text) else "surrogatepass"))
    wide = decoded is not None and not decoded.broken and decoded.encoding.startswith(("utf-16", "utf-32"))
    if not wide:
        # What is found only without the NUL bytes is such text within other text.
        plain = seen.replace("\0", "")
        at = _view(plain, name)
        wide = any(plain[match.start : match.end] not in seen for family in families for match in _matches(family, at))
    if wide:
        raise MaskError(
            "UTF-16, UTF-32, or NUL bytes within what must be masked",
            where=name,
            next="nothing of it was passed on: convert it first, say with `iconv -f UTF-16 -t UTF-8`",
        )


def _is_bytes(text: str) -> bool:
    """Tell whether lone surrogates stand for bytes, as they do in what was read with `surrogateescape`."""
    return all("\udc80" <= found[0] <= "\udcff" for found in _SURROGATE.finditer(text))


def _matches(family: Family, view: View) -> Iterator[Match]:
    """Give what a family finds; whatever it could not look at makes the text one that may not be passed on."""
    next_ = "nothing of it was passed on: make it smaller, or take out what cannot be read"
    if len(view.data) > family.max_bytes:
        raise MaskError(f"larger than {family.max_bytes:,} bytes", where=view.path, next=next_)
    try:
        for one in family.look(view, Budget(_SECONDS)):
            if isinstance(one, Gap):
                raise MaskError(f"{one.scanner} could not look to the end: {one.detail or one.kind.value}", next=next_)
            if isinstance(one, Match):
                yield one
    except OutOfTime:
        raise MaskError(f"{family.name} did not come to an end in {_SECONDS:g} s", where=view.path, next=next_) from None


def _kind(rule: "Rule") -> str:
    """Name the kind of a value in a placeholder: what a person may know of it."""
    if rule.family != "personal":
        return "secret"
    words = [word for word in rule.id.split("-") if word not in _SAYS_NOTHING]
    letters = "".join(char for char in "".join(words) if char in "abcdefghijklmnopqrstuvwxyz")
    return letters[:12] if len(letters) >= 2 else "personal"


def _told(text: str, held: Conversation, masked: Masked, found: Sequence[Match], rules: "Mapping[str, Rule]") -> MaskedText:
    """Say where each finding stood and what it became."""
    leaks = []
    line = at = 0
    for match in found:
        line += text.count("\n", at, match.start)
        at = match.start
        rule = rules[match.rule]
        fix = match.fix or first_advice(rule)
        leaks.append(
            Leak(
                line=line + 1,
                rule=rule.id,
                title=rule.title,
                fix=fix,
                placeholder=held.placeholder_of(text[match.start : match.end]),
                link="" if "https://" in fix else address(rule.sources),
                disguise=match.secret.disguise if match.secret else "",
                is_secret=rule.family == "secrets",
            )
        )
    return MaskedText(masked.text, tuple(leaks), len(held), held.expires)
