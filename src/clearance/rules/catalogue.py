"""All rules at once, and their compiled form.

Texts are handed in as a map from path (`rules/<family>/<id>.md`) to text; where they come from is not known here. A page
that cannot be read is kept as an error beside the others, because a broken rule is itself a finding.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

import msgspec

from clearance.facts.errors import BadPage
from clearance.rules.model import Rule


class _Broken(msgspec.Struct, frozen=True, array_like=True):
    """A BadPage that can be written down."""

    what: str
    where: str
    next: str


class _Compiled(msgspec.Struct, frozen=True, array_like=True, tag="clearance-catalogue-1"):
    """What `compile` writes: for each page its digest and path, the rules, the errors."""

    pages: tuple[tuple[str, str], ...]
    rules: tuple[Rule, ...]
    broken: tuple[_Broken, ...]


_DECODER = msgspec.msgpack.Decoder(_Compiled)


class Catalogue:
    """Rules by id and by family, and the pages that are none.

    `pages` holds the SHA-256 of each page's text and its path, broken pages included; `broken` one error for each of those.
    """

    def __init__(self, pages: Sequence[tuple[str, str]], rules: Sequence[Rule], broken: Sequence[BadPage]) -> None:
        self.pages = tuple(sorted(pages))
        self.rules = tuple(sorted(rules, key=lambda rule: (rule.family, rule.id)))
        self.broken = tuple(broken)

    def __iter__(self) -> Iterator[Rule]:
        """Go over the rules, by family, then by id."""
        return iter(self.rules)

    def __len__(self) -> int:
        """Count the rules."""
        return len(self.rules)

    def __getitem__(self, rule: str) -> Rule:
        """Give the rule with this id.

        Raises:
            KeyError: there is none.
        """
        return self._by_id[rule]

    def __contains__(self, rule: object) -> bool:
        """Tell whether a rule has this id."""
        return rule in self._by_id

    def get(self, rule: str) -> Rule | None:
        """Give the rule with this id, or None."""
        return self._by_id.get(rule)

    def family(self, name: str) -> tuple[Rule, ...]:
        """Give the rules of a family, by id; none where the family is unknown."""
        return self._by_family.get(name, ())

    @property
    def families(self) -> tuple[str, ...]:
        """The names of the families that have a rule, sorted."""
        return tuple(self._by_family)

    @cached_property
    def digest(self) -> str:
        """The name of exactly this set of pages: the SHA-256 of the lines `<SHA-256 of the text>  <path>`, sorted."""
        return hashlib.sha256("".join(f"{digest}  {path}\n" for digest, path in self.pages).encode()).hexdigest()

    @cached_property
    def _by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def _by_family(self) -> dict[str, tuple[Rule, ...]]:
        families: dict[str, list[Rule]] = {}
        for rule in self.rules:
            families.setdefault(rule.family, []).append(rule)
        return {name: tuple(rules) for name, rules in families.items()}


def read_catalogue(pages: Mapping[str, str]) -> Catalogue:
    """Read pages, in the order of their paths. Of two pages with one id the first stands and the other one is broken."""
    if not pages:
        return Catalogue((), (), ())
    from clearance.rules.page import read_page  # not needed, and YAML not loaded, where a compiled catalogue is

    rules: dict[str, Rule] = {}
    broken: list[BadPage] = []
    for path in sorted(pages):
        try:
            rule = read_page(pages[path], path=path, family=_family_of(path))
            _refuse_taken(rule, rules)
        except BadPage as error:
            broken.append(error)
        else:
            rules[rule.id] = rule
    return Catalogue([(_digest(text), path) for path, text in pages.items()], list(rules.values()), broken)


def join(first: Catalogue, second: Catalogue) -> Catalogue:
    """Put a team's pages (`second`) beside the built-in ones (`first`). A page of `second` that takes an id of `first` is
    broken: nobody can replace a rule by naming another one like it."""
    rules = {rule.id: rule for rule in first}
    broken = [*first.broken, *second.broken]
    for rule in second:
        try:
            _refuse_taken(rule, rules)
        except BadPage as error:
            broken.append(error)
        else:
            rules[rule.id] = rule
    return Catalogue(first.pages + second.pages, list(rules.values()), broken)


def with_page(catalogue: Catalogue, path: str, text: str) -> Catalogue:
    """Give the catalogue with one page read anew: whatever stood under its path goes, an error included."""
    others = Catalogue(
        [page for page in catalogue.pages if page[1] != path],
        [rule for rule in catalogue if rule.page != path],
        [error for error in catalogue.broken if error.where.rpartition(":")[0] != path],
    )
    return join(others, read_catalogue({path: text}))


def compile(pages: Mapping[str, str]) -> bytes:  # the pair of `load`, as in `re.compile`
    """Read pages and write the catalogue down (MessagePack). The same pages give the same bytes."""
    catalogue = read_catalogue(pages)
    broken = tuple(_Broken(error.what, error.where, error.next) for error in catalogue.broken)
    return msgspec.msgpack.encode(_Compiled(catalogue.pages, catalogue.rules, broken), order="deterministic")


@lru_cache(maxsize=1)
def load(data: bytes) -> Catalogue:
    """Read what `compile` wrote; the same catalogue for the same bytes, as long as no others come between.

    Raises:
        ValueError: it is something else, or was written by another version.
    """
    try:
        compiled = _DECODER.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("not a compiled catalogue of this version") from error
    broken = [BadPage(error.what, where=error.where, next=error.next) for error in compiled.broken]
    return Catalogue(compiled.pages, compiled.rules, broken)


def _digest(text: str) -> str:
    """Name a page's text. Lone surrogates (bytes that were not UTF-8) count as they came."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _family_of(path: str) -> str:
    """Name the family: the folder that a page lies in.

    Raises:
        BadPage: it lies in none, or is no Markdown file.
    """
    parts = path.split("/")
    if len(parts) < 2 or not path.endswith(".md"):
        raise BadPage("not where a page belongs", where=f"{path}:1", next="pages are <family>/<id>.md")
    return parts[-2]


def _refuse_taken(rule: Rule, rules: Mapping[str, Rule]) -> None:
    """Raise BadPage, naming both pages, where another page has the id."""
    taken = rules.get(rule.id)
    if taken is not None:
        raise BadPage(f"the id {rule.id!r} belongs to {taken.page}", where=f"{rule.page}:1", next="give it another id")
