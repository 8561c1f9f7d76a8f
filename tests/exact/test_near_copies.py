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


@pytest.mark.parametrize(("noise", "digits"), [(1e-2, 11), (1e-4, 9), (1e-6, 8), (1e-8, 4)])
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


@pytest.mark.parametrize("noise", [1e-6, 1e-7, 3e-8, 1e-8, 3e-9, 1e-10, 1e-13])
def test_sigma_is_that_of_one_of_the_copies(noise: float) -> None:
    """Rounding in the direction of the difference must not explain the outcome."""
    for seed in range(25):
        generator = np.random.default_rng(seed)
        x, other, left = generator.normal(size=(3, 500))
        frame = {"x": x, "z": x + noise * other, "y": 1 + 2 * x + left}
        both, sd = found_moments(bi.model("y ~ x + z", frame))
        one, single = found_moments(bi.model("y ~ x", frame))
        assert both[-1] == pytest.approx(one[-1], abs=0.05 * single[-1]), seed
        assert sd[-1] == pytest.approx(single[-1], rel=0.01), seed


@pytest.mark.parametrize("digits", [6, 8])
def test_shares_that_are_rounded_leave_sigma_alone(digits: int) -> None:
    """Three shares add up to one but for rounding."""
    for seed in range(25):
        generator = np.random.default_rng(seed)
        shares = np.round(generator.dirichlet([2.0, 3.0, 4.0], size=300), digits)
        y = 5.0 * shares[:, 0] - 2.0 * shares[:, 1] + generator.normal(size=300)
        frame = {"a": shares[:, 0], "b": shares[:, 1], "c": shares[:, 2], "y": y}
        all_three, _ = found_moments(bi.model("y ~ a + b + c", frame))
        two, sd = found_moments(bi.model("y ~ a + b", frame))
        assert all_three[-1] == pytest.approx(two[-1], abs=0.2 * sd[-1]), seed


@pytest.mark.parametrize("noise", [1e-5, 1e-8, 1e-10])
def test_wide_priors_take_the_basis(noise: float) -> None:
    """The sum of both coefficients is learned as that of one, and so is sigma."""
    generator = np.random.default_rng(4)
    x, other, left = generator.normal(size=(3, 2_000))
    frame = {"x": x, "z": x + noise * other, "y": 1 + 2 * x + left}
    model = bi.model("y ~ x + z", frame, priors={"coefficients": bi.Normal(0, 1e4)})
    posterior = bi.Conjugate(draws=2000).run(model, bi.Streams(1))
    assert posterior.state.basis is not None
    total = posterior.values.coefficients[..., 1:].sum(axis=-1)
    mean, sd = found_moments(bi.model("y ~ x", frame))
    assert total.mean() == pytest.approx(mean[1], abs=5 * sd[1] / np.sqrt(2000))
    assert total.std() == pytest.approx(sd[1], rel=0.1)
    assert posterior.values.parameters.mean() == pytest.approx(mean[-1], abs=0.3 * sd[-1])
