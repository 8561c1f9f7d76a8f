"""Columns that nearly repeat each other, against exact rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.engines.conjugate import closed_form_moments
from bayesinf.model.structure import gaussian_coefficients
from bayesinf.posterior.states import GaussianStatistics

FLAT = {"Intercept": bi.Flat(), "coefficients": bi.Flat()}
ERROR = 0.5


def rows(noise: float) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(1)
    x, other, left = generator.normal(size=(3, 40))
    error = np.full(40, ERROR)
    return {"x": x, "z": x + noise * other, "y": 1 + 2 * x + ERROR * left, "error": error}


def exact_moments(model: bi.Model) -> tuple[np.ndarray, np.ndarray]:
    """Means and sds of the coefficients given known errors, without any rounding."""
    design = model.design
    prior = gaussian_coefficients(model).prior(0.0)
    columns = [[Fraction(v) for v in row] for row in design.rows.population.tolist()]
    centre = [Fraction(v) for v in design.centre.tolist()]
    outcome = [Fraction(v) for v in design.response.tolist()]
    size, weight = len(centre), 1 / Fraction(ERROR) ** 2
    moved = [[value - centre[j] for j, value in enumerate(row)] for row in columns]
    precision = [
        [weight * sum(row[i] * row[j] for row in moved) for j in range(size)] for i in range(size)
    ]
    shift = [
        weight * sum(row[i] * y for row, y in zip(moved, outcome, strict=True)) for i in range(size)
    ]
    for i in range(size):
        own = Fraction(float(prior.precision[i]))
        precision[i][i] += own
        shift[i] += own * Fraction(float(prior.mean[i]))
    inverse = inverted(precision)
    mean = [sum(inverse[i][j] * shift[j] for j in range(size)) for i in range(size)]
    # The intercept of the columns as they are: that of the centred ones less centre'b.
    back = [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]
    back[0] = [Fraction(1), *(-value for value in centre[1:])]
    told = [sum(row[j] * mean[j] for j in range(size)) for row in back]
    variance = [
        sum(row[i] * inverse[i][j] * row[j] for i in range(size) for j in range(size))
        for row in back
    ]
    return np.array([float(v) for v in told]), np.sqrt([float(v) for v in variance])


def inverted(matrix: list[list[Fraction]]) -> list[list[Fraction]]:
    """The inverse by Gauss and Jordan."""
    size = len(matrix)
    both = [[*row, *(Fraction(int(i == j)) for j in range(size))] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = next(k for k in range(i, size) if both[k][i] != 0)
        both[i], both[pivot] = both[pivot], both[i]
        both[i] = [value / both[i][i] for value in both[i]]
        for k in range(size):
            if k != i:
                both[k] = [a - both[k][i] * b for a, b in zip(both[k], both[i], strict=True)]
    return [row[size:] for row in both]


def found_moments(model: bi.Model) -> tuple[np.ndarray, np.ndarray]:
    state = bi.Conjugate().run(model, bi.Streams(1)).state
    assert isinstance(state, GaussianStatistics)
    return closed_form_moments(model, state)


@pytest.mark.parametrize("noise", [1e-2, 1e-5, 1e-8, 1e-11, 1e-13])
def test_proper_priors_keep_near_copies_apart(noise: float) -> None:
    model = bi.model("y | se(error) ~ x + z", rows(noise))
    mean, sd = exact_moments(model)
    ours, spread = found_moments(model)
    assert np.abs(ours - mean).max() < 1e-9 * sd.min()
    assert np.allclose(spread, sd, rtol=1e-9)


@pytest.mark.parametrize(("noise", "digits"), [(1e-2, 11), (1e-4, 9), (1e-6, 8), (1e-8, 5)])
def test_flat_priors_keep_what_double_precision_keeps(noise: float, digits: int) -> None:
    model = bi.model("y | se(error) ~ x + z", rows(noise), priors=FLAT)
    mean, sd = exact_moments(model)
    ours, spread = found_moments(model)
    assert (np.abs(ours - mean) / sd).max() < 10.0**-digits
    assert np.allclose(spread, sd, rtol=10.0**-digits)


def test_copies_among_the_rows_of_one_group_are_left_to_the_priors() -> None:
    """A frozen design's centre is not the group's, so that a factor of one level is a constant."""
    generator = np.random.default_rng(3)
    frame = {
        "x": generator.normal(size=40),
        "colour": np.array(["red", "blue"])[generator.integers(0, 2, 40)],
        "y": generator.normal(size=40),
        "error": np.full(40, ERROR),
    }
    whole = bi.model("y | se(error) ~ x + colour", frame)
    one = np.flatnonzero(frame["colour"] == "red")[:5]
    model = whole.on({name: values[one] for name, values in frame.items()}, "drop")
    mean, sd = exact_moments(model)
    ours, spread = found_moments(model)
    assert np.abs(ours - mean).max() < 1e-9 * sd.min()
    assert np.allclose(spread, sd, rtol=1e-9)
