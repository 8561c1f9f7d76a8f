"""Every term of the catalogue keeps the contract."""

from __future__ import annotations

import pytest

from bayesinf.terms import ALL
from tests.contracts.term_contract import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("term", [kind() for kind in ALL], ids=lambda term: term.name)
def test_contract(term, check):
    check(term)


def test_names_are_distinct():
    assert len({kind.name for kind in ALL}) == len(ALL)
