import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.comparison import OutcomeModel
from causal.estimand import ATE
from causal.estimate import run
from causal.estimators.weighting import Weighting
from causal.sequential import Looks, ProbabilityAbove, watch
from causal.studies import Experiment


def estimate(asked, frame):
    return run(asked, frame, Computation(seed=2))


def test_covariates_make_the_answer_more_precise():
    example = Experiment.example(np.random.default_rng(8))
    plain = estimate(Experiment("y", "t", ATE()), example.frame).summary(0.99).iloc[0]
    adjusted = estimate(example.study, example.frame).summary(0.99).iloc[0]
    assert adjusted["sd"] < 0.8 * plain["sd"]
    for line in (plain, adjusted):
        assert line["lower"] < example.effect < line["upper"]


def test_without_chance_it_misses_the_effect_and_says_that_arms_differ():
    example = Experiment.example(np.random.default_rng(8))
    t = (example.frame["z"] > 0) * 1.0
    noise = np.random.default_rng(1).normal(size=len(t))
    frame = {**example.frame, "t": t, "y": 2 * t + 1.5 * example.frame["z"] + noise}
    line = estimate(Experiment("y", "t", ATE()), frame).summary(0.99).iloc[0]
    assert line["lower"] > 2
    found = estimate(example.study, frame).findings
    assert found[0].code == "randomisation"
    assert found[0].severity == "warning"


def test_the_assumptions_name_chance_and_the_covariates():
    example = Experiment.example(np.random.default_rng(8))
    believed = estimate(example.study, example.frame).assumptions
    assert [str(text).split(":")[0] for text in believed] == [
        "Random assignment",
        "Consistency",
        "Nobody is lost because of t",
        "Order",
    ]
    assert len(estimate(Experiment("y", "t", ATE()), example.frame).assumptions) == 3


def flat(*names):
    return OutcomeModel(family="gaussian", priors=dict.fromkeys(names, bi.Flat()))


def finding(estimate, code):
    return next(found for found in estimate.findings if found.code == code)


def blocked(rng, size=1200):
    """Odds and effects that differ between blocks: the pooled difference is far off."""
    block = np.array(["a", "b", "c"])[rng.integers(0, 3, size)]
    odds, level = {"a": 0.2, "b": 0.5, "c": 0.8}, {"a": 0.0, "b": 2.0, "c": 4.0}
    effect = {"a": 1.0, "b": 2.0, "c": 3.0}
    t = (rng.random(size) < np.vectorize(odds.get)(block)) * 1.0
    shift = np.vectorize(level.get)(block) + np.vectorize(effect.get)(block) * t
    return {"y": shift + rng.normal(size=size), "t": t, "site": block}


def test_blocks_are_contrasted_one_by_one_and_weighted_by_rows(within):
    frame = blocked(np.random.default_rng(3))
    y, t, site = frame["y"], frame["t"], frame["site"]
    names = ["Intercept", "t", "C(site)[T.b]", "C(site)[T.c]", "t:C(site)[T.b]", "t:C(site)[T.c]"]
    found = estimate(Experiment("y", "t", blocks="site", model=flat(*names)), frame)
    # The second way: each block's difference of means, weighted by its share of the rows.
    by_hand = sum(
        np.mean(site == b) * (y[(site == b) & (t == 1)].mean() - y[(site == b) & (t == 0)].mean())
        for b in "abc"
    )
    assert within(found.draws.mean(), by_hand, found.draws.std() / np.sqrt(found.draws.size))
    naive = y[t == 1].mean() - y[t == 0].mean()
    assert abs(naive - by_hand) > 10 * found.draws.std()
    assert finding(found, "blocks").evidence["highest_share"] > 0.7
    by_default = estimate(Experiment("y", "t", blocks="site"), frame)
    assert abs(by_default.draws.mean() - by_hand) < 0.2 * found.draws.std()


def test_small_blocks_share_one_effect_and_lone_arms_are_named():
    rng = np.random.default_rng(4)
    pair = np.repeat(np.arange(40), 2)
    t = np.tile([0.0, 1.0], 40)
    y = 2 * t + rng.normal(size=40)[pair] + 0.3 * rng.normal(size=80)
    found = estimate(Experiment("y", "t", blocks="pair"), {"y": y, "t": t, "pair": pair})
    by_pair = y[t == 1] - y[t == 0]
    assert abs(found.draws.mean() - by_pair.mean()) < 0.03
    assert abs(found.draws.std() / (by_pair.std(ddof=1) / np.sqrt(40)) - 1) < 0.15
    assert "share one" in finding(found, "blocks").sentence
    t[pair == 0] = 0
    alone = estimate(Experiment("y", "t", blocks="pair"), {"y": y, "t": t, "pair": pair})
    assert finding(alone, "blocks").severity == "warning"


def clustered(rng, clusters=24, size=25, between=0.6):
    cluster = np.repeat(np.arange(clusters), size)
    t = rng.permutation(np.arange(clusters) % 2)[cluster] * 1.0
    shared = between * rng.normal(size=clusters)
    return {"y": t + shared[cluster] + rng.normal(size=len(t)), "t": t, "village": cluster}


