"""What goes from this machine to another one, and who reads credentials."""

import re
from collections.abc import Iterator

from clearance.scan.commands.credentials import credentials
from clearance.scan.commands.curl_words import CURL_VALUES, WGET_VALUES
from clearance.scan.commands.field import MAYBE, SOME, Field
from clearance.scan.commands.files import code_of
from clearance.scan.commands.options import options
from clearance.scan.commands.payload import Payload, payload_in, payload_of, secret_of, sources_of
from clearance.scan.commands.remotes import remotes
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.secrets_files import secret_name, secrets_read
from clearance.scan.commands.seen import HIGH, LIKELY, MEDIUM, Seen, seen, shown
from clearance.scan.commands.wrappers import SHELLS

CREDENTIALS = "send-credentials"
FILE = "send-file"
COPY = "send-copy"
SOCKET = "send-socket"
NAME = "send-by-name-lookup"
PASTE = "send-public-paste"
MAIL = "send-mail"

_HERE = re.compile(
    r"(?:\w+://)?(?:[^@/\s]*@)?(?:localhost|127(?:\.\d+){0,3}|\[?::1\]?|0\.0\.0\.0|\[::\]|host\.docker\.internal|[\w-]+\.localhost)(?:[:/?#]|\Z)",
    re.IGNORECASE,
)
_PASTES = re.compile(
    r"(?:\A|[/@.])(?:pastebin\.com|paste\.ee|hastebin\.com|dpaste\.\w+|0x0\.st|transfer\.sh|file\.io|termbin\.com|ix\.io|sprunge\.us"
    r"|paste\.rs|bashupload\.com|temp\.sh|catbox\.moe|gofile\.io|tmpfiles\.org|oshi\.at|webhook\.site|requestbin\.\w+"
    r"|pipedream\.net|beeceptor\.com|ngrok(?:-free)?\.(?:io|app|dev)|trycloudflare\.com|interact\.sh|oast\.\w+|burpcollaborator\.net"
    r"|discord(?:app)?\.com/api/webhooks|hooks\.slack\.com|api\.telegram\.org|gist\.github\.com|rentry\.co|ghostbin\.\w+|cl1p\.net"
    r"|controlc\.com|privatebin\.\w+|anonfiles\.com|wetransfer\.com|pixeldrain\.com|litterbox\.catbox\.moe)(?:[:/?]|\Z)",
    re.IGNORECASE,
)
_REMOTE = re.compile(r"(?:[\w.-]+@)?[\w.-]+:(?!//|\\)|(?:rsync|sftp|scp|ssh|ftp)://", re.IGNORECASE)
_DATA = (
    "-d",
    "--data",
    "--data-binary",
    "--data-ascii",
    "--data-urlencode",
    "--data-raw",
    "--json",
    "-F",
    "--form",
    "-T",
    "--upload-file",
)
_CLOUD = re.compile(r"(?:s3|gs|az|wasbs?|abfss?|r2|b2|oss|cos|oci)://", re.IGNORECASE)
_LOOKUPS = frozenset({"dig", "nslookup", "host", "ping", "ping6", "drill", "getent", "traceroute", "whois"})
_SOCKETS = frozenset({"nc", "ncat", "netcat", "socat", "telnet", "nc.traditional", "nc.openbsd"})
_MAILERS = frozenset({"mail", "mailx", "mutt", "sendmail", "msmtp", "ssmtp", "swaks", "neomutt", "s-nail", "mpack"})
_DEV = re.compile(r"/dev/(?:tcp|udp)/([^/]*)/")
_IN_CODE = re.compile(
    r"requests\.(?:post|put)|urlopen|urllib|http\.client|httpx\.|fetch\(|axios|net\.connect|socket\.|https?\.request|XMLHttpRequest|Net::HTTP"
    r"|LWP::|IO::Socket|curl_exec|smtplib"
)
_CODE_SECRETS = re.compile(
    r"os\.environ\b(?!\.get\(|\[)|process\.env\b(?![.\[])|\.ssh/|\.aws/credentials|id_rsa|\.env['\"]|\.netrc|\.git-credentials"
)
_CLOUD_VALUES = frozenset(
    {
        "--profile", "--region", "--acl", "--exclude", "--include", "-h", "-o", "--endpoint-url", "--account-name",
        "--container-name", "-c", "-f", "--file", "-n", "--name", "--source", "-s", "-d",
    }
)  # fmt: skip
"""Options of the tools of cloud storage that have a value."""


