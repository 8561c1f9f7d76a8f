import numpy as np
import pytest

from causal.refits import Refits


def test_centre_spread_and_frame_are_those_of_the_means():
    found = Refits(("a", "b", "c"), np.array([1.0, 2.0, 6.0]), np.ones(3), "By hand.")
    assert len(found) == 3
    assert found.centre == 3.0
    assert found.spread == pytest.approx(np.sqrt(7.0))
    assert found.frame().columns.tolist() == ["refit", "mean", "sd"]
    assert found.frame()["refit"].tolist() == ["a", "b", "c"]
