import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.discontinuity.received import judge_rows_at_cutoff, round_between
from causal.estimate import run
from causal.studies.regression_discontinuity import RegressionDiscontinuity


def frame(rng, rule, whole=True, size=1500) -> pd.DataFrame:
    score = rng.integers(-50, 51, size) if whole else rng.uniform(-1, 1, size)
    took = rule(score).astype(int)
    y = 0.5 * took + score / 100 + 0.2 * rng.normal(size=size)
    return pd.DataFrame({"y": y, "score": score, "took": took})


def estimate(data, **more):
    study = RegressionDiscontinuity("y", "score", treatment="took", **more)
    return run(study, data, Computation(draws=400, seed=1))


@pytest.mark.parametrize(("whole", "cutoff"), [(True, 30), (False, 0.5)])
@pytest.mark.filterwarnings("error")
def test_a_treatment_that_changes_elsewhere_is_refused(generator, whole, cutoff):
    data = frame(generator, lambda score: score >= 0, whole)
    with pytest.raises(bi.DataError, match="does not change at 'score'") as caught:
        estimate(data, cutoff=cutoff)
    assert caught.value.code == "treatment-changes-elsewhere"
    assert "Write cutoff=0:" in str(caught.value)
    assert estimate(data).verdict.ok


@pytest.mark.parametrize(
    ("rule", "treated", "better"),
    [(lambda score: score > 0, "above", 1), (lambda score: score < 0, "below", -1)],
)
def test_rows_at_the_cutoff_that_are_all_untreated_are_refused(generator, rule, treated, better):
    data = frame(generator, rule)
    with pytest.raises(bi.DataError, match="At 'score' = 0 itself") as caught:
        estimate(data, treated=treated)
    assert caught.value.rows == tuple(np.flatnonzero(data["score"] == 0))
    assert f"Write cutoff={better}:" in str(caught.value)
    answer = estimate(data, treated=treated, cutoff=better)
    assert abs(answer.draws.mean() - 0.5) < 4 * answer.draws.std()


@pytest.mark.parametrize(
    ("rule", "treated", "better"),
    [(lambda score: score <= 0, "above", "below"), (lambda score: score >= 0, "below", "above")],
)
def test_the_other_side_is_named_where_it_is_the_treated_one(generator, rule, treated, better):
    data = frame(generator, rule)
    with pytest.raises(bi.DataError, match=f"Write treated='{better}'"):
        estimate(data, treated=treated)
    assert abs(estimate(data, treated=better).draws.mean() - 0.5) < 0.4


@pytest.mark.filterwarnings("error")
def test_a_treatment_that_is_the_same_near_the_cutoff_is_refused(generator):
    data = frame(generator, lambda score: score >= 0, whole=False)
    data.loc[data.index[:3], "took"] = 1 - data["took"]
    data = data[(data["took"] == 1) | (data["score"] < 0)]
    with pytest.raises(bi.DataError, match=r"all .* have took = 1") as caught:
        estimate(data, cutoff=0.6)
    assert caught.value.code == "no-change-at-cutoff"


def test_rows_at_the_cutoff_of_a_fuzzy_design(generator):
    data = frame(generator, lambda score: (score > 0) & (generator.random(len(score)) < 0.7))
    answer = estimate(data)
    found = next(finding for finding in answer.findings if finding.code == "rows-at-cutoff")
    assert found.severity == "bad" and "next value of score" in found.remedy
    right = estimate(data, cutoff=1)
    assert all(finding.code != "rows-at-cutoff" for finding in right.findings)


def test_doses_and_cutoffs_without_rows_are_not_judged(generator):
    x = generator.uniform(-1, 1, 100)
    names = ("took", "score", 0.0)
    assert judge_rows_at_cutoff(x, (x > 0).astype(float), 1.0, names) is None
    assert judge_rows_at_cutoff(np.round(x, 1), 2.0 * x, 1.0, names) is None


@pytest.mark.parametrize("above", [True, False])
def test_round_cutoffs_keep_their_sides(generator, above):
    for last, begins in np.sort(generator.normal(size=(200, 2)), axis=1):
        found = round_between(last, begins, above)
        assert (last < found <= begins) if above else (last <= found < begins)


def test_a_cutoff_that_rounding_missed_is_written_in_full(generator):
    score = np.arange(-400, 400) / 1000
    score[700] = nearly = np.nextafter(0.3, 0)
    took = (score >= nearly).astype(int)
    data = pd.DataFrame({"y": took + 0.1 * generator.normal(size=800), "score": score})
    with pytest.raises(bi.DataError, match="Write cutoff=") as caught:
        estimate(data.assign(took=took), cutoff=0.3)
    better = float(str(caught.value).split("Write cutoff=")[1].split(":")[0])
    assert 0.299 < better <= nearly
    assert estimate(data.assign(took=took), cutoff=better).draws.mean() == pytest.approx(1, abs=0.2)
