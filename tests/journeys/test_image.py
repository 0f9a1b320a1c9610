"""A container image from end to end: made here, looked into by the real command, without a daemon."""

import json
import random
import string
from pathlib import Path

import pytest

from collect.image.made import Layer, docker_archive, layout, rootfs
from journeys.place import Answer, Place

RECORDS = [
    {
        "id": "DSA-0000-1", "modified": "2026-11-01T00:00:00Z", "summary": "zlib: overflow",
        "affected": [
            {
                "package": {"ecosystem": "Debian:12", "name": "zlib"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1:1.2.13.dfsg-1+deb12u1"}]}],
            }
        ],
    },
    {
        "id": "ALPINE-CVE-2026-0001", "modified": "2026-11-01T00:00:00Z", "summary": "busybox: overflow",
        "affected": [
            {
                "package": {"ecosystem": "Alpine:v3.19", "name": "busybox"},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.36.1-r16"}]}],
            }
        ],
    },
]  # fmt: skip
DEBIAN = "Package: zlib1g\nStatus: install ok installed\nSource: zlib\nVersion: {}\nArchitecture: amd64\n"
SITE = "usr/local/lib/python3.11/site-packages"
APK = "P:busybox-binsh\nV:1.36.1-r15\no:busybox\nL:GPL-2.0-only\n\nP:musl\nV:1.2.4-r2\no:musl\nL:MIT\n"


def token() -> str:
    return "AK" + "IA" + "".join(random.Random(7).choices(string.ascii_uppercase + "234567", k=16))


def base(version: str = "1:1.2.13.dfsg-1") -> Layer:
    return {
        "etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
        "var/lib/dpkg/status": DEBIAN.format(version),
        "app/settings.env": f"AWS_ACCESS_KEY_ID={token()}\nAWS_SECRET={'x' * 3}\n",
        f"{SITE}/PyYAML-5.3.dist-info/METADATA": "Metadata-Version: 2.1\nName: PyYAML\nVersion: 5.3\n",
    }


@pytest.fixture
def data(place: Place) -> str:
    """A data pack that knows two vulnerabilities of distributions, beside what ships."""
    folder = place.top / "osv"
    folder.mkdir()
    for record in RECORDS:
        (folder / f"{record['id']}.json").write_text(json.dumps(record))
    built = place.clearance("data", "build", "made.pack", "--osv", str(folder))
    assert built.code == 0, built.err
    return str(place.top / "made.pack")


def found(answer: Answer) -> dict[str, set[str]]:
    rules: dict[str, set[str]] = {}
    for one in answer.data["findings"]:
        rules.setdefault(one["rule"], set()).add(one["place"]["path"])
    return rules


def test_an_image_tells_its_vulnerable_packages_and_what_its_layers_hold(place: Place, data: str) -> None:
    layout(place.top / "oci", [base(), {"app/.wh.settings.env": ""}], {"Env": ["MODE=prod"], "Cmd": ["shop"]})
    answer = place.clearance("image", "oci", "--format", "json", CLEARANCE_DATA=data)
    assert answer.code in {0, 3}, answer.err
    rules = found(answer)
    assert rules["package-vulnerable"] == {
        "var/lib/dpkg/status",
        f"{SITE}/PyYAML-5.3.dist-info/METADATA",
    }
    assert any("layers/1/app/settings.env" in paths for paths in rules.values()), rules
    assert token() not in answer.out
    assert "image-user-root" in rules, rules


def test_a_mended_version_is_no_finding(place: Place, data: str) -> None:
    docker_archive(place.top / "shop.tar", [base("1:1.2.13.dfsg-1+deb12u1")], {"User": "app"})
    answer = place.clearance("image", "shop.tar", "--format", "json", CLEARANCE_DATA=data)
    assert "var/lib/dpkg/status" not in found(answer).get("package-vulnerable", set())
    assert "image-user-root" not in found(answer)


def test_alpine_is_compared_by_origin(place: Place, data: str) -> None:
    rootfs(place.top / "root", [{"etc/os-release": "ID=alpine\nVERSION_ID=3.19.1\n", "lib/apk/db/installed": APK}])
    answer = place.clearance("image", "root", "--format", "json", CLEARANCE_DATA=data)
    assert found(answer)["package-vulnerable"] == {"lib/apk/db/installed"}


def test_a_distribution_without_advisories_is_not_known(place: Place) -> None:
    rootfs(place.top / "root", [{"etc/os-release": "ID=alpine\nVERSION_ID=3.19.1\n", "lib/apk/db/installed": APK}])
    answer = place.clearance("image", "root", "--format", "json")
    assert answer.code == 3, answer.out
    assert any(gap["kind"] == "not known" for gap in answer.data["gaps"])


def test_what_is_no_image_is_an_error_with_a_way_on(place: Place, tmp_path: Path) -> None:
    (place.top / "file.txt").write_text("hello")
    answer = place.clearance("image", "file.txt")
    assert answer.code in {2, 4}
    assert "Traceback" not in answer.err
    assert place.clearance("image", "nothing").code == 2
