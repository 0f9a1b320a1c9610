"""A team's first policies, written for a risk appetite and for the frameworks that it answers to.

A profile (`profiles/<name>.toml`) says in which key the policies are written: its values stand where templates leave a gap,
and its settings go beside them. A template (`profiles/templates/<id>.toml`) is one policy with what could happen without it,
the profiles that it fits, and the cases that notice each small change of it. A case fires no policy but its own template's
and the built-in ones, so that any choice of templates can be tested.
"""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from clearance.controls.catalogue import PREFIXES, catalogues, known, label
from clearance.decide.policy import Policy, read_policy
from clearance.decide.table import Row, read_table
from clearance.facts.control import Edge, Relation
from clearance.facts.errors import BadPolicy, UsageError
from clearance.facts.fact import Fact
from clearance.facts.toml import BadToml, read_toml

POLICIES = ".clearance/policies"
TESTS = ".clearance/policies/tests"
GROUPS = {
    "nist": ("ssdf", "ssdf-ai", "airmf", "sp800-53"),
    "iso": ("iso27001",),
    "iso-27001": ("iso27001",),
    "soc-2": ("soc2",),
    "pci-dss": ("pci",),
    "800-53": ("sp800-53",),
    "owasp-top-10": ("owasp",),
}
"""Other words for one or several catalogues."""

_GAP = re.compile(r"\{\{([a-z-]+)(?:\+(\d{1,3}))?\}\}")
_WIDTH = 125


class Profile(Fact):
    """A risk appetite: what it is called, when it fits, the values of its templates' gaps, and its settings."""

    name: str
    title: str
    appetite: str
    values: dict[str, int | str]
    settings: str


class Template(Fact):
    """One policy to be written. It stands in `base` profiles always, in `usual` ones where no framework is named or it
    serves one that is, in `demanded` ones only where it serves one. `without`: what could happen without it."""

    id: str
    base: tuple[str, ...]
    usual: tuple[str, ...]
    demanded: tuple[str, ...]
    without: str
    policy: str
    cases: str


class Piece(Fact):
    """One policy as it is written: its file and that of its cases, and which objectives of the named frameworks it
    serves."""

    policy: Policy
    text: str
    cases: str
    base: bool
    serves: tuple[Edge, ...]

    @property
    def path(self) -> str:
        """Where the policy stands, from the top of the repository."""
        return f"{POLICIES}/{self.policy.id}.cedar"

    @property
    def cases_path(self) -> str:
        """Where its cases stand."""
        return f"{TESTS}/{self.policy.id}.toml"


class Draft(Fact):
    """A set of policies for a profile. `left_out` are templates that fit the profile and serve none of the frameworks."""

    profile: Profile
    frameworks: tuple[str, ...]
    pieces: tuple[Piece, ...]
    left_out: tuple[str, ...]

    def objectives(self) -> dict[str, tuple[str, ...]]:
        """Give which policies serve each objective of the frameworks, by reference."""
        found: dict[str, list[str]] = {}
        for piece in self.pieces:
            for edge in piece.serves:
                found.setdefault(edge.to, []).append(piece.policy.id)
        return {name: tuple(found[name]) for name in sorted(found)}

    def rows(self) -> tuple[Row, ...]:
        """Give all cases."""
        return tuple(row for piece in self.pieces for row in read_table(piece.cases, piece.cases_path))


class _TemplateFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    base: tuple[str, ...]
    usual: tuple[str, ...]
    demanded: tuple[str, ...]
    without: str
    policy: str
    cases: str


class _ProfileFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    appetite: str
    settings: str
    values: dict[str, int | str]


_File = TypeVar("_File", _TemplateFile, _ProfileFile)


def read_profile(text: str, name: str) -> Profile:
    """Read a profile from TOML.

    Raises:
        BadPolicy: it is none.
    """
    file = _read(text, f"profiles/{name}.toml", _ProfileFile)
    return Profile(name=name, title=file.title, appetite=file.appetite, values=file.values, settings=file.settings)


def read_template(text: str, name: str) -> Template:
    """Read a template from TOML; `name` is its policy's id.

    Raises:
        BadPolicy: it is none, or a profile stands twice in it.
    """
    where = f"profiles/templates/{name}.toml"
    file = _read(text, where, _TemplateFile)
    fits = [*file.base, *file.usual, *file.demanded]
    twice = sorted({one for one in fits if fits.count(one) > 1})
    if twice:
        raise BadPolicy(
            f"the profile {twice[0]!r} stands twice", where=f"{where}:1", next="name it in one of the three lists"
        )
    return Template(
        id=name, base=file.base, usual=file.usual, demanded=file.demanded, without=file.without, policy=file.policy,
        cases=file.cases,
    )  # fmt: skip


def _read(text: str, where: str, kind: type[_File]) -> _File:
    try:
        return msgspec.convert(read_toml(text), kind)
    except BadToml as error:
        raise BadPolicy(f"not TOML: {error}", where=f"{where}:{error.line}", next="mend the file") from None
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadPolicy(str(error), where=f"{where}:1", next="see the other files beside it") from None


