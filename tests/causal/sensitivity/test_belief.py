import numpy as np
import pytest

import bayesinf as bi
from causal.sensitivity.belief import Beta, Exactly, Uniform, as_belief, draw_strength

RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("belief", "mean", "sd"),
    [
        (Beta(2, 6), 0.25, np.sqrt(12 / 64 / 9)),
        (Uniform(1, 3), 2.0, np.sqrt(4 / 12)),
        (bi.HalfNormal(1.0), np.sqrt(2 / np.pi), np.sqrt(1 - 2 / np.pi)),
    ],
)
def test_draws_have_the_moments_of_the_belief(belief, mean, sd, within):
    drawn = as_belief(belief).sample(np.random.default_rng(3), (4, 5000))
    assert drawn.shape == (4, 5000)
    assert within(drawn.mean(), mean, sd / np.sqrt(drawn.size))
    assert drawn.std() == pytest.approx(sd, rel=0.05)


def test_a_number_is_believed_exactly():
    assert as_belief(2) == Exactly(2.0)
    assert (Exactly(0.3).sample(RNG, (2, 3)) == 0.3).all()


@pytest.mark.parametrize("given", ["much", None, True, float("nan")])
def test_what_is_no_belief_is_refused(given):
    with pytest.raises(bi.ModelError):
        as_belief(given)


@pytest.mark.parametrize("make", [lambda: Beta(0, 1), lambda: Uniform(2, 1)])
def test_impossible_beliefs_are_refused(make):
    with pytest.raises(bi.ModelError):
        make()


def test_a_strength_out_of_range_is_refused_with_the_range():
    with pytest.raises(bi.ModelError, match=r"share lies between 0 and 1; .* from 2 to 2"):
        draw_strength(Exactly(2.0), "share", RNG, (2, 2), 1.0)
    with pytest.raises(bi.ModelError, match="lies between 0"):
        draw_strength(bi.Normal(0, 1), "share", RNG, (20, 2), 1.0)
