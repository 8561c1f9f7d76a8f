"""Power-scaling sensitivity agrees with ArviZ, and is zero where nothing can move."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.numerics.power_scaling import cumulative_distance, power_scaling_sensitivity


def test_it_agrees_with_arviz(generator: np.random.Generator) -> None:
    import arviz_base as az
    import arviz_stats

    draws = generator.normal(size=(4, 1000, 3)) * [1.0, 5.0, 0.1]
    part = -0.5 * (draws[..., 0] - 2.0) ** 2 - 0.1 * np.abs(draws[..., 1])
    tree = az.from_dict({"posterior": {"x": draws}, "log_prior": {"prior": part}})
    expected = np.asarray(arviz_stats.psense(tree, group="prior")["x"])
    found = power_scaling_sensitivity(draws.reshape(-1, 3), part.reshape(-1))
    # ArviZ smooths the tails of the weights, which moves its answer by a few percent at most.
    np.testing.assert_allclose(found, expected, rtol=0.03, atol=1e-4)


def test_a_constant_part_moves_nothing(generator: np.random.Generator) -> None:
    draws = generator.normal(size=(500, 2))
    np.testing.assert_allclose(power_scaling_sensitivity(draws, np.full(500, 3.0)), 0.0, atol=1e-6)


def test_what_the_part_speaks_of_moves_most(generator: np.random.Generator) -> None:
    draws = generator.normal(size=(4000, 2))
    found = power_scaling_sensitivity(draws, -2.0 * (draws[:, 0] - 3.0) ** 2)
    assert found[0] > 20 * found[1]


def test_the_distance_is_one_at_most_and_zero_to_itself(generator: np.random.Generator) -> None:
    ordered = np.sort(generator.normal(size=(400, 1)), axis=0)
    equal = np.full((400, 1), 1 / 400)
    all_on_first = np.zeros((400, 1))
    all_on_first[0] = 1.0
    assert cumulative_distance(ordered, equal)[0] == pytest.approx(0.0, abs=1e-6)
    assert 0.3 < cumulative_distance(ordered, all_on_first)[0] <= 1.0
