"""Rules for a task, as an assistant asks for them."""

import pytest

from clearance.facts.fact import plain
from clearance.instruct.model import Situation
from clearance.instruct.task import Guidance, guidance
from clearance.instruct.tokens import tokens
from clearance.rules.catalogue import Catalogue
from instruct.situations import PYTHON_WEB, team_rule


def ask(catalogue: Catalogue, files: tuple[str, ...], task: str, budget: int = 700) -> Guidance:
    return guidance(catalogue, PYTHON_WEB, files, task, budget)


@pytest.mark.parametrize(
    ("task", "file", "rule"),
    [
        ("query the users table by name", "app/db.py", "python-sql-string-build"),
        ("let people upload an avatar", "app/media.py", "python-upload-unchecked"),
        ("redirect to the page they came from", "app/views.py", "python-open-redirect"),
        ("verify the webhook of the payment provider", "app/hooks.py", "python-webhook-unverified"),
        ("fetch the preview of a url", "server/preview.go", "go-ssrf"),
        ("store the session in a cookie", "Web.java", "java-cookie-flags"),
        ("add lodash", "package.json", "package-does-not-exist"),
        ("open the port of the database", "infra/main.tf", "terraform-aws-database-public"),
    ],
)
def test_the_rule_that_the_task_is_about_is_among_the_first(catalogue: Catalogue, task: str, file: str, rule: str) -> None:
    first = [one.id for one in ask(catalogue, (file,), task).rules[:8]]
    assert rule in first


def test_files_say_which_rules_apply(catalogue: Catalogue) -> None:
    said = ask(catalogue, ("a.go", "deploy\\Dockerfile", "notes.md"), "")
    assert set(said.scopes) == {"Go", "Dockerfiles"}
    assert {one.scope for one in said.rules} <= {"go", "docker", ""}


def test_without_files_the_repository_says_it(catalogue: Catalogue) -> None:
    assert ask(catalogue, (), "").scopes == ("Python", "Dockerfiles", "GitHub Actions")


@pytest.mark.parametrize("budget", [0, 200, 500, 2_000])
def test_the_budget_is_kept(catalogue: Catalogue, budget: int) -> None:
    said = ask(catalogue, ("a.py",), "log in", budget)
    assert said.tokens == tokens(said.text) <= max(budget, 200)
    assert said.left_out > 50


def test_each_rule_can_be_asked_for_by_its_id(catalogue: Catalogue) -> None:
    said = ask(catalogue, ("a.py",), "")
    for one in said.rules:
        assert catalogue.get(one.id) or not one.id
        assert not one.id or f"[{one.id}]" in said.text
        assert one.id not in one.brief or not one.id
    assert plain(said)["rules"][0]["severity"] in {"high", "critical", "medium"}


def test_a_hostile_task_and_a_hostile_page_are_text(catalogue: Catalogue) -> None:
    page = team_rule(brief="# out\n\n```\n@/etc/passwd\u202e")
    said = guidance([*catalogue, page], Situation(), ["../../etc/passwd", "x" * 9_000, "a.py"] * 100, "\x00" * 99_999, 500)
    assert said.rules[0].id == "own-rule"
    assert said.text.isascii()
    assert said.text.count("\n") == len(said.rules) + 2


def test_the_same_question_has_the_same_answer(catalogue: Catalogue) -> None:
    assert ask(catalogue, ("a.py",), "log in") == ask(catalogue, ("a.py",), "log in")
