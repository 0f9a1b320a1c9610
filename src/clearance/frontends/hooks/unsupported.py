"""Where Clearance does not run it says so: before anything is imported that would break off, or anything is written."""

import os
import sys
from _collections_abc import Mapping  # what Python has loaded already

_WHY = "Windows is not supported; Linux and macOS are, and WSL is Linux"
_NEXT = "install and run Clearance, and the assistant, inside WSL (docs/reference/hooks.md)"


def unsupported(platform: str = "") -> str:
    """Give why Clearance does not run on a platform, as `sys.platform` names it (empty: this one); empty: it does."""
    return _WHY if (platform or str(sys.platform)) == "win32" else ""


def refuse() -> None:
    """End the command `clearance` with exit code 2 and a message where it is not supported; nothing was read or written."""
    if why := unsupported():
        os.write(2, f"clearance: {why}. {_NEXT}\n".encode())
        os._exit(2)


def refuse_hook(closed: Mapping[str, Mapping[str, tuple[float, int, str, str]]], words: list[str]) -> None:
    """End a hook with the denial of the assistant's contract where it is not supported, or with exit code 2."""
    why = unsupported()
    if not why:
        return
    assistant, event = words[1:3] if len(words) == 3 else ("", "")
    _, exit_, out, err = closed.get(assistant, {}).get(event, (0.0, 2, "", "Clearance could not judge this: {why}."))
    os.write(1, out.replace("{why}", why).encode())
    os.write(2, f"{err.replace('{why}', why) or f'clearance: {why}'}. {_NEXT}\n".encode())
    os._exit(exit_)
