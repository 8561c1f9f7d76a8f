import numpy as np
import pytest

from causal.sequential.characteristics import PRIOR, follow, operating_characteristics
from causal.sequential.looks import ExpectedLossBelow, Looks, ProbabilityAbove
from causal.sequential.outcomes import Means, Proportions, Tally

FLAT = Means(prior=float("inf"))


@pytest.mark.parametrize(
    ("looks", "rate"), [(1, 0.05), (2, 0.083), (5, 0.142), (10, 0.193), (20, 0.248)]
)
def test_repeated_tests_have_armitages_rates(looks, rate, within):
    # Armitage, McPherson and Rowe (1969), JRSS A 132, table 2: 5% tests repeated on normal data.
    plan = Looks(1000, ProbabilityAbove(0.975), 1000 * looks)
    found = operating_characteristics(plan, FLAT, trials=20_000, seed=1)
    stops, error = found.false_stops
    assert within(stops, rate, np.hypot(error, 0.0005))


def test_one_look_is_the_fixed_trial(within):
    plan = Looks(400, ProbabilityAbove(0.975), 400)
    line = operating_characteristics(plan, FLAT, [0.28], trials=20_000, seed=2).table.loc[
        "effect 0.28"
    ]
    # z = 0.28 / sqrt(1/200 + 1/200) = 2.8: power 80% by the normal approximation.
    assert line["right"] == pytest.approx(0.80, abs=0.015)
    assert within(line["bias"], 0, line["bias_error"])
    assert within(line["coverage"], 0.95, line["coverage_error"])
    assert line["size"] == 400


@pytest.mark.parametrize("outcome", [Means(prior=0.3), Proportions(0.3)])
@pytest.mark.parametrize("stop", [ProbabilityAbove(0.95), ExpectedLossBelow(0.01)])
def test_under_its_own_prior_stopping_does_no_harm(outcome, stop, within):
    plan = Looks(200, stop, 2000)
    line = operating_characteristics(plan, outcome, trials=10_000, seed=3).table.loc[PRIOR]
    assert within(line["coverage"], 0.95, np.hypot(line["coverage_error"], 0.0015))
    assert within(line["bias"], 0, line["bias_error"])
    assert within(line["bias_stopped"], 0, line["bias_stopped_error"])


def test_stopping_early_exaggerates_a_fixed_effect():
    plan = Looks(100, ProbabilityAbove(0.99), 2000)
    found = operating_characteristics(plan, FLAT, [0.1], trials=4000, seed=4)
    line = found.table.loc["effect 0.1"]
    assert line["bias_stopped"] > 10 * line["bias_stopped_error"]
    assert line["size"] < 1800
    assert line["right"] + line["wrong"] == pytest.approx(line["stops"])
    assert "20 looks" in found.sentence() and "rather than the 2%" in found.sentence()


def test_trials_are_followed_as_one_by_one():
    plan = Looks(50, ProbabilityAbove(0.9), 300)
    outcome = Proportions(0.4)
    tally = outcome.simulate(np.full(60, 0.05), plan.batches, np.random.default_rng(5))
    ends = follow(plan, outcome, tally, 0.9)
    for trial in range(60):
        for look in range(6):
            one = Tally(*(part[trial, look] for part in (tally.size, tally.total, tally.rest)))
            above = outcome.belief(one).above()
            if max(above, 1 - above) > 0.9:
                break
        assert ends.look[trial] == look
        assert ends.mean[trial] == pytest.approx(float(outcome.belief(one).mean))


def test_ten_thousand_trials_of_fifty_looks_are_quick():
    from time import process_time

    start = process_time()
    plan = Looks(100, ProbabilityAbove(0.99), 5000)
    outcome = Proportions(0.1)
    tally = outcome.simulate(np.zeros(10_000), plan.batches, np.random.default_rng(6))
    follow(plan, outcome, tally, 0.95)
    assert process_time() - start < 5
