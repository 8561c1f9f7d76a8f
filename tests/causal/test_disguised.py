"""Text that is numbers is refused by causal studies as by `bi.fit`, before any engine runs."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest

import bayesinf as bi
import causal
from causal.estimators import ALL

ROWS = 120


def written(values: np.ndarray) -> np.ndarray:
    """Numbers as text, one of them below what could be measured."""
    text = np.array([f"{value:.2f}" for value in values], dtype=object)
    text[5] = "<0.01"
    return text


def rows(*as_text: str) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    x, z, m = rng.normal(size=(3, ROWS))
    t = (rng.random(ROWS) < 1 / (1 + np.exp(-x))) * 1.0
    made = {"y": 2 * t + x + z + rng.normal(size=ROWS), "t": t, "x": x, "z": z, "m": m}
    return {**made, **{name: written(x if name == "t" else made[name]) for name in as_text}}


def refused(frame: object, *question: object, **asked: object) -> bi.DataError:
    with (
        patch.object(bi, "fit", side_effect=AssertionError("an engine ran")),
        pytest.raises(bi.DataError) as caught,
    ):
        causal.estimate(frame, *question, **asked)
    return caught.value


@pytest.mark.parametrize("estimator", [None, *(kind.name for kind in ALL)])
@pytest.mark.parametrize(
    ("column", "code"), [("x", "numbers-as-text"), ("t", "numbers-as-text"), ("y", "text-outcome")]
)
def test_numbers_as_text_are_refused_whatever_estimates(column, code, estimator):
    found = refused(rows(column), "y", "t", adjust=["x", "z"], estimator=estimator)
    assert (found.code, found.column) == (code, column)


def test_the_sentence_is_that_of_a_fit():
    for column, formula in (("x", "y ~ x"), ("y", "y ~ x")):
        with pytest.raises(bi.DataError) as caught:
            bi.model(formula, rows(column))
        found = refused(rows(column), "y", "t", adjust=["x"])
        assert str(found).splitlines()[0] == str(caught.value).splitlines()[0]
    assert "'C(x)' in adjust" in str(refused(rows("x"), "y", "t", adjust=["x"]))


STUDIES = {
    "instrument": ("z", causal.Instrument("y", "t", ("z",))),
    "its covariate": ("x", causal.Instrument("y", "t", ("z",), covariates=("x",))),
    "its outcome": ("y", causal.Instrument("y", "t", ("z",))),
    "discontinuity": ("z", causal.RegressionDiscontinuity("y", "x", 0.0, covariates=("z",))),
    "mediator": ("m", causal.Mediation("y", "t", "m", adjust=("x",))),
    "beside a mediator": ("x", causal.Mediation("y", "t", "m", adjust=("x",))),
    "experiment": ("x", causal.Experiment("y", "t", covariates=("x",))),
}


@pytest.mark.parametrize("name", STUDIES)
def test_numbers_as_text_are_refused_in_every_study(name):
    column, study = STUDIES[name]
    found = refused(rows(column), study)
    assert found.code == ("text-outcome" if column == "y" else "numbers-as-text")
    assert found.column == column


def test_covariates_of_a_panel_are_no_text_of_numbers():
    panel = {
        "y": np.arange(36.0),
        "unit": np.repeat(list("abcdef"), 6).astype(object),
        "time": np.tile(np.arange(6), 6),
        "since": np.repeat([0, 0, 0, 3, 3, 3], 6),
        "x": written(np.random.default_rng(1).normal(size=36)),
    }
    study = causal.DifferenceInDifferences("y", "unit", "time", "since", covariates=("x",))
    assert refused(panel, study).code == "numbers-as-text"


def test_who_asks_for_levels_has_them():
    frame = rows()
    frame["age"] = np.array([str(20 + k % 25) for k in range(ROWS)], dtype=object)
    assert refused(frame, "y", "t", adjust=["age"]).code == "numbers-as-text"
    with patch.object(causal.Adjustment, "checks", lambda *_: ()):
        found = causal.estimate(frame, "y", "t", adjust=["C(age)"], seed=1, draws=400)
    assert "C(age)" in found.method
