"""What leaves the machine for others to use: pushes, merges, releases, published packages, deployments."""

from collections.abc import Collection, Iterator

from clearance.scan.commands.field import Field
from clearance.scan.commands.git_words import git_words
from clearance.scan.commands.options import Options, options
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import HIGH, LIKELY, MEDIUM, Seen, seen, shown

PLAIN = "push-branch"
DEFAULT = "push-default-branch"
FORCED = "push-forced"
DELETED = "push-deletes"
MERGE = "push-merge"
RELEASE = "push-release"
PACKAGE = "push-package"
DEPLOY = "push-deploy"

_DEFAULTS = frozenset({"main", "master", "trunk", "develop", "production", "prod", "release", "stable", "gh-pages"})
_DRY = ("--dry-run", "-n")
_PACKAGES: dict[str, tuple[tuple[str, ...], ...]] = {
    "npm": (("publish",), ("unpublish",), ("deprecate",), ("dist-tag", "add")),
    "pnpm": (("publish",),),
    "yarn": (("publish",), ("npm", "publish")),
    "bun": (("publish",),),
    "lerna": (("publish",),),
    "changeset": (("publish",),),
    "twine": (("upload",),),
    "poetry": (("publish",),),
    "uv": (("publish",),),
    "hatch": (("publish",),),
    "flit": (("publish",),),
    "pdm": (("publish",),),
    "maturin": (("publish",), ("upload",)),
    "cargo": (("publish",), ("yank",)),
    "gem": (("push",), ("yank",)),
    "docker": (("push",), ("image", "push"), ("manifest", "push")),
    "podman": (("push",),),
    "nerdctl": (("push",),),
    "buildah": (("push",),),
    "skopeo": (("copy",),),
    "crane": (("push",), ("copy",)),
    "oras": (("push",),),
    "helm": (("push",),),
    "dotnet": (("nuget", "push"),),
    "nuget": (("push",),),
    "mvn": (),
    "mvnw": (),
    "vsce": (("publish",),),
    "ovsx": (("publish",),),
    "conda": (("upload",),),
    "anaconda": (("upload",),),
    "snapcraft": (("upload",), ("push",)),
    "goreleaser": (("release",),),
    "semantic-release": ((),),
    "pod": (("trunk", "push"),),
    "hex": (("publish",),),
    "mix": (("hex.publish",),),
    "wasm-pack": (("publish",),),
    "jsr": (("publish",),),
    "fastlane": ((),),
}
_DEPLOYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "kubectl": (("apply",), ("create",), ("replace",), ("patch",), ("scale",), ("set",), ("rollout", "restart"),
                ("rollout", "undo"), ("edit",)),
    "oc": (("apply",), ("create",), ("rollout",)),
    "terraform": (("apply",), ("import",), ("state", "rm"), ("state", "push")),
    "tofu": (("apply",), ("import",)),
    "terragrunt": (("apply",), ("run-all", "apply")),
    "pulumi": (("up",), ("update",)),
    "helm": (("install",), ("upgrade",), ("rollback",)),
    "helmfile": (("apply",), ("sync",)),
    "argocd": (("app", "sync"),),
    "flux": (("reconcile",),),
    "ansible-playbook": ((),),
    "cdk": (("deploy",),),
    "sam": (("deploy",), ("sync",)),
    "serverless": (("deploy",),),
    "sls": (("deploy",),),
    "sst": (("deploy",),),
    "vercel": (("deploy",), ("--prod",), ("promote",)),
    "netlify": (("deploy",),),
    "wrangler": (("deploy",), ("publish",)),
    "fly": (("deploy",), ("launch",)),
    "flyctl": (("deploy",), ("launch",)),
    "railway": (("up",), ("deploy",)),
    "render": (("deploy",),),
    "heroku": (("container:release",), ("config:set",), ("releases:rollback",)),
    "gcloud": (("app", "deploy"), ("run", "deploy"), ("functions", "deploy"), ("builds", "submit")),
    "firebase": (("deploy",),),
    "az": (("webapp", "deploy"), ("webapp", "up"), ("functionapp", "deployment"), ("containerapp", "up"), ("deployment",)),
    "aws": (("cloudformation", "deploy"), ("cloudformation", "create-stack"), ("cloudformation", "update-stack"),
            ("lambda", "update-function-code"), ("ecs", "update-service"), ("deploy", "create-deployment"),
            ("elasticbeanstalk", "update-environment")),
    "eb": (("deploy",),),
    "copilot": (("svc", "deploy"), ("deploy",)),
    "doctl": (("apps", "create"), ("apps", "update")),
    "kamal": (("deploy",), ("setup",)),
    "cap": (("production", "deploy"),),
    "eas": (("submit",), ("update",)),
    "supabase": (("db", "push"), ("functions", "deploy")),
    "nomad": (("job", "run"), ("run",)),
    "waypoint": (("up",), ("deploy",)),
    "skaffold": (("run",), ("deploy",)),
    "convox": (("deploy",),),
    "dokku": ((),),
}  # fmt: skip
_VALUES = frozenset(
    {
        "-n", "--namespace", "--context", "--kubeconfig", "-C", "--profile", "--region", "--project", "--org", "-R",
        "--repo", "-m", "--prefix", "--cwd", "--dir", "-w", "--workspace", "-t", "--filter", "-F", "--tag",
    }
)  # fmt: skip
_MILD = ("--dry-run", "--help", "-h", "--check", "-check", "--syntax-check", "--list-hosts", "--no-push")
_FORGE_VALUES = frozenset(
    {
        "-R", "--repo", "-t", "--title", "-b", "--body", "-F", "-f", "-X", "--method", "-H", "--field", "--raw-field",
        "--input", "--jq", "-q", "--notes", "-n", "--target", "--base", "--head", "-m",
    }
)  # fmt: skip
"""Options of the command lines of forges that have a value."""


