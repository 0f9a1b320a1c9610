"""The built-in rules, and what is made of them in a situation."""

from collections.abc import Callable

import pytest

from clearance.instruct.build import gather
from clearance.instruct.model import Material, Situation
from clearance.rules.catalogue import Catalogue, read_catalogue
from clearance.rules.model import Rule
from clearance.stores.pages import builtin_pages
from instruct.situations import PYTHON_WEB, STAMP


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return read_catalogue(builtin_pages())


@pytest.fixture(scope="session")
def material(catalogue: Catalogue) -> Callable[..., Material]:
    made: dict[str, Material] = {}

    def make(situation: Situation = PYTHON_WEB, *more: Rule, **options: object) -> Material:
        key = repr((situation, more, options))
        if key not in made:
            made[key] = gather([*catalogue, *more], situation, STAMP, **options)  # type: ignore[arg-type]
        return made[key]

    return make
