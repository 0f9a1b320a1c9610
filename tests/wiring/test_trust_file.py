"""trust.toml has one reader: a typo anywhere is told with its line, and nobody goes on with half of a file."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import BadFile, StoreError
from clearance.facts.provider import Provider
from clearance.facts.toml import BadToml, read_toml
from clearance.frontends.cli.main import run
from clearance.stores.private import PrivateFolder
from clearance.wiring.evidence_rules import settings
from clearance.wiring.log_stores import chosen
from clearance.wiring.trust_file import change_settings, trust_folder, trust_settings, would_be
from clearance.wiring.trust_settings import TrustSettings
from clearance.wiring.trust_writing import edited
from clearance.wiring.trusting import House
from clearance.wiring.witness_policy import open_policy

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "trust-settings.md"
OIDC = '[[oidc]]\nissuer = "https://login.example.com"\naudience = ["clearance"]\n'
JOBS = OIDC + 'names = "github"\n'


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"CLEARANCE_HOME": str(tmp_path / "home"), "HOME": "/nonexistent", "PATH": os.environ["PATH"]}


def write(home: Mapping[str, str], text: str | bytes) -> None:
    trust_folder(home).replace("trust.toml", text if isinstance(text, bytes) else text.encode())


ALL = """\
domain = "acme.example"

[signers]
authority = "pkcs11:token=company"
witness = "file:"

[timestamps]
url = "https://stamps.example.com/rfc3161"
chain = "/etc/clearance/stamps.pem"

[[oidc]]
issuer = "https://login.example.com"
audience = ["clearance"]
names = "people"
domains = ["Example.com"]
jwks = "/etc/clearance/jwks.json"

[[oidc]]
issuer = "https://token.actions.githubusercontent.com"
audience = ["clearance"]
names = "github"
repositories = ["acme/shop", "acme-tools/*"]

[attest]
enforcers = ["spiffe://acme.example/ci/forge"]

[log]
store = "files:/srv/logs"

[witnesses]
policy = "/etc/clearance/witnesses.policy"
quorum = "required"
seconds = 2

[evidence]
store = "/srv/bodies"
prompts = "keep"
subject = "ada"

[[evidence.retain]]
classification = "internal"
days = 30
hold = true

