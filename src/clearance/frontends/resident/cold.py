"""An answer without a resident: in a process of its own, which can be ended when it takes too long."""

import os
import signal
from select import select
from time import monotonic
from typing import NoReturn

from clearance.frontends.resident.frame import that_matter

_MOST = 64 << 20
_HEADER = 12  # exit code, and the lengths of standard output and standard error


class NoAnswer(Exception):
    """The process died, or took too long; the text says which."""


def answer_cold(assistant: str, event: str, directory: str, payload: bytes, until: float) -> tuple[int, bytes, bytes]:
    """Answer a question by `until`, a time of the monotonic clock: exit code, standard output, standard error.

    Raises:
        NoAnswer: it could not be done; nothing was checked.
    """
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(ours)
        _work(theirs, assistant, event, directory, payload, until)
    os.close(theirs)
    data = b""
    try:
        while len(data) < _MOST:
            if not select([ours], [], [], max(0.0, until - monotonic()))[0]:
                raise NoAnswer("the check took longer than this hook may take")
            piece = os.read(ours, 1 << 16)
            if not piece:
                break
            data += piece
    finally:
        os.close(ours)
        _end(pid)
    exit_, out, err = (int.from_bytes(data[at : at + 4]) for at in (0, 4, 8))
    if len(data) < _HEADER or len(data) != _HEADER + out + err:
        raise NoAnswer("the process that checks died")
    return exit_, data[_HEADER : _HEADER + out], data[_HEADER + out :]


def _work(pipe: int, assistant: str, event: str, directory: str, payload: bytes, until: float) -> NoReturn:
    try:
        os.setpgid(0, 0)
        from clearance.frontends.resident.judge import bound, judge

        bound(until - monotonic() + 1)
        given = judge(assistant, event, directory, payload, that_matter(os.environ), None)
        data = b"".join(part.to_bytes(4) for part in (given.exit, len(given.stdout), len(given.stderr)))
        data += given.stdout + given.stderr
        while data:
            data = data[os.write(pipe, data) :]
    finally:
        os._exit(0)


def _end(pid: int) -> None:
    """End the process and all that it started."""
    for end in (os.killpg, os.kill):  # it may not have its own group yet
        try:
            end(pid, signal.SIGKILL)
        except OSError:
            continue
    os.waitpid(pid, 0)
