"""What is kept of a look at history, and how it is folded."""

from clearance.facts.finding import Confidence, Finding, Gap, GapKind, Place, Secret, Severity
from clearance.scan.history import First, Journal, fold, id_of
from clearance.scan.runner import Scanned

A, B, C = ("a" * 40, "b" * 40, "c" * 40)


class Kept:
    """A cache in memory."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.data.get(key)

    def put(self, key: str, data: bytes) -> None:
        self.data[key] = data


def finding(oid: str, path: str, digits: str = "11", line: int = 1) -> Finding:
    return Finding(
        rule="key", family="secrets", severity=Severity.HIGH, confidence=Confidence.HIGH,
        place=Place(path=f"{oid}/{path}", line=line), message="m", fingerprint="0" * 64, introduced=True, fix="fix",
        secret=Secret(fingerprint=digits * 16, entropy=4.0),
    )  # fmt: skip


def scanned(*findings: Finding, gaps: tuple[Gap, ...] = (), **counts: int) -> Scanned:
    return Scanned(findings=findings, sightings=(), gaps=gaps, ran=(), set_aside=counts)


def first(order: int, path: str) -> First:
    return First(order, f"{order:040d}", "2024-05-01T10:00:00+02:00", path)


def test_what_was_kept_is_known_again_after_each_step() -> None:
    cache = Kept()
    journal = Journal(cache, "place", "stamp")
    journal.keep([A], scanned(finding(A, "x"), hash=2))
    again = Journal(cache, "place", "stamp")
    assert A in again
    assert B not in again
    journal.keep([B, C], scanned(hash=1))
    journal.save()
    last = Journal(cache, "place", "stamp")
    assert last.size == 3
    assert last.findings == journal.findings
    assert last.set_aside == {"hash": 3}
    assert Journal(cache, "elsewhere", "stamp").size == 0
    assert Journal(cache, "place", "other rules").size == 0


def test_a_fresh_look_forgets_and_is_kept_for_itself() -> None:
    cache = Kept()
    Journal(cache, "place", "stamp").keep([A], scanned(finding(A, "x")))
    fresh = Journal(cache, "place", "stamp", fresh=True)
    assert fresh.size == 0
    fresh.keep([B], scanned())
    again = Journal(cache, "place", "stamp")
    assert (A in again, B in again) == (False, True)


def test_what_failed_is_looked_at_again() -> None:
    cache = Kept()
    journal = Journal(cache, "place", "stamp")
    crash = Gap(scanner="secrets", path=f"{A}/x", kind=GapKind.CRASH)
    large = Gap(scanner="all", path=f"{B}/y", kind=GapKind.TOO_LARGE)
    journal.keep([A, B], scanned(gaps=(crash, large)))
    journal.save()
    again = Journal(cache, "place", "stamp")
    assert (A in again, B in again) == (False, True)
    assert set(journal.gaps) == {crash, large}
    assert again.gaps == [large]


def test_a_damaged_journal_is_none() -> None:
    cache = Kept()
    Journal(cache, "place", "stamp").keep([A], scanned())
    cache.data = dict.fromkeys(cache.data, b"\xff\x00")
    assert Journal(cache, "place", "stamp").size == 0


def test_a_secret_is_told_once_a_path_with_its_first_commit() -> None:
    found = {A: [finding(A, "x")], B: [finding(B, "x", line=7), finding(B, "x", "22")], C: [finding(C, "y")]}
    where = {A: first(5, "x"), B: first(2, "x"), C: first(9, "y")}
    told = fold(found, where, {C}, named=True)
    rows = {(one.place.path, one.secret.fingerprint[:2], one.place.line): one.origin for one in told if one.secret}
    assert {key: origin.commit[-1] for key, origin in rows.items() if origin} == {
        ("x", "11", 7): "2",
        ("x", "22", 1): "2",
        ("y", "11", 1): "9",
    }
    assert {key: origin.standing for key, origin in rows.items() if origin} == {
        ("x", "11", 7): True,
        ("x", "22", 1): False,
        ("y", "11", 1): True,
    }, "the secret itself still stands, in another file"
    assert len({one.fingerprint for one in told}) == 3
    assert all("revoke it first" in one.fix for one in told)


def test_what_no_reference_reaches_any_more_is_not_told() -> None:
    assert fold({A: [finding(A, "x")]}, {}, set(), named=True) == ()


def test_fingerprints_of_one_run_do_not_leave_it() -> None:
    told = fold({A: [finding(A, "x")]}, {A: first(1, "x")}, set(), named=False)
    assert told[0].secret is not None
    assert told[0].secret.fingerprint == ""


def test_paths_of_workers_name_their_version() -> None:
    assert id_of(f"{A}/src/x.py") == A
    assert id_of(f"/commit:{B}") == B
