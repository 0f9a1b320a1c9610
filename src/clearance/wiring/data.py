"""Which data pack is used, and whether it can be trusted."""

import datetime as dt
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearance.facts.errors import BadSignature, ClearanceError, DataRefused, SigningError
from clearance.scan.packages.pack.layout import Head
from clearance.scan.packages.pack.place import PackRefused, Place
from clearance.scan.packages.pack.shipped import KEY, SHIPPED
from clearance.settings import PackagesSettings
from clearance.wiring.places import keys_folder, top

if TYPE_CHECKING:
    from clearance.attest.signers.file import FileSigner
    from clearance.stores.private import PrivateFolder

PACK = "packages.pack"
"""The file that `clearance data update` writes."""
_SUFFIX = ".pack"
_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410)."""
_WRITTEN = re.compile(r"ed25519:([0-9a-f]{64})")
_MOST_BYTES = 256 << 20


class Trusted(NamedTuple):
    """A key that may sign data packs: its 32 bytes, and whose it is."""

    key: bytes
    whose: str


class Found(NamedTuple):
    """A pack that could be read, and by whose key it is signed."""

    place: Place
    head: Head
    signer: Trusted


def chosen_pack(packages: PackagesSettings, directory: Path, environment: Mapping[str, str], today: dt.date) -> Place:
    """Choose the data pack, and verify its signature once for all workers; what is wrong is told by `Place.problem`.

    `$CLEARANCE_DATA` comes first, then `packages.data`, then whichever knows younger advisories: the pack of this machine
    (`clearance data update`) or the one that ships with the program. A pack that is refused is not replaced by another one.
    """
    path = SHIPPED.path
    try:
        path = named_pack(packages, directory, environment) or path
        if path != SHIPPED.path:
            return _verified(path, packages, environment, today).place
        own = data_folder(environment).directory / PACK
        shipped = _shipped(today)
        if not own.exists():
            return shipped.place
        path = own
        found = _verified(own, packages, environment, today)
        return found.place if freshness(found.head) >= freshness(shipped.head) else shipped.place
    except ClearanceError as error:
        return Place(path=path, digest="", problem=f"{error.what} ({error.next})" if error.next else error.what)


def named_pack(packages: PackagesSettings, directory: Path, environment: Mapping[str, str]) -> Path | None:
    """Give the pack that the environment or the settings name; of a folder the newest. None where nobody names one.

    Raises:
        DataRefused: it is not there.
    """
    named, where = environment.get("CLEARANCE_DATA", ""), "$CLEARANCE_DATA"
    if named and not named.startswith("/"):
        raise DataRefused("not an absolute path", where=where, next="set it to an absolute path, or unset it")
    if not named:
        named, where = packages.data, "packages.data"
    if not named:
        return None
    path = top(directory) / Path(named).expanduser()
    if path.is_dir():
        packs = sorted(path.glob(f"*{_SUFFIX}"), key=lambda one: (one.stat().st_mtime_ns, one.name))
        path = packs[-1] if packs else path / PACK
    if not path.is_file():
        raise DataRefused(
            f"the data pack that {where} names is not there", where=str(path), next="`clearance data build` makes one"
        )
    return path


def verified_pack(path: Path, packages: PackagesSettings, environment: Mapping[str, str], today: dt.date) -> Found:
    """Read the head of a pack and verify who signed it.

    Raises:
        DataRefused: it is no pack, by no key that is trusted here, changed after it was signed, or from the future.
    """
    return _shipped(today) if path == SHIPPED.path else _verified(path, packages, environment, today)


def data_folder(environment: Mapping[str, str]) -> "PrivateFolder":
    """Give the folder of this machine's pack: `$CLEARANCE_HOME/packs`, else `$XDG_DATA_HOME/clearance`, else
    `~/.local/share/clearance`. Nothing is made yet.

    Raises:
        DataRefused: there is no home, or `$CLEARANCE_HOME` is not absolute.
    """
    from clearance.stores.private import PrivateFolder

    chosen = environment.get("CLEARANCE_HOME", "")
    if chosen and not chosen.startswith("/"):
        raise DataRefused("not an absolute path", where="$CLEARANCE_HOME", next="set it to an absolute path, or unset it")
    data, home = environment.get("XDG_DATA_HOME", ""), environment.get("HOME", "")
    if chosen:
        path = Path(chosen) / "packs"
    elif data.startswith("/"):
        path = Path(data) / "clearance"
    elif home.startswith("/"):
        path = Path(home) / ".local/share/clearance"
    else:
        raise DataRefused("there is no home directory to keep data in", where="$HOME", next="set CLEARANCE_HOME")
    return PrivateFolder(path, _MOST_BYTES)


def data_signer(environment: Mapping[str, str]) -> "FileSigner":
    """Open the signer of data packs of this machine. Its key is made on the first signature, in a folder of its own: it is
    of the kind that signs checkpoints, and neither vouches for the other."""
    from clearance.attest.signers.file import FileSigner

    return FileSigner(keys_folder(environment).within("data"), "checkpoints", lambda: dt.datetime.now(dt.UTC))


def trusted_keys(packages: PackagesSettings, environment: Mapping[str, str]) -> Sequence[Trusted]:
    """Give the keys that may sign data packs: the program's, this machine's, those of the settings.

    Raises:
        DataRefused: a key of the settings is none.
    """
    keys = [Trusted(bytes.fromhex(KEY), "the program")]
    try:
        keys += [Trusted(one.raw, "this machine") for one in data_signer(environment).known()]
    except SigningError as error:
        raise DataRefused(error.what, where=error.where, next=error.next) from error
    for written in packages.keys:
        found = _WRITTEN.fullmatch(written)
        if found is None:
            raise DataRefused(
                "a key of packages.keys is none", where="packages.keys", next="write ed25519: and 64 hexadecimal digits"
            )
        keys.append(Trusted(bytes.fromhex(found[1]), "the settings"))
    return keys


def read_pack_head(path: Path) -> Head:
    """Read the head of a pack; nothing of it is trusted yet.

    Raises:
        DataRefused: it is missing, no pack, or made for a newer version.
    """
    from clearance.scan.packages.pack.layout import read_head

    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return read_head(lambda at, size: os.pread(handle, size, at), os.fstat(handle).st_size)
        finally:
            os.close(handle)
    except PackRefused as error:
        raise DataRefused(str(error), where=str(path), next="`clearance data update` makes a new one") from None
    except OSError as error:
        raise DataRefused(f"the data pack cannot be read: {error.strerror}", where=str(path)) from None


def freshness(head: Head) -> dt.date:
    """Give the day of the youngest records of a pack; that of its making where it holds none."""
    days = [one.date for one in head.told.sections if one.name.startswith(("advisories.", "malware."))]
    return max(days, default=head.told.made.date())


def names_date(place: Place) -> dt.date:
    """Give the day of the oldest list of names of a pack; the first of all days where there is none."""
    try:
        head = read_pack_head(place.path)
    except DataRefused:
        return dt.date.min
    return min((one.date for one in head.told.sections if one.name.startswith("names.")), default=dt.date.min)


def written_key(key: bytes) -> str:
    """Write a key as `packages.keys` takes it."""
    return f"ed25519:{key.hex()}"


def _shipped(today: dt.date) -> Found:
    """Read the head of the shipped pack. Its digest is part of the program, which needs no key to trust it."""
    head = read_pack_head(SHIPPED.path)
    if head.digest != SHIPPED.digest:
        raise DataRefused(
            "the data pack that ships with the program was changed", where=str(SHIPPED.path), next="install the program anew"
        )
    _insist_on_today(head, SHIPPED.path, today)
    return Found(SHIPPED, head, Trusted(head.key, "the program"))


def _verified(path: Path, packages: PackagesSettings, environment: Mapping[str, str], today: dt.date) -> Found:
    from clearance.attest.keys import check_signature
    from clearance.facts.key import PublicKey

    head = read_pack_head(path)
    signer = next((one for one in trusted_keys(packages, environment) if one.key == head.key), None)
    if signer is None:
        raise DataRefused(
            f"the data pack is signed by the key {written_key(head.key)}, which is not trusted here",
            where=str(path),
            next="if it is your company's, add it to packages.keys; else move the pack away",
        )
    try:
        check_signature(PublicKey(algorithm="ed25519", spki=_SPKI + head.key), head.signature, head.signed)
    except (BadSignature, ValueError):
        raise DataRefused(
            "the data pack was changed after it was signed", where=str(path), next="`clearance data update` makes a new one"
        ) from None
    _insist_on_today(head, path, today)
    return Found(Place(path=path, digest=head.digest), head, signer)


def _insist_on_today(head: Head, path: Path, today: dt.date) -> None:
    day = max([head.told.made.date(), *(section.date for section in head.told.sections)])
    if day > today + dt.timedelta(days=1):
        raise DataRefused(
            f"the data pack is of {day}, but today is {today} here",
            where=str(path),
            next="set the clock, or get another pack",
        )


def packages_settings(directory: Path) -> PackagesSettings:
    """Read `[packages]` of the settings that are committed around a directory."""
    from clearance.settings import PLACE, read_settings
    from clearance.wiring.places import committed, text

    found = committed(directory, os.environ).get(PLACE)
    return read_settings(None if found is None else text(found)).packages


def base_pack(path: Path | None, directory: Path) -> Place:
    """Give the pack to build upon: the one that is named, or the one in use.

    Raises:
        DataRefused: it is refused.
    """
    packages, today = packages_settings(directory), dt.datetime.now(dt.UTC).date()
    if path is not None:
        return verified_pack(path, packages, os.environ, today).place
    place = chosen_pack(packages, directory, os.environ, today)
    if place.problem:
        raise DataRefused(place.problem, next="name another one with --base, or keep nothing with --no-base")
    return place
