import numpy as np
import pytest
from scipy.stats import halfnorm, norm, t as student

import bayesinf as bi
from causal.series.forecast import LOGS, find_sizes, forecast, sizes_at, tabulate, worth
from causal.series.structural import START, LocalLevel, LocalTrend, Structure


@pytest.fixture(scope="module")
def walk():
    rng = np.random.default_rng(4)
    outcome = 0.3 * rng.normal(size=30).cumsum() + 0.5 * rng.normal(size=30)
    outcome[[5, 11]] = np.nan
    outcome[22:] = np.nan
    return outcome


def by_a_grid(outcome):
    """Posterior of the average of the last eight outcomes, on a grid of both sds, densely."""
    times = len(outcome)
    seen, late = np.isfinite(outcome), np.arange(times) >= 22
    steps = np.minimum.outer(np.arange(times), np.arange(times))
    logs, means, variances = [], [], []
    noises, levels = np.exp(np.linspace(-3, 1, 40)), np.exp(np.linspace(-6, 0.6, 45))
    for noise in noises:
        for level in levels:
            cov = START**2 + level**2 * steps + noise**2 * np.eye(times)
            inside = cov[np.ix_(seen, seen)]
            gain = np.linalg.solve(inside, cov[np.ix_(seen, late)]).T
            left = cov[np.ix_(late, late)] - gain @ cov[np.ix_(seen, late)]
            prior = student(3).logpdf(noise) + halfnorm(scale=0.3).logpdf(level)
            rest = np.linalg.solve(inside, outcome[seen]) @ outcome[seen]
            likelihood = -0.5 * (rest + np.linalg.slogdet(inside)[1])
            logs.append(likelihood + prior + np.log(noise * level))
            means.append((gain @ outcome[seen]).mean())
            variances.append(left.mean())
    weights = np.exp(np.array(logs) - np.max(logs))
    weights /= weights.sum()
    mean = weights @ means
    sd = np.sqrt(weights @ (np.array(variances) + np.array(means) ** 2) - mean**2)
    return (
        mean,
        sd,
        weights.reshape(40, 45).sum(axis=1) @ noises,
        weights.reshape(40, 45).sum(axis=0) @ levels,
    )


def test_forecasts_are_those_of_a_dense_grid(walk, within):
    mean, sd, noise, level = by_a_grid(walk)
    structure = Structure(walk, np.empty((30, 0)))
    found = forecast(structure, bi.Streams(1), 8000)
    average = found.paths[:, 22:].mean(axis=1)
    # The points' own error comes on top of that of the draws.
    points = found.sizes.effective
    assert within(average.mean(), mean, sd * np.sqrt(1 / 8000 + 1 / points / 4))
    assert average.std() == pytest.approx(sd, rel=0.06)
    assert found.sizes.mean("noise") == pytest.approx(noise, rel=0.03)
    assert found.sizes.mean("level") == pytest.approx(level, rel=0.08)
    assert np.isnan(found.surprises[[5, 11, 25]]).all()


@pytest.mark.parametrize("trend", [LocalLevel(), LocalTrend()])
def test_points_are_worth_many_draws_with_every_part(walk, generator, trend):
    structure = Structure(walk, generator.normal(size=(30, 3)), trend, 4)
    sizes = find_sizes(structure, generator)
    assert sizes.effective > 0.3 * len(sizes.weights)
    assert abs(sizes.evidence[0] - sizes.evidence[1]) < 0.3


def test_small_noise_far_from_the_prior_is_found(generator):
    control = generator.normal(size=(60, 1))
    outcome = control[:, 0] + 1e-3 * generator.normal(size=60)
    sizes = find_sizes(Structure(outcome, control), generator)
    assert sizes.effective > 0.2 * len(sizes.weights)
    assert sizes.mean("noise") == pytest.approx(1e-3, rel=0.4)


@pytest.mark.parametrize(
    "prior", [bi.HalfNormal(0.3), bi.HalfStudentT(3, 1), bi.LogNormal(-4, 0.2)]
)
def test_scores_are_standard_normal_under_the_prior(prior, generator):
    draws = prior.sample(generator, (20_000,))
    scores = np.interp(np.log(draws), LOGS, tabulate(prior))
    np.testing.assert_allclose(
        np.quantile(scores, [0.01, 0.2, 0.5, 0.9]), norm.ppf([0.01, 0.2, 0.5, 0.9]), atol=0.08
    )
    again = sizes_at(scores[None], [tabulate(prior)])[0]
    np.testing.assert_allclose(again, draws, rtol=1e-6)


def test_the_worth_of_weights():
    assert worth(np.log([1.0, 1.0, 0.0 + 1e-300])) == pytest.approx(2)


def test_resampling_follows_the_weights(walk, generator):
    sizes = find_sizes(Structure(walk, np.empty((30, 0))), generator)
    counts = np.bincount(sizes.resample(5000, generator), minlength=len(sizes.weights))
    assert np.abs(counts - 5000 * sizes.weights).max() < 1 + 1e-9
