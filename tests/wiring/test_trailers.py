"""The log at hand may grow while trailers are compared with it."""

from clearance.record.merkle import root
from clearance.wiring.trailers import _tree
from record.conftest import furnish


def test_a_tree_is_read_from_tiles_that_have_grown_since() -> None:
    log = furnish()
    log.fill(3)
    three = log.log.root_at(3)
    log.fill(260, 3)

    def read(name: str) -> bytes | None:
        with log.store.read() as snapshot:
            return snapshot.get(name)

    assert root(3, _tree(3, read)) == three
    assert root(2, _tree(3, read)) == log.log.root_at(2)
    assert root(258, _tree(258, read)) == log.log.root_at(258)
