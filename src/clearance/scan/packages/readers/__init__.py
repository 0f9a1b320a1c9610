"""Reads what names packages: manifests, lock files, install commands, imports. One file a format; each gives mentions.

`readers_for` says which of them a file gets. A reader stands here as `module:function` and is imported when the first file
needs it: most changes touch two or three formats.
"""

import re
from functools import cache
from importlib import import_module

from clearance.scan.family import View
from clearance.scan.packages.mention import Reader

_BY_NAME = {
    "pyproject.toml": "python_manifests:pyproject",
    "pipfile": "python_manifests:pipfile",
    "setup.cfg": "python_setup:setup_cfg",
    "package.json": "npm_manifests:package_json",
    "package-lock.json": "npm_locks:package_lock",
    "npm-shrinkwrap.json": "npm_locks:package_lock",
    "yarn.lock": "npm_yarn:yarn_lock",
    "pnpm-lock.yaml": "npm_pnpm:pnpm_lock",
    "pnpm-workspace.yaml": "npm_pnpm:pnpm_workspace",
    "bun.lock": "npm_bun:bun_lock",
    "bun.lockb": "npm_bun:bun_binary",
    "deno.lock": "npm_bun:deno_lock",
    "deno.json": "npm_manifests:deno_json",
    "deno.jsonc": "npm_manifests:deno_json",
    ".npmrc": "npm_settings:npmrc",
    ".yarnrc": "npm_settings:yarnrc",
    ".yarnrc.yml": "npm_settings:yarnrc_yml",
    "bunfig.toml": "npm_settings:bunfig",
    "pipfile.lock": "python_locks:pipfile_lock",
    "poetry.lock": "python_locks:toml_lock",
    "uv.lock": "python_locks:toml_lock",
    "pdm.lock": "python_locks:toml_lock",
    "uv.toml": "python_indexes:uv_toml",
    "pip.conf": "python_requirements:pip_settings",
    "pip.ini": "python_requirements:pip_settings",
    "go.mod": "go:go_mod",
    "go.work": "go:go_mod",
    "go.sum": "go:go_sum",
    "go.work.sum": "go:go_sum",
    "cargo.toml": "cargo:cargo_toml",
    "cargo.lock": "cargo:cargo_lock",
    "gemfile": "ruby:gemfile",
    "gems.rb": "ruby:gemfile",
    "gemfile.lock": "ruby:gemfile_lock",
    "gems.locked": "ruby:gemfile_lock",
    "pom.xml": "maven:pom",
    "packages.config": "nuget:packages_config",
    "packages.lock.json": "nuget:packages_lock",
    "nuget.config": "nuget:settings",
    "gradle.lockfile": "gradle:lockfile",
    "buildscript-gradle.lockfile": "gradle:lockfile",
    "conda-lock.yml": "conda:lock",
    "conda-lock.yaml": "conda:lock",
    "meta.yaml": "conda:recipe",
    "recipe.yaml": "conda:recipe",
    "pixi.toml": "conda:pixi",
    "tox.toml": "toml_commands:tasks",
    "mise.toml": "toml_commands:tasks",
    ".mise.toml": "toml_commands:tasks",
    "netlify.toml": "toml_commands:tasks",
    "nixpacks.toml": "toml_commands:tasks",
    "config.toml": "toml_commands:tasks",
    "makefile.toml": "toml_commands:tasks",
    "poethepoet.toml": "toml_commands:tasks",
    "procfile": "scripts:procfile",
    "tox.ini": "scripts:tox",
    "justfile": "scripts:justfile",
    ".justfile": "scripts:justfile",
    "vagrantfile": "scripts:embedded",
    "readme": "documents:text_document",
    "install": "documents:text_document",
    "devcontainer.json": "json_commands:settings",
    ".devcontainer.json": "json_commands:settings",
    "tasks.json": "json_commands:settings",
    "launch.json": "json_commands:settings",
    "mcp.json": "json_commands:settings",
    ".mcp.json": "json_commands:settings",
    "mcp_config.json": "json_commands:settings",
    "mcp_settings.json": "json_commands:settings",
    "claude_desktop_config.json": "json_commands:settings",
    "settings.json": "json_commands:settings",
    "settings.local.json": "json_commands:settings",
    "composer.json": "json_commands:settings",
    "vercel.json": "json_commands:settings",
    "app.json": "json_commands:settings",
    "nodemon.json": "json_commands:settings",
    "project.json": "json_commands:settings",
    "turbo.json": "json_commands:settings",
    "nx.json": "json_commands:settings",
    "lerna.json": "json_commands:settings",
    "manifest.json": "json_commands:settings",
    "server.json": "json_commands:settings",
}
"""By the whole name in lower case; such a file gets this reader and no other."""
_BY_PATTERN = (
    (re.compile(r"pylock(?:\.[^.]+)?\.toml"), "python_locks:toml_lock"),
    (re.compile(r".+\.(?:vue|svelte|astro)"), "imports:component_imports"),
    (re.compile(r".*\.(?:cs|fs|vb|db|sql|wix|es|njs|py)proj"), "nuget:project"),
    (re.compile(r"directory\.(?:packages|build)\.(?:props|targets)"), "nuget:project"),
    (re.compile(r".*\.gemspec"), "ruby:gemfile"),
    (re.compile(r".*\.pom"), "maven:pom"),
    (re.compile(r".*\.versions\.toml"), "gradle:catalog"),
    (re.compile(r".*\.gradle(?:\.kts)?"), "gradle:build_script"),
    (re.compile(r"conda-[\w.-]*lock\.ya?ml"), "conda:lock"),
    (re.compile(r"conda-[\w.-]*\.lock"), "conda:explicit"),
    (re.compile(r"jenkinsfile.*|.*\.jenkins(?:file)?"), "code:listed"),
    (re.compile(r"procfile\..+"), "scripts:procfile"),
    (re.compile(r"[\w.-]*mcp[\w.-]*\.json|.*\.code-workspace"), "json_commands:settings"),
    (re.compile(r"(?:readme|install|contributing|hacking|getting[-_]started)(?:\.txt)?"), "documents:text_document"),
    (re.compile(r".*\.(?:adoc|asciidoc|org)"), "documents:text_document"),
    (re.compile(r".*\.(?:cmd)"), "scripts:batch"),
    (re.compile(r".*\.(?:psm1|psd1)"), "scripts:powershell"),
    (re.compile(r".*\.mdx"), "documents:markdown"),
    (re.compile(r"makefile\..+"), "scripts:makefile"),
    (re.compile(r".*\.just"), "scripts:justfile"),
    (re.compile(r".*\.(?:ksh|fish|bats|command)|\.(?:envrc|zshrc|bash_profile|bash_aliases)"), "scripts:shell"),
    (re.compile(r"(?:pre|post)-(?:commit|push|merge|checkout)"), "scripts:shell"),
)  # fmt: skip
"""By a pattern that the whole name in lower case matches; the first one counts."""
_BY_LANGUAGE = {
    "python": ("imports:python_imports", "code:listed", "script_metadata:inline_metadata"),
    "javascript": ("imports:script_imports", "code:listed"),
    "typescript": ("imports:script_imports", "code:listed"),
    "tsx": ("imports:script_imports", "code:listed"),
    "notebook": ("notebook:notebook",),
    "markdown": ("documents:markdown",),
    "rst": ("documents:restructured",),
    "shell": ("scripts:shell",),
    "dockerfile": ("scripts:dockerfile",),
    "makefile": ("scripts:makefile",),
    "yaml": ("yaml_commands:commands",),
    "powershell": ("scripts:powershell",),
    "batch": ("scripts:batch",),
    "groovy": ("code:listed",),
    "go": ("code:listed",),
    "java": ("code:listed",),
    "kotlin": ("code:listed",),
    "scala": ("code:listed",),
    "ruby": ("code:listed",),
    "php": ("code:listed",),
    "csharp": ("code:listed",),
    "rust": ("code:listed",),
    "hcl": ("scripts:embedded",),
    "html": ("documents:html",),
    "text": ("documents:text_document",),
}
"""By the language that `scan/language.py` names; all of them are asked."""
_BY_PLACE = (
    (re.compile(r"(?:^|/)var/lib/dpkg/status(?:\.d/[^/]+)?\Z"), "installed:dpkg_status"),
    (re.compile(r"(?:^|/)lib/apk/db/installed\Z"), "installed:apk_installed"),
    (re.compile(r"(?:^|/)var/lib/rpm/packages\.tsv\Z"), "installed:rpm_listing"),
    (re.compile(r"\.(?:dist-info/METADATA|egg-info/PKG-INFO)\Z"), "installed:python_metadata"),
    (re.compile(r"(?:^|/)node_modules/(?:@[^/]+/)?[^/@]+/package\.json\Z"), "installed:npm_installed"),
    (re.compile(r"(?:^|/)\.cargo/config(?:\.toml)?\Z"), "cargo:cargo_config"),
    (re.compile(r"(?:^|/)(?:\.m2|\.mvn)/[\w.-]*settings[\w.-]*\.xml\Z"), "maven:pom"),
)
"""By where a file lies: records of what is installed, and settings."""
_REQUIREMENTS = re.compile(
    r"(?:^|/)(?:[\w.-]*(?:requirements?|constraints?)[\w.-]*\.(?:txt|in|pip)|requirements/[^/]+\.(?:txt|in|lock|pip)"
    r"|[\w.-]*requirements?[\w.-]*\.lock)$",
    re.IGNORECASE,
)
_BINARY = frozenset({"bun.lockb", "setup.py"})
"""Lock files that are no text, which nobody reads here, and what names packages besides other things."""
_CHANNELS = re.compile(r"^channels:", re.MULTILINE)
_ENVIRONMENT = re.compile(r"(?:conda|environment|env)[\w.-]*\.ya?ml")


