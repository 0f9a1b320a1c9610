"""The index of names: what it knows, and that without it nothing passes."""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from clearance.scan.packages.checks.asked import Policy
from clearance.scan.packages.family import PackagesFamily
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.layout import HEAD
from clearance.scan.packages.pack.opened import SHIPPED, Pack, PackRefused, Place, open_pack
from clearance.scan.packages.pack.sections import PackFile

INVENTED = """flask-jwt-simple-auth fastapi-session-guard-kit django-oauth-verify-tools pytest-secure-mock-server
sqlalchemy-async-pool-guard requests-retry-helper-plus aws-lambda-logger-utils-pro pandas-excel-formatter-kit
openai-prompt-cache-store langchain-vector-memory-tools flask-rate-limit-redis-store django-rest-audit-trail-plus
redis-cluster-lock-manager celery-task-dedup-guard pydantic-settings-encrypt httpx-auth-rotator boto3-s3-multipart-helper
kafka-async-batch-consumer graphql-schema-guard-py fastapi-jwt-cookie-auth-kit flask-csrf-shield
postgres-migration-linter-tool torch-dataset-cache-utils transformers-quant-helper numpy-matrix-validator
click-config-loader-plus jinja2-safe-render-kit yaml-schema-enforcer-py cryptography-key-vault-helper
docker-compose-health-py kubernetes-secret-sync-client azure-blob-stream-helper gcp-pubsub-retry-client
slack-bot-approval-flow stripe-webhook-verifier-py twilio-sms-queue-helper elasticsearch-bulk-safe-indexer
mongo-transaction-wrapper django-tenant-router-kit sqlmodel-audit-mixin asyncpg-pool-monitor-kit""".split()  # noqa: SIM905
REAL = ["Flask", "zope.interface", "ruamel_yaml", "PyYAML", "typing-extensions", "backports.zoneinfo", "Pillow", "0"]


@pytest.fixture(scope="module")
def index() -> Pack:
    return open_pack()


def test_invented_names_are_unknown(index: Pack) -> None:
    assert [name for name in INVENTED if index.has(Registry.PYPI, name)] == []


def test_real_names_are_known_however_they_are_written(index: Pack) -> None:
    assert [name for name in REAL if not index.has(Registry.PYPI, name)] == []


def test_npm_names_and_scopes(index: Pack) -> None:
    assert index.has(Registry.NPM, "@types/node")
    assert index.has_scope("@types")
    assert not index.has_scope("@our-unpublished-company")
    assert not index.has(Registry.NPM, "express-jwt-session-guardian")


@pytest.mark.parametrize(
    "module", ["yaml", "cv2", "sklearn", "PIL", "bs4", "dotenv", "jwt", "google", "win32api", "flask_login"]
)
def test_modules_whose_distribution_has_another_name_are_known(index: Pack, module: str) -> None:
    assert index.provides_module(module)


def test_the_index_says_what_it_is(index: Pack) -> None:
    assert index.complete(Registry.PYPI)
    assert not index.complete(Registry.NPM)
    assert index.count(Registry.PYPI) > 800_000
    assert index.date == index.date_of("names", Registry.PYPI)
    assert {one.licence for one in index.sources} >= {"CC-BY-4.0", "Apache-2.0", "CC0-1.0", "BSD-3-Clause"}


@pytest.fixture
def copied(tmp_path: Path) -> Place:
    return msgspec.structs.replace(SHIPPED, path=Path(shutil.copy(SHIPPED.path, tmp_path / "default.pack")))


_ASKING: dict[str, Callable[[Pack], object]] = {
    "names.pypi": lambda pack: pack.has(Registry.PYPI, "flask"),
    "names.npm": lambda pack: pack.has(Registry.NPM, "lodash"),
    "modules.pypi": lambda pack: pack.distributions_of("yaml"),
    "use.pypi": lambda pack: pack.popularity(Registry.PYPI, "flask"),
    "use.npm": lambda pack: pack.targets(Registry.NPM),
    "advisories.pypi": lambda pack: pack.advisories(Registry.PYPI, "flask", "0.12"),
    "malware.npm": lambda pack: pack.malicious(Registry.NPM, "lodash"),
    "exploited": lambda pack: pack.advisories(Registry.PYPI, "flask", "0.12"),
    "likeness.npm": lambda pack: pack.likeness(Registry.NPM),
    "watched": lambda pack: pack.watched(Registry.PYPI, "flask"),
}


@pytest.mark.parametrize("name", _ASKING)
def test_one_changed_byte_makes_the_index_missing(copied: Place, name: str) -> None:
    head = PackFile(copied).head
    section = head.told.find(name)
    assert section is not None
    data = bytearray(copied.path.read_bytes())
    data[HEAD.size + len(head.manifest) + section.offset + section.size // 2] ^= 1
    copied.path.write_bytes(data)
    pack = open_pack(copied)
    with pytest.raises(PackRefused, match=name):
        _ASKING[name](pack)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"date": "2026-11-22"}', '{"date": "yesterday", "pypi": {}}', "[" * 50_000],
    ids=lambda text: text[:12],
)
def test_a_description_that_is_none_makes_the_index_missing(copied: Place, text: str) -> None:
    copied.path.write_bytes(HEAD.pack(b"CLRPACK\n", 1, len(text), bytes(32), bytes(64)) + text.encode())
    with pytest.raises(PackRefused):
        open_pack(copied)


def test_a_description_cannot_name_a_file_elsewhere(copied: Place) -> None:
    data = bytearray(copied.path.read_bytes())
    at = data.index(b'"offset":0')
    data[at : at + 10] = b'"offset":9'
    copied.path.write_bytes(data)
    with pytest.raises(PackRefused, match="does not lie where it should"):
        open_pack(copied)


def test_without_the_index_every_manifest_is_a_gap(look: Callable[..., list[object]], tmp_path: Path) -> None:
    family = PackagesFamily((), dt.date(2026, 12, 1), pack=Place(path=tmp_path, digest="", problem="it is not there"))
    seen = look({"requirements.txt": "flask\n"}, family=family)
    assert seen == [("", "data missing", 0, "data pack: it is not there")]


def test_an_old_index_is_a_gap_and_still_looks(look: Callable[..., list[tuple[str, str, int, str]]]) -> None:
    day = open_pack().date
    policy = Policy(data_days=10_000)
    fresh = PackagesFamily((), day + dt.timedelta(days=policy.index_days), policy=policy)
    old = PackagesFamily((), day + dt.timedelta(days=policy.index_days + 1), policy=policy)

    def stale(family: PackagesFamily) -> list[str]:
        return [one[3] for one in look({"requirements.txt": "flask\n"}, family=family) if one[1] == "data out of date"]

    assert stale(fresh) == []
    assert stale(old) == [
        f"PyPI: package names as of {day}, {policy.index_days + 1} days old; `clearance data update` gets newer ones"
    ]
