import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.checks import Subsets
from causal.checks.subsets import part_of

STREAMS = bi.Streams(1)


def frame(size: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    t = np.arange(size) % 2
    return pd.DataFrame({"y": t + rng.normal(size=size), "t": t})


def test_parts_take_the_same_share_of_both_arms():
    received = np.arange(100) < 30
    kept = part_of(received, 0.5, np.random.default_rng(1))
    assert (kept[received].sum(), kept[~received].sum()) == (15, 35)


def test_a_sound_answer_scatters_as_it_says():
    found = causal.estimate(frame(), "y", "t", adjust=[], seed=1)
    evidence = Subsets(share=0.5, refits=200).run(found, STREAMS).findings[0].evidence
    assert evidence["ratio"] == pytest.approx(1, abs=4 / np.sqrt(400))


def test_an_answer_that_few_rows_carry_is_found():
    rows = frame()
    rows.loc[1, "y"] = 5000.0
    found = causal.estimate(rows, "y", "t", adjust=[], priors={"sigma": bi.HalfNormal(1.0)}, seed=1)
    (finding,) = Subsets().run(found, STREAMS).findings
    assert finding.severity == "bad"
    assert finding.remedy


@pytest.mark.parametrize("share", [0, 1, 1.5, float("nan")])
def test_a_share_that_leaves_nothing_or_all_is_refused(share):
    with pytest.raises(bi.ModelError, match="between 0 and 1"):
        Subsets(share=share)
