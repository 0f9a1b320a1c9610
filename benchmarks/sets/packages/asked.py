"""Asks our own commands what they say of a folder, as anybody would: through the command line."""

import json
import os
import subprocess
from collections.abc import Mapping
from math import sqrt
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.measure import CLEARANCE


class Answer(NamedTuple):
    """Exit code and the JSON that was printed (empty when it was none)."""

    code: int
    data: dict[str, Any]

    def clean(self) -> bool:
        """Tell whether nobody would look any further: exit 0, no finding, no bad or unknown package, no gap."""
        counts = self.data.get("counts", {})
        bad = counts.get("bad", 0) + counts.get("unknown", 0)
        return self.code == 0 and not self.data.get("findings") and not self.data.get("gaps") and not bad


def asked(word: str, folder: Path, environment: Mapping[str, str] | None = None) -> Answer:
    """Run `clearance scan` (everything anew) or `clearance packages` over a folder."""
    more = ["--fresh"] if word == "scan" else []
    given = {**os.environ, "CLEARANCE_HOME": str(folder.parent / "home"), **(environment or {})}
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run(
        [CLEARANCE, word, ".", "--format", "json", "--all", *more], cwd=folder, env=given, capture_output=True, check=False
    )
    try:
        return Answer(done.returncode, json.loads(done.stdout))
    except json.JSONDecodeError:
        return Answer(done.returncode, {})


def share(hits: int, many: int) -> str:
    """Give a share in per cent with Wilson's interval at 95 %."""
    if not many:
        return "–"
    z = 1.96
    p = hits / many
    middle = p + z * z / (2 * many)
    half = z * sqrt(p * (1 - p) / many + z * z / (4 * many * many))
    whole = 1 + z * z / many
    low, high = max(0.0, (middle - half) / whole), min(1.0, (middle + half) / whole)
    return f"{100 * p:.1f} [{100 * low:.1f}\u2013{100 * high:.1f}]"
