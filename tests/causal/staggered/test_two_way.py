import numpy as np

from causal.staggered.two_way import two_way_effect
from tests.causal.staggered.made import STAGGERED, made


def test_the_coefficient_is_that_of_a_regression_with_dummies():
    panel = made(STAGGERED, 6)
    weights = np.random.default_rng(1).exponential(size=(3, len(STAGGERED)))
    found, _ = two_way_effect(panel, weights)
    units, times = panel.outcome.shape
    dummies = [np.kron(np.eye(units), np.ones((times, 1))), np.tile(np.eye(times), (units, 1))]
    design = np.concatenate([*dummies, panel.treated.reshape(-1, 1)], axis=1)
    for draw in range(3):
        root = np.sqrt(np.repeat(weights[draw], times))
        slopes = np.linalg.lstsq(design * root[:, None], panel.outcome.ravel() * root, rcond=None)[
            0
        ]
        assert np.isclose(found[draw], slopes[-1])


def test_weights_are_what_each_effect_adds():
    panel = made([1] * 10 + [5] * 10 + [8] * 2, 8)
    _, weights = two_way_effect(panel, np.ones((1, 22)))
    assert np.isclose(weights.sum(), 1)
    # With few units never treated, the early cohort serves as control for the late one.
    assert weights[0, 5:].max() < 0
    for cohort, time in ((0, 6), (1, 5)):
        bumped = made([1] * 10 + [5] * 10 + [8] * 2, 8)
        bumped.outcome[panel.first_treated == np.array([1, 5])[cohort], time] += 1
        change = (
            two_way_effect(bumped, np.ones((1, 22)))[0] - two_way_effect(panel, np.ones((1, 22)))[0]
        )
        assert np.isclose(change[0], weights[cohort, time])
