"""What cannot be taken back: files, work, history, disks, databases, infrastructure, the machine."""

import re
from collections.abc import Iterator

from clearance.scan.commands.field import MAYBE, SOME
from clearance.scan.commands.files import Touch, touches
from clearance.scan.commands.git_words import git_words
from clearance.scan.commands.options import options
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import CRITICAL, GUESS, HIGH, LIKELY, LOW, MEDIUM, Seen, seen, shown

FILES = "destroy-files"
FOLDER = "destroy-folder"
WORK = "destroy-work"
HISTORY = "destroy-history"
DISK = "destroy-disk"
RIGHTS = "destroy-permissions"
MACHINE = "destroy-machine"

_BUILT = re.compile(
    r"(?:\A|/)(?:node_modules|dist|build|out|output|target|bin|obj|coverage|htmlcov|\.nyc_output|\.next|\.nuxt|\.svelte-kit|\.turbo"
    r"|\.parcel-cache|\.vite|\.angular|\.cache|cache|caches|__pycache__|\.pytest_cache|\.mypy_cache|\.ruff_cache|\.tox|\.nox|\.venv"
    r"|venv|env|\.eggs|[\w.-]*\.egg-info|\.gradle|\.dart_tool|Pods|DerivedData|\.terraform|\.serverless|\.aws-sam|cdk\.out|tmp|temp"
    r"|\.tmp|\.temp|logs?|site|public/build|_build|_site|\.docusaurus|storybook-static|playwright-report|test-results|\.hypothesis"
    r"|\.coverage[\w.]*|vendor/bundle|cmake-build-[\w-]*|release|debug|generated|\.ipynb_checkpoints|\.sass-cache|\.expo|wheelhouse)"
    r"(?:/|\Z)|\.(?:pyc|pyo|o|so|log|tmp|bak|orig|class|egg-info)\Z|\A/(?:private/)?(?:var/)?tmp/.|(?:build|dist|tmp|cache)[\w.-]*\Z"
)
_SYSTEM = re.compile(
    r"\A/(?:lib\d*|media|mnt|opt|run|srv|Applications|private|tmp|workspace|app|repo|data)/?\*?\Z"
    r"|\A/(?:bin|boot|dev|etc|home|proc|root|sbin|sys|usr|var|Users|System|Library|Windows)(?:/[^/]+)?/?\*?\Z"
    r"|\A/[A-Za-z]\Z|\A[A-Za-z]:[\\/]?\*?\Z"
)
_WORKING = re.compile(r"\A/(?:(?:home|Users)/[^/]+/[^/]+|workspaces?|app|repo|builds?|github/workspace|root/[^/]+|work)/.")
"""Where working trees lie: whether a path is inside of this one cannot be told."""
_WHOLE = {
    "/": "the whole machine", "/*": "the whole machine", "/.": "the whole machine", "~": "the home folder",
    "~/*": "the home folder", "~/.*": "the home folder", ".": "the whole working tree", "./*": "the whole working tree",
    "*": "the whole working tree", ".*": "all hidden files, `.git` among them",
    "./.*": "all hidden files, `.git` among them",
    "..": "the folder around the working tree", "../*": "the folder around the working tree",
    "**": "the whole working tree", "**/*": "the whole working tree",
}  # fmt: skip
_PARENTS = re.compile(r"(?:\.\./)*\.\.(?:/\*)?")
_DISKS = re.compile(r"/dev/(?:[shvx]v?d[a-z]\d*|nvme\d.*|mmcblk\d.*|disk\d.*|rdisk\d.*|mapper/.*|md\d+|loop\d+|mem|kmem)\Z")
_SAFE_DEVICES = re.compile(r"/dev/(?:null|stdout|stderr|stdin|tty|fd/\d+|zero|shm(?:/.*)?|tcp/.*|udp/.*)\Z")


def destroys(readout: Readout) -> Iterator[Seen]:
    """Give what a text would destroy."""
    for run in readout.runs:
        yield from _files(run)
        match run.name:
            case "git":
                yield from _git(run)
            case "chmod" | "chown" | "chgrp":
                yield from _rights(run)
            case _:
                yield from _disk(run)
                yield from _machine(run)
    yield from _bomb(readout)


# Files


