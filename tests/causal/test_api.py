import numpy as np
import pandas as pd
import polars as pl
import pytest

import bayesinf as bi
import causal
import causal.estimators
import causal.studies
from causal.choice import as_estimator
from causal.comparison import default_family
from causal.estimands import as_estimand
from causal.formula import column_names
from causal.graph import GraphError


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(21)
    z, m = rng.normal(size=200), rng.normal(size=200)
    t = (rng.random(200) < 1 / (1 + np.exp(-z))) * 1
    return pd.DataFrame(
        {
            "y": 2 * t + z + rng.normal(size=200),
            "t": t,
            "z": z,
            "m": m,
            "arm": np.where(t == 1, "drug", "placebo"),
            "g": np.array(list("abcd"))[np.arange(200) % 4],
        }
    )


def ate(frame, **settings) -> pd.Series:
    return causal.estimate(frame, "y", "t", seed=1, **settings).summary().loc["ATE"]


def test_graph_and_list_give_the_same_estimate(frame):
    by_list = ate(frame, adjust=["z"])
    by_graph = ate(frame, graph="z -> t; z -> y; t -> y")
    by_both = ate(frame, adjust=["z"], graph="z -> t; z -> y; t -> y")
    assert by_list.equals(by_graph)
    assert by_list.equals(by_both)
    assert abs(by_list["mean"] - 2) < 4 * by_list["sd"] < 1


def test_any_kind_of_frame_will_do(frame):
    pandas = ate(frame, adjust=["z"])
    assert pandas.equals(ate(pl.from_pandas(frame), adjust=["z"]))
    assert pandas.equals(ate(frame.to_dict("list"), adjust=["z"]))
    assert column_names(pl.from_pandas(frame).to_arrow()) == list(frame)
    assert column_names(bi.Table.read(frame)) == list(frame)


def test_columns_that_are_not_used_are_not_looked_at(frame):
    strange = frame.assign(odd=[object()] * len(frame))
    assert ate(strange, adjust=["z"]).equals(ate(frame, adjust=["z"]))
    graph = "z -> t; z -> y; t -> y"
    assert ate(strange, graph=graph).equals(ate(frame, graph=graph))


def test_neither_graph_nor_list_is_an_error_that_explains(frame):
    with pytest.raises(bi.ModelError, match=r"adjust=\[\] claims") as caught:
        causal.estimate(frame, "y", "t")
    assert caught.value.code == "no-identification"


def test_an_empty_list_is_an_experiment(frame):
    found = causal.estimate(frame, "y", "t", adjust=[], seed=1)
    assert str(found.assumptions[0]).startswith("Random assignment")
    assert str(found.prediction.model.formula) == "y ~ 1 + t"


def test_a_graph_without_causes_of_treatment_is_an_experiment(frame):
    found = causal.estimate(frame, "y", "t", adjust=["m"], graph="t -> y; m -> y", seed=1)
    assert str(found.assumptions[0]).startswith("Random assignment")
    assert found.study.adjustment == ("m",)


def test_an_unmeasured_confounder_raises(frame):
    with pytest.raises(causal.NotIdentified, match="t <- u -> y"):
        causal.estimate(frame, "y", "t", graph="u [latent] -> t; u -> y; t -> y; z -> t; z -> y")
    with pytest.raises(causal.NotIdentified):
        causal.estimate(frame, "y", "t", graph="t <-> y; t -> y")
    with pytest.raises(causal.NotIdentified, match="Adjusting for m leaves"):
        causal.estimate(frame, "y", "t", adjust=["m"], graph="z -> t; z -> y; t -> y; m -> y")


def test_a_formula_says_more_than_the_list(frame):
    formula = "y ~ t + z + m + (1 | g)"
    found = causal.estimate(frame, "y", "t", adjust=["z"], formula=formula, seed=1)
    assert set(found.study.adjustment) == {"z", "m", "g"}
    assert "alike in z, m and g" in str(found.assumptions[0])
    graph = "z -> t; z -> y; t -> m -> y"
    with pytest.raises(GraphError, match="takes part of the effect away"):
        causal.estimate(frame, "y", "t", graph=graph, formula="y ~ t + z + m")


@pytest.mark.parametrize(
    ("formula", "code"),
    [
        ("y ~ z", "formula-leaves-out"),
        ("y ~ t", "formula-leaves-out"),
        ("m ~ t + z", "other-outcome"),
        ("exp(y) ~ t + z", "other-outcome"),
    ],
)
def test_a_formula_about_something_else_is_refused(frame, formula, code):
    with pytest.raises(bi.ModelError) as caught:
        causal.estimate(frame, "y", "t", adjust=["z"], formula=formula)
    assert caught.value.code == code


