"""What a shell does itself, without a program: `cd`, `eval`, `alias`, `set`, …"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from clearance.scan.commands.expand import Scope
from clearance.scan.commands.field import HOME, MAYBE, SOME
from clearance.scan.commands.run import Hidden, Run
from clearance.scan.commands.said import printed
from clearance.scan.commands.shell import Shell, within

if TYPE_CHECKING:
    from clearance.scan.commands.walk import Walker

SETS_UP = frozenset(
    {
        "ssh-agent", "pyenv", "rbenv", "nodenv", "jenv", "goenv", "direnv", "brew", "conda", "mamba", "micromamba",
        "starship", "zoxide", "fnm", "mise", "rtx", "asdf", "opam", "luarocks", "dircolors", "docker-machine", "minikube",
        "thefuck", "fzf", "register-python-argcomplete", "kubectl", "helm", "gh", "npm", "pip", "uv", "poetry",
        "keychain", "gpg-agent", "nix", "devbox", "hatch", "pipenv", "fasd", "atuin", "rustup", "perl", "resize",
        "lesspipe", "tmuxifier", "getopt", "dbus-launch",
    }
)  # fmt: skip
"""Programs whose output is made for `eval`."""


def built_in(walker: "Walker", run: Run, shell: Shell) -> bool:
    """Do what a shell does itself; False for a program."""
    match run.name:
        case "cd" | "pushd" | "chdir":
            targets = [one for one in run.words if not one.startswith("-") or one == "-"]
            target = targets[0] if targets else HOME
            if target == "-":
                shell.directory, shell.previous = shell.previous, shell.directory
                return True
            shell.previous = shell.directory
            known = MAYBE not in target and SOME not in target and not target.startswith("+")
            shell.directory = within(shell.directory, target) if known else None
        case "popd":
            shell.directory = None
        case "shift":
            _shifted(run.words, shell.scope)
        case "eval":
            _evaluated(walker, run, shell)
        case "alias":
            for one in run.words:
                key, sign, value = one.partition("=")
                if sign:
                    walker.aliases[key] = value
        case "trap":
            if run.words and run.words[0] not in {"", "-", "--", "-l", "-p"}:
                walker.text(run.args[0], shell.sub(), "trap")
        case "read" | "mapfile" | "readarray" | "unset":
            for one in run.words:
                if not one.startswith("-"):
                    shell.scope.values.pop(one, None)
                    if run.stdin is not None:
                        shell.scope.put(one, (run.stdin.strip(),))
        case "set":
            rest = _set(run.words)
            for number, value in enumerate(rest[:9], 1):
                shell.scope.put(str(number), (value,))
            if rest:
                shell.scope.put("@", rest)
                shell.scope.put("*", (" ".join(rest),))
        case "printf" if run.words[:1] == ("-v",):
            if len(run.words) > 2:
                shell.scope.put(run.words[1], (printed(run.words[2:]),))
        case _:
            return False
    return True


def _evaluated(walker: "Walker", run: Run, shell: Shell) -> None:
    text = " ".join(run.words)
    span = (run.start, run.end)
    if MAYBE not in text and SOME not in text:
        walker.read(text, shell, span)
        return
    inner = tuple(run.inner())
    usual = bool(inner) and all(one.name in SETS_UP for one in inner)
    said = f"what `eval` would run is the output of `{inner[0].name}`" if inner else "what `eval` would run is not known"
    walker.hidden.append(Hidden(*span, said, usual))
    if not inner and text.strip(f"{MAYBE}{SOME} \t\n"):
        walker.read(text, shell.sub(), span)


def _shifted(words: Sequence[str], scope: Scope) -> None:
    """Do what `shift` does to the arguments."""
    count = int(words[0]) if words and words[0].isdigit() and len(words[0]) < 4 else 1
    rest = scope.values.get("@", ())[count:]
    for number in range(1, 10):
        scope.put(str(number), (rest[number - 1] if number <= len(rest) else "",))
    scope.put("@", rest or ("",))
    scope.put("*", (" ".join(rest),))


def _set(words: Sequence[str]) -> Sequence[str]:
    """Give the arguments that `set` sets."""
    at = 0
    while at < len(words) and words[at][:1] in {"-", "+"}:
        if words[at] in {"--", "-"}:
            return words[at + 1 :]
        at += 1 + ("o" in words[at])
    return words[at:]
