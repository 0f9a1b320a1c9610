"""What is to be said of one package at one version: the answer of `clearance packages`."""

import datetime as dt
from enum import Enum

from clearance.facts.fact import Fact
from clearance.facts.finding import Place, Severity
from clearance.facts.package import Registry


class Word(Enum):
    """A verdict on a package. `UNKNOWN` is never to be read as one of the others."""

    BAD = "bad"
    UNKNOWN = "unknown"
    OK = "ok"


class Reason(Fact):
    """Why a package has its verdict. `rule` and `severity` are those of a finding, empty and None where data is missing;
    `fix` says what to do."""

    text: str
    rule: str = ""
    severity: Severity | None = None
    fix: str = ""


class Note(Fact):
    """A finding about a file and not about one package: an index, a host, versions left open. `bad`: it accuses."""

    reason: Reason
    place: Place
    bad: bool


class Standing(Fact):
    """One package at one version (empty where nothing fixes it; `wanted` is then what is asked for), its verdict and why.

    `date` is the day of the oldest data that the verdict rests on, None where there is none. `places` are where it stands.
    """

    registry: Registry
    name: str
    version: str
    word: Word
    wanted: str = ""
    reasons: tuple[Reason, ...] = ()
    date: dt.date | None = None
    places: tuple[Place, ...] = ()