def frameworks_named(words: Iterable[str]) -> tuple[str, ...]:
    """Read names of frameworks (`soc2`, `pci`, `nist`; several with commas between) as prefixes of catalogues, each once.

    Raises:
        UsageError: a word is none; the nearest known one is told.
    """
    found: dict[str, None] = {}
    choices = [*PREFIXES, *GROUPS]
    for word in (part.strip().lower() for one in words for part in one.split(",")):
        if word in GROUPS:
            found.update(dict.fromkeys(GROUPS[word]))
        elif word in PREFIXES:
            found[word] = None
        else:
            near = difflib.get_close_matches(word[:64], choices, n=1, cutoff=0)[0]
            raise UsageError(
                f"no framework {word[:64]!r}",
                where="--frameworks",
                next=f"did you mean {near}? There are: {', '.join(choices)}",
            )
    return tuple(found)


def draft(profile: Profile, templates: Sequence[Template], frameworks: tuple[str, ...] = ()) -> Draft:
    """Choose templates for a profile and frameworks, and write them with its values.

    Raises:
        BadPolicy: a template has a gap without a value, or is no policy.
    """
    pieces, left_out = [], []
    for template in sorted(templates, key=lambda one: one.id):
        if profile.name not in {*template.base, *template.usual, *template.demanded}:
            continue
        piece = _piece(profile, template, frameworks)
        wanted = bool(piece.serves) if frameworks else profile.name in template.usual
        if piece.base or wanted:
            pieces.append(piece)
        else:
            left_out.append(template.id)
    return Draft(profile=profile, frameworks=frameworks, pieces=tuple(pieces), left_out=tuple(left_out))


def _piece(profile: Profile, template: Template, frameworks: tuple[str, ...]) -> Piece:
    where = f"{POLICIES}/{template.id}.cedar"
    body = filled(template.policy, profile.values, template.id)
    policy = read_policy(body, where, team=True)
    edges = [edge for edge in policy.edges if edge.rel is not Relation.NO_RELATIONSHIP]
    without = filled(template.without, profile.values, template.id)
    text = _head(profile, without, edges) + body.removeprefix("\n")
    cases = f"# What {template.id} must say; `clearance policy test` runs this.\n\n"
    cases += filled(template.cases, profile.values, template.id).removeprefix("\n")
    return Piece(
        policy=read_policy(text, where, team=True),
        text=text,
        cases=cases,
        base=profile.name in template.base,
        serves=tuple(edge for edge in edges if prefix_of(edge.to) in frameworks),
    )


def prefix_of(reference: str) -> str:
    """Give the catalogue that a reference belongs to: `soc2` of `soc2:CC8.1`, `cwe` of `CWE-89`."""
    prefix, colon, _ = reference.partition(":")
    return prefix if colon else "cwe"


def filled(text: str, values: Mapping[str, int | str], template: str) -> str:
    """Put values where a text has gaps: `{{size}}`, and `{{size+1}}` of a number.

    Raises:
        BadPolicy: the profile has no such value, or adds to a word.
    """

    def fill(gap: re.Match[str]) -> str:
        value = values.get(gap[1])
        if value is None or (gap[2] and not isinstance(value, int)):
            raise BadPolicy(
                f"no value for {gap[0]}",
                where=f"profiles/templates/{template}.toml:1",
                next="add it to [values] of the profile",
            )
        return str(value + int(gap[2]) if gap[2] and isinstance(value, int) else value)

    return _GAP.sub(fill, text)


def _head(profile: Profile, without: str, edges: Sequence[Edge]) -> str:
    """Write the comment above a policy."""
    lines = [
        f"From `clearance policy init --profile {profile.name}`; yours now: change it as you like, and its cases with it.",
        "",
    ]
    lines += _wrapped(f"Without it: {without}.")
    if edges:
        lines += ["", "Serves:"]
        width = max(len(edge.to) for edge in edges)
        lines += [f"  {edge.to:<{width}}  {_objective(edge)}" for edge in edges]
    return "".join(f"// {line}".rstrip() + "\n" for line in [*lines, ""])


def _objective(edge: Edge) -> str:
    """Say how a policy relates to an objective, and what that is about."""
    how = {Relation.SUBSET_OF: "does a part of it", Relation.SUPERSET_OF: "does all of it and more"}.get(
        edge.rel, "touches it"
    )
    return f"{how}: {label(edge.to)}" if known(edge.to) else how


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, _WIDTH - 3, break_long_words=False, break_on_hyphens=False)


def framework_titles(frameworks: Iterable[str]) -> tuple[str, ...]:
    """Give the titles of frameworks with their versions, as people know them."""
    titles = {one.prefix: f"{one.title} {one.version}".strip() for one in catalogues()}
    return tuple(titles.get(prefix, prefix) for prefix in frameworks)
