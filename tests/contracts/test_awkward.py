"""Every family and every engine makes the same of awkward data."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf import engines, families
from bayesinf.families import Poisson
from tests.contracts.awkward_model_contract import (
    ENGINE_CHECKS,
    FAMILY_CHECKS,
    FEW,
    STRANGE,
    check_outcomes_that_the_family_cannot_have,
    modelling,
    ordinary,
    refused,
)

EVERY_FAMILY = [kind(link=link()) for kind in families.ALL for link in kind.links]
EVERY_ENGINE = [kind() for kind in engines.ALL]


@pytest.mark.parametrize("check", FAMILY_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("family", EVERY_FAMILY, ids=repr)
def test_families(family, check):
    check(family)


@pytest.mark.parametrize("check", ENGINE_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("engine", EVERY_ENGINE, ids=lambda engine: engine.name)
def test_engines(engine, check):
    check(engine)


# What the families cannot have, written down here and not asked of them.
IMPOSSIBLE = {
    "gaussian": (),
    "student_t": (),
    "bernoulli": (-1.0, 0.5, 1.5, 2.0, 8.0, 1e99),
    "binomial": (-1.0, 0.5, 1.5, 8.0, 1e99),
    "poisson": (-1.0, 0.5, 1.5),
    "negative_binomial": (-1.0, 0.5, 1.5),
}


@pytest.mark.parametrize("kind", families.ALL)
def test_the_support_is_the_one_of_the_books(kind):
    family = kind()
    for value in STRANGE:
        rows = ordinary(family)
        rows["y"][list(FEW)] = value
        call = modelling(family, rows)
        if value in IMPOSSIBLE[family.name]:
            with pytest.raises(bi.DataError):
                call()
        else:
            assert call().design.response[list(np.array(FEW) - 1)].tolist() == [value, value]


def test_the_checks_can_fail(monkeypatch):
    """A family that lets everything pass is found, and so is a message that says too little."""
    monkeypatch.setattr(Poisson, "outside_support", lambda *given: np.zeros(len(given[1]), bool))
    with pytest.raises(AssertionError):
        check_outcomes_that_the_family_cannot_have(Poisson())

    def vague():
        raise bi.DataError("Something is wrong with 'x'.", code="wrong", column="x", rows=FEW)

    with pytest.raises(AssertionError, match="Grade"):
        refused(vague, "wrong", "x", 2)
