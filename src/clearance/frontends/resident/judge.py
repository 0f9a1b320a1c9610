"""One question, judged in a process of its own."""

import contextlib
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearance.frontends.hooks.answer import Answer
    from clearance.wiring.acts import Engine

_MEMORY = 4 << 30  # as a worker of the scanners has


def judge(
    assistant: str,
    event: str,
    directory: str,
    payload: bytes,
    environment: Mapping[str, str],
    engine: "Engine | None",
) -> "Answer":
    """Answer a question of an assistant; `engine` is one that was warmed for this environment, or None."""
    from clearance.frontends.hooks.answer import answer
    from clearance.wiring.acts import Engine

    return answer(assistant, event, payload, Path(directory), environment, engine or Engine(environment))


def enter(directory: str, environment: Mapping[str, str]) -> None:
    """Become what the asking process is: its variables, its directory (or the root, where that is gone)."""
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    try:
        os.chdir(directory)
    except OSError:
        os.chdir("/")


def bound(seconds: float) -> None:
    """Bound this process: its memory, no core dumps, and an end after some seconds, whoever else is gone by then."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, max(0.1, seconds))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
