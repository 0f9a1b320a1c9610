"""All answers of one catalogue for a terminal."""

from clearance.report.controls.lines import STYLES, beside, indented, joined
from clearance.report.controls.view import BY_AI, MEANING, RECORDS, Coverage, Requirement, counted, moment, risks_of
from clearance.report.controls.words import how_word, log_words, names_of, words_of_records, words_of_tests
from clearance.report.layout import Line, Piece, hanging, pad, wrap
from clearance.report.look import Look
from clearance.report.pen import BOLD, DIM, GREEN, RED, Pen

_WORD = 14
_BAR = 24


def coverage(answer: Coverage, look: Look) -> str:
    """Lay out all answers of one catalogue: the counts as a bar, then each requirement with what serves it, its tests and
    its records. With `look.show_all` each rule is named."""
    pen = Pen(look)
    level = f", level {answer.level}" if answer.level is not None else ""
    head = f"{answer.title} {answer.catalogue_version}{level}: {counted(len(answer.requirements), 'requirement')}"
    blocks = [indented(head, pen, BOLD, 0), _bar(answer, pen)]
    chapter = None
    for one in answer.requirements:
        if one.chapter != chapter:
            chapter = one.chapter
            blocks.append(indented(chapter, pen, BOLD, 0))
        blocks.append(_row(one, pen, show_all=look.show_all))
    blocks.append(_foot(answer, pen))
    return joined(blocks, look)


def _bar(answer: Coverage, pen: Pen) -> list[Line]:
    lines: list[Line] = []
    bar = max(4, min(_BAR, pen.width - 56))
    most = max(1, *answer.counts.values())
    for how, number in answer.counts.items():
        filled = -(-number * bar // most) if number else 0
        drawn = pad(("█" if pen.own("→") == "→" else "#") * filled, bar)
        label = [Piece(pad(how_word(how), _WORD), STYLES[how]), Piece(drawn, STYLES[how]), Piece(f"{number:>5}  ")]
        lines += beside(label, MEANING[how], pen, DIM)
    return lines


def _row(one: Requirement, pen: Pen, *, show_all: bool) -> list[Line]:
    name = pad(pen.shown(one.id), 12)
    label = [Piece(name, BOLD), Piece(pad(how_word(one.how), _WORD), STYLES[one.how])]
    lines = beside(label, one.label or one.chapter, pen)
    indent = 12
    for word, text in _shown(one, show_all=show_all):
        lines += [
            [Piece(" " * indent), *line]
            for line in hanging(Piece(pad(word, 9), DIM), Piece(pen.shown(text)), pen.width - indent)
        ]
    return lines


def _shown(one: Requirement, *, show_all: bool) -> list[tuple[str, str]]:
    """Give what is said below a requirement: why, by what, which tests and records, and what is missing."""
    rows = [("why", one.reason)] if one.reason else []
    if one.serving:
        rows.append(("by", names_of(one.serving, show_all=show_all)))
    tests = words_of_tests(one)
    rows += [("tests", tests)] if tests else []
    if one.serving:
        rows.append(("records", words_of_records(one)))
    return rows + ([("missing", one.missing)] if one.missing else [])


def _foot(answer: Coverage, pen: Pen) -> list[Line]:
    lines = [
        [Piece(line, RED if answer.log.problem else DIM)]
        for line in wrap(pen.shown(f"records   {log_words(answer.log)}"), pen.width)
    ]
    if answer.checked is not None:
        failed = answer.checked.failed
        told = (
            f"tests     {counted(answer.checked.pages, 'page')}, {counted(answer.checked.examples, 'example')} run now: "
            + (f"{len(failed)} FAILED: {', '.join(failed)}" if failed else "as the pages say")
        )
        lines += [[Piece(line, RED if failed else GREEN)] for line in wrap(pen.shown(told), pen.width)]
    if answer.accepted:
        told = f"risks     {risks_of(answer)}; what they name is let pass: `clearance risk list`"
        lines += indented(told, pen, RED, 0)
    legends = {"authors": BY_AI} | ({} if answer.log.problem or not answer.log.size else {"log": RECORDS})
    for word, told in legends.items():
        lines += hanging(Piece(pad(word, 10), DIM), Piece(pen.own(told), DIM), pen.width)
    rest = f"rules {answer.rules[:12]}, policies {answer.policies[:12]}, {moment(answer.at)}; {answer.licence}"
    return lines + [[Piece(line, DIM)] for line in wrap(pen.shown(rest), pen.width)]
