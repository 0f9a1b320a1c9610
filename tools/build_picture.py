"""Writes docs/images/check.svg: what `clearance demo` prints on a terminal with colour."""

import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

TARGET = Path(__file__).parents[1] / "docs" / "images" / "check.svg"
WIDTH = 104
THEME = TerminalTheme(
    (22, 24, 29),
    (220, 223, 228),
    [
        (40, 44, 52),
        (224, 108, 117),
        (152, 195, 121),
        (229, 192, 123),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (171, 178, 191),
    ],
    [
        (92, 99, 112),
        (240, 128, 136),
        (170, 215, 140),
        (240, 205, 140),
        (120, 190, 250),
        (215, 145, 235),
        (110, 200, 210),
        (255, 255, 255),
    ],
)


def main() -> None:
    """Run the demonstration, write the picture."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "COLUMNS": str(WIDTH), "CLEARANCE_HOME": f"{home}/keys", "PYTHONUTF8": "1"}
        command = [str(Path(sys.executable).parent / "clearance"), "demo", f"{home}/shop", "--color", "always"]
        shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    lines = shown.replace(f"{home}/", "").split("\n")
    text = "\n".join(["$ clearance check", *lines[2:-3]]).rstrip()
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, legacy_windows=False)
    console.print(Text.from_ansi(text))
    picture = console.export_svg(title="clearance check", theme=THEME, unique_id="check")
    # No picture of ours loads anything from elsewhere.
    picture = re.sub(r"@font-face\s*\{.*?\}", "", picture, flags=re.DOTALL).replace("Fira Code", "ui-monospace")
    # Not every viewer keeps the spaces of a text node.
    picture = re.sub(r">([^<]+)</text>", lambda found: f">{found[1].replace(' ', '&#160;')}</text>", picture)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(re.sub(r"[ \t]+$", "", picture, flags=re.MULTILINE), encoding="utf-8")


if __name__ == "__main__":
    main()
