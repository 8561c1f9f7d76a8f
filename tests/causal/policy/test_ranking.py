import numpy as np
import pytest
from scipy.stats import norm

import bayesinf as bi
from causal.policy.effects import row_effects
from causal.policy.ranking import SHARES, Order, rank
from causal.policy.scores import bootstrap_weights, doubly_robust, hold_out


def brute(priority, gains):
    """AUTOC and Qini by their definition, one threshold at a time."""
    size, whole = len(gains), gains.mean()
    order = np.argsort(-priority, kind="stable")
    toc = np.array([gains[order[:k]].mean() - whole for k in range(1, size + 1)])
    return toc.mean(), (np.arange(1, size + 1) / size * toc).mean()


def test_areas_are_those_of_the_definition(generator):
    gains, priority = generator.normal(size=(3, 40)), generator.normal(size=40)
    found = Order.of(priority).curves(gains, np.full((1, 40), 1 / 40))
    for draw, line in enumerate(gains):
        assert (found.autoc[draw], found.qini[draw]) == pytest.approx(brute(priority, line))
    best = np.argsort(-priority)[:10]
    place = int(np.argmin(np.abs(SHARES - 0.25)))
    assert np.allclose(found.uplift[:, place], gains[:, best].mean(axis=1))
    assert np.allclose(found.gain[:, place], gains[:, best].sum(axis=1) / 40)


def test_areas_of_a_line_are_known():
    # The effect of the row at rank u is 1 - u: TOC(q) = (1 - q) / 2, so AUTOC 1/4 and Qini 1/12.
    gains = 1 - (np.arange(20_000) + 0.5) / 20_000
    found = Order.of(gains).curves(gains[None], np.full((1, 20_000), 1 / 20_000))
    assert found.autoc[0] == pytest.approx(1 / 4, abs=1e-3)
    assert found.qini[0] == pytest.approx(1 / 12, abs=1e-3)


def test_areas_of_a_normal_effect_are_known():
    effects = np.sort(np.random.default_rng(1).normal(size=200_000))[::-1]
    found = Order.of(effects).curves(effects[None], np.full((1, 200_000), 1 / 200_000))
    assert found.qini[0] == pytest.approx(0.5 / np.sqrt(np.pi), abs=0.003)
    share = (np.arange(100_000) + 0.5) / 100_000
    assert found.autoc[0] == pytest.approx(np.mean(norm.pdf(norm.isf(share)) / share), abs=0.006)


def test_intervals_by_outcomes_cover(generator):
    hits = []
    for _ in range(120):
        x, t = generator.normal(size=400), generator.random(400) < 0.5
        y = x + (1 + x) * t + generator.normal(size=400)
        judged = doubly_robust(y, t, np.full(400, 0.5), x, x + 1)
        parts = [
            Order.of(x).curves(judged[None], weights).qini
            for weights in bootstrap_weights(generator, 500, np.arange(400))
        ]
        low, high = np.quantile(np.concatenate(parts), [0.025, 0.975])
        hits.append(low < 0.5 / np.sqrt(np.pi) < high)
    assert np.mean(hits) > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 120)


def test_ties_are_broken_by_no_one(generator):
    gains, priority = generator.normal(size=30), np.arange(30) // 10
    even = np.full((1, 30), 1 / 30)
    found = Order.of(priority).curves(gains[None], even)
    shuffled = generator.permutation(30)
    other = Order.of(priority[shuffled]).curves(gains[shuffled][None], even)
    assert found.autoc == pytest.approx(other.autoc)
    # The average over all orders of the tied rows is the second way.
    many = [
        brute(priority[mixed], gains[mixed])[0]
        for mixed in (generator.permutation(30) for _ in range(4000))
    ]
    assert found.autoc[0] == pytest.approx(np.mean(many), abs=4 * np.std(many) / np.sqrt(4000))
    constant = Order.of(np.zeros(30)).curves(gains[None], even)
    assert constant.autoc[0] == pytest.approx(0, abs=1e-12)


def test_posterior_and_outcomes_agree_about_a_real_ranking(trial):
    held = hold_out(trial, folds=4)
    found = rank(trial, held=held)
    table = found.summary()
    assert list(table.index) == [
        ("AUTOC", "posterior"),
        ("QINI", "posterior"),
        ("AUTOC", "outcomes"),
        ("QINI", "outcomes"),
    ]
    # Truth: effects are 0.5 + age with a standard normal age, whose Qini area is 1 / (2 sqrt(pi))
    # and whose AUTOC is 0.9032, the integral of density(z_q) / q.
    posterior, outcomes = (table.loc[("AUTOC", source)] for source in ("posterior", "outcomes"))
    for measure, truth in (("AUTOC", 0.9032), ("QINI", 0.5 / np.sqrt(np.pi))):
        for source in ("posterior", "outcomes"):
            line = table.loc[(measure, source)]
            assert abs(line["mean"] - truth) < 4 * line["sd"]
    assert abs(outcomes["mean"] - posterior["mean"]) < 4 * np.hypot(posterior["sd"], outcomes["sd"])
    assert found.honest and "flatters" not in found.sentence()
    curve = found.curve()
    last = curve.loc["posterior"].iloc[-1]
    assert last["gain"] == pytest.approx(trial.draws.mean(), abs=0.02)
    assert last["random"] == pytest.approx(last["gain"])
    uplift = found.uplift_at(0.2)
    assert uplift.loc["posterior", "mean"] == pytest.approx(0.5 + 1.4, abs=0.4)


def test_a_ranking_by_noise_finds_nobody(trial, generator):
    found = rank(trial, by=generator.normal(size=599))
    line = found.summary(0.99)
    assert (line["lower"] < 0).all() and (line["upper"] > 0).all()


def test_the_same_outcomes_flatter(trial):
    found = rank(trial)
    assert "flatters" in found.sentence()
    assert np.allclose(found.priority, row_effects(trial).mean(axis=(0, 1)))
    picture = found.picture()
    from matplotlib.figure import Figure

    picture.draw(Figure().subplots())


def test_a_ranking_of_other_rows_is_refused(trial):
    with pytest.raises(bi.DataError, match="599 rows"):
        rank(trial, by=np.ones(600))
    with pytest.raises(bi.ModelError, match=r"not at 0\.33"):
        rank(trial).uplift_at(0.33)


def test_the_estimates_own_ranking_is_not_honest_whoever_hands_it_in(trial):
    own = row_effects(trial).mean(axis=(0, 1))
    found = rank(trial, 3 * own + 1)
    assert not found.honest and "flatters" in found.sentence()
    other = np.random.default_rng(1).normal(size=len(own))
    assert rank(trial, other).honest and rank(trial, np.zeros(len(own))).honest