def sends(readout: Readout) -> Iterator[Seen]:
    """Give what a text would send out, and which credentials it reads."""
    ends: set[int] = set()
    for run in readout.runs:
        sent = list(_sent(run))
        yield from sent
        if any(one.rule == CREDENTIALS for one in sent):
            ends.update(_key(one) for one in (*sources_of(run), run))
    for run in readout.runs:
        if _key(run) not in ends:
            yield from credentials(run, readout)
    yield from remotes(readout)


def _key(run: Run) -> int:
    return hash((run.start, run.end, run.name, run.words[:20]))


def _sent(run: Run) -> Iterator[Seen]:
    if run.host:
        return
    name = run.name
    if name in {"curl", "curlie"}:
        yield from _curl(run)
    elif name == "wget":
        yield from _wget(run)
    elif name in {"http", "https", "xh", "httpie"}:
        yield from _httpie(run)
    elif name in _SOCKETS:
        yield from _socket(run)
    elif name in {"scp", "rsync", "sftp", "rclone", "croc", "wormhole", "magic-wormhole", "sshpass", "lftp", "ftp", "tftp"}:
        yield from _copied(run)
    elif name in {"aws", "gsutil", "gcloud", "azcopy", "az", "s3cmd", "s5cmd", "mc", "b2"}:
        yield from _cloud(run)
    elif name in _LOOKUPS:
        yield from _looked_up(run)
    elif name in _MAILERS:
        yield from _mailed(run)
    elif name == "gh" and run.words[:2] == ("gist", "create"):
        yield from _told(run, "gist.github.com", payload_of(run, run.args[2:]), FILE, paste=True, data=True)
    elif name == "ssh":
        yield from _through(run)
    elif name in {"pastebinit", "termbin", "gist", "wgetpaste"}:
        yield from _told(run, name, payload_of(run, run.args), FILE, paste=True, data=True)
    else:
        yield from _code(run)
    for one in run.redirects:
        found = _DEV.match(one.target.text)
        if found is None or not one.writes or _HERE.match(found[1]):
            continue
        if run.name in SHELLS:
            yield seen(SOCKET, run, f"`{run.name}` would hand a shell to `{shown(found[1])}`", HIGH)
        else:
            said = secret_of(run) or Payload(f"the output of `{shown(run.name or 'the shell')}`")
            yield from _told(run, found[1], said, SOCKET)


def _told(run: Run, where: str, payload: Payload, rule: str, *, paste: bool = False, data: bool = False) -> Iterator[Seen]:
    place = f"`{shown(where, 60)}`"
    paste = paste or _PASTES.search(where) is not None
    if payload.secret:
        message = f"`{run.name}` would send {payload.said} to {place}"
        yield seen(CREDENTIALS, run, message, None if payload.strong or paste else HIGH)
    elif paste and (payload.said or data):
        what = payload.said or "what it is given"
        yield seen(
            PASTE, run, f"`{run.name}` would put {what} where anybody may read it: {place}", None if payload.said else MEDIUM
        )
    elif payload.said:
        yield seen(rule, run, f"`{run.name}` would send {payload.said} to {place}")


