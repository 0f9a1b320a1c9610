"""Profiles and templates: what `policy init` writes is tested, tight, and names what it serves."""

import tomllib

import pytest

from clearance.controls.catalogue import PREFIXES, catalogues, known, problem
from clearance.decide.lint import Given, lint
from clearance.decide.mutate import survivors
from clearance.decide.policy_set import Policies
from clearance.decide.synthesis import Draft, Profile, Template, draft, filled, frameworks_named, prefix_of, read_template
from clearance.decide.table import Row, run
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadPolicy, UsageError
from clearance.settings import read_settings
from clearance.wiring.policy_init import profile_names, read_profile_named, templates
from clearance.wiring.policy_lint import names_here

PROFILES = profile_names()
TEMPLATES = templates()


def drafted(name: str, *frameworks: str) -> Draft:
    return draft(read_profile_named(name), TEMPLATES, frameworks)


def with_builtin(found: Draft, builtin: dict[str, str], schema: str) -> Policies:
    return Policies.load(builtin, {piece.path: piece.text for piece in found.pieces}, schema)


def test_there_are_three_appetites() -> None:
    assert PROFILES == ("open-source", "regulated", "startup")


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("frameworks", [(), PREFIXES], ids=["no framework", "all frameworks"])
def test_every_mutant_of_what_is_written_is_killed_by_its_cases(
    builtin: dict[str, str], schema: str, name: str, frameworks: tuple[str, ...]
) -> None:
    found = drafted(name, *frameworks)
    policies = with_builtin(found, builtin, schema)
    assert run(policies, found.rows()) == ()
    assert survivors(policies, found.rows(), only_team=True) == ()


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("framework", PREFIXES)
def test_any_choice_of_frameworks_passes_its_own_cases(
    builtin: dict[str, str], schema: str, name: str, framework: str
) -> None:
    found = drafted(name, framework)
    assert run(with_builtin(found, builtin, schema), found.rows()) == ()
    for piece in found.pieces:
        assert piece.base or any(prefix_of(edge.to) == framework for edge in piece.policy.edges)


@pytest.mark.parametrize("name", PROFILES)
def test_what_is_written_has_no_mistake_of_its_own(
    builtin: dict[str, str], schema: str, rows: tuple[Row, ...], name: str, tmp_path: object
) -> None:
    found = drafted(name, *PREFIXES)
    given = Given(
        builtin=builtin,
        team={piece.path: piece.text for piece in found.pieces},
        cases={piece.cases_path: piece.cases for piece in found.pieces},
        unread=(),
        schema=schema,
        rows=rows,
        names=names_here(__import__("pathlib").Path(str(tmp_path))),
    )
    assert lint(given).problems == ()


@pytest.mark.parametrize("template", TEMPLATES, ids=[template.id for template in TEMPLATES])
def test_every_template_names_objectives_that_exist_and_what_could_happen_without_it(template: Template) -> None:
    profile = (*template.base, *template.usual, *template.demanded)[0]
    piece = next(one for one in drafted(profile, *PREFIXES).pieces if one.policy.id == template.id)
    standing = {one.prefix for one in catalogues()}
    dangling = [edge.to for edge in piece.policy.edges if prefix_of(edge.to) in standing and not known(edge.to)]
    assert [problem(name) for name in dangling] == []
    assert {prefix_of(edge.to) for edge in piece.policy.edges} <= set(PREFIXES)
    assert len({edge.to for edge in piece.policy.edges}) == len(piece.policy.edges) >= 2
    assert piece.policy.verdict is not Verdict.ALLOW
    assert piece.policy.fix
    assert piece.text.startswith("// From `clearance policy init")
    assert "// Without it: " in piece.text
    assert all(len(line) <= 200 or line.startswith("@controls") for line in piece.text.splitlines())


@pytest.mark.parametrize("name", PROFILES)
def test_the_settings_of_a_profile_hold_only_keys_that_are_read(name: str) -> None:
    settings = read_profile_named(name).settings
    read_settings(settings)
    assert tomllib.loads(settings)


