import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import t as student

from causal.sensitivity.omitted import (
    Confounder,
    adjust_draws,
    benchmark_strength,
    bias_factor,
    extreme_treatment,
    partial_r2,
    robustness_at_level,
    robustness_value,
)


def regress(y: np.ndarray, columns: np.ndarray) -> tuple[float, float]:
    """Coefficient of the first column, and its standard error."""
    inverse = np.linalg.inv(columns.T @ columns)
    found = inverse @ columns.T @ y
    rest = y - columns @ found
    return found[0], float(np.sqrt(rest @ rest / (len(y) - columns.shape[1]) * inverse[0, 0]))


@pytest.fixture
def rows():
    rng = np.random.default_rng(2)
    size = 80
    z, x = rng.normal(size=size), rng.normal(size=size)
    d = 0.7 * z + 0.3 * x + rng.normal(size=size)
    y = d + 1.5 * z - x + rng.normal(size=size)
    return y, d, x, z


def test_the_formula_is_an_identity_of_regressions_with_and_without_the_confounder(rows):
    y, d, x, z = rows
    known = np.column_stack([np.ones(80), x])
    short, error = regress(y, np.column_stack([d, known]))
    long, error_long = regress(y, np.column_stack([d, known, z]))
    with_treatment = partial_r2(d, z[:, None], known)
    with_outcome = partial_r2(y, z[:, None], np.column_stack([known, d]))
    scale = error * np.sqrt(80 - 3)
    bias = scale * bias_factor(with_treatment, with_outcome)
    assert short - long == pytest.approx(float(bias), rel=1e-12)
    width = np.sqrt((1 - with_outcome) / (1 - with_treatment) * 77 / 76)
    assert error_long == pytest.approx(error * width, rel=1e-12)


def test_every_draw_is_moved_as_if_the_confounder_had_been_adjusted_for(rows):
    y, d, x, z = rows
    known = np.column_stack([np.ones(80), x])
    short, error = regress(y, np.column_stack([d, known]))
    long, error_long = regress(y, np.column_stack([d, known, z]))
    noise = np.random.default_rng(1).normal(size=(4, 500))
    noise = (noise - noise.mean()) / noise.std()
    strength = Confounder(
        partial_r2(d, z[:, None], known), partial_r2(y, z[:, None], np.column_stack([known, d]))
    )
    left = adjust_draws(short + error * noise, error * np.sqrt(77), strength, 1.0)
    assert left.mean() == pytest.approx(long, rel=1e-10)
    assert left.std() == pytest.approx(error_long, rel=0.01)


@pytest.mark.parametrize("strength", [0.0, 0.05, 0.3, 1.0, 4.0])
def test_the_robustness_value_is_where_the_bias_makes_up_the_effect(strength):
    found = float(robustness_value(strength))
    if strength == 0:
        assert found == 0
        return
    root = brentq(lambda r: bias_factor(r, r) - strength, 0, 1 - 1e-12, xtol=1e-14)
    assert found == pytest.approx(root, rel=1e-9)


@pytest.mark.parametrize(("strength", "dof"), [(0.15, 783), (0.5, 60), (1.5, 12), (6.0, 8)])
def test_the_robustness_value_of_a_test_is_found_by_search_too(strength, dof):
    def least(limit: float) -> float:
        """The smallest |t| of any confounder with both partial R2 up to a limit."""
        grid = np.linspace(0, limit, 4001)
        size = (strength - bias_factor(limit, grid)) * np.sqrt(
            (1 - limit) / np.maximum(1 - grid, 1e-300)
        )
        return float((size * np.sqrt(dof - 1)).min())

    critical = abs(student.ppf(0.025, dof - 1))
    root = brentq(lambda r: least(r) - critical, 1e-9, 1 - 1e-9, xtol=1e-10)
    assert robustness_at_level(strength, dof, 0.05) == pytest.approx(root, abs=1e-4)


def test_an_effect_that_is_not_significant_needs_no_confounder():
    assert robustness_at_level(0.01, 100, 0.05) == 0.0


def test_the_extreme_confounder_takes_the_effect_to_zero():
    outcome = np.array([1.0, 0.5, 0.1])
    treatment = extreme_treatment(0.4, outcome)
    assert bias_factor(treatment, outcome) == pytest.approx(0.4)


def test_a_confounder_as_strong_as_a_covariate_is_the_covariate_when_that_is_left_out():
    # Two covariates of one strength, independent of each other: by the first alone the second is
    # bounded, and here reached up to sampling error.
    rng = np.random.default_rng(9)
    size = 50_000
    x, z = rng.normal(size=(2, size))
    d = 0.5 * x + 0.5 * z + rng.normal(size=size)
    y = d + x + z + rng.normal(size=size)
    ones = np.ones((size, 1))
    of_x = (
        partial_r2(d, x[:, None], ones),
        partial_r2(y, x[:, None], np.column_stack([ones, d])),
    )
    known = np.column_stack([ones, x])
    of_z = (
        partial_r2(d, z[:, None], known),
        partial_r2(y, z[:, None], np.column_stack([known, d])),
    )
    found = benchmark_strength(*of_x, 1.0)
    assert float(found.treatment) == pytest.approx(of_z[0], rel=0.05)
    assert float(found.outcome) == pytest.approx(of_z[1], rel=0.03)


def test_no_benchmark_explains_more_than_everything():
    found = benchmark_strength(0.6, 0.9, np.array([1.0, 5.0]))
    assert (found.treatment <= 0.99).all() and (found.outcome <= 1).all()
    assert np.isfinite(found.treatment).all() and np.isfinite(found.outcome).all()
