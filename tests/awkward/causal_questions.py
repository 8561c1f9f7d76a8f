"""Section H of the catalogue: questions about effects."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

import bayesinf as bi
import causal
from causal.graph import GraphError
from tests.awkward.panels import PANELS
from tests.awkward.row import Handled, Refused, Row

FEW = (3, 17)
"""The rows in which something is awkward."""

GRAPH = "x -> t; x -> y; t -> m -> y; t -> y"
"""Who affects whom in `arms`, where m is what the treatment does on its way."""


def arms(n: int) -> pd.DataFrame:
    """Rows of two arms with an effect of 2, confounded by x, in four towns."""
    rng = np.random.default_rng(83)
    x = rng.normal(size=n)
    t = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(int)
    town = np.array(["a", "b", "c", "d"])[np.arange(n) % 4]
    m = t + rng.normal(size=n)
    y = t + m + x + rng.normal(size=n)
    return pd.DataFrame({"y": y, "t": t, "x": x, "m": m, "town": town})


def estimated(frame: object, *adjust: str, **more: object) -> causal.Estimate:
    return causal.estimate(frame, "y", "t", adjust=list(adjust), seed=1, draws=400, **more)


def asked(
    change: Callable[[pd.DataFrame], object], *adjust: str, **more: object
) -> Callable[[int], Callable[[], object]]:
    """The question about changed rows, as an entry prepares it."""

    def prepare(n: int) -> Callable[[], object]:
        frame = change(arms(n))
        return lambda: estimated(frame, *adjust, **more)

    return prepare


def outcome_as_treatment(n: int) -> Callable[[], object]:
    frame = arms(n)
    return lambda: causal.estimate(frame, "y", "y", adjust=["x"])


def drawn(graph: str, frame: Callable[[pd.DataFrame], object] = lambda rows: rows, **more: object):
    """The question to a graph, as an entry prepares it."""

    def prepare(n: int) -> Callable[[], object]:
        rows = frame(arms(n))
        return lambda: causal.estimate(rows, "y", "t", graph=graph, seed=1, **more)

    return prepare


def spoiled(column: str, value: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The frame with a value in a few rows of a column."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        values = frame[column].to_numpy(dtype=float).copy()
        values[list(FEW)] = value
        return frame.assign(**{column: values})

    return change


def close(one: causal.Estimate, other: causal.Estimate) -> bool:
    """Whether two estimates agree but for their draws: priors hold a 1/2 coding at other places."""
    error = np.hypot(one.summary()["mcse"].iloc[0], other.summary()["mcse"].iloc[0])
    return bool(abs(one.draws.mean() - other.draws.mean()) < 4 * error)


def found(estimate: causal.Estimate, code: str) -> bi.Finding:
    """The finding of a code; fails where there is none."""
    return next(finding for finding in estimate.findings if finding.code == code)


# ---------------------------------------------------------------------------------- treatments


def text_counts_as_numbers_do() -> None:
    rows = arms(60)
    plain = estimated(rows, "x")
    told = estimated(rows.assign(t=np.where(rows["t"] == 1, "drug", "placebo")), "x")
    assert close(told, plain)
    assert "'drug' against 'placebo'" in told.sentence()
    letters = rows.assign(t=np.where(rows["t"] == 1, "a", "b"))
    assert "alphabet" in found(estimated(letters, "x"), "control-by-alphabet").sentence
    named = estimated(letters, "x", control="b")
    assert close(named, plain)
    assert all(finding.code != "control-by-alphabet" for finding in named.findings)


def other_numbers_count_as_0_and_1_do() -> None:
    rows = arms(60)
    plain = estimated(rows, "x")
    for low, high in ((1, 2), (-1, 1)):
        coded = estimated(rows.assign(t=np.where(rows["t"] == 1, high, low)), "x")
        assert f"({high} against {low})" in coded.sentence()
        assert close(coded, plain)


def several_levels_are_compared_pair_by_pair() -> None:
    rows = arms(60)
    rows["t"] = np.arange(60) % 3
    pairs = estimated(rows).effects("contrast").summary()["mean"]
    means = rows.groupby("t")["y"].mean()
    spread = rows["y"].std() / np.sqrt(20)
    for high, low in ((1, 0), (2, 0), (2, 1)):
        assert abs(pairs[f"{high} vs {low}"] - (means[high] - means[low])) < 0.2 * spread


def an_arm_of_two_rows_gives_no_answer() -> None:
    rows = arms(60)
    rows["t"] = np.where(np.arange(60) < 2, 1, 0)
    for estimator in ("standardisation", "aipw"):
        answer = estimated(rows, "x", estimator=estimator)
        assert not answer.verdict.ok
        assert "withheld" in answer.sentence()
        overlap = found(answer, "overlap")
        assert overlap.severity == "bad"
        # No fitted chance of 2 in 60 rows can be far above their share.
        assert overlap.evidence["share_outside"] > 0.5


def arms_without_overlap_give_no_answer() -> None:
    rows = arms(200)
    rows["t"] = (rows["x"] > 0).astype(int)
    for estimator in ("standardisation", "aipw", "weighting", "tmle"):
        answer = estimated(rows, "x", estimator=estimator)
        assert "withheld" in answer.sentence()
        overlap = found(answer, "overlap")
        assert overlap.severity == "bad"
        # Arms that x tells apart: only rows near the border have fitted chances within the limits.
        assert overlap.evidence["share_outside"] > np.mean(np.abs(rows["x"]) > 0.5)


def a_town_that_was_all_treated_is_named() -> None:
    rows = arms(60)
    rows["t"] = np.where(rows["town"] == "c", 1, np.arange(60) // 4 % 2)
    cells = found(estimated(rows, "town"), "empty-cells")
    assert "town = c (all of 15)" in cells.sentence and "25.0%" in cells.sentence
    study = causal.Experiment("y", "t", blocks="town")
    answer = causal.estimate(rows, study, seed=1, draws=400)
    assert "c" in found(answer, "blocks").sentence


def folds_hold_both_arms() -> None:
    from causal.estimators.partially_linear import split_rows

    codes = np.where(np.arange(60) < 8, 1, 0)
    fold = split_rows(np.random.default_rng(1), codes, 200, 2)
    for part in (0, 1):
        assert ((fold == part) & (codes == 1)).sum(axis=1).tolist() == [4] * 200
    rows = arms(60).assign(t=codes)
    answer = estimated(rows, "x", estimator="partially_linear", estimand=causal.ATO())
    assert np.isfinite(answer.draws).all()


def rows_that_miss_a_covariate_are_left_out() -> None:
    rows = spoiled("x", np.nan)(arms(60))
    answer = estimated(rows, "x")
    np.testing.assert_array_equal(answer.draws, estimated(rows.drop(index=list(FEW)), "x").draws)
    assert found(answer, "missing-rows").evidence


TREATMENTS: tuple[Row, ...] = (
    Handled(
        83,
        "a treatment of text levels",
        "read as 0 and 1 and shown; where only the alphabet decided, a note says so",
        text_counts_as_numbers_do,
    ),
    Refused(
        83,
        "a control that is none of the levels",
        asked(lambda f: f.assign(t=np.where(f["t"] == 1, "drug", "placebo")), "x", control="sham"),
        bi.DataError,
        "unknown-control",
        names="sham",
        count=2,
        column="t",
    ),
    Handled(
        84,
        "a treatment coded {1, 2} or {-1, 1}",
        "compared as 0 and 1, the levels named in the answer",
        other_numbers_count_as_0_and_1_do,
    ),
    Refused(
        85,
        "a treatment of amounts where two arms are compared",
        asked(lambda f: f.assign(t=f["x"] + f["t"]), "x"),
        bi.DataError,
        "treatment-levels",
        names="t",
        count=60,
        column="t",
    ),
    Refused(
        85,
        "three arms, to an estimator of two",
        asked(lambda f: f.assign(t=np.arange(len(f)) % 3), "x", estimator="smooth_forest"),
        bi.DataError,
        "treatment-levels",
        names="t",
        count=3,
        column="t",
    ),
    Handled(
        85,
        "three arms",
        "compared pair by pair",
        several_levels_are_compared_pair_by_pair,
    ),
    Refused(
        86,
        "a treatment with one value",
        asked(lambda f: f.assign(t=1), "x"),
        bi.DataError,
        "constant-treatment",
        names="t",
        count=60,
        column="t",
    ),
    Refused(
        86,
        "a treatment with one value where it is not missing",
        asked(lambda f: f.assign(t=np.where(np.arange(len(f)) < 20, 1.0, np.nan)), "x"),
        bi.DataError,
        "constant-treatment",
        names="t",
        count=20,
        column="t",
    ),
    Handled(87, "an arm of two rows", "no answer: withheld", an_arm_of_two_rows_gives_no_answer),
    Handled(
        88,
        "arms that do not overlap",
        "no answer: withheld, with the share of rows outside",
        arms_without_overlap_give_no_answer,
    ),
    Handled(
        89,
        "a stratum that was all treated",
        "a warning names it, with its share of the average",
        a_town_that_was_all_treated_is_named,
    ),
    Handled(90, "folds without both arms", "folds are drawn by arm", folds_hold_both_arms),
    Refused(
        90,
        "an arm too small for its folds",
        asked(
            lambda f: f.assign(t=np.where(np.arange(len(f)) < 5, 1, 0)),
            "x",
            estimator="partially_linear",
            estimand=causal.ATO(),
        ),
        bi.DataError,
        "small-arm",
        names="t",
        count=5,
        column="t",
    ),
    Handled(
        91,
        "missing values in a covariate",
        "these rows are left out and counted",
        rows_that_miss_a_covariate_are_left_out,
    ),
    *(
        Refused(
            91,
            f"infinite values in {role}",
            asked(spoiled(column, np.inf), "x"),
            bi.DataError,
            "infinite-values",
            names=column,
            count=2,
            column=column,
            rows=FEW,
        )
        for role, column in (("a covariate", "x"), ("the outcome", "y"), ("the treatment", "t"))
    ),
    Refused(
        91,
        "a covariate that is missing in every row",
        asked(lambda f: f.assign(x=np.nan), "x"),
        bi.DataError,
        "no-complete-rows",
        names="x",
        count=60,
        column="x",
    ),
    Refused(
        92,
        "columns of different lengths",
        asked(lambda f: {"y": f["y"], "t": f["t"].to_numpy()[:-3], "x": f["x"]}, "x"),
        bi.DataError,
        "unequal-lengths",
        names="t",
        count=57,
        column="t",
    ),
    Refused(
        93,
        "the outcome as its own treatment",
        outcome_as_treatment,
        bi.ModelError,
        "same-variable",
        names="y",
        count=2,
        column="y",
    ),
    *(
        Refused(
            93,
            f"the {role} among what is adjusted for, as {entry}",
            asked(lambda f: f, "x", entry),
            bi.DataError,
            f"adjusts-for-{role}",
            names=column,
            count=2,
            column=column,
        )
        for role, column, entry in (
            ("outcome", "y", "y"),
            ("outcome", "y", "exp(y)"),
            ("treatment", "t", "t"),
        )
    ),
    Refused(
        93,
        "a copy of the treatment among what is adjusted for",
        asked(lambda f: f.assign(u=f["t"]), "x", "u"),
        bi.DataError,
        "repeats-treatment",
        names="u",
        count=60,
        column="u",
    ),
    Refused(
        93,
        "a covariate that is no column",
        asked(lambda f: f, "xx"),
        bi.DataError,
        "unknown-column",
        names="xx",
        count=5,
        column="xx",
    ),
)

# -------------------------------------------------------------------------------------- graphs


def what_the_treatment_does_is_not_adjusted_for() -> None:
    rows = arms(60)
    by_graph = causal.estimate(rows, "y", "t", graph=GRAPH, seed=1, draws=400)
    assert by_graph.study.adjustment == ("x",)
    np.testing.assert_array_equal(by_graph.draws, estimated(rows, "x").draws)


def an_effect_without_a_path_is_told() -> None:
    rows = arms(60)
    answer = causal.estimate(rows, "y", "t", graph="x -> t; x -> y", seed=1, draws=400)
    told = found(answer, "no-directed-path")
    assert told.severity == "warning"
    assert "the effect is 0" in told.sentence
    assert any("the effect is zero" in str(assumed) for assumed in answer.assumptions)
    lone = causal.estimate(rows, "y", "t", graph="x -> y; t", seed=1, draws=400)
    assert "the effect is 0" in found(lone, "no-directed-path").sentence


def identified(graph: str) -> Callable[[int], Callable[[], object]]:
    return lambda n: lambda: causal.identify(graph, outcome="y", treatment="t", observed=None)  # noqa: ARG005


GRAPHS: tuple[Row, ...] = (
    Refused(
        94,
        "adjusting for what the treatment does, beside a graph",
        drawn(GRAPH, adjust=["x", "m"]),
        GraphError,
        "adjusts-for-effect",
        names="m",
        column="m",
    ),
    Handled(
        94,
        "what the treatment does, in a graph",
        "not adjusted for",
        what_the_treatment_does_is_not_adjusted_for,
    ),
    Refused(
        95,
        "a graph with a cycle",
        identified("x -> t; t -> y\ny -> m; m -> t"),
        GraphError,
        "cycle",
        names="t -> y -> m -> t",
        count=3,
        fixed=True,
    ),
    Refused(
        95,
        "arrows in both directions",
        identified("x -> t; t -> y; y -> t"),
        GraphError,
        "opposite-arrows",
        names="t",
        count=2,
        fixed=True,
    ),
    Refused(
        95,
        "an arrow from a variable to itself",
        identified("x -> t; t -> y; y -> y"),
        GraphError,
        "self-arrow",
        names="y",
        fixed=True,
    ),
    Refused(
        96,
        "a node that is no column and not declared unmeasured",
        drawn("xx -> t; xx -> y; t -> y"),
        GraphError,
        "undeclared-unmeasured",
        names="xx",
        count=5,
        column="xx",
    ),
    Refused(
        96,
        "a declared node that stands in no arrow",
        identified("x -> t; x -> y; t -> y; xx [latent]"),
        GraphError,
        "unknown-variable",
        names="xx",
        count=3,
        fixed=True,
    ),
    Refused(
        97,
        "a treatment that the graph lacks",
        drawn("x -> y; m -> y"),
        GraphError,
        "unknown-variable",
        names="t",
        count=3,
        column="t",
    ),
    Refused(
        97,
        "a treatment that the data lack",
        drawn("x -> t; x -> y; t [latent] -> y", lambda f: f.drop(columns="t")),
        GraphError,
        "unmeasured-treatment",
        names="t",
        column="t",
    ),
    Handled(
        98,
        "no arrows from treatment to outcome",
        "told: the effect is 0 by the graph, the estimate tests the graph",
        an_effect_without_a_path_is_told,
    ),
    Refused(
        98,
        "arrows from outcome to treatment",
        drawn("y -> t; x -> y"),
        causal.NotIdentified,
        "not-identified",
        names="t <- y",
        column="t",
    ),
    Refused(
        99,
        "an effect that nothing identifies",
        drawn("x -> t; x -> y; t -> y; t <-> y"),
        causal.NotIdentified,
        "not-identified",
        names="t <-> y",
        column="t",
    ),
)

ROWS: tuple[Row, ...] = (*TREATMENTS, *GRAPHS, *PANELS)
