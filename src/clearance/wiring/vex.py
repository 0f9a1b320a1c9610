"""What is known of vulnerabilities in a tree's packages, as VEX: what the team says, and what waits to be looked at."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from clearance.facts.bom import Bom
from clearance.facts.errors import DataRefused
from clearance.facts.package import Package
from clearance.facts.vex import VexStatement, VexStatus
from clearance.settings import PLACE as SETTINGS
from clearance.settings import read_settings
from clearance.wiring.data import chosen_pack
from clearance.wiring.parts import VEX
from clearance.wiring.places import committed, text
from clearance.wiring.sbom import Progress, bill_of_tree


def statements_of(
    path: Path, environment: Mapping[str, str], progress: Progress | None = None
) -> tuple[Bom, tuple[VexStatement, ...], tuple[str, ...]]:
    """Give the bill of a folder, a statement for each vulnerability that the data pack knows of its packages, and what could
    not be told. Where the team has said nothing, the statement says that it is under investigation.

    Raises:
        DataRefused: there is no data pack that may be used.
        clearance.facts.errors.UsageError: a VEX document of the team is none.
    """
    from clearance.scan.packages.pack.opened import PackRefused, open_pack
    from clearance.scan.packages.vex import read_vex, spoken

    own = committed(path, environment)
    settings = read_settings(text(own[SETTINGS]) if SETTINGS in own else None)
    said = tuple(
        one
        for name, data in sorted(own.items())
        if name.startswith(VEX) and name.endswith(".json")
        for one in read_vex(data, where=name)
    )
    bill = bill_of_tree(path, environment, progress)
    today = datetime.now(UTC).date()
    made: list[VexStatement] = []
    untold: Counter[str] = Counter()
    try:
        pack = open_pack(chosen_pack(settings.packages, path, environment, today))
        for package in bill.packages:
            if not package.version:
                continue
            answer = pack.advisories(package.registry, package.name, package.version)
            if answer.silent:
                untold[f"{package.registry.value}: {answer.silent}"] += 1
            for advisory in answer.advisories:
                ids = (advisory.id, *advisory.aliases)
                found = spoken(said, package.registry, package.purl, ids)
                made.append(_statement(package, ids, advisory.fixed, found, bill.at))
    except PackRefused as error:
        raise DataRefused(str(error), next="`clearance data show` tells more") from None
    return bill, tuple(made), tuple(f"{count:,} versions of {why}" for why, count in untold.items())


def _statement(
    package: Package, ids: tuple[str, ...], fixed: tuple[str, ...], found: VexStatement | None, at: str
) -> VexStatement:
    """Say what the team says, or that nobody has said anything yet. The CVE id comes first where there is one."""
    names = sorted(ids, key=lambda one: not one.startswith("CVE-"))
    action = f"update to {fixed[0]} or later" if fixed else ""
    new = VexStatement(
        vulnerability=names[0],
        aliases=tuple(names[1:]),
        packages=(package.purl,),
        status=VexStatus.UNDER_INVESTIGATION,
        at=at,
        action=action,
    )
    if found is None:
        return new
    return msgspec.structs.replace(
        new,
        status=found.status,
        justification=found.justification,
        impact=found.impact,
        action=found.action or (action if found.status is VexStatus.AFFECTED else ""),
        at=found.at or at,
        author=found.author,
        where=found.where,
    )
