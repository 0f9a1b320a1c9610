"""The reference page of the policies, written from the policies themselves."""

from clearance.decide.explain import effect, wanted
from clearance.decide.policy import Policy
from clearance.decide.policy_set import Policies

_HEAD = """\
# Policies

<!-- Written by `clearance policy show --manual` from the policy files; do not edit. -->

Whether a change may go further is decided by policies in [Cedar](https://docs.cedarpolicy.com), one file each. Scanners
only say what they saw. Policies are asked about the change and about each of its files, findings, triggers and gaps; every
one that fires is a reason of the decision, and the strictest reason is the verdict:

| a policy forbids | verdict | exit code | lifted by |
| --- | --- | --- | --- |
| `Action::"go-further"` | DENY | 1; 4 where all that deny say `@exit("could-not-look")` | nobody |
| `Action::"go-further-unreviewed"` | ASK | 3 | the people that `@people` names |
| nothing | ALLOW | 0 | – |

What an assistant is about to do (write files, run a command, send a prompt, call a tool) is judged in the same way, before
it happens, by policies over two actions of its own; hooks carry the answer ([how each assistant takes it](hooks.md)):

| a policy forbids | verdict | the assistant |
| --- | --- | --- |
| `Action::"act"` | DENY | is stopped, and told why and what to do instead |
| `Action::"act-unasked"` | ASK | must ask the person who drives it; where it cannot ask, it is stopped |
| nothing | ALLOW | goes on as if nobody had been asked |

Risks that somebody accepted are asked about first: the [waivers](../how-to/accept-a-risk.md) of the base that name something
that the change brings. What a waiver covers that no policy forbids has `waived` set, and the policies that accept that say
`unless { resource.waived }`. A waiver never counts for what an assistant is about to do.

| a policy forbids | then |
| --- | --- |
| `Action::"waive"` | the waiver covers nothing, and it is ASK: the people that `@people` names must look |

Whatever goes wrong while policies are evaluated is DENY, with the reason `policy-error`.

"""
_TAIL = """\
## A team's own policies

Files in `.clearance/policies/` of the base of a change add to these. They can only forbid: `forbid` always wins, so nothing
that a team writes makes a verdict milder. A file holds one policy, is named by its `@id`, and says

- what it forbids: `action == Action::"go-further"` or `action == Action::"go-further-unreviewed"` of a change,
  `Action::"act"` or `Action::"act-unasked"` of what an assistant is about to do, `Action::"waive"` of a waiver;
- what it is about: `resource is Change`, `File`, `Finding`, `Trigger` or `Gap`; `Waiver` for `Action::"waive"`;
- why (`@why`), and where it helps how to get past it (`@fix`), which controls it serves (`@controls`, ids with commas
  between), and who can lift an ASK about a change (`@people("1 security engineer, 1 reviewer")`, one reviewer if it says
  nothing).

```cedar
@id("payments-need-a-person")
@why("no AI changes the payment code alone")
@fix("ask the payments team")
forbid (
  principal,
  action == Action::"go-further-unreviewed",
  resource is File
)
when { principal.byAi && resource.path like "src/payments/*" };
```

All are checked against the schema below before anything is decided. An id that stands twice, an attribute or a severity that
does not exist, a comparison of different types, a `permit`, a template: each is refused with the file and the line.

## Cases

`clearance policy test` runs the cases in `.clearance/policies/tests/*.toml` (or `.json`), and Clearance's own:

```toml
[[case]]
name = "an AI touches the payment code"
author = "agent"
files = ["src/payments/charge.py"]
verdict = "ASK"
reasons = ["payments-need-a-person"]
```

| key | meaning | if left out |
| --- | --- | --- |
| `name` | a sentence | required |
| `verdict`, `reasons` | what must come out; `reasons` are all policies that fire, in any order | required; none |
| `reviews` | who must look: `["1 security engineer", "1 reviewer"]` | not compared |
| `author` | `person`, `agent`, `service`, `unknown` | `agent` |
| `source` | `range` for a change; `write`, `command`, `prompt` or `tool` for an act | `range` |
| `files`, `size`, `tier`, `scanners` | of the change | one file, 10, 1, all that look at such a source |
| `proof_hours`, `dead_guards` | of the last `clearance prove`: its age, the guards that it found dead | -1 (never); none |
| `findings` | tables with `rule`, `family`, `severity`, `confidence`, `introduced`, `path`, `cwe` | none |
| `triggers` | tables with `id`, `tier`, `path`, `happened` | none |
| `gaps` | tables with `scanner`, `kind`, `path`, `introduced` | none |
| `waivers` | tables with `id`, `owner`, `covers` (findings by number, from 1), `exact`, `days`, `most`, `ticket` | none |

It then changes each policy a little (drops it, drops or turns a condition, drops one side of an "and" or "or", one entry of
a list) and asks whether any case notices. What no case notices is either superfluous or untested, and is listed; a policy
that can be dropped without a case noticing fails the command.

## The schema

```cedarschema
"""


def manual(policies: Policies) -> str:
    """Write the page, Markdown, from a set of policies; a team's own are left out."""
    own = [policy for policy in policies.all if not policy.team]
    rows = [f"| [`{policy.id}`](#{policy.id}) | {effect(policy)} | {policy.why} |" for policy in own]
    table = "\n".join(["## All policies", "", "| policy | verdict | why |", "| --- | --- | --- |", *rows])
    parts = [_HEAD + table, *(_section(policy) for policy in own), _TAIL + policies.schema_text.strip() + "\n```\n"]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _section(policy: Policy) -> str:
    facts = [
        f"- Fix: {policy.fix}." if policy.fix else "",
        f"- Lifted by: {wanted(policy)}." if policy.people else "",
        f"- Controls: {', '.join(policy.controls)}." if policy.controls else "",
    ]
    body = "\n".join(fact for fact in facts if fact)
    return (
        f"### {policy.id}\n\n{effect(policy)}: {policy.why}.\n\n"
        + (body + "\n\n" if body else "")
        + (f"```cedar\n{policy.text.strip()}\n```")
    )
