"""`clearance rules`: list, show, test, new, as a person types them."""

import json
import subprocess
from pathlib import Path

import pytest

import built_in
from clearance.frontends.cli.main import run

BUILT_IN = built_in.catalogue()
RULE = BUILT_IN.family("code")[0]


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def own_page(repository: Path) -> Path:
    return repository / ".clearance" / "rules" / "code" / "own.md"


def test_list_names_each_rule_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "list"]) == 0
    shown = capsys.readouterr().out
    assert all(shown.count(f" {rule.family}/{rule.id} ") == 1 for rule in BUILT_IN)
    assert f"{len(BUILT_IN)} rules" in shown


def test_list_of_one_family_as_json_has_the_heads_of_its_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "list", "--family", "code", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [rule["id"] for rule in shown["rules"]] == [rule.id for rule in BUILT_IN.family("code")]
    assert shown["catalogue"] == BUILT_IN.digest
    assert shown["broken"] == []


def test_a_misspelt_family_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "list", "--family", "cdoe"]) == 2
    assert "did you mean code?" in capsys.readouterr().err


def test_show_explains_a_rule_and_its_controls(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "show", RULE.id]) == 0
    shown = capsys.readouterr().out
    assert all(part in shown for part in (RULE.title, RULE.brief, RULE.guidance, *RULE.cwe))


def test_show_as_json_is_the_whole_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "show", RULE.id, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["guidance"] == RULE.guidance


def test_a_misspelt_rule_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "show", RULE.id[:-1]]) == 2
    assert f"did you mean {RULE.id}?" in capsys.readouterr().err


def test_a_new_page_passes_its_tests_and_is_listed(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "new", "code/own"]) == 0
    assert own_page(repository).read_text().startswith("---\n# Started from ")
    assert run(["rules", "test", ".clearance/rules/code/own.md"]) == 0
    assert "1 rule, " in capsys.readouterr().out
    assert run(["rules", "list"]) == 0
    assert " code/own " in capsys.readouterr().out


def test_a_new_page_is_written_at_the_top_of_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(repository / "deep" / "er")
    assert run(["rules", "new", "code/own", "--like", RULE.id]) == 0
    assert own_page(repository).is_file()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (f"code/{RULE.id}", "belongs to rules/code/"),
        ("cdoe/own", "did you mean code?"),
        ("code/Own", "lower-case"),
        ("code/", "lower-case"),
        ("code/../../own", "lower-case"),
        ("own", "no family 'own'"),
    ],
)
def test_a_page_that_cannot_be_is_not_started(
    name: str, said: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "new", name]) == 2
    assert said in capsys.readouterr().err
    assert not (repository / ".clearance").exists()


def test_new_never_overwrites(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own_page(repository).parent.mkdir(parents=True)
    own_page(repository).write_text("mine")
    assert run(["rules", "new", "code/own"]) == 2
    assert "exists already" in capsys.readouterr().err
    assert own_page(repository).read_text() == "mine"


@pytest.mark.parametrize("link", [".clearance", ".clearance/rules", ".clearance/rules/code"])
def test_new_writes_through_no_symlink(
    link: str, repository: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (repository / link).parent.mkdir(parents=True, exist_ok=True)
    (repository / link).symlink_to(outside)
    assert run(["rules", "new", "code/own"]) == 2
    assert "symlink" in capsys.readouterr().err
    assert list(outside.iterdir()) == []


def test_an_example_that_is_not_caught_is_told_with_its_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "new", "code/own", "--like", RULE.id]) == 0
    text = own_page(repository).read_text()
    clean = RULE.clean[0].text
    assert text.count(clean) == 1
    own_page(repository).write_text(text.replace("## Caught\n", f"## Caught\n\n```python\n{clean}```\n", 1))
    capsys.readouterr()
    assert run(["rules", "test", ".clearance/rules/code/own.md"]) == 1
    line = own_page(repository).read_text().split("\n").index("## Caught") + 4
    shown = capsys.readouterr().out
    assert f".clearance/rules/code/own.md:{line}: own\n  expected  caught by own\n  got       caught by no rule\n" in shown
    assert "1 fail" in shown


def test_an_unknown_control_fails(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "new", "code/own"]) == 0
    page = own_page(repository)
    page.write_text(page.read_text().replace("cwe: [", "cwe: [CWE-999999, ", 1))
    assert run(["rules", "test", ".clearance/rules/code/own.md"]) == 1
    assert "CWE-999999 is in no catalogue" in capsys.readouterr().out


@pytest.mark.parametrize("word", ["show", "test"])
def test_a_rule_whose_page_cannot_be_read_says_why(word: str, repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "new", "code/own"]) == 0
    page = own_page(repository)
    page.write_text(page.read_text().replace("## Detect", "## Detekt", 1))
    assert run(["rules", word, "own"]) == 2
    told = capsys.readouterr().err
    assert "rules/code/own.md:" in told
    assert "no rule" not in told


def test_a_page_that_cannot_be_read_is_named_with_its_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "new", "code/own"]) == 0
    page = own_page(repository)
    page.write_text(page.read_text().replace("severity:", "sevrity:", 1))
    for words in (["test", ".clearance/rules/code/own.md"], ["list"]):
        assert run(["rules", *words]) == 2
        assert "unknown key 'sevrity' (did you mean severity?)" in capsys.readouterr().err


def test_one_rule_is_tested_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "test", RULE.id]) == 0
    assert capsys.readouterr().out == f"1 rule, {len(RULE.caught) + len(RULE.clean)} examples: as the pages say\n"


def test_a_missing_page_is_no_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "test", "nothing.md"]) == 2
    assert "no such page" in capsys.readouterr().err
