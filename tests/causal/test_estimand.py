import numpy as np
import pytest

from bayesinf import BayesinfError, ModelError
from causal.estimand import ATC, ATE, ATO, ATT, CATE, Dose, Estimand, QuantileEffect
from causal.estimands import as_estimand
from causal.population import Superpopulation

TREATED = np.array([True, False, True, False, False])
CHANCES = np.array([[0.5, 0.9, 0.2, 0.6, 0.7], [0.5, 0.1, 0.8, 0.4, 0.3]])

PLAIN = [ATE(), ATT(), ATC(), ATO()]


@pytest.mark.parametrize("estimand", PLAIN)
def test_an_estimand_is_a_value(estimand):
    assert isinstance(estimand, Estimand)
    assert estimand == type(estimand)() and hash(estimand) == hash(type(estimand)())
    assert repr(estimand) == f"{estimand.name}()"
    with pytest.raises(AttributeError):
        estimand.name = "other"


def test_sample_and_population_are_kept_apart():
    assert ATE() != ATE(population=Superpopulation())
    assert repr(ATE(population=Superpopulation())) == "ATE(population=Superpopulation())"


def test_they_differ():
    assert len({*PLAIN, CATE(("x",)), QuantileEffect(), Dose((0, 1))}) == 7


def test_weights_average_over_the_right_rows():
    effects = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    assert ATE().weights(TREATED) @ effects == pytest.approx(effects.mean())
    assert ATT().weights(TREATED) @ effects == pytest.approx(effects[TREATED].mean())
    assert ATC().weights(TREATED) @ effects == pytest.approx(effects[~TREATED].mean())
    assert ATT().weights(TREATED).dtype == np.float64
    for estimand in (CATE(("x",)), QuantileEffect(), Dose((0, 1))):
        assert estimand.weights(TREATED) @ effects == pytest.approx(effects.mean())


def test_overlap_weights_are_those_of_the_paper():
    # Li, Morgan and Zaslavsky (2018): e (1 - e).
    product = CHANCES[0] * CHANCES[1]
    assert np.allclose(ATO().tilt(CHANCES), product)
    assert np.allclose(ATO().weights(TREATED, CHANCES), product / product.sum())
    three = np.array([[0.2], [0.3], [0.5]])
    assert ATO().tilt(three) == pytest.approx(1 / (1 / 0.2 + 1 / 0.3 + 1 / 0.5))


def test_overlap_weights_need_the_chances():
    with pytest.raises(ModelError, match="chance of treatment") as caught:
        ATO().weights(TREATED)
    assert caught.value.code == "needs-propensity"


@pytest.mark.parametrize("estimand", [ATE(), ATT(), ATC()])
def test_the_tilt_is_how_often_rows_are_averaged_over(estimand, within):
    # Averaged over who happens to be treated, a row counts as its tilt says.
    rng = np.random.default_rng(5)
    counts = [estimand.chosen(rng.random(5) < CHANCES[1], CHANCES) for _ in range(4000)]
    within(np.mean(counts, axis=0), estimand.tilt(CHANCES), 0.5 / np.sqrt(4000))


def test_the_sentence_names_everything():
    ate, att, atc = (e.sentence("quit", "weight") for e in (ATE(), ATT(), ATC()))
    assert "E[weight(quit=1) - weight(quit=0)]" in ate and "ATE" in ate
    assert "E[weight(quit=1) - weight(quit=0) | quit = 1]" in att and "on the treated" in att
    assert "E[weight(quit=1) - weight(quit=0) | quit = 0]" in atc and "on the controls" in atc
    assert "Q[weight(quit=1)] - Q[weight(quit=0)]" in QuantileEffect().sentence("quit", "weight")
    assert "E[weight(quit=d)]" in Dose((0, 5)).sentence("quit", "weight")
    assert "within levels of sex, age" in CATE(("sex", "age")).sentence("quit", "weight")


def test_nobody_treated():
    for estimand, noun in ((ATT(), "treated rows"), (ATC(), "rows without the treatment")):
        nobody = np.zeros(3, dtype=bool) if isinstance(estimand, ATT) else np.ones(3, dtype=bool)
        with pytest.raises(BayesinfError, match=f"no {noun}") as caught:
            estimand.weights(nobody)
        assert caught.value.code == "nobody-to-average-over"
    assert ATE().weights(np.zeros(2, dtype=bool)).tolist() == [0.5, 0.5]


def test_no_rows():
    with pytest.raises(BayesinfError, match="no rows"):
        ATE().weights(np.zeros(0, dtype=bool))


@pytest.mark.parametrize("treated", [np.array([1.0, np.nan]), np.array([1, 0]), TREATED[None]])
def test_only_one_boolean_per_row_will_do(treated):
    for estimand in PLAIN:
        with pytest.raises(BayesinfError, match="one True or False per row"):
            estimand.weights(treated)


@pytest.mark.parametrize("given", [(), (0.5, 0.2), (0.0, 0.5), (0.5, 1.0), (float("nan"),)])
def test_probabilities_rise_between_zero_and_one(given):
    with pytest.raises(ModelError, match="between 0 and 1"):
        QuantileEffect(given)


@pytest.mark.parametrize("given", [(), (1,), (2, 1), (0, float("inf"))])
def test_doses_rise(given):
    with pytest.raises(ModelError, match="doses that rise"):
        Dose(given)


def test_groups_are_columns():
    assert CATE("sex") == CATE(("sex",))
    with pytest.raises(ModelError, match="need a column") as caught:
        CATE(())
    assert caught.value.code == "no-groups"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda: CATE(), "missing-argument"),
        (lambda: CATE("sex", bin=3), "unknown-argument"),
        (lambda: ATE("sex"), "argument-by-name"),
        (lambda: CATE(3), "no-groups"),
        (lambda: CATE("sex", bins="many"), "no-groups"),
        (lambda: CATE("sex", bins=2.5), "no-groups"),
        (lambda: Dose(("low", "high")), "not-numbers"),
        (lambda: Dose(3), "bad-grid"),
        (lambda: QuantileEffect(("median",)), "not-numbers"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(ask, code):
    with pytest.raises(ModelError) as caught:
        ask()
    assert caught.value.code == code and caught.value.hint


def test_one_probability_may_stand_alone():
    assert QuantileEffect(0.25) == QuantileEffect((0.25,))


def test_names_are_read():
    assert as_estimand("ATO") == ATO() and as_estimand("QTE") == QuantileEffect()
    assert as_estimand(ATC()) == ATC()
    with pytest.raises(ModelError, match="does not say what") as caught:
        as_estimand("CATE")
    assert "causal.CATE(by=" in str(caught.value)
    for given in ("ATX", ATE, 3):
        with pytest.raises(ModelError, match="has to be an estimand"):
            as_estimand(given)
