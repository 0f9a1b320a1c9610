"""What the reader of pages takes, what it refuses, and that nothing but BadPage comes out of it."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.facts.control import Relation
from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Severity
from clearance.rules import frontmatter
from clearance.rules.model import Block, Rule
from clearance.rules.page import MAX_PAGE, read_page

PATH = "rules/code/shell-text.md"
PAGE = """---
id: shell-text
title: Commands are argument lists
severity: high
confidence: medium
languages: [python]
cwe: [CWE-78]
controls: [{to: "asvs:v5.0.0-1.2.5", rel: subset-of}, "asvs:v5.0.0-1.2.4"]
brief: Pass an argument list.
options:
  depth: 8
  norway: no
---
Guidance in prose.

```python
## Detect
```

### A heading of the third level

## Detect

Prose for people.

```query  python
(call)
```

## Fix

Pass a list.

## Caught

```python
run("a " + b)
```

```python file=tools/b.py
run(f"a {b}")
```

~~~~diff
--- a/x
~~~
+++ b/x
~~~~

## Clean

```python
run(["a", b])
```

```text file=notes
run
```

  ```yaml
  run:
    - a
  ```

## Sources

- A manual,
  its third chapter
- https://example.org
"""


def read(text: str = PAGE, family: str = "code", path: str = PATH) -> Rule:
    return read_page(text, path=path, family=family)


def refused(text: str, family: str = "code", path: str = PATH) -> BadPage:
    with pytest.raises(BadPage) as caught:
        read(text, family, path)
    return caught.value


def test_a_page_becomes_a_rule() -> None:
    rule = read()
    assert (rule.id, rule.family, rule.page) == ("shell-text", "code", PATH)
    assert (rule.severity, rule.confidence, rule.tier) == (Severity.HIGH, Confidence.MEDIUM, None)
    assert rule.languages == ("python",)
    assert rule.cwe == ("CWE-78",)
    assert rule.controls == ("asvs:v5.0.0-1.2.5", "asvs:v5.0.0-1.2.4")
    assert [(edge.of, edge.to, edge.rel) for edge in rule.edges] == [
        ("rule:shell-text", "CWE-78", Relation.SUBSET_OF),
        ("rule:shell-text", "asvs:v5.0.0-1.2.5", Relation.SUBSET_OF),
        ("rule:shell-text", "asvs:v5.0.0-1.2.4", Relation.INTERSECTS_WITH),
    ]
    assert rule.options == {"depth": "8", "norway": "no"}
    assert rule.guidance.startswith("Guidance in prose.")
    assert rule.guidance.endswith("### A heading of the third level")
    assert rule.detect == (Block(engine="query python", text="(call)\n", line=27),)
    assert rule.fix == "Pass a list."
    assert [example.name for example in rule.caught] == ["example.py", "tools/b.py", "example.diff"]
    assert [example.is_diff for example in rule.caught] == [False, False, True]
    assert rule.caught[2].text == "--- a/x\n~~~\n+++ b/x\n"
    assert PAGE.split("\n")[rule.caught[0].line - 1] == 'run("a " + b)'
    assert rule.clean[1].name == "notes"
    assert rule.clean[2].text == "run:\n  - a\n"
    assert rule.sources == ("A manual, its third chapter", "https://example.org")


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    assert read("\ufeff" + PAGE.replace("\n", "\r\n")) == read()


def test_a_control_with_no_relationship_is_not_served() -> None:
    rule = read(PAGE.replace("subset-of", "no-relationship"))
    assert rule.controls == ("asvs:v5.0.0-1.2.4",)
    assert rule.edges[1].rel is Relation.NO_RELATIONSHIP


def test_a_trigger_has_a_tier_and_needs_no_severity() -> None:
    page = PAGE.replace("severity: high\nconfidence: medium", "tier: 2")
    rule = read(page, family="triggers", path="rules/triggers/shell-text.md")
    assert (rule.tier, rule.severity, rule.confidence) == (2, Severity.LOW, Confidence.MEDIUM)


VOCABULARY = (
    PAGE.replace("severity: high\nconfidence: medium\n", "")
    .replace("cwe: [CWE-78]\n", "")
    .replace('controls: [{to: "asvs:v5.0.0-1.2.5", rel: subset-of}, "asvs:v5.0.0-1.2.4"]\n', "")
)


def test_a_vocabulary_page_has_neither_severity_nor_weakness() -> None:
    rule = read(VOCABULARY, family="vocabulary", path="rules/vocabulary/shell-text.md")
    assert (rule.family, rule.cwe, rule.tier) == ("vocabulary", (), None)
    for key in ("severity: high", "cwe: [CWE-78]", "tier: 1", "detector: x"):
        error = refused(VOCABULARY.replace("brief:", f"{key}\nbrief:"), family="vocabulary")
        assert f"a vocabulary page has no '{key.partition(':')[0]}'" in error.what


def test_one_example_of_each_kind_is_enough_for_a_vocabulary_page() -> None:
    start, end = VOCABULARY.index("## Caught"), VOCABULARY.index("## Clean")
    one = VOCABULARY[:start] + "## Caught\n\n```python\nrun(b)\n```\n\n" + VOCABULARY[end:]
    assert len(read(one, family="vocabulary").caught) == 1
    assert "0 of at least 1" in refused(VOCABULARY[:start] + VOCABULARY[end:], family="vocabulary").what


def test_a_detector_stands_in_for_a_detect_section() -> None:
    page = PAGE.replace("## Detect\n\nProse for people.\n\n```query  python\n(call)\n```\n", "")
    assert "nothing detects" in refused(page).what
    assert read(page.replace("brief:", "detector: entropy\nbrief:")).detector == "entropy"


REFUSED = [
    # what is changed, into what, the line that is named, what is said, what to do next
    ("severity: high", "sevrity: high", 4, "unknown key 'sevrity'", "did you mean severity?"),
    ("severity: high", "severity: hihg", 4, "hihg", "did you mean high?"),
    ("severity: high\n", "", 1, "'severity' is missing", ""),
    ("confidence: medium\n", "", 1, "'confidence' is missing", ""),
    ("title: Commands are argument lists\n", "", 2, "'title' is missing", ""),
    ("title: Commands", "title: a: Commands", 3, "not YAML", "quote"),
    ("title: Commands are argument lists", 'title: "a\\n"', 3, "title", "one line"),
    ("title: Commands are argument lists", "title:", 3, "title", "one line"),
    ("id: shell-text", "id: shell-txt", 2, "the file is called 'shell-text'", "shell-txt.md"),
    ("id: shell-text", "id: Shell_Text", 2, "id", "lower-case"),
    ("languages: [python]", "languages: python", 6, "a list", ""),
    ("[CWE-78]", "[78]", 7, "cwe", "CWE-79"),
    ("rel: subset-of", "rell: subset-of", 8, "unknown key 'rell'", "did you mean rel?"),
    ("rel: subset-of", "rel: subset", 8, "rel", "did you mean subset-of?"),
    ('to: "asvs:v5.0.0-1.2.5", ', "", 8, "'to' is missing", ""),
    ('"asvs:v5.0.0-1.2.4"', '"5.0.0"', 8, "controls", "asvs:"),
    ("severity: high", "severity: high\ntier: 1", 5, "only triggers", ""),
    ("severity: high", "tier: 9", 4, "tier", "0, 1, 2 or 3"),
    ("severity: high", "tier: " + "9" * 5000, 4, "tier", "0, 1, 2 or 3"),
    ("  norway: no", "  depth: no", 12, "stands twice", "keep one"),
    ("  depth: 8", "  depth: [8]", 10, "options", ""),
    ("## Caught", "## Caugth", 34, "unknown section 'Caugth'", "did you mean Caught?"),
    ("## Fix", "## Detect", 30, "stands twice", ""),
    ("```query  python", "```", 26, "names no engine", ""),
    ("~~~~\n\n## Clean", "## Clean", 44, "not closed", "~~~~"),
    ("```python file=tools/b.py", "```pyhton", 40, "no language 'pyhton'", "did you mean python?"),
    ("file=tools/b.py", "name=b.py", 40, "after the language", "file=NAME"),
    ("file=tools/b.py", "file=../b.py", 40, "no name for an example", ""),
    ("file=tools/b.py", "file=/etc/passwd", 40, "no name for an example", ""),
    ("file=tools/b.py", "file=.git/config", 40, "no name for an example", ""),
    ("file=tools/b.py", "file=", 40, "no name for an example", ""),
    ('run("a " + b)\n', "", 36, "empty example", ""),
    ('```python\nrun("a " + b)\n```\n', "", 34, "2 of at least 3 examples under Caught", "## Caught"),
    ('run("a " + b)', "{{hex 9999}}" * 30, 37, "too much text", ""),
    ("Guidance in prose.", "\ud800", 1, "not UTF-8", ""),
    ("---\nGuidance", "--\nGuidance", 1, "does not end", "`---`"),
    ("---\nid", "id", 1, "no front matter", ""),
    ("\n---\nGuidance", "\n...\n---\nGuidance", None, "", ""),
    ("title: C", "title: !!str C", 3, "a tag", ""),
    ("title: C", "title: !!python/object/apply:os.system C", 3, "a tag", ""),
    ("title: C", "title: &c C", 3, "an anchor", ""),
    ("title: Commands are argument lists", "title: *c", 3, "an alias", ""),
    ("title: Commands are argument lists", "<<: {a: b}", 3, "unknown key '<<'", ""),
    ("title: Commands are argument lists", "? [a]\n: b", 3, "not text", ""),
    ("title: Commands are argument lists", "title: " + "[" * 3000, 3, "nested too deeply", ""),
    ("title: Commands are argument lists", "title: " + "{a: " * 3000, 3, "nested too deeply", ""),
    ("title: Commands are argument lists", "title: \x07", None, "not YAML", ""),
    ("title: Commands are argument lists", "title: " + "a" * 40_000, 1, "does not end", ""),
]


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize(("old", "new", "line", "what", "next_"), REFUSED, ids=lambda value: str(value)[:30])
def test_a_page_with_one_fault_is_refused_with_its_line_and_a_way_out(
    old: str, new: str, line: int | None, what: str, next_: str, loader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontmatter, "_LOADER", getattr(yaml, loader))
    page = PAGE.replace(old, new, 1)
    assert page != PAGE
    if not what:
        assert read(page).id == "shell-text"
        return
    error = refused(page)
    assert what in error.what
    assert next_ in error.next
    if line is not None:
        assert error.where == f"{PATH}:{line}"


BOMBS = {
    "a billion laughs": "a: &a [lol, lol]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    "a merge": "a: &a {b: c}\nd:\n  <<: *a\n",
    "a list": "- a\n- b\n",
    "a scalar": "just text\n",
    "nothing": "\n",
    "a second document": "a: b\n...\nc: d\n",
    "a directive": "%YAML 9.9\n",
    "an open quote": 'a: "b\n',
    "a tab": "a:\n\tb: c\n",
    "an integer of 30,000 digits": "tier: " + "1" * 30_000 + "\n",
    "an escape past Unicode": 'a: "\\UFFFFFFFF"\n',
    "a lone surrogate's escape": 'title: "\\uD800"\n',
    "brackets without end": "[" * 30_000 + "\n",
    "dashes without end": "- " * 15_000 + "\n",
    "question marks without end": "? " * 15_000 + "\n",
    "nested block maps": "".join(" " * depth + "a:\n" for depth in range(200)),
}


@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_hostile_heads_are_refused(bomb: str, loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontmatter, "_LOADER", getattr(yaml, loader))
    refused("---\n" + bomb + PAGE[PAGE.index("---\nGuidance") :])


def test_a_page_that_is_too_long_is_refused() -> None:
    assert "longer" in refused(PAGE + " " * MAX_PAGE).what


def test_a_family_is_a_word() -> None:
    assert "family" in refused(PAGE, family="../code").what


@given(st.text())
def test_random_text_is_refused(text: str) -> None:
    refused(text)


@given(st.text(max_size=400), st.text(max_size=400))
def test_random_heads_and_bodies_are_refused(head: str, body: str) -> None:
    refused(f"---\n{head}\n---\n{body}")


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(PAGE)),
            st.integers(0, 40),
            st.one_of(
                st.text(max_size=12),
                st.sampled_from(
                    ["---\n", "\n## Caught\n", "```", "~~~~", "{", "[", "&a ", "*a", "!!int ", ": ", "\r", "\x00", "- "]
                ),
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_mutated_page_is_read_or_refused(edits: list[tuple[int, int, str]]) -> None:
    page = PAGE
    for start, length, new in edits:
        page = page[:start] + new + page[start + length :]
    try:
        rule = read(page)
    except BadPage as error:
        refusal = error
    else:
        assert rule.id == "shell-text"
        assert min(len(rule.caught), len(rule.clean)) >= 3
        return
    path, _, line = refusal.where.rpartition(":")
    assert path == PATH
    assert 1 <= int(line) <= page.count("\n") + 1
    assert refusal.what
    assert refusal.next
