"""Scopes: what a task is about, told by the files that it touches, and which rules belong to each.

A scope has the globs under which an assistant loads its rules. Rules of code belong to scopes by their languages, rules of
infrastructure by the first word of their id; the families in `ANYWHERE` hold for every task, `SILENT` ones say nothing to an
assistant (they ask a reviewer for care, teach the scanner, or look at what the assistant is sent). Guidance that is about
languages without a scope alone stands in no file: it would be in the context of tasks that it says nothing about.
"""

from typing import NamedTuple

from clearance.facts.glob import matcher
from clearance.rules.model import Rule

ANYWHERE = ("commands", "packages", "personal", "secrets", "tampering")
SILENT = ("prompts", "triggers", "vocabulary")


class Scope(NamedTuple):
    """`languages` and `prefixes` say which rules belong to it: by the languages of a page of code, by how the id of a page
    of infrastructure starts. `covers` is how a description for the assistant names its files."""

    name: str
    title: str
    globs: tuple[str, ...]
    covers: str
    languages: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


SCOPES = (
    Scope("python", "Python", ("**/*.py", "**/*.pyi"), "Python code", ("python",)),
    Scope(
        "javascript",
        "JavaScript and TypeScript",
        (
            "**/*.js", "**/*.mjs", "**/*.cjs", "**/*.jsx", "**/*.ts", "**/*.mts", "**/*.cts", "**/*.tsx", "**/*.vue",
            "**/*.svelte",
        ),
        "JavaScript or TypeScript code",
        ("javascript", "typescript", "tsx"),
    ),
    Scope("java", "Java", ("**/*.java",), "Java code", ("java",)),
    Scope("go", "Go", ("**/*.go",), "Go code", ("go",)),
    Scope("ruby", "Ruby", ("**/*.rb",), "Ruby code", ("ruby",)),
    Scope("php", "PHP", ("**/*.php",), "PHP code", ("php",)),
    Scope("csharp", "C#", ("**/*.cs",), "C# code", ("csharp",)),
    Scope("rust", "Rust", ("**/*.rs",), "Rust code", ("rust",)),
    Scope("kotlin", "Kotlin", ("**/*.kt", "**/*.kts"), "Kotlin code", ("kotlin",)),
    Scope("swift", "Swift", ("**/*.swift",), "Swift code", ("swift",)),
    Scope("scala", "Scala", ("**/*.scala",), "Scala code", ("scala",)),
    Scope("c", "C and C++", ("**/*.c", "**/*.h", "**/*.cc", "**/*.cpp", "**/*.hpp"), "C or C++ code", ("c", "cpp")),
    Scope("shell", "Shell", ("**/*.sh", "**/*.bash", "**/*.zsh"), "shell scripts", ("shell",)),
    Scope("sql", "SQL", ("**/*.sql",), "SQL", ("sql",)),
    Scope("html", "HTML", ("**/*.html", "**/*.htm"), "HTML pages and templates", ("html",)),
    Scope(
        "docker",
        "Dockerfiles",
        ("**/Dockerfile", "**/Dockerfile.*", "**/*.dockerfile", "**/Containerfile"),
        "Dockerfiles",
        ("dockerfile",),
        ("docker", "image"),
    ),
    Scope(
        "compose",
        "Compose files",
        ("**/docker-compose*.yml", "**/docker-compose*.yaml", "**/compose*.yml", "**/compose*.yaml"),
        "Compose files",
        prefixes=("compose",),
    ),
    Scope(
        "kubernetes",
        "Kubernetes",
        (
            "**/k8s/**/*.yaml", "**/k8s/**/*.yml", "**/kubernetes/**/*.yaml", "**/kubernetes/**/*.yml",
            "**/manifests/**/*.yaml", "**/manifests/**/*.yml", "**/charts/**/*.yaml", "**/helm/**/*.yaml",
            "**/templates/*.yaml", "**/kustomization.yaml",
        ),
        "Kubernetes manifests and Helm charts",
        prefixes=("kubernetes", "helm"),
    ),
    Scope(
        "terraform",
        "Terraform",
        ("**/*.tf", "**/*.tfvars", "**/*.tf.json"),
        "Terraform",
        ("hcl",),
        ("terraform", "aws", "azure", "google"),
    ),
    Scope(
        "github-actions",
        "GitHub Actions",
        (".github/workflows/*.yml", ".github/workflows/*.yaml", "**/action.yml", "**/action.yaml"),
        "GitHub workflows and actions",
        prefixes=("github",),
    ),
    Scope("gitlab-ci", "GitLab CI", ("**/.gitlab-ci.yml", "**/*.gitlab-ci.yml"), "GitLab pipelines", prefixes=("gitlab",)),
    Scope("nginx", "nginx", ("**/nginx*.conf", "**/nginx/**/*.conf"), "nginx configuration", prefixes=("nginx",)),
    Scope(
        "systemd",
        "systemd units",
        ("**/*.service", "**/*.socket", "**/*.timer"),
        "systemd units",
        prefixes=("systemd", "syst"),
    ),
)  # fmt: skip

BY_NAME = {scope.name: scope for scope in SCOPES}
USUAL = ("python", "javascript", "java", "go")
"""What a repository without any file that is known is taken to become."""
_BY_LANGUAGE = {language: scope.name for scope in SCOPES for language in scope.languages}
_BY_PREFIX = {prefix: scope.name for scope in SCOPES for prefix in scope.prefixes}
_OTHER_NAMES = {"docker": "dockerfile", "c++": "cpp"}
"""What CodeGuard calls languages that have another name here."""
_FITS = tuple((scope.name, matcher(scope.globs)) for scope in SCOPES)


def scopes_of(rule: Rule) -> tuple[str, ...]:
    """Name the scopes that a rule belongs to; `("",)` for one that holds in every task, `()` for one that says nothing to an
    assistant."""
    if rule.family in SILENT:
        return ()
    if rule.id.startswith("ci-"):
        return ("github-actions", "gitlab-ci")
    if rule.family in ANYWHERE:
        return ("",)
    if rule.family == "infra":
        found = _BY_PREFIX.get(rule.id.partition("-")[0])
        if found:
            return (found,)
    languages = [_OTHER_NAMES.get(language, language) for language in rule.languages]
    named = dict.fromkeys(_BY_LANGUAGE[language] for language in languages if language in _BY_LANGUAGE)
    if rule.advisory and languages and not named:
        return ()
    return tuple(named) or ("",)


def scope_of_path(path: str) -> str:
    """Name the scope of a file by its path below the top; empty where none fits."""
    return next((name for name, fits in _FITS if fits(path)), "")


def scope_named(word: str) -> str:
    """Find a scope by its name or by a language; empty where there is none."""
    return word if word in BY_NAME else _BY_LANGUAGE.get(word, "")
