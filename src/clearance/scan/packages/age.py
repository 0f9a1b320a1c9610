"""The day of the index of names, without opening the index."""

import datetime as dt
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "data"


class _Dated(msgspec.Struct):
    date: dt.date


def index_date(folder: Path = FOLDER) -> dt.date | None:
    """Give the day of the lists, or None where the index cannot be read."""
    try:
        return msgspec.json.decode((folder / "index.json").read_bytes(), type=_Dated).date
    except (OSError, msgspec.DecodeError):
        return None
