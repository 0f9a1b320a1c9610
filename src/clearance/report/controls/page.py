"""Answers about controls as one HTML page that needs nothing else: no script, no font, no address that it loads."""

import html
from collections.abc import Iterable, Iterator

from clearance.facts.control import Relation
from clearance.facts.text import visible
from clearance.report.controls.view import (
    BY_AI,
    HOWS,
    MEANING,
    RECORDS,
    Coverage,
    How,
    Requirement,
    Serving,
    counted,
    moment,
    risks_of,
    said,
)
from clearance.report.controls.words import words_of_records, words_of_tests

_COLORS: dict[How, tuple[str, str]] = {
    "executable": ("#1a7f4b", "#3fb97a"), "assisted": ("#1f6fb2", "#59a8e8"), "process-only": ("#8a6100", "#d6a53a"),
    "not-us": ("#5f6670", "#8d96a2"), "none": ("#b3261e", "#ef6b62"),
}  # fmt: skip
"""Colours for light and for dark; each has a contrast of 4.5 at least against its ground (WCAG 2.2, 1.4.3)."""
_MARKS: dict[How, str] = {"executable": "■", "assisted": "▲", "process-only": "●", "not-us": "◆", "none": "✗"}
"""Signs beside the colours, so that nothing rests on colour alone (WCAG 2.2, 1.4.1)."""

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#57606a;--ground:#fff;--line:#d0d7de;--soft:#f3f5f7;LIGHT}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--dim:#a4acb6;--ground:#14171b;--line:#343b44;--soft:#1d2127;DARK}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground);margin:0 auto;
max-width:70rem;padding:1.5rem}
h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2.5rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.6rem 0 .3rem}code{font-size:.9em;overflow-wrap:anywhere}small,.dim{color:var(--dim)}
table{border-collapse:collapse;width:100%;font-size:.9rem}td,th{border-bottom:1px solid var(--line);
padding:.35rem .5rem;text-align:left;vertical-align:top}
th{background:var(--soft)}section{break-inside:avoid}a{color:inherit}summary{cursor:pointer}.wide{overflow-x:auto}
.map{display:flex;flex-wrap:wrap;gap:.3rem;padding:0;list-style:none}
.map a{display:block;padding:.1rem .45rem;border:1px solid;border-radius:.3rem;
text-decoration:none;font-size:.85rem}
.warn{border-left:4px solid var(--none);padding-left:.8rem}svg{max-width:100%;height:auto}HOWS
:focus-visible{outline:3px solid currentColor;outline-offset:2px}@media print{body{max-width:none}details>*{display:block}}
"""


def as_page(answers: Iterable[Coverage]) -> str:
    """Give one HTML document about one or several catalogues. It names no address that a browser would load, holds no
    script, and forbids both; the same answers give the same bytes."""
    answers = tuple(answers)
    title = "; ".join(f"{one.title} {one.catalogue_version}" + _level(one) for one in answers)
    body = "".join(_catalogue(one, number) for number, one in enumerate(answers))
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>Controls: {_text(title)}</title>\n<style>{_style()}</style>\n</head>\n"
        f"<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
    )


def _style() -> str:
    light = "".join(f"--{how}:{_COLORS[how][0]};" for how in HOWS)
    dark = "".join(f"--{how}:{_COLORS[how][1]};" for how in HOWS)
    hows = "".join(f".{how}{{color:var(--{how})}}.f-{how}{{fill:var(--{how})}}" for how in HOWS)
    return _STYLE.replace("LIGHT", light).replace("DARK", dark).replace("HOWS", hows)


def _text(text: object) -> str:
    """Give text that is text and nothing else in HTML: controls as escapes, then markup as entities."""
    return html.escape(visible(str(text)))


def _level(answer: Coverage) -> str:
    return f", level {answer.level}" if answer.level is not None else ""


def _catalogue(answer: Coverage, number: int) -> str:
    total = counted(len(answer.requirements), "requirement")
    pieces = [
        f"<h1>{_text(answer.title)} {_text(answer.catalogue_version)}{_level(answer)}</h1>\n",
        f"<p>{total}, answered by Clearance {_text(answer.version)} on {_text(moment(answer.at))}.</p>\n",
        _picture(answer, number),
        _table(("answer", "requirements", "meaning"), (_count(how, many) for how, many in answer.counts.items())),
        _log(answer),
        _risks(answer),
        f'<nav aria-label="All requirements of {_text(answer.framework)}"><ul class="map">\n',
        *(_link(one, number) for one in answer.requirements),
        "</ul></nav>\n",
        *_requirements(answer, number),
        _foot(answer),
    ]
    return "".join(pieces)


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>\n'


def _count(how: How, many: int) -> str:
    name = f'<th scope="row"><span class="{how}">{_MARKS[how]} {how}</span></th>'
    return f"<tr>{name}<td>{many}</td><td>{MEANING[how]}</td></tr>\n"


def _link(one: Requirement, number: int) -> str:
    said = f'{_MARKS[one.how]} {_text(one.id)}<span class="dim"> {one.how}</span>'
    return f'<li><a class="{one.how}" href="#{_anchor(one, number)}">{said}</a></li>\n'


def _foot(answer: Coverage) -> str:
    digests = f"rules <code>{_text(answer.rules)}</code>, policies <code>{_text(answer.policies)}</code>"
    source = f"Labels are our own words; {_text(answer.licence)}. Source of the ids: {_text(answer.source)}"
    return f"<p>{_text(BY_AI)} {_text(RECORDS)}</p>\n<p><small>{digests}. {source}</small></p>\n"


def _risks(answer: Coverage) -> str:
    return f'<p class="warn">{risks_of(answer)}: what they name is let pass.</p>\n' if answer.accepted else ""


def _log(answer: Coverage) -> str:
    log = answer.log
    if log.problem:
        return f'<p class="warn" role="alert">No record counts: {_text(log.problem)}</p>\n'
    if not log.size:
        return "<p>No record yet: the log is empty or not there.</p>\n"
    read = "all of them read" if log.read == log.size else f"the newest {log.read:,} read"
    tests = ""
    if answer.checked is not None:
        failed = ", ".join(answer.checked.failed)
        tests = f" Examples run now: {answer.checked.examples:,} of {counted(answer.checked.pages, 'page')}, " + (
            f"failed: {_text(failed)}." if failed else "all as the pages say."
        )
    return f"<p>Records come from <code>{_text(log.place)}</code>, {counted(log.size, 'entry')}, {read}.{tests}</p>\n"


def _picture(answer: Coverage, number: int) -> str:
    """Draw the counts as one bar. Its table stands below, so that nobody needs the picture."""
    total = max(1, len(answer.requirements))
    parts, x = [], 0.0
    for how, many in answer.counts.items():
        width = 1000 * many / total
        if not many:
            continue
        label = (
            f'<text x="{x + width / 2:.1f}" y="34" text-anchor="middle" font-size="22" fill="var(--ground)">{many}</text>'
            if width > 36
            else ""
        )
        drawn = f'<rect class="f-{how}" x="{x:.1f}" y="0" width="{width:.1f}" height="52"/>'
        parts.append(f"<g><title>{how}: {many}</title>{drawn}{label}</g>")
        x += width
    told = ", ".join(f"{many} {how}" for how, many in answer.counts.items() if many)
    return (
        f'<svg viewBox="0 0 1000 52" role="img" aria-labelledby="bar-{number}" xmlns="http://www.w3.org/2000/svg">'
        f'<title id="bar-{number}">{told or "no requirement"} of {len(answer.requirements)}</title>{"".join(parts)}</svg>\n'
    )


def _requirements(answer: Coverage, number: int) -> Iterator[str]:
    chapter = None
    for one in answer.requirements:
        if one.chapter != chapter:
            chapter = one.chapter
            yield f"<h2>{_text(chapter)}</h2>\n"
        yield _requirement(one, number)


def _anchor(one: Requirement, number: int) -> str:
    return f"r{number}-{_text(one.id)}".replace(" ", "-")


def _requirement(one: Requirement, number: int) -> str:
    level = f' <span class="dim">level {one.level}</span>' if one.level is not None else ""
    head = f'<h3>{_text(one.id)} {_text(one.label)}{level} <span class="{one.how}">{_MARKS[one.how]} {one.how}</span></h3>\n'
    rows = [
        (word, text)
        for word, text in (
            ("why", one.reason),
            ("tests", words_of_tests(one)),
            ("records", words_of_records(one) if one.serving else ""),
            ("not covered", one.missing),
        )
        if text
    ]
    told = "".join(f'<dt class="dim">{word}</dt><dd>{_text(text)}</dd>' for word, text in rows)
    served = _served(one) if one.serving else ""
    return f'<section id="{_anchor(one, number)}">{head}' + (f"<dl>{told}</dl>" if told else "") + f"{served}</section>\n"


def _served(one: Requirement) -> str:
    heads = ("what serves it", "relation", "a hit is at most", "examples", "log")
    count = counted(len(one.serving), "edge")
    return f"<details><summary>{count}</summary>{_table(heads, map(_serving, one.serving))}</details>"


def _serving(one: Serving) -> str:
    claim = (
        f"{one.rel.value}<br><small>{one.confidence.value} confidence, said by {one.by}"
        + (f": {_text(one.source)}" if one.source else "")
        + "</small>"
    )
    note = f"<br><small>{_text(one.note)}</small>" if one.note else ""
    accepted = "".join(f"<br><small>accepted risk: {_text(each)}</small>" for each in one.accepted)
    because = f"<br><small>{_text(', '.join(one.because))}</small>" if one.because else ""
    languages = f"<br><small>{_text(', '.join(one.languages))}</small>" if one.languages else ""
    ran = {"held": "<br>run now: as the page says", "failed": "<br><strong>run now: failed</strong>"}.get(one.ran, "")
    examples = (
        f"{one.caught} caught, {one.clean} clean{ran}"
        if one.kind in {"rule", "trigger"}
        else f"{counted(one.caught, 'case')}{ran}"
        if one.kind == "policy"
        else ""
    )
    record = _text(said(one.record)) if one.record is not None and one.rel is not Relation.NO_RELATIONSHIP else ""
    shown = "".join(f"<br><small>shown by <code>{_text(each)}</code></small>" for each in one.shown_by)
    return (
        f"<tr><td><code>{_text(one.id)}</code><br>{_text(one.title)}{languages}{shown}</td><td>{claim}{note}</td>"
        f"<td>{_text(one.verdict)}{because}{accepted}</td><td>{examples}</td><td>{record}</td></tr>"
    )