def pushes(readout: Readout) -> Iterator[Seen]:
    """Give what a text would push, publish or deploy."""
    for run in readout.runs:
        match run.name:
            case "git":
                yield from _git(run)
            case "gh" | "glab" | "hub" | "tea":
                yield from _forge(run)
            case "svn" | "hg" | "jj" | "gt" | "sl":
                yield from _others(run)
            case _:
                yield from _tools(run)


def _git(run: Run) -> Iterator[Seen]:
    word, given, _ = git_words(run)
    if word in {"send-email", "request-pull"}:
        if word == "send-email" and not given.has("--dry-run"):
            yield seen(PLAIN, run, "`git send-email` would mail commits to others")
        return
    if word == "svn" and given.operands[:1] and given.operands[0].text == "dcommit":
        yield seen(PLAIN, run, "`git svn dcommit` would commit to the server")
    if word not in {"push", "subtree"} or given.has(*_DRY):
        return
    if word == "subtree" and not (given.operands and given.operands[0].text == "push"):
        return
    remote, *refs = [one.text for one in given.operands] or ["its remote"]
    targets = [ref.rpartition(":")[2].removeprefix("refs/heads/").lstrip("+") for ref in refs]
    where = f"on `{shown(remote)}`" if given.operands else "on its remote"
    defaults = [one for one in targets if one in _DEFAULTS]
    if given.has("-d", "--delete") or any(ref.startswith(":") and len(ref) > 1 for ref in refs):
        what = ", ".join(shown(one, 40) for one in targets[:3])
        yield seen(DELETED, run, f"`git push` would delete `{what}` on the remote", HIGH if defaults else None)
        return
    mirrors = [one for one in ("--mirror", "--prune") if given.has(one)]
    if mirrors:
        yield seen(DELETED, run, f"`git push {mirrors[0]}` would delete branches {where} that are not here")
        return
    leased = any(flag.startswith(("--force-with-lease", "--force-if-includes")) for flag in given.flags)
    if given.has("-f", "--force") or any(ref.startswith("+") for ref in refs) or leased:
        on = f"`{shown(defaults[0])}`" if defaults else "a branch"
        how = MEDIUM if leased and not defaults and not given.has("-f", "--force") else None
        yield seen(FORCED, run, f"`git push` would overwrite {on} {where}: commits of others can be lost", how)
        return
    if defaults:
        yield seen(DEFAULT, run, f"`git push` would change `{shown(defaults[0])}` {where}, without a review")
        return
    what = "all branches" if given.has("--all", "--branches") else "tags" if given.has("--tags") else "commits"
    yield seen(PLAIN, run, f"`git push` would send {what} {where.replace('on ', 'to ', 1)}")


_READS = frozenset({"view", "list", "status", "diff", "checks", "download", "verify", "checkout"})


def _forge(run: Run) -> Iterator[Seen]:
    given = options(run.args, _FORGE_VALUES)  # fmt: skip
    words = [one.text for one in given.operands]
    if len(words) < 2 and words[:1] != ["api"]:
        return
    area, verb = words[0], words[1] if len(words) > 1 else ""
    if verb in _READS:
        return
    if area in {"pr", "mr"} and verb == "merge":
        admin = given.has("--admin")
        yield seen(
            MERGE,
            run,
            f"`{run.name} {area} merge` would merge {'past the rules' if admin else 'into the base'}",
            HIGH if admin else None,
        )
    elif area in {"pr", "mr"} and verb == "create" and not given.has("--dry-run"):
        yield seen(PLAIN, run, f"`{run.name} {area} create` would ask others to take commits in")
    elif area in {"pr", "mr"} and (verb == "approve" or (verb == "review" and given.has("--approve", "-a"))):
        yield seen(MERGE, run, f"`{run.name} {area} {verb}` would approve in a person's name", HIGH)
    elif area == "release" and verb in {"create", "upload", "edit", "delete", "delete-asset"}:
        yield seen(RELEASE, run, f"`{run.name} release {verb}` would change what is published")
    elif area == "workflow" and verb in {"run", "enable", "disable"}:
        yield seen(DEPLOY, run, f"`{run.name} workflow {verb}` would start or switch a pipeline", confidence=LIKELY)
    elif area == "repo" and verb in {"delete", "archive", "edit", "rename", "create"}:
        severity = HIGH if verb in {"delete", "archive"} or given.value("--visibility") is not None else None
        yield seen(RELEASE, run, f"`{run.name} repo {verb}` would change a repository for all", severity)
    elif area in {"secret", "variable"} and verb in {"set", "delete", "remove"}:
        yield seen(DEPLOY, run, f"`{run.name} {area} {verb}` would change what pipelines run with", confidence=LIKELY)
    elif area == "api":
        yield from _api(run, given, verb)


