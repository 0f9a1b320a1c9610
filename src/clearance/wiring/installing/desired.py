"""What is wanted in which file: settings, instructions, hooks, MCP servers, commit hooks, CI, ignored files."""

import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from clearance.assistants.model import Assistant, assistants
from clearance.install import hooks
from clearance.install.hooks import Entry
from clearance.install.jsonc import Pointer
from clearance.install.pieces import Entries, Kind, Marked, Whole
from clearance.install.places import Slot
from clearance.install.plan import Want
from clearance.settings import PLACE as SETTINGS
from clearance.wiring.installing.surroundings import Around, CommitHook, Programs, git_value

PARTS = ("settings", "instructions", "hooks", "mcp", "pre-commit", "ci")
"""What can be left out with `--without`."""
GITHUB = ".github/workflows/clearance.yml"
GITLAB = ".gitlab/clearance.yml"
_STYLES = {
    ".md": "markdown",
    ".mdc": "markdown",
    ".yml": "hash",
    ".yaml": "hash",
    ".toml": "hash",
    ".js": "slashes",
    ".ts": "slashes",
}


class Chosen(NamedTuple):
    """What a person wants: which assistants, which parts not, `user`: hooks in the home instead of the repository."""

    assistants: tuple[Assistant, ...]
    without: tuple[str, ...] = ()
    user: bool = False


def wants(around: Around, chosen: Chosen, environment: Mapping[str, str]) -> tuple[list[Want], list[str]]:
    """Give all wanted pieces in the order of writing, and what a person should know about them."""
    notes: list[str] = []
    made: list[Want] = []
    kept = [part for part in PARTS if part not in chosen.without]
    if "settings" in kept:
        made.append(settings())
    if "hooks" in kept:
        for one in _one_a_file(chosen.assistants, notes):
            made += _hooks(one, around, notes, user=chosen.user)
        silent = [one.title for one in chosen.assistants if one.hooks is None]
        if silent:
            told = "no hooks, instructions only; commits and merge requests are judged all the same"
            notes.append(f"{', '.join(silent)}: {told}")
    if "pre-commit" in kept:
        made += _commit(around, notes)
    if "ci" in kept:
        made += _ci(around, notes)
    if "mcp" in kept:
        made += _mcp(chosen, around, notes)
    if "instructions" in kept:
        made += instructions(around.top, environment, [one.name for one in chosen.assistants])
    return made + _ignored(made, around, environment), notes


def settings() -> Want:
    """The settings of the team: written once, theirs from then on."""
    piece = Whole("settings", template("settings.toml"), "hash", once=True)
    return Want("repository", SETTINGS, piece, "settings, all commented out: the defaults are good")


def template(name: str) -> str:
    """Read a file that ships with the program."""
    return (resources.files("clearance.install") / "templates" / name).read_text(encoding="utf-8")


def instructions(top: Path, environment: Mapping[str, str], names: Sequence[str]) -> list[Want]:
    """Short rules that assistants read, each in its own place."""
    from clearance.wiring.instructing import instruction_files

    made = []
    for file in instruction_files(top, environment, names):
        suffix = Path(file.path).suffix
        why = f"rules that assistants read (about {file.tokens:,} tokens{'' if file.always else ', only when needed'})"
        piece: Whole | Marked
        if file.owned:
            style: Any = _STYLES.get(suffix)
            piece = Whole("instructions", file.text, style)
        else:
            kind: Kind = "yaml" if suffix in {".yml", ".yaml"} else "markdown"
            piece = Marked("instructions", kind, file.text, (Slot((), file.text),) if kind == "yaml" else ())
        made.append(Want("repository", file.path, piece, why))
    return made


def hook_piece(one: Assistant, program: str) -> Entries | Whole:
    """The hooks of an assistant, as its settings or as a plugin."""
    name = f"hooks:{one.name}"
    if one.hooks and one.hooks.plugin:
        text = (resources.files("clearance.assistants") / one.hooks.plugin).read_text(encoding="utf-8")
        return Whole(name, text.replace("{program}", json.dumps(program)[1:-1]), "slashes")
    return Entries(name, hooks.entries(one, program), partial(hooks.ours_in, one), hooks.seed(one))


def _one_a_file(chosen: Sequence[Assistant], notes: list[str]) -> Iterator[Assistant]:
    """Of assistants that read the same file of hooks, only the one that runs here: else each event would be judged twice."""
    for one in chosen:
        others = [other for other in chosen if one.hooks and other.hooks and other.hooks.project == one.hooks.project]
        first = next((other for other in others if other.found.commands), one)
        if one is first or one.hooks is None:
            yield one
        else:
            notes.append(f"{one.title} reads the hooks of {first.title}")


