"""Files of Project CodeGuard: what is read, that writing gives back what was read, and what is refused, with its line."""

import re

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Severity
from clearance.rules import catalogue as catalogues
from clearance.rules.catalogue import load, read_catalogue
from clearance.rules.codeguard import LANGUAGES, TAGS, compose, read_codeguard, rule_of, write_codeguard

PATH = "codeguard-0-uploads.md"
FILE = """---
description: Uploads that hold, and "downloads"
languages:
- Python
- go
- python
tags:
- web
- Web
alwaysApply: false
---

# Uploads

- Check the kind of a file by its content, never by its name. Then store it elsewhere.
"""
ALWAYS = """---
description: No keys in code
languages: []
alwaysApply: true
---
Keys stay in a store.
"""


def head(**changes: str) -> str:
    """A file whose head has other lines."""
    lines = {"description": "x", "languages": "[go]", "tags": "[web]", "alwaysApply": "false"} | changes
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in lines.items()) + "---\nSay it.\n"


def refused(text: str, path: str = PATH) -> BadPage:
    with pytest.raises(BadPage) as caught:
        read_codeguard(text, path=path)
    return caught.value


def test_a_file_is_read_with_its_fields_and_its_text() -> None:
    file = read_codeguard(FILE, path=f"there/{PATH}")
    assert (file.id, file.description) == ("codeguard-0-uploads", 'Uploads that hold, and "downloads"')
    assert (file.languages, file.tags, file.always, file.critical) == (("python", "go"), ("web",), False, False)
    assert file.head.endswith("alwaysApply: false\n---\n")
    assert file.body.startswith("\n# Uploads")


def test_a_file_becomes_a_rule_that_nothing_checks() -> None:
    rule = rule_of(read_codeguard(FILE, path=PATH), path=f".clearance/rules/guidance/{PATH}")
    assert rule.advisory
    assert not rule.has_detector
    assert (rule.detect, rule.detector, rule.caught, rule.clean, rule.edges) == ((), "", (), (), ())
    assert rule.brief == ('Uploads that hold, and "downloads": Check the kind of a file by its content, never by its name.')
    assert (rule.severity, rule.confidence) == (Severity.MEDIUM, Confidence.LOW)


def test_what_codeguard_calls_critical_counts_as_high() -> None:
    rule = rule_of(read_codeguard(ALWAYS, path="codeguard-1-keys.md"), path="codeguard-1-keys.md")
    assert (rule.severity, rule.languages) == (Severity.HIGH, ())


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("as Windows saves it", FILE.replace("\n", "\r\n")),
        ("as old Macs saved it", FILE.replace("\n", "\r")),
        ("without a last line end", FILE.rstrip("\n")),
        ("with blanks behind lines and tabs in code", FILE + "\n\tcode()  \n\n\n"),
        ("with a line of dashes in the text", FILE + "\n---\n\nmore\n"),
        ("with a folded description", FILE.replace('hold, and "downloads"', "hold\n  and hold")),
        ("with a description in quotes", head(description="'a: b'")),
        ("with comments in the head", FILE.replace("tags:", "# ours\ntags:")),
        ("with keys in another order and no tags", "---\nalwaysApply: true\ndescription: d\n---\nx\n"),
        ("with alwaysApply left out", "---\nlanguages: [c++]\ndescription: d\n---\nx\n"),
        ("with hidden characters in the text", FILE + "see\u202ethis\u200b\n"),
        ("with the other words of YAML for true", head(alwaysApply="yes", languages="[]")),
    ],
)  # fmt: skip
def test_writing_gives_back_what_was_read(what: str, text: str) -> None:
    file = read_codeguard(text, path=PATH)
    assert write_codeguard(file) == text, what
    assert read_codeguard(write_codeguard(file), path=PATH) == file


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("", 1, "no front matter"),
        ("# Uploads\n", 1, "no front matter"),
        (FILE.replace("---\n", "--- \n", 1), 1, "no front matter"),
        ("\ufeff" + FILE, 1, "byte order mark"),
        (FILE.replace("false\n---\n", "false\n"), 1, "does not end"),
        (FILE.replace("false\n---\n", "false\n--- \n"), 1, "does not end"),
        (FILE.replace("- go", "\t- go"), 5, "not YAML"),
        (FILE.replace("description:", "title:"), 2, "unknown key 'title'"),
        (FILE.replace("alwaysApply", "alwaysapply"), 10, "unknown key 'alwaysapply'"),
        (FILE.replace("tags:\n- web", "<<: {description: y}\ntags:\n- web"), 7, "unknown key '<<'"),
        (FILE.replace("tags:", "languages: [c]\ntags:"), 7, "twice"),
        (FILE.replace("- Python", "- &a Python"), 4, "anchor"),
        (FILE.replace("- go", "- *a"), 5, "alias"),
        (FILE.replace("- Python", "- !!python/object:os.system x"), 4, "tag"),
        (head(description="[a]"), 2, "description"),
        (head(description="2024"), 2, "description"),
        (head(description="~"), 2, "description"),
        (head(description="'  '"), 2, "empty"),
        (head(languages="python"), 3, "languages"),
        (head(languages="[go, 3]"), 3, "languages"),
        (head(languages="[go, no]"), 3, "languages"),
        (head(languages="{go: yes}"), 3, "languages"),
        (head(languages="[]"), 3, "no language"),
        (head(languages="~"), 3, "no language"),
        (head(tags="[]"), 4, "empty list of tags"),
        (head(tags="~"), 4, "tags"),
        (head(tags="[a b]"), 4, "tags"),
        (head(tags="web"), 4, "tags"),
        (head(alwaysApply="'true'"), 5, "alwaysApply"),
        (head(alwaysApply="1"), 5, "alwaysApply"),
        (head(alwaysApply="true"), 3, "always applies names languages"),
        ("---\nlanguages: [go]\n---\nx\n", 1, "'description' is missing"),
        ("---\n- a\n---\nx\n", 2, "not a map"),
        ("---\n---\nx\n", 1, "'description' is missing"),
        ("---\ndescription: [[[[[[x]]]]]]\n---\nx\n", 2, "nested too deeply"),
        ("---\ndescription: " + "[" * 9000 + "\n---\nx\n", 2, "nested too deeply"),
        ("---\ndescription: " + "9" * 9000 + "\n---\nx\n", 2, ""),
        ("---\ndescription: 2024-99-99\n---\nx\n", 2, ""),
        ("---\ndescription: x\n" + "#" * 40_000 + "\n---\nx\n", 1, "does not end"),
        (ALWAYS.partition("Keys")[0], 6, "nothing stands after"),
        (FILE + "\udcff", 16, "not UTF-8"),
        (FILE.replace("Uploads that", "Upl\udce4ds that"), 2, "not UTF-8"),
        ("x" * 300_000, 1, "longer than"),
        (FILE.replace("- go", "- g\x00o"), 0, "not YAML"),
    ],
)  # fmt: skip
def test_a_broken_file_is_refused_with_its_line(text: str, line: int, word: str) -> None:
    error = refused(text)
    assert word in error.what
    place, _, number = error.where.rpartition(":")
    assert place == PATH
    assert int(number) == line or line == 0
    assert error.next


