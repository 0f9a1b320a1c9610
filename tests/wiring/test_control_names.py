"""From what a person types to a control or to something of ours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.controls.catalogue import catalogues
from clearance.facts.errors import UsageError
from clearance.wiring.control_names import Names

NAMES = Names(catalogues(), ("rule:no-secrets", "policy:no-secrets", "rule:python-eval", "capability:masking"))


def test_every_reference_is_found_as_it_is_and_in_any_case() -> None:
    for one in catalogues():
        for name in list(one.items)[:20]:
            assert NAMES.control(name) == name
            assert NAMES.control(name.swapcase(), one.prefix) == name
            assert NAMES.control(one.items[name].id, one.prefix) == name


def test_a_name_that_two_things_share_asks_for_the_whole_one() -> None:
    with pytest.raises(UsageError) as caught:
        NAMES.own("no-secrets")
    assert caught.value.next == "name one: rule:no-secrets, policy:no-secrets"
    assert NAMES.own("policy:no-secrets") == "policy:no-secrets"
    assert NAMES.own("masking") == "capability:masking"


@given(st.text(max_size=80))
def test_whatever_is_typed_is_found_or_an_error_with_a_next_step(typed: str) -> None:
    for ask in (NAMES.control, NAMES.own):
        try:
            found = ask(typed)
        except UsageError as error:
            found = error.next if len(error.what) < 600 else ""
        assert found
