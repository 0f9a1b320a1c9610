"""The catalogues of governance: which ids they hold, and that every one of them is written as the standards write it."""

import re

import pytest

from clearance.controls.catalogue import catalogues, known, label, problem

BY_PREFIX = {one.prefix: one for one in catalogues()}

COUNTS = {
    "ssdf": {"PO": 13, "PS": 4, "PW": 16, "RV": 9},
    "ssdf-ai": {"PO": 14, "PS": 6, "PW": 19, "RV": 9},
    "slsa": {"BUILD": 3, "SOURCE": 4},
    "soc2": {
        "CC1": 5, "CC2": 3, "CC3": 4, "CC4": 2, "CC5": 3, "CC6": 8, "CC7": 5, "CC8": 1, "CC9": 2,
        "A1": 3, "C1": 2, "PI1": 5, "P": 18,
    },
    "iso27001": {"A.5": 37, "A.6": 8, "A.7": 14, "A.8": 34},
    "pci": {"1": 19, "2": 11, "3": 29, "4": 6, "5": 13, "6": 19, "7": 12, "8": 29, "10": 27, "11": 21, "12": 37},
    "hipaa": {"164.308": 31, "164.310": 12, "164.312": 12, "164.314": 5, "164.316": 5},
    "msrai": {"A": 5, "T": 3, "F": 3, "RS": 3, "PS": 2, "I": 1},
}  # fmt: skip
"""Items of each group, counted in the standard itself."""

BASE_CONTROLS = {
    "ac": 23, "at": 5, "au": 15, "ca": 8, "cm": 14, "ia": 13, "ir": 9, "pm": 32, "pt": 8, "ra": 9, "sa": 17, "sc": 47,
    "si": 22, "sr": 12,
}  # fmt: skip
"""Controls of SP 800-53 5.2.0 that are not withdrawn, without enhancements."""

FUNCTIONS = {"GOVERN": 19, "MAP": 18, "MEASURE": 22, "MANAGE": 13}
PROPRIETARY = ("soc2", "iso27001", "pci", "msrai")
GOVERNANCE = ("ssdf", "ssdf-ai", "airmf", "sp800-53", "slsa", "soc2", "iso27001", "pci", "gdpr", "hipaa", "msrai")


@pytest.mark.parametrize("prefix", COUNTS)
def test_every_group_holds_as_many_items_as_the_standard(prefix: str) -> None:
    assert {group.id: len(group.items) for group in BY_PREFIX[prefix].groups} == COUNTS[prefix]


def test_the_families_of_800_53_hold_all_base_controls() -> None:
    found = {group.id: sum("." not in item.id for item in group.items) for group in BY_PREFIX["sp800-53"].groups}
    assert found == BASE_CONTROLS


@pytest.mark.parametrize("withdrawn", ["ac-13", "ac-15", "au-15", "ca-4", "sa-12", "sc-14", "si-9", "ac-2.10", "sa-12.1"])
def test_what_800_53_withdrew_is_not_there(withdrawn: str) -> None:
    assert not known(f"sp800-53:{withdrawn}")


def test_what_was_withdrawn_says_what_took_its_place() -> None:
    catalogue = BY_PREFIX["sp800-53"]
    assert len(catalogue.withdrawn) == 148
    assert catalogue.withdrawn["ac-13"] == ("ac-2", "au-6")
    assert "sp800-53:ac-2 and sp800-53:au-6 took its place" in problem("sp800-53:ac-13")


def test_an_enhancement_stands_behind_its_control_and_says_what_it_is() -> None:
    items = [item for group in BY_PREFIX["sp800-53"].groups for item in group.items]
    base = ""
    for item in items:
        if "." in item.id:
            assert item.id.partition(".")[0] == base
            assert item.kind == "enhancement"
        else:
            base = item.id


def test_the_ai_risk_framework_has_72_subcategories() -> None:
    found = [item.id for group in BY_PREFIX["airmf"].groups for item in group.items]
    assert {one: sum(id.startswith(f"{one}-") for id in found) for one in FUNCTIONS} == FUNCTIONS


