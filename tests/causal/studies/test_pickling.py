"""Estimates come back from another process as they went, as joblib sends them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from causal.answer import Computation
from causal.estimate import run
from causal.studies import ALL


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_every_estimate_can_be_pickled(kind):
    made = kind.example(np.random.default_rng(1))
    found = run(made.study, made.frame, Computation(seed=1, draws=200))
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.draws, found.draws)
    assert repr(again) == repr(found)
    assert again.study == found.study
    assert set(again.tables) == set(found.tables)
    drawn = [figure(picture) for picture in again.answer.pictures]
    assert drawn == [figure(picture) for picture in found.answer.pictures]


def figure(picture) -> tuple[object, ...]:
    """What a picture draws: its labels, and how many lines and shapes."""
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    picture.draw(axes)
    return axes.get_xlabel(), axes.get_ylabel(), len(axes.lines), len(axes.collections)
