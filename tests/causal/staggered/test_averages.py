import numpy as np
import pytest

from causal.staggered.averages import AVERAGES, average, average_weights, average_within
from causal.staggered.cells import effect_cells
from tests.causal.staggered.made import made

PANEL = made([2] * 2 + [3] * 5 + [5] * 4, 5)
CELLS = effect_cells(PANEL, 0)
SIZES = np.array([2.0, 2.0, 2.0, 5.0, 5.0])
EFFECTS = np.array([1.0, 4.0, 2.0, 3.0, 8.0])


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ("simple", (2 * 7 + 5 * 11) / 16),
        ("event time", ((2 * 1 + 5 * 3) / 7 + (2 * 4 + 5 * 8) / 7 + 2) / 3),
        ("cohort", (2 * 7 / 3 + 5 * 11 / 2) / 7),
        ("calendar time", (1 + (2 * 4 + 5 * 3) / 7 + (2 * 2 + 5 * 8) / 7) / 3),
    ],
)
def test_averages_by_hand(over, expected):
    assert average(CELLS, over, SIZES[None], EFFECTS[None])[0] == pytest.approx(expected)


@pytest.mark.parametrize("over", AVERAGES)
def test_weights_add_up_to_one(over):
    shares = np.random.default_rng(1).exponential(size=(7, 2))[:, [0, 0, 0, 1, 1]]
    assert np.allclose(average_weights(CELLS, over, shares).sum(axis=1), 1)


def test_averages_within_labels():
    labels, within = average_within(CELLS, "event time", SIZES[None], EFFECTS[None])
    assert labels.tolist() == [0, 1, 2]
    assert np.allclose(within, [[17 / 7, 48 / 7, 2]])
