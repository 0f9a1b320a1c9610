"""Licences of packages against those that the settings allow and deny."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from clearance.facts.finding import Gap, GapKind
from clearance.facts.text import visible
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.checks.withdrawn import release_of
from clearance.scan.packages.mention import Mention, Source

RULE = "package-licence"
_LONGEST = 400
_LEGACY = {
    "apache": "Apache-2.0", "apache 2": "Apache-2.0", "apache 2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0", "apache license version 2.0": "Apache-2.0", "apache-2": "Apache-2.0",
    "apache software license": "Apache-2.0", "apache software license 2.0": "Apache-2.0", "asl 2.0": "Apache-2.0",
    "mit license": "MIT", "the mit license": "MIT", "mit licence": "MIT", "expat": "MIT", "mit/x11": "MIT",
    "bsd": "BSD-3-Clause", "bsd license": "BSD-3-Clause", "new bsd": "BSD-3-Clause", "new bsd license": "BSD-3-Clause",
    "bsd 3-clause": "BSD-3-Clause", "bsd-3": "BSD-3-Clause", "3-clause bsd": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause", "bsd 3-clause license": "BSD-3-Clause", "bsd 3 clause": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause", "bsd 2-clause": "BSD-2-Clause", "simplified bsd": "BSD-2-Clause",
    "bsd-2": "BSD-2-Clause", "2-clause bsd": "BSD-2-Clause", "isc license": "ISC", "isc license (iscl)": "ISC",
    "mpl 2.0": "MPL-2.0", "mpl2": "MPL-2.0", "mpl-2": "MPL-2.0", "mozilla public license 2.0": "MPL-2.0",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0", "psf": "PSF-2.0", "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0", "python software foundation": "PSF-2.0", "gpl": "GPL-1.0-or-later",
    "gplv2": "GPL-2.0-only", "gpl v2": "GPL-2.0-only", "gpl-2": "GPL-2.0-only", "gplv2+": "GPL-2.0-or-later",
    "gpl-2+": "GPL-2.0-or-later", "gplv3": "GPL-3.0-only", "gpl v3": "GPL-3.0-only", "gpl-3": "GPL-3.0-only",
    "gnu gplv3": "GPL-3.0-only", "gplv3+": "GPL-3.0-or-later", "gpl-3+": "GPL-3.0-or-later",
    "gnu general public license v3 (gplv3)": "GPL-3.0-only", "gnu general public license v2 (gplv2)": "GPL-2.0-only",
    "gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
    "gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later", "lgpl": "LGPL-2.0-or-later",
    "lgplv2.1": "LGPL-2.1-only", "lgplv3": "LGPL-3.0-only", "lgplv3+": "LGPL-3.0-or-later",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only", "agpl": "AGPL-3.0-only", "agplv3": "AGPL-3.0-only",
    "agplv3+": "AGPL-3.0-or-later", "gnu affero general public license v3": "AGPL-3.0-only", "zlib/libpng": "Zlib",
    "gnu affero general public license v3 or later (agplv3+)": "AGPL-3.0-or-later", "unlicense": "Unlicense",
    "the unlicense (unlicense)": "Unlicense", "public domain": "LicenseRef-public-domain", "cc0": "CC0-1.0",
    "wtfpl": "WTFPL", "gpl-2.0": "GPL-2.0-only", "gpl-2.0+": "GPL-2.0-or-later", "gpl-3.0": "GPL-3.0-only",
    "gpl-3.0+": "GPL-3.0-or-later", "lgpl-2.1": "LGPL-2.1-only", "lgpl-2.1+": "LGPL-2.1-or-later",
    "lgpl-3.0": "LGPL-3.0-only", "lgpl-3.0+": "LGPL-3.0-or-later", "agpl-3.0": "AGPL-3.0-only",
    "agpl-3.0+": "AGPL-3.0-or-later", "zpl 2.1": "ZPL-2.1",
}  # fmt: skip
"""Words of manifests and of PyPI's classifiers for what SPDX names; the identifiers without `-only` are SPDX's own old
ones."""
_LOCKS = {"package.json": ("package-lock.json", "npm-shrinkwrap.json")}
"""Lock files that write down licences, by their manifest."""
_NOBODY = frozenset({"unknown", "none", "other", "unlicensed", "see license", "proprietary", "custom", "n/a", "-"})
_FILE = re.compile(r"see license in ", re.IGNORECASE)


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give packages whose licence the settings do not let in, and say whose licence nobody knows."""
    policy = asked.policy
    if not policy.has_licences:
        return
    for mention in asked.each(asked.named):
        if policy.is_private(mention.registry, mention.name) or not (mention.version or mention.source is Source.LOCKFILE):
            continue
        said = _licence(asked, mention)
        words = visible(" ".join(said[:_LONGEST].split()))
        wrong = judged(said, policy.licences_allow, policy.licences_deny) if said else None
        if wrong is None:
            if policy.licences_unknown == "tell":
                asked.doubt(mention, GapKind.UNKNOWN, "have a licence that nobody here knows", "packages")
        elif wrong:
            start, end = mention.start, mention.end
            yield Match(
                rule=RULE,
                start=start,
                end=end,
                message=f'"{mention.name}" comes under {words}: {wrong}',
                shape=f"{mention.registry.value} {mention.name} {words}",
            )


