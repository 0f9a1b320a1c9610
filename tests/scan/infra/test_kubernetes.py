"""Manifests become objects, pods and containers; what a patch or a template leaves open is never missing."""

from textwrap import dedent

import pytest

from clearance.scan.family import Budget
from clearance.scan.infra.lower.helm import is_template, with_holes
from clearance.scan.infra.lower.kubernetes import lower
from clearance.scan.infra.lower.yaml_text import read_yaml
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Unit


def read(text: str) -> Document:
    return lower(dedent(text), Budget(60))


def said(document: Document) -> list[tuple[str, str, str]]:
    return [(unit.kind.removeprefix("kubernetes."), unit.type, unit.name) for unit in document.units]


def containers(document: Document) -> list[Unit]:
    return [unit for unit in document.units if unit.kind == "kubernetes.container"]


def at(node: Node, *keys: str) -> Node | None:
    found: Node | None = node
    for key in keys:
        found = found.items.get(key) if found is not None and found.kind is Kind.MAP else None
    return found


POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: shop}
    spec:
      initContainers: [{name: first, image: a}]
      containers: [{name: web, image: b}, {name: log, image: c}]
      ephemeralContainers: [{name: look, image: d}]
"""


def test_a_pod_has_containers_of_three_sorts() -> None:
    assert said(read(POD)) == [
        ("object", "Pod", "shop"),
        ("pod", "Pod", "shop"),
        ("container", "container", "web"),
        ("container", "container", "log"),
        ("container", "init", "first"),
        ("container", "ephemeral", "look"),
    ]


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Deployment", "spec.template.spec"),
        ("DaemonSet", "spec.template.spec"),
        ("StatefulSet", "spec.template.spec"),
        ("ReplicaSet", "spec.template.spec"),
        ("ReplicationController", "spec.template.spec"),
        ("Job", "spec.template.spec"),
        ("CronJob", "spec.jobTemplate.spec.template.spec"),
        ("PodTemplate", "template.spec"),
        ("Rollout", "spec.template.spec"),
    ],
)
def test_a_pod_stands_where_its_kind_keeps_it(kind: str, path: str) -> None:
    lines = [f"{'  ' * depth}{key}:" for depth, key in enumerate(path.split("."))]
    depth = "  " * len(lines)
    text = "\n".join(
        [f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: x}}", *lines, f"{depth}containers: [{{name: web, image: a}}]"]
    )
    found = lower(text, Budget(60))
    assert said(found)[1:] == [("pod", kind, "x"), ("container", "container", "web")]
    assert found.units[2].above is found.units[1]
    assert found.units[1].above is found.units[0]


def test_a_resource_of_ones_own_passes_without_a_pod() -> None:
    text = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {template: {spec: {size: 3}}}\n"
    assert said(lower(text, Budget(60))) == [("object", "Widget", "w")]


def test_lists_are_taken_apart_in_their_order() -> None:
    text = """
        apiVersion: v1
        kind: List
        items:
          - {apiVersion: v1, kind: Secret, metadata: {name: a}}
          - apiVersion: v1
            kind: ConfigMapList
            items: [{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}]
          - {apiVersion: v1, kind: Service, metadata: {name: c}}
    """
    assert [name for _, _, name in said(read(text))] == ["a", "b", "c"]


def test_lists_in_lists_end_somewhere_and_it_is_told() -> None:
    text = "{apiVersion: v1, kind: Secret}"
    for _ in range(10):
        text = f"{{apiVersion: v1, kind: List, items: [{text}]}}"
    found = lower(text, Budget(60))
    assert (list(found.units), [one.why for one in found.opaque]) == ([], ["lists of objects in lists of objects"])


def test_documents_that_are_no_objects_are_passed_over() -> None:
    assert said(read("a: 1\n---\n- 1\n---\napiVersion: v1\nkind: Secret\n---\n")) == [("object", "Secret", "")]


def test_json_is_read_as_well() -> None:
    text = '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "b"}]}}'
    assert said(lower(text, Budget(60)))[-1] == ("container", "container", "a")


@pytest.mark.parametrize("text", ["a: 1\n", "- apiVersion: v1\n  kind: Pod\n", ""])
def test_what_is_no_manifest_is_refused(text: str) -> None:
    with pytest.raises(NotThis, match=r"^line 1: no document has apiVersion and kind"):
        lower(text, Budget(60))


def test_a_name_is_where_it_stands() -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\n"
    unit = lower(text, Budget(60)).units[0]
    assert text[slice(*unit.head)] == "shop"


@pytest.mark.parametrize(
    ("text", "open_"),
    [
        ("kind: Deployment\nspec: {template: {spec: {containers: [{name: a, image: b}]}}}", True),
        ("kind: Deployment\nspec: {selector: {}, template: {spec: {containers: [{name: a, image: b}]}}}", False),
        ("kind: Job\nspec: {template: {spec: {containers: [{name: a}]}}}", True),
        ("kind: Pod\nspec: {containers: [{name: a, image: b}]}", False),
        ("kind: Pod\n$patch: delete\nspec: {containers: [{name: a, image: b}]}", True),
        ("kind: CronJob\nspec: {jobTemplate: {spec: {template: {spec: {hostNetwork: true}}}}}", True),
    ],
)
def test_what_a_patch_does_not_say_is_not_missing(text: str, open_: bool) -> None:  # noqa: FBT001 -- the table's answer
    units = lower(f"apiVersion: v1\n{text}\n", Budget(60)).units
    assert {bool(unit.body.text) for unit in units} == {open_}


# Helm

TEMPLATE = """\
{{- if and .Values.enabled (not .Values.other) }}
{{- /* a comment
       of two lines */ -}}
