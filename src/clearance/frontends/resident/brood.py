"""The children of the resident: they wait, get one question each, are watched while they judge it, and are buried."""

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from clearance.frontends.resident.child import ANSWERING, DONE, FRESH, READY, STARTED
from clearance.frontends.resident.frame import QUESTION, REFUSAL, pack
from clearance.frontends.resident.state import LogFile, Tally

_SPARE = 2  # children that wait
_READING = 2.0  # seconds after which a child that has not begun is ended
_LATE = 0.15  # seconds before the client's own end at which a child is ended
_GRACE = 0.25  # seconds before that in which it may tidy up
_REST = 2.0  # seconds after a child could not be made, or died while it waited


class Born(NamedTuple):
    """A new child: its process, and our end of the channel to it."""

    pid: int
    channel: socket.socket


class Nursery(Protocol):
    """Makes children that call `clearance.frontends.resident.child.serve`."""

    mode: str

    def bear(self, close: Callable[[], None]) -> Born:
        """Make a child; where it is forked, `close` closes in it whatever belongs to the resident.

        Raises:
            OSError: the system has no room for it.
        """
        ...


class Child:
    """A child as the resident sees it. `connection` is the client that it works for, if any."""

    def __init__(self, born: Born) -> None:
        self.pid, self.channel = born
        self.ready = False
        self.connection: socket.socket | None = None
        self.began = 0.0
        self.until = 0.0
        self.warned = False
        self.answering = False
        self.done = False
        self.heard = b""

    @property
    def free(self) -> bool:
        """Whether it waits for a question."""
        return self.ready and self.connection is None


class Brood:
    """All children. `done` is called after each question that was answered, with the name of what was not warm for it."""

    def __init__(
        self, nursery: Nursery, selector: selectors.BaseSelector, tally: Tally, log: LogFile, done: Callable[[str], None]
    ) -> None:
        self.nursery = nursery
        self.most = max(2, 2 * (os.cpu_count() or 1))
        self._selector, self._tally, self._log, self._done = selector, tally, log, done
        self._children: list[Child] = []
        self._rest = 0.0

    @property
    def busy(self) -> int:
        """How many work."""
        return sum(1 for child in self._children if child.connection is not None)

    @property
    def waiting(self) -> int:
        """How many wait for a question."""
        return sum(1 for child in self._children if child.free)

    def fill(self, close: Callable[[], None]) -> None:
        """Have children that wait. One more at a time, and not beside a question where one waits: what it does to get ready
        would take a core from the child that judges."""
        if len(self._children) - self.busy >= _SPARE or len(self._children) >= self.most + _SPARE:
            return
        if self._rest > time.monotonic() or (self.busy and self.waiting):
            return
        try:
            child = Child(self.nursery.bear(close))
        except OSError as error:
            self._log.write(f"no room for a child: {error.strerror}")
            self._rest = time.monotonic() + _REST
            return
        child.channel.setblocking(False)
        self._children.append(child)
        self._selector.register(child.channel, selectors.EVENT_READ, lambda: self._listen(child))

    def give(self, connection: socket.socket) -> Child | None:
        """Give a client to a child that waits; None where none does, or as many work as may."""
        while self.busy < self.most:
            child = next((child for child in self._children if child.free), None)
            if child is None:
                return None
            try:
                socket.send_fds(child.channel, [QUESTION], [connection.fileno()])
            except OSError:
                self.bury(child)
                continue
            child.connection, child.began = connection, time.monotonic()
            child.until = child.began + _READING
            return child
        return None

    def let_answer(self, child: Child) -> None:
        """Allow a child to answer what it was given."""
        with contextlib.suppress(OSError):
            child.channel.sendall(FRESH)

    def ends(self) -> Iterator[float]:
        """Give the times at which a child must be looked at."""
        for child in self._children:
            if child.connection is not None:
                yield child.until - (0 if child.warned else _GRACE)

    def watch(self) -> None:
        """Bury the dead, and end what takes too long."""
        now = time.monotonic()
        for child in list(self._children):
            if _is_dead(child.pid):
                self._hear_out(child)
                self.bury(child)
            elif child.connection is not None and now >= child.until:
                self.bury(child, "late")
            elif child.connection is not None and now >= child.until - _GRACE and not child.warned:
                child.warned = True
                with contextlib.suppress(OSError):
                    os.kill(child.pid, signal.SIGTERM)

    def bury(self, child: Child, why: str = "") -> None:
        """End a child and all that it started, and answer for it where it did not."""
        if child not in self._children:
            return
        self._children.remove(child)
        code = _ended(child.pid)
        self._selector.unregister(child.channel)
        child.channel.close()
        if child.connection is None:
            if not why and (code or not child.ready):  # one that the resident itself ends did not die
                self._rest = time.monotonic() + _REST
                self._note(f"a waiting child {_how(code)}")
            return
        if not child.done and why != "stale" and (why or code):
            self._note(f"a question was {why}" if why else f"a child at work {_how(code)}")
        if child.done or child.answering:
            child.connection.close()
        else:
            refuse(child.connection, why.encode() or b"crashed")

    def bury_all(self) -> None:
        """End all of them."""
        for child in list(self._children):
            self.bury(child, "stale")

    def close(self) -> None:
        """In a child that was just forked: close what belongs to its sisters."""
        for child in self._children:
            child.channel.close()
            if child.connection is not None:
                child.connection.close()

    def _note(self, what: str) -> None:
        self._tally.crashed(what)
        self._log.write(what)

    def _listen(self, child: Child) -> None:
        """Hear what a child tells."""
        try:
            data = child.channel.recv(8192)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.bury(child)
            return
        child.heard += data
        while child.heard and self._understood(child):
            pass

    def _hear_out(self, child: Child) -> None:
        """Hear the last words of a child that is dead."""
        with contextlib.suppress(OSError):
            while data := child.channel.recv(8192):
                child.heard += data
        while child.heard and self._understood(child):
            pass

    def _understood(self, child: Child) -> bool:
        """Take one message from what a child told; tell whether there was a whole one."""
        kind, rest = child.heard[:1], child.heard[1:]
        if kind == STARTED:
            if len(rest) < 4:
                return False
            child.until = time.monotonic() + int.from_bytes(rest[:4]) / 1000 - _LATE
            rest = rest[4:]
        elif kind == DONE:
            length = 2 + int.from_bytes(rest[:2])
            if len(rest) < length:
                return False
            child.done = True
            if child.answering:
                self._tally.ended(time.monotonic() - child.began)
                self._done(os.fsdecode(rest[2:length]))
            rest = rest[length:]
        child.ready = child.ready or kind == READY
        child.answering = child.answering or kind == ANSWERING
        child.heard = rest
        return True


def refuse(connection: socket.socket, why: bytes) -> None:
    """Tell a client why it gets no answer, if it is still there, and let go of it."""
    say(connection, pack(REFUSAL, [why]))


def say(connection: socket.socket, frame: bytes) -> None:
    """Write a short frame to a client, if it is still there, and let go of it."""
    with contextlib.suppress(OSError):
        connection.setblocking(False)
        connection.send(frame)
    connection.close()


def _is_dead(pid: int) -> bool:
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    except ChildProcessError:
        return True


def _ended(pid: int) -> int:
    """Kill a process and its group, and give its exit code: negative for the signal that ended it, 0 where nobody knows."""
    for end in (os.killpg, os.kill):  # it may not have its own group yet
        with contextlib.suppress(OSError):
            end(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return 0


def _how(code: int) -> str:
    return f"died of signal {-code}" if code < 0 else f"ended with {code}"