def judged(said: str, allow: tuple[str, ...], deny: tuple[str, ...]) -> str | None:
    """Say what is wrong with a licence: empty where nothing is, None where the words name no licence that SPDX knows.

    Of `A OR B` the better one counts, of `A AND B` the worse one. A licence with an exception is let in by its own name
    (`GPL-2.0-only WITH Classpath-exception-2.0`) or by that of the licence, and denied only by one of the same two.
    """
    parsed = _parsed(said)
    return None if parsed is None else _wrong(parsed, frozenset(map(_id, allow)), frozenset(map(_id, deny)))


def _wrong(node: Any, allow: frozenset[str], deny: frozenset[str]) -> str | None:
    """Judge a parsed expression; it is no deeper than its few hundred characters allow."""
    kind = type(node).__name__
    if kind in {"AND", "OR"}:
        parts = [_wrong(part, allow, deny) for part in node.args]
        bad = [part for part in parts if part]
        if kind == "AND":
            return bad[0] if bad else None if None in parts else ""
        return "" if "" in parts else None if None in parts else bad[0]
    own = node.render().lower()
    plain = own.partition(" with ")[0]
    if not _known(plain) and not {own, plain} & (allow | deny):
        return None
    if own in deny or (plain in deny and own not in allow):
        return f"{node.render()} is denied"
    if allow and own not in allow and plain not in allow:
        return f"{node.render()} is not among the allowed ones"
    return ""


def _id(name: str) -> str:
    return _LEGACY.get(" ".join(name.lower().split()), name).lower()


@lru_cache(maxsize=2048)
def _parsed(said: str) -> Any:
    """Read an SPDX expression, or words that mean one; None for what is neither."""
    words = " ".join(said.split())
    if not 0 < len(words) <= _LONGEST or words.lower() in _NOBODY or _FILE.match(words):
        return None
    words = _LEGACY.get(words.lower(), words)
    if "/" in words and " " not in words:  # the old way to write a choice in Cargo.toml
        words = words.replace("/", " OR ")
    from license_expression import ExpressionError  # only where the settings speak of licences

    words = re.sub(r"\b[AL]?GPL-[\d.]+\+?(?![\w.+-])", lambda found: _LEGACY.get(found[0].lower(), found[0]), words)
    try:
        return _spdx().parse(words, validate=False, strict=True)
    except (ExpressionError, RecursionError, ValueError, AttributeError, TypeError):
        return None


@lru_cache(maxsize=1)
def _spdx() -> Any:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(name.lower() for name in _spdx().known_symbols)


def _known(name: str) -> bool:
    return name in _names()


def _licence(asked: Asked, mention: Mention) -> str:
    if mention.details.licence:
        return mention.details.licence
    locked = _locked(asked, mention)
    if locked:
        return locked
    answer = asked.answer(mention)
    release = release_of(answer, mention) if answer is not None and mention.version else None
    return release.licence if release is not None else ""


def _locked(asked: Asked, mention: Mention) -> str:
    """Give the licence that the lock file of a manifest writes down for this very version."""
    siblings = asked.siblings
    names = _LOCKS.get(asked.view.path.rpartition("/")[2])
    if siblings is None or names is None or not mention.version:
        return ""
    for path in siblings.beside(asked.view.path, names, above=True):
        for one in siblings.found(path, asked.budget) or ():
            if isinstance(one, Mention) and (one.key, one.version) == (mention.key, mention.version) and one.details.licence:
                return one.details.licence
    return ""
