"""Text -> what it configures, one file a format, and which format a file has."""

import re
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

from clearance.scan.family import Budget, View
from clearance.scan.infra.node import Document

if TYPE_CHECKING:
    from clearance.scan.infra.lower.hcl.references import References

SEEING: Final = frozenset({"terraform", "terraform_json"})
"""Formats whose files see the names of the others of their folder."""
_HEAD: Final = 65_536
"""Characters in which a format without a name of its own must show itself."""
_DOCKER = re.compile(r"(?:.*[._-])?(?:docker|container)file(?:[._-][\w.-]*)?", re.IGNORECASE)
_NO_DOCKER = re.compile(
    r"\.(?:dockerignore|containerignore|md|txt|ya?ml|json|py|sh|js|ts|go|rb|html?|j2|jinja2?|erb|tm?pl)$"
)
_COMPOSE = re.compile(r"(?:.*[._-])?(?:docker-|podman-)?compose(?:[._-][\w.-]*)?\.ya?ml")
_COMPOSE_TEXT = re.compile(
    r"^services:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*([ \t]+)[\w.-]+:[ \t]*(?:[&#].*)?\r?\n", re.MULTILINE
)
_COMPOSE_SERVICE = re.compile(r"^[ \t]+(?:image|build):", re.MULTILINE)
_WORKFLOW = re.compile(r"(?:^|/)\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml$")
_JOBS = re.compile(r"^jobs:", re.MULTILINE)
_TRIGGERS = re.compile(r"^(?:on|'on'|\"on\"):", re.MULTILINE)
_STEPS = re.compile(r"^[ \t]+steps:", re.MULTILINE)
_USES = re.compile(r"^[ \t]+uses:", re.MULTILINE)
_GITLAB = re.compile(r"(?:^|/)(?:\.gitlab-ci|[^/]*\.gitlab-ci)[^/]*\.ya?ml$|(?:^|/)\.gitlab/ci/.*\.ya?ml$")
_API = re.compile(r"(?:^[ \t]*|[{,][ \t]*)\"?apiVersion\"?[ \t]*:", re.MULTILINE)
_OBJECT = re.compile(r"(?:^[ \t]*|[{,][ \t]*)\"?kind\"?[ \t]*:", re.MULTILINE)
_IMAGE = re.compile(r'\{\s*"image":\s*\{\s*"kind":\s*"(?:image|root filesystem)",\s*"layers":')
"""The page that the collector of images writes."""
_VALUES = re.compile(r"(?:[\w-]+[._-])?values(?:[._-][\w-]+)*\.ya?ml")
"""Values of a Helm chart, the default ones and those of an environment."""
_VALUES_TEXT = re.compile(
    r"\b(?:(?:[cC]ontainerS|podS|s)ecurityContext|host(?:Network|PID|IPC)|shareProcessNamespace|(?:extraV|v)olume(?:s|Mounts))\b"
)
_RUNS = re.compile(r"^runs:", re.MULTILINE)
_NGINX_PATH = re.compile(
    r"(?:^|/)(?:nginx[^/]*\.conf|[^/]*\.nginx(?:\.conf)?|nginx\.[^/]+)(?:\.(?:template|tmpl|tpl))?$|(?:^|/)sites-(?:available|enabled)/[^/]+$"
)
_NGINX_MAYBE = re.compile(r"\.(?:conf|nginx|vhost)(?:\.(?:template|tmpl|tpl))?$")
_NGINX_TEXT = re.compile(
    r"^[ \t]*(?:(?:server|http|events|stream)|(?:upstream|location)[ \t][^\n{};=]{1,300})[ \t\r\n]*\{", re.MULTILINE
)
_SYSTEMD_PATH = re.compile(
    r"\.(?:service|socket|timer|mount|automount|path|swap|slice|scope|target|container|pod|kube|network|volume)$"
    r"|\.(?:service|socket|timer|mount|path|slice|target|container)\.d/[^/]+\.conf$"
)
_SYSTEMD_TEXT = re.compile(
    r"^\[(?:Unit|Service|Socket|Timer|Mount|Path|Swap|Slice|Scope|Install|Container|Pod|Kube)\][ \t\r]*$", re.MULTILINE
)


class Lowering(NamedTuple):
    """A format: its name, which is that of its file here."""

    name: str

    def __call__(self, text: str, budget: Budget, references: "References | None" = None) -> Document:
        """Lower a text; `references` are names that other files define, for the formats that know such (`SEEING`).

        Raises:
            NotThis: the text is not in this format.
            OutOfTime: the budget is spent.
        """
        lower: Callable[..., Document] = import_module(f"{__name__}.{self.name}").lower
        return lower(text, budget) if references is None or self.name not in SEEING else lower(text, budget, references)


def lowering_for(view: View) -> Lowering | None:
    """Say how a file is lowered: by its path, and by its words where the path leaves that open; None where it configures
    nothing that rules speak of."""
    name = format_of(view.path, view.language, view.text)
    return Lowering(name) if name else None


def format_of(path: str, language: str | None, text: str) -> str:
    """Name the format of a file, or give an empty text."""
    name = path.rpartition("/")[2]
    if (
        (language in ("dockerfile", None) or "file" in name.lower())
        and _DOCKER.fullmatch(name)
        and not _NO_DOCKER.search(name.lower())
    ):
        return "dockerfile"
    if language == "yaml":
        return _yaml(path, name, text)
    if language == "hcl":
        return "terraform" if path.endswith((".tf", ".tofu", ".tfvars")) else ""
    if name.endswith(".tofu"):
        return "terraform"
    if name.endswith((".tf.json", ".tofu.json", ".tfvars.json")):
        return "terraform_json"
    if name == "image.json" and _IMAGE.match(text):
        return "image"
    if language == "json":
        return "kubernetes" if _is_kubernetes(text) else ""
    if _SYSTEMD_PATH.search(path):
        return "systemd" if _SYSTEMD_TEXT.search(text, 0, _HEAD) else ""
    if language not in (None, "ini"):
        # A name such as nginx.py speaks of nginx, in a language of its own.
        return ""
    if _NGINX_PATH.search(path) or (_NGINX_MAYBE.search(name) and _NGINX_TEXT.search(text, 0, _HEAD)):
        return "nginx"
    return ""


def _yaml(path: str, name: str, text: str) -> str:
    if _WORKFLOW.search(path) or (name in ("action.yml", "action.yaml") and _RUNS.search(text)):
        return "github"
    # A folder or file that is given alone has no path that tells: its words do.
    if "jobs:" in text and _JOBS.search(text) and _TRIGGERS.search(text) and (_STEPS.search(text) or _USES.search(text)):
        return "github"
    if _GITLAB.search(path):
        return "gitlab"
    if _COMPOSE.fullmatch(name):
        return "compose"
    if _is_kubernetes(text):
        return "kubernetes"
    if _VALUES.fullmatch(name) and _VALUES_TEXT.search(text):
        return "helm_values"
    services = _COMPOSE_TEXT.search(text)
    return "compose" if services and _COMPOSE_SERVICE.search(text, services.end()) else ""


def _is_kubernetes(text: str) -> bool:
    return "apiVersion" in text and _API.search(text) is not None and _OBJECT.search(text) is not None
