"""What stays after a command or goes beyond its rights: persistence, privileges, switched-off checks of certificates."""

import re
from collections.abc import Iterator

from clearance.scan.commands.curl_words import CURL_VALUES, WGET_VALUES
from clearance.scan.commands.files import touches
from clearance.scan.commands.git_words import git_words
from clearance.scan.commands.options import options
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import GUESS, HIGH, LIKELY, LOW, MEDIUM, Seen, seen, shown

PERSISTENT = "run-persistent"
PRIVILEGED = "run-privileged"
CONTAINER = "run-container-privileged"
TLS = "run-tls-off"

_STARTS = re.compile(
    r"\A~/\.(?:bashrc|bash_profile|bash_login|bash_logout|profile|zshrc|zshenv|zprofile|zlogin|config/fish/(?:config\.fish|conf\.d/.*|functions/.*)"
    r"|kshrc|cshrc|tcshrc|xinitrc|xprofile|xsessionrc|pam_environment|inputrc|vimrc|emacs|tmux\.conf|psqlrc|pythonrc|irbrc)\Z"
    r"|\A/etc/(?:profile(?:\.d/.*)?|bash\.bashrc|zsh/.*|environment|rc\.local|ld\.so\.preload|ld\.so\.conf(?:\.d/.*)?|pam\.d/.*)\Z"
)
_SERVICES = re.compile(
    r"\A~/\.config/(?:systemd/user/.*|autostart/.*)\Z|\A/(?:etc|usr/lib|lib)/systemd/.*\Z|\A/etc/(?:cron[\w.]*(?:/.*)?|init\.d/.*|anacrontab)\Z"
    r"|\A(?:~|/[^/]+/[^/]+)?/Library/Launch(?:Agents|Daemons)/.*|\A/var/spool/cron(?:/.*)?\Z|/Start Menu/Programs/Startup/"
)
_KEYS = re.compile(r"(?:\A|/)\.ssh/(?:authorized_keys2?|config|rc|environment)\Z|\A/etc/ssh/sshd_config")
_RIGHTS = re.compile(r"\A/etc/(?:sudoers(?:\.d/.*)?|passwd|shadow|group|hosts\.allow|hosts\.deny|doas\.conf|polkit-1/.*)\Z")
_HOSTS = re.compile(r"\A/etc/(?:hosts|resolv\.conf|nsswitch\.conf)\Z")
_USUAL_AS_ROOT = frozenset(
    {
        "apt", "apt-get", "dnf", "yum", "apk", "pacman", "zypper", "brew", "snap", "pip", "pip3", "npm", "systemctl",
        "service", "docker", "mkdir", "chown", "true", "tee", "cp", "ln", "install", "update-ca-certificates", "ldconfig",
        "dpkg", "add-apt-repository", "env", "apt-key", "ls", "cat", "lsof", "ss", "netstat", "journalctl", "dmesg",
        "nginx", "podman", "docker-compose", "playwright", "npx", "xcode-select", "softwareupdate", "sysctl", "usermod",
        "kill", "make", "sh", "bash", "rm", "mv", "chmod", "touch", "grep", "find",
    }
)  # fmt: skip
_HERE = re.compile(
    r"(?:\w+://)?(?:[^@/\s]*@)?(?:localhost|127(?:\.\d+){0,3}|\[?::1\]?|0\.0\.0\.0|host\.docker\.internal|[\w.-]+\.(?:localhost|local|test|internal))(?:[:/?#]|\Z)",
    re.IGNORECASE,
)
_TLS_VARIABLES = {
    "NODE_TLS_REJECT_UNAUTHORIZED": ("0",), "GIT_SSL_NO_VERIFY": ("1", "true", "yes", "on"), "PYTHONHTTPSVERIFY": ("0",),
    "CURL_INSECURE": ("1",), "NPM_CONFIG_STRICT_SSL": ("false",), "PIP_TRUSTED_HOST": (), "GOINSECURE": (),
    "AWS_NO_VERIFY_SSL": (),
    "GONOSUMCHECK": (), "GONOSUMDB": (), "GOFLAGS": ("-insecure",),
}  # fmt: skip
_RUN_VALUES = frozenset(
    {
        "-v", "--volume", "--mount", "--pid", "--network", "--net", "--cap-add", "--security-opt", "-e", "--name", "-p",
        "-w", "-u", "--userns", "--device", "--ipc", "--entrypoint",
    }
)  # fmt: skip
"""Options of `docker run` with a value that matters here, or may look like one."""


def reaches(readout: Readout) -> Iterator[Seen]:
    """Give what stays, what gets more rights, and what no longer checks whom it talks to."""
    for run in readout.runs:
        yield from _tls(run)
        if run.host:
            continue
        yield from _stays(run)
        yield from _rights(run)
        if run.name in {"docker", "podman", "nerdctl"}:
            yield from _container(run)


