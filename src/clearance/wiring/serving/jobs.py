"""What a worker can be asked: to judge a change, to look at a text, a package or a prompt, to tell of rules."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.errors import UsageError
from clearance.facts.finding import Finding
from clearance.facts.outcome import RuleInfo
from clearance.facts.package import Registry
from clearance.facts.standing import Reason, Standing, Word
from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Rule
from clearance.wiring.serving.answers import Advised, Leaked, Page, Prompted, Seen
from clearance.wiring.serving.looking import Looking

if TYPE_CHECKING:
    from clearance.facts.outcome import Outcome

_NAME = re.compile(r"[A-Za-z0-9@][A-Za-z0-9._/@:~+-]{0,213}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!~:-]{0,127}")
_SECONDS = 20.0


class Desk:
    """Where one worker works. The methods are the jobs, asked for by their names; all raise `ClearanceError`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._looking = Looking(environment)

    def warm(self, directory: str = "/") -> None:
        """Do what can be done before the first question."""
        self._looking.warm(directory)

    def change(
        self,
        *,
        directory: str,
        staged: bool = False,
        base: str | None = None,
        patch: bytes | None = None,
        agent: str | None = None,
    ) -> "Outcome":
        """Judge a change from end to end and record the decision."""
        from clearance.wiring import Wanted, check

        environment = {**self._environment, "AI_AGENT": agent} if agent else self._environment
        wanted = Wanted(Path(directory), staged=staged, base=base, patch=patch, patch_name="the given patch")
        return check(wanted, environment).outcome

    def text(self, *, directory: str, path: str, text: str, language: str = "", compare: bool = True) -> Seen:
        """Look at the text of one file as it would stand at `path`, beside what is committed there. Without a path it is a
        snippet of that language, or of a file with that suffix."""
        if path:
            return self._looking.look(directory, inside(directory, path), text, compare=compare)
        return self._looking.look(directory, _snippet_name(language), text, snippet=True)

    def package(self, *, directory: str, registry: str, name: str, version: str) -> Standing:
        """Say whether one package may be installed."""
        return _standing(self._environment, directory, registry, name, version)

    def prompt(self, *, directory: str, text: str) -> Prompted:
        """Look for what must not be told and what cannot be seen in a text for a model."""
        seen = self._looking.prompt(directory, text)
        rules = {rule.id: rule for rule in seen.rules}
        return Prompted(tuple(_leaked(finding, rules[finding.rule]) for finding in seen.findings), seen.gaps)

    def glance(self, *, directory: str) -> str:
        """Say which guards of a repository are dead as far as can be seen; empty where all is well."""
        from clearance.wiring import proving
        from clearance.wiring.proving.start import told

        return told(proving.glance(Path(directory), self._environment), "mcp")

    def start(self, *, directory: str) -> str:
        """Fire at the guards of a repository, and say which are dead; empty where all is well."""
        from clearance.wiring import proving

        return proving.at_start(Path(directory), self._environment, "mcp")

    def rules_for(self, *, directory: str, files: Sequence[str], task: str) -> Advised:
        """Give the rules that hold for some files and a task, short enough to be read."""
        from clearance.wiring.instructing import rules_for

        inner = [inside(directory, file) for file in files]
        found = rules_for(Path(directory), self._environment, inner, task)
        return Advised(found.text, found.tokens, tuple(rule.id for rule in found.rules))

    def pages(self, *, directory: str) -> tuple[Page, ...]:
        """List the rule pages that hold in a repository: built-in ones and those of its working tree."""
        return tuple(Page(rule.family, rule.id, rule.title, rule.brief) for rule in self._catalogue(directory))

    def rule(self, *, directory: str, rule: str) -> Rule:
        """Give one rule."""
        from difflib import get_close_matches

        catalogue = self._catalogue(directory)
        found = catalogue.get(rule)
        if found is None:
            near = get_close_matches(rule[:80], [one.id for one in catalogue], n=1)
            hint = f"did you mean {near[0]!r}?" if near else "check_change and check_code name rules by their ids"
            raise UsageError(f"no rule has the id {rule[:80]!r}", next=hint)
        return found

    def _catalogue(self, directory: str) -> Catalogue:
        from clearance.wiring import open_catalogue

        return open_catalogue(Path(directory))


def _leaked(finding: Finding, rule: RuleInfo) -> Leaked:
    """Tell of a finding in a prompt; its message is left out, which may quote what stands there."""
    kind = {"secrets": "secret", "personal": "personal"}.get(finding.family, "hidden")
    disguise = finding.secret.disguise if finding.secret else ""
    return Leaked(finding.place.line, kind, finding.rule, rule.title, finding.fix or rule.brief, disguise)


