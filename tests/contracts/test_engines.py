"""Every engine of the catalogue keeps the contract; NUTS is what the others are held against."""

from __future__ import annotations

import pytest

from bayesinf.engines import ALL, NUTS, named
from bayesinf.errors import ModelError
from tests.contracts.engine_contract import CHECKS, check_agrees_with_nuts

SHORTCUTS = [kind() for kind in ALL if kind is not NUTS]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("engine", SHORTCUTS, ids=lambda engine: engine.name)
def test_contract(engine, check):
    check(engine)


def test_engines_are_found_by_name():
    assert [named(kind.name) for kind in ALL] == list(ALL)
    with pytest.raises(ModelError, match="Did you mean 'laplace'"):
        named("laplase")


def test_the_check_can_fail():
    """A posterior with halved spread does not pass for the right one."""
    from tests.contracts.broken import HalvedSpread

    with pytest.raises(AssertionError, match="standard errors"):
        check_agrees_with_nuts(HalvedSpread())