[[evidence.hold]]
subject = "bob"
because = "CASE-7"
"""


def test_every_key_that_there_is_is_read(home: dict[str, str]) -> None:
    write(home, ALL)
    found = trust_settings(home)
    assert found == House(home).settings
    assert (found.domain, found.signers.said(), found.log.store) == (
        "acme.example", {"authority": "pkcs11:token=company", "witness": "file:"}, "files:/srv/logs"
    )  # fmt: skip
    assert [one.names for one in found.oidc] == ["people", "github"]
    assert (found.witnesses.quorum, found.witnesses.seconds, found.evidence.retain[0].days) == ("required", 2.0, 30)
    assert (chosen(home), settings(home).subject) == ("files:/srv/logs", "ada")


TYPOS = {
    "at the top": ('domian = "x"\n', 1, "unknown key 'domian'", "'domain'"),
    "in the name of a table": ('[sigers]\nauthority = "file:"\n', 1, "unknown key 'sigers'", "'signers'"),
    "in a purpose": ('[signers]\nautority = "file:"\n', 2, "unknown key 'signers.autority'", "'authority'"),
    "in a purpose that signs no more": ('[signers]\ndecisions = "file:"\n', 2, "'signers.decisions'", "nearest"),
    "in [timestamps]": ('[timestamps]\nurl = "https://x"\nchian = "/x"\n', 3, "'timestamps.chian'", "'chain'"),
    "in [[oidc]]": (OIDC + 'name = "people"\n', 4, "unknown key 'oidc.name'", "'names'"),
    "in the second [[oidc]]": (OIDC + OIDC.replace("login", "id") + "jwk = ''\n", 7, "'oidc.jwk'", "'jwks'"),
    "in [attest]": ("[attest]\nenforcer = []\n", 2, "'attest.enforcer'", "'enforcers'"),
    "in [log]": ('[log]\nstor = "files:/x"\n', 2, "unknown key 'log.stor'", "'store'"),
    "in [witnesses]": ("[witnesses]\nsecond = 1\n", 2, "'witnesses.second'", "'seconds'"),
    "in [evidence]": ('[evidence]\npromts = "keep"\n', 2, "'evidence.promts'", "'prompts'"),
    "in [[evidence.retain]]": (
        '[[evidence.retain]]\nclassification = "internal"\nday = 3\n', 3, "'evidence.retain.day'", "'days'"
    ),
    "in [[evidence.hold]]": ('[[evidence.hold]]\nsubjekt = "x"\n', 2, "'evidence.hold.subjekt'", "'subject'"),
    "a table below the wrong one": ('[log]\nstore = "sqlite:"\nquorum = "tell"\n', 3, "'log.quorum'", "[witnesses]"),
    "a value below a table": ('[log]\ndomain = "x"\n', 2, "'log.domain'", "before the first [table]"),
    "a word of none": ('[witnesses]\nquorum = "require"\n', 2, "'require'", "'required'"),
    "a word of prompts": ('[evidence]\nprompts = "digest"\n', 2, "'digest'", "'digests'"),
    "a provider of none": (OIDC + 'names = "githubb"\n', 4, "'githubb'", "'github'"),
    "a class of none": ('[[evidence.retain]]\nclassification = "privat"\ndays = 1\n', 2, "'privat'", "nearest word"),
    "one bracket": ('[oidc]\nissuer = "https://x"\n', 1, "Expected `array`", "write [[oidc]], with two brackets"),
    "a number for a text": ("domain = 3\n", 1, "Expected `str`, got `int`", "trust-settings.md"),
    "a text for a number": ('[witnesses]\nseconds = "5"\n', 2, "Expected `float`, got `str`", ""),
    "a text for a table": ('signers = "file:"\n', 1, "Expected `object`, got `str`", ""),
    "a text for a list": ('[attest]\nenforcers = "x"\n', 2, "Expected `array`, got `str`", ""),
    "a scheme of signers": ('[signers]\nauthority = "pcks11:token=x"\n', 2, "'pcks11'; the nearest is 'pkcs11:'", ""),
    "a scheme of stores": ('[log]\nstore = "file:/srv"\n', 2, "'file'; the nearest is 'files:'", ""),
    "seconds that end at once": ("[witnesses]\nseconds = -1\n", 2, "more than 0, at most 600", ""),
    "seconds that never end": ("[witnesses]\nseconds = inf\n", 2, "more than 0, at most 600", ""),
    "seconds that are none": ("[witnesses]\nseconds = nan\n", 2, "more than 0, at most 600", ""),
    "a chain that depends on the folder": ('[timestamps]\nurl = "https://x"\nchain = "x.pem"\n', 3, "no absolute path", ""),
    "an address of none": ('[timestamps]\nurl = "stamps"\nchain = "/x"\n', 2, "no address", ""),
    "keys that depend on the folder": (OIDC + 'jwks = "jwks.json"\n', 4, "no absolute path", ""),
    "a domain with its sign": (OIDC + 'domains = ["@example.com"]\n', 4, "no domain of mail addresses", ""),
    "a pattern of domains": (OIDC + 'domains = ["*.example.com"]\n', 4, "no domain of mail addresses", ""),
    "a provider twice": (OIDC + OIDC, 5, "stands there twice", ""),
    "jobs of everybody": (JOBS, 4, "whose jobs?", ""),
    "jobs by mail domain": (JOBS + 'domains = ["x.example"]\nrepositories = ["a/b"]\n', 5, "of mail addresses", ""),
    "people by repository": (OIDC + 'repositories = ["a/b"]\n', 4, "its names are people", ""),
    "an owner alone": (JOBS + 'repositories = ["acme"]\n', 5, "neither owner/name nor owner/*", ""),
    "half an owner": (JOBS + 'repositories = ["ac*/x"]\n', 5, "neither owner/name nor owner/*", ""),
    "a way up": (JOBS + 'repositories = ["acme/.."]\n', 5, "neither owner/name nor owner/*", ""),
    "all of a forge for all": (
        JOBS.replace("login.example.com", "token.actions.githubusercontent.com") + 'repositories = ["*"]\n',
        5, "everybody", "",
    ),
    "days of a century and more": ('[[evidence.retain]]\nclassification = "internal"\ndays = 36501\n', 3, "0 to 36500", ""),
    "the same class twice": (
        '[[evidence.retain]]\nclassification = "internal"\ndays = 1\n' * 2, 5, "the same classification", ""
    ),
    "a hold of nobody": ('[[evidence.hold]]\nsubject = ""\n', 2, "names no subject", ""),
    "half a file": ('domain = "acme.example"\n[log]\nstore = "fil', 3, "not TOML", "trust-settings.md"),
    "a key twice": ('domain = "a"\ndomain = "b"\n', 2, "not TOML", ""),
    "no UTF-8": (b'domain = "a"\n# \xff\n', 2, "not UTF-8", ""),
    "nothing at all": ("", 0, "written by half", "from a copy"),
    "blanks alone": ("\n\n", 0, "written by half", "from a copy"),
    "300 KB": ("#" * 300_000, 0, "larger than 256 KiB", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", TYPOS)
def test_a_typo_is_told_with_its_line_and_what_was_meant(home: dict[str, str], case: str) -> None:
    text, line, what, then = TYPOS[case]
    write(home, text)
    with pytest.raises(BadFile) as told:
        trust_settings(home)
    place = str(trust_folder(home).directory / "trust.toml")
    assert told.value.where == (f"{place}:{line}" if line else place)
    assert what in told.value.what
    assert then in told.value.next
    assert told.value.next


READERS: dict[str, Callable[[Mapping[str, str]], object]] = {
    "the house": lambda home: House(home).service,
    "the log": chosen,
    "the witnesses": open_policy,
    "the evidence": settings,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("table", ["log", "witnesses", "evidence", "signers", "attest"])
def test_nobody_goes_on_where_another_table_is_wrong(home: dict[str, str], reader: str, table: str) -> None:
    write(home, f"[{table}]\nxyz = 1\n")
    with pytest.raises(BadFile, match="unknown key"):
        READERS[reader](home)
    assert [path.name for path in Path(home["CLEARANCE_HOME"]).rglob("*") if path.is_file()] == ["trust.toml"]


@pytest.mark.parametrize("reader", READERS)
def test_nobody_goes_on_where_it_cannot_be_read(home: dict[str, str], reader: str) -> None:
    folder = trust_folder(home)
    folder.replace("x", b"")
    (folder.directory / "trust.toml").symlink_to("nowhere")
    with pytest.raises(StoreError, match=r"link|regular"):
        READERS[reader](home)
    (folder.directory / "trust.toml").unlink()
    write(home, "[log]\n")
    (folder.directory / "trust.toml").chmod(0o644)
    with pytest.raises(StoreError, match="others can reach"):
        READERS[reader](home)


def test_a_check_says_it_and_judges_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(os.environ, '[log]\nstor = "files:/x"\n')
    assert run(["log", "verify"]) == 2
    err = capsys.readouterr().err
    assert re.search(r"trust\.toml:2: unknown key 'log\.stor'\n  the nearest known key is 'store'", err)


def test_a_change_of_a_file_that_is_wrong_is_told_by_the_lines_that_a_person_sees(home: dict[str, str]) -> None:
    write(home, '# mine\n\n\n[log]\nstor = "x"\n')
    with pytest.raises(BadFile) as told:
        change_settings(PrivateFolder(trust_folder(home).directory), {"domain": "acme.example"})
    assert told.value.where.endswith("trust.toml:5")
    write(home, ALL)
    with pytest.raises(BadFile) as told:
        would_be(trust_folder(home), {"domain": "No Domain"})
    assert told.value.where.endswith("trust.toml")
    assert would_be(trust_folder(home), {"domain": "acme.test"}).domain == "acme.test"
    assert trust_settings(home).domain == "acme.example"


def test_what_is_written_is_read_as_it_was(home: dict[str, str]) -> None:
    write(home, ALL)
    before = trust_settings(home)
    change_settings(trust_folder(home), {"domain": "acme.test"})
    assert trust_settings(home) == msgspec.structs.replace(before, domain="acme.test")


MINE = """\
# mine

