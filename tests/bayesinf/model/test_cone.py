"""The size of a cone of directions, against one linear programme per row."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from scipy.optimize import linprog

from bayesinf.model.cone import cone_size, level_columns
from bayesinf.numerics.separation import size_of_cone
from bayesinf.term import Effects


def by_rows(columns: np.ndarray, above: np.ndarray, below: np.ndarray) -> int:
    """Unknowns less the rank of the rows that no allowed direction moves."""
    sides = np.vstack([columns[~below], -columns[~above]])
    still = [
        side
        for side in sides
        if -linprog(-side, A_ub=-sides, b_ub=np.zeros(len(sides)), bounds=(-1, 1)).fun < 1e-7
    ]
    return columns.shape[1] - (int(np.linalg.matrix_rank(np.array(still))) if still else 0)


@pytest.mark.parametrize("kinds", [("up", "down"), ("down", "closed"), ("up", "down", "silent")])
@pytest.mark.parametrize("seed", range(25))
def test_small_designs(kinds: tuple[str, ...], seed: int) -> None:
    rng = np.random.default_rng([seed, len(kinds), len(kinds[1])])
    rows, levels, count = int(rng.integers(4, 13)), int(rng.integers(1, 5)), int(rng.integers(0, 4))
    kind = rng.choice(kinds, rows)
    above, below = np.isin(kind, ("up", "silent")), np.isin(kind, ("down", "silent"))
    columns = rng.integers(-2, 3, (rows, count)).astype(float)
    if count and rng.random() < 0.6:
        columns[:, 0] = 1.0
    codes = rng.integers(0, levels, rows)
    values = np.ones(rows) if rng.random() < 0.5 else rng.integers(-1, 3, rows).astype(float)
    group = Effects("g", tuple("abcde"[:levels]), codes, values[:, None], ("Intercept",), False)
    whole = np.hstack([columns, level_columns(group, 0)])
    expected = by_rows(whole, above, below)
    assert size_of_cone(whole, above, below) == expected
    assert cone_size(columns, [(group, 0)], above, below) == expected


def test_what_is_seen_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large designs that nothing separates are measured as exactly as small ones."""
    monkeypatch.setattr(import_module("bayesinf.model.cone"), "LARGEST_CONE", 0)
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(50), 40)
    outcome = np.where(codes < 3, True, rng.random(2000) < 0.5)
    group = Effects("g", tuple(map(str, range(50))), codes, np.ones((2000, 1)), ("x",), False)
    columns = np.column_stack([np.ones(2000), rng.normal(size=2000)])
    assert cone_size(columns, [(group, 0)], outcome, ~outcome) == 3 + 1
