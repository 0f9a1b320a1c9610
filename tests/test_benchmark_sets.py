"""The labelled sets of `benchmarks/sets`: the same each time, all parse, labels exist, twins differ, the split stands."""

import importlib
import re
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from clearance.controls import catalogue
from clearance.scan.grammar import broken_pieces

TOP = Path(__file__).parents[1]
GRAMMARS = {
    ".py": "python",
    ".js": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "tsx",
    ".java": "java",
    ".go": "go",
}


@pytest.fixture(scope="module", autouse=True)
def _benchmarks_in_sight() -> None:
    if not (TOP / "benchmarks" / "sets").is_dir():
        pytest.skip("the benchmarks are not part of the sdist")
    sys.path.insert(0, str(TOP))


def make() -> ModuleType:
    return importlib.import_module("benchmarks.sets.make")


def sets() -> ModuleType:
    return importlib.import_module("benchmarks.sets.cases")


@pytest.mark.parametrize("language", ["python", "javascript", "java", "go"])
def test_each_case_parses_and_has_a_name_of_its_own(language: str) -> None:
    names = Counter()
    for case in make().all_cases([language]):
        names[case.name] += 1
        assert case.files
        for path, text in case.files:
            assert "«" not in text, f"{case.name}: a marker is left"
            assert not broken_pieces(GRAMMARS[Path(path).suffix], text.encode()), f"{case.name} {path}:\n{text}"
    assert names.most_common(1)[0][1] == 1, names.most_common(3)


@pytest.mark.parametrize("language", ["python", "javascript", "java", "go"])
def test_each_pair_has_two_sides_that_differ_and_labels_that_exist(language: str) -> None:
    pairs: dict[str, dict[str, object]] = {}
    for case in make().all_cases([language]):
        if case.side == "good":
            assert not case.labels
            continue
        pairs.setdefault(f"{case.set}/{case.id}", {})[case.side] = case.files
        assert case.labels, case.name
        for label in case.labels:
            assert re.fullmatch(r"CWE-\d{1,4}", label), case.name
        assert any(catalogue.known(one) for label in case.labels for one in sets().kin(label)), f"{case.name}: {case.labels}"
    assert pairs
    for name, sides in pairs.items():
        assert sides.keys() == {"weak", "safe"}, name
        assert sides["weak"] != sides["safe"], f"{name}: the twins are the same"


def test_composing_twice_gives_the_same() -> None:
    first = [case for language in sets().LANGUAGES for case in make().cases("web", language)]
    make().parts.cache_clear()
    assert first == [case for language in sets().LANGUAGES for case in make().cases("web", language)]


def test_the_split_is_by_name_and_stands() -> None:
    part_of = sets().part_of
    shares = Counter(part_of("web", "python", f"sql-{n:02}") for n in range(1000))
    assert 550 < shares["dev"] < 650
    assert [part_of("snippets", "python", name) for name in ("user-by-name", "ping-host", "calculator", "yaml-config")] == [
        "dev",
        "dev",
        "dev",
        "held",
    ]


def test_no_block_of_good_code_stands_in_both_parts() -> None:
    for language in sets().LANGUAGES:
        parts: dict[str, set[str]] = {}
        for block in sets().written("good", language):
            body = block.files[0][1].strip().splitlines()[-1]
            for module in make().cases("good", language):
                if block.id in module.id.split("-and-") or module.id.startswith(block.id + "-"):
                    assert body in module.files[0][1]
                    parts.setdefault(block.id, set()).add(module.part)
        assert parts
        assert all(len(found) == 1 for found in parts.values()), language


def test_a_finding_of_the_same_kind_is_right_and_another_is_not() -> None:
    right = sets().right
    assert right(("CWE-78",), ("CWE-88",))
    assert right(("CWE-89",), ("CWE-74", "CWE-89"))
    assert not right(("CWE-89",), ("CWE-79",))
    assert not right(("CWE-22",), ())


def test_a_part_that_is_not_known_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "python.md").write_text("## sauce tomato\n```\nx = 1\n```\n")
    monkeypatch.setattr(make(), "TOP", tmp_path)
    make().parts.cache_clear()
    with pytest.raises(ValueError, match="sauce tomato"):
        make().parts("python")
    make().parts.cache_clear()


def secret_sets(name: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.sets.secrets.{name}")


def test_every_marked_secret_stands_where_its_label_says() -> None:
    files = [*secret_sets("matrix").matrix(1), *secret_sets("matrix").further(), *secret_sets("vendors").vendors(1)]
    files += [*secret_sets("people").people(4), *secret_sets("corpus").corpus("dev"), *secret_sets("corpus").corpus("held")]
    paths = Counter()
    for file in files:
        paths[file.path, file.group] += 1
        count = file.text.count("\n") + 1
        for truth in file.truths:
            assert 1 <= truth.first <= truth.last <= count, file.path
            for begin, end in truth.spans:
                assert file.text[begin:end].strip(), (file.path, truth.kind)
        true = {line for truth in file.truths for line in range(truth.first, truth.last + 1)}
        assert not true & {line for line, _ in file.tempting}, file.path
        assert not re.search("[\ue000-\ue00f«»]", file.text) or file.group in ("CJK quotes", "email address"), file.path


def test_a_plain_token_is_its_span() -> None:
    for file in secret_sets("matrix").matrix(2):
        if file.group == "plain":
            (truth,) = file.truths
            made = next(one for one in secret_sets("formats").FORMATS if one.name == truth.kind)
            assert any(len(file.text[begin:end]) >= 20 for begin, end in truth.spans), made.name


def test_composing_secrets_twice_gives_the_same_and_parts_share_no_piece() -> None:
    corpus = secret_sets("corpus")
    first = list(corpus.corpus("dev"))
    assert corpus.digest(first) == corpus.digest(list(corpus.corpus("dev")))
    used = {
        part: {rule for file in corpus.corpus(part) for truth in file.truths for rule in truth.rules}
        for part in ("dev", "held")
    }
    assert used["dev"]
    assert not used["dev"] & used["held"]


def test_a_score_counts_hits_misses_and_wrong_lines() -> None:
    judge, labelled = secret_sets("judge"), secret_sets("labelled")
    file = labelled.Labelled("a", "x\ny\nz\nw\n", (labelled.Truth(2, 2, "k"), labelled.Truth(3, 3, "k")), "dev", open=(4,))
    said = {
        "a": [judge.Said(1, 1, "r"), judge.Said(2, 2, "r"), judge.Said(4, 4, "r"), judge.Said(1, 1, "other", sure=False)]
    }
    assert judge.score([file], said) == (1, 1, 1)
    assert judge.score([file], {}) == (0, 2, 0)
    assert judge.score([file], {"a": [judge.Said(1, 1, "r", sure=False)]}, sure=True) == (0, 2, 0)


def test_check_digits_of_made_up_data_are_right() -> None:
    from random import Random

    people, formats = secret_sets("people"), secret_sets("formats")
    rng = Random(7)
    for _ in range(50):
        number = people.card(rng).replace(" ", "").replace("-", "")
        assert people.luhn(number[:-1]) == number[-1]
        account = people.iban(rng).replace(" ", "")
        assert int("".join(str(int(one, 36)) for one in account[4:] + account[:4])) % 97 == 1
    token = formats.FORMATS[0].make(rng)
    assert formats.crc_base62(token[4:34]) == token[34:]
    assert len(list(people.decoys())) == 100
