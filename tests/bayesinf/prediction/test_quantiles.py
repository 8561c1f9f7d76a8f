"""Quantiles of mixtures, against root finding, summation, simulation and a closed form."""

import numpy as np
import pytest
from scipy import optimize, stats

from bayesinf.families import Bernoulli, Binomial, Gaussian, NegativeBinomial, Poisson, StudentT
from bayesinf.family import Known
from bayesinf.prediction import quantiles as module
from bayesinf.prediction.mixture import Mixture
from bayesinf.prediction.quantiles import quantiles
from tests.conftest import within

PROBS = (0.005, 0.055, 0.5, 0.945, 0.995)


def gaussian(generator, draws=1500, rows=4, spread=1.0, sigma=2.0) -> Mixture:
    eta = generator.normal(np.arange(rows) * 10.0, spread, (draws, rows))
    scale = sigma * np.exp(0.2 * generator.normal(size=(draws, 1)))
    return Mixture(Gaussian(), eta, {"sigma": scale}, Known())


def root(cdf, prob: float, low: float, high: float) -> float:
    return optimize.brentq(lambda q: cdf(q) - prob, low, high, xtol=1e-12, rtol=1e-14)


@pytest.mark.parametrize("prob", PROBS)
@pytest.mark.parametrize(("spread", "sigma"), [(1.0, 2.0), (0.05, 3.0), (5.0, 1.0)])
def test_a_measurement_is_solved(generator, prob, spread, sigma):
    mixture = gaussian(generator, spread=spread, sigma=sigma)
    (found,) = quantiles(mixture, prob)
    for row in range(4):
        eta, scale = mixture.predictor[:, row], mixture.parameters["sigma"][:, 0]
        exact = root(lambda q, e=eta, s=scale: stats.norm.cdf(q, e, s).mean(), prob, -500, 500)
        assert abs(found[row] - exact) < 1e-4 * mixture.moments[1][row]


def test_clumps_with_gaps_between_them_are_solved(generator):
    """Where the distribution function is a staircase, Newton's steps overshoot every time."""
    eta = generator.choice([-50.0, 0.0, 1.0, 70.0], size=(900, 3))
    mixture = Mixture(Gaussian(), eta, {"sigma": np.full((900, 1), 0.01)}, Known())
    for prob in PROBS:
        (found,) = quantiles(mixture, prob)
        for row in range(3):
            exact = root(lambda q, e=eta[:, row]: stats.norm.cdf(q, e, 0.01).mean(), prob, -60, 80)
            assert abs(found[row] - exact) < 1e-3 * mixture.moments[1][row]


def test_outcomes_without_a_variance_are_solved(generator):
    eta = generator.normal(0, 1, (700, 2))
    nu = 1.0 + generator.gamma(1.0, 1.0, (700, 1))
    assert (nu < 2).any()
    mixture = Mixture(StudentT(), eta, {"sigma": np.ones((700, 1)), "nu": nu}, Known())
    assert np.isinf(mixture.moments[1]).all()
    for prob in PROBS:
        (found,) = quantiles(mixture, prob)
        for row in range(2):
            exact = root(
                lambda q, e=eta[:, row]: stats.t.cdf(q, nu[:, 0], e).mean(), prob, -1e5, 1e5
            )
            assert abs(found[row] - exact) < 1e-4 * mixture.width[row]


def test_known_standard_errors_take_the_place_of_sigma(generator):
    eta = generator.normal(0, 1e-9, (400, 2))
    mixture = Mixture(Gaussian(), eta, {}, Known(standard_error=np.array([1.0, 10.0])))
    (found,) = quantiles(mixture, 0.975)
    assert np.allclose(found, stats.norm.ppf(0.975) * np.array([1.0, 10.0]), rtol=1e-6)


def test_quantiles_agree_with_simulated_outcomes(generator):
    mixture = gaussian(generator, draws=1000, rows=1)
    size = 400_000
    which = generator.integers(1000, size=size)
    outcomes = generator.normal(mixture.predictor[which, 0], mixture.parameters["sigma"][which, 0])
    for prob in PROBS:
        (found,) = quantiles(mixture, prob)
        error = np.sqrt(prob * (1 - prob) / size) / mixture.density(found)
        assert within(np.quantile(outcomes, prob), found[0], error[0])


