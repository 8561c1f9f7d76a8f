from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.answer import Answer, Computation
from causal.comparison import OutcomeModel
from causal.path_effects import NDE
from causal.population import Superpopulation
from causal.studies.mediation import CORRELATIONS, Mediation

ROWS = 300


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    x = rng.normal(size=ROWS)
    t = (rng.random(ROWS) < 0.5) * 1
    m = 1.5 * t + 0.5 * x + rng.normal(size=ROWS)
    y = 1 + 0.5 * t + m + x + rng.normal(size=ROWS)
    made = {"y": y, "t": t, "m": m, "x": x, "arm": np.where(t == 1, "drug", "placebo")}
    return pd.DataFrame({**made, "heavy": np.where(m > 1, "yes", "no"), "won": (y > 2) * 1})


def answered(study: Mediation, frame) -> Answer:
    return study.answer(frame, Computation(seed=3))


def flat(formula: str, frame) -> OutcomeModel:
    names = [name for name in bi.model(formula, frame).priors if name != "sigma"]
    return OutcomeModel(formula, None, dict.fromkeys(names, bi.Flat()))


def regress(frame, outcome: str, names: list[str]) -> np.ndarray:
    matrix = np.column_stack([np.ones(len(frame)), *(frame[name] for name in names)])
    return np.linalg.lstsq(matrix, frame[outcome].to_numpy())[0]


def test_rows_that_miss_a_value_are_told(frame):
    study = Mediation("y", "t", "m", ("x",))
    gaps = frame.assign(m=frame["m"].where(frame["m"] < 1))
    (found,) = (one for one in answered(study, gaps).findings if one.code == "missing-rows")
    lost = int(gaps["m"].isna().sum())
    assert found.sentence == f"{lost} of {ROWS} rows miss a value and were left out."
    assert found.severity == "warning" and found.evidence["share"] == lost / ROWS
    assert "missing-rows" not in [one.code for one in answered(study, frame).findings]


def test_a_term_whose_column_misses_a_value_counts(frame):
    gaps = frame.assign(x=frame["x"].mask(np.arange(ROWS) < 10))
    found = answered(Mediation("y", "t", "m", ("poly(x, 2)",)), gaps).findings
    assert [one.severity for one in found if one.code == "missing-rows"] == ["note"]


def test_linear_paths_are_products_of_coefficients(frame, within):
    study = Mediation(
        "y",
        "t",
        "m",
        ("x",),
        mediator_model=flat("m ~ t + x", frame),
        outcome_model=flat("y ~ t + m + x", frame),
    )
    found = answered(study, frame)
    a, b = regress(frame, "m", ["t", "x"]), regress(frame, "y", ["t", "m", "x"])
    within(found.draws.mean(), a[1] * b[2], found.draws.std() / np.sqrt(4000))
    direct = found.parts["NDE"]
    within(direct.mean(), b[1], direct.std() / np.sqrt(4000))
    # Least squares: the total effect is the coefficient without the mediator, exactly.
    assert a[1] * b[2] + b[1] == pytest.approx(regress(frame, "y", ["t", "x"])[1])
    # Draw by draw the product of two coefficients; its sd is Sobel's up to the product of sds.
    sobel = np.sqrt(
        (a[1] * sd_of(frame, "y", ["t", "m", "x"], 2)) ** 2
        + (b[2] * sd_of(frame, "m", ["t", "x"], 1)) ** 2
    )
    assert found.draws.std() == pytest.approx(sobel, rel=0.05)


def sd_of(frame, outcome: str, names: list[str], position: int) -> float:
    matrix = np.column_stack([np.ones(len(frame)), *(frame[name] for name in names)])
    rest = frame[outcome].to_numpy() - matrix @ regress(frame, outcome, names)
    variance = rest @ rest / (len(frame) - matrix.shape[1])
    return float(np.sqrt(variance * np.linalg.inv(matrix.T @ matrix)[position, position]))


def test_parts_add_up(frame):
    found = answered(Mediation("y", "t", "m", ("x",)), frame)
    assert np.allclose(found.draws + found.parts["NDE"], found.parts["TE"])
    assert np.allclose(found.parts["proportion mediated"], found.draws / found.parts["TE"])
    assert abs(found.draws.mean() - 1.5) < 4 * found.draws.std()
    curve = found.effects["error correlation"]
    assert curve.labels == CORRELATIONS
    assert np.allclose(curve.draws[..., CORRELATIONS.index(0.0)], found.draws)
    assert len(found.effects["mediator value"].labels) == 3
    codes = {finding.code: finding.severity for finding in found.findings}
    assert codes["mediator-moved"] == codes["model"] == codes["mediator-model"] == "good"
    assert codes["mediator-confounding"] == "note"


