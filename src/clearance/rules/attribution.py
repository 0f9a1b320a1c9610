"""Who wrote the pages that a team took in, and under which licence: `SOURCES.toml`, beside the pages.

The pages stay as their authors wrote them, so what a licence asks to be said stands in a file of its own. Each page is named
with the SHA-256 of what was taken in: one that has another digest now was changed since.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec

from clearance.facts.errors import BadFile
from clearance.facts.fact import Fact
from clearance.facts.toml import BadToml, read_toml

NAME = "SOURCES.toml"
LONGEST = 1_048_576
"""Characters of the longest such file that is read."""
_HEAD = "# Who wrote the pages of this folder. `clearance rules import --attribution` keeps this file.\n"
_Line = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,400}\Z")]
_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,120}\.md\Z")]
_Digest = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Attributed(Fact):
    """An attribution, and the pages that it holds for: file name to the SHA-256 of the bytes that were taken in."""

    attribution: _Line
    files: dict[_Name, _Digest] = {}

    def __hash__(self) -> int:
        """Hash by the attribution, because maps have no hash."""
        return hash(self.attribution)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    source: list[Attributed] = []


def read_sources(text: str, *, path: str) -> tuple[Attributed, ...]:
    """Read the file.

    Raises:
        BadFile: it is not what `write_sources` writes; `where` names the line where TOML says it.
    """
    hint = "mend it, or move it away and name the attribution again"
    if len(text) > LONGEST:
        raise BadFile(f"longer than {LONGEST:,} characters", where=f"{path}:1", next=hint)
    try:
        return tuple(msgspec.convert(read_toml(text), _File).source)
    except BadToml as error:
        raise BadFile(f"not TOML: {error}", where=f"{path}:{error.line}", next=hint) from None
    except msgspec.ValidationError as error:
        raise BadFile(f"not a list of sources: {error}", where=f"{path}:1", next=hint) from None


def write_sources(sources: Iterable[Attributed]) -> str:
    """Write the file: attributions and pages in their order, the same text for the same sources."""
    parts = [_HEAD]
    for one in sorted(sources, key=lambda each: each.attribution):
        if one.files:
            files = "".join(f"{json.dumps(name)} = {json.dumps(digest)}\n" for name, digest in sorted(one.files.items()))
            parts.append(f"\n[[source]]\nattribution = {json.dumps(one.attribution, ensure_ascii=False)}\n\n")
            parts.append(f"[source.files]\n{files}")
    return "".join(parts)


def attribute(known: Iterable[Attributed], attribution: str, files: Mapping[str, str]) -> tuple[Attributed, ...]:
    """Give what is known with pages (name to digest) of one more attribution; each page has the last one it was given."""
    merged = {one.attribution: {name: digest for name, digest in one.files.items() if name not in files} for one in known}
    merged.setdefault(attribution, {}).update(files)
    return tuple(Attributed(attribution=word, files=held) for word, held in sorted(merged.items()) if held)
