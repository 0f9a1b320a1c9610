"""Verifies what somebody handed in: bundles, proofs, folders of both, and exported logs."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from clearance.attest.trust import Trust
from clearance.attest.trusted_root import Root
from clearance.facts.errors import ClearanceError, UsageError
from clearance.facts.verified import FileVerdict, Proved, Verified
from clearance.wiring.bundles import Wanted, bytes_of, verify_bundle
from clearance.wiring.proofs import NOTHING, SUFFIX, Beside, LogKeys, is_proof, verify_proof

_BUNDLE = ".sigstore.json"
_ROOT_NEXT = "give --trusted-root FILE; --key alone is enough for proofs"


def verify_files(
    paths: Sequence[Path], root: Root | None, wanted: Wanted, beside: Beside = NOTHING
) -> Iterator[FileVerdict]:
    """Verify files that hold a bundle or a proof each, folders of such files, and directories that hold an exported log.

    Raises:
        UsageError: one cannot be read, or what it is to be laid against was not handed in.
        SigningError: a key cannot be read.
    """
    trust = None if root is None else Trust(root)
    keys = LogKeys(trust, beside.keys)
    for path in paths:
        if not path.is_dir():
            yield _file(path, trust, keys, wanted, beside)
        elif trust is None:
            raise UsageError("nobody vouches for who signed its entries", where=str(path), next=_ROOT_NEXT)
        elif found := _written_to(path):
            yield from (_file(one, trust, keys, wanted, beside) for one in found)
        else:
            from clearance.wiring.exported import verify_export

            yield from verify_export(path, trust, wanted)


def _written_to(folder: Path) -> list[Path]:
    """Give the bundles and proofs in a folder that is no exported log, as `--prove` writes one."""
    if (folder / "checkpoint").exists():
        return []
    return sorted(path for path in folder.iterdir() if path.name.endswith((_BUNDLE, SUFFIX)))


def _file(path: Path, trust: Trust | None, keys: LogKeys, wanted: Wanted, beside: Beside) -> FileVerdict:
    data = bytes_of(path)
    if is_proof(path.name, data):
        return _tried(path, lambda: verify_proof(path, data, trust, keys, wanted, beside))
    if trust is None:
        raise UsageError("nobody vouches for who signed it", where=str(path), next=_ROOT_NEXT)
    return _tried(path, lambda: verify_bundle(data, trust, wanted))


def _tried(path: Path, work: Callable[[], Verified | Proved]) -> FileVerdict:
    try:
        found = work()
    except UsageError:
        raise
    except ClearanceError as error:
        return FileVerdict(file=str(path), where=error.where, what=error.what)
    if isinstance(found, Proved):
        return FileVerdict(file=str(path), proved=found)
    return FileVerdict(file=str(path), verified=found)
