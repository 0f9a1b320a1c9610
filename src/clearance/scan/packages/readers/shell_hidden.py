"""What a shell script names in a roundabout way: by functions that hand their arguments on, in base64 that it decodes."""

import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from clearance.scan.packages.readers.placed import Placed
from clearance.scan.packages.readers.shell_words import Command, Document, Word

_FUNCTION: Final = re.compile(
    r"(?m)^[ \t]*(?:function[ \t]+([A-Za-z_][\w-]*)[ \t]*(?:\(\))?|([A-Za-z_][\w-]*)[ \t]*\(\))[ \t]*\n?[ \t]*\{"
    r"((?:\$\{[^{}\n]{0,80}\}|[^{}])*+)\}"
)
_ARGUMENT: Final = re.compile(r"\"?\$\{?([@*]|[1-9])(?::[^{}\"]{0,20})?\}?\"?")
_MARK: Final = "\x01"
_ENCODED: Final = re.compile(
    r"(?:echo|printf)[ \t]+(?:-\w+[ \t]+)?[\"']?(?P<fed>[A-Za-z0-9+/]{12,}={0,2})[\"']?[ \t]*\|[ \t]*base64[ \t]+"
    r"(?:-[dD]|--decode)"
    r"|base64[ \t]+(?:-[dD]|--decode)[ \t]*<<<[ \t]*[\"']?(?P<given>[A-Za-z0-9+/]{12,}={0,2})"
)
_LARGEST: Final = 65_536
_MOST: Final = 200

Lexed = Callable[[Placed], Iterator[Command | Document]]
"""Cuts a script into its commands."""


def functions_of(script: Placed, lexed: Lexed, may_name: Callable[[str], bool]) -> Mapping[str, Sequence[Command]]:
    """Give the functions of a script that hand arguments on to something that installs: by name, the commands of each, in
    which marks stand for the arguments."""
    found: dict[str, Sequence[Command]] = {}
    for one in _FUNCTION.finditer(script.text):
        body = one[3]
        if len(found) >= _MOST or len(body) > _LARGEST or "$" not in body or not may_name(body):
            continue
        # A mark is as long as what it stands for, so that places stay right.
        marked = _ARGUMENT.sub(lambda at: (_MARK + at[1]).ljust(len(at[0])), body)
        if marked != body:
            placed = script.part(one.start(3), one.end(3))
            commands = lexed(Placed(marked, placed.starts))
            found[one[1] or one[2]] = [command for command in commands if isinstance(command, Command)]
    return found


def called(command: Command, functions: Mapping[str, Sequence[Command]]) -> Iterator[Command]:
    """Give the commands that a call of such a function runs."""
    for one in functions.get(command.words[0].text, ()) if command.words else ():
        words: list[Word] = []
        handed = False
        for word in one.words:
            if not word.text.startswith(_MARK):
                words.append(word)
                continue
            handed = True
            which = word.text[1:2]
            words += command.words[1:] if which in "@*" else command.words[int(which) : int(which) + 1]
        if handed and words:
            yield one._replace(words=tuple(words))


def decoded(script: Placed) -> Iterator[Placed]:
    """Give what a script decodes from base64 that stands in it; what comes out is shorter, so that its places lie within."""
    for found in _ENCODED.finditer(script.text) if "base64" in script.text else ():
        group = "fed" if found["fed"] else "given"
        text = found[group]
        if len(text) > _LARGEST:
            continue
        try:
            data = binascii.a2b_base64(text + "=" * (-len(text) % 4))
        except binascii.Error:
            continue
        yield Placed(data.decode("utf-8", "replace"), ((0, script.origin(found.start(group))),))
