"""Writes a file that a person works on: only if it still is what was read, whole or not at all."""

import contextlib
import os
import secrets
import stat
from pathlib import Path

from clearance.facts.errors import UsageError

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def replace_file(path: Path, old: bytes, new: bytes) -> None:
    """Put `new` in the place of a regular file that holds `old`; its mode stays. Who reads sees the old or the new one.

    Raises:
        UsageError: the file is no longer what was read, is a symlink, or cannot be written.
    """
    stray = path.with_name(f".{path.name[:100]}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(path, _READ), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode) or file.read(len(old) + 1) != old:
                raise UsageError("the file has changed since it was read", where=str(path), next="run it again")
        try:
            with os.fdopen(os.open(stray, _CREATE, 0o600), "wb") as file:
                file.write(new)
                file.flush()
                os.fchmod(file.fileno(), stat.S_IMODE(mode))
                os.fsync(file.fileno())
            stray.replace(path)
        finally:
            with contextlib.suppress(OSError):
                stray.unlink()
    except OSError as error:
        what = error.strerror or "cannot be written"
        raise UsageError(what, where=str(path), next="nothing was changed in it; make it writable") from None