def _standing(environment: Mapping[str, str], directory: str, registry: str, name: str, version: str) -> Standing:
    import msgspec

    from clearance.collect.memory import HeldContents
    from clearance.facts.text import decode
    from clearance.scan.family import Budget, View
    from clearance.scan.packages.family import PackagesFamily
    from clearance.scan.packages.verdict import standings
    from clearance.settings import PLACE, read_settings
    from clearance.wiring.furnish import builtin_furnish
    from clearance.wiring.places import committed, text

    chosen = _registry(registry)
    path, data = _manifest(chosen, name, version)
    here = Path(directory)
    own = committed(here, environment)
    settings = read_settings(text(own[PLACE]) if PLACE in own else None)
    furnish = msgspec.structs.replace(
        builtin_furnish(here, environment, sightings=False), names=("packages",),
        index_days=settings.scan.index_days, packages=settings.packages,
    )  # fmt: skip
    if settings.packages.data or settings.packages.keys:
        from clearance.wiring.data import chosen_pack

        furnish = msgspec.structs.replace(furnish, pack=chosen_pack(settings.packages, here, environment, furnish.today))
    families, rules = furnish()
    family = families[0]
    if not isinstance(family, PackagesFamily):
        raise TypeError(type(family).__name__)
    raw = data.encode()
    family.start(HeldContents({}, {path: raw}, {path: raw}, complete=False))
    decoded = decode(raw)
    if decoded is None:
        raise UsageError("no text", where=name)
    view = View(path, "after", raw, decoded)
    for one in standings(family.judge(view, Budget(_SECONDS)), view, rules):
        if one.registry is chosen and one.name.lower() == name.lower():
            return one
    unread = Reason(text="could not be read as a name of this registry, so nothing was looked up")
    return Standing(registry=chosen, name=name, version=version, word=Word.UNKNOWN, reasons=(unread,))


_ALIASES = {
    "pypi": Registry.PYPI, "pip": Registry.PYPI, "python": Registry.PYPI, "npm": Registry.NPM, "conda": Registry.CONDA,
    "go": Registry.GO, "golang": Registry.GO, "maven": Registry.MAVEN, "crates.io": Registry.CARGO, "cargo": Registry.CARGO,
    "rubygems": Registry.RUBYGEMS, "gem": Registry.RUBYGEMS, "nuget": Registry.NUGET,
}  # fmt: skip


def _registry(name: str) -> Registry:
    try:
        return _ALIASES[name.strip().lower()]
    except KeyError:
        known = "PyPI, npm, conda, Go, Maven, crates.io, RubyGems, NuGet"
        raise UsageError(f"no registry is called {name[:40]!r}", next=f"there are {known}") from None


def _manifest(registry: Registry, name: str, version: str) -> tuple[str, str]:
    """Write the smallest file that asks for a package, so that it is judged as one in a change would be."""
    import json

    if not _NAME.fullmatch(name):
        raise UsageError("that is no name of a package", where=name[:80], next="give the name alone, as the registry has it")
    if version and not _VERSION.fullmatch(version):
        raise UsageError("that is no version", where=version[:80], next="give one exact version, or leave it out")
    match registry:
        case Registry.PYPI:
            return "requirements.txt", f"{name}=={version}\n" if version else f"{name}\n"
        case Registry.NPM:
            return "package.json", json.dumps({"dependencies": {name: version or "*"}}, indent=1)
        case Registry.CONDA:
            return "environment.yml", f"dependencies:\n  - {name}{'=' + version if version else ''}\n"
        case Registry.GO:
            return "go.mod", f"module example.com/asked\n\nrequire {name} {version or 'latest'}\n"
        case Registry.MAVEN:
            group, _, artifact = name.partition(":")
            fixed = f"<version>{version}</version>" if version else ""
            inside = f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId>{fixed}"
            return "pom.xml", f"<project><dependencies><dependency>{inside}</dependency></dependencies></project>"
        case Registry.CARGO:
            return "Cargo.toml", f'[dependencies]\n{name} = "{"=" + version if version else "*"}"\n'
        case Registry.RUBYGEMS:
            return "Gemfile", f'gem "{name}"' + (f', "= {version}"' if version else "") + "\n"
        case _:
            return "packages.config", f'<packages><package id="{name}" version="{version}" /></packages>'


def inside(directory: str, path: str) -> str:
    """Give a path from the top of the repository around `directory`, or from `directory` where there is none.

    Raises:
        UsageError: it leads out of there, by its name or through a symlink.
    """
    from clearance.wiring.places import top

    next_ = "give a path of a file within it"
    try:
        base = os.path.realpath(top(Path(directory)))
        # Lexical, before anything is resolved: what is asked for may be absolute.
        whole = os.path.realpath(os.path.join(os.path.realpath(directory), path))  # noqa: PTH118
    except ValueError:
        raise UsageError("is no path", where=path[:200], next=next_) from None
    below = os.path.relpath(whole, base)
    if below in {os.pardir, os.curdir} or below.startswith(os.pardir + os.sep):
        raise UsageError("leads out of the repository", where=path[:200], next=next_)
    return Path(below).as_posix()


_SNIPPETS = {
    "batch": "snippet.bat", "csharp": "snippet.cs", "dockerfile": "Dockerfile", "dotenv": ".env", "hcl": "snippet.tf",
    "javascript": "snippet.js", "kotlin": "snippet.kt", "makefile": "Makefile", "markdown": "snippet.md",
    "notebook": "snippet.ipynb", "powershell": "snippet.ps1", "python": "snippet.py", "ruby": "snippet.rb",
    "rust": "snippet.rs", "shell": "snippet.sh", "terraform": "snippet.tf", "text": "snippet.txt",
    "typescript": "snippet.ts",
}  # fmt: skip
_SUFFIX = re.compile(r"[a-z0-9]{1,12}")


def _snippet_name(language: str) -> str:
    """Name a snippet so that its language is known by that."""
    word = language.strip().lower().lstrip(".")
    if word and word not in _SNIPPETS and not _SUFFIX.fullmatch(word):
        raise UsageError(
            f"no language is called {language[:40]!r}", next="say python, typescript, dockerfile, … or a file suffix"
        )
    return _SNIPPETS.get(word, f"snippet.{word or 'txt'}")
