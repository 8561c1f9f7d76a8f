import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Picture
from causal.sensitivity import Sensitivity
from causal.sensitivity.sensitivity import shown_chance


def example(shift: float = 0.5) -> Sensitivity:
    draws = np.random.default_rng(1).normal(1.0, 0.2, size=(4, 500))
    return Sensitivity(
        "ATE",
        "t on y",
        "with a <bias> of one half",
        "By subtraction.",
        {"as estimated": draws, "with bias": draws - shift},
        strengths={"robustness value": draws / 10},
        tables={"benchmarks": pd.DataFrame({"covariate": ["x"], "mean": [0.5]})},
        pictures=(Picture("A line.", "A line.", lambda axes: axes.plot([0, 1])),),
        told="It would take a lot.",
    )


def test_the_summary_is_that_of_the_draws():
    frame = example().summary(prob=0.9)
    assert frame.index.tolist() == ["as estimated", "with bias"]
    assert frame.columns.tolist() == ["mean", "sd", "lower", "upper", "above_null"]
    draws = example().draws["with bias"]
    assert frame.loc["with bias", "mean"] == pytest.approx(draws.mean())
    assert frame.loc["with bias", "above_null"] == (draws > 0).mean()


def test_the_chance_is_that_of_the_sign_that_was_estimated():
    told = example(1.0)
    assert told.chance() == (told.draws["with bias"] > 0).mean()


@pytest.mark.parametrize(("shift", "severity"), [(0.1, "good"), (0.75, "note"), (1.2, "warning")])
def test_the_finding_follows_the_chance(shift, severity):
    found = example(shift).finding()
    assert found.severity == severity
    assert found.evidence["robustness_value"] == pytest.approx(0.1, abs=0.01)


def test_it_prints_and_shows_the_same():
    told = example()
    assert told.sentence() in repr(told)
    assert "robustness value: 0.0997" in repr(told)
    html = told._repr_html_()
    assert "<h4>Sensitivity" in html and "&lt;bias&gt;" in html and "<table" in html
    assert told.plot().axes[0].lines


def test_tables_are_asked_for_by_name():
    assert example().benchmarks().loc[0, "covariate"] == "x"
    with pytest.raises(bi.ModelError, match=r"no table 'contours'(.|\n)*'benchmarks'"):
        example().contours()


def test_no_probability_is_called_certain():
    assert (shown_chance(0.0), shown_chance(0.25)) == ("below 0.001", "0.250")
