"""Where children come from: forked from a warmed process, or, where a fork is not safe, started anew and warmed."""

import contextlib
import gc
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.frontends.resident.brood import Born
from clearance.frontends.resident.child import serve
from clearance.frontends.resident.rehearsal import rehearse_briefly

if TYPE_CHECKING:
    from clearance.wiring.acts import Engine


SPAWNED = ("-P", "-m", "clearance.frontends.resident.spawned")
"""What Python runs to be a child that is not forked."""


class Forked:
    """Children that share the memory of this process, which must have one thread."""

    mode = "fork"

    def __init__(self, engine: "Engine", identity: str, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._identity = identity
        gc.collect()
        gc.freeze()  # a collection in a child would touch, and so copy, all that is shared
        _give_back()

    def bear(self, close: Callable[[], None]) -> Born:
        """As `Nursery.bear`."""
        ours, theirs = socket.socketpair()
        try:
            pid = os.fork()
        except OSError:
            ours.close()
            theirs.close()
            raise
        if pid == 0:
            try:
                os.setpgid(0, 0)
                ours.close()
                close()
                rehearse_briefly(self._engine, self._folder, os.environ)
                serve(theirs, self._engine, self._identity)
            finally:
                os._exit(1)
        theirs.close()
        return Born(pid, ours)


def _give_back() -> None:
    """Give memory that was freed back to the system (45 MB, where patterns had to be compiled): a fork takes time for each
    page that is left."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):  # of glibc alone
        ctypes.CDLL(None).malloc_trim(0)


class Spawned:
    """Children that begin as a program of their own, and get ready while nobody asks."""

    mode = "spawn"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def bear(self, close: Callable[[], None]) -> Born:
        """As `Nursery.bear`; nothing of ours is inherited, so nothing is closed."""
        ours, theirs = socket.socketpair()
        with theirs:
            words = [sys.executable, *SPAWNED, str(theirs.fileno())]
            try:
                process = subprocess.Popen(
                    words, env=self._environment, pass_fds=[theirs.fileno()], process_group=0, stdin=subprocess.DEVNULL
                )
            except OSError:
                ours.close()
                raise
        process.returncode = 0  # the server waits for it, by its id
        return Born(process.pid, ours)