def _files(run: Run) -> Iterator[Seen]:
    local = run._replace(host="") if run.host else run
    forced = _deep(run)
    for touch in touches(local):
        if touch.kind != "delete" and not (touch.kind == "move" and touch.path in {"/", "~", "."}):
            continue
        if run.name == "git" or (touch.partly and touch.path not in {"/", "~"}):
            continue
        found = _deleted(touch, run, deep=forced)
        if found is not None:
            yield found


def _deep(run: Run) -> bool:
    if run.name in {"rm", "srm", "trash", "rimraf", "rd", "rmdir"}:
        given = options(run.args)
        deep = (
            given.has("-r", "-R", "--recursive")
            or run.name in {"rimraf", "trash"}
            or any(one.lower() == "/s" for one in run.words)
        )
        return deep and run.name != "rmdir"
    return run.name == "find"


def _deleted(touch: Touch, run: Run, *, deep: bool) -> Seen | None:
    path = touch.path
    raw = touch.field.text
    last = path.rstrip("/")
    program = f"`{run.name} {shown(raw, 50)}`"
    deep = deep or touch.kind == "move"
    if path in {".git", "./.git"} or (last.endswith("/.git") and not re.match(r"/(?:private/)?(?:var/)?tmp/", path)):
        if deep:
            return seen(HISTORY, run, f"{program} would delete the repository's history", None if path == ".git" else MEDIUM)
        return None
    if not deep:
        if touch.field.globs and raw in {"*", "./*", "/*", "~/*", ".*"}:
            return seen(FILES, run, f"{program} would delete {_WHOLE.get(raw, 'every file here')}", MEDIUM)
        return None
    what = _whole(path, touch)
    if what:
        worst = CRITICAL if what in {"the whole machine", "the home folder"} else None
        return seen(FILES, run, f"{program} would delete {what}", worst)
    if not touch.field.known:
        return _unknown(touch, run, program)
    if _BUILT.search(last):
        return None
    if path.startswith(("/", "~", "..")):
        inside = _WORKING.match(path) is not None
        return seen(FOLDER, run, f"{program} would delete a folder outside of the working tree", LOW if inside else MEDIUM)
    if touch.field.globs or not re.search(r"\.\w{1,5}\Z", last):
        return seen(FOLDER, run, f"{program} would delete a folder with all that is in it")
    return None


def _whole(path: str, touch: Touch) -> str:
    """Say what all a path means; empty for a part."""
    if path in {"/", "~", "..", "/*", "~/*", "."} or (path in _WHOLE and touch.field.globs):
        return _WHOLE[path]
    if _PARENTS.fullmatch(path):
        return "folders around the working tree"
    if _SYSTEM.fullmatch(path) and not _SAFE_DEVICES.match(path):
        return "a folder of the system"
    if re.fullmatch(
        r"~/(?:Documents|Desktop|Downloads|Library|Pictures|\.ssh|\.config|\.local|\.gnupg|\.aws|[Pp]rojects?|src|code|work|repos)(?:/\*)?",
        path,
    ):
        return "a folder of the person"
    return ""


def _unknown(touch: Touch, run: Run, program: str) -> Seen | None:
    """Judge a path of which a part is not known: what is left if that part is empty?"""
    text = touch.field.text
    if MAYBE not in text:
        return None
    left = re.sub(r"/+", "/", text.replace(MAYBE, "").replace(SOME, "x"))
    named = f"`${shown(touch.field.unset[0], 40)}`" if touch.field.unset else "the output of a command"
    if left in {"/", "/*"} or (left.startswith("/") and _SYSTEM.fullmatch(left)):
        return seen(
            FILES, run, f"{program}: if {named} is empty, this deletes `{shown(left)}`; write `${{NAME:?}}`", HIGH, LIKELY
        )
    if left in {"", ".", "*", "./*"}:
        return seen(FOLDER, run, f"{program} would delete a folder that stands only at run time ({named})", LOW)
    return None


# Git