domain = "a.example"   # ours
# the HSM
[signers]
authority = "file:" # for now

# who logs in
[[oidc]]
issuer = "https://login.example.com"
audience = ["x"]

[witnesses]
seconds = 3 # short
"""
CHANGED = """\
# mine

domain = "b.example"

# the HSM
[signers]
authority = "file:" # for now

[[oidc]]
issuer = "https://id.example.com"
audience = ["y"]

[witnesses]
seconds = 3 # short

[attest]
enforcers = []
"""
PROVIDER = {"issuer": "https://id.example.com", "audience": ["y"]}


def test_what_a_person_wrote_stays_as_it_is_where_it_is_not_replaced() -> None:
    assert edited(MINE, {"domain": "b.example", "oidc": [PROVIDER], "attest": {"enforcers": []}}) == CHANGED
    assert edited(CHANGED, {}) == CHANGED
    assert edited("# mine\n[log]\n", {"domain": "x"}) == 'domain = "x"\n\n# mine\n[log]\n'
    assert edited("# mine\n\n[log]\n", {"domain": "x"}) == '# mine\ndomain = "x"\n\n[log]\n'


NAMES = st.sampled_from(["domain", "signers", "log", "oidc", "a.b", "x"])
LINES = st.lists(
    st.one_of(
        st.builds("{} = 1".format, NAMES),
        st.builds("[{}]".format, NAMES),
        st.builds("[[{}]]".format, NAMES),
        st.builds('{} = """'.format, NAMES),
        st.builds("{} = {{ y = 1 }}".format, NAMES),
        st.sampled_from(["# said", "", '"""', "y.z = 2", '"domain" = 3', "a = [", "]"]),
    ),
    max_size=8,
).map("\n".join)
VALUES = st.sampled_from([1, "x", [], {}, {"a": 1}, [{"a": 1}, {"a": {"b": 2}}], {"a": {"b": [1]}}])


