"""Looks into a container image: packages against advisories, secrets in layers and settings, how it would run."""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from clearance import pipeline
from clearance.report.look import Times
from clearance.scan.runner import Progress
from clearance.scan.worker import Reserve
from clearance.wiring.furnish import builtin_furnish
from clearance.wiring.judged import Judged, exit_of_scan
from clearance.wiring.opinions import NO_SECOND, Opinions
from clearance.wiring.parts import parts_of
from clearance.wiring.places import close, committed, committed_files, now

FAMILIES = ("secrets", "packages", "infra")
"""The families that look into an image: code was looked at before it came there."""


def scan_image(
    path: Path,
    platform: str,
    environment: Mapping[str, str],
    progress: Progress | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Judged:
    """Look at an OCI layout, an archive of `docker save`, or a root filesystem. Settings and rules are those of the commit
    that is checked out here; nothing of the image is run.

    Raises:
        clearance.facts.errors.ClearanceError: there is no image, it is broken, or not what it names by digests.
    """
    from clearance.collect.image import image

    began = now()
    here = Path()
    opinions = Opinions(NO_SECOND, environment)
    ahead = msgspec.structs.replace(builtin_furnish(here, environment, sightings=False), names=FAMILIES)
    with Reserve(ahead) as reserve, closing(opinions):
        own = committed(here, environment)
        parts = parts_of(
            ahead,
            reserve,
            own,
            meanwhile,
            opinions,
            base=lambda prefix: committed_files(here, environment, prefix),
            around=(here, environment),
        )
        collected = image(path, platform=platform, environment=environment)
        try:
            outcome = pipeline.look(collected, parts, progress)
        finally:
            close(collected)
    return Judged(outcome, Times(began, now()), exit_of_scan(outcome))