def test_unknown_columns_are_named(frame):
    with pytest.raises(bi.DataError, match="no column 'outcome'"):
        causal.estimate(frame, "outcome", "t", adjust=[])
    with pytest.raises(bi.DataError, match=r"no column 'zz'.*'z'"):
        causal.estimate(frame, "y", "t", adjust=["zz"])


def test_rows_that_miss_something_are_dropped_and_counted(frame):
    holes = frame.assign(
        arm=frame["arm"].where(np.arange(200) > 2), z=frame["z"].where(np.arange(200) != 10)
    )
    found = causal.estimate(holes, "y", "arm", adjust=["z"], seed=1)
    assert found.prediction.model.design.missing.n_after == 196
    assert any(finding.code == "missing-rows" for finding in found.findings)
    with pytest.raises(bi.DataError, match="always 'drug'"):
        one_arm = frame.assign(z=frame["z"].where(frame["t"] == 1))
        causal.estimate(one_arm, "y", "arm", adjust=["z"])


def test_priors_family_and_engine_reach_the_model(frame):
    found = causal.estimate(
        frame,
        "y",
        "t",
        adjust=["z"],
        formula="y ~ t + z",
        priors={"t": bi.Normal(0, 0.01)},
        engine="conjugate",
        draws=500,
        seed=1,
    )
    assert abs(found.summary().loc["ATE", "mean"]) < 0.1
    assert found.draws.size == 500


@pytest.mark.parametrize(
    ("values", "family"),
    [
        ([0, 1], "bernoulli"),
        ([True, False], "bernoulli"),
        (["a", "b"], "bernoulli"),
        ([0, 2], "gaussian"),
    ],
)
def test_the_outcome_decides_the_family(values, family):
    assert default_family({"y": values}, "y") == family


def test_identify_answers_without_data():
    found = causal.identify("z -> x; z -> y; x -> y", outcome="y", treatment="x")
    assert found.adjustment == ("z",)
    with pytest.raises(causal.NotIdentified):
        causal.identify("z -> x; z -> y; x -> y", outcome="y", treatment="x", observed=["x", "y"])
    with pytest.raises(causal.NotIdentified):
        causal.identify("z -> x; z -> y; x -> y; z [latent]", outcome="y", treatment="x")


@pytest.mark.parametrize("adjust", [[], ["z"]])
def test_treatment_and_outcome_are_two_columns(frame, adjust):
    with pytest.raises(bi.ModelError, match="named in 2 roles") as caught:
        causal.estimate(frame, "t", "t", adjust=adjust)
    assert caught.value.code == "same-variable"


@pytest.mark.parametrize(("name", "code"), [("y", "outcome"), ("t", "treatment")])
def test_neither_outcome_nor_treatment_is_adjusted_for(frame, name, code):
    with pytest.raises(bi.DataError) as caught:
        causal.estimate(frame, "y", "t", adjust=[name])
    assert caught.value.code == f"adjusts-for-{code}"


def test_an_estimand_may_be_named(frame):
    by_name = causal.estimate(frame, "y", "t", adjust=["z"], estimand="ATT", seed=1)
    by_value = causal.estimate(frame, "y", "t", adjust=["z"], estimand=causal.ATT(), seed=1)
    assert by_name.name == "ATT" and np.array_equal(by_name.draws, by_value.draws)


@pytest.mark.parametrize("name", ["att", "Att", "ATT"])
def test_names_may_be_written_in_capitals_or_not(name):
    assert as_estimand(name) == causal.ATT()
    assert as_estimator({"att": "AIPW", "Att": "Aipw", "ATT": "aipw"}[name]) == causal.AIPW()
    with pytest.raises(bi.ModelError, match=r"'cate' by itself") as caught:
        as_estimand("cate")
    assert caught.value.code == "estimand-needs-more" and "causal.CATE" in caught.value.hint


@pytest.mark.parametrize("estimand", ["ITT", "LATE", causal.ATE, 1])
def test_what_is_no_estimand_is_refused(frame, estimand):
    with pytest.raises(bi.ModelError, match=r"causal.ATE\(\)") as caught:
        causal.estimate(frame, "y", "t", adjust=["z"], estimand=estimand)
    assert caught.value.code == "not-an-estimand"


def test_a_list_of_arrows_is_no_graph(frame):
    arrows = [("z", "t"), ("z", "y"), ("t", "y")]
    for graph in (arrows, ["z -> t", "z -> y", "t -> y"]):
        with pytest.raises(GraphError, match="this is a list") as caught:
            causal.estimate(frame, "y", "t", graph=graph)
        assert caught.value.code == "not-a-graph"
    by_value = ate(frame, graph=causal.Graph(tuple(arrows)))
    assert by_value.equals(ate(frame, adjust=["z"]))


