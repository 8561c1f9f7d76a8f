from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.refits import Change, refit
from causal.refits.refit import run_again

PRIORS = {"t": bi.Normal(0, 10), "x": bi.Normal(0, 10), "Intercept": bi.Normal(0, 100)}


def frame(size: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(6)
    x = rng.normal(size=size)
    t = rng.random(size) < 1 / (1 + np.exp(-x))
    y = 5 + x + 2 * t + rng.normal(size=size)
    arm = np.where(t, "drug", "none")
    return pd.DataFrame({"y": y, "t": arm, "x": x, "g": np.arange(size) % 3})


@pytest.fixture(scope="module")
def found() -> causal.Estimate:
    rows = frame()
    rows.loc[3, "x"] = np.nan
    names = ["Intercept", "t[T.none]", "x", "sigma"]
    priors = dict(zip(names, [*PRIORS.values(), bi.Exponential(1.0)], strict=True))
    model = bi.model("y ~ t + x", rows)
    assert set(model.priors) == set(names)
    return causal.estimate(
        rows, "y", "t", adjust=["x"], formula="y ~ t + x", priors=priors, seed=2, estimand="ATT"
    )


@pytest.fixture(scope="module")
def changes(found) -> dict[str, Change]:
    rng, received = np.random.default_rng(1), found.answer.contrast.received
    return {
        "nothing": Change("nothing"),
        "rows": Change("rows", rows=rng.random(len(received)) < 0.6),
        "received": Change("received", received=rng.permutation(received)),
        "added": Change("added", added=rng.normal(size=len(received))),
        "all": Change(
            "all",
            rng.random(len(received)) < 0.8,
            rng.permutation(received),
            rng.normal(size=len(received)),
        ),
    }


@pytest.mark.parametrize("name", ["nothing", "rows", "received", "added", "all"])
def test_the_fleet_gives_what_running_the_study_again_gives(found, changes, name, monkeypatch):
    module = __import__("causal.refits.refit", fromlist=["DRAWS"])
    monkeypatch.setattr(module, "DRAWS", 8000)
    streams, change = bi.Streams(5), changes[name]
    if change.added is not None:
        # The prior of an added column follows the data's scale in both; it is wide enough here.
        change = Change(change.label, change.rows, change.received, change.added / 10)
    fleet = refit(found, [change], streams)
    assert "closed form" in fleet.method
    single = causal.estimate(*again(found, change), seed=3, draws=8000).draws
    error = fleet.sds[0] / np.sqrt(single.size)
    assert abs(single.mean() - fleet.means[0]) < 4 * error
    assert single.std() == pytest.approx(fleet.sds[0], rel=0.04)
    if change.added is None:
        mean, sd = run_again(found, found.study, change, streams)
        assert abs(mean - fleet.means[0]) < 4 * error
        assert sd == pytest.approx(fleet.sds[0], rel=0.04)


def again(found, change: Change):
    """The frame that a user would make by hand."""
    rows = frame().drop(index=3).reset_index(drop=True)
    formula = "y ~ t + x"
    if change.received is not None:
        rows["t"] = np.where(change.received, "drug", "none")
    if change.added is not None:
        rows["added"] = change.added
        formula += " + added"
    if change.rows is not None:
        rows = rows[change.rows]
    priors = dict(found.study.model.priors)
    adjust = ["x"] if change.added is None else ["x", "added"]
    return rows, "y", "t", adjust, None, "ATT", formula, None, priors


def test_other_models_are_run_one_by_one_and_say_why():
    rows = frame()
    found = causal.estimate(rows, "y", "t", adjust=["x", "(1 | g)"], seed=2)
    fleet = refit(found, [Change("a"), Change("b", added=np.ones(150) * np.arange(150))], STREAMS)
    assert "group effects" in fleet.method
    assert fleet.means[0] == pytest.approx(found.draws.mean(), abs=0.3 * found.draws.std())


STREAMS = bi.Streams(1)


def test_equal_streams_give_equal_refits():
    found = causal.estimate(frame(), "y", "t", adjust=["x", "(1 | g)"], seed=2)
    change = Change("half", rows=np.arange(150) % 2 == 0)
    one, two = (refit(found, [change], STREAMS) for _ in range(2))
    assert np.array_equal(one.means, two.means)


def test_a_refit_that_cannot_be_made_is_named_and_the_others_stay(found):
    empty = Change("empty", rows=np.zeros(len(found.answer.contrast.received), dtype=bool))
    fleet = refit(found, [Change("a"), Change("b"), empty], STREAMS)
    assert fleet.labels == ("a", "b")
    assert list(fleet.failed) == ["empty"] and fleet.failed["empty"].endswith(".")
    assert np.isfinite(fleet.means).all()
    with pytest.raises(bi.ModelError, match="1 of 1 refits could not be made"):
        refit(found, [empty], STREAMS)


def test_studies_without_arms_are_refused(found):
    broken = replace(found, answer=replace(found.answer, contrast=None))
    with pytest.raises(bi.ModelError, match="no rows of two arms"):
        refit(broken, [Change("a")], STREAMS)


def test_an_estimator_without_an_outcome_model_is_run_again_too():
    found = causal.estimate(frame(), "y", "t", adjust=["x"], estimator="weighting", seed=2)
    fleet = refit(found, [Change("a"), Change("b", rows=np.arange(150) % 5 > 0)], STREAMS)
    assert "one outcome model" in fleet.method
    assert fleet.means[0] == pytest.approx(found.draws.mean(), abs=0.3 * found.draws.std())
    assert fleet.sds[1] > 0.9 * fleet.sds[0]
