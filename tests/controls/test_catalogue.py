"""Ids of controls and weaknesses."""

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import re2

from clearance.controls import catalogue as module
from clearance.controls.catalogue import (
    PREFIXES,
    Catalogue,
    catalogue_of,
    catalogues,
    identifiers,
    known,
    label,
    problem,
    read_catalogue,
)

DATA = Path(module.__file__).parent / "data"
MINE = ("cwe", "asvs", "aisvs", "owasp", "llm", "agentic", "cosai", "atlas", "cert")


@pytest.mark.parametrize(
    "id",
    [
        "CWE-89",
        "CWE-1427",
        "asvs:v5.0.0-1.2.5",
        "asvs:v5.0.0-17.3.2",
        "aisvs:AISVS-1.0-AC.4.1",
        "aisvs:AISVS-1.0-9.2.8",
        "owasp:A01:2025",
        "llm:LLM10:2025",
        "agentic:ASI01:2026",
        "cosai:controlAgentObservability",
        "atlas:AML.T0051@5.6.0",
        "atlas:AML.T0034.002@5.6.0",
        "atlas:AML.M0028@5.6.0",
        "cert:IDS00-J",
        "cert:STR31-C",
    ],
)
def test_an_id_of_the_catalogues_is_known(id: str) -> None:
    assert known(id)
    assert problem(id) == ""


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
        ":",
        "../cwe:x",
        "CWE-132",
        "owasp:A01:2021",
        "llm:LLM03:2026",
        "atlas:AML.T0051@5.0.1",
        "atlas:AML.T0051",
        "cert:IDS02-J",
    ],
)
def test_any_other_id_is_not(id: str) -> None:
    assert not known(id)
    assert problem(id)


def test_every_id_has_its_form_and_a_short_label() -> None:
    for one in catalogues():
        for name, item in one.items.items():
            assert re2.fullmatch(one.pattern, item.id), name
            assert 0 < len(label(name)) <= 120, name
            if one.prefix in MINE:
                assert 0 < len(item.label) <= 80, name
    assert all(re.fullmatch(r"CWE-[1-9]\d*|[a-z0-9-]+:\S+", id) for id in identifiers())


def test_asvs_is_whole() -> None:
    assert sum(id.startswith("asvs:") for id in identifiers()) == 345
    assert sum(id.startswith("aisvs:") for id in identifiers()) == 259
    assert label("asvs:v5.0.0-1.2.5").endswith("(ASVS 1.2.5, level 1)")


def test_an_unknown_id_has_no_label() -> None:
    for id in ("CWE-0", "nothing:here", "asvs:v5.0.0-1.2", ""):
        with pytest.raises(KeyError):
            label(id)


def test_no_two_weaknesses_share_a_label() -> None:
    for prefix in MINE:
        labels = [item.label for item in of(prefix).items.values()]
        assert Counter(labels).most_common(1)[0][1] == 1, prefix


def of(prefix: str) -> Catalogue:
    return next(one for one in catalogues() if one.prefix == prefix)


def test_every_catalogue_ships_under_its_prefix() -> None:
    assert tuple(one.prefix for one in catalogues()) == PREFIXES
    assert {file.stem for file in DATA.glob("*.json")} == set(PREFIXES)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_ships_passes_the_strict_reader(prefix: str) -> None:
    found = read_catalogue((DATA / f"{prefix}.json").read_bytes(), prefix)
    assert found.items == of(prefix).items


@pytest.mark.parametrize(
    ("prefix", "version", "items", "levels"),
    [
        ("cwe", "4.18", 944, {}),
        ("asvs", "5.0.0", 345, {1: 70, 2: 183, 3: 92}),
        ("aisvs", "1.0", 259, {1: 73, 2: 125, 3: 61}),
        ("owasp", "2025", 10, {}),
        ("llm", "2025", 10, {}),
        ("agentic", "2026", 10, {}),
        ("cosai", "18ab1ef", 71, {}),
        ("atlas", "5.6.0", 221, {}),
        ("cert", "49909ce", 294, {}),
    ],
)
def test_a_catalogue_holds_what_its_version_holds(prefix: str, version: str, items: int, levels: dict[int, int]) -> None:
    one = of(prefix)
    assert (one.version, len(one.items)) == (version, items)
    assert Counter(item.level for item in one.items.values() if item.level) == Counter(levels)


def test_aisvs_has_its_chapters_and_appendix_c() -> None:
    appendix = [item for group in of("aisvs").groups if group.id == "AC" for item in group.items]
    assert len(of("aisvs").items) - len(appendix) == 191
    assert Counter(item.level for item in appendix) == Counter({1: 22, 2: 30, 3: 16})
    assert Counter(item.id.split(".")[1] for item in appendix) == Counter(
        {"1": 4, "2": 4, "3": 6, "4": 5, "5": 3, "6": 4, "7": 5, "8": 4, "9": 3, "10": 3, "11": 8, "12": 8, "13": 6, "14": 5}
    )


def test_a_level_includes_those_below() -> None:
    assert [len(of("asvs").level(level)) for level in (1, 2, 3)] == [70, 253, 345]


