import numpy as np
import pytest

import bayesinf as bi
from causal.sequential.outcomes import Means, Proportions
from causal.sequential.watch import tally_at


def test_a_flat_prior_gives_the_t_test(generator):
    y, t = generator.normal(size=60), np.arange(60) % 3 == 0
    belief = Means(prior=float("inf")).belief(tally_at(y, t, np.array([60])))
    high, low = y[t], y[~t]
    pooled = ((high - high.mean()) ** 2).sum() + ((low - low.mean()) ** 2).sum()
    error = np.sqrt(pooled / 58 * (1 / 20 + 1 / 40))
    assert belief.mean[0] == pytest.approx(high.mean() - low.mean())
    assert belief.scale[0] == pytest.approx(error) and belief.freedom[0] == 58


def test_a_normal_prior_is_integrated_exactly(generator):
    y, t = generator.normal(size=24) + 2, np.arange(24) % 2 == 0
    belief = Means(prior=0.5).belief(tally_at(y, t, np.array([24])))
    # The second way: a grid over effect and log sigma, with the control's mean integrated out.
    effect = np.linspace(-6, 6, 1201)
    sigma = np.exp(np.linspace(-3, 3, 601))[:, None]
    lean = t - t.mean()
    residual = (((y - y.mean())[:, None] - lean[:, None] * effect) ** 2).sum(axis=0)
    log = -23 * np.log(sigma) - residual / (2 * sigma**2)
    log += -np.log(sigma) - effect**2 / (2 * (0.5 * sigma) ** 2)
    weight = np.exp(log - log.max()).sum(axis=0)
    weight /= weight.sum()
    mean = weight @ effect
    assert belief.mean[0] == pytest.approx(mean, abs=1e-4)
    assert belief.sd[0] == pytest.approx(np.sqrt(weight @ (effect - mean) ** 2), rel=1e-3)


def test_batches_have_the_law_of_their_rows(generator):
    batches = np.array([[4.0, 6.0], [5.0, 5.0]])
    tally = Means(sd=2.0).simulate(np.full(20_000, 3.0), batches, generator)
    assert tally.total.shape == (20_000, 2, 2) and tally.rest.shape == (20_000, 2)
    means = tally.total[:, 1] / tally.size[:, 1]
    assert np.allclose(means.mean(axis=0), [3, 0], atol=4 * 2 / np.sqrt(9 * 20_000))
    assert np.allclose(means.var(axis=0), [4 / 9, 4 / 11], rtol=0.05)
    # The sum of squares about both means has 20 - 2 degrees of freedom.
    assert tally.rest[:, 1].mean() == pytest.approx(4 * 18, rel=0.02)
    assert tally.rest[:, 1].var() == pytest.approx(16 * 2 * 18, rel=0.08)


def test_proportions_add_up(generator):
    tally = Proportions(0.2).simulate(np.full(5000, 0.1), np.array([[10, 10], [20, 20]]), generator)
    share = tally.total[:, 1] / tally.size[:, 1]
    assert np.allclose(share.mean(axis=0), [0.3, 0.2], atol=0.006)
    belief = Proportions(0.2, wins=2.0, misses=3.0).belief(tally)
    assert np.allclose(belief.wins, 2 + tally.total)


def test_what_cannot_be_is_refused(generator):
    with pytest.raises(bi.ModelError, match="leaves the range"):
        Proportions(0.9).simulate(np.array([0.2]), np.array([[5, 5]]), generator)
    with pytest.raises(bi.ModelError, match="between 0 and 1"):
        Proportions(1.2)
    with pytest.raises(bi.ModelError, match="positive"):
        Means(sd=-1)
    assert Means(prior=float("inf")).from_prior(5, np.array([[5.0, 5.0]]), generator) is None
