"""The policies that a decision rests on: Clearance's own and a team's, read, checked against the schema, and named by a
digest."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import cedarpy

from clearance.decide.index import Index, compiled
from clearance.decide.judges import Judge
from clearance.decide.policy import Policy, read_policy
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.fact import digest

SCHEMA = "schema.cedarschema"

MOST = 10_000
"""Policies of a team. Reading them takes about half a second a thousand."""

_NAMED = re.compile(r"`([^`]+)`")
_POLICY = re.compile(r"^for policy `[^`]*`[,:] ")


class Policies:
    """A set of policies that fit the schema. `digest` names the set: it is over the schema and every policy's text, as
    canonical JSON."""

    def __init__(
        self, policies: tuple[Policy, ...], schema: cedarpy.Schema, schema_text: str, named: str, judge: Judge | None = None
    ) -> None:
        self.all = policies
        self.digest = named
        self.judge = judge
        self.schema = schema
        self.schema_text = schema_text
        self.index = Index(policies)
        self.shown: set[tuple[object, ...]] = set()
        """Of what kind the attributes were that the engine found to fit the schema (`asking.Mark`)."""
        self.consent: dict[tuple[str, str], cedarpy.AuthzResult] = {}
        """What the permit alone said, by action and kind of subject, where it said yes."""
        self.graphs: dict[str, cedarpy.Entities] = {}
        """What the engine read of entities, by their text."""
        self.permits = tuple(policy for policy in policies if policy.verdict is Verdict.ALLOW)
        self.permit_ids = [policy.id for policy in self.permits]
        self._by_id = {policy.id: policy for policy in policies}

    @cached_property
    def nothing(self) -> cedarpy.Entities:
        """No entities: for questions to the permit alone."""
        return cedarpy.Entities.from_json_str("[]", self.schema)

    @cached_property
    def engine(self) -> cedarpy.PolicySet:
        """The whole set, compiled: what `index` must agree with."""
        return compiled({policy.id: policy.tree for policy in self.all})

    @classmethod
    def load(cls, builtin: Mapping[str, str], team: Mapping[str, str], schema: str) -> "Policies":
        """Read policies from their texts, keyed by the path that people know them by.

        Raises:
            BadPolicy: the schema or a policy does not parse, a policy does not fit the schema or breaks a rule of
                `read_policy`, an id stands twice, or there is not exactly one permit; `where` is `path:line`.
        """
        try:
            shape = cedarpy.Schema.from_str(schema)
        except ValueError as error:
            raise BadPolicy(f"the schema cannot be read: {error}", where=SCHEMA, next="install Clearance again") from None
        texts = [(where, text, False) for where, text in builtin.items()]
        texts += [(where, text, True) for where, text in team.items()]
        if len(team) > MOST:
            raise BadPolicy(
                f"{len(team):,} policies of one team; the limit is {MOST:,}",
                where=f"{list(team)[MOST]}:1",
                next="join those that differ in one literal only: `[…].contains(…)`",
            )
        policies = [read_policy(_unified(text), where, team=is_team) for where, text, is_team in texts]
        policies.sort(key=lambda policy: policy.id)
        for one, other in pairwise(policies):
            if one.id == other.id:
                kept, again = sorted((one, other), key=lambda policy: policy.team)
                raise BadPolicy(
                    f"the id {one.id!r} is taken by {kept.where}",
                    where=f"{again.where}:1",
                    next="give it another id and name",
                )
        permits = [policy for policy in policies if policy.verdict is Verdict.ALLOW]
        if len(permits) != 1:
            raise BadPolicy(f"{len(permits)} permits among the policies", where=SCHEMA, next="there must be exactly one")
        _validate(policies, shape)
        named = digest({"schema": _unified(schema), "policies": {policy.id: policy.text for policy in policies}})
        return cls(tuple(policies), shape, schema, named)

    def get(self, name: str) -> Policy | None:
        """Give the policy with an id, or None."""
        return self._by_id.get(name)

    def with_judge(self, judge: Judge) -> "Policies":
        """Give the same set with somebody else who judges changes, too. The digest names both."""
        named = digest({"policies": self.digest, "judge": judge.digest})
        return Policies(self.all, self.schema, self.schema_text, named, judge)

    def without_judge(self) -> "Policies":
        """Give the policies alone."""
        return Policies(self.all, self.schema, self.schema_text, self.digest) if self.judge else self

    def variant(self, name: str, tree: dict[str, Any] | None) -> "Policies":
        """Give the set with one policy replaced by another tree, or dropped: for tests of policies. Its digest is empty,
        so that no decision can pass for one of the real set."""
        changed = []
        for policy in self.all:
            if policy.id != name:
                changed.append(policy)
            elif tree is not None:
                fields = {field: getattr(policy, field) for field in policy.__struct_fields__}
                changed.append(Policy(**{**fields, "tree": tree}))
        return Policies(tuple(changed), self.schema, self.schema_text, "", self.judge)


def _unified(text: str) -> str:
    """Make line ends the same everywhere, so that a checkout on Windows has the same digest."""
    return text.replace("\r\n", "\n")


def _validate(policies: list[Policy], schema: cedarpy.Schema) -> None:
    """Refuse the first fault."""
    for _, error in faults(policies, schema):
        raise error


def faults(policies: Sequence[Policy], schema: cedarpy.Schema) -> Iterator[tuple[Policy, BadPolicy]]:
    """Give what Cedar's strict validation finds: names, types, and which attributes exist on which subject."""
    result = cedarpy.validate_policies("\n".join(policy.text for policy in policies), schema)
    if result.validation_passed:
        return
    for error in result.errors:
        found = re.fullmatch(r"policy(\d+)", error.policy_id)
        policy = policies[int(found[1])] if found else policies[0]
        what = _POLICY.sub("", error.error)
        named = [name for name in _NAMED.findall(what) if name in policy.text]
        at = policy.text.index(named[0]) if named else policy.text.index("forbid")
        line = policy.text.count("\n", 0, at) + 1
        told = "clearance policy show --schema lists what can be asked"
        yield policy, BadPolicy(what, where=f"{policy.where}:{line}", next=told)
    if not result.errors:
        yield policies[0], BadPolicy("the policies do not fit the schema", where=SCHEMA, next="install Clearance again")
