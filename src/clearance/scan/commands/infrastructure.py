"""Commands that take down what runs: managed infrastructure, clusters, containers, buckets."""

import re
from collections.abc import Iterator

from clearance.scan.commands.options import options
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import HIGH, LOW, MEDIUM, Seen, seen, shown

RULE = "destroy-infrastructure"
_VALUED = frozenset(
    {
        "-n", "--namespace", "--context", "-f", "--filename", "-l", "--selector", "-p", "--file", "--profile",
    }
)  # fmt: skip
"""Options of tools for clusters and infrastructure that have a value."""
_KINDS = frozenset(
    {
        "namespace", "ns", "namespaces", "pv", "persistentvolume", "pvc", "persistentvolumeclaim", "node", "nodes", "crd",
        "customresourcedefinition", "statefulset", "sts", "secret", "clusterrole", "all",
    }
)  # fmt: skip


def infrastructure(readout: Readout) -> Iterator[Seen]:
    """Give what a text would take down."""
    for run in readout.runs:
        match run.name:
            case "terraform" | "tofu" | "terragrunt" | "kubectl" | "oc" | "docker" | "podman" | "helm" | "pulumi" | "cdk":
                yield from _managed(run)
            case "aws" | "gcloud" | "gsutil" | "az" | "doctl" | "heroku" | "fly" | "flyctl" | "vercel":
                yield from _cloud(run)
            case _:
                pass


def _managed(run: Run) -> Iterator[Seen]:
    name = run.name
    given = options(run.args, _VALUED,
                    clusters=name not in {"terraform", "tofu", "terragrunt"})  # fmt: skip
    words = [one.text for one in given.operands]
    if any(flag.startswith("--dry-run") for flag in given.flags) or not words:
        return
    if name in {"terraform", "tofu", "terragrunt", "pulumi", "cdk"}:
        if words[0] == "destroy" or (given.has("-destroy") and words[0] == "apply") or words[:2] == ["run-all", "destroy"]:
            yield seen(RULE, run, f"`{name} destroy` would take down all that it manages")
        elif words[:2] in (["state", "rm"], ["workspace", "delete"], ["stack", "rm"]):
            yield seen(RULE, run, f"`{name} {' '.join(words[:2])}` would forget what it manages", MEDIUM)
    elif name in {"kubectl", "oc"} and words[0] in {"delete", "drain"}:
        wide = any(one.partition("/")[0].lower() in _KINDS for one in words[1:2]) or given.has(
            "--all", "-A", "--all-namespaces"
        )
        yield seen(
            RULE,
            run,
            f"`{name} {words[0]} {shown(' '.join(words[1:3]), 40)}` would take down what runs",
            None if wide else MEDIUM,
        )
    elif name == "helm" and words[0] in {"uninstall", "delete", "del"}:
        yield seen(RULE, run, f"`helm {words[0]}` would take down a release", MEDIUM)
    elif name in {"docker", "podman"}:
        yield from _containers(run, words)


def _containers(run: Run, words: list[str]) -> Iterator[Seen]:
    given = options(run.args)
    if words[0] == "system" and words[1:2] == ["prune"]:
        yield seen(
            RULE,
            run,
            f"`{run.name} system prune` would delete all that does not run",
            HIGH if given.has("--volumes") else MEDIUM,
        )
    elif words[0] == "volume" and words[1:2] and words[1] in {"rm", "prune", "remove"}:
        yield seen(RULE, run, f"`{run.name} volume {words[1]}` would delete data", MEDIUM)
    elif words[0] in {"image", "container", "network", "builder", "buildx"} and "prune" in words:
        yield seen(RULE, run, f"`{run.name} {words[0]} prune` would delete what is not used", LOW)
    elif words[0] == "compose" and "down" in words and given.has("-v", "--volumes"):
        yield seen(RULE, run, f"`{run.name} compose down -v` would delete the data of these services", LOW)
    elif words[0] in {"rm", "rmi", "kill", "stop"} and any(one.name in {"docker", "podman"} for one in run.inner()):
        yield seen(RULE, run, f"`{run.name} {words[0]}` would end all containers that another command lists", LOW)


def _cloud(run: Run) -> Iterator[Seen]:
    words = [one for one in run.words if not one.startswith("-")]
    flags = {one for one in run.words if one.startswith("-")}
    if {"--dryrun", "--dry-run", "--help"} & flags or not words:
        return
    name = run.name
    text = " ".join(words[:5])
    if name == "aws":
        if (
            words[:2] == ["s3", "rb"]
            or (words[:2] == ["s3", "rm"] and "--recursive" in flags)
            or (words[:2] == ["s3", "sync"] and "--delete" in flags)
        ):
            yield seen(RULE, run, f"`aws s3 {words[1]}` would delete objects", MEDIUM if words[1] == "sync" else None)
        elif len(words) > 1 and re.match(r"(?:delete|terminate|purge|deregister|remove|disable|stop)-", words[1]):
            yield seen(
                RULE,
                run,
                f"`aws {words[0]} {shown(words[1], 40)}` would take something down",
                None if words[1][0] in "dt" and words[1][:3] != "dis" else MEDIUM,
            )
    elif name == "gsutil" and words[0] in {"rm", "rb"}:
        yield seen(RULE, run, f"`gsutil {words[0]}` would delete objects")
    elif (name in {"gcloud", "az", "doctl"} and {"delete", "purge", "destroy"} & set(words[:5])) or (
        name in {"heroku", "fly", "flyctl", "vercel"}
        and re.search(r"(?:\A|[ :])(?:destroy|delete|reset|remove|rm)(?:\Z|[ :])", text)
    ):
        yield seen(RULE, run, f"`{name} {shown(text, 40)}` would take something down")
