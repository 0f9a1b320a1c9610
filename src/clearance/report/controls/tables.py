"""Answers about controls as a table: CSV for spreadsheets, Markdown for a report, JSON for programs."""

import csv
import io
from collections.abc import Iterable, Sequence

from clearance.facts.control import Relation
from clearance.facts.fact import plain
from clearance.facts.text import visible
from clearance.report.controls.view import (
    BY_AI,
    MEANING,
    RECORDS,
    SCHEMA,
    Coverage,
    Record,
    Requirement,
    Serving,
    counted,
    moment,
)
from clearance.report.controls.words import words_of_records, words_of_tests
from clearance.report.document import document
from clearance.report.markup import code, prose

COLUMNS = (
    "catalogue", "version", "control", "level", "label", "answer", "reason", "not_covered", "served_by", "kind", "relation",
    "confidence", "said_by", "source", "note", "verdict_at_most", "languages", "examples_caught", "examples_clean",
    "examples_now",
    "record_of", "decisions", "since", "last_entry", "last_time", "last_verdict", "proved",
)  # fmt: skip
"""The columns of the CSV: one row an edge, and one row for each requirement without any."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def as_json(answer: Coverage) -> str:
    """Give one JSON document; docs/reference/schema/controls.json describes it."""
    shaped = plain(answer)
    return document({"schema": SCHEMA, "notes": [BY_AI, RECORDS], "counts": plain(answer.counts), **shaped})


def as_csv(answers: Iterable[Coverage]) -> str:
    """Give RFC 4180 CSV. A cell that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, "CSV
    Injection"); controls characters are shown as escapes, so that a cell is always one line."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    for answer in answers:
        for one in answer.requirements:
            for served in one.serving or (None,):
                writer.writerow([cell(value) for value in _row(answer, one, served)])
    return written.getvalue()


def cell(value: object) -> str:
    """Give a cell that is text and nothing else to a spreadsheet."""
    text = visible(str(value))
    return f"'{text}" if text.lstrip(" \u00a0\u3000").startswith(_FORMULA) or text.startswith(" ") else text


def _row(answer: Coverage, one: Requirement, served: Serving | None) -> Sequence[object]:
    head = (
        answer.framework, one.version, one.control, one.level or "", one.label or one.chapter, one.how, one.reason,
        one.missing,
    )  # fmt: skip
    if served is None:
        return (*head, *("" for _ in range(len(COLUMNS) - len(head))))
    return (
        *head, served.id, served.kind, served.rel.value, served.confidence.value, served.by, served.source, served.note,
        served.verdict, " ".join(served.languages), served.caught, served.clean, served.ran, *_recorded(served.record),
    )  # fmt: skip


def _recorded(record: Record | None) -> Sequence[object]:
    if record is None:
        return ("",) * 7
    last = record.last if record.last >= 0 else ""
    proved = f"{record.pulse} {record.proof_time}" if record.pulse else ""
    of = f"{record.what} (all its rules)" if record.what.startswith("scanner ") else record.what
    return of, record.decisions, record.since, last, record.last_time, record.last_verdict, proved


def as_markdown(answer: Coverage) -> str:
    """Give a Markdown document (GitHub's tables): the counts, then a row for each requirement."""
    level = f", level {answer.level}" if answer.level is not None else ""
    lines = [
        f"# {prose(answer.title)} {prose(answer.catalogue_version)}{level}",
        "",
        f"{counted(len(answer.requirements), 'requirement')}, answered by Clearance on {moment(answer.at)}.",
        "",
        "| answer | requirements | meaning |",
        "| --- | ---: | --- |",
        *(f"| {how} | {number} | {MEANING[how]} |" for how, number in answer.counts.items()),
        "",
        "| requirement | answer | what serves it | tests | records | not covered |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for one in answer.requirements:
        served = [each for each in one.serving if each.rel is not Relation.NO_RELATIONSHIP]
        names = ", ".join(f"{code(each.id)} {each.rel.value}" for each in served)
        cells = (
            f"{code(one.id)} {prose(one.label or one.chapter)}", one.how + (f": {prose(one.reason)}" if one.reason else ""),
            names,
            prose(words_of_tests(one), 2_000),
            prose(words_of_records(one), 2_000) if served else "",
            prose(one.missing, 2_000),
        )  # fmt: skip
        lines.append(f"| {' | '.join(_table_cell(each) for each in cells)} |")
    log = answer.log
    state = f"no record counts: {log.problem}" if log.problem else f"{log.read:,} of {counted(log.size, 'entry')} read"
    lines += [
        "",
        f"{BY_AI} {RECORDS}",
        "",
        f"Log: {prose(log.place)} ({prose(state)}). {prose(answer.licence)}. {prose(answer.source)}",
        "",
    ]
    return "\n".join(lines)


def _table_cell(text: str) -> str:
    return text.replace("|", "&#124;").replace("\n", " ")
