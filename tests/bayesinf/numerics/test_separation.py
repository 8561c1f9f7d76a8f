"""Directions that separate are found: complete, quasi-complete, of one column or several."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.numerics.separation import separating_columns

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
