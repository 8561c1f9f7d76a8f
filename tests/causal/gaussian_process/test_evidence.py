"""The evidence is the normal density of the outcomes, and its gradient is its slope."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from causal.gaussian_process.evidence import log_posterior, maximise, noise_of, noise_variances
from causal.gaussian_process.hyperparameters import PARTS, hyperparameters_of
from causal.gaussian_process.kernel import pieces_of


def dense(observed, named) -> np.ndarray:
    """The covariance of the outcomes, each part over all rows and masked."""
    total = np.diag(noise_variances(observed, named))
    treated = np.arange(40) >= observed.controls
    masks = {"shared": np.ones(40), "control": ~treated, "treated": treated}
    for part in PARTS:
        total = total + pieces_of(part, observed.rows, named).total() * np.outer(
            masks[part], masks[part]
        )
    return total


def test_it_is_the_density_of_the_outcomes(observed, logs):
    given = hyperparameters_of(4)
    values, expected = [], []
    for at in (logs, given.start):
        density = multivariate_normal(np.zeros(40), dense(observed, given.named(at)))
        values.append(log_posterior(observed, given, at)[0])
        expected.append(density.logpdf(observed.outcome) + given.log_prior(at)[0])
    assert values[0] - values[1] == pytest.approx(expected[0] - expected[1])


def test_the_gradient_is_the_slope(observed, logs):
    given = hyperparameters_of(4)
    _, gradient = log_posterior(observed, given, logs)
    for k in range(len(logs)):
        step = 1e-6 * np.eye(len(logs))[k]
        rise = log_posterior(observed, given, logs + step)[0]
        rise -= log_posterior(observed, given, logs - step)[0]
        assert gradient[k] == pytest.approx(rise / 2e-6, abs=1e-5)


def test_the_search_climbs_to_where_it_is_flat(observed):
    given = hyperparameters_of(4)
    found = maximise(observed, given, given.start, 200)
    before, after = (log_posterior(observed, given, at) for at in (given.start, found))
    assert after[0] > before[0]
    assert np.abs(after[1]).max() < 0.05 * np.abs(before[1]).max()


def test_some_rows_keep_their_arms(observed):
    some = observed.take(np.array([0, 3, 24, 25, 39]))
    assert some.controls == 3
    assert some.outcome == pytest.approx(observed.outcome[[0, 3, 24, 25, 39]])
    assert some.members("treated") == slice(3, 5)


def test_the_ratio_of_noises_is_that_of_the_arms():
    control, treated = noise_of({"noise": np.array([0.5]), "noise ratio": np.array([4.0])})
    assert (control, treated) == (0.25, 1.0)
