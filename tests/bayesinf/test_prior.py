"""What all priors share: they are values to Python and containers of numbers to JAX."""

import jax
import numpy as np

from bayesinf.numerics.precision import double
from bayesinf.prior import latex_number
from bayesinf.priors import HalfNormal, Normal


def test_priors_of_one_kind_stack_into_one_vectorised_prior():
    x = np.array([0.3, -2.0, 5.0])
    priors = [Normal(0.0, 1.0), Normal(1.0, 2.0), Normal(-3.0, 0.5)]
    with double():
        stacked = jax.tree.map(lambda *numbers: jax.numpy.stack(numbers), *priors)
        together = stacked.log_density(x)
    alone = [prior.log_density(one).item() for prior, one in zip(priors, x, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-14)


def test_a_prior_survives_jax_unchanged():
    leaves, tree = jax.tree.flatten(HalfNormal(2.0))
    assert leaves == [2.0]
    assert jax.tree.unflatten(tree, leaves) == HalfNormal(2.0)


def test_numbers_in_latex():
    assert latex_number(-0.00001234) == r"-1.234 \times 10^{-5}"
    assert latex_number(1234.5) == "1234" or latex_number(1234.5) == "1235"
    assert latex_number(2.0) == "2"