def _stays(run: Run) -> Iterator[Seen]:
    program = run.name or "the shell"
    for touch in touches(run):
        if touch.kind not in {"write", "append"}:
            continue
        named = f"`{shown(touch.field.text, 50)}`"
        if _KEYS.search(touch.path):
            yield seen(PERSISTENT, run, f"`{program}` would write {named}: who may log in", HIGH)
        elif _SERVICES.search(touch.path):
            yield seen(PERSISTENT, run, f"`{program}` would write {named}: it starts by itself from then on")
        elif _STARTS.search(touch.path):
            system = touch.path.startswith("/etc")
            yield seen(
                PERSISTENT, run, f"`{program}` would write {named}: each new shell reads it", None if system else MEDIUM
            )
        elif _RIGHTS.search(touch.path):
            yield seen(PRIVILEGED, run, f"`{program}` would write {named}: who has which rights", HIGH)
        elif _HOSTS.search(touch.path):
            yield seen(PERSISTENT, run, f"`{program}` would write {named}: where names lead", MEDIUM)
    yield from _planned(run, program)


def _planned(run: Run, program: str) -> Iterator[Seen]:
    words = run.words
    match run.name:
        case "crontab" if not any(one.startswith("-") and set("lr") & set(one[1:]) for one in words):
            yield seen(PERSISTENT, run, "`crontab` would plan jobs that run by themselves")
        case "at" | "batch" if not {"-l", "-r", "-c"} & set(words):
            yield seen(PERSISTENT, run, f"`{program}` would plan a command for later", None, LIKELY)
        case "systemctl" if "enable" in words or "link" in words:
            yield seen(PERSISTENT, run, "`systemctl enable` would let a service start by itself")
        case "launchctl" if words[:1] and words[0] in {"load", "bootstrap", "enable", "submit"}:
            yield seen(PERSISTENT, run, f"`launchctl {words[0]}` would let a program start by itself")
        case "schtasks" if any(one.lower() == "/create" for one in words):
            yield seen(PERSISTENT, run, "`schtasks` would plan jobs that run by themselves")
        case "ssh-copy-id":
            yield seen(PERSISTENT, run, "`ssh-copy-id` would let a key log in elsewhere")
        case "update-rc.d" | "chkconfig":
            yield seen(PERSISTENT, run, f"`{program}` would let a service start by itself")


def _rights(run: Run) -> Iterator[Seen]:
    words = run.words
    match run.name:
        case "sudo" | "doas" | "pkexec":
            inner = next((one for one in words if not one.startswith("-") and "=" not in one), "")
            if words[:1] in {("-v",), ("-n",), ("-l",), ("-k",)} and not inner:
                return
            usual = inner.rpartition("/")[2] in _USUAL_AS_ROOT
            what = f"`{shown(inner, 40)}`" if inner else "a shell"
            yield seen(PRIVILEGED, run, f"`{run.name}` would run {what} with all rights", LOW if usual else None)
        case "su" | "runuser":
            yield seen(PRIVILEGED, run, f"`{run.name}` would run a command as somebody else")
        case "chmod":
            mode = next((one for one in words if not one.startswith("-") or "s" in one), "")
            if re.fullmatch(r"(?:u|a|ug|ugo)?\+[rwx]*s[rwx]*|0?[4567][0-7]{3}", mode):
                yield seen(PRIVILEGED, run, "`chmod` would let a program run with its owner's rights (setuid)", HIGH)
        case "setcap":
            yield seen(PRIVILEGED, run, "`setcap` would give a program rights of the administrator", HIGH)
        case "usermod" | "gpasswd" | "adduser" | "dseditgroup":
            if {"sudo", "wheel", "docker", "admin", "root"} & {piece for one in words for piece in one.split(",")}:
                yield seen(PRIVILEGED, run, f"`{run.name}` would give an account all rights", HIGH)
        case "nsenter" | "insmod" | "modprobe" | "kextload":
            yield seen(PRIVILEGED, run, f"`{run.name}` would reach into the system itself")
        case "xattr" if "com.apple.quarantine" in words and any(one.startswith("-") and "d" in one for one in words):
            yield seen(PRIVILEGED, run, "`xattr` would switch off the check of a downloaded program", MEDIUM)
        case "spctl" | "csrutil" if any("disable" in one for one in words):
            yield seen(PRIVILEGED, run, f"`{run.name}` would switch off a protection of the system", HIGH)


_MOUNT = re.compile(r"(?:type=bind,)?(?:src=|source=)?(/|/etc|/root|/var|/usr|/home|~|/Users|~/\.ssh|~/\.aws)/?(?::|,|\Z)")


