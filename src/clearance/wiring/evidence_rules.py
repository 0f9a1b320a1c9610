"""What a person decided about evidence: where it rests, what is kept of prompts, how long, and what must not go.

It stands in `trust.toml` beside the keys, and never in a repository: whoever may change what is judged could otherwise have
other people's evidence erased, or kept.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from clearance.facts.errors import BadFile
from clearance.facts.evidence import Hold, Rule, Rules
from clearance.wiring.places import keys_folder

if TYPE_CHECKING:
    from clearance.stores.private import PrivateFolder
    from clearance.stores.vault import Vault

_FOLDER = "evidence"
_NEXT = "docs/how-to/evidence.md says what belongs there"
_MOST_DAYS = 36_500


class EvidenceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The table `[evidence]`. `store`: an absolute folder for bodies (keys stay where they are); `prompts`: whether bodies
    of prompts are kept; `subject`: whose prompts those are that hooks see (empty: whoever is logged in)."""

    store: str = ""
    prompts: Literal["digests", "keep"] = "digests"
    subject: str = ""
    retain: tuple[Rule, ...] = ()
    hold: tuple[Hold, ...] = ()

    @property
    def rules(self) -> Rules:
        """The rules of retention, and the holds."""
        return Rules(retain=self.retain, hold=self.hold)


def settings(environment: Mapping[str, str]) -> EvidenceSettings:
    """Read what `trust.toml` says of evidence; the defaults where it says nothing.

    Raises:
        BadFile: it says it wrongly.
        StoreError: it cannot be read, or others could have written it.
    """
    folder = keys_folder(environment).within("trust")
    path = folder.directory / "trust.toml"
    if not os.path.lexists(path):  # most machines have none, and a hook must not wait for TOML
        return EvidenceSettings()
    try:
        table: Any = tomllib.loads((folder.read("trust.toml") or b"").decode()).get(_FOLDER, {})
        found = msgspec.convert(table, EvidenceSettings)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"not TOML: {error}", where=str(path), next="mend the file") from None
    except msgspec.ValidationError as error:
        raise BadFile(f"[evidence] is not what it should be: {error}", where=str(path), next=_NEXT) from None
    _insist(found, str(path))
    return found


def _insist(found: EvidenceSettings, where: str) -> None:
    if found.store and not found.store.startswith("/"):
        raise BadFile("[evidence] store is no absolute folder", where=where, next=_NEXT)
    named = [rule.classification for rule in found.retain]
    if len(set(named)) != len(named):
        raise BadFile("two rules of [[evidence.retain]] name the same classification", where=where, next=_NEXT)
    if any(not 0 <= rule.days <= _MOST_DAYS for rule in found.retain):
        raise BadFile(f"days of [[evidence.retain]] are 0 to {_MOST_DAYS}", where=where, next=_NEXT)
    if any(not hold.subject for hold in found.hold):
        raise BadFile("an [[evidence.hold]] names no subject", where=where, next=_NEXT)


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
