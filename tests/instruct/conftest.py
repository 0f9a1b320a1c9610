"""The built-in rules, and what is made of them in a situation."""

from collections.abc import Callable

import pytest

import built_in
from clearance.instruct.build import gather
from clearance.instruct.model import Material, Situation
from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Rule
from instruct.situations import PYTHON_WEB, STAMP


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return built_in.catalogue()


@pytest.fixture(scope="session")
def material(catalogue: Catalogue) -> Callable[..., Material]:
    made: dict[str, Material] = {}

    def make(situation: Situation = PYTHON_WEB, *more: Rule, **options: object) -> Material:
        key = repr((situation, more, options))
        if key not in made:
            made[key] = gather([*catalogue, *more], situation, STAMP, **options)  # type: ignore[arg-type]
        return made[key]

    return make