def _container(run: Run) -> Iterator[Seen]:
    words = run.words
    if not words or words[0] not in {"run", "create", "exec"}:
        return
    given = options(run.args[1:], _RUN_VALUES)  # fmt: skip
    if given.has("--privileged"):
        yield seen(CONTAINER, run, f"`{run.name} {words[0]} --privileged` gives the container all rights over this machine")
        return
    for one in given.all("-v", "--volume", "--mount"):
        text = one.text
        if "docker.sock" in text or "podman.sock" in text:
            yield seen(CONTAINER, run, f"`{run.name} run` hands the control of containers to a container", MEDIUM)
            return
        if _MOUNT.match(text) and text.partition(":")[0] != "":
            whole = text.startswith("/:") or "src=/," in text
            named = shown(text.partition(":")[0], 40)
            message = f"`{run.name} run` hands `{named}` of this machine to a container"
            yield seen(CONTAINER, run, message, None if whole else MEDIUM)
            return
    values = {one.text for one in given.all("--pid", "--userns", "--ipc")}
    caps = {one.text.upper().removeprefix("CAP_") for one in given.all("--cap-add")}
    if "host" in values or caps & {"ALL", "SYS_ADMIN", "SYS_PTRACE", "SYS_MODULE", "DAC_READ_SEARCH"}:
        yield seen(CONTAINER, run, f"`{run.name} run` lets the container reach into this machine", MEDIUM)


def _tls(run: Run) -> Iterator[Seen]:
    for key, field in run.environment.items():
        values = _TLS_VARIABLES.get(key)
        if values is not None and (not values or field.text.lower() in values):
            yield seen(TLS, run, f"`{key}` switches off the check of certificates", LOW if key.startswith("GO") else None)
            return
    name = run.name
    words = run.words
    if name == "curl":
        given = options(run.args, CURL_VALUES)
        urls = [one.text for one in (*given.operands, *given.all("--url"))]
        if given.has("-k", "--insecure", "--proxy-insecure") and any(not _HERE.match(one) for one in urls):
            yield seen(TLS, run, f"`curl -k` would trust anybody who says that he is `{shown(urls[0], 50)}`")
    elif name == "wget":
        given = options(run.args, WGET_VALUES)
        if given.has("--no-check-certificate") and any(not _HERE.match(one.text) for one in given.operands):
            yield seen(TLS, run, "`wget --no-check-certificate` would trust anybody")
    elif name == "git":
        word, given, settings = git_words(run)
        text = " ".join(one.text for one in settings).lower()
        if re.search(r"http\.(?:\S*\.)?sslverify=(?:false|0|no|off)", text):
            yield seen(TLS, run, "`git -c http.sslVerify=false` would trust anybody")
        elif word == "config" and len(given.operands) > 1:
            key, value = given.operands[-2].text.lower(), given.operands[-1].text.lower()
            if key.startswith("http.") and key.endswith("sslverify") and value in {"false", "0", "no", "off"}:
                yield seen(TLS, run, "`git config` would switch off the check of certificates for good")
    elif name in {"npm", "pnpm", "yarn"}:
        text = " ".join(words)
        if re.search(r"strict-ssl[= ]false|enableStrictSsl false|--no-strict-ssl", text):
            yield seen(TLS, run, f"`{name}` would no longer check certificates")
    elif name in {"pip", "pip3", "uv", "python", "python3"}:
        at = next(
            (number for number, one in enumerate(words) if one.startswith(("--trusted-host", "--allow-insecure-host"))),
            -1,
        )
        host = "" if at < 0 else words[at].partition("=")[2] or (words[at + 1] if at + 1 < len(words) else "")
        if at >= 0 and not _HERE.match(host):
            usual = host == "pypi.org" or host.endswith(".pythonhosted.org")
            yield seen(
                TLS,
                run,
                f"`{name} --trusted-host` would take packages from whoever answers for `{shown(host, 40)}`",
                None,
                None if usual else LIKELY,
            )
        elif words[:2] == ("config", "set") and "trusted-host" in " ".join(words):
            yield seen(TLS, run, f"`{name} config` would no longer check certificates")
    elif name in {"ssh", "scp", "sftp", "rsync"}:
        if re.search(r"StrictHostKeyChecking[= ](?:no|off)", " ".join(words), re.IGNORECASE):
            yield seen(TLS, run, f"`{name}` would not check whom it talks to", LOW)
    elif name in {"http", "https", "xh"} and any(one in {"--verify=no", "--verify=false"} for one in words):
        yield seen(TLS, run, f"`{name} --verify=no` would trust anybody", None, GUESS)
    elif name in {"kubectl", "helm", "argocd"} and any(
        one.startswith(("--insecure-skip-tls-verify", "--kube-insecure-skip-tls-verify")) for one in words
    ):
        yield seen(TLS, run, f"`{name}` would trust any cluster that answers")
    elif name == "aws" and "--no-verify-ssl" in words:
        yield seen(TLS, run, "`aws --no-verify-ssl` would trust anybody")
