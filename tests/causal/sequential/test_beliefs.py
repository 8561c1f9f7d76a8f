import numpy as np
import pytest
from scipy import integrate, stats

from causal.sequential.beliefs import BetaBelief, StudentBelief, beats


@pytest.mark.parametrize("freedom", [3.0, 30.0, np.inf])
@pytest.mark.parametrize("mean", [-0.7, 0.0, 1.3])
def test_student_tails_and_losses_against_integration(freedom, mean):
    belief = StudentBelief(np.array([mean]), np.array([0.8]), np.array([freedom]))
    law = stats.norm(mean, 0.8) if np.isinf(freedom) else stats.t(freedom, mean, 0.8)
    assert belief.above()[0] == pytest.approx(law.sf(0))
    sign = 1 if mean >= 0 else -1
    loss, _ = integrate.quad(lambda x: max(-sign * x, 0) * law.pdf(x), -np.inf, np.inf)
    assert belief.loss()[0] == pytest.approx(loss, rel=1e-6)
    assert np.allclose(np.ravel(belief.interval(0.9)), law.interval(0.9))
    assert belief.sd[0] == pytest.approx(law.std())


@pytest.mark.parametrize(
    "shape",
    [(1, 1, 1, 1), (3, 18, 7, 14), (1, 400, 9, 2), (500, 4500, 560, 4440), (5e4, 5e5, 3, 20)],
)
def test_chances_against_integration_and_draws(shape, generator):
    a, b, c, d = (np.array([float(number)]) for number in shape)
    found = beats(a, b, c, d)[0]
    x, y = generator.beta(a, b, 400_000), generator.beta(c, d, 400_000)
    assert found == pytest.approx((x > y).mean(), abs=4 * 0.5 / np.sqrt(400_000))
    narrow = stats.beta(a[0], b[0])
    low, high = narrow.ppf([1e-13, 1 - 1e-13])
    exact, _ = integrate.quad(
        lambda p: narrow.pdf(p) * stats.beta.cdf(p, c[0], d[0]), low, high, limit=400
    )
    assert found == pytest.approx(exact, abs=1e-8)
    belief = BetaBelief(np.array([[a[0], c[0]]]), np.array([[b[0], d[0]]]))
    assert belief.above()[0] == pytest.approx(found, abs=1e-9)
    losses = np.array([np.maximum(y - x, 0).mean(), np.maximum(x - y, 0).mean()])
    assert belief.loss()[0] == pytest.approx(losses.min(), abs=0.004 * (x - y).std() + 1e-9)
    assert belief.sd[0] == pytest.approx((x - y).std(), rel=0.01)


def test_no_difference_is_even():
    belief = BetaBelief(np.full((3, 2), 4.0), np.full((3, 2), 9.0))
    assert np.allclose(belief.above(), 0.5) and np.allclose(belief.mean, 0)
    assert belief.take(np.array([0])).mean.shape == (1,)
