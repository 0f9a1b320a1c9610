"""The reference page of statements, from the code."""

from clearance.attest.kinds import Kind, kinds
from clearance.attest.schema import fields_of

_HEAD = """\
# Statements

Each entry of the [log](log.md) is an [in-toto Statement v1](https://github.com/in-toto/attestation), signed by whoever
acted: a person whom an identity provider vouches for, an agent, or a service ([trust](trust.md)). What can be known is
read from git and the log:

    clearance check --base "$BASE" --head HEAD --attest all     in CI: the decision, and what looked, in one batch
    clearance attest request --id SHOP-12 --prompt prompt.md    who asked; no word of the prompt is kept
    clearance attest review --answer approve --id-token FILE    what you saw, and what you answer
    clearance attest merge --target main --as ci/forge          which tree came out, and what it rests on
    clearance attest deploy --environment production            what went where, and how it got there
    clearance attest incident INC-7 --severity high             what went wrong; say it again as it goes on
    clearance attest vsa                                        at which level of SLSA's source track a commit is
    clearance attest list, clearance attest show INDEX          all kinds; what an entry says, field by field

`--predicate FILE` takes the whole predicate as JSON instead, checked against its schema; an error names line and field.
`version`, `time` and the field that names the signer are filled in.

## Who may say what

- The signer is the one who acted. `reviewer` of a review and `by` of the others must be the identity that signs;
  anything else is refused. A person signs with the token of an identity provider only (`--id-token`), so no agent and
  no service can record a review as a person.
- Who types without a token and without `--as` signs as `spiffe://…/user/<login>`: an account of the machine, whom nobody
  authenticated. Its party is of the kind `unknown`, and it counts as little as an agent.
- What is signed under a revoked certificate, or by a key that was ended back then, counts for nothing ([trust](trust.md)).
- Only a service says what a forge enforces (`merge --enforced`), and only a service signs a verification summary.
- A text that holds what looks like a secret is refused by the name of its field: nothing leaves the log again.

## What is not in them

Prompts, tickets, reports, pages, comments and reasons enter a statement as digests. Of a prompt it says a salted
digest, its classification, its size in bytes, and the ids of the rules that found something in it; nothing else. Names
have an alphabet without blanks and a bound, so there is no field for prose. Fields that hold nothing are empty texts.
The decision is older, and names files, gaps and branches of the change; names that hold a secret are masked before.

## Versions

A kind's URI ends in its version. The form of a version never changes: a test pins the digest of each schema. What is
new becomes `…:v2`, and `v1` stays readable. A kind or version that a Clearance does not know is told as such; the entry
still verifies.
"""

_LEVELS = """
## Levels of SLSA's source track

`vsa` claims what the log shows and nothing else ([SLSA 1.2](https://slsa.dev/spec/v1.2/source-requirements)):

| level | SLSA asks for | claimed where |
| --- | --- | --- |
| 1 | version controlled | it is a commit, and where the repository is fetched from is known |
| 2 | continuous history | the merges that the log holds of the branch, each signed by an enforcer, lead to it gapless |
| 3 | enforced controls | with each of these merges the enforcer named three controls, and each rests on a decision |
| 4 | two-party review | with each of these merges it named the fourth, too, and two persons approved what came out |

An enforcer is whoever may say what a forge enforces; nobody can see that from a repository:

| signs the merge | counts |
| --- | --- |
| a CI job, `spiffe://…/ci/…`, by the token of a provider of jobs in trust.toml (`names = "github"`) | up to level 4 |
| a service that trust.toml names: `[attest] enforcers = ["spiffe://acme.example/ci/forge"]` | up to level 4 |
| every other `--as ci/NAME` or `--as service/NAME`: any process of the machine can say so | level 1 |
| this installation, `spiffe://…/service/clearance`; trust.toml cannot name it | level 1 |
| a user of a machine, `spiffe://…/user/<login>`, as which acts of people are signed without a token | level 1 |
| an agent, a person | level 1 |

What trust.toml says when the summary is made counts. `clearance attest vsa` says why the level is what it is, and since
which commit. A name of trust.toml is as good as the machine is closed: whoever can use its keys can sign under it.

The controls are those of `merge --enforced`: `no-force-push`, `no-deletion`, `gate-required`, and `review-required` as
the fourth. A decision that denies is none to rest on. Where the repository is fetched from is the remote `origin`, or
`--resource-uri`. The two persons are none of the authors of what was merged, and approved the very tree that came out.

A trusted person is one for whom an identity provider vouched and who signed the review; the last word of each counts.
Agents, services, users of a machine and authors never count: authors are the mail addresses that the commits name as
author, committer, or in `Co-authored-by`. That is stricter than SLSA, where the person who wrote a change is one of the
two. Whoever has two addresses can count as somebody else: let the identity provider know only one.

`verificationResult` is `PASSED` where the newest decision about the tree is ALLOW, or is ASK and the people it asks for
approved the tree since. Otherwise `verifiedLevels` is `FAILED` alone. Properties of ours:
`ORG_SOURCE_CLEARANCE_ALLOWED`, `ORG_SOURCE_CLEARANCE_REVIEWED`, `ORG_SOURCE_ONE_PERSON_APPROVED`,
`ORG_SOURCE_TWO_PERSONS_APPROVED`, `ORG_SOURCE_MERGE_RECORDED`.

The subject of a VSA is named by `gitCommit`, as SLSA wants it. The command line of sigstore-python accepts only SHA-256
there and refuses such a statement; `clearance verify` and libraries do not. `verifier.id` is the SPIFFE id of the
service that signs: accept pairs of the two.
"""


def page() -> str:
    """Write the page."""
    ours = [_kind(kind) for kind in kinds().values() if kind.ours]
    others = [_kind(kind) for kind in kinds().values() if not kind.ours]
    return f"{_HEAD}\n## Ours\n{''.join(ours)}\n## Standards\n\nExactly by their specifications.\n{''.join(others)}{_LEVELS}"


def _kind(kind: Kind) -> str:
    rows = "".join(f"| `{name}` | {form} | {meaning} |\n" for name, form, meaning in fields_of(kind))
    text = " ".join((kind.predicate.__doc__ or "").split())
    schema = f"schema/predicates/{kind.name}.{kind.version}.json"
    head = f"\n### {kind.name}\n\n`{kind.uri}` ([schema]({schema}))\n\n{text}\n\n"
    return f"{head}| field | form | meaning |\n| --- | --- | --- |\n{rows}"
