"""Judges one folder several times in one process, through the program's entry point, and prints processor milliseconds."""

import contextlib
import io
import resource
import sys
import time
from importlib.metadata import entry_points


def main() -> None:
    """Run `clearance` with the words given, eleven times; print the first, the median of the rest, and the peak in MiB."""
    (program,) = entry_points(group="console_scripts", name="clearance")
    run = program.load()
    words, taken = sys.argv[1:], []
    sys.argv = ["clearance", *words]
    for _ in range(11):
        began = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            run()
        taken.append((time.process_time() - began) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{taken[0]:.0f} {sorted(taken[1:])[5]:.0f} {peak:.0f}")


if __name__ == "__main__":
    main()
