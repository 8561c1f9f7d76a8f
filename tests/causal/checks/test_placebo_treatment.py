import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.checks import PlaceboTreatment
from causal.checks.placebo_treatment import judge_centre, judge_spread, shuffle
from causal.refits import Refits

STREAMS = bi.Streams(1)


@pytest.fixture(scope="module")
def found() -> causal.Estimate:
    rng = np.random.default_rng(1)
    t = np.tile([0.0, 1.0, 1.0, 0.0], 30)
    block = np.repeat(["a", "b"], 60)
    frame = pd.DataFrame({"y": t + rng.normal(size=120), "t": t, "block": block, "same": t})
    return causal.estimate(frame, "y", "t", adjust=[], seed=1)


def test_shuffling_keeps_the_counts_of_every_block():
    rng = np.random.default_rng(2)
    received, blocks = rng.random(60) < 0.4, rng.integers(3, size=60)
    shuffled = [shuffle(received, blocks, rng) for _ in range(50)]
    for block in range(3):
        counts = {int(row[blocks == block].sum()) for row in shuffled}
        assert counts == {int(received[blocks == block].sum())}
    # Every row has its turn, and as often as the share of its block says.
    chosen = np.mean(shuffled, axis=0)
    for block in range(3):
        share = received[blocks == block].mean()
        assert np.abs(chosen[blocks == block] - share).max() < 0.35


def test_blocks_are_kept(found):
    run = PlaceboTreatment(refits=10, within=("block",)).run(found, STREAMS)
    assert len(run.refits) == 10
    with pytest.raises(bi.DataError, match="nothing to shuffle"):
        PlaceboTreatment(within=("same",)).run(found, STREAMS)
    with pytest.raises(bi.DataError, match="'nowhere'"):
        PlaceboTreatment(within=("nowhere",)).run(found, STREAMS)


def refits(centre: float, spread: float, sd: float = 1.0) -> Refits:
    noise = np.random.default_rng(3).normal(size=50)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    return Refits(tuple(range(50)), centre + spread * noise, np.full(50, sd), "By hand.")


def test_a_centre_off_zero_is_judged_by_the_posterior_sd(found):
    sd = found.draws.std()
    assert judge_centre(found, refits(0.0, sd)).severity == "good"
    assert judge_centre(found, refits(0.2 * sd, 0.1 * sd)).severity == "good"
    assert judge_centre(found, refits(0.5 * sd, 0.1 * sd)).severity == "warning"
    assert judge_centre(found, refits(2.0 * sd, 0.1 * sd)).severity == "bad"


def test_a_posterior_that_is_too_sure_is_found():
    assert judge_spread(refits(0, 1.0)).severity == "good"
    assert judge_spread(refits(0, 1.5)).severity == "warning"
    assert judge_spread(refits(0, 3.0)).severity == "bad"


def test_rows_that_hang_together_go_unseen_as_the_finding_says():
    rng = np.random.default_rng(5)
    group = np.repeat(rng.normal(size=40), 10)
    t = np.repeat(rng.permutation(40) < 20, 10)
    frame = pd.DataFrame({"y": group + 0.1 * rng.normal(size=400), "t": t.astype(int)})
    found = causal.estimate(frame, "y", "t", adjust=[], seed=1)
    finding = PlaceboTreatment().run(found, STREAMS).findings[1]
    assert finding.severity == "good"
    assert "cannot detect rows that hang together" in finding.sentence
