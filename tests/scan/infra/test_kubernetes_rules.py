"""What the pages say of whole manifests and workflows: good ones are quiet, patches and templates lack nothing."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import pytest

from clearance.facts.finding import Gap, Severity
from clearance.facts.text import decode
from clearance.rules.model import Rule
from clearance.rules.page import read_page
from clearance.scan.family import Budget, Match, View
from clearance.scan.infra.family import InfraFamily

OURS = ("kubernetes-", "github-", "gitlab-")
WEIGHT = list(Severity)


@cache
def pages() -> dict[str, Rule]:
    folder = files("clearance") / "rules" / "infra"
    read = (
        read_page(one.read_text("utf-8"), path=f"rules/infra/{one.name}", family="infra")
        for one in folder.iterdir()
        if one.name.startswith(OURS)
    )
    return {rule.id: rule for rule in read}


@cache
def family() -> InfraFamily:
    return InfraFamily(tuple(pages().values()))


def look(text: str, path: str = "web.yaml") -> Iterator[Match | Gap]:
    data = text.encode("utf-8", "surrogatepass")
    decoded = decode(data)
    assert decoded is not None
    yield from family().look(View(path, "after", data, decoded), Budget(60))


def matches(text: str, path: str = "web.yaml") -> list[Match]:
    return [one for one in look(text, path) if isinstance(one, Match)]


def rules(text: str, path: str = "web.yaml", *, least: Severity = Severity.LOW) -> set[str]:
    return {
        one.rule
        for one in matches(text, path)
        if WEIGHT.index(one.severity or pages()[one.rule].severity) >= WEIGHT.index(least)
    }


PLAIN = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    spec:
      containers:
        - name: web
          image: nginx:1.27.1
          env: [{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: password}}}]
          ports: [{containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}]}
"""


def test_weights_rise() -> None:
    assert [one.value for one in WEIGHT] == ["low", "medium", "high", "critical"]


def test_a_plain_deployment_is_quiet_from_medium_on() -> None:
    assert rules(PLAIN, least=Severity.MEDIUM) == set()
    assert len(matches(PLAIN)) < 13


def test_what_a_patch_leaves_out_is_nobodys_fault_but_what_it_says_counts() -> None:
    patch = PLAIN.replace("  selector: {matchLabels: {app: web}}\n", "").replace("          image: nginx:1.27.1\n", "")
    assert rules(patch) == set()
    assert rules(patch + "---\nkind: Pod\napiVersion: v1\n$patch: merge\nspec: {hostPID: true}\n") == {
        "kubernetes-host-namespace"
    }


def test_what_a_template_prints_is_nobodys_fault_but_what_it_says_counts() -> None:
    template = """\
apiVersion: v1
kind: Pod
metadata: {name: "{{ .Release.Name }}"}
spec:
  {{- include "shop.pod" . | nindent 2 }}
  containers:
    - name: web
      image: "{{ .Values.image }}"
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
"""
    assert rules(template) == set()
    assert rules(template.replace("      resources:", "        privileged: true\n      resources:")) == {
        "kubernetes-privileged"
    }


def test_shapes_hold_where_lines_move() -> None:
    moved = "# a comment\n\n" + PLAIN.replace("kind: Deployment", "# another\nkind: Deployment")
    assert sorted(one.shape for one in matches(moved)) == sorted(one.shape for one in matches(PLAIN))


def test_each_flag_that_lacks_is_told_by_itself() -> None:
    container = "{name: etcd, image: e, command: [etcd, --cert-file, a]}"
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec: {{containers: [{container}]}}\n"
    said = [one.message for one in matches(text) if one.rule == "kubernetes-etcd-open"]
    assert "etcd is not started with --key-file" in said
    assert "etcd is not started with --cert-file" not in said
    assert len(said) == len({one.shape for one in matches(text) if one.rule == "kubernetes-etcd-open"})


def test_flags_that_a_template_gives_are_not_missing() -> None:
    text = (
        'apiVersion: v1\nkind: Pod\nspec: {containers: [{name: etcd, image: e, command: [etcd, "{{ .Values.flags }}"]}]}\n'
    )
    assert "kubernetes-etcd-open" not in rules(text)


def test_a_secret_is_never_told() -> None:
    value = "correct" + "horse"
    text = f"apiVersion: v1\nkind: ConfigMap\ndata: {{DB_PASSWORD: {value}}}\n"
    found = matches(text)
    assert [one.rule for one in found] == ["kubernetes-configmap-credential"]
    assert all(value not in one.message + one.shape + one.fix for one in found)
    assert [text[slice(*span)] for one in found for span in one.secrets] == [value]


@pytest.mark.parametrize(
    ("text", "path", "said"),
    [
        ("apiVersion: v1\nkind: Pod\nspec: [\n", "web.yaml", "kubernetes: line 4: "),
        ("on: push\njobs: [\n", ".github/workflows/a.yml", "github: line 3: "),
        ("a: &a [*a]\n", ".gitlab-ci.yml", "line 1: an alias of what it stands in"),
        ("on: push\njobs: {}\njobs: {}\n", ".github/workflows/a.yml", "line 3: the key 'jobs' stands twice"),
    ],
)
def test_what_is_not_understood_is_a_gap_with_its_line(text: str, path: str, said: str) -> None:
    gaps = [one.detail for one in look(text, path) if isinstance(one, Gap)]
    assert len(gaps) == 1
    assert gaps[0].startswith(said)


def test_an_injection_stands_at_its_expression() -> None:
    job = "runs-on: x\n    steps:\n      - run: |\n          make\n          echo ${{ github.event.issue.title }}\n"
    text = f"on: issues\npermissions: {{}}\njobs:\n  a:\n    {job}"
    (found,) = matches(text, ".github/workflows/a.yml")
    assert (found.rule, text[found.start : found.end]) == ("github-script-injection", "${{ github.event.issue.title }}")


def test_a_workspace_is_safe_to_upload_before_checkout_and_in_another_job() -> None:
    upload = "{uses: actions/upload-artifact@x, with: {path: .}}"
    text = f"on: push\njobs:\n  a: {{steps: [{upload}, {{uses: actions/checkout@x}}]}}\n  b: {{steps: [{upload}]}}\n"
    assert "github-credentials-in-artifact" not in rules(text, ".github/workflows/a.yml")


@pytest.mark.parametrize("rule", ["{}", "{ports: [{port: 80}]}", "{from: []}"])
def test_an_open_rule_of_a_policy_is_one_finding(rule: str) -> None:
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: open, namespace: shop}\n"
        f"spec: {{podSelector: {{}}, policyTypes: [Ingress], ingress: [{rule}]}}\n"
    )
    assert [one.rule for one in matches(policy)] == ["kubernetes-network-policy-open"]
