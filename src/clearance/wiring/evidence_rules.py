"""What a person decided about evidence: where it rests, what is kept of prompts, how long, and what must not go.

It stands in `trust.toml` beside the keys, and never in a repository: whoever may change what is judged could otherwise have
other people's evidence erased, or kept.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.wiring.places import keys_folder
from clearance.wiring.trust_file import trust_settings
from clearance.wiring.trust_settings import EvidenceSettings

if TYPE_CHECKING:
    from clearance.stores.private import PrivateFolder
    from clearance.stores.vault import Vault

_FOLDER = "evidence"


def settings(environment: Mapping[str, str]) -> EvidenceSettings:
    """Read what `trust.toml` says of evidence; the defaults where it says nothing.

    Raises:
        BadFile: it says it wrongly.
        StoreError: it cannot be read, or others could have written it.
    """
    return trust_settings(environment).evidence


def open_vault(environment: Mapping[str, str], told: EvidenceSettings | None = None) -> "Vault":
    """Open the place where bodies rest; nothing is made yet.

    Raises:
        BadFile, StoreError: as for `settings`.
    """
    from clearance.stores.private import PrivateFolder
    from clearance.stores.vault import MOST_FILE, Vault

    known = settings(environment) if told is None else told
    keys = evidence_folder(environment)
    bodies = Path(known.store) if known.store else keys.directory / "bodies"
    return Vault(keys, PrivateFolder(bodies, MOST_FILE))


def evidence_folder(environment: Mapping[str, str]) -> "PrivateFolder":
    """Give the folder of keys and plans."""
    return keys_folder(environment).within(_FOLDER)
