import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.checks import NegativeControl

STREAMS = bi.Streams(1)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    size = 800
    x, u = rng.normal(size=(2, size))
    t, other = (rng.random(size) < 1 / (1 + np.exp(-x - 1.5 * u)) for _ in range(2))
    y = 0.5 * t + x + 1.5 * u + rng.normal(size=size)
    return pd.DataFrame({"y": y, "t": t.astype(int), "x": x, "u": u, "other": other.astype(int)})


def test_a_common_cause_of_both_treatments_is_found(frame):
    hidden = causal.estimate(frame, "y", "t", adjust=["x"], seed=1)
    (finding,) = NegativeControl("other").run(hidden, STREAMS).findings
    assert finding.severity == "bad"
    known = causal.estimate(frame, "y", "t", adjust=["x", "u"], seed=1)
    assert NegativeControl("other").run(known, STREAMS).findings[0].severity in ("good", "note")


def test_it_is_the_study_of_the_other_treatment_that_adjusts_for_the_real_one(frame, within):
    found = causal.estimate(frame, "y", "t", adjust=["x"], seed=1)
    refits = NegativeControl("other").run(found, STREAMS).refits
    single = causal.estimate(frame, "y", "other", adjust=["x", "t"], seed=2).draws
    assert within(refits.means[0], single.mean(), 2 * single.std() / np.sqrt(single.size), 8)
    assert refits.sds[0] == pytest.approx(single.std(), rel=0.1)


def test_a_column_of_the_study_is_no_control(frame):
    found = causal.estimate(frame, "y", "t", adjust=["x"], seed=1)
    assert "uses 'x' already" in NegativeControl("x").refuses(found)


def test_a_column_of_many_levels_is_refused(frame):
    found = causal.estimate(frame, "y", "t", adjust=["x"], seed=1)
    with pytest.raises(bi.DataError, match="levels"):
        NegativeControl("u").run(found, STREAMS)
