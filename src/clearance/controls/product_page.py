"""The reference page of the product's own controls, written from their files."""

from collections.abc import Iterable

from clearance.controls.catalogue import label
from clearance.controls.product import Own, own_controls

_HEAD = """\
# Checkpoints and capabilities

<!-- Written from `src/clearance/controls/product/*.toml` by `./dev docs`; do not edit. -->

What Clearance does beside its rules and policies, and what it may claim for it. A **checkpoint** is a place where something
is judged; a **capability** holds at all of them. For each stands what it does, the code and commands that do it, what an
auditor can run or look at, and what it has to do with standards:

- *subset of*: all of what is done is a part of what the item asks for;
- *intersects*: a part of it is; the last column says what is left to the company, or left out;
- *none*: looked at, and nothing there fits. For catalogues in which nothing fits at all, the reason stands under the table.

No claim says that an item is met: a program does a part of it at most. SOC 2, ISO/IEC 27001 and PCI DSS were read as ids and
in public words only, so no claim about them is made with high confidence. All claims were drawn by an AI assistant; none
counts as reviewed by a person until its file says so (`by = "person"`).

## How they are written

One TOML file for each group. What is malformed is refused with file and line, and nothing of the file counts.

| key | value |
| --- | --- |
| `by` | who drew the claims of the file: `assistant`, `person` or `tool` |
| `[[controls]]` | one control: `id`, `kind` (`checkpoint`, `capability`), `title`, `does`, `where`, `shown_by` |
| `where` | modules (`clearance.record.log`) and commands (`clearance prove`); the tests look whether they exist |
| `shown_by` | commands, pages and record types; the tests look whether they exist |
| `edges` | `to`, `rel`, `note` (what the claim leaves out), and where they differ `confidence`, `source`, `by` |
| `none` | `of` (prefixes of catalogues) and `reason` |

`equal-to`, `equivalent-to` and `superset-of` are refused. Each control answers for each catalogue: by an edge, or by a none.

"""

_SAID = {"subset-of": "subset of", "intersects-with": "intersects", "no-relationship": "none"}


def product_page() -> str:
    """Give the page `docs/reference/own-controls.md`."""
    own = own_controls()
    return _HEAD + "\n".join([*_index(own), *(line for one in own for line in _section(one))]).rstrip() + "\n"


def _index(own: Iterable[Own]) -> list[str]:
    rows = [f"| [`{one.name}`](#{one.name.replace(':', '')}) | {one.title} |" for one in own]
    return ["## All", "", "| control | |", "| --- | --- |", *rows, ""]


def _section(one: Own) -> list[str]:
    lines = [f"### {one.name}", "", f"**{one.title}.** {one.does}", ""]
    lines += [f"- Done by: {_list(one.where)}.", f"- Shown by: {_list(one.shown_by)}.", ""]
    lines += ["| item | | claim | confidence | what it leaves out |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{edge.to}` | {_cell(label(edge.to))} | {_SAID[edge.rel.value]} | {edge.confidence.value} | {_cell(edge.note)} |"
        for edge in one.edges
    ]
    reasons: dict[str, list[str]] = {}
    for none in one.none:
        reasons.setdefault(none.reason, []).append(none.catalogue)
    lines += ["", "Nothing fits in:", ""]
    lines += [f"- {', '.join(catalogues)}: {reason}" for reason, catalogues in reasons.items()]
    return [*lines, ""]


def _list(words: Iterable[str]) -> str:
    return ", ".join(
        f"[{word}](../{word.removeprefix('docs/')})" if word.startswith("docs/") else f"`{word}`" for word in words
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