def _git(run: Run) -> Iterator[Seen]:
    word, given, _ = git_words(run)
    words = [one.text for one in given.operands]
    if given.has("-n", "--dry-run") and word in {"clean", "gc", "prune", "rm"}:
        return
    match word:
        case "reset" if given.has("--hard"):
            where = f" to `{shown(words[0], 40)}`" if words else ""
            yield seen(WORK, run, f"`git reset --hard`{where} would throw away all that is not committed")
        case "clean" if given.has("-f", "--force") or any(re.fullmatch(r"-\w*f\w*", one) for one in given.flags):
            extra = " and what is ignored" if given.has("-x", "-X") else ""
            yield seen(
                WORK,
                run,
                f"`git clean` would delete all files that git does not know{extra}",
                HIGH if given.has("-x") and not words else None,
            )
        case "checkout" | "restore":
            everything = [one for one in words if one in {".", "./", "*", ":/", ":/*"}]
            staged = word == "restore" and given.has("--staged", "-S") and not given.has("--worktree", "-W")
            if everything and not staged:
                yield seen(WORK, run, f"`git {word} {everything[0]}` would throw away all changes that are not committed")
            elif given.has("-f", "--force") and word == "checkout":
                yield seen(WORK, run, "`git checkout --force` would throw away changes that are in the way", None, LIKELY)
        case "switch" if given.has("-f", "--force", "--discard-changes"):
            yield seen(WORK, run, "`git switch` would throw away changes that are in the way", None, LIKELY)
        case "branch" if given.has("-D") or (given.has("-d", "--delete") and given.has("-f", "--force")):
            yield seen(WORK, run, f"`git branch -D` would delete `{shown(words[0] if words else '', 40)}`, merged or not")
        case "stash" if words[:1] and words[0] in {"drop", "clear"}:
            yield seen(WORK, run, f"`git stash {words[0]}` would throw away what was put aside")
        case "worktree" if words[:1] == ["remove"] and given.has("-f", "--force"):
            yield seen(WORK, run, "`git worktree remove --force` would throw away what is not committed there", LOW)
        case "filter-branch" | "filter-repo":
            yield seen(HISTORY, run, f"`git {word}` would rewrite the history of the repository")
        case "reflog" if words[:1] and words[0] in {"expire", "delete"}:
            yield seen(HISTORY, run, f"`git reflog {words[0]}` would forget what can be restored")
        case "gc" | "prune" if any(
            "now" in one or "all" in one for one in (*run.words,) if "prune" in one or "expire" in one
        ):
            yield seen(HISTORY, run, f"`git {word}` would delete what can still be restored")
        case "update-ref" if given.has("-d"):
            yield seen(HISTORY, run, "`git update-ref -d` would delete a reference")
        case "rm" if given.has("-r") and any(one in {".", "*", "./"} for one in words) and not given.has("--cached"):
            yield seen(FILES, run, "`git rm -r` would delete the whole working tree")
        case _:
            pass


# Disks, rights, machine


def _disk(run: Run) -> Iterator[Seen]:
    name = run.name
    words = run.words
    if name.startswith("mkfs") or name in {"wipefs", "blkdiscard", "mke2fs", "newfs", "sgdisk"}:
        yield seen(DISK, run, f"`{name}` would erase a disk")
    elif name in {"fdisk", "parted", "sfdisk", "gdisk", "cfdisk"} and not {"-l", "--list", "print"} & set(words):
        yield seen(DISK, run, f"`{name}` would change the parts of a disk", HIGH)
    elif name == "diskutil" and words[:1] and words[0].lower().startswith(("erase", "partition", "secureerase", "zero")):
        yield seen(DISK, run, "`diskutil` would erase a disk")
    elif name in {"lvremove", "vgremove", "pvremove", "zpool", "zfs"} and (name[0] != "z" or "destroy" in words):
        yield seen(DISK, run, f"`{name}` would remove a volume", HIGH)
    elif name == "shred":
        yield seen(
            DISK,
            run,
            f"`shred {shown(words[-1], 40) if words else ''}` would overwrite a file so that nobody can restore it",
            HIGH,
        )
    elif name == "truncate":
        given = options(run.args, {"-s", "--size", "-r", "--reference"})
        size = given.value("-s", "--size")
        if (
            size is not None
            and size.text in {"0", "=0"}
            and any(not one.text.endswith((".log", ".tmp")) for one in given.operands)
        ):
            yield seen(FOLDER, run, "`truncate` would empty a file")
    if name == "dd" and any(one.startswith("of=") and _DISKS.match(one[3:]) for one in words):
        yield seen(DISK, run, "`dd` would overwrite a disk")
    for one in run.redirects:
        if one.writes and _DISKS.match(one.target.text):
            yield seen(DISK, run, f"`{name or 'the shell'}` would overwrite the disk `{shown(one.target.text)}`")
    if name in {"cp", "tee", "cat"} and any(_DISKS.match(one) for one in words[-1:]) and name != "cat":
        yield seen(DISK, run, f"`{name}` would overwrite the disk `{shown(words[-1])}`")


