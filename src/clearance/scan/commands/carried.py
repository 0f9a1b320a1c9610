"""Texts for a shell in the words of programs that are no shells: settings of git, hooks of tar, code of interpreters."""

import re
from collections.abc import Iterator
from itertools import pairwise

from clearance.scan.commands.files import code_of
from clearance.scan.commands.git_words import git_words
from clearance.scan.commands.powershell import cmdlets, encoded
from clearance.scan.commands.run import Run

_LONGEST = 100_000
_CALLS = re.compile(
    r"""\b(?:system|popen\d?|exec(?:Sync|File|FileSync|v?p?e?)?|spawn(?:Sync|v?p?e?)?|run|call|check_output|check_call|getoutput
    |getstatusoutput|Popen|shell_exec|passthru|proc_open|qx|shell[ ]script|Command)\b\s*\(?\s*[rfb]?
    (?P<quote>\"{3}|'{3}|["'`])(?P<text>(?:\\.|(?!(?P=quote))[^\\]){1,4000})(?P=quote)""",
    re.VERBOSE | re.DOTALL,
)
_LISTS = re.compile(
    r"\b(?:run|call|Popen|check_output|check_call|spawn(?:Sync)?|execFile(?:Sync)?|execvp?|spawnvp?)\s*\((?P<words>[^()]{0,40}\[[^\]]{1,2000}\])",
    re.DOTALL,
)
_QUOTED = re.compile(r"""["']((?:\\.|[^"'\\]){1,500})["']""")
_GIT_RUNS = re.compile(r"(?:alias\.[\w.-]+=!|core\.(?:pager|editor|sshcommand|fsmonitor)="
    r"|credential\.(?:[^=]*\.)?helper=!?|diff\.external=|filter\.[^=]*\.(?:clean|smudge|process)=|(?:diff|merge)tool\.[^=]*\.cmd=|diff\.[^=]*\.(?:textconv|command)=|merge\.[^=]*\.driver=|gpg\.program=|uploadpack\.packobjectshook=|pager\.\w+=|sequence\.editor=)(.+)",
                       re.IGNORECASE | re.DOTALL)  # fmt: skip
_CODE_RUNS = re.compile(
    r"""`(?P<tick>[^`\n]{2,2000})`|\b(?:qx|exec\s+qw|system\s+qw|system\(qw|exec\(qw|%x)\s*[({\[/](?P<qx>[^)}\]/]{2,2000})
    |\b(?:system|exec|spawn|open3|Open3\.\w+)\s*\(?\s*(?P<list>(?:["'][^"'\n]{1,300}["']\s*,\s*){1,20}["'][^"'\n]{1,300}["'])
    |%w[\[({](?P<w>[^\])}\n]{2,500})[\])}]""",
    re.VERBOSE,
)
"""How Perl and Ruby write a command."""
_SED_RUNS = re.compile(r"(?:\A|[\s;{}]|\d|\$|/)e\s+(\S.*)", re.DOTALL)
_SED_EVALUATES = re.compile(
    r"(?:\A|[;\s{}]|\d|/)s(?P<mark>[/|#,])(?:\\.|(?!(?P=mark))[^\\\n])*(?P=mark)(?P<new>(?:\\.|(?!(?P=mark))[^\\\n])*)(?P=mark)[gpiIm0-9]*e"
)
_AWK_RUNS = re.compile(r"""["]([^"\n]{2,1000})["]\s*\|\s*getline|\|&?\s*["]([^"\n]{2,1000})["]""")
_EDITED = re.compile(r"(?:^|[:|])\s*(?:silent!? )?(?:!|r !|w !|%!|\.!|shell )\s*(\S.*)", re.MULTILINE)
_VARIABLES = frozenset(
    {
        "GIT_SSH_COMMAND", "GIT_EDITOR", "GIT_PAGER", "PAGER", "EDITOR", "VISUAL", "GIT_EXTERNAL_DIFF",
        "GIT_SEQUENCE_EDITOR", "PROMPT_COMMAND", "BASH_ENV", "ENV", "LESSOPEN", "MANPAGER",
    }
)  # fmt: skip

_OPENING = frozenset(
    {
        "new", "new-session", "neww", "new-window", "splitw", "split-window", "respawn-pane", "run-shell", "run",
        "send-keys", "send", "if-shell",
    }
)  # fmt: skip
"""Words of tmux that start a command."""


