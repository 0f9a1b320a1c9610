"""Reads the commands of pip, uv, pipx, Pipenv, Poetry, PDM, Rye, Pixi and conda."""

import re
from collections.abc import Iterator, Sequence

from clearance.scan.packages.mention import Details, Mention, Registry, Remote, Source
from clearance.scan.packages.readers.installers import Arguments, Named, arguments, index_of, is_exact, placed_at, shown
from clearance.scan.packages.readers.placed import UNKNOWN, Placed
from clearance.scan.packages.readers.requirement import index_is_public, python_requirement
from clearance.scan.packages.readers.shell import PROCESS
from clearance.scan.packages.readers.shell_words import Word

_VALUED_TEXT = """
    -r --requirement --requirements -c --constraint -e --editable -t --target --prefix --root --python -p --group -G -E
    --extra --platform --python-version --implementation --abi --timeout --retries --proxy --cert --client-cert
    --trusted-host --cache-dir --log --src --progress-bar --upgrade-strategy --dependency-group --directory --project
    --dev-group -d --dest --no-binary --only-binary -C --global-option --config-settings --config-setting
    --exists-action --optional --keyring-provider --package --constraints --overrides --override --suffix --pip-args
    --bounds --tag --branch --rev --env-file --report --uploaded-prior-to --with --with-editable --with-requirements
    --from --script --exclude-newer --resolution --prerelease --index-strategy --link-mode --color --config-file
    --allow-insecure-host --wheel-dir -w -b --build --python-platform --torch-backend --root-user-action --use-feature
    --use-deprecated --excludes --spec --python-preference --default-timeout --feature -P --upgrade-package
    --reinstall-package --install-option --pypi-mirror --categories --refresh-package --no-build-package
    --no-binary-package --marker --lockfile -L --venv --pre-release --preinstall -i --index-url --extra-index-url
    --default-index --index --source -f --find-links
"""
_VALUED = frozenset(_VALUED_TEXT.split())
_TOOL_ONLY = frozenset({"--group", "-G", "-E", "-r", "--package"})
_SWITCHES = {"poetry": frozenset({"-D", "--dev"}), "pipx": frozenset({"-f", "-e", "--editable", "--pre-release"})}
_NAME = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?"
_AT_VERSION = re.compile(rf"({_NAME})(\[[^\]]*\])?@([\w.^~*<>=!+,-]+)")
_THEN = re.compile(rf"({_NAME})(?:\[[^\]]*\])?\s*(?:[<>=!~]=?|===|@(?!\s*(?:git|https?)))")
_HOSTED = re.compile(r"(?:git|hg|svn|bzr)\+|https?://|[^/]*@\s*(?:git\+|https?://)")
_NO_NAME = re.compile(r"[$%{}*!`?|\\…]|^[./~\[-]|/|\.(?:whl|zip|tar\.gz|tar\.bz2|tgz|egg)$|^\d+(?:\.\d+)?$")
_CONDA_VALUED_TEXT = """
    -n --name -p --prefix -c --channel --file -f --repodata-fn --subdir --platform --solver --experimental-solver
    --clone --package-cache --log-level --feature --manifest-path --git --branch --tag --rev --path --build
    --environment -e --with --expose --root-prefix -r
"""
_CONDA_VALUED = frozenset(_CONDA_VALUED_TEXT.split())
_CONDA = re.compile(r"(?:([\w./:-]+)::)?([A-Za-z0-9_][\w.-]*)(\[.*\])?\s*((?:[<>=!~]=?|\s)\s*\S.*)?")
_CONDA_EXACT = re.compile(r"==\s*(\d[\w.!+]*)|=?\s*(\d[\w.!+]*)=\w+")
"""One `=` alone asks for all versions that begin so."""


def python_call(tool: str, words: Sequence[Word]) -> Iterator[Named] | None:
    """Give what a command names; None where it installs nothing."""
    if tool in {"conda", "mamba", "micromamba"}:
        return _conda_call(words)
    action, rest = _action(tool, words)
    if not action:
        return None
    if action == "conda":
        return _conda(arguments(rest, _CONDA_VALUED))
    if action == "configure":
        return _configured(rest)
    return _named(tool, rest, runs=action == "run")


