"""One question of an assistant without the resident: `python -P -m clearance.frontends.hooks.cold ASSISTANT EVENT`.

The payload stands on standard input; slower than the resident, otherwise the same.
"""

import os
import sys
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Answer one question in this process: write the answer's streams, give its exit code. `arguments`: assistant, event."""
    from clearance.facts.errors import ClearanceError
    from clearance.facts.text import visible
    from clearance.frontends.hooks.answer import answer, strictest
    from clearance.frontends.hooks.reading import MOST_BYTES

    assistant, event = (*arguments, "", "")[:2]
    try:
        payload = sys.stdin.buffer.read(MOST_BYTES + 1)
        while len(payload) > MOST_BYTES and sys.stdin.buffer.read(1 << 20):
            pass  # an assistant that cannot write it all might take that for a hook that failed
        from clearance.wiring.acts import Engine

        environment = dict(os.environ)
        given = answer(assistant, event, payload, Path.cwd(), environment, Engine(environment))
    except Exception as error:  # noqa: BLE001 - a guard that cannot start must not open
        # The words of an error that is not ours may quote a secret.
        why = str(error) if isinstance(error, ClearanceError) else type(error).__name__
        given = strictest(assistant, event, visible(why[:500]))
    sys.stdout.buffer.write(given.stdout)
    sys.stdout.buffer.flush()
    sys.stderr.buffer.write(given.stderr)
    sys.stderr.buffer.flush()
    return given.exit


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