def test_clusters_give_the_uncertainty_of_clusters():
    frame = clustered(np.random.default_rng(5))
    found = estimate(Experiment("y", "t", clusters="village"), frame)
    means = np.bincount(frame["village"], frame["y"]) / 25
    arm = np.bincount(frame["village"], frame["t"]) / 25 == 1
    # With equal sizes the cluster means hold all that there is to know: a t-test of them.
    error = np.sqrt((means[arm].var(ddof=1) + means[~arm].var(ddof=1)) / 12)
    assert abs(found.draws.mean() - (means[arm].mean() - means[~arm].mean())) < 0.1 * error
    assert abs(found.draws.std() / error - 1) < 0.15
    rows = estimate(Experiment("y", "t"), frame).draws.std()
    told = finding(found, "clusters").evidence
    assert told["clusters"] == 24 and told["size"] == 25 and told["fewest"] == 12
    # The design effect says by how much the rows' own sd is too small.
    assert abs(np.sqrt(told["design_effect"]) / (found.draws.std() / rows) - 1) < 0.15


def test_an_estimator_that_overlooks_clusters_is_refused():
    study = Experiment("y", "t", clusters="village", estimator=Weighting())
    with pytest.raises(bi.ModelError, match="interval would be too narrow"):
        estimate(study, clustered(np.random.default_rng(5)))


def test_few_clusters_are_a_warning_and_mixed_ones_are_named():
    few = estimate(Experiment("y", "t", clusters="village"), clustered(np.random.default_rng(6), 8))
    assert finding(few, "clusters").severity == "warning"
    frame = clustered(np.random.default_rng(6))
    mixed = {**frame, "t": np.arange(len(frame["t"])) % 2 * 1.0}
    found = finding(estimate(Experiment("y", "t", clusters="village"), mixed), "clusters")
    assert "within 24 of 24" in found.sentence


def test_the_outcome_from_before_saves_its_squared_correlation():
    rng = np.random.default_rng(7)
    before = rng.normal(size=2000)
    t = rng.permutation(np.arange(2000) % 2) * 1.0
    frame = {"y0": before, "t": t, "y": 0.3 * t + before + 0.75 * rng.normal(size=2000)}
    found = estimate(Experiment("y", "t", before="y0"), frame)
    saved = finding(found, "variance-reduction").evidence["variance_reduction"]
    residual = frame["y"] - t * (frame["y"][t == 1].mean() - frame["y"][t == 0].mean())
    assert abs(saved - np.corrcoef(residual, before)[0, 1] ** 2) < 0.05
    assert "y0 came before t" in str(found.assumptions[-1])


def test_arms_that_lost_rows_and_shares_that_were_not_meant_are_findings():
    rng = np.random.default_rng(8)
    t = (rng.random(2000) < 0.6) * 1.0
    y = t + rng.normal(size=2000)
    y[(t == 1) & (rng.random(2000) < 0.2)] = np.nan
    found = estimate(Experiment("y", "t", shares={0: 0.5, 1: 0.5}), {"y": y, "t": t})
    lost = finding(found, "attrition")
    assert lost.severity == "warning"
    assert lost.evidence["control"] == 0 and 0.15 < lost.evidence["treated"] < 0.25
    assert lost.evidence["lower_bound"] < 1 < lost.evidence["upper_bound"]
    assert finding(found, "sample-ratio").severity == "bad"
    assert "withheld" in found.sentence()
    assert found.assumptions[0].status(found.findings) == "in doubt"


def test_several_arms_are_compared_in_pairs_from_the_same_draws(within):
    rng = np.random.default_rng(9)
    arm = np.array(["control", "a", "b"])[rng.integers(0, 3, 600)]
    y = (arm == "a") * 0.5 + (arm == "b") * 0.8 + rng.normal(size=600)
    frame = {"y": y, "arm": arm, "z": rng.normal(size=600)}
    names = ["Intercept", "arm[T.a]", "arm[T.b]"]
    found = estimate(Experiment("y", "arm", model=flat(*names)), frame)
    pairs = found.effects("contrast")
    assert pairs.labels == ("a vs control", "b vs control", "b vs a")
    assert np.allclose(pairs.draws[..., 1] - pairs.draws[..., 0], pairs.draws[..., 2])
    for label, draws in zip(pairs.labels, np.moveaxis(pairs.draws, -1, 0), strict=True):
        high, low = label.split(" vs ")
        by_hand = y[arm == high].mean() - y[arm == low].mean()
        assert within(draws.mean(), by_hand, draws.std() / np.sqrt(draws.size))
    table = found.tables["arms"]
    assert table["highest"].sum() == 1
    best = found.effects("arm").draws.max(axis=-1).mean()
    assert abs(table.loc["b", "loss"] - (best - table.loc["b", "mean"])) < 1e-9
    assert "'a' against 'control'" in found.sentence()
    adjusted = estimate(Experiment("y", "arm", covariates=("z",), control="a"), frame)
    checked = [one for one in adjusted.findings if one.code == "randomisation"]
    assert [one.sentence.split(":")[0] for one in checked][1:] == ["control vs a"]
    assert adjusted.effects("contrast").labels[0] == "b vs a"


