"""Gauss-Hermite rules against moments of the standard normal."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.model.quadrature.rule import COUNTS, hermite_rule


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("effects", [1, 2, 3])
def test_polynomials_are_integrated_exactly(count: int, effects: int) -> None:
    rule = hermite_rule(count, effects)
    weights = np.exp(rule.log_weights)
    assert rule.nodes.shape == (count**effects, effects)
    assert weights.sum() == pytest.approx(1.0, rel=1e-12)
    assert weights @ rule.nodes**4 == pytest.approx(np.full(effects, 3.0), rel=1e-10)
    both = (rule.nodes[:, 0] * rule.nodes[:, -1]) ** 2
    assert weights @ both == pytest.approx(1.0 if effects > 1 else 3.0, rel=1e-10)
    assert np.abs(weights @ rule.nodes**5).max() < 1e-9
