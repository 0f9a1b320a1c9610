"""The data about packages: there, signed by a key that is trusted, and not too old to call a version clean."""

import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from clearance.facts.errors import ClearanceError
from clearance.facts.proof import Pulse, Shot
from clearance.settings import PLACE as SETTINGS
from clearance.wiring.proving.scene import Scene, Watch, shot

KINDS = ("data",)
ALWAYS = True
PATIENT = False


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give what the settings say of the data."""
    yield repr((scene.settings.packages, scene.settings.scan.index_days)).encode()


def fire(scene: Scene) -> Iterable[Shot]:
    """Open the pack that a check would use, and ask it how old it is."""
    from clearance.wiring.data import chosen_pack, freshness, read_pack_head

    watch = Watch()
    today = datetime.now(UTC).date()
    try:
        pack = chosen_pack(scene.settings.packages, scene.directory, scene.environment, today)
        where = str(pack.path)
        if pack.problem:
            mend = f"clearance data update, or mend packages.data in {SETTINGS}"
            return [shot("data", Pulse.DEAD, f"no data about packages: {pack.problem}", mend=mend, where=where)]
        if not stat.S_ISREG(pack.path.stat().st_mode):
            return [shot("data", Pulse.DEAD, "the pack is no file", mend="clearance data update", where=where)]
        days = (today - freshness(read_pack_head(pack.path))).days
    except ClearanceError as error:
        return [shot("data", Pulse.DEAD, str(error), mend=error.next or "clearance data update")]
    except OSError as error:
        said = error.strerror or "cannot be read"
        return [shot("data", Pulse.DEAD, f"the pack {said}", mend="clearance data update, or install Clearance again")]
    limit = scene.settings.packages.data_days
    if days > limit:
        # Old data is no dead guard: a check tells it as a gap, and a person is asked.
        why = f"{days} days old; from {limit} on, what it does not know counts as unknown"
        return [shot("data", Pulse.ALIVE, why, mend="clearance data update", where=where, watch=watch)]
    return [shot("data", Pulse.ALIVE, f"{days} days old", where=where, watch=watch)]
