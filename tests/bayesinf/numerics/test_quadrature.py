"""Tabulated densities against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayesinf.errors import SamplingError
from bayesinf.numerics.quadrature import tabulate
from tests.conftest import within

DENSITIES = {
    "normal": (stats.norm(3.0, 0.02), 0.0),
    "log gamma": (stats.loggamma(1.3), 5.0),
    "student": (stats.t(30, loc=-40, scale=2), 0.0),
    "far start": (stats.norm(90.0, 1.0), 0.0),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_constant_moments_and_draws(name: str) -> None:
    exact, start = DENSITIES[name]
    table = tabulate(lambda x: exact.logpdf(x) + 7.0, start)
    assert table.log_constant == pytest.approx(7.0, abs=1e-9)
    mean = np.trapezoid(table.nodes * table.density, table.nodes)
    assert mean == pytest.approx(exact.mean(), rel=1e-8, abs=1e-8)
    draws = table.draw(np.random.default_rng(1), 20_000)
    assert stats.kstest(draws, exact.cdf).pvalue > 1e-3


def test_every_peak_with_mass_is_covered() -> None:
    def log_density(x: np.ndarray) -> np.ndarray:
        near, far = stats.norm(0, 0.1).logpdf(x), stats.norm(12, 0.5).logpdf(x)
        return np.logaddexp(np.log(0.3) + near, np.log(0.7) + far)

    for start in (0.0, 12.0):
        draws = tabulate(log_density, start).draw(np.random.default_rng(1), 20_000)
        within((draws > 6).mean(), 0.7, np.sqrt(0.21 / 20_000))


def test_a_density_without_end_is_refused() -> None:
    with pytest.raises(SamplingError, match="improper"):
        tabulate(lambda x: x, 0.0)
    with pytest.raises(SamplingError, match="improper"):
        tabulate(lambda x: -np.abs(np.minimum(x, 0.0)), 1.0)