@given(LINES, st.dictionaries(st.sampled_from(["domain", "signers", "oidc", "log"]), VALUES, max_size=3))
def test_however_it_is_written_the_wanted_values_are_read_and_all_others_stay(text: str, changes: dict[str, object]) -> None:
    try:
        before = read_toml(text)
    except BadToml:
        with pytest.raises(BadToml):
            edited(text, changes)
        return
    assert read_toml(edited(text, changes)) == before | changes


def keys_of(kind: object, above: str = "") -> Iterator[tuple[str, object]]:
    """Give each key of trust.toml in dots, tables left out, with its default."""
    for field in msgspec.structs.fields(kind):  # type: ignore[arg-type]
        inner = next((one for one in (field.type, *get_args(field.type)) if is_table(one)), None)
        name = f"{above}{field.encode_name}"
        if inner is not None:
            yield from keys_of(inner, f"{name}.")
        else:
            yield name, field.default


def is_table(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def told_of() -> dict[str, str]:
    """Give each key that the page has a row for, in dots, with what it says of its default."""
    found, table = {}, "-"
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = re.match(r"## `(?:\[\[?([\w.]+)\]\]?|trust\.toml)`", line)
            table = "-" if heading is None else f"{heading[1]}." if heading[1] else ""
        elif table != "-" and (row := re.match(r"\| ((?:`[a-z_]+`(?:, )?)+) \| ([^|]*) \|", line)):
            found |= {f"{table}{key}": row[2].strip() for key in re.findall(r"`(\w+)`", row[1])}
    return found


def test_the_page_has_a_row_for_each_key_and_for_no_other() -> None:
    rows, known = told_of(), dict(keys_of(TrustSettings))
    assert sorted(rows) == sorted(known)
    for key, default in known.items():
        if default is msgspec.NODEFAULT:
            assert rows[key] == "–", key
        elif default not in ("", None):
            assert rows[key] == f"`{json.dumps(default)}`", key


def test_what_the_page_shows_is_read(home: dict[str, str]) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    write(home, example)
    said = trust_settings(home)
    tables = {field.name for field in msgspec.structs.fields(TrustSettings)}
    assert {name for name in tables if getattr(said, name) != getattr(TrustSettings(), name)} == tables


def test_a_provider_of_people_needs_nothing_more() -> None:
    one = Provider(issuer="https://login.example.com", audience=("x",))
    assert (one.names, one.repositories, one.domains) == ("people", (), ())
