import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.compare import aligned, compare
from causal.estimand import ATE, ATT
from causal.estimate import run
from causal.studies import Experiment


@pytest.fixture(scope="module")
def frame():
    return Experiment.example(np.random.default_rng(4)).frame


def found(frame, *covariates, estimand=None, outcome="y", seed=1):
    study = Experiment(outcome, "t", estimand or ATE(), covariates)
    return run(study, frame, Computation(seed=seed))


def test_the_table_holds_what_each_estimate_says(frame):
    plain, adjusted = found(frame), found(frame, "z")
    both = compare([plain, adjusted])
    table = both.summary(0.9)
    assert list(table.index) == ["standardisation 1", "standardisation 2"]
    for line, estimate in zip(table.itertuples(), (plain, adjusted), strict=True):
        own = estimate.summary(0.9).iloc[0]
        assert (line.mean, line.lower, line.r_hat) == (own["mean"], own["lower"], own["r_hat"])
        assert line.basis == "posterior" and line.rows == 400
    assert both.draws.shape == (1, 4000, 2)
    assert np.allclose(both.draws.mean(axis=(0, 1)), table["mean"])


def test_differences_are_of_independent_draws(frame):
    plain, adjusted = found(frame), found(frame, "z")
    line = compare({"plain": plain, "adjusted": adjusted}).differences().iloc[0]
    assert line.name == "adjusted - plain"
    assert line["mean"] == pytest.approx(adjusted.draws.mean() - plain.draws.mean())
    sds = np.array([plain.draws.std(), adjusted.draws.std()])
    assert line["sd"] == pytest.approx(np.hypot(*sds), rel=0.05)
    assert line["scaled"] == pytest.approx(abs(line["mean"]) / np.sqrt(np.mean(sds**2)), rel=0.05)


def test_one_seed_does_not_link_the_draws(frame):
    one = found(frame)
    draws = compare({"one": one, "again": one}).draws[0]
    assert abs(np.corrcoef(draws.T)[0, 1]) < 4 / np.sqrt(4000)
    assert aligned([np.zeros((4, 10)), np.zeros((2, 7))]).shape == (1, 14, 2)


def test_disagreement_is_said_in_sds(frame):
    plain = found(frame)
    assert "agree within" in compare([plain, found(frame, seed=2)]).sentence()
    moved = {**frame, "y": frame["y"] + 3 * frame["t"]}
    sentence = compare([plain, found(moved)]).sentence()
    assert "they disagree" in sentence and "ATE of t on y" in sentence


def test_the_picture_draws(frame):
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    compare([found(frame), found(frame, "z")]).picture().draw(axes)
    assert len(axes.lines) == 5


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ({"estimand": ATT()}, "estimand is ATE in one and ATT"),
        ({"outcome": "w"}, "outcome is 'y' in one and 'w'"),
    ],
)
def test_different_questions_are_refused(frame, other, what):
    more = {**frame, "w": frame["y"] * 2}
    with pytest.raises(bi.ModelError, match=what):
        compare([found(more), found(more, **other)])


def test_other_levels_and_single_estimates_are_refused(frame):
    one = found(frame)
    swapped = run(Experiment("y", "t", control=1.0), frame, Computation(seed=1))
    with pytest.raises(bi.ModelError, match="treatment is 't'"):
        compare([one, swapped])
    with pytest.raises(bi.ModelError, match="two or more"):
        compare([one])
    with pytest.raises(bi.ModelError, match="needs a list"):
        compare(one)


def test_it_says_what_the_fits_share_and_where_their_rows_differ(frame):
    plain, fewer = found(frame), found({name: values[:300] for name, values in frame.items()})
    same = repr(compare({"plain": plain, "again": found(frame, seed=2)}))
    assert "The fits share rows" in same and "different numbers of rows" not in same
    told = repr(compare({"plain": plain, "fewer": fewer}))
    assert "different numbers of rows (plain 400, fewer 300)" in told