def _hooks(one: Assistant, around: Around, notes: list[str], *, user: bool) -> Iterator[Want]:
    if one.hooks is None:
        return
    piece = hook_piece(one, around.programs.hook)
    why = "each prompt, command and write is judged before it happens"
    if user:
        if one.hooks.user:
            yield Want("home", one.hooks.user, piece, f"{why}, in all repositories (--user)", local=True)
        else:
            notes.append(f"{one.title} has no hooks for a user: left out")
        return
    shared, local = one.hooks.project, one.hooks.local
    if not around.programs.absolute or (not local and shared):
        yield Want("repository", shared, piece, why)
        if local:
            yield Want("repository", local, piece, "the hooks stand in the shared file now", local=True, drop=True)
        if around.programs.absolute and not isinstance(piece, Whole):
            notes.append(
                f"{shared} names {around.programs.hook}, a path of this machine: do not commit it; put Clearance on PATH"
            )
    elif local:
        where = f"in the local file: {around.programs.hook} is a path of this machine, because clearance-hook is not on PATH"
        yield Want("repository", local, piece, f"{why}; {where}", local=True)
    if one.hooks.trust:
        notes.append(f"{one.title}: {one.hooks.trust}")


def mcp_piece(one: Assistant, programs: Programs) -> Entries | Marked | None:
    """The entry of our MCP server in an assistant's configuration. Assistants that read one file get one entry, which
    has the members that any of them needs."""
    if one.mcp is None:
        return None
    sharing = [other.mcp for other in assistants() if other.mcp and other.mcp.project == one.mcp.project != ""] or [one.mcp]
    server: dict[str, Any] = {}
    for mcp in sharing:
        server = filled_server(mcp.server, programs) | server
    name = f"mcp:{one.name}"
    pointer = tuple(one.mcp.key.split("."))
    if one.mcp.syntax == "json":
        return Entries(name, (Entry(pointer, "clearance", server),), partial(_our_server, (*pointer, "clearance")))
    if one.mcp.syntax == "toml":
        return Marked(name, "toml", toml_table((*pointer, "clearance"), server))
    return None


def filled_server(server: Mapping[str, Any], programs: Programs) -> dict[str, Any]:
    """Put our programs into the entry of an MCP server."""
    text = json.dumps(server)
    for name, path in (("{clearance}", programs.clearance), ("{program}", programs.hook)):
        text = text.replace(name, json.dumps(path)[1:-1])
    made: dict[str, Any] = json.loads(text)
    return made


def _our_server(pointer: Pointer, value: Any) -> tuple[Pointer, ...]:
    for key in pointer:
        value = value.get(key) if isinstance(value, dict) else None
    return (pointer,) if value is not None and "clearance" in json.dumps(value) else ()


def toml_table(path: tuple[str, ...], values: Mapping[str, Any], *, many: bool = False) -> str:
    """Write a TOML table (`many`: one of an array) of strings, numbers, booleans and lists of them, and tables in it."""
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    name = f"[{'.'.join(path)}]"
    lines = [f"[{name}]" if many else name, *(f"{key} = {json.dumps(value)}" for key, value in plain.items())]
    for key, value in values.items():
        if isinstance(value, dict):
            lines += ["", toml_table((*path, key), value).rstrip("\n")]
    return "\n".join(lines) + "\n"


def _mcp(chosen: Chosen, around: Around, notes: list[str]) -> Iterator[Want]:
    having = [one for one in chosen.assistants if one.mcp and one.mcp.project]
    if not having:
        return
    if importlib.util.find_spec("mcp") is None:
        notes.append("no MCP server is entered: install `clearance[mcp]` and run `clearance init` again")
        return
    for one in having:
        piece = mcp_piece(one, around.programs)
        if one.mcp is None or piece is None:
            continue
        path = one.mcp.project
        if path.endswith(".json") and not (around.top / path).exists() and (around.top / f"{path}c").exists():
            path += "c"
        yield Want("repository", path, piece, "the assistant can ask Clearance itself: rules, packages, its own change")
        if one.mcp.trust:
            notes.append(one.mcp.trust)


def _commit(around: Around, notes: list[str]) -> Iterator[Want]:
    hook = around.commit
    if hook.problem:
        notes.append(f"no commit hook: {hook.problem}; call `clearance check --staged` from {hook.path} yourself")
        return
    yield commit_want(hook, around.programs)
    if hook.kind != "git":
        earlier = commit_want(CommitHook("git", "git", "hooks/pre-commit"), around.programs)
        yield earlier._replace(why=f"commits are judged by {hook.path} now", drop=True)
    if hook.kind == "pre-commit":
        notes.append("run `pre-commit install` once in each clone")
    if hook.kind == "lefthook":
        notes.append("run `lefthook install` once in each clone")


