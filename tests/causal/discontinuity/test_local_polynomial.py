import numpy as np
import pytest

from causal.discontinuity.local_polynomial import (
    coefficient_weights,
    kernel_weights,
    neighbour_variances,
    powers,
)


def test_kernels():
    distance = np.array([-1.5, -1.0, 0.0, 0.25])
    assert kernel_weights(distance, "triangular").tolist() == [0, 0, 1, 0.75]
    assert kernel_weights(distance, "uniform").tolist() == [0, 1, 1, 1]


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("kernel", ["triangular", "uniform"])
def test_weights_against_weighted_least_squares(generator, kernel, order):
    x, y = generator.random(60), generator.normal(size=60)
    near = kernel_weights(x / 0.7, kernel)
    design = powers(x, 2)
    gram = design.T @ (near[:, None] * design)
    expected = np.linalg.solve(gram, design.T @ (near * y))[order]
    weights = coefficient_weights(x, 0.7, 2, order, kernel)
    assert weights @ y == pytest.approx(expected, rel=1e-9)
    assert not weights[x > 0.7].any()


def test_neighbours_against_a_loop(generator):
    # Steps of 1/8 make ties at equal distances on both sides, and rows at the same place.
    x, y = generator.integers(0, 40, 80) / 8, generator.normal(size=80)
    expected = []
    for place in range(80):
        distance = np.abs(x - x[place])
        reach = np.sort(np.delete(distance, place))[2]
        chosen = (distance <= reach) & (np.arange(80) != place)
        count = chosen.sum()
        expected.append(count / (count + 1) * (y[place] - y[chosen].mean()) ** 2)
    assert np.allclose(neighbour_variances(x, y), expected)


def test_neighbours_of_two_rows():
    assert neighbour_variances(np.array([0.0, 1.0]), np.array([0.0, 2.0])).tolist() == [2, 2]