def _api(run: Run, given: Options, path: str) -> Iterator[Seen]:
    method = given.value("-X", "--method")
    verb = method.text.upper() if method else "POST" if given.has("-f", "-F", "--field", "--raw-field", "--input") else "GET"
    if verb in {"GET", "HEAD"} or path.lstrip("/") == "graphql":
        if path.lstrip("/") == "graphql" and any("mutation" in one for one in run.words):
            yield seen(MERGE, run, f"`{run.name} api graphql` would change something on the forge", confidence=LIKELY)
        return
    if "/merge" in path or "/merges" in path or "/reviews" in path:
        yield seen(MERGE, run, f"`{run.name} api` would merge or approve", HIGH if "protection" in path else None)
    elif "protection" in path or "rulesets" in path or "/hooks" in path or "/collaborators" in path:
        yield seen(MERGE, run, f"`{run.name} api` would change the protection of a repository", HIGH)
    else:
        yield seen(
            RELEASE, run, f"`{run.name} api -X {shown(verb, 10)}` would change something on the forge", confidence=LIKELY
        )


def _others(run: Run) -> Iterator[Seen]:
    words = [one for one in run.words if not one.startswith("-")]
    verbs = {
        "svn": ("commit", "ci", "import"),
        "hg": ("push",),
        "jj": ("push",),
        "gt": ("submit", "ss"),
        "sl": ("push", "pr"),
    }
    if words and (words[0] in verbs[run.name] or (run.name == "jj" and words[:2] == ["git", "push"])):
        yield seen(PLAIN, run, f"`{run.name} {words[0]}` would send commits to the server")


def _tools(run: Run) -> Iterator[Seen]:
    name = run.name
    args = run.args
    if name in {"npx", "bunx", "pnpx", "uvx", "pipx", "pnpm", "yarn", "npm"} and args:
        at = 1 if args[0].text in {"run", "exec", "dlx", "x"} else 0
        while at < len(args) and args[at].text.startswith("-"):
            at += 1
        inner = args[at].text.partition("@")[0] if at < len(args) else ""
        if (at or name.endswith("x")) and (inner in _PACKAGES or inner in _DEPLOYS):
            name, args = inner, args[at + 1 :]
    if name.startswith("python") and len(args) > 2 and args[0].text == "-m":
        name, args = args[1].text, args[2:]
    if name not in _PACKAGES and name not in _DEPLOYS and name not in {"gradle", "gradlew"}:
        return
    given = options(args, _VALUES, clusters=name not in {"terraform", "tofu", "terragrunt"})
    if given.has(*_MILD) or any(flag.startswith("--dry-run") for flag in given.flags):
        return
    if name == "docker" and args and args[0].text in {"buildx", "build"}:
        if given.has("--push"):
            yield seen(PACKAGE, run, "`docker build --push` would publish an image")
        return
    words = [one.text for one in given.operands]
    if name in {"mvn", "mvnw"}:
        goals = [one for one in words if one in {"deploy", "release:perform", "deploy:deploy"}]
        if goals:
            yield seen(PACKAGE, run, f"`{name} {goals[0]}` would publish what cannot be taken back")
        return
    if name == "docker" and words[:2] == ["compose", "push"]:
        yield seen(PACKAGE, run, "`docker compose push` would publish images")
        return
    if name in {"gradle", "gradlew"}:
        if any(one.rpartition(":")[2].startswith("publish") and "ToMavenLocal" not in one for one in words):
            yield seen(PACKAGE, run, f"`{name}` would publish packages")
        return
    if (found := _verb(words, _PACKAGES.get(name, ()), args)) is not None:
        yield seen(PACKAGE, run, f"`{_called(name, found)}` would publish what cannot be taken back")
    elif (found := _verb(words, _DEPLOYS.get(name, ()), args)) is not None:
        alone = given.has("-auto-approve", "--auto-approve", "--yes", "-y", "--require-approval=never") and name in {
            "terraform", "tofu", "terragrunt", "pulumi"
        }  # fmt: skip
        yield seen(DEPLOY, run, f"`{_called(name, found)}` would change what runs for others", HIGH if alone else None)


def _called(name: str, verbs: Collection[str]) -> str:
    return shown(" ".join((name, *verbs)))


def _verb(words: list[str], known: tuple[tuple[str, ...], ...], args: tuple[Field, ...]) -> tuple[str, ...] | None:
    for verbs in known:
        if tuple(words[: len(verbs)]) == verbs:
            return verbs
        if verbs and verbs[0].startswith("--") and any(one.text == verbs[0] for one in args):
            return verbs
    return None
