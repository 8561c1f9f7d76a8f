import numpy as np
import pytest

import bayesinf as bi
from causal.discontinuity import Curve


def test_a_plain_polynomial_has_its_powers_alone():
    curve = Curve.polynomial(2)
    assert curve.design(np.array([0.0, 0.5])).tolist() == [[1, 0, 0], [1, 0.5, 0.25]]
    assert "bend" not in curve.sentence()


def test_the_bend_starts_at_the_cutoff_and_has_sd_one_at_the_edge():
    design = Curve().design(np.array([0.0, 0.5, 1.0]))
    assert not design[0, 3:].any()
    assert (design[2, 3:] ** 2).sum() == pytest.approx(1)
    assert (design[1, 3:] ** 2).sum() < 0.1
    assert "bend" in Curve().sentence()


@pytest.mark.parametrize("wrong", [{"degree": -1}, {"bends": ()}, {"prior": bi.Normal(1, 2)}])
def test_curves_that_do_not_exist(wrong):
    with pytest.raises(bi.ModelError):
        Curve(**wrong)
