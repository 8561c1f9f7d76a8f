import numpy as np
import pytest

from causal.discontinuity.bandwidth import balance, optimal_bandwidths, smallest_window


def data(rng, size=800, curvature=3.0):
    x = rng.uniform(-1, 1, size)
    y = np.sin(curvature * x) + 1.0 * (x >= 0) + 0.2 * rng.normal(size=size)
    return x, y


def test_bandwidths_scale_with_the_running_variable(generator):
    x, y = data(generator)
    found, stretched = optimal_bandwidths(x, y), optimal_bandwidths(1000 * x, 3 + 7 * y)
    assert stretched.effect == pytest.approx(1000 * found.effect, rel=1e-8)
    assert stretched.bias == pytest.approx(1000 * found.bias, rel=1e-8)


def test_more_curvature_means_less_width(generator):
    widths = [optimal_bandwidths(*data(generator, 4000, bend)).effect for bend in (1.0, 6.0)]
    assert widths[1] < widths[0]


def test_the_balance_solves_its_own_equation(generator):
    # With the bias and the noise known, the window minimises bias^2 h^4 + variance / h.
    x, y = data(generator, 2000)
    sides = ((x[x < 0], y[x < 0]), (x[x >= 0], y[x >= 0]))
    found = balance(sides, 1, 0, 0.3, (0.8, 0.8), 0.0, "triangular")
    grid = found * np.geomspace(0.5, 2, 401)
    squared = bias_per_square(sides, 0.8) ** 2
    noise = variance_at(sides, 0.3) * 0.3
    assert grid[np.argmin(squared * grid**4 + noise / grid)] == pytest.approx(found, rel=0.01)


def bias_per_square(sides, window):
    from causal.discontinuity.local_polynomial import coefficient_weights

    total = 0.0
    for sign, (x, y) in zip((-1, 1), sides, strict=True):
        constant = coefficient_weights(x, 0.3, 1, 0, "triangular") @ x**2 / 0.3**2
        total += sign * constant * (coefficient_weights(x, window, 2, 2, "triangular") @ y)
    return total


def variance_at(sides, window):
    from causal.discontinuity.local_polynomial import coefficient_weights, neighbour_variances

    return sum(
        coefficient_weights(x, window, 1, 0, "triangular") ** 2 @ neighbour_variances(x, y)
        for x, y in sides
    )


def test_curves_without_noise_or_curvature_get_a_finite_window():
    x = np.linspace(-1, 1, 100)
    found = optimal_bandwidths(x, 2 * x + (x >= 0))
    assert 0 < found.effect <= 1
    assert 0 < optimal_bandwidths(x, np.ones(100)).effect <= 1


def test_the_window_holds_ten_distinct_values_where_there_are(generator):
    x = np.repeat(np.arange(-30, 30), 5).astype(float)
    y = np.sin(x) * 50 + generator.normal(size=len(x))
    assert optimal_bandwidths(x, y).effect >= 10
    few = np.repeat(np.arange(-3, 4), 20).astype(float)
    assert np.isfinite(optimal_bandwidths(few, generator.normal(size=len(few))).effect)


def test_the_smallest_window_counts_distinct_values():
    x = np.array([-5.0, -2.0, -2.0, -1.0, 0.0, 0.5, 3.0])
    assert smallest_window(x, 2) == pytest.approx(2.0)
    assert smallest_window(x, 99) == pytest.approx(5.0)