def _curl(run: Run) -> Iterator[Seen]:
    given = options(run.args, CURL_VALUES)
    urls = [one.text for one in (*given.operands, *given.all("--url"))]
    away = [one for one in urls if not _HERE.match(one)]
    if not away:
        return
    files: list[Field] = []
    for one in given.all(*_DATA):
        pieces = re.split(r"[=;]", one.text) if "=" in one.text[:80] else [one.text]
        files.extend(one._replace(text=piece[1:]) for piece in pieces if piece[:1] in {"@", "<"} and len(piece) > 1)
    files.extend(given.all("-T", "--upload-file"))
    reads = any(one.text in {"-", "/dev/stdin"} for one in files)
    named = tuple(one for one in files if one.text not in {"-", "/dev/stdin", ".", ""})
    payload = payload_of(run, named, sources_of(run, words=False) if given.has(*_DATA) else [])
    inside = payload_in((*given.operands, *given.all(*_DATA, "-H", "--header", "-A", "-b")))
    if inside is not None and not payload.secret:
        payload = inside
    elif not named and not reads and not payload.secret:
        payload = Payload()
    if given.value("--mail-rcpt") is not None:
        yield seen(MAIL, run, "`curl` would send a mail")
        return
    yield from _told(run, away[0], payload, FILE, data=given.has(*_DATA))


def _wget(run: Run) -> Iterator[Seen]:
    given = options(run.args, WGET_VALUES)
    away = [one.text for one in given.operands if not _HERE.match(one.text)]
    if not away:
        return
    files = given.all("--post-file", "--body-file")
    payload = (
        payload_of(run, files)
        if files
        else payload_in((*given.operands, *given.all("--post-data", "--body-data", "--header")))
    )
    yield from _told(run, away[0], payload or Payload(), FILE)


def _httpie(run: Run) -> Iterator[Seen]:
    given = options(run.args, {"-a", "--auth", "-o", "--output", "--timeout", "-A"})
    urls = [one for one in given.operands if "." in one.text or "/" in one.text]
    if not urls or _HERE.match(urls[0].text):
        return
    files = tuple(
        one._replace(text=one.text.partition("@")[2]) for one in given.operands if re.match(r"[\w.-]*@\S", one.text)
    )
    reads = bool(run.feeding) or any(one.sign == "<" for one in run.redirects)
    if files or reads:
        yield from _told(run, urls[0].text, payload_of(run, files), FILE)


def _socket(run: Run) -> Iterator[Seen]:
    words = [one for one in run.words if not one.startswith("-")]
    listens = any(one[:1] == "-" and one[1:2] != "-" and "l" in one for one in run.words) or any(
        "LISTEN" in one.upper() for one in words
    )
    shell = any(one in {"-e", "-c", "--exec", "--sh-exec"} for one in run.words) or any(
        re.match(r"(?:exec|system):", one, re.IGNORECASE) for one in words
    )
    host = next((one for one in words if not one.isdigit()), "")
    host = re.sub(r"\A(?:tcp|udp|openssl|ssl)\d?(?:-connect)?:", "", host, flags=re.IGNORECASE)
    if shell and not _HERE.match(host):
        yield seen(SOCKET, run, f"`{run.name}` would hand a shell to another machine", HIGH)
        return
    if listens or not host or _HERE.match(host) or any(one.startswith("-") and "z" in one for one in run.words):
        return
    payload = payload_of(run, ())
    if payload.said:
        yield from _told(run, host, payload, SOCKET)


def _copied(run: Run) -> Iterator[Seen]:
    name = run.name
    given = options(
        run.args, {"-e", "--rsh", "-i", "-P", "-o", "-F", "-l", "-c", "-J", "--exclude", "--include", "--config", "-p", "-b"}
    )
    words = given.operands
    if name == "rclone":
        if (
            words[:1]
            and words[0].text in {"copy", "sync", "move", "copyto", "rcat", "moveto"}
            and len(words) > 1
            and ":" in words[-1].text
        ):
            yield from _told(run, words[-1].text, payload_of(run, tuple(words[1:-1])), COPY)
        return
    if name in {"croc", "wormhole", "magic-wormhole"}:
        if words[:1] and words[0].text == "send":
            yield from _told(run, name, payload_of(run, tuple(words[1:])), COPY)
        return
    if name in {"ftp", "tftp", "lftp", "sftp"}:
        text = (run.stdin or "") + " ".join(run.words)
        if re.search(r"\b(?:m?put|mirror -R)\b", text):
            yield seen(COPY, run, f"`{name}` would copy files to another machine")
        return
    if len(words) < 2 or given.has("-n", "--dry-run"):
        return
    target = words[-1].text
    if _REMOTE.match(target) and not _HERE.match(target) and not re.match(r"[A-Za-z]:[\\/]", target):
        yield from _told(run, target, payload_of(run, tuple(one for one in words[:-1] if not _REMOTE.match(one.text))), COPY)


