"""The resident's loop: takes questions, has its children answer them, and leaves when there is a reason to."""

import contextlib
import os
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from clearance import __version__
from clearance.frontends.resident.brood import Brood, Nursery, refuse, say
from clearance.frontends.resident.frame import HEADER, QUESTION, STATUS, STOP, TOLD, kind_of, pack
from clearance.frontends.resident.start import LOCK, forget
from clearance.frontends.resident.state import LogFile, Status, Tally, memory_mib
from clearance.frontends.resident.transport import Place, peer

_QUEUE = 32
_STRANGERS = 32  # connections that have not said yet what they want
_PATIENCE = 2.0  # seconds in which they must
_TICK = 15.0
_PROVED = 60.0  # seconds after which a start counts as good, even if nobody asked
_QUIET = 1.0
_BETWEEN = 60.0  # seconds between two warmings anew
_MOST_ALSO = 8


class Server:
    """One resident at work. Once `changed` tells that the code which runs is not the code that lies there, it leaves; once
    `today` gives something else than before, it wants to be warmed anew."""

    def __init__(
        self, place: Place, listener: socket.socket, nursery: Nursery, *, idle: float, tally: Tally, also: tuple[str, ...],
        changed: Callable[[], bool], today: Callable[[], object],
    ) -> None:  # fmt: skip
        self.place, self.listener, self.idle, self.tally = place, listener, idle, tally
        self.also = list(also)
        self.log = LogFile(place.file("log"))
        self._changed, self._today, self._day = changed, today, today()
        self._inode = Path(place.file("sock")).stat().st_ino
        self._selector = selectors.DefaultSelector()
        self._brood = Brood(nursery, self._selector, tally, self.log, self._answered)
        self._strangers: dict[socket.socket, float] = {}
        self._queue: deque[socket.socket] = deque()
        self._started = self._asked = self._ticked = time.monotonic()
        self._end = ""
        self._renew = self._proved = False
        self._awake, self._alarm = socket.socketpair()

    def run(self) -> str:
        """Serve until there is a reason to end; give it: `idle`, `stopped`, `stale`, `lost` or `renew`."""
        for one in (self._awake, self._alarm, self.listener):
            one.setblocking(False)
        signal.signal(signal.SIGTERM, lambda *_: self._finish("stopped"))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._alarm.fileno(), warn_on_full_buffer=False)
        self._selector.register(self.listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._awake, selectors.EVENT_READ, lambda: self._awake.recv(4096))
        try:
            while not self._end or self._brood.busy:
                self._turn()
        finally:
            self._leave()
        return self._end

    def _turn(self) -> None:
        if not self._end:
            self._brood.fill(self._close_in_child)
        for key, _ in self._selector.select(self._pause()):
            with contextlib.suppress(BlockingIOError, InterruptedError):
                key.data()
        self._brood.watch()
        now = time.monotonic()
        for connection in [one for one, since in self._strangers.items() if now - since >= _PATIENCE]:
            self._drop(connection)
        if not self._end:
            self._hand_over()
            self._consider(time.monotonic())

    def _pause(self) -> float:
        """Give the seconds until something must be looked at."""
        now = time.monotonic()
        ends = [now + (0.05 if self._queue else _TICK), *self._brood.ends()]
        ends += [since + _PATIENCE for since in self._strangers.values()]
        if not self._brood.busy:
            ends.append(self._asked + self.idle)
            if self._renew:
                ends.append(max(self._asked + _QUIET, self._started + _BETWEEN))
        return max(0.01, min(ends) - now)

    def _accept(self) -> None:
        """Take a connection, if it is this user's."""
        connection, _ = self.listener.accept()
        try:
            _, uid = peer(connection)
        except OSError:
            uid = -1
        if uid != os.geteuid():
            self.log.write(f"refused a connection of user {uid}")
            connection.close()
            return
        connection.setblocking(False)
        if len(self._strangers) >= _STRANGERS:
            self._drop(next(iter(self._strangers)))
        self._strangers[connection] = time.monotonic()
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._hear(connection))

    def _hear(self, connection: socket.socket) -> None:
        """See what a connection wants. Its question is read by a child: it must leave no trace here."""
        if connection not in self._strangers:
            return
        try:
            kind = kind_of(connection.recv(HEADER, socket.MSG_PEEK))
        except OSError:
            kind = b""
        self._forget(connection)
        if kind == QUESTION and not self._end:
            if len(self._queue) >= _QUEUE:
                refuse(connection, b"busy")
            else:
                self._queue.append(connection)
        elif kind == STATUS:
            say(connection, pack(TOLD, body=msgspec.json.encode(self.status())))
        elif kind == STOP:
            say(connection, pack(TOLD, body=b"{}"))
            self._finish("stopped")
        else:
            connection.close()

    def status(self) -> Status:
        """Tell how it goes."""
        median, p95 = self.tally.quantiles()
        return Status(
            pid=os.getpid(), version=__version__, mode=self._brood.nursery.mode, since=self.tally.since,
            answered=self.tally.answered, failed=self.tally.failed, busy=self._brood.busy, waiting=self._brood.waiting,
            median_ms=median, p95_ms=p95, memory_mib=round(memory_mib(), 1),
            warm=("built-in rules", *self.also), crash=self.tally.crash,
        )  # fmt: skip

    def _hand_over(self) -> None:
        """Give each question that waits to a child that waits, and let it answer if the code is still what it was."""
        fresh = False
        while self._queue:
            child = self._brood.give(self._queue[0])
            if child is None:
                return
            self._queue.popleft()
            self._asked = time.monotonic()
            if not fresh and self._changed():
                self._brood.bury(child, "stale")
                self._finish("stale")
                return
            fresh = True
            self._brood.let_answer(child)

    def _answered(self, built: str) -> None:
        """Note that a question was answered; `built` names what was not warm for it."""
        self._prove()
        if built and built not in self.also:
            self.also = [*self.also, built][-_MOST_ALSO:]
            self._renew = True

    def _prove(self) -> None:
        """Forget the starts that failed, and the questions that were not taken."""
        if not self._proved:
            self._proved = True
            forget(self.place.file("failed"))
        forget(self.place.file("silent"))

    def _consider(self, now: float) -> None:
        """See whether there is a reason to leave."""
        if now - self._ticked >= _TICK:
            self._ticked = now
            self._look_around(now)
        if self._end or self._queue or self._brood.busy:
            return
        if now - self._asked >= self.idle:
            self._finish("idle")
        elif self._renew and now - self._asked >= _QUIET and now - self._started >= _BETWEEN:
            self._finish("renew")

    def _look_around(self, now: float) -> None:
        if now - self._started >= _PROVED:
            self._prove()
        try:
            lost = Path(self.place.file("sock")).stat().st_ino != self._inode
        except OSError:
            lost = True
        if lost:
            self._finish("lost")
        elif self._changed():
            self._finish("stale")
        elif self._today() != self._day:
            self._renew = True

    def _finish(self, why: str) -> None:
        """Take no more questions; those that wait are told to look elsewhere. To be warmed anew, all stays as it is."""
        if self._end:
            return
        self._end = why
        if why == "renew":
            return
        with contextlib.suppress(OSError):
            if Path(self.place.file("sock")).stat().st_ino == self._inode:
                forget(self.place.file("sock"))
        self._selector.unregister(self.listener)
        with contextlib.suppress(OSError):
            while True:
                self._queue.append(self.listener.accept()[0])
        self.listener.close()
        while self._queue:
            refuse(self._queue.popleft(), b"stale")

    def _leave(self) -> None:
        """Let go of all that is left."""
        signal.set_wakeup_fd(-1)
        self._brood.bury_all()
        for connection in list(self._strangers):
            self._drop(connection)
        self._selector.close()
        self._awake.close()
        self._alarm.close()

    def _close_in_child(self) -> None:
        """In a child: close whatever is the resident's alone."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        self._selector.close()
        for one in (self.listener, self._awake, self._alarm, *self._strangers, *self._queue):
            one.close()
        with contextlib.suppress(OSError):
            os.close(LOCK)  # the resident's own stays locked; a child that outlives it keeps nobody from starting
        self._brood.close()

    def _forget(self, connection: socket.socket) -> None:
        del self._strangers[connection]
        self._selector.unregister(connection)

    def _drop(self, connection: socket.socket) -> None:
        self._forget(connection)
        connection.close()
