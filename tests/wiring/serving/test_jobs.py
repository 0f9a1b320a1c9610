import os
import subprocess
from pathlib import Path

import pytest

from clearance.facts.errors import UsageError
from clearance.facts.finding import GapKind
from clearance.facts.standing import Word
from clearance.wiring.serving.jobs import Desk, inside

FLAW = "import os\n\n\ndef f(request):\n    os.system('ls ' + request.args['q'])\n"


@pytest.fixture(scope="module")
def desk() -> Desk:
    return Desk(os.environ)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    place = tmp_path / "repository"
    place.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main", place], check=True)
    (place / "app.py").write_text(FLAW)
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", place, "add", "."], check=True)
    subprocess.run(["git", "-C", place, *author, "commit", "-qm", "one"], check=True)
    return place


@pytest.mark.parametrize(
    "path",
    ["../outside.py", "/etc/passwd", "a/../../b.py", "link/x.py", "~root/../../../etc/passwd", "", ".", "a\0b"],
)
def test_a_path_out_of_the_repository_is_refused(repository: Path, path: str) -> None:
    (repository / "link").symlink_to("/etc")
    with pytest.raises(UsageError):
        inside(str(repository), path)


@pytest.mark.parametrize(
    ("path", "told"),
    [("app.py", "app.py"), ("new/deep/x.py", "new/deep/x.py"), ("./a//b.py", "a/b.py"), ("~/x.py", "~/x.py")],
)
def test_a_path_within_it_is_told_from_its_top(repository: Path, path: str, told: str) -> None:
    assert inside(str(repository), path) == told


def test_a_path_is_taken_from_where_the_question_is_about(repository: Path) -> None:
    (repository / "sub").mkdir()
    assert inside(str(repository / "sub"), "x.py") == "sub/x.py"
    assert inside(str(repository / "sub"), "../app.py") == "app.py"


def test_what_is_committed_is_no_news_and_what_is_added_is(desk: Desk, repository: Path) -> None:
    same = desk.text(directory=str(repository), path="app.py", text=FLAW)
    assert [(finding.rule, finding.introduced) for finding in same.findings] == [("python-subprocess-shell", False)]
    more = desk.text(directory=str(repository), path="app.py", text=f"{FLAW}\n\nx = eval(input())\n")
    assert {(finding.rule, finding.introduced) for finding in more.findings} == {
        ("python-subprocess-shell", False),
        ("python-eval-dynamic", True),
    }


def test_without_a_comparison_all_that_stands_there_is_told(desk: Desk, repository: Path) -> None:
    seen = desk.text(directory=str(repository), path="app.py", text=FLAW, compare=False)
    assert [finding.rule for finding in seen.findings] == ["python-subprocess-shell"]
    assert [rule.id for rule in seen.rules] == ["python-subprocess-shell"]


def test_settings_of_the_working_tree_have_no_say(desk: Desk, repository: Path) -> None:
    (repository / ".clearance").mkdir()
    (repository / ".clearance/settings.toml").write_text('[scan]\nexclude = ["app.py"]\n')
    assert desk.text(directory=str(repository), path="app.py", text=FLAW, compare=False).findings


def test_a_file_that_the_base_excludes_is_told_as_left_out(desk: Desk, repository: Path) -> None:
    (repository / ".clearance").mkdir()
    (repository / ".clearance/settings.toml").write_text('[scan]\nexclude = ["app.py"]\n')
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", repository, "add", "."], check=True)
    subprocess.run(["git", "-C", repository, *author, "commit", "-qm", "two"], check=True)
    seen = desk.text(directory=str(repository), path="app.py", text=FLAW)
    assert seen.findings == ()
    assert [gap.kind for gap in seen.gaps] == [GapKind.EXCLUDED]


@pytest.mark.parametrize(
    ("language", "text", "rule"),
    [
        ("python", "x = eval(input())\n", "python-eval-dynamic"),
        ("py", "x = eval(input())\n", "python-eval-dynamic"),
        ("dockerfile", "FROM debian:12\nRUN curl https://example.com/x | sh\n", "docker-pipe-to-shell"),
    ],
)
def test_a_snippet_is_read_in_its_language(desk: Desk, tmp_path: Path, language: str, text: str, rule: str) -> None:
    seen = desk.text(directory=str(tmp_path), path="", language=language, text=text)
    assert rule in {finding.rule for finding in seen.findings}


def test_a_language_that_is_none_is_refused(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no language"):
        desk.text(directory=str(tmp_path), path="", language="../../x", text="x")


def test_an_invented_package_is_bad_and_an_unknown_registry_is_said(desk: Desk, tmp_path: Path) -> None:
    name = "clearance-surely-nobody-made-this-up-yet"
    standing = desk.package(directory=str(tmp_path), registry="pip", name=name, version="")
    assert standing.word is Word.BAD
    with pytest.raises(UsageError, match="no registry"):
        desk.package(directory=str(tmp_path), registry="attic", name="x", version="")


@pytest.mark.parametrize("registry", ["PyPI", "npm", "conda", "Go", "Maven", "crates.io", "RubyGems", "NuGet"])
def test_each_registry_has_an_answer_that_is_about_the_name_that_was_asked(
    desk: Desk, tmp_path: Path, registry: str
) -> None:
    name = {"Go": "example.com/a/b", "Maven": "com.example:thing"}.get(registry, "left-pad")
    version = "v1.3.0" if registry == "Go" else "1.3.0"
    standing = desk.package(directory=str(tmp_path), registry=registry, name=name, version=version)
    assert (standing.registry.value, standing.name) == (registry, name)
    assert standing.reasons
    assert "could not be read" not in standing.reasons[0].text


@pytest.mark.parametrize("name", ['x"\n[dependencies]\ny', "a b", "--index-url=https://example.com", "x\n", "", "-r", "x;y"])
def test_a_name_cannot_write_more_than_a_name(desk: Desk, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="no name of a package"):
        desk.package(directory=str(tmp_path), registry="PyPI", name=name, version="")


def test_a_prompt_is_told_by_line_and_kind_and_never_repeated(desk: Desk, tmp_path: Path) -> None:
    number = "+41 44 668" + " 18" * 2  # made up, and whole only when this runs
    hidden = "\U000e0049\U000e0067\U000e006e\U000e006f\U000e0072\U000e0065"
    told = desk.prompt(directory=str(tmp_path), text=f"hello\ncall {number}\nplease {hidden} do\n")
    assert {(one.line, one.kind) for one in told.found} == {(2, "personal"), (3, "hidden")}
    assert number not in repr(told)
    assert hidden not in repr(told)


def test_a_rule_is_found_by_its_id_and_listed(desk: Desk, tmp_path: Path) -> None:
    assert desk.rule(directory=str(tmp_path), rule="python-eval-dynamic").family == "code"
    assert "python-eval-dynamic" in {page.id for page in desk.pages(directory=str(tmp_path))}
