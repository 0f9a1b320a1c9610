"""What assistants may ask: the arguments of each tool, bounded, with the words that a model reads."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MOST_TEXT = 20 << 20
"""Characters of a file, prompt or patch."""
_MOST_PATH = 4096
_MOST_WORDS = 4000

Text = Annotated[str, Meta(max_length=MOST_TEXT)]
Path = Annotated[str, Meta(max_length=_MOST_PATH)]
Directory = Annotated[
    str,
    Meta(
        max_length=_MOST_PATH,
        description="Folder to work in, if not the one that the server was started for; it must lie within that one.",
    ),
]


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all questions have: where they are about."""

    directory: Directory = ""


class CheckChange(Question, frozen=True, kw_only=True):
    """Arguments of `check_change`."""

    what: Annotated[
        Literal["working-tree", "staged", "patch"],
        Meta(description="All that differs from the default branch (default), what is staged for commit, or `patch`."),
    ] = "working-tree"
    patch: Annotated[Text, Meta(description="A unified diff with file headers, for what = patch.")] = ""
    base: Annotated[str, Meta(max_length=256, description="Compare with this revision instead of the default branch.")] = ""


class CheckCode(Question, frozen=True, kw_only=True):
    """Arguments of `check_code`."""

    text: Annotated[Text, Meta(description="The code: a whole file as it would stand after your edit, or a snippet.")]
    path: Annotated[
        Path,
        Meta(
            description="Where the file stands or will stand, within the repository; what is committed there is told apart. "
            "Leave out for a snippet."
        ),
    ] = ""
    language: Annotated[
        str, Meta(max_length=40, description="Language of a snippet (python, typescript, dockerfile, …) or its file suffix.")
    ] = ""


class CheckPackage(Question, frozen=True, kw_only=True):
    """Arguments of `check_package`."""

    registry: Annotated[str, Meta(max_length=40, description="PyPI, npm, conda, Go, Maven, crates.io, RubyGems or NuGet.")]
    name: Annotated[
        str, Meta(min_length=1, max_length=214, description="Name as the registry has it; Maven: group:artifact.")
    ]
    version: Annotated[
        str, Meta(max_length=128, description="One exact version; without it nothing can be compared with advisories.")
    ] = ""


class CheckPrompt(Question, frozen=True, kw_only=True):
    """Arguments of `check_prompt`."""

    text: Annotated[Text, Meta(description="The text that is about to leave: a prompt, a ticket, an answer.")]


class RulesFor(Question, frozen=True, kw_only=True):
    """Arguments of `rules_for`."""

    files: Annotated[
        tuple[Path, ...],
        Meta(max_length=200, description="Files that you are going to read or write, within the repository."),
    ] = ()
    task: Annotated[str, Meta(max_length=_MOST_WORDS, description="What you are going to do, in a sentence or two.")] = ""


class Explain(Question, frozen=True, kw_only=True):
    """Arguments of `explain`."""

    finding: Annotated[
        str,
        Meta(min_length=1, max_length=200, description="A rule's id, or the fingerprint of a finding of an earlier check."),
    ]
