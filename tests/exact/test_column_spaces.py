"""Interactions at full rank: every set of terms spans what its terms span, no more and no less."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from bayesinf.formula.encode import encode
from benchmarks.matrices import spaces_apart

TERMS = ("x", "f", "g", "x:f", "f:g", "x:g", "x:f:g")
SETS = [chosen for size in range(1, len(TERMS) + 1) for chosen in combinations(TERMS, size)]

N = 30
COLUMNS = {
    "x": np.random.default_rng(1).normal(size=N),
    "f": np.resize(np.array(["a", "b", "c"], dtype=object), N),
    "g": np.resize(np.array(["u", "u", "v", "u", "v"], dtype=object), N),
}


def of_term(term: str) -> np.ndarray:
    """All products of the term's columns, with every level of its factors."""
    found = np.ones((N, 1))
    for name in term.split(":"):
        values = COLUMNS[name]
        part = values[:, None]
        if values.dtype == object:
            part = values[:, None] == np.unique(values.astype(str))
        found = np.einsum("ni,nj->nij", found, part.astype(float)).reshape(N, -1)
    return found


@pytest.mark.parametrize("intercept", ["1", "0"])
def test_a_set_of_terms_spans_its_terms(intercept: str) -> None:
    assert len(SETS) == 127
    for chosen in SETS:
        written = " + ".join([intercept, *chosen])
        found = encode(written, COLUMNS).matrix
        whole = np.hstack([np.ones((N, int(intercept))), *map(of_term, chosen)])
        assert spaces_apart(found, whole) < 1e-9, written
        assert np.linalg.matrix_rank(found) == found.shape[1], written
