"""Closed forms of many Gaussian regressions are those of one at a time."""

from __future__ import annotations

import numpy as np
from scipy import stats

from bayesinf.numerics import linear, quadrature
from bayesinf.numerics.fleet.gaussian import Sums, diagonalise, log_evidence, tabulate
from tests.conftest import within


def some(members: int = 5, size: int = 3) -> tuple[Sums, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(members, 20, size)) * [1.0, 10.0, 0.1]
    outcome = columns @ [1.0, 0.2, -3.0] + rng.normal(size=(members, 20))
    sums = Sums(
        columns.swapaxes(1, 2) @ columns,
        np.einsum("mnp,mn->mp", columns, outcome),
        (outcome**2).sum(1),
        np.full(members, 20.0),
    )
    precision = np.tile([0.0, 0.5, 4.0], (members, 1))
    return sums, np.tile([0.0, 1.0, -1.0], (members, 1)), precision


def test_evidence_of_sigma_is_that_of_one_regression_up_to_a_constant() -> None:
    sums, mean, precision = some()
    sigma = np.linspace(0.3, 3.0, 11)
    ours = log_evidence(
        diagonalise(sums, mean, precision), sums, mean, precision, np.tile(sigma, (5, 1))
    )
    for k in range(5):
        prior = linear.Gaussian(mean[k], precision[k])
        pencil = linear.diagonalise(sums.gram[k], sums.moment[k], prior)
        theirs = linear.log_evidence(pencil, float(sums.square[k]), 20.0, prior, sigma)
        assert np.allclose(ours[k] - ours[k, 0], theirs - theirs[0], rtol=1e-9, atol=1e-9)


def test_coefficients_given_sigma_have_the_textbook_moments() -> None:
    sums, mean, precision = some()
    pencils = diagonalise(sums, mean, precision)
    noise = np.random.default_rng(1).standard_normal((5, 20_000, 3))
    draws = pencils.coefficients(np.full((5, 20_000), 0.7), noise)
    for k in range(5):
        inverse = np.linalg.inv(np.diag(precision[k]) + sums.gram[k] / 0.49)
        centre = inverse @ (precision[k] * mean[k] + sums.moment[k] / 0.49)
        sd = np.sqrt(np.diagonal(inverse))
        within(draws[k].mean(axis=0), centre, sd / np.sqrt(20_000))
        within(draws[k].std(axis=0), sd, sd / np.sqrt(40_000))


def test_what_rows_and_priors_do_not_determine_is_not_a_number() -> None:
    sums, mean, precision = some()
    gram = sums.gram.copy()
    gram[2, 0] = gram[2, :, 0] = 0.0
    broken = Sums(gram, sums.moment, sums.square, sums.weight)
    back = diagonalise(broken, mean, precision).back
    assert np.isfinite(back).all((1, 2)).tolist() == [True, True, False, True, True]


def test_tables_draw_from_the_density() -> None:
    spreads = np.array([0.003, 0.1, 1.5])
    places = np.array([-3.0, 0.0, 4.0])

    def log_density(log_sigma: np.ndarray) -> np.ndarray:
        return -0.5 * ((log_sigma - places[:, None]) / spreads[:, None]) ** 2

    # The search begins a little off the top, where the narrowest density is far below it.
    tables = tabulate(log_density, places + 0.11)
    assert tables.sound.all()
    uniforms = np.random.default_rng(0).random((3, 4000))
    draws = tables.draw(uniforms)
    for k in range(3):
        exact = stats.norm(places[k], spreads[k]).ppf(uniforms[k])
        assert np.abs(draws[k] - exact).max() < 2e-3 * spreads[k]


def test_a_table_is_that_of_the_single_function() -> None:
    def log_density(log_sigma: np.ndarray) -> np.ndarray:
        sigma = np.exp(log_sigma)
        return -6 * log_sigma - 4.0 / sigma**2 - 2 * np.log1p(sigma**2 / 3)

    table = quadrature.tabulate(log_density, 0.0)
    ours = tabulate(log_density, np.zeros(1))
    density = ours.density[0] / np.trapezoid(ours.density[0], ours.nodes[0])
    assert np.allclose(np.interp(table.nodes, ours.nodes[0], density), table.density, atol=2e-4)


def test_two_peaks_and_no_fall_are_not_sound() -> None:
    def log_density(log_sigma: np.ndarray) -> np.ndarray:
        two = np.logaddexp(-0.5 * (log_sigma[0] / 0.1) ** 2, -0.5 * ((log_sigma[0] - 4) / 0.1) ** 2)
        return np.stack([two, -np.abs(log_sigma[1]), np.minimum(log_sigma[2], 0.0)])

    assert tabulate(log_density, np.zeros(3)).sound.tolist() == [False, True, False]
