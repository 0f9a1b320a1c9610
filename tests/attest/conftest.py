"""Where keys are held outside of files: tokens and a server, one for all tests."""

import os
import shutil
from collections.abc import Iterator

import pytest

import tokens
import vaults


def wanted(tool: str) -> None:
    """Skip what needs a missing tool; where nothing may be skipped, fail. (What many tests share is made before the marker
    `system` of one of them is read.)"""
    if shutil.which(tool) is None:
        (pytest.fail if os.environ.get("CLEARANCE_NO_SKIP") else pytest.skip)(f"needs {tool}")


@pytest.fixture(scope="session")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tokens.Tokens]:
    """Fresh tokens of SoftHSM."""
    wanted(tokens.TOOL)
    with tokens.tokens(tmp_path_factory.mktemp("hsm"), 24) as made:
        yield made


@pytest.fixture(scope="session")
def bao() -> Iterator[dict[str, str]]:
    """The environment that leads to a running OpenBao."""
    wanted(vaults.TOOL)
    with vaults.vault() as environment:
        yield environment
