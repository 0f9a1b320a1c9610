"""Which rules come first.

The order is: a team's own pages; rules that this repository's decisions told, by how often (in powers of two, so that one
more finding does not turn all files over); then severity times confidence times how readily assistants write that flaw. The
last factor is a judgement and not a measurement: studies of generated code (Pearce et al. 2022, Fu et al. 2023, and vendors'
later reports) agree that injection, cross-site scripting, written secrets, weak randomness and missing authorisation are
frequent, and on little else; so there are three steps only, and what the repository itself shows outranks them.
"""

import re
from collections.abc import Iterable, Mapping

from clearance.facts.finding import Confidence, Severity
from clearance.instruct.harmless import line
from clearance.instruct.model import Candidate, Situation
from clearance.instruct.scopes import BY_NAME, scopes_of
from clearance.instruct.tokens import tokens
from clearance.rules.codeguard import PREFIX
from clearance.rules.guidance import without_commands
from clearance.rules.model import Rule

_SEVERITY = {Severity.LOW: 1.0, Severity.MEDIUM: 3.0, Severity.HIGH: 6.0, Severity.CRITICAL: 9.0}
_CONFIDENCE = {Confidence.LOW: 0.5, Confidence.MEDIUM: 0.8, Confidence.HIGH: 1.0}
_OFTEN_WORDS = """
    CWE-22 CWE-78 CWE-79 CWE-89 CWE-259 CWE-321 CWE-798 CWE-330 CWE-338 CWE-862 CWE-639 CWE-306
"""
_OFTEN = frozenset(_OFTEN_WORDS.split())
_SOMETIMES_WORDS = """
    CWE-77 CWE-94 CWE-95 CWE-117 CWE-200 CWE-209 CWE-250 CWE-295 CWE-327 CWE-328 CWE-352 CWE-400 CWE-434 CWE-489 CWE-494
    CWE-502 CWE-601 CWE-611 CWE-668 CWE-732 CWE-770 CWE-829 CWE-863 CWE-915 CWE-916 CWE-918 CWE-942 CWE-943 CWE-1336
    CWE-1357 CWE-1427
"""
_SOMETIMES = frozenset(_SOMETIMES_WORDS.split())
_HABITS_WORDS = """
    package-does-not-exist package-name-invented package-vulnerable package-unpinned lock-file-out-of-step
    test-weakened test-skipped test-deleted test-special-cased
    docker-root-user docker-image-latest docker-secret-in-env docker-secret-file-copied docker-pipe-to-shell docker-file-mode
    compose-secret-in-environment compose-root-user compose-database-published compose-privileged compose-image-latest
    kubernetes-runs-as-root kubernetes-privilege-escalation kubernetes-capabilities-kept kubernetes-memory-unlimited
    kubernetes-image-latest kubernetes-secret-in-manifest kubernetes-env-secret kubernetes-writable-root
    kubernetes-rbac-wildcard kubernetes-token-mounted
    terraform-aws-open-port terraform-aws-s3-public-acl terraform-aws-s3-public-access-block terraform-aws-iam-wildcard
    terraform-aws-unencrypted-storage terraform-aws-database-public terraform-aws-instance-metadata
    terraform-azure-open-port terraform-azure-storage-public terraform-gcp-open-port terraform-gcp-bucket-public
    terraform-gcp-iam-broad terraform-secret-literal terraform-state-backend
    github-action-unpinned github-permissions-wide github-script-injection github-secret-for-all github-trigger-with-secrets
    gitlab-image-unpinned gitlab-secret-in-variables nginx-tls-old-version nginx-headers-lost
    systemd-root-service systemd-sandbox-missing
"""
_HABITS = frozenset(_HABITS_WORDS.split())
"""What assistants do to packages, tests and configuration, whatever its weakness is called."""
_HABIT = 7.0
"""What such a habit weighs at least in infrastructure, where a scanner's severity is low because it is everywhere."""
_SELDOM_WORDS = """
    kubernetes-api-server-open kubernetes-api-service-tls kubernetes-kubelet-open kubernetes-proc-mount kubernetes-tiller
    kubernetes-windows-host-process kubernetes-ingress-snippet kubernetes-external-ips kubernetes-delivery-project-open
    kubernetes-apparmor kubernetes-selinux docker-notebook-open docker-package-signature-off docker-build-privilege
"""
_SELDOM = frozenset(_SELDOM_WORDS.split())
"""Parts of clusters and builds that hardly any repository of an application holds."""
_TOPICS = (
    ("-electron-", "electron"), ("-webview-", "webview react-native expo electron"), ("-ldap-", "ldap javax.naming"),
    ("-xpath-", "xpath lxml xmldom libxml etree"), ("-nosql-", "mongo motor beanie couch documentdb"), ("-yaml-", "yaml"),
    ("-ssh-", "paramiko fabric asyncssh ssh"), ("-rpc-", "rpc rpyc pyro"), ("-xml-external-", "xml"),
    ("-pickle-transport", "zmq multiprocessing celery kombu"), ("-key-size", "crypto rsa ssl"),
    ("-orm-raw-", "sequelize knex typeorm prisma drizzle objection mikro-orm"),
    ("-llm-", "langchain llama openai anthropic smolagents crewai"), ("-email-", "mail sendgrid postmark smtp resend"),
    ("-cloud-public", "boto aws google.cloud google-cloud azure"),
    ("-key-in-browser", "react next vite vue svelte angular nuxt gatsby"),
)  # fmt: skip
"""Marks in ids of rules about one thing, and pieces of the names of libraries with which that is done."""
_SAID_ELSEWHERE_WORDS = """
    package-malicious package-withdrawn assistant-guard-changed assistant-instructions-changed guard-changed
    commit-hook-bypassed check-suppressed security-check-suppressed
"""
_SAID_ELSEWHERE = frozenset(_SAID_ELSEWHERE_WORDS.split())
"""Pages whose brief speaks of what was found and says nothing before, and those that the words about the gate say
already."""
_GUARDS = "guard-"
"""How ids of commands begin that touch guards: the words about the gate say it for all of them."""
_KIN = {
    "CWE-259": "CWE-798", "CWE-321": "CWE-798", "CWE-522": "CWE-798", "CWE-330": "CWE-338", "CWE-77": "CWE-78",
    "CWE-88": "CWE-78", "CWE-95": "CWE-94", "CWE-328": "CWE-327", "CWE-564": "CWE-89",
}  # fmt: skip
"""Weaknesses that count as one another where lines of many kinds are wanted."""
_AGAIN = 0.7
"""What each further rule of a weakness counts, against the one before."""
_TEAM = 10_000.0
_TOLD = 100.0
_IMPORTED = {Severity.CRITICAL: 12.0, Severity.HIGH: 12.0, Severity.MEDIUM: 1.0, Severity.LOW: 1.0}
"""What guidance weighs that a team took over from others (CodeGuard): what its author wants in every context stands among
the first, all other behind the rules that the gate checks, where there is room left."""
_LEAST = 1.0
"""Lighter rules are left out unless the repository or the team asks for them."""
_CLOUD = re.compile(r"terraform-(aws|azure|gcp)-")
_IMPORTS = re.compile(r"(?m)^imports\s*=\s*\[([^\]]*)\]")
_QUOTED = re.compile(r"\"([\w./@-]+)\"")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{2,}")
_TOO_WIDE = frozenset({"com", "go", "github", "golang", "io", "java", "javax", "jakarta", "net", "org"})
"""First parts of names that say nothing."""
ONE_FOR_ALL = {
    "secrets": "Read keys, tokens and passwords from the environment or a secret store; never write one into code, tests, "
    "configuration, logs or prompts, not even an old one.",
    "personal": "Keep data of real people (names, addresses, phone, card and identity numbers) out of code, fixtures, logs "
    "and prompts; make values up.",
}
"""Families whose many pages say one thing: this sentence stands for all that the repository has not met."""


