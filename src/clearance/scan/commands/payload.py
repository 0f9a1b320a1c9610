"""What a program would send: files that are named, what it reads from others, and whether secrets are in it."""

from clearance.scan.commands.field import Field
from clearance.scan.commands.run import Run
from clearance.scan.commands.secrets_files import secret_path, secrets_read, tells
from clearance.scan.commands.seen import shown

_HARMLESS = frozenset(
    {"echo", "printf", "date", "jq", "true", "cat", "seq", "yes", "uuidgen", "head", "tr", "sed", "envsubst"}
)
_TOKENS = frozenset(
    {"gh", "gcloud", "git", "op", "pass", "vault", "security", "secret-tool", "aws", "az", "kubectl", "bw", "lpass"}
)
"""Programs whose token is made to be sent to the service that gave it."""


class Payload:
    """What is sent: a description for people, whether it holds secrets, whether it is known to be harmless text."""

    def __init__(self, said: str = "", secret: str = "", *, strong: bool = False) -> None:
        self.said = said
        self.secret = secret
        self.strong = strong


def sources_of(run: Run, *, words: bool = True) -> list[Run]:
    """Give all programs whose output a program reads, near and far; without `words` only those on its standard input."""
    found: list[Run] = []
    waiting = [*run.feeding, *(run.inner() if words else ())]
    while waiting and len(found) < 200:
        one = waiting.pop()
        found.append(one)
        waiting.extend((*one.feeding, *one.inner()))
    return found


def payload_of(run: Run, files: tuple[Field, ...], sources: "list[Run] | None" = None) -> Payload:
    """Say what a program would send: the files that are named, and what it reads from others."""
    for one in files:
        if likely := secret_path(run.at(one.text)):
            return Payload(f"`{shown(one.text)}`", one.text, strong=likely == "strong")
    sources = sources_of(run) if sources is None else sources
    for source in sources:
        if (found := secret_of(source)) is not None:
            return found
    if files:
        return Payload(f"`{shown(files[0].text)}`")
    for directed in run.redirects:
        if directed.sign == "<":
            likely = secret_path(run.at(directed.target.text))
            return Payload(f"`{shown(directed.target.text)}`", likely, strong=likely == "strong")
    told = [one for one in sources if one.name not in _HARMLESS or (one.name == "cat" and one.args)]
    return Payload(f"the output of `{shown(told[0].name)}`") if told else Payload()


def secret_of(run: Run) -> Payload | None:
    """Say which secret the output of a program holds; None where none is known."""
    path, likely = secrets_read(run)
    if path:
        return Payload(f"`{shown(path)}`", path, strong=likely == "strong")
    what = tells(run)
    return Payload(what, what, strong=True) if what else None


def payload_in(fields: tuple[Field, ...]) -> Payload | None:
    """Say what the output of commands in the words of a request would tell."""
    for field in fields:
        inner: list[Run] = []
        waiting = list(field.inner)
        while waiting and len(inner) < 100:
            one = waiting.pop()
            inner.append(one)
            waiting.extend((*one.feeding, *one.inner()))
        for one in inner:
            found = None if one.name in _TOKENS and tells(one) else secret_of(one)
            if found is not None:
                return found
        for one in inner:
            if (
                one.name in {"cat", "base64", "xxd", "tar", "gzip", "head", "tail", "od", "hexdump", "find", "ls"}
                and one.args
            ):
                return Payload(f"the output of `{shown(one.name)}`")
    return None
