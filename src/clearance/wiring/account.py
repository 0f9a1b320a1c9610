"""The account of this machine that types."""

import os
import re

_STRANGE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 64


def login() -> str:
    """Name the account that this process runs under, as the system knows it and no variable says; other characters than a
    SPIFFE id has become a hyphen."""
    try:
        import pwd

        name = pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, AttributeError, KeyError):  # another system, or an account without a name (a container's)
        name = str(os.getuid()) if hasattr(os, "getuid") else os.getlogin()
    return _STRANGE.sub("-", name)[:_LONGEST].strip(".-") or "nobody"