def candidates(rules: Iterable[Rule], situation: Situation) -> dict[str, tuple[Candidate, ...]]:
    """Give what applies, by scope (`""`: any task), the heaviest first. Of two with the same text one stays, and each
    further one of a weakness (its first CWE) counts less than the one before. Of two that weigh the same, the one with more
    examples comes first: it covers more."""
    found: dict[str, list[Candidate]] = {}
    cwe: dict[str, str] = {}
    for rule in rules:
        cwe[rule.id] = _KIN.get(rule.cwe[0], rule.cwe[0]) if rule.cwe else rule.id
        for scope in scopes_of(rule):
            one = _candidate(rule, scope, situation)
            if one is not None:
                found.setdefault(scope, []).append(one)
    found.setdefault("", []).extend(_sentences())
    return {scope: _in_order(found[scope], cwe) for scope in sorted(found)}


def _candidate(rule: Rule, scope: str, situation: Situation) -> Candidate | None:
    """Weigh a rule; None where it is not worth a line."""
    builtin = rule.page.startswith("rules/")
    team = not builtin and not _imported(rule)
    told = situation.told.get(rule.id, 0)
    said = rule.id in _SAID_ELSEWHERE or rule.id.startswith(_GUARDS)
    if builtin and not told and (said or rule.family in ONE_FOR_ALL):
        return None
    weight, why = _weight(rule, situation.libraries)
    if team:
        weight, why = weight + _TEAM, f"a rule of your team, {why}"
    if told:
        weight += _TOLD * told.bit_length()
        why = f"told {told} {'time' if told == 1 else 'times'} here, {why}"
    if weight < _LEAST:
        return None
    brief = rule.brief.partition(". ")[0] + "." if rule.family == "secrets" and ". " in rule.brief else rule.brief
    shown = line(without_commands(brief) if rule.advisory else brief)
    if not shown.text:
        return None
    text = f"- {shown.text}\n"
    return Candidate(
        rule=rule.id, family=rule.family, scope=scope, text=text, why=why, weight=weight, tokens=tokens(text), team=team,
        note="" if builtin else shown.note, breadth=len(rule.caught), told=told, unchecked=rule.advisory,
    )  # fmt: skip