def test_a_mediator_of_two_levels(frame):
    found = answered(Mediation("y", "t", "heavy", ("x",)), frame)
    effects = found.effects["mediator value"]
    assert effects.labels == ("no", "yes")
    # By hand: natural effects are controlled ones, weighed by the mediator's chances.
    assert np.isfinite(found.draws).all() and found.draws.mean() > 0
    low, high = effects.draws[..., 0], effects.draws[..., 1]
    inside = (found.parts["NDE"] >= np.minimum(low, high) - 1e-9) & (
        found.parts["NDE"] <= np.maximum(low, high) + 1e-9
    )
    assert inside.all()
    assert "error correlation" not in found.effects


def test_a_binary_outcome_stays_a_chance(frame):
    found = answered(Mediation("won", "t", "m", ("x",)), frame)
    assert (np.abs(found.draws) < 1).all() and found.draws.mean() > 0.1
    assert "bernoulli" in found.method


def test_text_treatments_and_the_other_headline(frame):
    by_number = answered(Mediation("y", "t", "m", ("x",), asked=NDE), frame)
    by_text = answered(Mediation("y", "arm", "m", ("x",), asked=NDE), frame)
    assert by_text.draws.mean() == pytest.approx(by_number.draws.mean(), abs=0.02)
    assert list(by_text.parts)[:2] == ["NIE", "TE"]
    assert by_text.contrast is not None and by_text.contrast.treatment.treated == "drug"


def test_the_population_is_wider_than_the_sample(frame):
    study = Mediation("y", "t", "m", ("x",), outcome_model=OutcomeModel("y ~ t * m + t * x"))
    sample, population = (
        answered(replace(study, asked=NDE, population=who), frame)
        for who in (study.population, Superpopulation())
    )
    assert population.draws.std() >= sample.draws.std() * 0.98
    assert "drawn from" in replace(study, population=Superpopulation()).question(population)


def test_an_effect_of_nothing_has_no_share(frame):
    rng = np.random.default_rng(2)
    found = answered(Mediation("y", "t", "m"), frame.assign(y=rng.normal(size=ROWS)))
    assert "proportion mediated" not in found.parts
    assert "share-withheld" in {finding.code for finding in found.findings}


def test_assumptions_and_checks(frame):
    study = Mediation("y", "t", "m", ("x",))
    found = answered(study, frame)
    sentences = [str(assumption) for assumption in study.assumptions(found)]
    assert any("Randomising t does not give this" in sentence for sentence in sentences)
    assert {"overlap", "balance"} & {finding.code for finding in study.checks(found)}
    assert "NIE" in study.question(found)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"m": 1.0}, "always 1.0"),
        ({"m": np.array(["a", "b", "c"] * 100)}, "has 3 levels"),
        ({"t": 1}, "always 1"),
    ],
)
def test_columns_that_cannot_be_used(frame, change, match):
    with pytest.raises(bi.DataError, match=match):
        answered(Mediation("y", "t", "m"), frame.assign(**change))


def test_questions_that_make_no_sense(frame):
    with pytest.raises(bi.ModelError, match="2 roles"):
        Mediation("y", "t", "t")
    with pytest.raises(bi.DataError, match="cannot be adjusted for"):
        answered(Mediation("y", "t", "m", ("m",)), frame)
    counts = Mediation("y", "t", "m", outcome_model=OutcomeModel("t ~ t + m", "poisson"))
    with pytest.raises(bi.BayesinfError):
        answered(counts, frame)
    grouped = OutcomeModel("y ~ t * m + (1 | heavy)")
    with pytest.raises(bi.ModelError, match="without group terms"):
        answered(Mediation("y", "t", "m", ("heavy",), outcome_model=grouped), frame)


def test_columns_that_it_does_not_read_may_hold_anything() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"t": np.arange(80) % 2, "x": rng.normal(size=80)})
    frame["m"] = frame["t"] + rng.normal(size=80)
    frame["y"] = frame["m"] + rng.normal(size=80)
    frame["when"] = pd.Timestamp("2020-01-01")
    found = causal.estimate(frame, causal.Mediation("y", "t", "m", adjust=("x",)), seed=1)
    assert found.frame is frame and len(found.summary()) >= 3