apiVersion: {{ include "shop.version" . }}
kind: Deployment
metadata:
  name: {{ include "shop.name" . }}
  annotations:
{{ toYaml .Values.annotations | indent 4}}
  labels:
    {{- include "shop.labels" . | nindent 4 }}
    part: {{ .Values.part | quote }}
spec:
  {{- if not .Values.scaled }}
  replicas: {{ .Values.replicas }}
  {{- end }}
  selector:
    matchLabels: {{- include "shop.selector" . | nindent 6 }}
  template:
    metadata:
      {{- with .Values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "shop.account" . }}
      {{- with .Values.podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.name }}:{{ .Values.image.tag | default "latest" }}"
          {{- if eq .Values.mode "loud" }}
          command: ["shop", "--loud"]
          {{- else }}
          command: ["shop"]
          {{- end }}
          args:
            - --listen={{ .Values.port }}
          {{- range $key, $value := .Values.more }}
            - --{{ $key }}={{ $value }}
          {{- end }}
          securityContext:
            privileged: true
            runAsUser: {{ .Values.user }}
          env:
            - name: A
              value: b
            {{- if .Values.env }}
            {{- toYaml .Values.env | nindent 12 }}
            {{- end }}
          {{- with .Values.probe }}
          livenessProbe: {{ toYaml . | nindent 12 }}
          {{- end }}
          resources:
{{ toYaml .Values.resources | indent 12 }}
        {{- if .Values.beside }}
        {{- toYaml .Values.beside | nindent 8 }}
        {{- end }}
        - name: last
          image: last@sha256:0
      {{- with .Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end }}
