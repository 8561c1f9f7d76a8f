"""Arguments of causal verbs, studies and estimators that are wrong, missing or out of place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bayesinf as bi
import causal

DRAWN = "x -> t; x -> y; t -> y"
RNG = np.random.default_rng(3)
FRAME = {"y": RNG.normal(size=60), "t": np.arange(60) % 2, "x": RNG.normal(size=60)}
FRAME["g"] = np.where(FRAME["t"] > 0, "b", "a")
EXPERIMENT = causal.Experiment("y", "t")


def ask(*question: object, **more: object) -> Callable[[], object]:
    return lambda: causal.estimate(FRAME, *question, **more)  # pyright: ignore


OUT_OF_PLACE = [
    (ask(DRAWN, "y", "t"), "graph-out-of-place", "stands where the outcome belongs"),
    (ask(DRAWN), "graph-out-of-place", "graph='...'"),
    (ask(causal.Graph.parse(DRAWN), "y", "t"), "graph-out-of-place", "of type Graph"),
    (ask("y", DRAWN), "graph-out-of-place", "stands where the treatment belongs"),
    (ask("y", "t", DRAWN), "adjust-not-a-list", f"graph='{DRAWN}'"),
    (lambda: causal.estimate("y", "t", FRAME), "frame-out-of-place", "The frame comes first"),  # type: ignore[arg-type]
    (ask(FRAME["y"], "t", ["x"]), "not-a-column-name", "of type ndarray"),
    (ask(["y"], "t", ["x"]), "not-a-column-name", "of type list"),
    (ask("y", FRAME["t"], ["x"]), "not-a-column-name", "The treatment is the name"),
    (ask(None, "t", ["x"]), "not-a-column-name", "not None"),
    (ask(causal.Experiment), "study-class", "causal.Experiment(outcome=..., treatment=...)"),
    (ask("y", "t", [1]), "adjust-not-text", "Entry 1 of 1 in adjust is 1"),
    (ask("y", "t", 3), "adjust-not-a-list", "adjust=['x']"),
    (ask("y", "t", ["x"], draws="many"), "draws", "draws='many' is not a whole number"),
    (ask("y", "t", ["x"], draws=0, estimator="aipw"), "draws", "draws=0 is not a whole"),
]


@pytest.mark.parametrize(("call", "code", "words"), OUT_OF_PLACE)
def test_what_stands_in_anothers_place_is_told(call, code, words):
    refused(call, code, words)


UNKNOWN = [
    (ask("y", "t", adjsut=["x"]), "Did you mean 'adjust'?"),
    (ask("y", "t", covariates=["x"]), "Here it is called 'adjust'."),
    (ask("y", "t", adjust=["x"], method="aipw"), "Here it is called 'estimator'."),
    (ask("y", exposure="t", adjust=["x"]), "Here it is called 'treatment'."),
    (lambda: causal.identify(DRAWN, outcome="y", treatmnt="t"), "Did you mean 'treatment'?"),
    (lambda: causal.refute(None, check="subsets"), "Did you mean 'checks'?"),
    (lambda: causal.sensitivity(None, bia=None), "Did you mean 'bias'?"),
    (lambda: causal.power(causal.Plan(sd=1.0), effects=1, sizes=9), "Did you mean 'effect'?"),
    (lambda: causal.compare(estimate=[]), "Did you mean 'estimates'?"),
    (lambda: causal.watch(FRAME, "y", "t", look=None), "Did you mean 'looks'?"),
    (lambda: causal.Plan(size=3), "'Plan' has no argument 'size'"),
    (lambda: causal.AIPW(fold=3), "'AIPW' has no argument 'fold'"),
    (lambda: causal.Standardisation(draws=3), "'Standardisation' has no argument 'draws'"),
    (lambda: causal.Experiment("y", "t", covariate=("x",)), "Did you mean 'covariates'?"),
    (
        lambda: causal.DifferenceInDifferences("y", "u", "w", first_treatd="s"),
        "Did you mean 'first_treated'?",
    ),
]


@pytest.mark.parametrize(("call", "words"), UNKNOWN)
def test_unknown_arguments_are_told(call, words):
    refused(call, "unknown-argument", words)


MISSING = [
    (lambda: causal.estimate(FRAME), "'estimate' needs an argument 'outcome'"),
    (lambda: causal.identify(DRAWN, outcome="y"), "needs an argument 'treatment'"),
    (lambda: causal.power(causal.Plan(sd=1.0)), "needs an argument 'effect'"),
    (lambda: causal.SyntheticControl("y"), "'SyntheticControl' needs an argument"),
]


@pytest.mark.parametrize(("call", "words"), MISSING)
def test_missing_arguments_are_told(call, words):
    refused(call, "missing-argument", words)


def test_what_is_taken_by_name_is_told():
    words = "'identify' takes outcome and treatment by name"
    refused(lambda: causal.identify(DRAWN, "y", "t"), "argument-by-name", words)  # type: ignore


@pytest.mark.parametrize("verb", ["refute", "sensitivity"])
def test_what_is_no_estimate_is_told(verb):
    refused(lambda: getattr(causal, verb)(FRAME), "not-an-estimate", f"causal.{verb} asks about")


def test_other_verbs_want_estimates_too():
    refused(lambda: causal.compare([1, 2]), "not-an-estimate", "causal.compare")  # type: ignore
    refused(lambda: causal.compare({"a": 1, "b": 2}), "not-an-estimate", "int")  # type: ignore
    refused(lambda: causal.power(3, 1.0, 40), "not-an-estimate", "causal.power")  # type: ignore


def test_graphs_may_be_text_wherever_one_is_asked_for():
    drawn = causal.Graph.parse("x -> m -> y; x -> y")
    text = "x -> m -> y; x -> y"
    frame = {name: RNG.normal(size=80) for name in "xmy"}
    assert causal.judge_graph(text, frame) == causal.judge_graph(drawn, frame)
    found = causal.identify_mediation(text, "x", "m", "y", ["x", "m", "y"])
    assert found == causal.identify_mediation(drawn, "x", "m", "y", ["x", "m", "y"])
    with pytest.raises(bi.BayesinfError, match="this is a dict"):
        causal.judge_graph(frame, text)  # type: ignore[arg-type]


def test_arrows_in_a_columns_name_are_no_graph():
    frame = {**FRAME, "a->b": FRAME["y"]}
    assert causal.estimate(frame, "a->b", "t", adjust=[], seed=1, draws=400).name == "ATE"


def refused(call: Callable[[], object], code: str, words: str) -> None:
    with pytest.raises(bi.BayesinfError) as caught:
        call()
    assert caught.value.code == code
    assert words in str(caught.value)
    assert caught.value.hint


def panel(**more: object) -> causal.DifferenceInDifferences:
    return causal.DifferenceInDifferences("y", "u", "s", first_treated="since", **more)  # pyright: ignore


ANTICIPATED = ("1", None, 1.5, True, -1)
OF_ANOTHER_KIND = [
    (lambda: causal.compare(None), "not-an-estimate"),  # type: ignore[arg-type]
    (lambda: causal.Mediation("y", "t", ["x"]), "not-a-column-name"),  # type: ignore[arg-type]
    (lambda: causal.Mediation("y", "t", "m", 3), "not-column-names"),  # type: ignore[arg-type]
    (lambda: causal.RegressionDiscontinuity("y", "x", 0, bandwidth="1"), "bandwidth"),  # type: ignore[arg-type]
    (lambda: causal.RegressionDiscontinuity("y", "x", 0, covariates=1), "not-column-names"),  # type: ignore[arg-type]
    *((lambda told=told: panel(anticipation=told), "anticipation") for told in ANTICIPATED),
    (lambda: panel(covariates=3), "not-column-names"),
    (lambda: causal.Instrument("y", "t", instruments=1.5), "not-column-names"),  # type: ignore[arg-type]
    (lambda: causal.Instrument("y", "t", ("z",), covariates=1.5), "not-column-names"),  # type: ignore[arg-type]
    (lambda: causal.InterruptedSeries("y", "s", 3, controls=3), "not-column-names"),  # type: ignore[arg-type]
    (lambda: causal.Experiment("y", "t", shares=0.5), "shares-without-arms"),  # type: ignore[arg-type]
    (lambda: causal.CATE(np.array([0.0, 1.0])), "no-groups"),  # type: ignore[arg-type]
    (ask("y", "t", ["x"], control=np.array([0, 1])), "unknown-control"),
    (ask("y", "t", [], control=[0]), "unknown-control"),
    (ask(causal.Instrument("y", "g", ("x",), control=np.array(["a"]))), "unknown-control"),
]


@pytest.mark.parametrize(("call", "code"), OF_ANOTHER_KIND)
def test_a_value_of_another_kind_is_refused_with_a_sentence(call, code):
    with pytest.raises(bi.BayesinfError) as caught:
        call()
    assert caught.value.code == code and caught.value.hint


def test_an_estimate_refuses_what_is_no_name_and_no_check():
    found = causal.estimate(FRAME, "y", "t", ["x"], draws=400, seed=1)
    for call, code in (
        (lambda: found.effects(["contrast"]), "unknown-effects"),  # type: ignore[arg-type]
        (lambda: found.refute(3), "not-a-check"),  # type: ignore[arg-type]
        (lambda: causal.refute(found, 3), "not-a-check"),  # type: ignore[arg-type]
        (lambda: causal.compare(3), "not-an-estimate"),  # type: ignore[arg-type]
    ):
        with pytest.raises(bi.ModelError) as caught:
            call()
        assert caught.value.code == code


def test_numpy_counts_and_lists_of_names_are_taken():
    assert panel(anticipation=np.int64(1)).anticipation == 1
    assert causal.Instrument("y", "t", ["z"]).instruments == ("z",)  # type: ignore[arg-type]
