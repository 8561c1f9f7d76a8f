"""Directions that separate are found: complete, quasi-complete, of one column or several."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.numerics.separation import null_space, separating_columns

RNG = np.random.default_rng(3)
X, Z = RNG.normal(size=(2, 80))
ONE = np.ones(80)
NOISE = RNG.random(80) < 0.5


def places(columns: list[np.ndarray], up: np.ndarray, down: np.ndarray) -> list[int]:
    return separating_columns(np.column_stack(columns), up, down, True).tolist()


@pytest.mark.parametrize(
    ("up", "expected"),
    [
        (X > 0.2, [0, 1]),
        (X < -0.4, [0, 1]),
        (X + Z > 0.1, [0, 1, 2]),
        (NOISE, []),
    ],
)
def test_outcomes_of_two_kinds(up: np.ndarray, expected: list[int]) -> None:
    assert places([ONE, X, Z], up, ~up) == expected


def test_a_level_with_one_kind_of_outcome() -> None:
    level = (np.arange(80) < 9).astype(float)
    up = NOISE | (level == 1)
    assert places([ONE, X, level], up, ~up) == [2]
    assert places([ONE, X, 1.0 - level], up, ~up) == [0, 2]


def test_a_boundary_with_both_kinds() -> None:
    steps = np.round(2.0 * X)
    up = np.where(steps == 0, NOISE, steps > 0).astype(bool)
    assert places([ONE, steps + 1.0], up, ~up) == [0, 1]


def test_counts_of_which_a_level_has_zeros_only() -> None:
    level = (np.arange(80) < 9).astype(float)
    zero = (level == 1) | (RNG.random(80) < 0.3)
    never = np.zeros(80, dtype=bool)
    assert places([ONE, X, level], never, zero) == [2]
    assert places([ONE, X, Z], never, zero) == []


def test_many_rows_are_looked_at_by_columns() -> None:
    x = RNG.normal(size=60_000)
    assert places([np.ones(60_000), x], x > 0, x <= 0) == [1]
    up = RNG.random(60_000) < 0.5
    assert places([np.ones(60_000), x], up, ~up) == []


def test_many_rows_and_several_columns_are_decided_by_a_few() -> None:
    columns = RNG.normal(size=(60_000, 4))
    up = columns @ [1.0, -2.0, 0.5, 1.0] > 0.3
    assert places([np.ones(60_000), *columns.T], up, ~up) == [0, 1, 2, 3, 4]
    up[np.argmax(columns @ [1.0, -2.0, 0.5, 1.0])] = False
    assert places([np.ones(60_000), *columns.T], up, ~up) == []


def test_rows_that_are_open_on_both_sides_say_nothing() -> None:
    up = X > 0.2
    silent = np.arange(80) % 7 == 0
    assert places([ONE, X], np.where(silent, True, up), np.where(silent, True, ~up)) == [0, 1]
    assert places([ONE, X], silent, silent) == []


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_a_column_far_from_zero(scale: float) -> None:
    """Rounding of 1e-10 of its size neither hides a threshold nor makes one."""
    far = scale * (1e6 + X)
    assert places([ONE, far], X > 0.2, X <= 0.2) == [0, 1]
    assert places([ONE, far, Z], X + Z > 0.1, X + Z <= 0.1) == [0, 1, 2]
    assert places([ONE, far, Z], NOISE, ~NOISE) == []


@pytest.mark.parametrize("rows", [3, 40, 5000])
def test_what_rows_do_not_see(rows: int) -> None:
    columns = RNG.normal(size=(rows, 5))
    columns[:, 3] = columns[:, 0] - 2.0 * columns[:, 1]
    basis = null_space(columns)
    assert basis.shape == (5, max(1, 5 - rows))
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-12)
    np.testing.assert_allclose(columns @ basis, 0.0, atol=1e-9)