def test_the_profiles_differ_in_what_they_ask() -> None:
    ids = {name: {piece.policy.id for piece in drafted(name).pieces} for name in PROFILES}
    assert len(ids["startup"]) < len(ids["open-source"]) < len(ids["regulated"])
    assert "changes-need-a-second-person" not in ids["startup"]
    assert "agents-leave-workflows-alone" in ids["open-source"] - ids["regulated"]
    proofs = {name: read_profile_named(name).values["hours"] for name in PROFILES}
    assert proofs["regulated"] == 24
    assert proofs["startup"] == 168


def test_a_framework_brings_what_serves_it_even_where_it_is_unusual() -> None:
    plain, soc2 = drafted("startup"), drafted("startup", "soc2")
    brought = {piece.policy.id for piece in soc2.pieces} - {piece.policy.id for piece in plain.pieces}
    assert "changes-need-a-second-person" in brought
    assert soc2.objectives()["soc2:CC8.1"]
    assert plain.objectives() == {}


def test_what_serves_none_of_the_frameworks_is_left_out_and_named() -> None:
    found = drafted("startup", "hipaa")
    assert "young-packages-are-denied" in found.left_out
    assert "guards-are-proven" not in found.left_out


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["soc2,pci"], ("soc2", "pci")),
        (["SOC2", "soc-2 , pci-dss"], ("soc2", "pci")),
        (["nist"], ("ssdf", "ssdf-ai", "airmf", "sp800-53")),
        ([], ()),
    ],
)
def test_frameworks_are_named_as_people_name_them(words: list[str], found: tuple[str, ...]) -> None:
    assert frameworks_named(words) == found


@pytest.mark.parametrize(("word", "near"), [("soc3", "soc2"), ("pcii", "pci"), ("iso27002", "iso27001"), ("", "soc2")])
def test_an_unknown_framework_is_refused_with_the_nearest(word: str, near: str) -> None:
    with pytest.raises(UsageError) as caught:
        frameworks_named([word])
    assert (f"did you mean {near}" in caught.value.next) or not word


def test_an_unknown_profile_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="no profile") as caught:
        read_profile_named("regulate")
    assert "did you mean regulated?" in caught.value.next


def test_gaps_are_filled_from_the_profile() -> None:
    assert filled("{{size}} and {{size+1}}, {{who}}", {"size": 9, "who": "me"}, "x") == "9 and 10, me"


@pytest.mark.parametrize("text", ["{{other}}", "{{who+1}}"])
def test_a_gap_without_a_value_is_refused(text: str) -> None:
    with pytest.raises(BadPolicy, match="no value") as caught:
        filled(text, {"who": "me"}, "mine")
    assert caught.value.where == "profiles/templates/mine.toml:1"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("base = [", 1, "not TOML"),
        ("base = []\n", 1, "missing required field"),
        ("base = []\nusuel = []\n", 1, "unknown field"),
    ],
)
def test_a_broken_template_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(BadPolicy) as caught:
        read_template(text, "mine")
    assert what in caught.value.what
    assert caught.value.where == f"profiles/templates/mine.toml:{line}"


def test_a_template_names_each_profile_once() -> None:
    text = 'base = ["startup"]\nusual = ["startup"]\ndemanded = []\nwithout = ""\npolicy = ""\ncases = ""\n'
    with pytest.raises(BadPolicy, match="stands twice"):
        read_template(text, "mine")


def test_a_template_is_one_file() -> None:
    template = Template(
        id="no-friday-changes", base=("startup",), usual=(), demanded=(), without="nobody is there when it breaks",
        policy='@id("no-friday-changes")\n@why("not {{when}}")\n'
        'forbid (principal, action == Action::"go-further", resource is Change);\n',
        cases="",
    )  # fmt: skip
    profile = Profile(name="startup", title="", appetite="", values={"when": "now"}, settings="")
    (piece,) = draft(profile, [template]).pieces
    assert piece.policy.why == "not now"
    assert "// Without it: nobody is there when it breaks.\n" in piece.text
