"""A child of the resident where processes cannot be forked: it warms itself, answers one question, and is gone."""

import contextlib
import os
import socket
import sys
from pathlib import Path

from clearance.frontends.resident.child import serve
from clearance.frontends.resident.rehearsal import rehearse
from clearance.frontends.resident.transport import place_of


def main(descriptor: int) -> None:
    """Warm an engine, then serve on the channel that the resident left open."""
    from clearance.wiring.acts import Engine

    channel = socket.socket(fileno=descriptor)
    channel.set_inheritable(False)
    engine = Engine(dict(os.environ))
    with contextlib.suppress(Exception):
        engine.warm()
    rehearse(engine, Path.cwd() / "empty", os.environ)
    serve(channel, engine, place_of(os.environ).identity)


if __name__ == "__main__":
    main(int(sys.argv[1]))
