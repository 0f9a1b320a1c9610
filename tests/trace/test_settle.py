"""The origin of every line: what survives which operation, what is never claimed, and laws that always hold."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.collect.lines import compare
from clearance.facts.fact import canonical
from clearance.facts.trace import SCHEME, Attribution, Known, LineKeys, Lines, Origin
from clearance.trace.file import Earlier, Pair
from clearance.trace.keys import KeyedText, split
from clearance.trace.settle import settle

SALT = bytes(range(16))
OTHER_SALT = bytes(range(1, 17))
BASE = '''"""A shop."""

import os


class Shop:
    def open(self, keys):
        for lock, key in zip(self.locks, keys):
            lock.turn(key)

    def close(self):
        self.closed = True
'''
WRITTEN = """
    def discounted(self, percent, limit=100):
        if not 0 <= percent <= limit:
            raise ValueError('percent must lie between 0 and the limit')
        total = sum(line.price for line in self.lines)
        return total - total * percent / limit

    def summary(self, currency='EUR'):
        rows = [f'{line.name}: {line.price} {currency}' for line in self.lines]
        rows.append(f'total: {self.total()} {currency}')
        return '\\n'.join(rows)
"""
PERSON = Origin(kind="person", person="dana@example.com")


def generation(
    before: str, after: str, *, path: str = "shop.py", salt: bytes = SALT, name: str = "g", **more: object
) -> Known:
    """What an assistant added to a file."""
    added = compare(before.encode(), after.encode()).added
    runs = KeyedText(split(after), salt).runs(path, added)
    return Known(digest=name, keys=LineKeys(scheme=SCHEME, salt=salt, runs=runs), **more)  # type: ignore[arg-type]


def pair(before: str, after: str, *, path: str = "shop.py", old_path: str = "") -> Pair:
    """Both sides of a file, told as git tells them."""
    change = compare(before.encode() if before else None, after.encode())
    return Pair(
        path,
        old_path,
        f"new {path}",
        f"old {path}" if before else "",
        split(before),
        split(after),
        change.added,
        change.removed,
    )


def by(origin: Origin, pairs: Sequence[Pair]) -> dict[tuple[str, str], Earlier]:
    """Everything of the target has one origin."""
    return {
        (one.old_path or one.path, one.before): Earlier((Lines(first=1, last=len(one.old), origin=0),), (origin,))
        for one in pairs
        if one.old
    }


def origins(attribution: Attribution, path: str = "shop.py") -> list[Origin]:
    """The origin of each line of a file."""
    (file,) = [file for file in attribution.files if file.path == path]
    return [attribution.origins[run.origin] for run in file.runs for _ in range(run.first, run.last + 1)]


def kinds(after: str, *known: Known, before: str = BASE, **more: str) -> dict[str, str]:
    """By line that has words: the kind of its origin, and how it fits."""
    one = pair(before, after, **more)
    settled = settle(("b", "h"), [one], known, by(PERSON, [one]))
    found = origins(settled, one.path)
    return {line.strip(): f"{origin.kind} {origin.how}".strip() for line, origin in zip(one.new, found, strict=True) if line}


AI = generation(BASE, BASE + WRITTEN)


def test_lines_as_they_were_written_are_the_assistants_and_the_rest_stays_the_persons() -> None:
    found = kinds(BASE + WRITTEN, AI)
    assert {found[line.strip()] for line in WRITTEN.split("\n") if line.strip()} == {"generation exact"}
    assert {found[line.strip()] for line in BASE.split("\n") if line.strip()} == {"person"}


def test_without_a_record_a_new_line_is_unknown() -> None:
    found = kinds(BASE + WRITTEN)
    assert found["return '\\n'.join(rows)"] == "unknown"


def test_a_formatter_that_breaks_lines_anew_changes_no_origin() -> None:
    formatted = WRITTEN.replace("'", '"').replace(
        "    def discounted(self, percent, limit=100):",
        "    def discounted(\n        self,\n        percent,\n        limit=100,\n    ):",
    )
    found = kinds(BASE + formatted, AI)
    assert found["percent,"] == found["limit=100,"] == found["):"] == "generation formatted"


def test_a_formatted_line_of_a_person_stays_the_persons() -> None:
    found = kinds(BASE.replace("zip(self.locks, keys)", "zip(\n            self.locks,\n            keys,\n        )"), AI)
    assert found["self.locks,"] == "person"
    assert found["for lock, key in zip("] == "person"


def test_a_small_edit_keeps_the_line_flagged() -> None:
    found = kinds(BASE + WRITTEN.replace("return total - total", "return total + total"), AI)
    assert found["return total + total * percent / limit"] == "generation edited"


def test_a_line_of_which_every_name_was_changed_keeps_its_shape_and_its_origin() -> None:
    found = kinds(
        BASE
        + WRITTEN.replace("rows.append(f'total: {self.total()} {currency}')", "parts.extend(f'sum: {own.whole()} {money}')"),
        AI,
    )
    assert found["parts.extend(f'sum: {own.whole()} {money}')"] == "generation edited"


def test_one_line_in_another_file_is_no_evidence_and_a_whole_method_is() -> None:
    one = WRITTEN.split("\n")[4] + "\n"
    assert not {kind for kind in kinds(one, AI, before="", path="other.py").values() if kind.startswith("generation")}
    assert "generation exact" in kinds(WRITTEN, AI, before="", path="other.py").values()


def test_what_the_target_says_already_is_hardly_evidence() -> None:
    idiom = "        for lock, key in zip(self.locks, keys):\n            lock.turn(key)\n"
    wrote = generation(BASE, BASE + WRITTEN + "\n    def reopen(self, keys):\n" + idiom)
    one = pair(BASE, BASE + "\n    def twice(self, own):\n" + idiom)
    assert {origin.kind for origin in origins(settle(("b", "h"), [one], [wrote], by(PERSON, [one])))[12:]} == {"unknown"}


@pytest.mark.parametrize(
    ("was", "is_"),
    [(PERSON, "unknown"), (Origin(kind="generation", generation="g", how="exact"), "generation")],
)
def test_a_changed_line_of_the_target_stays_an_assistants_and_never_a_persons(was: Origin, is_: str) -> None:
    one = pair(BASE, BASE.replace("zip(self.locks, keys)", "zip(self.doors, keys)"))
    found = origins(settle(("b", "h"), [one], [], by(was, [one])))
    assert found[7].kind == is_
    assert found[7].how == ("edited" if is_ == "generation" else "")


def test_a_person_who_changes_an_assistants_line_cannot_claim_it() -> None:
    changed = BASE + WRITTEN.replace("return total - total", "return total + total")
    claim = generation(BASE, changed, person="dana@example.com", name="p")
    assert kinds(changed, AI, claim)["return total + total * percent / limit"] == "generation edited"


PERSONS = """def allowed(user, token, settings, request):
    return (user.is_admin or user.is_owner) and token.valid


