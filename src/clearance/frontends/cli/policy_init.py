"""Write a team's first policies for a risk appetite."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from clearance.wiring.policy_init import File, Plan

_WORDS = {"new": "new      ", "replaced": "replaced ", "unchanged": "unchanged", "kept": "kept     "}


class ProfileName(click.ParamType[str]):
    """The name of a profile; completion offers those of the package."""

    name = "profile"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Offer the names that begin so."""
        from clearance.wiring.policy_init import profile_names

        return [CompletionItem(name) for name in profile_names() if name.startswith(incomplete)]


@click.command("init")
@click.option(
    "--profile",
    metavar="NAME",
    type=ProfileName(),
    required=True,
    help="The risk appetite: startup, regulated or open-source.",
)
@click.option(
    "--frameworks", metavar="NAME,…", multiple=True,
    help="Only the profile's base and what serves these: soc2, pci, iso27001, gdpr, hipaa, asvs, nist, slsa, …",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show the plan and write nothing.")
@click.option("--force", is_flag=True, help="Replace policies and cases that hold another text (never the settings).")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
def init(*, profile: str, frameworks: tuple[str, ...], dry_run: bool, force: bool, format_: str, directory: Path) -> int:
    """Write policies with their cases, and settings, for a risk appetite into .clearance/.

    Each policy says what could happen without it, and which objectives of standards it serves. A second run changes nothing;
    what you changed is kept. Policies can only make the gate stricter.

    Exit codes: 0 done, or nothing to do; 2 used wrongly, or a policy that stands there cannot be read; 4 something could not
    be written."""
    from clearance.facts.text import visible
    from clearance.wiring.policy_init import plan, write

    planned = plan(directory, profile, frameworks, force=force)
    if not dry_run:
        write(planned)
    if format_ == "json":
        import json

        click.echo(json.dumps(_plain(planned, dry_run=dry_run), indent=2, ensure_ascii=True))
        return 0
    for line in _shown(planned, dry_run=dry_run):
        click.echo(visible(line))
    return 0


def _shown(planned: "Plan", *, dry_run: bool) -> Iterator[str]:
    from clearance.decide.synthesis import framework_titles

    draft = planned.draft
    yield f"Profile {draft.profile.title}. {draft.profile.appetite}"
    if draft.frameworks:
        yield f"Frameworks: {', '.join(framework_titles(draft.frameworks))}"
    yield ""
    yield from _policies(planned)
    yield from _settings(planned)
    if draft.frameworks:
        yield from _objectives(planned)
    yield from _notes(planned)
    yield from _next(planned, dry_run=dry_run)


def _policies(planned: "Plan") -> Iterator[str]:
    from clearance.decide.explain import effect, wanted

    fates = {file.path: file.fate for file in planned.files}
    for piece in planned.draft.pieces:
        policy = piece.policy
        people = f", {wanted(policy)}" if policy.people else ""
        yield f"{_WORDS[fates[piece.path]]}  {piece.path}"
        yield f"           {effect(policy)}{people}: {policy.why}"
        if fates[piece.cases_path] != fates[piece.path]:
            yield f"{_WORDS[fates[piece.cases_path]]}  {piece.cases_path}"
    count = sum(file.path.endswith(".toml") for file in planned.files)
    rows = len(planned.draft.rows())
    yield f"           with {rows} cases in .clearance/policies/tests/ ({count} files, one a policy)"
    if planned.draft.left_out:
        why = (
            "they serve none of these frameworks"
            if planned.draft.frameworks
            else "--frameworks brings those that serve yours"
        )
        yield f"left out   {why}: {', '.join(planned.draft.left_out)}"


def _settings(planned: "Plan") -> Iterator[str]:
    file = planned.settings
    yield f"{_WORDS[file.fate]}  {file.path}"
    if file.fate != "kept":
        return
    if planned.settings_problem:
        yield f"           it cannot be read: {planned.settings_problem}"
    elif not planned.differing:
        yield "           it stands already, and holds all that this profile would set"
        return
    else:
        yield "           it stands already and is yours, so it is left alone. This profile would set:"
        for one in planned.differing:
            stands = "not set there" if one.stands is None else f"there: {one.stands}"
            yield f"             {one.key} = {one.wanted}   ({stands})"
        return
    yield from (f"             {line}" for line in file.new.decode().splitlines())


def _objectives(planned: "Plan") -> Iterator[str]:
    from clearance.controls.catalogue import known, label

    objectives = planned.draft.objectives()
    yield ""
    yield "Objectives that these policies serve (a part of each; `clearance controls coverage` says what nothing serves)"
    width = max((len(name) for name in objectives), default=0)
    for name, policies in objectives.items():
        about = f"{label(name)}: " if known(name) else ""
        yield f"  {name:<{width}}  {about}{', '.join(policies)}"
    served = {name.partition(":")[0] for name in objectives}
    for framework in planned.draft.frameworks:
        if framework not in served:
            yield f"  {framework}: no policy of this profile serves it"


def _notes(planned: "Plan") -> Iterator[str]:
    kept = [file.path for file in planned.files if file.fate == "kept" and file.path.endswith(".cedar")]
    if kept:
        yield ""
        yield f"! {len(kept)} policies hold another text and were left alone, with their cases; --force replaces them"
    if planned.others:
        yield ""
        yield f"Also here, and not of this choice: {', '.join(planned.others)}"
    if planned.failures:
        yield ""
        yield "! Beside your other policies these cases come out otherwise; mend the cases or the policies:"
        for failure in planned.failures:
            yield f"    {failure.name}: expected {failure.expected}; got {failure.got}"
    if not planned.in_git:
        yield ""
        yield "! This is no git repository: the gate reads policies from the base of a change, so they count once committed"


def _next(planned: "Plan", *, dry_run: bool) -> Iterator[str]:
    yield ""
    if dry_run:
        yield "nothing is written: this was a dry run"
        return
    if not any(_written(file) for file in (*planned.files, planned.settings)):
        yield "nothing to do"
        return
    yield "Next"
    yield "  read them, each says what could happen without it; change or delete what does not fit, its cases with it"
    yield "  clearance policy test    every small change of a policy must be noticed by a case"
    yield "  clearance policy lint    what can never fire, what contradicts another"
    yield "  clearance policy diff builtin .    what becomes stricter; then commit it on the default branch: there it counts"


def _written(file: "File") -> bool:
    return file.written


def _plain(planned: "Plan", *, dry_run: bool) -> dict[str, Any]:
    """Give all of it, JSON-shaped."""
    draft = planned.draft
    return {
        "profile": draft.profile.name,
        "frameworks": list(draft.frameworks),
        "written": not dry_run,
        "files": [{"path": file.path, "fate": file.fate} for file in (*planned.files, planned.settings)],
        "policies": [
            {
                "id": piece.policy.id, "verdict": piece.policy.verdict.value, "why": piece.policy.why, "base": piece.base,
                "controls": [{"to": edge.to, "rel": edge.rel.value} for edge in piece.policy.edges],
                "serves": [edge.to for edge in piece.serves],
            }
            for piece in draft.pieces
        ],
        "left_out": list(draft.left_out),
        "objectives": {name: list(policies) for name, policies in draft.objectives().items()},
        "settings": {
            "fate": planned.settings.fate,
            "differing": [one._asdict() for one in planned.differing],
            "problem": planned.settings_problem,
        },
        "others": list(planned.others),
        "failures": [{"name": one.name, "expected": one.expected, "got": one.got} for one in planned.failures],
    }  # fmt: skip
