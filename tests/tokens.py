"""Tokens of SoftHSM for the test run, in a folder that goes with it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOOL = "softhsm2-util"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
PIN = "4" + "321"


class Tokens:
    """Fresh tokens: the module looks for them once, so they are made before its first use."""

    def __init__(self, labels: list[str]) -> None:
        self._left = labels
        self.module = next(name for name in MODULES if Path(name).exists())

    def take(self) -> str:
        """Give the URI of a token that nobody used yet."""
        return f"pkcs11:token={self._left.pop()}?module-path={self.module}"


@contextmanager
def tokens(folder: Path, count: int) -> Iterator[Tokens]:
    """Make tokens below a folder and have this process and its children see them."""
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    labels = [f"t{number}" for number in range(count)]
    for label in labels:
        command = [TOOL, "--init-token", "--free", "--label", label, "--so-pin", PIN * 2, "--pin", PIN]
        subprocess.run(command, check=True, capture_output=True)
    try:
        yield Tokens(labels)
    finally:
        os.environ.pop("SOFTHSM2_CONF")
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before