def _action(tool: str, words: Sequence[Word]) -> tuple[str, Sequence[Word]]:
    """Find the subcommand: what it does (`install`, `run`, …, or nothing) and the words after it."""
    if tool in {"uvx", "easy_install"}:
        return ("run" if tool == "uvx" else "install"), words
    plain = _subcommands(words)
    names = [words[index].text for index in plain]
    match [tool, *names[:2]]:
        case ["uv", "pip" | "tool", "install", *_]:
            return "install", words[plain[1] + 1 :]
        case ["uv", "tool", "run", *_]:
            return "run", words[plain[1] + 1 :]
        case ["uv", "run", *_]:
            return "with", words[plain[0] + 1 :]
        case ["poetry" | "pdm", "self" | "plugin", "add", *_] | ["rye", "tools", "install", *_]:
            return "install", words[plain[1] + 1 :]
        case ["pixi", "global", "install" | "add", *_]:
            return "conda", words[plain[1] + 1 :]
        case ["pixi", "add", *_]:
            flags = {word.text for word in words}
            return ("install" if "--pypi" in flags else "conda"), words[plain[0] + 1 :]
        case ["pipx", "run", *_]:
            return "run", words[plain[0] + 1 :]
        case ["uv" | "poetry" | "pdm" | "rye", "add", *_] | ["rye", "install", *_]:
            return "install", words[plain[0] + 1 :]
        case ["pip", "install" | "download" | "wheel", *_] | ["pipx" | "pipenv", "install" | "inject" | "upgrade", *_]:
            return "install", words[plain[0] + 1 :]
        case ["pip", "config", "set", *_]:
            return "configure", words[plain[1] + 1 :]
        case _:
            return "", ()


def _subcommands(words: Sequence[Word]) -> list[int]:
    """Give the indexes of the first words that are neither options nor their values."""
    plain: list[int] = []
    skip = False
    for index, word in enumerate(words[:10]):
        if skip:
            skip = False
        elif word.text.startswith("-"):
            skip = word.text in _VALUED and word.text not in _TOOL_ONLY
        else:
            plain.append(index)
    return plain


def _named(tool: str, words: Sequence[Word], *, runs: bool) -> Iterator[Named]:
    valued = _VALUED - _SWITCHES.get(tool, frozenset())
    given = arguments(words, valued, first_only=runs)
    private, indexes = _indexes(given)
    yield from indexes
    named = list(given.plain)
    chosen = list(given.values("--from", "--spec"))
    if runs and chosen:
        named = chosen
    named += given.values("--with", "--preinstall")
    named += (word for word in given.values("-r", "--requirement") if word.hint == PROCESS)
    named += [word for option, word in given.valued if option not in {"-c", "-f", "--from"} and _HOSTED.match(word.text)
              and option in {"-e", "--editable"}]  # fmt: skip
    for word in named:
        for piece in _separated(word):
            found = python_word(piece, word.hint)
            if isinstance(found, Mention):
                yield found._replace(private=private)
            elif found:
                yield found


def with_option(words: Sequence[Word]) -> Iterator[Named]:
    """Give what `uv run --with x` names."""
    given = arguments(words, _VALUED, first_only=True)
    for word in given.values("--with"):
        for piece in _separated(word):
            found = python_word(piece, word.hint)
            if found:
                yield found


def _separated(word: Word) -> Iterator[Placed]:
    """Give the requirements in one word: `--with a,b`, `"a b"`."""
    text = word.text
    if re.fullmatch(rf"{_NAME}(?:[,\s]+{_NAME})+", text):
        yield from (word.placed.part(*found.span()) for found in re.finditer(r"[^,\s]+", text))
    else:
        yield word.placed


def _indexes(given: Arguments) -> tuple[bool, list[Named]]:
    """Tell the indexes that the options of a command name, and whether any of them is not PyPI."""
    indexes: list[Named] = []
    private = False
    for option, word in given.valued:
        if option in {"-i", "--index-url", "--default-index"}:
            only = True
        elif option in {"--extra-index-url", "--index", "-f", "--find-links", "--source"}:
            only = False
        else:
            continue
        value = (
            Word(word.placed.part(word.text.find("=") + 1, len(word.text)), hint=word.hint) if option == "--index" else word
        )
        found = index_of(Registry.PYPI, value, only=only)
        if found:
            indexes.append(found)
        private = private or not index_is_public(word.text)
    return private, indexes


