"""The command `python -m clearance` as a process of its own, forked from one that has read the code: reading it costs more
than most commands do. What is shared is modules, nothing that a run left behind.

Two such programs take turns. Their hash seeds differ, so an answer that hangs on the order of a set still shows.
"""

import atexit
import contextlib
import gc
import importlib
import itertools
import json
import os
import pkgutil
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

_MOST = 100_000
"""Bytes of a request; a longer one begins as a program of its own."""
_AT_START = ("PYTHON", "LC_", "LANG", "TZ", "LD_", "MALLOC_", "OPENSSL_")
"""Variables that are read when Python or a library begins: where one differs, a program of its own begins."""
_UTF8 = ("LANG", "C.UTF-8")
"""What Python takes by itself where nothing names a language, so it differs from nothing."""
_ELSEWHERE = ("clearance.frontends.mcp", "clearance.frontends.lsp", "clearance.frontends.resident", "clearance.__main__")
_OTHERS = (
    "ahocorasick_rs",
    "cedarpy",
    "cryptography.hazmat.primitives.asymmetric.ec",
    "cryptography.hazmat.primitives.asymmetric.ed25519",
    "cryptography.hazmat.primitives.serialization",
    "difflib",
    "http.client",
    "hyperscan",
    "marisa_trie",
    "multiprocessing.popen_fork",
    "multiprocessing.sharedctypes",
    "packaging.version",
    "re2",
    "rfc8785",
    "sqlite3",
    "ssl",
    "stdnum.iban",
    "tomllib",
    "tree_sitter",
    "tree_sitter_hcl",
    "tree_sitter_javascript",
    "tree_sitter_python",
    "uuid",
    "wcwidth",
    "yaml",
    "zipfile",
)
"""What our code imports where it is needed."""


class Done(NamedTuple):
    """How a command ended; the code is that of `subprocess`."""

    returncode: int
    stdout: bytes
    stderr: bytes


def clearance(*words: str, directory: Path | str, environment: Mapping[str, str], given: bytes | None = None) -> Done:
    """Run a command to its end. `given` stands on its standard input; None: nothing does."""
    asked = json.dumps([str(directory), dict(environment), words]).encode("ascii")
    if sys.platform != "linux" or len(asked) > _MOST or _early(environment) != _BEGINNING:
        line = [sys.executable, "-m", "clearance", *words]
        ended = subprocess.run(line, cwd=directory, env=environment, input=given, capture_output=True, check=False)
        return Done(ended.returncode, ended.stdout, ended.stderr)
    theirs_in, ours_in = os.pipe()
    ours, theirs = zip(*(os.pipe() for _ in range(3)), strict=True)  # what it writes on 1 and 2, and how it ended
    try:
        _next().ask(asked, [theirs_in, *theirs])
    finally:
        for end in (theirs_in, *theirs):
            os.close(end)
    out, err, code = _exchange(ours_in, given or b"", ours)
    return Done(int(code), out, err)


def _early(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_AT_START) and (name, value) != _UTF8}


_BEGINNING = {name: value for name, value in _early(os.environ).items() if name != "PYTHONUNBUFFERED"}


def _exchange(into: int, given: bytes, sources: tuple[int, ...]) -> list[bytes]:
    """Write to one pipe and read others, side by side, until all are at their ends; closes all."""
    read = {source: bytearray() for source in sources}
    left = memoryview(given)
    os.set_blocking(into, False)
    with selectors.DefaultSelector() as selector:
        selector.register(into, selectors.EVENT_WRITE)
        for source in sources:
            selector.register(source, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                if key.fd != into:
                    some = os.read(key.fd, 1 << 16)
                    read[key.fd] += some
                    over = not some
                else:
                    with contextlib.suppress(BlockingIOError):
                        try:
                            left = left[os.write(into, left[: 1 << 16]) :]
                        except BrokenPipeError:
                            left = left[:0]
                    over = not left
                if over:
                    selector.unregister(key.fd)
                    os.close(key.fd)
    return [bytes(read[source]) for source in sources]


class _Server:
    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            words = [sys.executable, "-P", __file__, str(theirs.fileno())]
            environment = {**os.environ, **_BEGINNING, "PYTHONHASHSEED": "random"}
            environment.pop("PYTHONUNBUFFERED", None)
            pipe = subprocess.PIPE  # as a command has them: Python looks at its streams when it begins
            self._process = subprocess.Popen(
                words, env=environment, cwd="/", stdin=pipe, stdout=pipe, pass_fds=[theirs.fileno()]
            )
        atexit.register(self._end)

    def ask(self, asked: bytes, files: list[int]) -> None:
        """Hand over a request, and the files that the command gets as its own: 0, 1, 2, and the one for its exit code."""
        with self._lock:
            socket.send_fds(self._channel, [asked], files)

    def _end(self) -> None:
        self._channel.close()
        self._process.communicate()


_both: list[_Server] = []
_calls = itertools.count()
_choosing = threading.Lock()


def _next() -> _Server:
    with _choosing:
        if not _both:
            _both.extend((_Server(), _Server()))
        return _both[next(_calls) % 2]


def _serve(channel: socket.socket) -> None:
    """Fork for each request, until nobody can ask any more."""
    _read_code()
    gc.freeze()  # a collection in a child would touch, and so copy, all that is shared
    running: dict[int, tuple[int, int]] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(channel, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not channel:
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    pid, status = running.pop(key.fd)
                    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                    with contextlib.suppress(BrokenPipeError):
                        os.write(status, str(code).encode())
                    os.close(status)
                    continue
                asked, files, *_ = socket.recv_fds(channel, _MOST, 4)
                if not asked:
                    return
                pid = os.fork()
                if pid == 0:
                    selector.close()
                    channel.close()
                    for watched, (_, status) in running.items():
                        os.close(watched)
                        os.close(status)
                    _become(asked, files)
                for file in files[:3]:
                    os.close(file)
                watched = os.pidfd_open(pid)
                running[watched] = (pid, files[3])
                selector.register(watched, selectors.EVENT_READ)


def _become(asked: bytes, files: list[int]) -> NoReturn:
    """Be the command, to the end of Python."""
    directory, environment, words = json.loads(asked)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(directory)
    sys.path.insert(0, directory)  # as `-m` does
    sys.argv = [str(Path(__file__).with_name("__main__.py")), *words]
    from clearance.frontends.cli.main import main

    try:
        main()
    except SystemExit as ended:
        # As Python ends, but what the modules hold is not taken apart. Where a stream cannot be flushed, Python itself ends.
        if type(ended.code) is int:
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(ended.code)
        raise
    raise AssertionError("it ends the process")


def _read_code() -> None:
    for name in _OTHERS:
        importlib.import_module(name)
    import clearance

    for module in pkgutil.walk_packages(clearance.__path__, "clearance."):
        if not module.name.startswith(_ELSEWHERE) and not module.name.endswith("__main__"):
            with contextlib.suppress(Exception):  # the command that needs it says what is wrong
                importlib.import_module(module.name)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as given_channel:
        given_channel.set_inheritable(False)
        _serve(given_channel)
