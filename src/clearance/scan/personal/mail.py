"""Mail addresses, told apart from what only has an `@` in it."""

import re
from collections.abc import Iterator

from clearance.facts.finding import Confidence, Look
from clearance.scan.personal import reserved
from clearance.scan.personal.sheet import Dropped, Found, Seen, Sheet, pattern

RULE = "email-address"
_LONGEST_LOCAL = 64
_LONGEST = 254
_ADDRESS = pattern(
    r"[A-Za-z0-9\xc0-\xd6\xd8-\xf6\xf8-\xff._%+'&/=~^{}|!#$?*-]+@[A-Za-z0-9\xc0-\xd6\xd8-\xf6\xf8-\xff-]+"
    r"(?:\.[A-Za-z0-9\xc0-\xd6\xd8-\xf6\xf8-\xff-]+)+"
)
_LOCAL = re.compile(r"[A-Za-z0-9À-ÖØ-öø-ÿ_](?:[A-Za-z0-9À-ÖØ-öø-ÿ_%+'&=~-]|\.(?!\.))*\Z")
_TOP = re.compile(r"(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{1,59})")
_ENDS_OF_FILES = frozenset(
    {"avif", "bmp", "cfg", "conf", "cpp", "css", "csv", "dll", "exe", "gif", "gz", "html", "ico", "ini", "java", "jpeg",
     "jpg",
     "js", "json", "jsx", "less", "lock", "map", "min", "mjs", "otf", "pdf", "php", "png", "py", "rb", "scss", "service",
     "socket",
     "svg", "swift", "tar", "tgz", "timer", "toml", "ts", "tsx", "ttf", "txt", "vue", "webp", "whl", "woff", "xml", "yaml",
     "yml", "zip"}
)  # fmt: skip
# Top-level domains of two letters are countries; of the others, those in which people have their mail.
_COMMON = frozenset(
    {"com", "net", "org", "edu", "gov", "mil", "int", "info", "biz", "name", "pro", "eu", "io", "co", "ai", "app", "dev",
     "email",
     "mail", "cloud", "online", "tech", "xyz", "site", "me", "tv", "agency", "company", "solutions", "systems", "group",
     "team",
     "studio", "design", "digital", "global", "world", "berlin", "london", "paris", "nyc", "wien", "hamburg", "koeln",
     "swiss",
     "blog", "shop", "store", "live", "life", "academy", "consulting", "services", "software", "network", "health",
     "care", "law",
     "legal", "bank", "finance", "jobs", "mobi", "asia", "africa", "cat", "museum", "aero", "coop", "travel", "works",
     "zone",
     "ventures", "partners", "media", "news", "foundation", "institute", "university", "school", "church", "social", "rocks",
     "page", "homes", "family", "fun", "club", "vip", "one", "link", "click", "space", "website", "host", "press", "pub",
     "ngo"}
)  # fmt: skip
_METADATA = frozenset(
    {"package.json", "package-lock.json", "composer.json", "composer.lock", "pyproject.toml", "setup.py", "setup.cfg",
     "pkg-info",
     "metadata", "cargo.toml", "pom.xml", "codeowners", ".mailmap", "description", "control", "bower.json", "pubspec.yaml",
     "mix.exs", "build.gradle", "galaxy.yml", "manifest.json", "opam", "meta.yaml", "humans.txt", "security.txt", "owners"}
)  # fmt: skip
_PEOPLE_PAGES = re.compile(
    r"(?:^|[-_.])(?:authors?|contributors?|contributing|maintainers?|credits|thanks|licen[cs]es?|copying"
    r"|copyright|notice|patents"
    r"|changelog|changes|history|news|releases?|readme|security|code_of_conduct)(?:$|[-_.])"
)
_METADATA_ENDS = (".gemspec", ".podspec", ".nuspec", ".cabal", ".po", ".pot", ".spec", ".dist-info", ".egg-info", ".opam")
_RECORDS = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".sql", ".log", ".xml", ".eml", ".vcf", ".ldif")
"""Files of records, in which a column may be called `author` and is a person all the same."""
_FIELD = re.compile(r"(?:author|maintainer|publisher)[\w-]*[\"']?\s*[:=]\s*[\"']?[^\"'\n]*\Z", re.IGNORECASE)
_BY = re.compile(
    r"copyright|\(c\)|©|@author|@maintainer|\bauthor|\bmaintain|\bcontribut|\bwritten by|\bcreated by"
    r"|\breported by|\bpatch by"
    r"|\bthanks to|\bcredit|-by:|last-translator|language-team|bugs-to|\bbug reports?\b|__email__"
    r"|\bxxx\b|\btodo|\bfixme"
    r"|\bmodified by|\bported|\bcourtesy|\bsuggested|\blicen[cs]e|\bpackager|\bvcs-|@license|\bby\b[^@]{0,40}<",
    re.IGNORECASE,
)