def test_the_control_may_be_named(frame):
    usual = ate(frame, adjust=["z"])["mean"]
    assert ate(frame, adjust=["z"], control=1)["mean"] == pytest.approx(-usual, abs=0.05)
    with pytest.raises(bi.DataError, match="no level 2") as caught:
        ate(frame, adjust=["z"], control=2)
    assert caught.value.code == "unknown-control"


@pytest.mark.parametrize("name", ["dose_µg", "scale", "ﬁ", "log", "my z"])
def test_names_of_columns_do_not_matter(frame, name):
    usual = ate(frame, adjust=["z"])
    confounder = ate(frame.rename(columns={"z": name}), adjust=[name])
    assert confounder["mean"] == pytest.approx(usual["mean"], abs=0.03)
    renamed = frame.rename(columns={"t": name})
    treatment = causal.estimate(renamed, "y", name, adjust=["z"], seed=1).summary().loc["ATE"]
    assert treatment["mean"] == pytest.approx(usual["mean"], abs=0.03)


def test_the_effect_on_successes_of_trials_is_one_on_their_share():
    rng = np.random.default_rng(8)
    n, t = rng.integers(5, 30, size=200), np.arange(200) % 2
    rows = {"k": rng.binomial(n, 0.3 + 0.2 * t), "n": n, "t": t}
    formula = "k | trials(n) ~ t"
    found = causal.estimate(rows, "k", "t", [], formula=formula, family="binomial", seed=1)
    shares = [rows["k"][t == arm].sum() / n[t == arm].sum() for arm in (0, 1)]
    line = found.summary().loc["ATE"]
    assert abs(line["mean"] - (shares[1] - shares[0])) < 0.01
    assert "how much higher (k/n) would be" in found.question
    assert "share of successes" in found.question
    assert "of t on (k/n): 0." in found.sentence()


def test_weights_are_told_to_count_in_the_fit_only(frame):
    weighed = frame.assign(w=1.5)
    formula = "y | weights(w) ~ t + z"
    found = causal.estimate(weighed, "y", "t", adjust=["z"], formula=formula, seed=1)
    assert "weights w count in the fit; the average counts rows alike" in found.method
    plain = causal.estimate(frame, "y", "t", adjust=["z"], seed=1)
    assert "weights" not in plain.method


def test_a_study_is_run_as_it_stands():
    made = causal.studies.Experiment.example(np.random.default_rng(1))
    by_study = causal.estimate(made.frame, made.study, seed=1)
    by_names = causal.estimate(made.frame, "y", "t", adjust=["z"], graph="t -> y; z -> y", seed=1)
    assert np.array_equal(by_study.draws, by_names.draws)
    with pytest.raises(bi.ModelError, match="Experiment already says") as caught:
        causal.estimate(made.frame, made.study, "t")
    assert caught.value.code == "study-and-more"
    with pytest.raises(bi.ModelError, match="whose effect on 'y'"):
        causal.estimate(made.frame, "y", adjust=["z"])


def test_an_estimator_may_be_named(frame):
    usual = causal.estimate(frame, "y", "t", adjust=["z"], estimator="standardisation", seed=1)
    assert abs(usual.draws.mean() - 2) < 1
    with pytest.raises(bi.ModelError, match="the class Standardisation") as caught:
        causal.estimate(frame, "y", "t", adjust=["z"], estimator=causal.estimators.Standardisation)
    assert caught.value.code == "not-an-estimator"


def test_what_no_adjustment_gives_may_follow_by_the_front_door():
    rng = np.random.default_rng(3)
    u = rng.random(4000) < 0.5
    t = (rng.random(4000) < 0.2 + 0.6 * u) * 1
    m = (rng.random(4000) < 0.2 + 0.6 * t) * 1
    y = (rng.random(4000) < 0.1 + 0.3 * m + 0.5 * u) * 1
    graph = "t -> m -> y; t <-> y"
    found = causal.estimate({"t": t, "m": m, "y": y}, "y", "t", graph=graph, seed=1)
    line = found.summary(0.99).iloc[0]
    assert line["lower"] < 0.18 < line["upper"] < y[t == 1].mean() - y[t == 0].mean()
    assert (
        causal.identify(graph, outcome="y", treatment="t", strategy=None).strategy == "front-door"
    )


def test_graphs_of_networkx_are_read(frame):
    nx = pytest.importorskip("networkx")
    drawn = nx.DiGraph([("z", "t"), ("z", "y"), ("t", "y")])
    assert ate(frame, graph=drawn).equals(ate(frame, adjust=["z"]))


def test_a_constant_column_adjusts_for_nothing(frame):
    usual = ate(frame, adjust=["z"])
    assert ate(frame.assign(same=1.0), adjust=["z", "same"]).equals(usual)


