"""Ids of controls and weaknesses."""

import re

import pytest

from clearance.controls.catalogue import identifiers, known, label


@pytest.mark.parametrize("id", ["CWE-89", "CWE-1427", "asvs:v5.0.0-1.2.5", "asvs:v5.0.0-17.3.2"])
def test_an_id_of_the_catalogues_is_known(id: str) -> None:
    assert known(id)


@pytest.mark.parametrize(
    "id",
    [
        "CWE-310",
        "cwe-89",
        "CWE-089",
        "asvs:v5.0.0-18.1.1",
        "asvs:v5.0.0-1.2",
        "asvs:v4.0.3-1.2.5",
        "v5.0.0-1.2.5",
        "",
    ],
)
def test_any_other_id_is_not(id: str) -> None:
    assert not known(id)


def test_every_id_has_its_form_and_a_short_label() -> None:
    for id in identifiers():
        assert re.fullmatch(r"CWE-[1-9]\d*|asvs:v5\.0\.0-\d+\.\d+\.\d+|aisvs:AISVS-1\.0-(AC|\d+)\.\d+\.\d+", id)
        assert 0 < len(label(id)) <= 80


def test_asvs_is_whole() -> None:
    assert sum(id.startswith("asvs:") for id in identifiers()) == 345
    assert sum(id.startswith("aisvs:") for id in identifiers()) == 259
    assert label("asvs:v5.0.0-1.2.5").endswith("(ASVS 1.2.5, level 1)")


def test_an_unknown_id_has_no_label() -> None:
    with pytest.raises(KeyError):
        label("CWE-0")


def test_no_two_weaknesses_share_a_label() -> None:
    labels = [label(id) for id in identifiers() if id.startswith("CWE-")]
    assert len(labels) == len(set(labels))
