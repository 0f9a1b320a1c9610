"""Reads the commands of npm, pnpm, Yarn, Bun and Deno, and of what installs npm packages for a framework."""

import re
from collections.abc import Iterator, Sequence

from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source
from clearance.scan.packages.readers.installers import Named, arguments, index_of, placed_at, shown
from clearance.scan.packages.readers.npm_requirement import npm_argument, npm_version, npm_word
from clearance.scan.packages.readers.placed import UNKNOWN, Placed
from clearance.scan.packages.readers.shell_words import Word

_VALUED_TEXT = """
    --prefix -C --workspace -w --filter -F --tag --cwd --dir --cache --loglevel --userconfig --omit --include --before
    --cpu --os --libc --backend --network-concurrency --reporter --store-dir --modules-folder --mutex --otp -c --call
    --script-shell --install-strategy -p --package --registry --concurrency --network-timeout --cache-folder --template
    --scope --config --globalconfig --registry-url --virtual-store-dir --package-import-method --allow-build
    --save-prefix --fetch-timeout --fetch-retries --trust-policy
"""
_VALUED = frozenset(_VALUED_TEXT.split())
_SWITCHES = {
    "pnpm": frozenset({"-w", "-c", "-p"}), "pnpx": frozenset({"-c"}), "yarn": frozenset({"-w", "-c", "-C", "-F"}),
    "npm": frozenset({"-C", "-F"}), "npx": frozenset({"-w"}), "bun": frozenset({"-p", "-c"}),
}  # fmt: skip
_INSTALL = frozenset({"install", "add", "i", "in", "ins", "inst", "insta", "instal", "isnt", "isnta", "isntal", "isntall"})
_CREATE = frozenset({"create", "init", "innit"})
_NO_NAME = re.compile(r"[$%{}<>*!`=?|,;:\\…\[\]()]|^[./~]|^\d+$")
_RANGED = re.compile(r"(@?[\w./~-]+)@[\^~<>=*\d]")
_THEN = re.compile(r"((?:@[\w.~-]+/)?[\w~-][\w.~-]*)@[~^<>=v\d.]*")
_PUBLIC = r"(?:https?:)?//registry\.(?:npmjs\.org|yarnpkg\.com)/?"


def npm_call(tool: str, words: Sequence[Word]) -> Iterator[Named] | None:
    """Give what a command names; None where it installs nothing."""
    if tool in {"npx", "bunx", "pnpx"}:
        return _named(tool, words, runs=True)
    plain = _subcommands(tool, words)
    names = [words[index].text for index in plain[:4]]
    match [tool, *names]:
        case ["yarn", "global", "add", *_]:
            return _named(tool, words[plain[1] + 1 :])
        case ["yarn", "workspace", _, "add", *_]:
            return _named(tool, words[plain[2] + 1 :])
        case ["npm", "exec" | "x", *_] | ["pnpm" | "yarn", "dlx", *_] | ["bun", "x", *_]:
            return _named(tool, words[plain[0] + 1 :], runs=True)
        case ["npm" | "pnpm" | "yarn" | "bun", action, *rest] if action in _CREATE and (rest or tool == "npm"):
            return _created(words[plain[0] + 1 :]) if action == "create" or tool in {"npm", "bun"} else None
        case ["yarn" | "lerna" | "ng" | "nx", "add", *_] | ["expo", "install", *_]:
            return _named(tool, words[plain[0] + 1 :])
        case ["bun", "a", *_]:
            return _named(tool, words[plain[0] + 1 :])
        case ["npm" | "pnpm" | "bun", action, *_] if action in _INSTALL:
            return _named(tool, words[plain[0] + 1 :])
        case ["deno", "install" | "add" | "i" | "run" | "x", *_]:
            return _deno(words[plain[0] + 1 :], all_words=names[0] in {"add", "install", "i"})
        case ["npm" | "pnpm" | "yarn", "config", "set", *_]:
            return _configured(words[plain[1] + 1 :])
        case _:
            return None


def _subcommands(tool: str, words: Sequence[Word]) -> list[int]:
    valued = _VALUED - _SWITCHES.get(tool, frozenset())
    plain: list[int] = []
    skip = False
    for index, word in enumerate(words[:12]):
        if skip:
            skip = False
        elif word.text.startswith("-"):
            skip = word.text in valued
        else:
            plain.append(index)
    return plain


