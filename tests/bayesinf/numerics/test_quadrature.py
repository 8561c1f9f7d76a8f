"""Tabulated densities against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayesinf.numerics.quadrature import tabulate

DENSITIES = {
    "normal": (stats.norm(3.0, 0.02), 0.0),
    "log gamma": (stats.loggamma(1.3), 5.0),
    "student": (stats.t(30, loc=-40, scale=2), 0.0),
    "far start": (stats.norm(1e4, 1.0), 0.0),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_constant_moments_and_draws(name: str) -> None:
    exact, start = DENSITIES[name]
    table = tabulate(lambda x: exact.logpdf(x) + 7.0, start)
    assert table.log_constant == pytest.approx(7.0, abs=1e-9)
    assert table.mean(lambda x: x) == pytest.approx(exact.mean(), rel=1e-8, abs=1e-8)
    draws = table.draw(np.random.default_rng(1), 20_000)
    assert stats.kstest(draws, exact.cdf).pvalue > 1e-3


def test_a_density_without_end_is_refused() -> None:
    with pytest.raises(ArithmeticError, match="normalised"):
        tabulate(lambda x: x, 0.0)
    with pytest.raises(ArithmeticError, match="normalised"):
        tabulate(lambda x: -np.abs(np.minimum(x, 0.0)), 1.0)