def total(price, rebate, tax, user):
    total = (price - rebate) * tax
    log.debug('checked %s', user)
    return round(total, 2)


def special(settings, request):
    if settings.DEBUG is False and request.user == 'root':
        return frozenset(('read', 'list', 'write_none'))
    return print_all(settings, 'a\\nb')
"""
OTHERWISE = {
    "and and or": (
        "return (user.is_admin or user.is_owner) and token.valid",
        "return user.is_admin or (user.is_owner and token.valid)",
    ),
    "brackets that are gone": (
        "return (user.is_admin or user.is_owner) and token.valid",
        "return user.is_admin or user.is_owner and token.valid",
    ),
    "minus and times": ("total = (price - rebate) * tax", "total = price - (rebate * tax)"),
    "a text that becomes a name": ("request.user == 'root':", "request.user == root:"),
    "another case": ("settings.DEBUG", "settings.debug"),
    "texts that become one": ("(('read', 'list', 'write_none'))", "(('read list', 'write_none'))"),
    "texts that are joined": ("('read', 'list',", "('read' 'list',"),
    "a call that is none any more": ("log.debug('checked %s', user)", "log.debug, ('checked %s', user)"),
    "an escape that is a letter": ("'a\\nb'", "'anb'"),
    "a text that ends elsewhere": ("'checked %s', user)", "'checked %s, user')"),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_persons_line_that_says_something_else_with_the_same_words_is_no_longer_the_persons(name: str) -> None:
    old, new = OTHERWISE[name]
    after = PERSONS.replace(old, new)
    (line,) = [line.strip() for line in after.split("\n") if new in line]
    assert after != PERSONS
    assert kinds(after, before=PERSONS)[line] == "unknown"
    wrote = generation(PERSONS, after)
    assert kinds(after, wrote, before=PERSONS)[line] in ("generation exact", "unknown")
    held = kinds(after, before=PERSONS)
    assert [kind for text, kind in held.items() if text != line] == ["person"] * (len(held) - 1)


FORMATTED = {
    "quotes": ("'checked %s'", '"checked %s"'),
    "an expression over lines": (
        "    return (user.is_admin or user.is_owner) and token.valid\n",
        "    return (\n        (user.is_admin or user.is_owner)\n        and token.valid\n    )\n",
    ),
    "arguments over lines": (
        "    log.debug('checked %s', user)\n",
        "    log.debug(\n        'checked %s',\n        user,\n    )\n",
    ),
    "brackets around a condition": (
        "if settings.DEBUG is False and request.user == 'root':",
        "if (settings.DEBUG is False and request.user == 'root'):",
    ),
    "a condition over lines": (
        "    if settings.DEBUG is False and request.user == 'root':\n",
        '    if (\n        settings.DEBUG is False\n        and request.user == "root"\n    ):\n',
    ),
    "a backslash at the end": ("and token.valid\n", "\\\n        and token.valid\n"),
    "semicolons": ("    total = (price - rebate) * tax\n", "    total = (price - rebate) * tax;\n"),
}


@pytest.mark.parametrize("name", FORMATTED)
def test_what_a_formatter_does_to_brackets_and_quotes_leaves_a_persons_line_the_persons(name: str) -> None:
    after = PERSONS.replace(*FORMATTED[name])
    assert after != PERSONS
    assert set(kinds(after, before=PERSONS).values()) == {"person"}


def test_a_persons_line_that_an_assistant_wrote_anew_letter_by_letter_is_the_assistants() -> None:
    after = PERSONS.replace("log.debug('checked %s', user)", 'log.debug("checked %s", user)')
    wrote = generation(PERSONS, after)
    assert kinds(after, wrote, before=PERSONS)['log.debug("checked %s", user)'] == "generation exact"
    assert kinds(after, generation(PERSONS, after, weak=True), before=PERSONS)['log.debug("checked %s", user)'] == "person"


def test_a_block_that_moved_to_another_file_takes_its_origin_along() -> None:
    before = BASE + WRITTEN
    gone, moved = pair(before, BASE), pair("", "import os\n" + WRITTEN, path="prices.py")
    earlier = by(PERSON, [gone])
    mixed = Earlier(
        (Lines(1, 12, 0), Lines(13, len(gone.old), 1)), (PERSON, Origin(kind="generation", generation="g", how="exact"))
    )
    settled = settle(("b", "h"), [gone, moved], [], {**earlier, ("shop.py", "old shop.py"): mixed})
    assert [origin.kind for origin in origins(settled, "prices.py")][2:6] == ["generation"] * 4


def test_a_renamed_file_keeps_the_origins_of_its_lines() -> None:
    found = kinds(BASE, path="store.py", old_path="shop.py")
    assert set(found.values()) == {"person"}


def test_the_order_of_blocks_makes_no_difference() -> None:
    first, second = WRITTEN.split("\n\n")
    found = kinds(BASE + "\n" + second + "\n" + first, AI)
    assert found["rows = [f'{line.name}: {line.price} {currency}' for line in self.lines]"] == "generation exact"
    assert found["total = sum(line.price for line in self.lines)"] == "generation exact"


@pytest.mark.parametrize("line", ["    return total", "    for line in self.lines:", "    def close(self):", "    else:"])
def test_a_persons_line_that_an_assistant_wrote_somewhere_too_is_not_the_assistants(line: str) -> None:
    own = f"\n\ndef unrelated(shop):\n    shop.lights = None\n{line}\n    shop.alarm = shop.number\n"
    found = kinds(BASE + own, AI)
    assert not found[line.strip()].startswith("generation")


def test_a_second_copy_of_one_line_is_no_evidence_but_a_copied_block_is() -> None:
    line = "        total = sum(line.price for line in self.lines)\n"
    one = pair(BASE, BASE + WRITTEN + "\n\ndef other(self):\n" + line)
    assert origins(settle(("b", "h"), [one], [AI], by(PERSON, [one])))[-1].kind == "unknown"
    two = pair(BASE, BASE + WRITTEN + WRITTEN)
    assert {origin.kind for origin in origins(settle(("b", "h"), [two], [AI], by(PERSON, [two])))[12:]} == {"generation"}


def test_a_settled_generation_is_evidence_only_where_there_is_no_doubt() -> None:
    line = WRITTEN.split("\n")[4]
    settled = generation(BASE, BASE + WRITTEN, settled=True)
    assert kinds(BASE + line + "\n", settled)[line.strip()] == "unknown"
    assert "generation exact" in kinds(BASE + WRITTEN, settled).values()


def test_a_generation_of_another_salt_counts_as_well() -> None:
    other = generation(BASE, BASE + WRITTEN, salt=OTHER_SALT)
    assert "generation exact" in kinds(BASE + WRITTEN, other).values()


def test_what_a_person_claims_is_the_persons_unless_an_assistant_wrote_it() -> None:
    claim = generation(BASE, BASE + WRITTEN, person="dana@example.com", name="p")
    assert "person exact" in kinds(BASE + WRITTEN, claim).values()
    assert "person exact" not in kinds(BASE + WRITTEN, AI, claim).values()
    assert "person exact" not in kinds(BASE + WRITTEN, claim, AI).values()


def test_a_person_who_edits_a_persons_line_leaves_an_unknown_one() -> None:
    found = kinds(BASE.replace("lock.turn(key)", "lock.turn_slowly(key)"))
    assert found["lock.turn_slowly(key)"] == "unknown"


def test_a_blank_line_between_an_assistant_and_a_stranger_is_unknown() -> None:
    text = BASE + WRITTEN + "\n\ndef stranger():\n    shop.alarm = None\n"
    one = pair(BASE, text)
    found = origins(settle(("b", "h"), [one], [AI], by(PERSON, [one])))
    assert [origin.kind for origin in found[-4:]] == ["unknown"] * 4


def test_runs_that_do_not_fit_their_own_form_are_passed_over() -> None:
    from msgspec.structs import replace

    (run,) = AI.keys.runs
    torn = replace(AI, keys=replace(AI.keys, runs=(replace(run, shingles=run.shingles[:-1]),)))
    assert kinds(BASE + WRITTEN, torn)["return '\\n'.join(rows)"] == "unknown"


WORDS = st.sampled_from(["alpha", "beta", "gamma", "delta", "=", "+", "(", ")", "1", "if", ":", "return"])
TEXTS = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=20).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)


@given(TEXTS, TEXTS, TEXTS)
def test_every_line_has_exactly_one_origin_and_the_answer_is_always_the_same(before: str, written: str, after: str) -> None:
    one = pair(before, after)
    made = [generation(before, written, name="a"), generation(after, written, name="b")]
    earlier = by(PERSON, [one]) if len(before) % 2 else {}
    kept = canonical([list(made), [list(each) for each in earlier.values()]])
    settled = settle(("b", "h"), [one], made, earlier)
    (file,) = settled.files
    assert [number for run in file.runs for number in range(run.first, run.last + 1)] == list(range(1, len(one.new) + 1))
    assert settled == settle(("b", "h"), [one], made, earlier)
    assert kept == canonical([list(made), [list(each) for each in earlier.values()]])


@given(TEXTS, TEXTS, TEXTS)
def test_no_line_comes_from_a_generation_that_holds_nothing_of_it(before: str, written: str, after: str) -> None:
    one = pair(before, after)
    made = generation(before, written)
    held = {token for run in made.keys.runs for token in _shingles(run.shingles)}
    text = KeyedText(one.new, SALT)
    for line, origin in enumerate(origins(settle(("b", "h"), [one], [made], by(PERSON, [one])))):
        if origin.kind == "generation" and origin.how in ("exact", "formatted") and text.words[line]:
            near = text.shingles[max(0, text.starts[line] - 2) : text.starts[line + 1]]
            assert held.intersection(near)


@given(TEXTS, TEXTS)
def test_without_generations_nothing_new_is_anybodys_but_what_was_there(before: str, after: str) -> None:
    one = pair(before, after)
    found = origins(settle(("b", "h"), [one], [], {}))
    assert {origin.kind for origin in found} <= {"unknown"}


def _shingles(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 4]) for at in range(0, len(data), 4)]
