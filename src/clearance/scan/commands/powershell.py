"""What PowerShell's own commands and options do, said in the words of a shell: the other detectors read it from there."""

import base64
import binascii
import re
from collections.abc import Iterator

from clearance.scan.commands.run import Run

POWER = frozenset({"pwsh", "powershell"})
VALUED = frozenset(
    {
        "-executionpolicy", "-ep", "-ex", "-exec", "-workingdirectory", "-wd", "-windowstyle", "-w", "-version",
        "-configurationname", "-config", "-outputformat", "-inputformat", "-psconsolefile", "-settingsfile",
        "-custompipename",
    }
)  # fmt: skip
"""Options of the program with a value behind them."""
_ENCODED = "-encodedcommand"
_LONGEST = 200_000
_ALIASES = {
    "ri": "remove-item", "rm-item": "remove-item", "sc": "set-content", "ac": "add-content", "clc": "clear-content",
    "saps": "start-process", "irm": "invoke-restmethod", "iwr": "invoke-webrequest", "mi": "move-item", "rni": "rename-item",
    "ni": "new-item", "cpi": "copy-item", "start": "start-process",
}  # fmt: skip
_AS = {
    "remove-item": "rm -rf", "set-content": "tee", "add-content": "tee -a", "clear-content": "truncate -s 0",
    "out-file": "tee", "move-item": "mv", "rename-item": "mv", "new-item": "touch", "copy-item": "cp", "set-item": "tee",
}  # fmt: skip
_OTHERS = frozenset(
    {"-value", "-encoding", "-itemtype", "-filter", "-include", "-exclude", "-erroraction", "-ea", "-stream", "-credential"}
)
"""Options whose value is no path."""
_DRIVE = re.compile(r"[A-Za-z]:[/\\]*\Z")
_VARIABLE = re.compile(r"env:[/\\]*(\w+)\Z", re.IGNORECASE)


def encoded_text(words: tuple[str, ...]) -> str | None:
    """Give what `-EncodedCommand`, or the beginning of that option, spells (Base64 of UTF-16); None: it stands nowhere.

    Empty where it cannot be decoded.
    """
    for number, one in enumerate(words[:-1]):
        option = one.casefold().replace("/", "-", 1)
        if option == "-ec" or (option.startswith("-e") and _ENCODED.startswith(option) and option not in VALUED):
            try:
                return base64.b64decode(words[number + 1][:_LONGEST], validate=True).decode("utf-16-le", "replace")
            except (binascii.Error, ValueError):
                return ""
    return None


def encoded(words: tuple[str, ...]) -> Iterator[str]:
    """Give the text that an encoded option of PowerShell would run, if it can be read."""
    if text := encoded_text(words):
        yield text


def cmdlets(run: Run) -> Iterator[str]:
    """Give what one of PowerShell's own commands does, as a line for a shell; nothing for any other program."""
    name = _ALIASES.get(run.name, run.name)
    if run.name == "start" and POWER.isdisjoint(run.via):
        return
    if name in _AS:
        paths = list(_operands(run.words))
        for one in paths:
            if found := _VARIABLE.match(one):
                yield f"unset {found[1]}"
        if paths:
            yield f"{_AS[name]} {' '.join(map(_word, paths))}"
    elif name == "start-process":
        given = dict(_named(run.words))
        program = given.get("-filepath") or next(iter(_operands(run.words)), "")
        arguments = given.get("-argumentlist") or given.get("-args") or " ".join(list(_operands(run.words))[1:])
        yield f"{program} {arguments.replace(',', ' ')}"
    elif name in {"invoke-restmethod", "invoke-webrequest"}:
        given = dict(_named(run.words))
        address = given.get("-uri") or next((one for one in run.words if "://" in one), "")
        if "-infile" in given:
            yield f"curl -T {_word(given['-infile'])} {_word(address)}"
        elif "-body" in given:
            yield f"curl -d {_word(given['-body'])} {_word(address)}"
    elif name in {"stop-process", "spps"} and any("clearance" in " ".join(one.words) for one in (*run.feeding, run)):
        yield "pkill clearance"


def _named(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for number, one in enumerate(words[:-1]):
        if one.startswith("-"):
            yield one.casefold(), words[number + 1]


def _operands(words: tuple[str, ...]) -> Iterator[str]:
    """Give the paths among the words: what stands alone, and behind the options that take one."""
    before = ""
    for one in words:
        if one.startswith("-"):
            before = one.casefold()
            continue
        if before in _OTHERS or before in {"-argumentlist", "-args", "-verb"}:
            before = ""
            continue
        before = ""
        yield "/" if _DRIVE.fullmatch(one) else one.replace("\\", "/")


def _word(text: str) -> str:
    return text if re.fullmatch(r"[\w@%+=:,./~-]+", text) else "'" + text.replace("'", "'\\''") + "'"
