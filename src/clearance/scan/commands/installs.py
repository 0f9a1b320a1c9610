"""What an install does beside the packages that it names: for the whole machine, with scripts allowed, from another index.

Which packages are good is for the family `packages`, which reads the same text.
"""

import re
from collections.abc import Iterator

from clearance.scan.commands.options import Options, options
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import LIKELY, LOW, MEDIUM, Seen, seen, shown

GLOBAL = "install-global"
SCRIPTS = "install-scripts-allowed"
SYSTEM = "install-system-python"
INDEX = "install-index-replaced"
FOREIGN = "install-foreign-source"

_HERE = re.compile(r"(?:\w+://)?(?:localhost|127\.|\[::1\]|0\.0\.0\.0)", re.IGNORECASE)
_HOMES = re.compile(
    r"https?://(?:pypi\.org|test\.pypi\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|download\.pytorch\.org|npm\.pkg\.github\.com|index\.crates\.io"
    r"|rubygems\.org|proxy\.golang\.org|pypi\.nvidia\.com)(?:[:/]|\Z)|(?:https://)?(?:direct|off)\Z"
)
_VALUES = {
    "-i", "--index-url", "--extra-index-url", "--registry", "-f", "--find-links", "-r", "-c", "-t", "--target",
    "--prefix", "--python", "-p", "--index", "--default-index", "--source", "--config", "--userconfig", "-e",
    "--editable", "--filter", "-C", "--root", "--allow-build",
}  # fmt: skip
_INDEX_VARIABLES = frozenset(
    {
        "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX", "UV_EXTRA_INDEX_URL",
        "NPM_CONFIG_REGISTRY", "npm_config_registry", "YARN_NPM_REGISTRY_SERVER", "GOPROXY", "BUN_CONFIG_REGISTRY",
        "PIP_FIND_LINKS",
    }
)  # fmt: skip
_INSTALLS = frozenset({"install", "i", "add", "in", "ins", "ci", "sync", "download", "wheel", "tool", "isntall"})


def installs(readout: Readout) -> Iterator[Seen]:
    """Give what installs do beside bringing packages."""
    for run in readout.runs:
        for key, field in run.environment.items():
            if key in _INDEX_VARIABLES and not _fine(field.text):
                yield seen(INDEX, run, f"`{shown(key)}` would take packages from `{shown(field.text, 50)}`", None, LIKELY)
        name, args = run.name, run.args
        if re.fullmatch(r"python[\d.]*|py", name) and run.words[:2] == ("-m", "pip"):
            name, args = "pip", args[2:]
        elif name == "uv" and run.words[:1] == ("pip",):
            name, args = "pip", args[1:]
        given = options(args, _VALUES)
        words = [one.text for one in given.operands]
        if re.fullmatch(r"pip[\d.]*", name):
            yield from _pip(run, given, words)
        elif name in {"npm", "pnpm", "yarn", "bun"}:
            yield from _npm(run, name, given, words)
        elif name in {"gem", "cargo", "go", "uv", "poetry", "pipx", "pdm"}:
            yield from _index(run, name, given, words)
        else:
            bare = options(args)
            yield from _foreign(run, name, bare, [one.text for one in bare.operands])


def _fine(address: str) -> bool:
    return _HERE.match(address) is not None or _HOMES.match(address) is not None or not address.strip("\0\x01")


def _index(run: Run, name: str, given: Options, words: list[str]) -> Iterator[Seen]:
    if not _INSTALLS & set(words[:3]):
        return
    for one in given.all("-i", "--index-url", "--registry", "--index", "--default-index", "--source"):
        address = one.text.rpartition("=")[2]
        if "://" in address and not _fine(address):
            yield seen(INDEX, run, f"`{name}` would take packages from `{shown(address, 50)}`", None, LIKELY)
            return


def _pip(run: Run, given: Options, words: list[str]) -> Iterator[Seen]:
    if words[:2] == ["config", "set"] and len(words) > 3 and "index-url" in words[2] and not _fine(words[3]):
        yield seen(INDEX, run, f"`pip config` would take all packages from `{shown(words[3], 50)}` from now on", MEDIUM)
        return
    if words[:1] not in (["install"], ["download"], ["wheel"]):
        return
    yield from _index(run, "pip", given, words)
    if given.has("--break-system-packages"):
        yield seen(SYSTEM, run, "`pip --break-system-packages` would change the Python that the system needs")
    elif "sudo" in run.via and words[0] == "install":
        yield seen(
            SYSTEM,
            run,
            "`sudo pip install` would change the Python that the system needs, and run build scripts with all rights",
        )


