import numpy as np
import pytest
from scipy import stats

from causal.answer import Computation
from causal.estimate import run
from causal.plan import Plan
from causal.power import approximate_power, power, regress, simulate
from causal.sequential import ProbabilityAbove
from causal.studies import Experiment

PLANS = [
    Plan(sd=2.0),
    Plan(sd=2.0, share=0.3, explained=0.6),
    Plan(sd=2.0, cluster_size=10, correlation=0.1, explained=0.3),
    Plan(sd=2.0, blocks=5, between_blocks=0.4),
]


@pytest.mark.parametrize("plan", PLANS)
def test_simulation_and_approximation_agree(plan, within):
    found = power(plan, 0.5, [250, 500], trials=4000, seed=1)
    # The approximation knows the variance; Student's tails cost a little with few clusters.
    units = found.table["units"].to_numpy()
    slack = 2 / units
    assert within(
        found.table["power"], found.table["approximate"], np.hypot(found.table["error"], slack)
    )
    assert (found.table["power"].diff().dropna() > 0).all()


def test_the_plain_design_is_the_t_test(within):
    found = power(Plan(), 0.5, [128], trials=20_000, seed=2).table.loc[128]
    limit = stats.t.ppf(0.975, 126)
    exact = stats.nct.sf(limit, 126, 0.5 * np.sqrt(32))  # Cohen: n = 64 per arm for 80%
    assert within(found["power"], exact, found["error"])
    assert exact == pytest.approx(0.801, abs=0.001)


def test_no_effect_is_found_as_often_as_is_asked_for(within):
    for plan in PLANS:
        line = power(plan, 0.0, [200], trials=8000, seed=3).table.iloc[0]
        assert within(line["power"], 0.05, line["error"])
        assert line["approximate"] == pytest.approx(0.05)


def test_many_regressions_are_one_by_one_the_same(generator):
    y, x = generator.normal(size=(3, 30)), generator.normal(size=(3, 30))
    t = np.arange(30) % 2 - 0.5
    y, x = (values - values.mean(axis=1, keepdims=True) for values in (y, x))
    slope, error = regress(y, t, x, 1)
    for trial in range(3):
        matrix = np.column_stack([np.ones(30), t, x[trial]])
        coefficients, (rest,), *_ = np.linalg.lstsq(matrix, y[trial], rcond=None)
        assert slope[trial] == pytest.approx(coefficients[1])
        covariance = np.linalg.inv(matrix.T @ matrix)[1, 1]
        assert error[trial] ** 2 == pytest.approx(rest * covariance)


def test_clusters_cost_their_design_effect():
    plan = Plan(cluster_size=20, correlation=0.05)
    alone = approximate_power(Plan(), 2000 * 100 // 195, np.array([0.2]), 0.975)
    assert approximate_power(plan, 2000, np.array([0.2]), 0.975) == pytest.approx(alone, abs=0.01)


def test_cluster_means_say_what_the_mixed_model_says(within):
    # The second way for clusters: rows, and the group term that the study itself uses.
    plan, rng = Plan(cluster_size=15, correlation=0.2), np.random.default_rng(5)
    cluster = np.repeat(np.arange(20), 15)
    t = (np.arange(20) % 2)[cluster] * 1.0
    sds = []
    for _ in range(12):
        shared = np.sqrt(0.2) * rng.normal(size=20)[cluster]
        frame = {"y": shared + np.sqrt(0.8) * rng.normal(size=300), "t": t, "g": cluster}
        sds.append(run(Experiment("y", "t", clusters="g"), frame, Computation(seed=1)).draws.std())
    belief = simulate(plan, 300, np.zeros(4000), np.random.default_rng(6))
    assert within(np.mean(sds), belief.sd.mean(), np.std(sds) / np.sqrt(11), times=4)


def test_the_smallest_size_is_named():
    found = power(Plan(), 0.5, [200, 60, 140], trials=2000, seed=1)
    assert list(found.table.index) == [60, 140, 200]
    assert found.smallest() == 140 and found.smallest(0.999) is None
    assert found.sentence().startswith("140 rows find an effect of 0.5")
    assert "None of these sizes" in found.sentence(0.999)
    from matplotlib.figure import Figure

    found.picture().draw(Figure().subplots())


def test_doubt_about_the_effect_is_averaged(within):
    plausible = np.random.default_rng(7).normal(0.5, 0.2, 5000)
    found = power(Plan(), plausible, [128], trials=8000, seed=8).table.loc[128]
    assert within(found["power"], found["approximate"], np.hypot(found["error"], 0.006))
    assert found["power"] < 0.78


def test_a_stricter_rule_has_less_power():
    lax, strict = (
        power(Plan(), 0.4, [150], decide=ProbabilityAbove(p), trials=2000, seed=1).table.iloc[0]
        for p in (0.95, 0.999)
    )
    assert strict["power"] < lax["power"] - 0.2


def test_one_size_may_be_a_number():
    found = power(Plan(), 0.2, 400, trials=100, seed=1)
    assert found.table.equals(power(Plan(), 0.2, [400], trials=100, seed=1).table)
