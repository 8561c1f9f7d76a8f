import numpy as np
import pytest

import bayesinf as bi
from causal.answer import Computation
from causal.estimate import run
from causal.plan import Plan, plan_of
from causal.power import power
from causal.studies import Experiment


def test_units_are_assigned_evenly_within_blocks():
    treated, block = Plan(share=0.25, blocks=3, cluster_size=5).arms(300)
    assert len(treated) == 60
    assert np.bincount(block, treated).tolist() == [5, 5, 5]


def test_clusters_and_blocks_make_the_variance_of_a_unit():
    plan = Plan(sd=3.0, cluster_size=4, correlation=0.25, between_blocks=0.5)
    rng = np.random.default_rng(1)
    shared = np.sqrt(4.5 * 0.25) * rng.normal(size=(100_000, 1))
    rows = shared + np.sqrt(4.5 * 0.75) * rng.normal(size=(100_000, 4))
    assert rows.mean(axis=1).var() == pytest.approx(plan.unit_variance, rel=0.02)


def test_an_earlier_experiment_plans_the_next():
    rng = np.random.default_rng(9)
    site = np.arange(3000) % 5
    village = site * 100 + np.arange(3000) // 5 // 12  # 50 villages of 12 in each site
    codes = np.unique(village, return_inverse=True)[1]
    t = rng.permuted(np.tile(np.arange(50) % 2, (5, 1)), axis=1).ravel()[codes] * 1.0
    before = np.sqrt(0.3) * rng.normal(size=250)[codes] + rng.normal(size=3000)
    y = t + 2.0 * site + before + 2 * rng.normal(size=3000)
    frame = {"y": y, "t": t, "site": site, "village": village, "y0": before}
    study = Experiment("y", "t", before="y0", blocks="site", clusters="village")
    plan = plan_of(run(study, frame, Computation(draws=400, seed=1)))
    assert plan.blocks == 5 and plan.cluster_size == 12
    assert plan.share == pytest.approx(0.5, abs=0.01)
    assert plan.sd == pytest.approx(np.sqrt(8 + 5.3), rel=0.06)
    assert plan.between_blocks == pytest.approx(8 / 13.3, abs=0.05)
    assert plan.correlation == pytest.approx(0.3 / 5.3, abs=0.03)
    # Of a village's mean, 0.3 + 1/12 of the variance is known from before, 4/12 is not.
    assert plan.explained == pytest.approx((0.3 + 1 / 12) / (0.3 + 5 / 12), abs=0.1)
    found = power(run(study, frame, Computation(draws=400, seed=1)), 0.3, [600], trials=500, seed=1)
    assert found.plan == plan


def test_what_is_no_plan_is_refused():
    with pytest.raises(bi.ModelError, match="no plan"):
        Plan(share=1.2)
    with pytest.raises(bi.ModelError, match="two are needed"):
        power(Plan(blocks=10), 0.5, [20])
