"""From the integral over flat vectors to the evidence, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bayesinf as bi
from bayesinf.model.normalisation import evidence_offset

FRAME = {"y": np.array([1.0, 2.0, 4.0, 3.0, 2.5]), "x": np.arange(5.0)}


def test_units_enter_by_their_logarithm() -> None:
    model = bi.model("y ~ x", FRAME)
    width = np.array([2.0, 3.0, 0.5])
    assert evidence_offset(model, width) == pytest.approx(np.log(3.0))


def test_a_prior_that_is_cut_off_is_normalised_above_its_bound() -> None:
    """Degrees of freedom lie above 1, whatever their prior says."""
    model = bi.model("y ~ x", FRAME, "student_t", priors={"nu": bi.Gamma(2, 0.8)})
    width = np.ones(model.layout.size)
    above = stats.gamma(2, scale=1 / 0.8).sf(1.0)
    assert evidence_offset(model, width) == pytest.approx(-np.log(above), abs=1e-9)


def test_an_improper_prior_leaves_none() -> None:
    model = bi.model("y ~ x", FRAME, priors={"x": bi.Flat()})
    assert evidence_offset(model, np.ones(3)) is None