def carried(run: Run) -> Iterator[str]:
    """Give the texts that a program would hand to a shell, as far as its words tell."""
    for key, field in run.environment.items():
        if key in _VARIABLES and (key == "PROMPT_COMMAND" or " " in field.text or "/" in field.text):
            yield field.text
    words = run.words
    match run.name:
        case "git":
            yield from _git(run)
        case "tar" | "bsdtar" | "gtar":
            for one in words:
                found = re.match(
                    r"--(?:checkpoint-action=exec|to-command|use-compress-program|rsh-command)=(.+)", one, re.DOTALL
                )
                if found:
                    yield found[1]
            for number, one in enumerate(words[:-1]):
                if one in {"-I", "--use-compress-program", "--rsh-command", "--to-command"}:
                    yield words[number + 1]
        case "zip":
            for number, one in enumerate(words[:-1]):
                if one in {"-TT", "--unzip-command"}:
                    yield words[number + 1]
        case "sed" | "gsed":
            for one in (*words, run.handed or ""):
                yield from (found[1] for found in (_SED_RUNS.search(one),) if found)
                if found := _SED_EVALUATES.search(one):
                    yield found["new"]
                    yield run.stdin or ""
        case "make" | "gmake" | "bmake":
            for number, one in enumerate(words):
                if one.startswith("--eval=") or (one == "--eval" and number + 1 < len(words)):
                    yield from _recipe(one.partition("=")[2] or words[number + 1])
            yield from _recipe(run.stdin or "")
            yield from (one.text for key, one in run.environment.items() if key in {"SHELL", "MAKEFLAGS"})
        case "crontab" if run.handed is not None:
            yield from (line.split(None, 5)[-1] for line in run.handed[:_LONGEST].split("\n") if line[:1] not in {"#", ""})
        case "just" | "task" | "ansible-playbook":
            yield from _recipe(run.handed or "")
        case "gdb" | "lldb":
            for one in (*words, *(run.handed or "")[:_LONGEST].split("\n")):
                yield from (found[1] for found in (re.match(r"(?:shell|!|platform shell)\s*(.+)", one, re.DOTALL),) if found)
        case "less" | "more" | "most":
            yield from (one.lstrip("+").lstrip("!") for one in words if one.startswith("+") and "!" in one[:3])
        case "man":
            yield from (words[number + 1] for number, one in enumerate(words[:-1]) if one in {"-P", "--pager"})
        case "pwsh" | "powershell":
            yield from encoded(words)
        case _:
            yield from cmdlets(run)
            yield from _by_others(run)


def _by_others(run: Run) -> Iterator[str]:
    words = run.words
    match run.name:
        case "npm" | "pnpm" | "yarn" | "bun" if words[:1] in {("exec",), ("x",), ("dlx",)}:
            at = next((number for number, one in enumerate(words[:-1]) if one in {"-c", "--call"}), -1)
            yield (
                words[at + 1]
                if at >= 0
                else " ".join(map(_shell_word, (one for one in words[1:] if one not in {"--", "-y", "--yes"})))
            )
        case "npx" | "bunx" | "pnpx" | "uvx" if words:
            yield " ".join(map(_shell_word, (one for one in words if one not in {"--", "-y", "--yes", "--no-install"})))
        case "docker" | "podman" | "docker-compose" if "run" in words[:3]:
            yield from _mounted(words)
        case "ld.so" | "ld-linux-x86-64.so.2" | "ld-linux-aarch64.so.1" | "ld-linux.so.2" | "ld-musl-x86_64.so.1":
            yield " ".join(map(_shell_word, (one for one in words if not one.startswith("--"))))
        case "ssh" if words[:1] and any(
            one in {"localhost", "127.0.0.1", "::1"} or one.endswith("@localhost") for one in words[:6]
        ):
            at = next(
                number
                for number, one in enumerate(words)
                if one in {"localhost", "127.0.0.1", "::1"} or one.endswith("@localhost")
            )
            yield " ".join(words[at + 1 :])
            yield from _proxied(words)
        case "ssh" | "scp" | "sftp":
            yield from _proxied(words)
        case "rsync":
            for number, one in enumerate(words[:-1]):
                if one in {"-e", "--rsh"}:
                    yield words[number + 1]
        case "vim" | "vi" | "nvim" | "ex" | "view":
            for one in words:
                found = re.match(r"\+?:?(?:silent )?!(.+)|\+?:?(?:call )?system\(['\"](.+)['\"]\)", one, re.DOTALL)
                if found:
                    yield found[1] or found[2]
            yield from (found[1] for found in _EDITED.finditer("\n".join((*words, run.stdin or ""))[:_LONGEST]))
        case "ed":
            yield from (found[1] for found in _EDITED.finditer((run.stdin or "")[:_LONGEST]))
        case "tmux" | "screen":
            yield from _terminals(words)
        case "at" | "batch" if run.stdin is not None:
            yield run.stdin
        case "awk" | "gawk" | "mawk":
            for one in (*words, run.handed or ""):
                yield from (found["text"] for found in _CALLS.finditer(one[:_LONGEST]))
                yield from (found[1] or found[2] for found in _AWK_RUNS.finditer(one[:_LONGEST]))
        case "concurrently":
            yield from (one for one in words if " " in one)
        case "husky" if words[:1] == ("add",):
            yield from words[2:3]
        case _:
            code = code_of(run)
            if code is not None:
                yield from _code(code.text[:_LONGEST])


