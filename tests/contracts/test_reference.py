"""Every family, link and prior of the library is written a second time, and both agree.

A member that is listed without a reference would be left out of calibration without a word.
"""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf import families
from bayesinf.criticism.reference import INVERSE_LINKS, OUTCOMES, PRIORS
from bayesinf.family import Family
from bayesinf.prior import Prior
from tests.contracts.family_contract import cases, outcomes
from tests.contracts.prior_contract import typical_places
from tests.contracts.test_families import EVERY_FAMILY
from tests.contracts.test_priors import EXAMPLES

OF_NUMBERS = [prior for prior in EXAMPLES if prior.support != "correlation"]


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=repr)
def test_a_family_with_each_link(family: Family) -> None:
    assert type(family) in families.ALL
    reference, inverse = OUTCOMES[type(family)], INVERSE_LINKS[type(family.link)]
    for case in cases(family):
        y = outcomes(case)
        known, eta = case.known(len(y)), np.linspace(-2.0, 2.0, len(y))
        numbers = {name: np.array([value]) for name, value in case.parameters.items()}
        written = reference(y, inverse(eta), numbers, known)
        ours = family.log_density(y, eta, case.parameters, known)
        np.testing.assert_allclose(ours, written, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("prior", OF_NUMBERS, ids=lambda prior: prior.describe())
def test_a_prior(prior: Prior) -> None:
    x = typical_places(prior)
    np.testing.assert_allclose(
        prior.log_density(x), PRIORS[type(prior)](prior, x), rtol=1e-9, atol=1e-9
    )
