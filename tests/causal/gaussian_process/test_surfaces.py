"""Surfaces are recovered, whichever arm is called treated, and impossible rows are refused."""

import numpy as np
import pytest

import bayesinf as bi
from causal.gaussian_process import encode_matrix, fit_surfaces, surfaces as module


def made(rows: int = 250, noise: float = 0.5):
    rng = np.random.default_rng(7)
    x = rng.normal(size=(rows, 4))
    treated = rng.random(rows) < 1 / (1 + np.exp(-x[:, 0]))
    control, effect = np.sin(2 * x[:, 0]) + x[:, 1], 1 + (x[:, 2] > 0)
    outcome = control + treated * effect + noise * rng.normal(size=rows)
    return x, treated, outcome, effect


@pytest.fixture(scope="module")
def found():
    x, treated, outcome, _ = made()
    return fit_surfaces(outcome, encode_matrix(x), treated, 800, np.random.default_rng(1))


def test_effects_of_rows_are_found_with_intervals_that_hold_them(found):
    effect = made()[-1]
    drawn = found.treated - found.control
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    assert np.sqrt(np.mean((drawn.mean(axis=0) - effect) ** 2)) < 0.35
    assert np.mean((low <= effect) & (effect <= high)) > 0.85
    assert abs(drawn.mean() - effect.mean()) < 3 * drawn.mean(axis=1).std()
    assert found.noise[0] == pytest.approx(0.5, abs=0.1)


def test_naming_the_other_arm_the_control_changes_the_sign_alone(found):
    x, treated, outcome, _ = made()
    other = fit_surfaces(outcome, encode_matrix(x), ~treated, 800, np.random.default_rng(1))
    one, two = ((each.treated - each.control).mean(axis=0) for each in (found, other))
    assert np.abs(one + two).max() < 0.25
    assert other.noise == pytest.approx(found.noise[::-1], rel=0.05)


def test_units_and_origin_of_the_outcome_do_not_matter(found):
    x, treated, outcome, _ = made()
    moved = fit_surfaces(
        1e6 + 1e3 * outcome, encode_matrix(x), treated, 800, np.random.default_rng(1)
    )
    assert (moved.control - 1e6) / 1e3 == pytest.approx(found.control, abs=1e-3)


def test_searching_on_a_subset_finds_nearly_the_same(found, monkeypatch):
    monkeypatch.setattr(module, "ALL_ROWS", (100, 100))
    monkeypatch.setattr(module, "STAGES", ((120, 40), (200, 20)))
    x, treated, outcome, _ = made()
    other = fit_surfaces(outcome, encode_matrix(x), treated, 800, np.random.default_rng(1))
    assert (
        abs((other.treated - other.control).mean() - (found.treated - found.control).mean()) < 0.1
    )


def test_no_covariates_leave_a_difference_of_averages():
    _, treated, outcome, _ = made()
    empty = encode_matrix(np.empty((250, 0)))
    drawn = fit_surfaces(outcome, empty, treated, 4000, np.random.default_rng(1))
    effect = (drawn.treated - drawn.control).mean(axis=1)
    expected = outcome[treated].mean() - outcome[~treated].mean()
    assert effect.mean() == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize(
    ("outcome", "treated", "message"),
    [
        (np.ones(9), np.arange(9) < 4, "not all alike"),
        (np.array([1.0, np.nan, 3, 4]), np.arange(4) < 2, "finite"),
        (np.arange(9.0), np.arange(9) < 1, "An arm has 1 rows"),
        (np.arange(9001.0), np.arange(9001) < 100, "at most 8000 rows"),
    ],
)
def test_impossible_rows_are_refused(outcome, treated, message):
    with pytest.raises((bi.DataError, bi.ModelError), match=message):
        covariates = encode_matrix(np.empty((len(outcome), 0)))
        fit_surfaces(outcome, covariates, treated, 10, np.random.default_rng(1))
