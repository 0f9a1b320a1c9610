"""How answers about controls are laid out on a terminal."""

from collections.abc import Iterable

from clearance.report.controls.view import How
from clearance.report.layout import Line, Piece, cells, paint, wrap
from clearance.report.look import Look
from clearance.report.pen import CYAN, DIM, GREEN, RED, YELLOW, Pen

STYLES: dict[How, str] = {
    "executable": GREEN, "assisted": CYAN, "process-only": YELLOW, "not-us": DIM, "none": RED,
}  # fmt: skip


def beside(label: Line, text: str, pen: Pen, style: str = "") -> list[Line]:
    """Give a label of several pieces with text beside it that wraps below itself; below the label where there is no room."""
    start = sum(cells(piece.text) for piece in label)
    if start > pen.width - 24:
        return [label, *([Piece(" " * 4), Piece(part, style)] for part in wrap(pen.shown(text), max(1, pen.width - 4)))]
    first, *rest = wrap(pen.shown(text), pen.width - start)
    return [[*label, Piece(first, style)], *([Piece(" " * start), Piece(part, style)] for part in rest)]


def indented(text: str, pen: Pen, style: str, by: int = 6) -> list[Line]:
    """Give wrapped text, `by` cells in; nothing where there is none."""
    return [[Piece(" " * by), Piece(part, style)] for part in wrap(pen.shown(text), max(24, pen.width - by))] if text else []


def joined(blocks: Iterable[list[Line]], look: Look) -> str:
    """Give blocks as one text, an empty line between them."""
    return "\n\n".join("\n".join(paint(block, color=look.color)) for block in blocks if block) + "\n"