def _npm(run: Run, name: str, given: Options, words: list[str]) -> Iterator[Seen]:
    text = " ".join(run.words)
    if words[:2] == ["config", "set"] or words[:1] == ["set"]:
        rest = " ".join(words[1 if words[0] == "set" else 2 :])
        if re.match(r"(?:ignore-scripts[ =]false|enableScripts true|dangerouslyAllowAllBuilds[ =]true|side-effects)", rest):
            yield seen(SCRIPTS, run, f"`{name} config` would let all packages run scripts from now on")
        found = re.match(r"(?:@[\w.-]+:)?(?:registry|npmRegistryServer)[ =](\S+)", rest)
        if found and not _fine(found[1]):
            yield seen(
                INDEX, run, f"`{name} config` would take all packages from `{shown(found[1], 50)}` from now on", MEDIUM
            )
        return
    if words[:1] == ["approve-builds"] or (name == "bun" and words[:2] == ["pm", "trust"]):
        yield seen(SCRIPTS, run, f"`{name} {words[0]}` would let packages run scripts when they are installed")
        return
    if not _INSTALLS & set(words[:2]) and name != "yarn":
        return
    if re.search(
        r"--ignore-scripts[= ]false|--dangerously-allow-all-builds|--allow-build(?:=|\s)|--no-ignore-scripts|--trust\b", text
    ):
        yield seen(SCRIPTS, run, f"`{name}` would let packages run scripts when they are installed")
    yield from _index(run, name, given, words)
    bring = (not given.has("--dry-run") and given.has("-g", "--global", "--location")) or words[:2] == ["global", "add"]
    if bring and (len(words) > 1 or given.has("-g")):
        yield seen(GLOBAL, run, f"`{name} -g` would install for the whole account, outside of this project")


def _foreign(run: Run, name: str, given: Options, words: list[str]) -> Iterator[Seen]:
    if not words:
        return
    said = ""
    match name:
        case "dpkg" if given.has("-i", "--install"):
            said = "`dpkg -i` would install a package that no archive signed"
        case "rpm" if given.has("-i", "-U", "--install", "--upgrade"):
            said = "`rpm` would install a package from a file"
        case "apt" | "apt-get" | "dnf" | "yum" | "zypper" | "apk":
            files = [one for one in words[1:] if re.search(r"\.(?:deb|rpm|apk)\Z", one)]
            if given.has("--allow-unauthenticated", "--nogpgcheck", "--no-gpg-checks", "--allow-untrusted"):
                said = f"`{name}` would install what nobody signed"
            elif words[0] in {"install", "add"} and files:
                said = f"`{name}` would install the file `{shown(files[0], 50)}`"
        case "add-apt-repository" | "apt-key":
            said = f"`{name}` would trust another source of packages" if words[0] not in {"list", "--list"} else ""
        case "brew" if words[0] == "tap" and len(words) > 1:
            said = f"`brew tap` would trust another source: `{shown(words[1], 50)}`"
        case "brew" if words[0] == "install" and any("://" in one for one in words):
            said = "`brew install` would run a formula from an address"
        case "snap" if given.has("--dangerous", "--devmode"):
            said = "`snap` would install what nobody signed"
        case "gh" if words[:2] == ["extension", "install"]:
            said = "`gh extension install` would run a program of somebody as you"
        case "helm" if words[:2] == ["plugin", "install"] or words[:2] == ["repo", "add"]:
            said = f"`helm {words[0]}` would trust another source"
        case "kubectl" if words[:2] == ["krew", "install"]:
            said = "`kubectl krew` would install a plugin"
        case "code" | "cursor" | "codium" if run.words[:1] == ("--install-extension",):
            said = f"`{name}` would install an extension of the editor"
        case "conda" | "mamba" if words[:2] == ["config", "channels"] or "channels" in words[:3]:
            said = f"`{name} config` would trust another channel"
    if said:
        yield seen(FOREIGN, run, said, LOW if name in {"code", "cursor", "codium", "helm", "brew"} else None)
