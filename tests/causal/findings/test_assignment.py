import numpy as np
import pytest
from scipy import stats

import bayesinf as bi
from causal.findings.assignment import (
    difference_by_chance,
    judge_attrition,
    judge_clusters,
    judge_covariates,
    judge_shares,
    lee_bounds,
    read_assignment,
)
from causal.findings.balance import standardised_differences


def table_of(**columns):
    return bi.Table.read(columns)


def test_without_blocks_and_clusters_it_is_the_plain_difference():
    rng = np.random.default_rng(1)
    table = table_of(z=rng.normal(size=200), t=np.arange(200) % 2)
    received = table.columns["t"] == 1
    found, error = difference_by_chance(
        table.columns["z"], read_assignment(table, received, None, None)
    )
    plain = standardised_differences(table, ["z"], received)["difference"].iloc[0]
    assert found == pytest.approx(plain, rel=0.01)
    assert error == pytest.approx(np.sqrt(1 / 100 + 1 / 100), rel=0.01)


def test_uneven_odds_between_blocks_are_no_imbalance():
    rng = np.random.default_rng(2)
    site = rng.integers(0, 2, 2000)
    t = rng.random(2000) < np.where(site == 1, 0.8, 0.2)
    table = table_of(site=site, z=3.0 * site + rng.normal(size=2000))
    assert judge_covariates(table, ["z"], read_assignment(table, t, None, None))[0].severity == (
        "warning"
    )
    blocked = judge_covariates(table, ["z"], read_assignment(table, t, "site", None))
    assert blocked[0].severity == "good"


def test_false_alarms_are_as_rare_as_promised_with_clusters():
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(300):
        cluster = np.repeat(np.arange(20), 10)
        z = rng.normal(size=20)[cluster] + 0.2 * rng.normal(size=200)
        received = (rng.permutation(20) < 10)[cluster]
        table = table_of(g=cluster, z=z)
        found = judge_covariates(table, ["z"], read_assignment(table, received, None, "g"))
        alarms += found[0].severity == "warning"
    assert alarms <= 12  # 1 % of 300, and room for the t-shape of 20 clusters


def test_shares_are_pearsons_test():
    (found,) = judge_shares(("a", "b", "c"), (400, 330, 270), {"a": 1, "b": 1, "c": 1})
    assert found.evidence["p_value"] == stats.chisquare([400, 330, 270]).pvalue
    with pytest.raises(bi.DataError, match="'c'"):
        judge_shares(("a", "c"), (10, 10), {"a": 0.5})


def test_a_mismatch_is_scaled_by_the_rows_that_are_lost():
    (small,) = judge_shares(("a", "b"), (501_500, 498_500), {"a": 0.5, "b": 0.5})
    assert small.evidence["p_value"] < 0.01
    (tiny,) = judge_shares(("a", "b"), (1_004_000, 996_000), {"a": 0.5, "b": 0.5})
    assert tiny.severity == "warning" and tiny.evidence["lost"] < 0.01


def test_attrition_error_is_that_of_two_shares():
    rng = np.random.default_rng(4)
    y, t = rng.normal(size=4000), np.arange(4000) % 2 == 1
    y[rng.random(4000) < 0.1] = np.nan
    (found,) = judge_attrition(y, t, np.arange(4000), "y")
    assert found.severity == "note"
    share = np.isnan(y).mean()
    assert found.evidence["error"] == pytest.approx(np.sqrt(share * (1 - share) / 1000), rel=1e-6)
    assert judge_attrition(rng.normal(size=4000), t, np.arange(4000), "y") == ()


def test_villages_that_leave_together_do_not_look_like_many_rows():
    rng = np.random.default_rng(5)
    village = np.repeat(np.arange(20), 50)
    t, gone = village % 2 == 1, np.isin(village, (0, 2, 4, 5))
    y = np.where(gone, np.nan, rng.normal(size=1000))
    assert judge_attrition(y, t, np.arange(1000), "y")[0].severity == "warning"
    assert judge_attrition(y, t, village, "y")[0].severity == "note"


def test_bounds_hold_the_effect_on_those_who_stay_in_either_arm():
    rng = np.random.default_rng(6)
    quality = rng.normal(size=200_000)
    t = np.arange(200_000) % 2 == 1
    stays = quality > np.where(t, -1.0, 0.0)
    y = quality + 0.5 * t
    low, high = lee_bounds(
        y[t & stays], y[~t & stays], float(stays[t].mean()), float(stays[~t].mean())
    )
    # The treatment keeps the weakest, so trimming the lowest is what undoes it.
    assert high == pytest.approx(0.5, abs=0.02)
    assert low < 0
    flipped = lee_bounds(
        -y[~t & stays], -y[t & stays], float(stays[~t].mean()), float(stays[t].mean())
    )
    assert flipped == pytest.approx((low, high), abs=1e-12)


def test_the_design_effect_is_kishs():
    cluster = np.repeat(np.arange(30), 10)
    table = table_of(g=cluster)
    assignment = read_assignment(table, cluster % 2 == 0, None, "g")
    (found,) = judge_clusters(assignment, 0.1, "g")
    assert found.severity == "note"
    assert found.evidence["design_effect"] == pytest.approx(1 + 9 * 0.1)
    (unknown,) = judge_clusters(assignment, None, "g")
    assert "design_effect" not in unknown.evidence


def test_shares_of_arms_that_no_row_has_name_the_arms_in_the_data():
    with pytest.raises(bi.DataError, match="no row has; the arms in the data are 0"):
        judge_shares((0.0, 1.0), (50, 50), {"treated": 0.5, "control": 0.5})
    with pytest.raises(bi.DataError, match="arm 'c'"):
        judge_shares(("a", "b"), (50, 50), {"a": 0.3, "b": 0.3, "c": 0.4})