def _configured(words: Sequence[Word]) -> Iterator[Named]:
    plain = [word for word in words if not word.text.startswith("-")]
    if len(plain) > 1 and plain[0].text.endswith("index-url"):
        found = index_of(Registry.PYPI, plain[1], only="extra" not in plain[0].text, once=False)
        if found:
            yield found


def python_word(word: Placed, hint: str = "") -> Mention | Remote | None:
    """Read one word that names a Python package; None for a path, a template, or what is no name."""
    text = word.text
    if _HOSTED.match(text):
        found = None if UNKNOWN in text else python_requirement(text, 0, len(text), Source.COMMAND)
        return placed_at(found, word) if found else None
    if UNKNOWN in text:
        return _partly_known(word, hint)
    at = _AT_VERSION.fullmatch(text)
    if at and not _NO_NAME.search(at[1]):
        version = at[3] if is_exact(at[3]) else ""
        mention = Mention(
            Registry.PYPI, at[1], *at.span(1), Source.COMMAND, version=version, wanted=at[3], place=at.span(3),
            details=Details(direct=True),
        )  # fmt: skip
        return placed_at(mention, word)
    if _NO_NAME.search(re.split(r"[\s<>=!~;\[]", text, maxsplit=1)[0] or "-") or "://" in text:
        return None
    found = python_requirement(text, 0, len(text), Source.COMMAND)
    if isinstance(found, Mention) and found.version and not re.fullmatch(r"[\w.!+-]+", found.version):
        found = found._replace(version="")
    return placed_at(found, word) if found else None


def _partly_known(word: Placed, hint: str) -> Mention | Remote | None:
    then = _THEN.match(word.text.partition(UNKNOWN)[0])
    if not then:
        return None
    wanted = shown(Word(word.part(then.end(1), len(word.text)), hint=hint))
    mention = Mention(
        Registry.PYPI, then[1], *then.span(1), Source.COMMAND, wanted=wanted, place=(then.end(1), len(word.text)),
        details=Details(direct=True),
    )  # fmt: skip
    return placed_at(mention, word)


def _conda_call(words: Sequence[Word]) -> Iterator[Named] | None:
    plain = [index for index, word in enumerate(words[:10]) if not word.text.startswith("-")]
    if not plain or words[plain[0]].text not in {"install", "create", "update", "upgrade"}:
        return None
    return _conda(arguments(words[plain[0] + 1 :], _CONDA_VALUED))


def _conda(given: Arguments) -> Iterator[Named]:
    channels = [word.text for word in given.values("-c", "--channel")]
    for word in given.plain:
        found = conda_word(word.placed, Source.COMMAND, channels)
        if found:
            yield found


def conda_word(word: Placed, source: Source, channels: Sequence[str] = ()) -> Mention | None:
    """Read a match specification of conda (`channel::name[key=value] =1.2=build`); None for a path, a variable."""
    text = word.text.strip()
    lead = len(word.text) - len(word.text.lstrip())
    found = _CONDA.fullmatch(text.partition(UNKNOWN)[0].rstrip("=<>! ") if UNKNOWN in text else text)
    if not found or text.startswith(UNKNOWN) or re.search(r"\.(?:ya?ml|txt|tar\.bz2|conda)$", text) or "\n" in text:
        return None
    if UNKNOWN in text and not re.match(r"[=<>!~\s\[]", text[found.end(2) :]):
        return None
    channel, wanted = found[1] or "", (found[4] or found[3] or "").strip()
    exact = _CONDA_EXACT.fullmatch(wanted)
    private = any("://" in one and "conda.anaconda.org" not in one for one in [channel, *channels])
    place = (lead + found.start(4), lead + found.end(4)) if found[4] else (0, 0)
    mention = Mention(
        Registry.CONDA, found[2], lead + found.start(2), lead + found.end(2), source, private=private,
        version=(exact[1] or exact[2]) if exact else "", wanted=wanted, place=place,
        details=Details(host=channel or (channels[0] if len(channels) == 1 else ""), direct=True),
    )  # fmt: skip
    moved = placed_at(mention, word)
    return moved if isinstance(moved, Mention) else None