def commit_want(hook: CommitHook, programs: Programs) -> Want:
    """What has each commit judged, in the way that the repository already uses."""
    line = f"{hooks.quoted(programs.clearance)} check --staged"
    why = "each commit is judged before it is made"
    if hook.kind == "pre-commit":
        item = (
            "- repo: local\n  hooks:\n    - id: clearance\n      name: Clearance judges what is staged\n"
            f"      entry: {line}\n"
            "      language: system\n      pass_filenames: false\n      always_run: true\n      require_serial: true\n"
            "      stages: [pre-commit]\n"
        )
        slots = (Slot(("repos",), item), Slot((), "repos:\n" + _indented(item)))
        return Want(hook.root, hook.path, Marked("pre-commit", "yaml", item, slots), why)
    if hook.kind == "lefthook":
        job, command = f"- name: clearance\n  run: {line}\n", f"clearance:\n  run: {line}\n"
        nested = "commands:\n" + _indented(command)
        ways = (
            Slot(("pre-commit", "jobs"), job),
            Slot(("pre-commit", "commands"), command),
            Slot(("pre-commit",), nested),
            Slot((), "pre-commit:\n" + _indented(nested)),
        )
        return Want(hook.root, hook.path, Marked("pre-commit", "yaml", command, ways), why)
    piece = Marked("pre-commit", "shell", f"{line} || exit $?\n")
    return Want(hook.root, hook.path, piece, why, mode=0o755, local=hook.root == "git")


def _indented(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))


def _ci(around: Around, notes: list[str]) -> Iterator[Want]:
    if "github" in around.ci:
        yield github_want()
        notes.append("make the job `Judge the change` a required check of the protected branch (docs/how-to/ci-github.md)")
    if "gitlab" in around.ci:
        yield from gitlab_wants(around.top)
        notes.append("switch on `Pipelines must succeed` (docs/how-to/ci-gitlab.md)")
    if not around.ci:
        notes.append("no GitHub or GitLab was found, so no CI file is written: docs/how-to/ci-github.md, ci-gitlab.md")


def github_want() -> Want:
    """The workflow that judges each pull request."""
    return Want(
        "repository", GITHUB, Whole("ci:github", template("github-actions.yml"), "hash"), "each pull request is judged"
    )


def gitlab_wants(top: Path) -> Iterator[Want]:
    """The job that judges each merge request, and its include."""
    text = template("gitlab-ci.yml")
    stages = _stages(top / ".gitlab-ci.yml")
    if stages and "test" not in stages:
        text = text.replace("stage: test", f"stage: {json.dumps(stages[0])}")
    yield Want("repository", GITLAB, Whole("ci:gitlab", text, "hash"), "each merge request is judged")
    item = f"- local: {GITLAB}\n"
    slots = (Slot(("include",), item), Slot((), "include:\n" + _indented(item)))
    yield Want("repository", ".gitlab-ci.yml", Marked("ci:gitlab", "yaml", item, slots), "has the job above run")


def local_paths() -> list[str]:
    """Give all files in the repository that are of one machine only."""
    return sorted(one.hooks.local for one in assistants() if one.hooks and one.hooks.local)


def _stages(path: Path) -> list[str]:
    """The stages that a pipeline names itself; tags such as `!reference` are passed over."""
    import yaml

    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError):
        return []
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    named = next((value for key, value in pairs if key.value == "stages"), None)
    return [str(one.value) for one in named.value] if isinstance(named, yaml.SequenceNode) else []


def _ignored(made: Sequence[Want], around: Around, environment: Mapping[str, str]) -> list[Want]:
    """Lines for `.gitignore`: local files of ours that git would offer to commit."""
    local = {want.path for want in made if want.root == "repository" and want.local and not want.drop}
    paths = [path for path in sorted(local) if git_value(around.repository, environment, "check-ignore", "-q", path)[0] == 1]
    ours = "clearance:begin ignored" in _text(around.top / ".gitignore")
    paths = sorted(local) if ours else paths
    if not paths:
        return []
    return [ignore_want(paths)]


def ignore_want(paths: Sequence[str]) -> Want:
    """The lines that keep files of one machine out of commits."""
    lines = "".join(f"/{path}\n" for path in paths)
    return Want("repository", ".gitignore", Marked("ignored", "lines", lines), "files of this machine stay out of commits")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