def _cloud(run: Run) -> Iterator[Seen]:
    given = options(run.args, _CLOUD_VALUES)  # fmt: skip
    words = [one.text for one in given.operands]
    verbs = {
        "cp",
        "sync",
        "mv",
        "rsync",
        "put",
        "copy",
        "pipe",
        "upload-file",
        "put-object",
        "upload",
        "upload-batch",
        "mirror",
    }
    if not verbs & set(words[:4]) or given.has("--dryrun", "--dry-run", "-n"):
        return
    endpoint = given.value("--endpoint-url")
    if endpoint is not None and _HERE.match(endpoint.text):
        return
    rest = [one for one in given.operands if one.text not in verbs | {"s3", "storage", "blob", "s3api", "-m"}]
    if run.name == "az" or "put-object" in words:
        yield from _told(run, run.name, payload_of(run, given.all("-f", "--file", "--source", "-s", "--body")), COPY)
        return
    if (
        len(rest) < 2
        or (not _CLOUD.match(rest[-1].text) and run.name not in {"azcopy", "mc", "b2"})
        or _CLOUD.match(rest[0].text)
    ):
        return
    yield from _told(run, rest[-1].text, payload_of(run, tuple(rest[:-1])), COPY)


def _looked_up(run: Run) -> Iterator[Seen]:
    for field in run.args:
        inner = [
            one
            for one in field.inner
            if one.name not in {"hostname", "ip", "uname", "whoami", "docker", "kubectl", "minikube"}
        ]
        if field.inner and (inner or "." in field.text) and re.search(rf"[{MAYBE}{SOME}][\w-]*\.[\w.-]+", field.text):
            yield seen(
                NAME,
                run,
                f"`{run.name}` would tell the output of `{shown(field.inner[0].name)}` to whoever answers for the name",
            )
            return
        if any(secret_name(name) for name in field.unset) and re.search(rf"[{MAYBE}{SOME}]\.", field.text):
            yield seen(NAME, run, f"`{run.name}` would tell `${shown(field.unset[0])}` to whoever answers for the name")
            return
    if "xargs" in run.via and any("." in one.text and (MAYBE in one.text or SOME in one.text) for one in run.args):
        sources = [one for field in run.args for one in field.inner]
        if any(secrets_read(one)[0] or one.name in {"base64", "xxd", "od"} for one in sources):
            yield seen(NAME, run, f"`{run.name}` would tell what it reads to whoever answers for the name")


def _mailed(run: Run) -> Iterator[Seen]:
    given = options(run.args, {"-s", "-a", "-A", "-c", "-b", "-r", "-S", "-f", "--to", "--attach", "--body"})
    files = given.all("-a", "-A", "--attach")
    yield from _told(run, (given.operands[-1].text if given.operands else "a mailbox"), payload_of(run, files), MAIL)
    if not files and given.operands and not payload_of(run, files).said:
        yield seen(MAIL, run, f"`{run.name}` would send a mail")


def _through(run: Run) -> Iterator[Seen]:
    """What is piped into `ssh host …`, and tunnels that let others in."""
    if any(re.match(r"-[A-Za-z]*R\Z", one) for one in run.words):
        yield seen(SOCKET, run, "`ssh -R` would open a way from another machine into this one")
    words = [one for one in run.words if not one.startswith("-")]
    payload = payload_of(run, ()) if run.feeding or any(one.sign == "<" for one in run.redirects) else None
    if payload is not None and payload.said and words:
        yield from _told(run, words[0], payload, COPY)


def _code(run: Run) -> Iterator[Seen]:
    code = code_of(run)
    if code is None:
        return
    if _IN_CODE.search(code.text) and (found := _CODE_SECRETS.search(code.text)):
        yield seen(
            CREDENTIALS, run, f"`{run.name}` runs code that names `{shown(found[0])}` and sends requests", HIGH, LIKELY
        )
