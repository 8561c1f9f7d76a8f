"""Effects of rows on the Infant Health and Development Program's simulated outcomes.

Truth and targets: Hill (2011), JCGS 20, with the generator of vdorie/npci (setting A); published
root PEHE in the sample on 1,000 realisations: BART 2.1, TARNet .88, CFR .71 (Shalit, Johansson and
Sontag 2017, Table 1). On these eight realisations, by our own runs: BART .64 with 80 % of the rows'
effects in their 95 % intervals, an interacted linear model .73 with 92 %.
"""

from itertools import islice

import numpy as np
import pytest

from benchmarks.coverage_observational import read_ihdp, score
from causal.estimators.smooth_forest import SmoothForest

FIRST = 8


@pytest.mark.slow
def test_the_first_eight_realisations_have_small_errors_and_honest_intervals(shared_data):
    sets = islice(read_ihdp(shared_data / "causal"), FIRST)
    lines = [score(data, SmoothForest(), seed=k) for k, data in enumerate(sets)]
    assert np.mean([line.pehe for line in lines]) < 0.55
    assert np.mean([line.row_coverage for line in lines]) > 0.93
    assert sum(line.lower <= 0 <= line.upper for line in lines) >= FIRST - 1