def test_a_flat_prior_gives_students_t(generator):
    """With p(mu, sigma) = 1 / sigma the next outcome is t with n - 1 degrees of freedom.

    Source: Gelman et al. (2013), Bayesian Data Analysis, section 3.2.
    """
    y, draws = np.array([1.0, 4.0, 2.0, 8.0, 5.0, 7.0]), 4000
    n, mean, sd = len(y), y.mean(), y.std(ddof=1)
    sigma = sd * np.sqrt((n - 1) / generator.chisquare(n - 1, (draws, 1)))
    mixture = Mixture(
        Gaussian(), generator.normal(mean, sigma / np.sqrt(n)), {"sigma": sigma}, Known()
    )
    for prob in PROBS:
        exact = stats.t.ppf(prob, n - 1, mean, sd * np.sqrt(1 + 1 / n))
        (found,) = quantiles(mixture, prob)
        at = stats.norm.cdf(exact, mixture.predictor, sigma)
        density = stats.t.pdf(exact, n - 1, mean, sd * np.sqrt(1 + 1 / n))
        assert within(found[0], exact, at.std() / np.sqrt(draws) / density)


def smallest(mass: np.ndarray, prob: float) -> int:
    return int(np.argmax(np.cumsum(mass) >= prob))


@pytest.mark.parametrize("prob", PROBS)
@pytest.mark.parametrize("centre", [-3.0, 0.5, 3.0])
def test_counts_agree_with_summation(generator, prob, centre):
    eta = generator.normal(centre, 0.4, (80, 3))
    shape = generator.gamma(20.0, 0.1, (80, 1))
    trials, counts = np.array([1.0, 9.0, 40.0]), np.arange(600)
    chance = 1 / (1 + np.exp(-eta))
    (poisson,) = quantiles(Mixture(Poisson(), eta, {}, Known()), prob)
    (negative,) = quantiles(Mixture(NegativeBinomial(), eta, {"shape": shape}, Known()), prob)
    (binomial,) = quantiles(Mixture(Binomial(), eta, {}, Known(trials=trials)), prob)
    (bernoulli,) = quantiles(Mixture(Bernoulli(), eta, {}, Known()), prob)
    for row in range(3):
        mean, p = np.exp(eta[:, row, None]), chance[:, row, None]
        assert poisson[row] == smallest(stats.poisson.pmf(counts, mean).mean(0), prob)
        mass = stats.nbinom.pmf(counts, shape, shape / (shape + mean)).mean(0)
        assert negative[row] == smallest(mass, prob)
        mass = stats.binom.pmf(counts[:50], trials[row], p).mean(0)
        assert binomial[row] == smallest(mass, prob)
        assert bernoulli[row] == float(1 - p.mean() < prob)


def test_counts_of_any_size_are_found(generator):
    """From spread over nine orders of magnitude to counts of 1e13."""
    eta = np.concatenate(
        [generator.normal(0, 5, (200, 1)), generator.normal(30, 0.01, (200, 1))], axis=1
    )
    mixture = Mixture(Poisson(), eta, {}, Known())
    for prob in PROBS:
        (found,) = quantiles(mixture, prob)
        assert (np.rint(found) == found).all()
        assert (mixture.cdf(found) >= prob).all()
        assert (mixture.cdf(found - 1.0) < prob).all()


def test_many_draws_are_thinned_evenly_for_counts(generator):
    eta = generator.normal(2, 1, (2 * module.COUNT_DRAWS, 2))
    thin = Mixture(Poisson(), eta[::2], {}, Known())
    assert np.array_equal(
        quantiles(Mixture(Poisson(), eta, {}, Known()), 0.9)[0], quantiles(thin, 0.9)[0]
    )


def test_a_row_does_not_depend_on_the_rows_beside_it(generator):
    for mixture in (
        gaussian(generator, rows=7),
        Mixture(Poisson(), generator.normal(1, 0.5, (500, 7)), {}, Known()),
    ):
        whole = np.array(quantiles(mixture, *PROBS))
        for row in range(7):
            alone = np.array(quantiles(mixture.take(np.array([row])), *PROBS))
            assert np.array_equal(whole[:, row], alone[:, 0])


def test_what_is_not_found_is_said(generator, monkeypatch):
    monkeypatch.setattr(module, "MOST_STEPS", 0)
    with pytest.raises(module.SamplingError, match="not found in 0 steps") as caught:
        quantiles(gaussian(generator), 0.5)
    assert caught.value.code == "quantile"
