"""Exports the log together with the trust root that its bundles need."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearance.record.log import Exported, Log


def export_to(log: "Log", target: Path) -> "Exported":
    """Write a log into a directory, or what is new into an older export of it, with `trusted_root.json` beside it.

    Raises:
        LogTampered: the log is not sound.
        UsageError: the directory holds something else, or cannot be written.
        SigningError: the trust root cannot be read.
        StoreError: the store cannot be read.
    """
    from clearance.wiring.trusting import open_trust

    root = open_trust(os.environ).trusted_root([log.origin()])
    return log.export(target, {"trusted_root.json": root})
