import numpy as np

from causal.staggered import bootstrap
from causal.staggered.bootstrap import unit_weights


def means(count: int, draws: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    values = rng.normal(size=count)
    weights = np.concatenate(list(unit_weights(rng, draws, np.zeros(count))))
    return values, weights @ values / weights.sum(axis=1)


def test_the_mean_of_few_units_varies_as_under_a_normal_model():
    for count in (12, 30):
        values, drawn = means(count)
        # The variance of a Student-t posterior: s^2 / n with n - 1 degrees of freedom.
        assert drawn.std() / np.sqrt(values.var() / (count - 3)) - 1 < 0.03
        assert abs(drawn.mean() - values.mean()) < 0.02


def test_the_mean_of_many_units_is_the_plain_bootstrap():
    values, drawn = means(300, 4000)
    assert abs(drawn.std() / np.sqrt(values.var() / 301) - 1) < 0.05


def test_groups_weigh_what_they_count():
    groups = np.repeat([0, 1, 2], [8, 40, 300])
    weights = np.concatenate(list(unit_weights(np.random.default_rng(1), 4000, groups)))
    assert np.allclose(weights.mean(), 1, atol=0.01)
    for group in (0, 1, 2):
        assert abs(weights[:, groups == group].mean() - 1) < 0.03


def test_blocks_hold_all_draws(monkeypatch):
    monkeypatch.setattr(bootstrap, "BLOCK", 50)
    blocks = list(unit_weights(np.random.default_rng(1), 23, np.zeros(10)))
    assert [len(block) for block in blocks] == [5, 5, 5, 5, 3]
