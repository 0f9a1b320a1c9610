"""An OpenBao server in development mode, on the loopback, for the test run."""

import contextlib
import os
import secrets
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOOL = "bao"


@contextmanager
def vault() -> Iterator[dict[str, str]]:
    """Start a server that keeps everything in memory, with a transit engine; gives the environment that leads to it."""
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as home:
        address, server = _started(home, token)
        try:
            yield {"VAULT_ADDR": address, "VAULT_TOKEN": token}
        finally:
            server.terminate()
            server.wait()


def _started(home: str, token: str) -> tuple[str, "subprocess.Popen[bytes]"]:
    """Start a server on a free port. Somebody else may take the port before it does: then it ends, and another is tried."""
    place = {"PATH": os.environ["PATH"], "HOME": home, "BAO_DEV_ROOT_TOKEN_ID": token}
    told = Path(home) / "told"
    for _ in range(5):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            listen = f"127.0.0.1:{probe.getsockname()[1]}"
        command = [TOOL, "server", "-dev", "-dev-no-store-token", f"-dev-listen-address={listen}"]
        with told.open("wb") as out:
            server = subprocess.Popen(command, env=place, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=home)
        if _ready(f"http://{listen}", server):
            with contextlib.suppress(urllib.error.HTTPError):  # it is somebody else's, who does not know the token
                _ask(f"http://{listen}", token, "sys/mounts/transit", b'{"type":"transit"}')
                return f"http://{listen}", server
        server.kill()
        server.wait()
    raise AssertionError(f"the server did not come up: {told.read_text(errors='replace')[-2000:]}")


def ask(environment: dict[str, str], path: str, body: bytes) -> bytes:
    """Ask the server for something as its root."""
    return _ask(environment["VAULT_ADDR"], environment["VAULT_TOKEN"], path, body)


def _ask(address: str, token: str, path: str, body: bytes) -> bytes:
    headers = {"X-Vault-Token": token, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/v1/{path}", data=body, headers=headers, method="POST")  # noqa: S310 -- ours
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- ours
        return bytes(answer.read())


def _ready(address: str, server: "subprocess.Popen[bytes]") -> bool:
    """Wait until it answers; False where it ended, or does not for minutes."""
    for _ in range(1200):
        if server.poll() is not None:
            return False
        try:
            with urllib.request.urlopen(f"{address}/v1/sys/health", timeout=30):  # noqa: S310 -- ours
                return True
        except OSError:
            time.sleep(0.1)
    return False