def emails(sheet: Sheet) -> Iterator[Seen]:
    """Find mail addresses."""
    for start, end in sheet.spans(_ADDRESS, RULE):
        seen = _judge(sheet, start, end)
        if seen is not None:
            yield seen


def _judge(sheet: Sheet, start: int, end: int) -> Seen | None:
    at = sheet.data.index(b"@", start, end)
    domain = sheet.piece(at + 1, min(end, at + 1 + _LONGEST)).rstrip("-.")
    local = sheet.piece(max(start, at - _LONGEST_LOCAL - 1), at)
    # What stands before the address is often glued to it: a scheme, a parameter, a quote.
    local = re.split(r"[/=|{}^!#$?*]|(?<![A-Za-z0-9])'|mailto:|%3[Cc]|%22|\\[nrt]", local)[-1].lstrip(".'-+&%~")
    fit = _LOCAL.match(local)
    if fit is None or len(local) > _LONGEST_LOCAL or local.endswith("."):
        return None
    labels = domain.split(".")
    top = labels[-1].lower()
    if _TOP.fullmatch(top) is None or top in _ENDS_OF_FILES or any(not one or len(one) > 63 for one in labels):
        return None
    if sheet.data[at + 1 : at + 2] == b"-" or any(one[0] == "-" or one[-1] == "-" for one in labels):
        return None
    first, last = at - len(local), at + 1 + len(domain)
    reason = _aside(sheet, first, last, local.lower(), domain.lower())
    if reason is not None:
        return Dropped(first, last, RULE, reason)
    sure = Confidence.HIGH if len(top) == 2 or top in _COMMON else Confidence.MEDIUM
    return Found(first, last, RULE, 1, sure, f"{local}@{domain}".lower())


def _aside(sheet: Sheet, start: int, end: int, local: str, domain: str) -> Look | None:
    """Say why an address is nobody's, or one that is public by choice; None where it is a person's."""
    if reserved.email(local, domain):
        return Look.PLACEHOLDER
    if "noreply" in local or "no-reply" in local or "donotreply" in local:
        return Look.WEAK  # nobody reads it
    before = sheet.piece(start - 64, start)
    after = sheet.piece(end, end + 2)
    if _is_location(local, before, after):
        return Look.REFERENCE
    if sheet.prose:
        return None
    top = domain.rpartition(".")[2]
    if len(top) != 2 and top not in _COMMON:
        return Look.WEAK
    if after[:1] == "(" or (before[-1:] in ("]", ")") and "@" not in before):
        return Look.WORDS  # `a@b.T(...)`: a product of matrices, a decorator
    if local in reserved.ROLES or domain.startswith("users.noreply."):
        return Look.WEAK
    is_record = sheet.name.endswith(_RECORDS)
    if _is_metadata(sheet.name) or (
        _FIELD.search(before) if is_record else _BY.search(sheet.piece(*sheet.line(start, 160)))
    ):
        return Look.PUBLIC
    return None


def _is_location(local: str, before: str, after: str) -> bool:
    """Whether it names an account on a machine: `git@host:path`, `ssh://user@host`, `https://user:word@host`."""
    if local in ("git", "svn", "hg") and (after[:1] in (":", "/") or "://" in before[-8:] or not after.strip()):
        return True
    word = re.split(r"[\s\"'<>(),;]", before)[-1]
    return "://" in word and "?" not in word and "mailto" not in word


def _is_metadata(name: str) -> bool:
    stem = name.partition(".")[0] if not name.startswith(".") else name
    return name in _METADATA or name.endswith(_METADATA_ENDS) or _PEOPLE_PAGES.search(stem) is not None
