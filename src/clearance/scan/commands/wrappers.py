"""Programs that start another one: how their own arguments end and the other's begin."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from clearance.scan.commands.field import Field

_ASSIGNS = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "ash", "fish", "mksh", "rbash", "pwsh", "powershell"})


class Wrapper(NamedTuple):
    """`valued`: options with a value in the next word. `operands`: words before the command. `assigns`: `A=b` may stand
    before it. `marks`: words behind which the command begins (`--`, `run`); all before is its own. `joins`: the words are
    one text for a shell. `shells`: an option whose value is a text for a shell. `host`: it runs elsewhere."""

    valued: frozenset[str] = frozenset()
    operands: int = 0
    assigns: bool = False
    marks: tuple[str, ...] = ()
    joins: bool = False
    shells: tuple[str, ...] = ()
    host: str = ""


def _of(valued: str = "", operands: int = 0, **rest: object) -> Wrapper:
    return Wrapper(frozenset(valued.split()), operands, **rest)  # type: ignore[arg-type]


_RUN = _of("--extra --with --with-editable --python -p --group --package --directory --project --env-file -e --only-group",
           marks=("run",))  # fmt: skip
WRAPPERS: dict[str, Wrapper] = {
    "sudo": _of("-u -g -p -h -C -D -R -T -U -r -t --user --group --host --prompt --chdir --chroot", assigns=True),
    "doas": _of("-u -C"),
    "pkexec": _of("--user"),
    "su": _of("-s -g -G -w --shell", operands=9, shells=("-c", "--command")),
    "runuser": _of("-u -g -G -s", shells=("-c", "--command")),
    "env": _of("-u -C --unset --chdir --block-signal --ignore-signal", assigns=True, shells=("-S", "--split-string")),
    "nohup": _of(), "setsid": _of(), "exec": _of("-a"), "command": _of(), "builtin": _of(), "unbuffer": _of(),
    "time": _of("-f -o --format --output"), "gtime": _of("-f -o"), "nice": _of("-n --adjustment"),
    "ionice": _of("-c -n -p -P -u"), "timeout": _of("-k -s --kill-after --signal", 1), "gtimeout": _of("-k -s", 1),
    "stdbuf": _of("-i -o -e --input --output --error"), "chrt": _of("", 1), "taskset": _of("", 1), "choom": _of("-n"),
    "watch": _of("-n --interval -q --equexit", joins=True), "strace": _of("-o -e -p -s -E -P -a -I -u"),
    "ltrace": _of("-o -e -p -s -n -u"), "perf": _of("-o -e -F", 1), "catchsegv": _of(), "chronic": _of(), "ts": _of(),
    "flock": _of("-w -E --timeout --conflict-exit-code", 1, shells=("-c", "--command")),
    "chroot": _of("", 1), "unshare": _of("-S -G -R -w"), "nsenter": _of("-t -S -G"), "caffeinate": _of("-t -w"),
    "arch": _of("", 0), "busybox": _of(), "toybox": _of(), "script": _of("-c -E -I -O -T", 9, shells=("-c", "--command")),
    "xargs": _of("-I -n -P -L -d -a -E -s -i -l --max-args --max-procs --replace --delimiter --arg-file --max-lines"),
    "parallel": _of("-j -a -S --jobs --joblog --colsep --delay --timeout", joins=True),
    "entr": _of("-s"), "dotenv": _of("-e -f --file", marks=("--", "run")), "doppler": _of("-p -c", marks=("--",)),
    "direnv": _of("", 1, marks=("exec",)), "op": _of("--env-file", marks=("--",)), "infisical": _of("", marks=("--",)),
    "poetry": _of("-C --directory --project", marks=("run",)), "uv": _RUN, "pipenv": _RUN,
    "hatch": _of("-e -p", marks=("run",)),
    "pdm": _RUN, "rye": _RUN, "pixi": _RUN, "bundle": _of("", marks=("exec",)), "rbenv": _of("", marks=("exec",)),
    "pyenv": _of("", marks=("exec",)), "mise": _of("", marks=("--",)), "asdf": _of("", 1, marks=("exec",)),
    "conda": _of("-n -p --name --prefix --cwd", marks=("run",)), "mamba": _of("-n -p", marks=("run",)),
    "systemd-run": _of("-p -u -M -H --unit --property --uid --gid --description --slice --working-directory"),
    "xvfb-run": _of("-n -s -f -e --server-args --server-num"), "dbus-run-session": _of(), "firejail": _of(),
    "npx": _of("-p --package", 99, shells=("-c", "--call")), "cross-env": _of(assigns=True),
    "cross-env-shell": _of(assigns=True),
    "ssh": _of("-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -Q -R -S -W -w -B", 1, joins=True, host="the host of ssh"),
    "mosh": _of("-p --ssh", 1, marks=("--",), host="the host of mosh"),
    "adb": _of("-s -H -P", marks=("shell",), joins=True, host="a device"),
    "wsl": _of("-d -u --distribution --user --cd"), "docker-compose": _of("-f -p --file", 0, marks=("",)),
}  # fmt: skip
_DOCKER_RUN = (
    "-e -u -w -v -p -l -h -m -c -a --env --user --workdir --env-file --name --volume --publish --network --net --entrypoint"
    " --mount --platform --label --hostname --memory --cpus --gpus --add-host --device --cap-add --cap-drop --security-opt"
    " --restart --pull --shm-size --ulimit --tmpfs --pid --ipc --link --log-driver --dns --runtime --userns --expose"
)
_ELSEWHERE = {  # program -> word of its own -> options with values, operands before the command
    "docker": {"exec": ("-e -u -w --env --user --workdir --env-file --detach-keys", 1), "run": (_DOCKER_RUN, 1)},
    "kubectl": {"exec": ("-n -c --namespace --container --context --kubeconfig -f", 1)},
}
_ELSEWHERE["podman"] = _ELSEWHERE["nerdctl"] = _ELSEWHERE["docker"]
_ELSEWHERE["oc"] = _ELSEWHERE["kubectl"]


class Inside(NamedTuple):
    """What a wrapper starts: the words of a command, or `text` for a shell; variables set for it; where it runs."""

    words: tuple[Field, ...] = ()
    text: Field | None = None
    assigned: tuple[Field, ...] = ()
    host: str = ""
    directory: Field | None = None


def unwrapped(name: str, args: Sequence[Field]) -> Inside | None:
    """Give what a program starts, by its arguments; None where it starts none that the arguments name."""
    if name in _ELSEWHERE:
        return _elsewhere(name, args)
    wrapper = WRAPPERS.get(name)
    if wrapper is None:
        return None
    at = 0
    if wrapper.marks:
        at = next((number + 1 for number, one in enumerate(args[:12]) if one.text in wrapper.marks), len(args))
    assigned: list[Field] = []
    directory: Field | None = None
    operands = wrapper.operands
    while at < len(args):
        text = args[at].text
        option, sign, value = text.partition("=")
        if text == "--":
            at += 1
            break
        if text.startswith("-") and (len(text) > 1 or name == "env"):
            shell = next((one for one in wrapper.shells if option == one or (len(one) == 2 and _clustered(text, one))), "")
            if shell:
                given = args[at]._replace(text=value) if sign else args[at + 1] if at + 1 < len(args) else None
                return None if given is None else Inside(text=given, assigned=tuple(assigned))
            at += 1
            if option in wrapper.valued and not sign:
                directory = (
                    args[at] if option in {"-C", "-D", "--chdir"} and at < len(args) and name in {"env", "sudo"} else None
                )
                at += 1
        elif wrapper.assigns and _ASSIGNS.match(text):
            assigned.append(args[at])
            at += 1
        elif operands:
            operands -= 1
            at += 1
        else:
            break
    words = tuple(args[at:])
    if name == "command" and any(one.text in {"-v", "-V"} for one in args[:1]):
        return None
    if not words:
        return None
    if wrapper.joins:
        joined = " ".join(one.text for one in words)
        inner = tuple(run for one in words for run in one.inner)
        return Inside(text=words[0]._replace(text=joined, inner=inner, end=words[-1].end), host=wrapper.host)
    return Inside(words=words, assigned=tuple(assigned), host=wrapper.host, directory=directory)


def _clustered(text: str, letter: str) -> bool:
    return not text.startswith("--") and text.endswith(letter[1]) and text[1:].isalpha() and len(text) <= 4


def _elsewhere(name: str, args: Sequence[Field]) -> Inside | None:
    known = _ELSEWHERE[name]
    at = 0
    if name == "docker" and args and args[0].text == "compose":
        at = 1
        while at < len(args) and args[at].text.startswith("-"):
            at += 2 if args[at].text in {"-f", "-p", "--file", "--profile", "--env-file"} else 1
    if at >= len(args) or args[at].text not in known:
        return None
    valued, operands = known[args[at].text]
    options = frozenset(valued.split())
    at += 1
    while at < len(args):
        text = args[at].text
        if text == "--":
            operands, at = 0, at + 1
            break
        if text.startswith("-"):
            at += 2 if text in options else 1
        elif operands:
            operands -= 1
            at += 1
        else:
            break
    if at < len(args) and args[at].text == "--":
        at += 1
    return Inside(words=tuple(args[at:]), host=f"a container of {name}") if at < len(args) else None