@pytest.mark.parametrize(
    "name",
    ["logging.md", "codeguard-.md", "codeguard-0-Logging.md", "codeguard-0-a\x1b[31m.md", "codeguard-0-a.txt",
     "codeguard-0-.md", "codeguard-0-ä.md", "codeguard-0-" + "a" * 200 + ".md", "x/codeguard-0 a.md"],
)  # fmt: skip
def test_a_file_of_another_name_is_refused(name: str) -> None:
    assert "not named" in refused(FILE, name).what


def test_the_catalogue_reads_codeguard_files_as_they_are() -> None:
    pages = {f".clearance/rules/guidance/{PATH}": FILE, ".clearance/rules/guidance/codeguard-1-keys.md": ALWAYS}
    catalogue = read_catalogue(pages)
    assert [(rule.id, rule.family, rule.advisory) for rule in catalogue] == [
        ("codeguard-0-uploads", "guidance", True), ("codeguard-1-keys", "guidance", True)
    ]  # fmt: skip
    assert load(catalogues.compile(pages)).rules == catalogue.rules


def test_a_codeguard_file_in_another_family_is_no_page() -> None:
    catalogue = read_catalogue({f".clearance/rules/code/{PATH}": FILE})
    assert len(catalogue.broken) == 1


def test_a_line_that_is_shown_hides_nothing() -> None:
    text = FILE.replace('description: Uploads that hold, and "downloads"', r'description: "up\e[31m \u202e x"')
    rule = rule_of(read_codeguard(text, path=PATH), path=PATH)
    assert "\x1b" not in rule.title + rule.brief
    assert "\u202e" not in rule.title + rule.brief
    assert len(rule.brief) <= 240


def as_codeguard_reads(text: str) -> tuple[dict[str, object], str] | None:
    """What CodeGuard's parser makes of a file: line ends are one, the first closing line counts."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    closing = re.search(r"\n---\n", text)
    if not text.startswith("---\n") or closing is None:
        return None
    return yaml.safe_load(text[4 : closing.start()]), text[closing.end() :].strip()


LETTERS = st.text("abé \t\n\r#'\":-[]{},&*!|>%@`\x00\u202e\\", max_size=30)
PIECES = st.lists(
    st.sampled_from(
        ["---\n", "---", "\n", "\r\n", "description: ", "languages: ", "tags: ", "alwaysApply: ", "true", "false", "[go]",
         "- c\n", "[]", "'", '"', "x", ": ", "#", "&a ", "*a", "!!str ", "body", " ", "~", "\t", "|\n  x\n", "{}",
         "? ", "..."]
    ),
    max_size=24,
)  # fmt: skip


@given(st.one_of(LETTERS, PIECES.map("".join), PIECES.map(lambda some: "---\n" + "".join(some) + "\n---\nbody\n")))
@example("---\ndescription: x\nlanguages: [go]\n---\nbody\n")
@settings(max_examples=400, deadline=None)
def test_whatever_is_read_is_written_back_and_is_what_codeguard_reads(text: str) -> None:
    try:
        file = read_codeguard(text, path=PATH)
    except BadPage:
        return
    assert write_codeguard(file) == text
    theirs = as_codeguard_reads(text)
    assert theirs is not None
    assert theirs[0]["description"] == file.description
    assert "\n".join(re.split(r"\r\n|\r|\n", file.body)).strip() == theirs[1]


@given(
    description=st.text(min_size=1).filter(str.strip),
    body=st.text(min_size=1).filter(str.strip),
    languages=st.lists(st.sampled_from(sorted(LANGUAGES)), unique=True),
    tags=st.lists(st.sampled_from(sorted(TAGS)), unique=True),
)
@example(description="0\x85", body="0", languages=[], tags=[])
@settings(max_examples=200, deadline=None)
def test_what_is_composed_is_read_back(description: str, body: str, languages: list[str], tags: list[str]) -> None:
    try:
        text = compose("codeguard-0-made", description, body, languages=tuple(languages), tags=tuple(tags))
    except BadPage:
        assert re.search("[\ud800-\udfff]", description + body)
        return
    file = read_codeguard(text, path="codeguard-0-made.md")
    assert (file.description, file.languages, file.tags) == (description, tuple(languages), tuple(tags))
    assert file.always is (not languages)
