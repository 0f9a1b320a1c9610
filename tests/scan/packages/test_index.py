"""The index of names: what it knows, and that without it nothing passes."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clearance.scan.packages.family import MAX_AGE_DAYS, PackagesFamily
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.names import FOLDER, IndexMissing, NameIndex

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
def index() -> NameIndex:
    return NameIndex()


def test_invented_names_are_unknown(index: NameIndex) -> None:
    assert [name for name in INVENTED if index.has(Registry.PYPI, name)] == []


def test_real_names_are_known_however_they_are_written(index: NameIndex) -> None:
    assert [name for name in REAL if not index.has(Registry.PYPI, name)] == []


def test_npm_names_and_scopes(index: NameIndex) -> None:
    assert index.has(Registry.NPM, "@types/node")
    assert index.has_scope("@types")
    assert not index.has_scope("@our-unpublished-company")
    assert not index.has(Registry.NPM, "express-jwt-session-guardian")


@pytest.mark.parametrize(
    "module", ["yaml", "cv2", "sklearn", "PIL", "bs4", "dotenv", "jwt", "google", "win32api", "flask_login"]
)
def test_modules_whose_distribution_has_another_name_are_known(index: NameIndex, module: str) -> None:
    assert index.provides_module(module)


def test_the_index_says_what_it_is(index: NameIndex) -> None:
    told = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
    assert told["pypi"]["complete"] is True
    assert told["npm"]["complete"] is False
    assert index.count(Registry.PYPI) > 800_000
    assert index.date == dt.date.fromisoformat(told["date"])


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "data"))


@pytest.mark.parametrize("name", ["pypi-names.marisa", "npm-names.marisa", "python-modules.marisa", "popular.marisa"])
def test_one_changed_byte_makes_the_index_missing(copied: Path, name: str) -> None:
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(data)
    with pytest.raises(IndexMissing, match=name):
        NameIndex(copied)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"date": "2026-11-22"}', '{"date": "yesterday", "pypi": {}}', "[" * 50_000],
    ids=lambda text: text[:12],
)
def test_a_description_that_is_none_makes_the_index_missing(copied: Path, text: str) -> None:
    (copied / "index.json").write_text(text, encoding="utf-8")
    with pytest.raises(IndexMissing):
        NameIndex(copied)


def test_a_description_cannot_name_a_file_elsewhere(copied: Path) -> None:
    told = json.loads((copied / "index.json").read_text(encoding="utf-8"))
    told["pypi"]["file"] = "../data/pypi-names.marisa"
    (copied / "index.json").write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(IndexMissing):
        NameIndex(copied)


def test_without_the_index_every_manifest_is_a_gap(look: Callable[..., list[object]], tmp_path: Path) -> None:
    family = PackagesFamily((), dt.date(2026, 12, 1), folder=tmp_path)
    seen = look({"requirements.txt": "flask\n"}, family=family)
    assert seen == [("", "data missing", 0, "index of package names: index.json: FileNotFoundError")]


def test_an_old_index_is_a_gap_and_still_looks(look: Callable[..., list[tuple[str, str, int, str]]]) -> None:
    day = NameIndex().date
    fresh = PackagesFamily((), day + dt.timedelta(days=MAX_AGE_DAYS))
    old = PackagesFamily((), day + dt.timedelta(days=MAX_AGE_DAYS + 1))
    assert look({"requirements.txt": "flask\n"}, family=fresh) == []
    assert look({"requirements.txt": "flask\n"}, family=old) == [
        ("", "data out of date", 0, f"package names as of {day}, {MAX_AGE_DAYS + 1} days old")
    ]