def test_the_profile_for_ai_holds_the_framework_and_six_tasks_more() -> None:
    base = {item.id for group in BY_PREFIX["ssdf"].groups for item in group.items}
    profile = {item.id: item.kind for group in BY_PREFIX["ssdf-ai"].groups for item in group.items}
    assert base < set(profile)
    assert {id for id in profile if id not in base} == {"PO.5.3", "PS.1.2", "PS.1.3", "PW.3.1", "PW.3.2", "PW.3.3"}
    assert {kind for id, kind in profile.items() if id not in base} == {"added"}


def test_levels_of_slsa_follow_from_the_ids() -> None:
    catalogue = BY_PREFIX["slsa"]
    assert [item.level for item in catalogue.items.values()] == [int(item.id[-1]) for item in catalogue.items.values()]
    assert catalogue.level(1) == ("slsa:1.2/BUILD-L1", "slsa:1.2/SOURCE-L1")


def test_each_specification_of_hipaa_is_a_standard_required_or_addressable() -> None:
    assert {item.kind for item in BY_PREFIX["hipaa"].items.values()} == {"standard", "required", "addressable"}


@pytest.mark.parametrize(
    "reference",
    [
        "ssdf:PW.5.1", "ssdf-ai:PW.3.2", "airmf:MEASURE-2.7@1.0", "sp800-53:ac-5", "sp800-53:ac-6.1", "slsa:1.2/SOURCE-L4",
        "soc2:CC8.1", "iso27001:2022/A.8.28", "pci:4.0.1/6.2.4", "pci:4.0.1/6.2.3.1", "gdpr:Art.32(1)", "gdpr:Art.5(1)(f)",
        "gdpr:Art.32(1)(b)", "hipaa:164.312(b)", "hipaa:164.308(a)(1)(ii)(D)", "msrai:v2/A5",
    ],
)  # fmt: skip
def test_a_reference_is_written_as_the_standard_writes_it(reference: str) -> None:
    assert known(reference)
    assert label(reference)


@pytest.mark.parametrize(
    "reference",
    [
        "sp800-53:AC-5", "pci:4.0/6.2.4", "pci:3.2.1/6.5.1", "slsa:1.0/SOURCE-L4", "slsa:1.2/SOURCE-L5", "slsa:1.2/BUILD-L4",
        "iso27001:2013/A.14.2.1", "iso27001:2022/A.8.35", "soc2:CC10.1", "airmf:MEASURE-2.7", "gdpr:Art.100", "msrai:v1/A5",
    ],
)  # fmt: skip
def test_an_id_of_another_version_or_form_is_unknown(reference: str) -> None:
    assert not known(reference)


@pytest.mark.parametrize("prefix", GOVERNANCE)
def test_every_id_fits_its_pattern_stands_once_and_has_a_label(prefix: str) -> None:
    catalogue = BY_PREFIX[prefix]
    ids = [item.id for group in catalogue.groups for item in group.items]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(catalogue.pattern, id) for id in ids)
    assert all(item.label for item in catalogue.items.values())


@pytest.mark.parametrize("prefix", GOVERNANCE)
def test_source_licence_and_version_are_told(prefix: str) -> None:
    catalogue = BY_PREFIX[prefix]
    assert catalogue.version
    assert len(catalogue.source) > 20
    assert "our own words" in catalogue.licence


@pytest.mark.parametrize("prefix", PROPRIETARY)
def test_labels_of_proprietary_standards_are_a_few_words(prefix: str) -> None:
    catalogue = BY_PREFIX[prefix]
    assert "ids only" in catalogue.licence
    assert max(len(item.label.split()) for item in catalogue.items.values()) <= 14


@pytest.mark.parametrize("prefix", GOVERNANCE)
def test_only_the_levels_of_slsa_are_no_process(prefix: str) -> None:
    assert BY_PREFIX[prefix].kind == ("requirements" if prefix == "slsa" else "process")
