"""Processes beside this one, for work of which there is much."""

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.context import BaseContext


def context() -> BaseContext:
    """Say how a process is started: a fork needs no second start of Python. It is not safe with the libraries of macOS,
    nor where another thread may hold a lock, which nobody would ever open in the copy."""
    alone = threading.active_count() == 1
    return multiprocessing.get_context("fork" if sys.platform == "linux" and alone else "spawn")


def begin_process() -> None:
    """Begin one: it is ended by the process that started it, not by Ctrl-C, and ends with it also where that was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_together, daemon=True).start()


def _end_together() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
