"""Exports the log together with the trust root that its bundles need."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clearance.record.log import Exported, Log


def export_to(log: "Log", target: Path, *, line_keys: bool = False) -> "Exported":
    """Write a log into a directory, or what is new into an older export of it, with `trusted_root.json` and the list of
    revoked certificates beside it. Bodies that hold keys of lines come only with `line_keys`.

    Raises:
        LogTampered: the log is not sound.
        UsageError: the directory holds something else, or cannot be written.
        SigningError: the trust root cannot be read.
        StoreError: the store cannot be read.
    """
    from clearance.attest.revocation import write_revoked
    from clearance.wiring.trusting import open_trust

    house = open_trust(os.environ)
    root, revoked = house.trusted_root([log.origin()]), write_revoked(house.trust().root.revoked)
    return log.export(target, {"trusted_root.json": root, "trusted_root.revoked.json": revoked}, line_keys=line_keys)
