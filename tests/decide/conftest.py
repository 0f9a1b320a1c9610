from pathlib import Path

import pytest

import clearance.decide
from clearance.decide.policy_set import Policies
from clearance.decide.table import Row, read_table

ROOM = Path(clearance.decide.__file__).parent


@pytest.fixture(scope="session")
def builtin() -> dict[str, str]:
    return {f"policies/{path.name}": path.read_text("utf-8") for path in sorted((ROOM / "policies").glob("*.cedar"))}


@pytest.fixture(scope="session")
def schema() -> str:
    return (ROOM / "schema.cedarschema").read_text("utf-8")


@pytest.fixture(scope="session")
def policies(builtin: dict[str, str], schema: str) -> Policies:
    return Policies.load(builtin, {}, schema)


@pytest.fixture(scope="session")
def rows() -> tuple[Row, ...]:
    return read_table((ROOM / "cases.toml").read_text("utf-8"), "cases.toml")
