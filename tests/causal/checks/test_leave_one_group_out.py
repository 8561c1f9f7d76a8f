import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.checks import LeaveOneGroupOut

STREAMS = bi.Streams(1)


def estimate(extra: float) -> causal.Estimate:
    """Ten sites, of which the last has a larger effect."""
    rng = np.random.default_rng(1)
    t, site = np.arange(600) % 2, np.repeat(np.arange(10), 60)
    y = (0.5 + extra * (site == 9)) * t + rng.normal(size=600)
    frame = pd.DataFrame({"y": y, "t": t, "site": site, "row": np.arange(600)})
    return causal.estimate(frame, "y", "t", adjust=[], seed=1)


def test_sites_that_are_alike_pass():
    run = LeaveOneGroupOut("site").run(estimate(0), STREAMS)
    assert run.refits.labels == tuple(range(10))
    assert run.findings[0].severity == "good"


def test_a_site_that_carries_the_answer_is_named():
    found = estimate(12.0)
    (finding,) = LeaveOneGroupOut("site").run(found, STREAMS).findings
    assert finding.severity == "bad"
    assert "'site' = 9" in finding.sentence
    assert finding.evidence["move"] == pytest.approx(0.5 - found.draws.mean(), abs=0.3)


def test_each_refit_is_that_of_the_other_rows(within):
    found = estimate(1.0)
    refits = LeaveOneGroupOut("site").run(found, STREAMS).refits
    rest = found.frame[found.frame["site"] != 3]
    single = causal.estimate(rest, "y", "t", adjust=[], seed=2).draws
    assert within(refits.means[3], single.mean(), single.std() / np.sqrt(single.size), 5)
    assert refits.sds[3] == pytest.approx(single.std(), rel=0.05)


@pytest.mark.parametrize("column", ["row", "one"])
def test_amounts_and_constants_are_no_groups(column):
    found = estimate(0)
    found.frame["one"] = 1
    with pytest.raises(bi.DataError, match="levels"):
        LeaveOneGroupOut(column).run(found, STREAMS)
