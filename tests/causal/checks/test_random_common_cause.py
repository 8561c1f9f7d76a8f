import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.checks import RandomCommonCause
from causal.checks.random_common_cause import judge_moves
from causal.refits import Refits


@pytest.fixture(scope="module")
def found() -> causal.Estimate:
    rng = np.random.default_rng(1)
    t = np.arange(200) % 2
    frame = pd.DataFrame({"y": t + rng.normal(size=200), "t": t})
    return causal.estimate(frame, "y", "t", adjust=[], seed=1)


def test_noise_moves_an_average_of_many_rows_hardly(found):
    (finding,) = RandomCommonCause().run(found, bi.Streams(1)).findings
    # A column of noise moves a coefficient by about its error over the root of the rows.
    assert finding.evidence["share_of_sd"] == pytest.approx(1 / np.sqrt(200), rel=0.5)
    assert finding.severity == "good"


@pytest.mark.parametrize(("move", "severity"), [(0.1, "good"), (0.5, "warning"), (2.0, "bad")])
def test_moves_are_judged_by_the_posterior_sd(found, move, severity):
    effect, sd = found.draws.mean(), found.draws.std()
    refits = Refits((1, 2), effect + sd * np.array([move, -move]), np.ones(2), "By hand.")
    assert judge_moves(found, refits).severity == severity
