"""Run benchmarks by name, or list them."""

import importlib
import sys
from pathlib import Path

NAMES = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if "\ndef main(" in path.read_text(encoding="utf-8"))


def run() -> int:
    """Run the benchmarks that are named, all of them for `all`; without a name, list them. Options (`--…`) are for the
    benchmark to read.
    """
    wanted = [word for word in sys.argv[1:] if not word.startswith("--")]
    if not wanted or any(name not in {*NAMES, "all"} for name in wanted):
        print("benchmarks:", ", ".join(NAMES), "(or all)")
        return 2
    for name in NAMES if "all" in wanted else wanted:
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


sys.exit(run())