def test_kinds_of_items_are_counted() -> None:
    assert Counter(item.kind for item in of("atlas").items.values()) == {"tactic": 16, "technique": 170, "mitigation": 35}
    assert Counter(item.kind for item in of("cosai").items.values()) == {"risk": 36, "control": 35}
    assert Counter(item.id[-1] for item in of("cert").items.values()) == {"J": 174, "C": 120}


def test_withdrawn_weaknesses_say_what_took_their_place() -> None:
    cwe = of("cwe")
    assert len(cwe.withdrawn) == 25
    assert cwe.withdrawn["CWE-217"] == ("CWE-766", "CWE-767")
    assert all(f in cwe.items for after in cwe.withdrawn.values() for f in after)


def test_sources_and_licences_are_said() -> None:
    for one in catalogues():
        assert one.version in one.source or one.prefix in {"gdpr", "hipaa", "msrai"} or any(c.isdigit() for c in one.source)
        assert "own words" in one.licence, one.prefix


@pytest.mark.parametrize(
    ("control", "said"),
    [
        ("asvs:v4.0.3-1.2.5", "asvs:v4.0.3-1.2.5 is of version 4.0.3; this pipeline pins 5.0.0"),
        ("asvs:v4.0.3-1.2.5", "asvs:v5.0.0-1.2.5 exists, and may ask for something else"),
        ("atlas:AML.M0028@5.0.1", "is of version 5.0.1; this pipeline pins 5.6.0"),
        ("owasp:A10:2021", "is of version 2021; this pipeline pins 2025; owasp:A10:2025 exists"),
        ("iso27001:2013/A.8.28", "is of version 2013; this pipeline pins 2022"),
        ("avss:v5.0.0-1.2.5", "no catalogue 'avss'; did you mean asvs?"),
        ("nowhere:1", "no catalogue 'nowhere'; there are cwe, asvs,"),
        ("v5.0.0-1.2.5", "write the catalogue before it: asvs:v5.0.0-1.2.5"),
        ("ASI01:2026", "write the catalogue before it: agentic:ASI01:2026"),
        ("cwe-89", "did you mean CWE-89?"),
        ("CWE-089", "CWE-089 is malformed; ids of Common Weakness Enumeration are written like CWE-89"),
        (
            "asvs:1.2.5",
            "is malformed; ids of OWASP Application Security Verification Standard are written like asvs:v5.0.0-1.2.5",
        ),
        ("asvs:v5.0.0-1.2", "are written like asvs:v5.0.0-1.2.1"),
        ("atlas:AML.T0051", "are written like atlas:AML.T0051@5.6.0"),
        ("owasp:A3:2025", "are written like owasp:A03:2025"),
        ("asvs:v5.0.0-1.2.55", "5.0.0 has no asvs:v5.0.0-1.2.55; did you mean asvs:v5.0.0-1.2.5?"),
        ("CWE-310", "4.18 has no CWE-310 (categories and views are no weaknesses)"),
        ("CWE-132", "CWE-132 is withdrawn; CWE-170 took its place"),
        ("CWE-217", "CWE-766 and CWE-767 took its place"),
        ("CWE-365", "CWE-365 is withdrawn"),
        ("ASVS:V5.0.0-1.2.5", "did you mean asvs:v5.0.0-1.2.5?"),
        ("asvs:\x1b[31mred", "asvs:\\x1b[31mred is malformed"),
        ("\x1b[31mred:1", "no catalogue '\\x1b[31mred'"),
        ("asvs:" + "9" * 5000, "a reference has 120 characters at most"),
    ],
)
def test_a_wrong_reference_is_told_what_is_wrong(control: str, said: str) -> None:
    assert said in problem(control)
    assert "\x1b" not in problem(control)


def test_a_reference_is_looked_for_where_it_is_told() -> None:
    own = read_catalogue(
        json.dumps(
            {
                "prefix": "own", "title": "Own rules", "version": "7", "kind": "process", "reference": "own:{id}",
                "pattern": "R[0-9]+", "source": "us", "licence": "own words",
                "groups": [{"id": "all", "label": "All", "items": [{"id": "R1", "label": "One"}]}],
            }
        ).encode(),
        "own.json",
    )  # fmt: skip
    assert problem("own:R1", (own,)) == ""
    assert label("own:R1", (own,)) == "One (OWN R1)"
    assert "did you mean own:R1?" in problem("own:R12", (own,))
    assert problem("own:R1") == "no catalogue 'own'; there are " + ", ".join(PREFIXES)
    assert catalogue_of("own:R9", (own,)) is own
    assert catalogue_of("own:R9") is None
    assert catalogue_of("../data/cwe:CWE-89") is None


def test_asking_about_one_id_reads_one_file() -> None:
    program = (
        "import pkgutil; read = []; get = pkgutil.get_data\n"
        "pkgutil.get_data = lambda package, name: (read.append(name), get(package, name))[1]\n"
        "from clearance.controls.catalogue import known, label\n"
        "assert known('owasp:A01:2025') and label('owasp:A01:2025') and not known('owasp:A11:2025')\n"
        "import sys; assert 're2' not in sys.modules and 'difflib' not in sys.modules\n"
        "print(read)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['data/owasp.json']\n"