_OPEN = re.compile(r"0?[0-7]?[0-7]?[0-7][2367]|(?:a|ugo|o|go|uo)?\+[rx]*w[rx]*|a=rwx?|o=rwx?|ugo=rwx?")


def _rights(run: Run) -> Iterator[Seen]:
    given = options(run.args, {"--reference"})
    deep = given.has("-R", "--recursive")
    mode = next((one.text for one in given.operands[:1]), "")
    rest = given.operands[1:]
    for one in rest:
        path = run.at(one.text)
        whole = path in {"/", "~", "/*", "~/*"} or (_SYSTEM.fullmatch(path) is not None and deep)
        if deep and whole:
            yield seen(
                RIGHTS, run, f"`{run.name} -R` would change the rights of {_WHOLE.get(path, 'a folder of the system')}", HIGH
            )
            return
    if run.name == "chmod" and re.fullmatch(r"0?[0-7]?777|0?[0-7]?666|a\+rwx|ugo\+rwx|a=rwx|o\+w|a\+w|\+w", mode) and rest:
        if mode == "+w":
            return
        what = "all files below" if deep else ""
        named = f"`{shown(rest[0].text, 40)}`"
        yield seen(
            RIGHTS,
            run,
            f"`chmod {shown(mode, 10)}` would let everybody write {what} {named}".replace("  ", " "),
            None if deep else LOW,
        )
    elif run.name == "chown" and deep and rest and "sudo" in run.via:
        yield seen(RIGHTS, run, f"`chown -R` would give `{shown(rest[0].text, 40)}` to another owner", LOW)


def _machine(run: Run) -> Iterator[Seen]:
    name = run.name
    words = run.words
    if name in {"shutdown", "reboot", "halt", "poweroff", "init", "telinit"}:
        if name in {"init", "telinit"} and words[:1] not in {("0",), ("6",)}:
            return
        if not {"-c", "--help", "-k"} & set(words):
            yield seen(MACHINE, run, f"`{name}` would stop the machine")
    elif name == "systemctl" and words[:1] and words[0] in {"poweroff", "reboot", "halt", "suspend", "kexec"}:
        yield seen(MACHINE, run, f"`systemctl {words[0]}` would stop the machine")
    elif name == "kill" and "-1" in words[1:]:
        yield seen(MACHINE, run, "`kill … -1` would end every program of this person")
    elif name == "kill" and words == ("-1",):
        yield seen(MACHINE, run, "`kill -1` would end every program of this person", None, GUESS)
    elif name == "killall5" or (name in {"pkill", "killall"} and _everything(words)):
        yield seen(MACHINE, run, f"`{name}` would end every program of a person")
    elif name == "crontab" and any(one.startswith("-") and "r" in one[1:] for one in words):
        yield seen(MACHINE, run, "`crontab -r` would delete all planned jobs")
    elif name in {"iptables", "nft", "ufw"} and ({"-F", "--flush", "flush", "disable", "reset"} & set(words)):
        yield seen(MACHINE, run, f"`{name}` would switch the firewall off")
    elif name == "setenforce" and words == ("0",):
        yield seen(MACHINE, run, "`setenforce 0` would switch SELinux off")
    elif name == "userdel" or (name == "deluser" and words):
        yield seen(MACHINE, run, f"`{name}` would delete an account")
    elif name == "passwd" and words[:1] and words[0] in {"-d", "-l", "-u"}:
        yield seen(MACHINE, run, "`passwd` would change how somebody logs in")


def _everything(words: tuple[str, ...]) -> bool:
    operands = [one for one in words if not one.startswith("-")]
    return ("-u" in words and len(operands) <= 1) or operands in (["."], [".*"])


def _bomb(readout: Readout) -> Iterator[Seen]:
    for run in readout.runs:
        if (
            run.name in readout.names
            and f"function {run.name}" in run.via
            and run.feeding
            and run.feeding[-1].name == run.name
        ):
            yield seen(MACHINE, run, f"`{shown(run.name)}` would start itself twice, without end: a fork bomb")
            return