"""


def test_a_template_keeps_its_places() -> None:
    holed = with_holes(TEMPLATE)
    assert holed is not None
    assert [len(line) for line in holed.split("\n")] == [len(line) for line in TEMPLATE.split("\n")]
    assert "{{" not in holed


def test_a_template_is_read_around_its_expressions() -> None:
    found = lower(TEMPLATE, Budget(60))
    assert found.opaque == []
    first, last = containers(found)
    assert (first.name, last.name) == ("", "last")
    privileged = at(first.body, "securityContext", "privileged")
    assert privileged is not None
    assert (privileged.value, TEMPLATE[slice(*privileged.span)]) == (True, "true")


def test_what_a_template_prints_is_unknown_and_tells_its_words() -> None:
    first, last = containers(lower(TEMPLATE, Budget(60)))
    image, user = at(first.body, "image"), at(first.body, "securityContext", "runAsUser")
    assert image is not None
    assert user is not None
    assert (image.kind, user.kind, user.text) == (Kind.UNKNOWN, Kind.UNKNOWN, "{{ .Values.user }}")
    assert first.body.items["resources"].text
    assert not last.body.text
    assert [one.kind for one in first.body.items["env"].values] == [Kind.MAP, Kind.UNKNOWN]
    pod = first.above
    assert pod is not None
    assert pod.body.items["securityContext"].text
    assert not pod.body.text


def test_of_two_branches_neither_is_taken_for_sure() -> None:
    first, _ = containers(lower(TEMPLATE, Budget(60)))
    assert first.body.items["command"].kind is Kind.UNKNOWN


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a:\n{{ toYaml .Values.a }}\n", {"a": {}}),
        ("a:\n  b:\n  {{- include .Values.x . }}\n  c: 1\n", {"a": {"b": {}, "c": 1}}),
        ("a:\n  b: 1\n  {{- include .Values.x . | nindent 2 }}\n", {"a": {"b": 1}}),
        ("a:\n{{- include .Values.x . | nindent 0 }}\n- x\n", {"a": ["?", "x"]}),
        ("a:\n- x\n{{- include .Values.x . | nindent 0 }}\n", {"a": ["x", "?"]}),
        ("a: {{- if .Values.a }}\n  - x\n{{- end }}\n", {"a": ["x"]}),
        ("a: {{ .Values.a }}/{{ .Values.b }} # {{ why }}\n", {"a": "?"}),
        ("{{ .Values.key }}: 1\nb: 2\n", {"b": 2}),
        ('a: {{ `}}` }}\nb: {{ .Values.b | default "}}" }}\n', {"a": "?", "b": "?"}),
        ("a: |\n  {{ .Values.a }}\n  x\n", {"a": "?"}),
    ],
)
def test_an_expression_leaves_a_hole_where_it_prints(text: str, wanted: object) -> None:
    holed = with_holes(text)
    assert holed is not None
    (node,) = read_yaml(holed, Budget(60), original=text).documents
    assert shown(node) == wanted


def shown(node: Node) -> object:
    """Give a node as plain data; what is unknown as "?"."""
    if node.kind is Kind.MAP:
        return {key: shown(value) for key, value in node.items.items()}
    if node.kind is Kind.LIST:
        return [shown(one) for one in node.values]
    return node.value if node.kind is Kind.SCALAR else "?"


def test_expressions_of_other_templates_are_text() -> None:
    text = 'apiVersion: v1\nkind: ConfigMap\ndata: {a: "{{ $labels.instance }} is down"}\n'
    assert not is_template(text)
    data = at(lower(text, Budget(60)).units[0].body, "data", "a")
    assert data is not None
    assert data.value == "{{ $labels.instance }} is down"


def test_a_template_that_is_no_yaml_is_refused_with_its_line() -> None:
    with pytest.raises(NotThis, match=r"^line 3: a template that is no YAML"):
        lower("apiVersion: v1\nkind: {{ .Values.kind }}\n  a: [{{ .Values.x }}\n", Budget(60))


def test_a_template_of_too_many_expressions_is_refused() -> None:
    with pytest.raises(NotThis, match="too many expressions"):
        lower("a: {{ .Values.a }}\n" * 20_001, Budget(60))


@pytest.mark.parametrize(
    "text", ["{{" * 50_000, "{{ .Values.a " * 20_000, '{{ .Values.a "' + "\\" * 100_000, "{{/*" * 30_000 + " .Values.x"]
)
def test_half_expressions_take_no_time(text: str) -> None:
    with_holes("a: {{ .Values.a }}\n" + text)


def test_a_container_that_aliases_repeat_counts_once() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - &a {name: web, image: b}\n"
    assert len(containers(lower(text + "    - *a\n" * 1_000, Budget(60)))) == 1
