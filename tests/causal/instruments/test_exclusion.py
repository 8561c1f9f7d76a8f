import numpy as np
import pytest

from causal.instruments import collect_moments, plausibly_exogenous, two_stage_least_squares
from tests.causal.instruments.made import rows


def test_a_known_direct_effect_is_taken_out(generator):
    # 2SLS of the outcome less the direct effects is 2SLS moved by the formula.
    y, t, z = rows(generator, count=2)
    direct = np.array([0.3, -0.1])
    named = {"a": z[:, 0], "b": z[:, 1]}
    dirty = collect_moments(y + z @ direct, t[:, None], named, np.empty((400, 0)))
    clean = collect_moments(y, t[:, None], named, np.empty((400, 0)))
    effect, wanted = (two_stage_least_squares(m)[0][:1][None] for m in (dirty, clean))
    first = (dirty.rotation @ dirty.reduced[:, 0])[None, None]
    centred = z - z.mean(axis=0)
    moved = plausibly_exogenous(effect, first, direct, centred.T @ centred)
    assert moved == pytest.approx(wanted)


def test_doubt_about_exclusion_widens_the_posterior(generator):
    effect = 1 + 0.1 * generator.normal(size=(4, 1000))
    first = np.full((4, 1000, 1), 0.5)
    direct = 0.2 * generator.normal(size=(4, 1000, 1))
    moved = plausibly_exogenous(effect, first, direct)
    assert moved.std() == pytest.approx(np.hypot(0.1, 0.4), rel=0.05)
    assert moved.mean() == pytest.approx(1, abs=0.03)