def _proxied(words: tuple[str, ...]) -> Iterator[str]:
    for one in words:
        found = re.search(r"(?:ProxyCommand|LocalCommand|KnownHostsCommand)[= ](.+)", one, re.DOTALL)
        if found:
            yield found[1]


def _recipe(text: str) -> Iterator[str]:
    """Give the commands of a makefile: what stands behind a tab, or behind `;` on the line of a target."""
    for line in text[:_LONGEST].split("\n"):
        if line.startswith("\t"):
            yield line.strip().lstrip("@-+")
        elif ";" in line and ":" in line.partition(";")[0]:
            yield line.partition(";")[2]


def _mounted(words: tuple[str, ...]) -> Iterator[str]:
    """Give what a container runs, with paths as they are here, where a folder of here is mounted in it."""
    for number, one in enumerate(words[:-1]):
        source, _, rest = words[number + 1].partition(":")
        inside = rest.partition(":")[0]
        if one in {"-v", "--volume"} and inside.startswith("/") and not rest.endswith(":ro"):
            text = " ".join(map(_shell_word, words[number + 2 :]))
            within = f"{inside.rstrip('/')}/"
            here = f"{source.rstrip('/') or '/'}/"
            yield re.sub(r"\A.*?(?=\b(?:rm|sh|bash|mv|cp|sed|tee|chmod|find|python3?|node|perl)\b)", "", text).replace(
                within, here
            )


def _git(run: Run) -> Iterator[str]:
    word, given, settings = git_words(run)
    shortcuts = dict(one.text[6:].split("=", 1) for one in settings if one.text.startswith("alias.") and "=" in one.text)
    if word in shortcuts and not shortcuts[word].startswith("!"):
        yield " ".join(("git", shortcuts[word], *(_shell_word(one.text) for one in given.operands)))
    for one in settings:
        found = _GIT_RUNS.match(one.text)
        if found:
            yield found[1]
    words = [one.text for one in given.operands]
    if word == "config" and len(words) > 1 and (found := _GIT_RUNS.match(f"{words[-2]}={words[-1]}")):
        yield found[1]
    elif word == "config" and len(words) > 1 and words[-2].startswith("alias.") and not words[-1].startswith("!"):
        yield f"git {words[-1]}"
    elif word in {"difftool", "mergetool"}:
        yield from (one.text for one in given.all("-x", "--extcmd"))
        yield from (after for one, after in pairwise(run.words) if one in {"-x", "--extcmd"})
    elif word == "grep":
        yield from (one[2:] for one in run.words if one.startswith("-O") and len(one) > 2)
        yield from (one.partition("=")[2] for one in run.words if one.startswith("--open-files-in-pager="))
    elif word == "rebase":
        yield from (one.text for one in given.all("-x", "--exec"))
    elif (word == "bisect" and words[:1] == ["run"]) or (word == "submodule" and words[:1] == ["foreach"]):
        yield " ".join(words[1:])
    elif word == "filter-branch":
        yield from (value.text for values in given.values.values() for value in values)


def _terminals(words: tuple[str, ...]) -> Iterator[str]:
    if words and words[0] in _OPENING:
        yield from (one for one in words[1:] if not one.startswith("-") and (" " in one or one == words[-1]))
    elif "-dm" in words or "-dmS" in words:
        at = words.index("-dmS") + 2 if "-dmS" in words else words.index("-dm") + 1
        yield " ".join(words[at:])


def shell_texts(code: str) -> Iterator[str]:
    """Give the texts for a shell that stand in code of another language, 50 of each kind at most."""
    yield from _code(code[:_LONGEST])


def _code(code: str) -> Iterator[str]:
    for number, found in enumerate(_CALLS.finditer(code)):
        if number < 50:
            yield found["text"].replace('\\"', '"').replace("\\'", "'").replace("\\\\", "\\")
    for number, found in enumerate(_CODE_RUNS.finditer(code)):
        if number < 50:
            listed = found["list"]
            words = [one[1] for one in _QUOTED.finditer(listed)] if listed else []
            yield " ".join(map(_shell_word, words)) if words else found["tick"] or found["qx"] or found["w"]
    for number, found in enumerate(_LISTS.finditer(code)):
        if number < 50:
            yield " ".join(_shell_word(one[1]) for one in _QUOTED.finditer(found["words"]))


def _shell_word(text: str) -> str:
    return text if re.fullmatch(r"[\w@%+=:,./-]+", text) else "'" + text.replace("'", "'\\''") + "'"
