"""Columns that repeat the outcome or the treatment are refused by name, whatever estimates."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
import causal
from causal import copies
from causal.estimators import ALL

ROWS = 120


@pytest.fixture(scope="module")
def frame() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=ROWS), rng.normal(size=ROWS)
    t = (rng.random(ROWS) < 1 / (1 + np.exp(-x))) * 1.0
    return {"y": 2 * t + x + z + rng.normal(size=ROWS), "t": t, "x": x, "z": z}


def refused(frame: dict[str, np.ndarray], *adjust: str, **asked: object) -> bi.DataError:
    with pytest.raises(bi.DataError) as caught:
        causal.estimate(frame, "y", "t", adjust=list(adjust), seed=1, **asked)
    return caught.value


COPIES = {
    "itself": lambda y: y,
    "another unit": lambda y: 32 - 1.8 * y,
    "an exponential of it": lambda y: np.exp(0.1 * y),
    "a power of ten": lambda y: 3 * 10 ** (-y / 7),
}


@pytest.mark.parametrize("estimator", [None, *(kind.name for kind in ALL)])
@pytest.mark.parametrize("copy", COPIES)
def test_copies_of_the_outcome_are_refused(frame, copy, estimator):
    found = refused({**frame, "c": COPIES[copy](frame["y"])}, "x", "c", estimator=estimator)
    assert (found.code, found.column) == ("repeats-outcome", "c")
    assert f"in all {ROWS} rows used" in str(found)


def test_copies_of_two_levels_are_refused(frame):
    ill = frame["y"] > 1
    words = np.where(ill, "a", "b").astype(object)
    for copy in (ill * 1.0, ~ill, words):
        assert refused({**frame, "y": ill, "c": copy}, "x", "c").column == "c"
    shuffled = {**frame, "y": words, "c": ill}
    assert refused(shuffled, "c").code == "repeats-outcome"


def test_sums_that_are_the_outcome_are_refused(frame):
    rows = {**frame, "y": 3 * frame["x"] - frame["z"], "spare": frame["y"]}
    found = refused(rows, "x", "z", "spare")
    assert found.code == "repeats-outcome"
    assert "an exact sum of multiples of 'x' and 'z' in" in str(found)


def test_one_row_that_differs_is_enough(frame):
    almost = frame["y"].copy()
    almost[7] += 1.0
    table = bi.Table.read({**frame, "c": almost})
    copies.refuse_repeated(table, "y", "outcome", ["c", "x"])
    assert not copies.says_the_same(almost, frame["y"])
    assert not copies.is_sum(frame["y"], [almost[:, None]])


@pytest.mark.parametrize("seed", range(60))
def test_towns_keep_their_order_and_may_be_adjusted_for(seed):
    rng = np.random.default_rng(seed)
    before = np.round(np.exp(rng.uniform(np.log(2e3), np.log(2e6), 10)))
    after = np.round(before * np.exp(rng.normal(0, 0.03, 10)))
    copies.refuse_repeated(
        bi.Table.read({"after": after, "before": before}), "after", "outcome", ["before"]
    )


@pytest.mark.parametrize("curve", [np.sqrt, np.square, np.log, lambda y: 1 / y, np.exp])
def test_curves_are_told_from_ten_rows(curve):
    y = np.random.default_rng(1).uniform(1, 9, 10)
    assert copies.says_the_same(curve(y), y)
    assert not copies.says_the_same(curve(y) * (1 + 1e-5 * (np.arange(10) == 3)), y)


@pytest.mark.parametrize("width", [5, 97])
def test_sums_of_many_columns_are_seen(width):
    rng = np.random.default_rng(7)
    columns = {f"x{k}": rng.normal(size=300) for k in range(width)}
    exact = bi.Table.read({**columns, "y": sum(columns.values())})
    with pytest.raises(bi.DataError, match="an exact sum of multiples"):
        copies.refuse_repeated(exact, "y", "outcome", list(columns))
    short = exact.take(np.arange(8 + 2 * width - 1))
    copies.refuse_repeated(short, "y", "outcome", list(columns))


def test_few_rows_may_be_alike_by_chance():
    few = {"y": [0.0, 1.0, 0.0, 1.0], "c": [1.0, 0.0, 1.0, 0.0]}
    copies.refuse_repeated(bi.Table.read(few), "y", "outcome", ["c"])


def test_copies_of_a_dose_are_refused(frame):
    rows = {**frame, "t": frame["z"], "c": 5 - frame["z"]}
    found = refused(rows, "x", "c", estimand=causal.Dose((0.0, 1.0)))
    assert (found.code, found.column) == ("repeats-treatment", "c")


def test_copies_are_refused_with_several_arms(frame):
    arms = np.array(["a", "b", "c"], dtype=object)[np.arange(ROWS) % 3]
    assert refused({**frame, "t": arms, "c": frame["y"]}, "c").code == "repeats-outcome"


@pytest.mark.parametrize("estimator", [None, "aipw", "weighting"])
def test_levels_that_sort_the_arms_together_are_refused(frame, estimator):
    rng = np.random.default_rng(6)
    a, b = rng.integers(0, 2, ROWS), rng.integers(0, 2, ROWS)
    rows = {**frame, "a": a, "b": b, "t": (a ^ b) * 1.0}
    found = refused(rows, "x", "a", "b", estimator=estimator)
    assert (found.code, found.column) == ("repeats-treatment", "b")
    assert "4 combinations" in str(found)
    told = np.where(frame["t"] == 1, np.where(a == 1, "u", "v"), "w").astype(object)
    assert refused({**frame, "c": told}, "c", estimator=estimator).column == "c"


def test_whole_groups_may_be_treated(frame):
    groups = np.repeat(np.arange(12), ROWS // 12)
    table = bi.Table.read({**frame, "g": groups.astype(str), "t": groups % 2 * 1.0})
    study = causal.Experiment("y", "t", clusters="g")
    study.refuse_rows(table)


@pytest.mark.parametrize("arms", [2, 3])
def test_clusters_that_are_the_arms_are_called_so(generator, arms):
    t = np.arange(60) % arms
    frame = {"y": generator.normal(size=60) + t, "t": t, "cl": np.array(list("abc"))[t]}
    for study in (
        causal.Experiment("y", "t", clusters="cl"),
        causal.Experiment("y", "t", clusters="cl", estimator=causal.Standardisation()),
    ):
        with pytest.raises(bi.DataError, match="The clusters are the arms") as caught:
            causal.estimate(frame, study, seed=1)
        assert caught.value.code == "clusters-are-arms" and caught.value.column == "cl"


@pytest.mark.parametrize("levels", [[0, 1], ["no", "yes"], [False, True]])
def test_a_curve_through_two_doses_is_refused(generator, levels):
    t = np.arange(60) % 2
    frame = {"y": generator.normal(size=60) + t, "t": np.array(levels)[t]}
    with pytest.raises(bi.DataError, match="more than two doses") as caught:
        causal.estimate(frame, "y", "t", [], estimand=causal.Dose((0, 1)), seed=1)
    assert caught.value.code == "two-doses" and "Leave estimand= out" in str(caught.value)


def test_one_arm_in_one_cluster_is_refused_as_one_arm(generator):
    frame = {"y": generator.normal(size=60), "t": np.zeros(60), "cl": np.ones(60)}
    with pytest.raises(bi.DataError) as caught:
        causal.estimate(frame, causal.Experiment("y", "t", clusters="cl"), seed=1)
    assert caught.value.code != "clusters-are-arms"