@pytest.mark.parametrize("estimator", [None, "weighting", "aipw"])
def test_several_arms_are_compared_pair_by_pair(estimator):
    rng = np.random.default_rng(1)
    z = rng.normal(size=600)
    arm = np.where(z + rng.normal(size=600) > 0.7, "b", rng.choice(["control", "a"], 600))
    y = z + (arm == "a") + 2.0 * (arm == "b") + rng.normal(size=600)
    rows = {"y": y, "arm": arm, "z": z}
    found = causal.estimate(rows, "y", "arm", adjust=["z"], estimator=estimator, seed=1)
    table = found.effects("contrast").summary(0.99)
    assert table.index.tolist() == ["a vs control", "b vs control", "b vs a"]
    for truth, lower, upper in zip([1, 2, 1], table["lower"], table["upper"], strict=True):
        assert lower < truth < upper
    assert table.loc["a vs control", "mean"] == pytest.approx(found.draws.mean())


def test_effects_that_bend_are_averaged_over_all_rows():
    # Treated rows have large x, and the effect is x squared: squares have to be crossed too.
    rng = np.random.default_rng(1)
    x = rng.normal(size=2000)
    t = (rng.random(2000) < 1 / (1 + np.exp(-x))) * 1
    y = x + t * x**2 + rng.normal(size=2000)
    line = causal.estimate({"y": y, "t": t, "x": x}, "y", "t", adjust=["x"], seed=1).summary(0.99)
    assert line["lower"].iloc[0] < np.mean(x**2) < line["upper"].iloc[0]


def test_doses_have_a_curve():
    rng = np.random.default_rng(1)
    x = rng.normal(size=800)
    dose = x + 3 + rng.normal(size=800)
    y = 2 * dose - 0.2 * dose**2 + x + 0.3 * rng.normal(size=800)
    frame = {"y": y, "dose": dose, "x": x}
    found = causal.estimate(
        frame, "y", "dose", adjust=["x"], estimand=causal.Dose((1.0, 3.0, 5.0)), seed=1
    )
    curve = found.effects("dose").summary(0.99)
    truth = np.array([1.8, 4.2, 5.0]) + x.mean()
    assert (curve["lower"] < truth).all() and (truth < curve["upper"]).all()
    assert "effects('dose')" in repr(found)


def test_an_order_that_the_alphabet_decided_is_told(frame):
    renamed = frame.assign(arm=np.where(frame["t"] == 1, "active", "inactive"))
    codes = [
        found.code for found in causal.estimate(renamed, "y", "arm", adjust=["z"], seed=1).findings
    ]
    assert "control-by-alphabet" in codes
    said = causal.estimate(renamed, "y", "arm", adjust=["z"], control="inactive", seed=1)
    assert "control-by-alphabet" not in [found.code for found in said.findings]
    assert abs(said.draws.mean() - 2) < 1


def test_the_average_where_arms_overlap_chooses_its_estimator(frame):
    found = causal.estimate(frame, "y", "t", ["z"], estimand="ATO", seed=1, draws=200)
    same = causal.estimate(
        frame, "y", "t", ["z"], estimand="ATO", estimator="weighting", seed=1, draws=200
    )
    assert np.array_equal(found.draws, same.draws)
    with pytest.raises(bi.ModelError, match=r"Write estimator=causal\.Weighting\(\)"):
        causal.estimate(frame, "y", "t", ["z"], estimand="ATO", formula="y ~ t * z")


@pytest.mark.parametrize(
    ("asked", "study"),
    [
        (causal.NIE("m"), "Mediation('y', 't', 'm', adjust=['z'])"),
        (causal.NDE("m"), "Mediation('y', 't', 'm', adjust=['z'], asked=causal.NDE)"),
        (causal.CDE("m", 1), "Mediation('y', 't', 'm', adjust=['z'], values=(1,))"),
        (causal.LATE("m"), "Instrument('y', 't', ('m',), covariates=['z'])"),
    ],
)
def test_effects_along_a_path_name_their_study(frame, asked, study):
    with pytest.raises(bi.ModelError) as caught:
        causal.estimate(frame, "y", "t", ["z"], estimand=asked)
    assert caught.value.code == "estimand-of-a-study"
    assert f"causal.{study}" in str(caught.value)
    answered = causal.estimate(frame, eval(f"causal.{study}"), draws=100, seed=1)
    assert np.isfinite(answered.draws).all()


@pytest.mark.parametrize("name", ["PartiallyLinear", "partially linear", "PARTIALLY_LINEAR"])
def test_estimators_go_by_the_name_of_their_class_too(name):
    assert as_estimator(name) == causal.PartiallyLinear()
    with pytest.raises(bi.ModelError, match="Did you mean 'partially_linear'"):
        as_estimator(name[:-1])
