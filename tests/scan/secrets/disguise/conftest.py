"""Disguises as the engine asks them: each at its keywords, none within the span that it undid last."""

import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from clearance.rules.model import Rule
from clearance.scan.secrets.detectors import make_probes, read_tokens
from clearance.scan.secrets.disguise import make_disguises, whole
from clearance.scan.secrets.prefilter import KeywordPrefilter
from clearance.scan.secrets.probe import Disguise, Sheet, Undone


def _load(name: str) -> ModuleType:
    """Load a module that stands beside this file: tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_load("wearing")


@pytest.fixture(scope="session")
def disguises(rules: tuple[Rule, ...]) -> Sequence[Disguise]:
    return make_disguises(make_probes(rules, read_tokens(rules)))


Undo = Callable[[str, bytes], Iterator[tuple[str, Undone]]]


@pytest.fixture(scope="session")
def undo(disguises: Sequence[Disguise]) -> Undo:
    """Undo whatever a text wears, once."""
    words = {disguise.name: KeywordPrefilter([disguise]) for disguise in disguises if disguise.keywords}

    def undone(path: str, data: bytes) -> Iterator[tuple[str, Undone]]:
        from clearance.scan.family import Budget

        sheet = Sheet.of(path, data, "")
        for one in whole(sheet):
            yield "whole", one
        for disguise in disguises:
            if disguise.name not in words:
                continue
            done = 0
            for _, places in words[disguise.name].places(sheet, Budget(60)):
                for at in places:
                    if at < done:
                        continue
                    one = disguise.undo(sheet, at)
                    if one is not None:
                        done = one.covers[1]
                        yield disguise.name, one

    return undone
