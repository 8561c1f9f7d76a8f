import numpy as np
import pytest

import bayesinf as bi
from causal.sequential.beliefs import BetaBelief
from causal.sequential.looks import ExpectedLossBelow, Looks, ProbabilityAbove


def test_looks_end_at_the_horizon():
    plan = Looks(300, ProbabilityAbove(0.99), 1000, share=0.25)
    assert plan.sizes.tolist() == [300, 600, 900, 1000]
    assert plan.batches.sum() == 1000
    assert plan.batches[0].tolist() == [75, 225]


@pytest.mark.parametrize("stop", [ProbabilityAbove(0.95), ExpectedLossBelow(0.01)])
def test_the_quick_way_misses_no_stop(stop, generator):
    size = generator.integers(10, 300, (4000, 2))
    wins = generator.binomial(size, generator.random((4000, 1)) * 0.3)
    belief = BetaBelief(1.0 + wins, 1.0 + size - wins)
    above = belief.above()
    exact = (
        np.maximum(above, 1 - above) > 0.95
        if isinstance(stop, ProbabilityAbove)
        else belief.loss() < 0.01
    )
    assert np.array_equal(stop.reached(belief), exact)
    assert 0.05 < exact.mean() < 0.95


def test_plans_that_make_no_sense_are_refused():
    for wrong in (
        lambda: ProbabilityAbove(0.4),
        lambda: ExpectedLossBelow(0),
        lambda: Looks(100, ProbabilityAbove(0.9), 50),
        lambda: Looks(3, ProbabilityAbove(0.9), 50),
    ):
        with pytest.raises(bi.ModelError):
            wrong()