def _sentences() -> list[Candidate]:
    """The lines that stand for a whole family."""
    made = []
    for family, sentence in sorted(ONE_FOR_ALL.items()):
        text = f"- {sentence}\n"
        weight = _SEVERITY[Severity.CRITICAL] * 2 if family == "secrets" else 3.0
        why = f"stands for all pages of the family {family}"
        made.append(
            Candidate(rule="", family=family, scope="", text=text, why=why, weight=weight, tokens=tokens(text), team=False)
        )
    return made


def _weight(rule: Rule, libraries: frozenset[str]) -> tuple[float, str]:
    """Weigh what is known before anything was seen here, and say why."""
    if _imported(rule):
        always = "always applies" if not rule.languages else "for its languages"
        return _IMPORTED[rule.severity], f"guidance of others, {always}, nothing checks it"
    often = _readily(rule)
    weight = _SEVERITY[rule.severity] * _CONFIDENCE[rule.confidence] * often
    why = f"{rule.severity.value} severity, {rule.confidence.value} confidence"
    if often > 1:
        why += ", written often" if often >= 2 else ", written sometimes"
    if rule.id in _HABITS and rule.family == "infra":
        weight = max(weight, _HABIT)
    if rule.id in _SELDOM:
        weight *= 0.4
        why += ", seldom in a repository"
    return _fitted(rule, libraries, weight, why)


def _fitted(rule: Rule, libraries: frozenset[str], weight: float, why: str) -> tuple[float, str]:
    """Weigh a rule by whether what it is about is used here."""
    if not libraries:
        return weight, why
    cloud = _CLOUD.match(rule.id)
    clouds = {name for name in libraries if name.startswith("cloud:")}
    needs = frozenset({f"cloud:{cloud[1]}"}) if cloud and clouds else bound_to(rule)
    used = sorted(needs & libraries)
    topic = next((words.split() for mark, words in _TOPICS if mark in rule.id), None) if not needs else None
    if topic:
        used = sorted(name for name in libraries if any(word in name for word in topic))
    if used:
        return weight * 1.3, f"{why}, {used[0].removeprefix('cloud:')} is used here"
    if needs or topic:
        return weight * (0.1 if cloud else 0.3), f"{why}, what it is about is not used here"
    named = sorted(libraries.intersection(_WORD.findall(rule.brief.lower())))
    return (weight * 1.2, f"{why}, {named[0]} is used here") if named else (weight, why)


def _imported(rule: Rule) -> bool:
    """Whether a page is guidance that a team took over, of which there can be a hundred."""
    return rule.advisory and rule.id.startswith(PREFIX)


def _readily(rule: Rule) -> float:
    """Say how readily assistants write a flaw: 2 often, 1.5 sometimes, 1 otherwise. Outside of code the weakness says
    little, so single rules are named."""
    if rule.id in _HABITS:
        return 2.5 if rule.family == "infra" else 2.0
    if rule.family != "code":
        return 1.0
    return 2.0 if _OFTEN.intersection(rule.cwe) else 1.5 if _SOMETIMES.intersection(rule.cwe) else 1.0


def bound_to(rule: Rule) -> frozenset[str]:
    """Name the libraries without which no block of a rule looks for anything, in lower case; none where some block needs
    none."""
    named: set[str] = set()
    for block in rule.detect:
        asked = _IMPORTS.search(block.text)
        if asked is None:
            return frozenset()
        named.update(name.lower() for name in _QUOTED.findall(asked[1]))
    return frozenset(named | {name.partition(".")[0] for name in named if not name.startswith(".")} - _TOO_WIDE)


def _in_order(found: list[Candidate], cwe: Mapping[str, str]) -> tuple[Candidate, ...]:
    """Order candidates: the heaviest first, each further one of a weakness with less weight. Written secrets count as
    said once, because the text for any task says so."""
    seen: dict[str, int] = {"CWE-798": 1}
    texts: set[str] = set()
    weighed = []
    for one in sorted(found, key=lambda each: (-each.weight, -each.breadth, each.rule)):
        if one.text in texts:
            continue
        texts.add(one.text)
        kind = cwe.get(one.rule, one.family)
        again = one.weight if one.weight >= _TOLD else one.weight * _AGAIN ** seen.get(kind, 0)
        seen[kind] = seen.get(kind, 0) + 1
        weighed.append((-again, -one.breadth, one.rule, one))
    return tuple(one for weight, _, _, one in sorted(weighed, key=lambda each: each[:3]) if -weight >= _LEAST)


def importance(scope: str, situation: Situation, found: Mapping[str, tuple[Candidate, ...]]) -> int:
    """Say how much of a shared text a scope deserves: by its files and by what was told of its rules (both in powers of
    two), at least 1."""
    told = sum(situation.told.get(one.rule, 0) for one in found.get(scope, ()))
    files = situation.scopes.get(scope, 0)
    code = 2 if BY_NAME[scope].languages and not BY_NAME[scope].prefixes else 1
    return (files.bit_length() + 2 * told.bit_length()) * code or 1
