"""Guards of workloads in other files: what counts as one, and which workloads lose it."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from clearance.collect.memory import HeldContents, change_of
from clearance.facts.change import ChangeKind
from clearance.rules.page import read_page
from clearance.scan.infra.family import InfraFamily
from clearance.scan.look import look_at

PAGE = "rules/infra/kubernetes-guard-removed.md"
RULE = read_page((Path(__file__).parents[3] / "src/clearance" / PAGE).read_text(encoding="utf-8"), path=PAGE, family="infra")
SHOP = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: shop, namespace: shop}\nspec:\n"
    "  selector: {matchLabels: {app: shop}}\n  template:\n    metadata: {labels: {app: shop}}\n"
    "    spec: {containers: [{name: shop, image: shop}]}\n"
)
CART = SHOP.replace("name: shop, namespace", "name: cart, namespace")
DENY = (
    "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: shop}\n"
    "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}\n"
)
Files = dict[str, str]


def level(name: str) -> str:
    """Give a namespace with an enforced standard; with none where there is no name."""
    labels = f", labels: {{pod-security.kubernetes.io/enforce: {name}}}" if name else ""
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop{labels}}}\n"


def said(before: Files, after: Files) -> list[str]:
    """Give what a change of files introduces."""
    collected = change_of(
        {path: text.encode() for path, text in before.items()}, {path: text.encode() for path, text in after.items()}
    )
    family = InfraFamily((RULE,))
    family.start(collected.contents)
    found = [look_at(file, collected.contents, [family], {RULE.id: RULE}, seconds=60) for file in collected.change.files]
    return [one.message for result in found for one in result.findings if one.introduced]


LOST = ["app.yaml:3: the Deployment shop loses its pod security standard by this change"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("restricted", "", LOST),
        ("restricted", "privileged", LOST),
        ("baseline", "privileged", LOST),
        ("'{{ .Values.level }}'", "privileged", LOST),
        ("restricted", "baseline", []),
        ("baseline", "restricted", []),
        ("privileged", "", []),
        ("Restricted", "", []),
        ("none", "privileged", []),
        ("", "privileged", []),
    ],
)
def test_only_a_level_that_keeps_pods_out_guards(before: str, after: str, expected: list[str]) -> None:
    name = "templates/ns.yaml" if "{{" in before else "ns.yaml"
    app = name.replace("ns.", "app.")
    chart = {"Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n"} if "{{" in before else {}
    files = {**chart, app: SHOP}
    told = said({**files, name: level(before)}, {**files, name: level(after)})
    assert [one.removeprefix("templates/") for one in told] == expected


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ({"app.yaml": SHOP, "deny.yaml": DENY}, {"app.yaml": SHOP}, ["shop"]),
        # what comes with the change never was guarded
        ({"deny.yaml": DENY}, {"app.yaml": SHOP}, []),
        ({"app.yaml": SHOP, "deny.yaml": DENY}, {"app.yaml": SHOP, "cart.yaml": CART}, ["shop"]),
        ({"app.yaml": SHOP, "deny.yaml": DENY}, {"cart.yaml": CART}, []),
        # nor what was in another namespace, or another sort of object
        ({"app.yaml": SHOP, "deny.yaml": DENY}, {"app.yaml": SHOP.replace("e: shop}", "e: new}")}, []),
        ({"app.yaml": SHOP, "deny.yaml": DENY}, {"app.yaml": SHOP.replace("Deployment", "DaemonSet")}, []),
        # another file makes no new workload
        ({"app.yaml": SHOP, "deny.yaml": DENY}, {"web.yaml": SHOP}, ["shop"]),
    ],
)
def test_a_workload_loses_only_what_it_had(before: Files, after: Files, names: list[str]) -> None:
    found = said(before, after)
    assert [one.split(" the Deployment ")[1].split(" loses ")[0] for one in found] == names


LIST = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [app.yaml{}]\n"
NESTED = {"k/app.yaml": SHOP, "k/net/deny.yaml": DENY, "k/net/kustomization.yaml": LIST.format("").replace("app", "deny")}


def test_a_folder_that_a_kustomization_names_counts() -> None:
    before = {**NESTED, "k/kustomization.yaml": LIST.format(", net")}
    (told,) = said(before, {**NESTED, "k/kustomization.yaml": LIST.format("")})
    assert "loses its ingress policy and egress policy" in told
    assert said(before, {**before, "k/kustomization.yaml": LIST.format(", ./net")}) == []


class Renamed(HeldContents):
    """A tree in which files have a new name and the same bytes."""

    def __init__(self, names: Mapping[str, str], files: Mapping[str, str]) -> None:
        data = {names.get(path, path): text.encode() for path, text in files.items()}
        super().__init__(data, data, data)
        self._names = names

    def gone(self) -> Mapping[str, str]:
        return self._names


def after_rename(old: str, new: str, files: Files) -> list[str]:
    """Give what a change says that does no more than rename a file."""
    data = files[old].encode()
    (file,) = change_of({new: data}, {new: data + b"\n"}).change.files
    file = msgspec.structs.replace(file, kind=ChangeKind.RENAMED, old_path=old, after=file.before, added=(), removed=())
    contents = Renamed({old: new}, files)
    family = InfraFamily((RULE,))
    family.start(contents)
    return [one.message for one in look_at(file, contents, [family], {RULE.id: RULE}, seconds=60).findings]


LISTED = {"k/app.yaml": SHOP, "k/deny.yaml": DENY, "k/kustomization.yaml": LIST.format(", deny.yaml")}
BARE = {"k/app.yaml": SHOP, "k/deny.yaml": DENY}


@pytest.mark.parametrize(
    ("old", "new", "files", "told"),
    [
        # nobody applies it any more
        ("k/deny.yaml", "k/deny.yaml.bak", BARE, 1),
        ("k/deny.yaml", "old/deny.txt", BARE, 1),
        ("k/kustomization.yaml", "k/kustomization.yaml.bak", {**NESTED, "k/kustomization.yaml": LIST.format(", net")}, 1),
        # another name, or another folder of the same cluster
        ("k/deny.yaml", "k/deny.yml", BARE, 0),
        ("k/deny.yaml", "k/net/deny.yaml", BARE, 0),
        # but a kustomization that does not follow leaves it out
        ("k/deny.yaml", "k/net/deny.yaml", LISTED, 1),
        ("k/kustomization.yaml", "k/kustomization.yml", LISTED, 0),
    ],
)
def test_a_guard_under_a_name_that_nobody_reads_is_gone(old: str, new: str, files: Files, told: int) -> None:
    assert len(after_rename(old, new, files)) == told
