"""The prior covariance is what its formula says, pair by pair."""

import numpy as np
import pytest

from causal.gaussian_process.hyperparameters import PARTS, hyperparameters_of
from causal.gaussian_process.kernel import LEVEL, bell, pieces_of, spread


def by_hand(part, rows, named, a, b) -> float:
    """The formula of the documentation for one pair of rows."""
    reach = "shared" if part == "shared" else "arm"
    values, steps = rows.encoding.values, rows.encoding.steps
    weights = named[f"{reach} relevances"]
    slopes = named[f"{reach} slopes"]
    lean = 0.0
    if part != "shared":
        slopes = slopes * named[f"{part} slope factor"][0]
        inverse = rows.inverse[PARTS.index(part) - 1]
        lean = named[f"{part} lean"][0] ** 2 * inverse[a] * inverse[b]
    line = np.sum(slopes**2 * values[a] * values[b])
    apart = (steps[a] - steps[b]) ** 2
    cuts = sum(weights[j] ** 2 * apart[rows.encoding.owner == j].sum() for j in range(len(weights)))
    smooth = np.exp(-np.sum((weights * (values[a] - values[b])) ** 2) / 2)
    rough = np.exp(-named[f"{reach} roughness"][0] * cuts)
    curves = named[f"{part} smooth"][0] ** 2 * smooth + named[f"{part} rough"][0] ** 2 * rough
    return LEVEL**2 + lean + line + curves


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_its_formula(part, observed, logs):
    named = hyperparameters_of(4).named(logs)
    found = pieces_of(part, observed.rows, named).total()
    for a, b in [(0, 0), (0, 1), (3, 30), (39, 7)]:
        assert found[a, b] == pytest.approx(by_hand(part, observed.rows, named, a, b))
    assert np.linalg.eigvalsh(found).min() > -1e-9


def test_bell_and_spread_are_sums_over_pairs():
    rng = np.random.default_rng(1)
    x, weights = rng.normal(size=(6, 2)), rng.normal(size=(6, 6))
    weights += weights.T
    squares = (x[:, None] - x) ** 2
    assert bell(x) == pytest.approx(np.exp(-squares.sum(axis=-1) / 2))
    expected = (weights[..., None] * squares).sum(axis=(0, 1)) / 2
    assert spread(weights, x) == pytest.approx(expected)
