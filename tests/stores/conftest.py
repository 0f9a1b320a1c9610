"""Stores of every kind, and one database server for all tests of them."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from clearance.record.store import Store
from clearance.stores.files import FileStore
from clearance.stores.memory_log import MemoryStore
from clearance.stores.postgres import PostgresStore
from clearance.stores.sqlite import SqliteStore
from cluster import INITDB, Cluster, cluster

Make = Callable[[Path], Store]


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """A running PostgreSQL."""
    if shutil.which(INITDB) is None:  # made before the marker `system` of a test is read
        (pytest.fail if os.environ.get("CLEARANCE_NO_SKIP") else pytest.skip)(f"needs {INITDB}")
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def shared(server: Cluster) -> str:
    """One database for all tests of the contract: it holds many logs."""
    return server.database()


@pytest.fixture
def make(kind: str, request: pytest.FixtureRequest) -> Make:
    """How to open a store of a kind below a folder; twice for one folder is the same store."""
    if kind == "memory":
        return lambda _: MemoryStore()
    if kind == "sqlite":
        return lambda path: SqliteStore(path / "c" / "log")
    if kind == "files":
        return lambda path: FileStore(path / "c" / "log")
    uri = request.getfixturevalue("shared")
    return lambda path: PostgresStore(f"{uri}?log={path.name}")