def is_requirements(path: str) -> bool:
    """Whether a path names a requirements or constraints file of pip."""
    return bool(_REQUIREMENTS.search(path))


def claims(path: str) -> bool:
    """Whether a file names packages by its very name, so that one that is no text is no harmless binary."""
    base = path.rpartition("/")[2].lower()
    return (
        base in _BY_NAME
        or base in _BINARY
        or is_requirements(path)
        or base.startswith(("dockerfile", "containerfile"))
        or any(place.search(path) for place, _ in _BY_PLACE)
        or any(pattern.fullmatch(base) for pattern, _ in _BY_PATTERN)
    )


def readers_for(view: View) -> list[Reader]:
    """Give the readers of a file, by its name and language; none for what names no packages."""
    for place, reader in _BY_PLACE:
        if place.search(view.path):
            return [_loaded(reader)]
    base = view.path.rpartition("/")[2].lower()
    if base == "pyproject.toml":
        return [_loaded(_BY_NAME[base]), _loaded("toml_commands:tasks")]
    if base in _BY_NAME:
        return [_loaded(_BY_NAME[base])]
    for pattern, reader in _BY_PATTERN:
        if pattern.fullmatch(base):
            return [_loaded(reader)]
    if base.endswith((".txt", ".lock")) and "@EXPLICIT" in view.text[:4096]:
        return [_loaded("conda:explicit")]
    if is_requirements(view.path):
        return [_loaded("python_requirements:requirements")]
    if base == "setup.py":
        return [_loaded(one) for one in ("python_setup:setup_py", *_BY_LANGUAGE["python"])]
    is_conda = view.language == "yaml" and "dependencies:" in view.text
    if is_conda and (_ENVIRONMENT.fullmatch(base) or _CHANNELS.search(view.text)):
        return [_loaded("conda:environment")]
    if base.startswith(("dockerfile", "containerfile")):
        return [_loaded(one) for one in _BY_LANGUAGE["dockerfile"]]
    return [_loaded(one) for one in _BY_LANGUAGE.get(view.language or "", ())]


@cache
def _loaded(reader: str) -> Reader:
    module, _, function = reader.partition(":")
    found: Reader = getattr(import_module(f"{__name__}.{module}"), function)
    return found