def _named(tool: str, words: Sequence[Word], *, runs: bool = False) -> Iterator[Named]:
    valued = _VALUED - _SWITCHES.get(tool, frozenset())
    given = arguments(words, valued, combine=False, first_only=runs)
    private = False
    for option, word in given.valued:
        if option == "--registry" or option.endswith(":registry"):
            private = private or not re.fullmatch(_PUBLIC, word.text)
            index = index_of(Registry.NPM, word, only=option == "--registry")
            if index:
                yield index
    named = given.plain
    chosen = list(given.values("-p", "--package")) if runs else []
    named = chosen or named
    sure = bool(given.flags & {"-y", "--yes"}) or bool(chosen) or tool in {"bunx", "pnpx", "pnpm", "yarn", "bun"}
    for word in named:
        found = npm_argument_at(word.placed, word.hint)
        if isinstance(found, Mention):
            yield found._replace(private=private, optional=runs and not sure and not found.wanted)
        elif found:
            yield found
    if runs and named and named[0].text.partition("@")[0] in {"expo", "lerna", "ng", "nx"} and not chosen:
        at = next((index for index, word in enumerate(words) if word is named[0]), len(words))
        yield from npm_call(named[0].text.partition("@")[0], words[at + 1 :]) or ()


def npm_argument_at(word: Placed, hint: str = "") -> Mention | Remote | None:
    """Read one word that names an npm package; None for a path, a template, or what is no name."""
    text = word.text
    if UNKNOWN in text:
        then = _THEN.fullmatch(text.partition(UNKNOWN)[0])
        if not then:
            return None
        wanted = shown(Word(word.part(then.end(1) + 1, len(text)), hint=hint))
        mention = Mention(
            Registry.NPM, then[1], *then.span(1), Source.COMMAND, wanted=wanted, place=(then.end(1) + 1, len(text)),
            details=Details(direct=True),
        )  # fmt: skip
        return placed_at(mention, word)
    found = None
    if text.startswith("@") and "/" not in text:
        return None
    if not _NO_NAME.search(text) or "://" in text or re.match(r"(?:[\w@./-]+@)?(?:npm|github|gitlab|bitbucket|git):", text):
        found = npm_argument(text, 0)
    else:
        # A range after the name may hold any of these signs.
        head = _RANGED.match(text)
        name = npm_word(head[1]) if head else ""
        if head and name == head[1] and not re.search(r"[$%{}`\\…\[\]()]", text):
            wanted = text[len(name) + 1 :]
            found = Mention(
                Registry.NPM, name, 0, len(name), Source.COMMAND, version=npm_version(wanted), wanted=wanted,
                place=(len(name) + 1, len(text)), details=Details(direct=True),
            )  # fmt: skip
    return placed_at(found, word) if found else None


def _created(words: Sequence[Word]) -> Iterator[Named]:
    """Tell what `npm init x` runs: `create-x`, `@scope/create`, `@scope/create-x`."""
    given = arguments(words, _VALUED, combine=False, first_only=True)
    for word in given.plain:
        text = word.text
        name, _, version = text.partition("@") if not text.startswith("@") else (f"@{text[1:].partition('@')[0]}", "", "")
        if text.startswith("@"):
            version = text[1:].partition("@")[2]
        if not re.fullmatch(r"(?:@[\w.~-]+/?)?[\w.~-]*", name) or not name.strip("@/.") or name.startswith("."):
            return
        scope, slash, rest = name.partition("/") if name.startswith("@") else ("", "", name)
        if rest.endswith("-"):
            return
        made = f"{scope}/create{'-' if rest else ''}{rest}" if scope else f"create-{rest}"
        place = (len(name) + 1, len(text)) if version else (0, 0)
        mention = Mention(
            Registry.NPM, made, 0, len(name), Source.COMMAND, version=npm_version(version), wanted=version, place=place,
            details=Details(direct=True),
        )  # fmt: skip
        if slash or not scope or not rest:
            yield placed_at(mention, word.placed)


def _deno(words: Sequence[Word], *, all_words: bool) -> Iterator[Named]:
    for word in words:
        if word.text.startswith("npm:"):
            found = npm_argument_at(word.placed.part(5 if word.text.startswith("npm:/") else 4, len(word.text)), word.hint)
            if found:
                yield found
        if not all_words and not word.text.startswith("-"):
            return


def _configured(words: Sequence[Word]) -> Iterator[Named]:
    """Read `npm config set registry <address>` and its form with `=`."""
    plain = [word for word in words if not word.text.startswith("-")]
    if plain and "=" in plain[0].text:
        at = plain[0].text.index("=")
        plain = [
            Word(plain[0].placed.part(0, at)),
            Word(plain[0].placed.part(at + 1, len(plain[0].text)), hint=plain[0].hint),
        ]
    if len(plain) > 1 and plain[0].text.lower().endswith(("registry", "npmregistryserver")):
        part = plain[0].text.startswith("@")
        found = index_of(Registry.NPM, plain[1], only=not part, default=_PUBLIC, once=False, part=part)
        if found:
            yield found
