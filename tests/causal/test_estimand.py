import numpy as np
import pytest

from bayesinf import BayesinfError
from causal.estimand import ATE, ATT, Estimand

TREATED = np.array([True, False, True, False, False])


@pytest.mark.parametrize("estimand", [ATE(), ATT()])
def test_an_estimand_is_a_value(estimand):
    assert isinstance(estimand, Estimand)
    assert estimand == type(estimand)() and hash(estimand) == hash(type(estimand)())
    assert repr(estimand) == f"{estimand.name}()"
    with pytest.raises(AttributeError):
        estimand.name = "other"


def test_the_two_differ():
    assert ATE() != ATT()


def test_weights_average_over_the_right_rows():
    effects = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    assert ATE().weights(TREATED) @ effects == pytest.approx(effects.mean())
    assert ATT().weights(TREATED) @ effects == pytest.approx(effects[TREATED].mean())
    assert ATT().weights(TREATED).dtype == np.float64


def test_the_sentence_names_everything():
    ate, att = (e.sentence("quit", "weight") for e in (ATE(), ATT()))
    assert "E[weight(quit=1) - weight(quit=0)]" in ate and "ATE" in ate
    assert "E[weight(quit=1) - weight(quit=0) | quit = 1]" in att and "on the treated" in att


def test_nobody_treated():
    with pytest.raises(BayesinfError, match="no treated rows") as caught:
        ATT().weights(np.zeros(3, dtype=bool))
    assert caught.value.code == "nobody-to-average-over"
    assert ATE().weights(np.zeros(2, dtype=bool)).tolist() == [0.5, 0.5]


def test_no_rows():
    with pytest.raises(BayesinfError, match="no rows"):
        ATE().weights(np.zeros(0, dtype=bool))


@pytest.mark.parametrize("treated", [np.array([1.0, np.nan]), np.array([1, 0]), TREATED[None]])
def test_only_one_boolean_per_row_will_do(treated):
    for estimand in (ATE(), ATT()):
        with pytest.raises(BayesinfError, match="one True or False per row"):
            estimand.weights(treated)
