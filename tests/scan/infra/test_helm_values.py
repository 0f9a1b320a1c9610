"""Values of a chart say what its pods get; what they do not say is never missing."""

from clearance.scan.family import Budget
from clearance.scan.infra.lower import format_of
from clearance.scan.infra.lower.helm_values import lower
from scan.infra.rules_of_tests import found

VALUES = """\
image: {repository: shop, tag: 1.4.2}
podSecurityContext: {}
worker:
  securityContext:
    privileged: true
  extraVolumes:
    - {name: data, hostPath: {path: /data}}
"""


def test_a_map_with_a_pod_s_keys_counts_as_pod_and_container() -> None:
    units = lower(VALUES, Budget(60)).units
    assert [(one.kind, one.name) for one in units] == [
        ("kubernetes.pod", "chart"),
        ("kubernetes.container", "chart"),
        ("kubernetes.pod", "worker"),
        ("kubernetes.container", "worker"),
    ]


def test_what_values_say_is_found_at_its_place() -> None:
    block = "on: kubernetes.container\nfind: {securityContext.privileged: true}\nmessage: m"
    assert found(block, "chart/values.yaml", VALUES) == ["privileged: true"]
    block = "on: kubernetes.pod\nfind: {volumes.*.hostPath.path: /data}\nmessage: m"
    assert found(block, "chart/values.yaml", VALUES) == ["path: /data"]


def test_what_values_do_not_say_is_not_missing() -> None:
    block = "on: kubernetes.container\nfind: {securityContext.runAsNonRoot: {missing: true}}\nmessage: m"
    assert found(block, "chart/values.yaml", VALUES) == []


def test_only_values_that_speak_of_pods_are_read() -> None:
    assert format_of("chart/values.yaml", "yaml", VALUES) == "helm_values"
    assert format_of("chart/values-prod.yaml", "yaml", VALUES) == "helm_values"
    assert format_of("values.yaml", "yaml", "colours: [red]\n") == ""


def test_aliases_count_once() -> None:
    text = "a: &a {hostNetwork: true}\n" + "".join(f"b{number}: *a\n" for number in range(1_000))
    assert len(lower(text, Budget(60)).units) == 2