def test_looks_are_told_with_their_false_alarms():
    rng = np.random.default_rng(10)
    frame = {"y": rng.normal(size=1000), "t": rng.integers(0, 2, 1000) * 1.0}
    looks = Looks(every=50, stop=ProbabilityAbove(0.975), horizon=1000)
    found = estimate(Experiment("y", "t", looks=looks), frame)
    alarm = finding(found, "optional-stopping")
    assert alarm.severity == "warning"
    assert alarm.evidence["false_stops"] == pytest.approx(0.248, abs=0.04)  # Armitage et al. 1969
    assert set(found.tables) >= {"looks", "operating characteristics"}
    assert "simulated trials" in repr(found)
    with pytest.raises(bi.DataError, match="3 levels"):
        estimate(Experiment("y", "t", looks=looks), {**frame, "t": np.arange(1000) % 3})


def test_chances_in_clusters_and_text_outcomes_are_answered():
    rng = np.random.default_rng(11)
    village = np.repeat(np.arange(30), 20)
    arm = np.array(["control", "leaflet"])[village % 2]
    chance = 1 / (1 + np.exp(-(0.8 * (village % 2) + 0.5 * rng.normal(size=30)[village] - 0.4)))
    came = np.where(rng.random(600) < chance, "yes", "no").astype(object)
    came[:5] = None
    found = estimate(
        Experiment("came", "arm", clusters="village"),
        {"came": came, "arm": arm, "village": village},
    )
    assert 0 < found.draws.mean() < 0.4
    assert "design_effect" not in finding(found, "clusters").evidence
    assert finding(found, "attrition").evidence["control"] == pytest.approx(5 / 300)


def test_a_column_in_two_parts_is_refused():
    with pytest.raises(bi.ModelError, match="2 roles"):
        Experiment("y", "t", before="y")
    with pytest.raises(bi.ModelError, match="tuple of columns"):
        Experiment("y", "t", covariates="age")


def test_bounds_of_lost_rows_take_the_control_of_the_effect():
    rng = np.random.default_rng(11)
    drug = rng.random(2000) < 0.5
    y = 2.0 * drug + rng.normal(size=2000)
    y[drug & (rng.random(2000) < 0.2)] = np.nan
    found = estimate(Experiment("y", "arm"), {"y": y, "arm": np.where(drug, "drug", "placebo")})
    lost = finding(found, "attrition").evidence
    assert 0 < lost["lower_bound"] < found.draws.mean() < lost["upper_bound"]
    assert lost["treated"] > 0.15 and lost["control"] == 0


def test_looks_show_the_headline_of_a_text_outcome():
    rng = np.random.default_rng(12)
    arm = rng.integers(0, 2, 400)
    state = np.where(rng.random(400) < 0.3 + 0.3 * arm, "active", "none")
    looks = Looks(every=200, stop=ProbabilityAbove(0.99999), horizon=400)
    found = estimate(Experiment("state", "t", looks=looks), {"state": state, "t": arm * 1.0})
    assert found.draws.mean() == pytest.approx(found.tables["looks"]["mean"].iloc[-1], abs=0.02)


def test_looks_with_clusters_are_refused():
    looks = Looks(every=50, stop=ProbabilityAbove(0.99), horizon=100)
    with pytest.raises(bi.ModelError, match="rows of a 'school' came into an arm together"):
        Experiment("y", "t", clusters="school", looks=looks)


def test_looks_say_that_they_are_unadjusted_and_that_the_plan_had_stopped(monkeypatch):
    from causal.studies import experiment

    times = []
    monkeypatch.setattr(
        experiment, "watch", lambda *given, **named: times.append(1) or watch(*given, **named)
    )
    rng = np.random.default_rng(13)
    z, t = rng.normal(size=400), rng.integers(0, 2, 400) * 1.0
    frame = {"y": t + z + rng.normal(size=400), "t": t, "z": z}
    looks = Looks(every=100, stop=ProbabilityAbove(0.99), horizon=400)
    found = estimate(Experiment("y", "t", before="z", looks=looks), frame)
    assert len(times) == 1
    assert "looks are unadjusted: they compare the arms without z" in found.answer.method
    stopped = finding(found, "stopped-earlier")
    assert stopped.severity == "warning"
    assert stopped.evidence["stopped_at"] == found.tables["looks"].index[-1] < 400
    short = {name: values[:100] for name, values in frame.items()}
    plain = estimate(Experiment("y", "t", looks=looks), short)
    assert "unadjusted" not in plain.answer.method
    assert "stopped-earlier" not in [one.code for one in plain.findings]


@pytest.mark.parametrize("role", ["before", "blocks", "clusters"])
def test_a_list_for_one_column_is_refused(role):
    with pytest.raises(bi.ModelError, match=f"{role} is the name of one column"):
        Experiment("y", "t", **{role: ["blk"]})


def test_chance_leaves_nothing_for_an_e_value():
    example = Experiment.example(np.random.default_rng(8))
    for study in (Experiment("y", "t"), example.study):
        codes = [one.code for one in estimate(study, example.frame).findings]
        assert "e-value" not in codes
