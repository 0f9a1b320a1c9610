"""Where the assistants stand: on PATH, or in a folder that CLEARANCE_ASSISTANTS or CLEARANCE_CLIENTS names."""

import os
from collections.abc import Iterator

import pytest

from assistants_live.clients import folder


@pytest.fixture(scope="module", autouse=True)
def _assistants_on_path() -> Iterator[None]:
    """For the marker `system`, which looks on PATH, and for these modules alone: elsewhere no assistant may be in sight."""
    before = os.environ.get("PATH", "")
    if named := folder():
        os.environ["PATH"] = f"{before}{os.pathsep}{named}"
    yield
    os.environ["PATH"] = before
