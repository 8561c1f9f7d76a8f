"""Effects that could be in two places are noticed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.model.latent.approximate import approximate
from bayesinf.model.latent.rows import latent_rows
from bayesinf.model.latent.second_modes import has_two_peaks, second_modes


def rows(apart: float) -> pd.DataFrame:
    """Twelve ordinary levels, and one of which half the rows lie `apart` from the others."""
    rng = np.random.default_rng(5)
    ordinary = [
        (f"g{j:02}", centre + 0.5 * error)
        for j, centre in enumerate(2 * rng.normal(size=12))
        for error in rng.standard_t(3, 12)
    ]
    torn = [("z", s * apart / 2 + v) for s in (-1, 1) for v in np.linspace(-0.5, 0.5, 6)]
    return pd.DataFrame([*ordinary, *torn], columns=["g", "y"])


@pytest.mark.parametrize(("apart", "torn"), [(6.0, True), (0.5, False)])
def test_a_torn_level_is_named(apart: float, torn: bool) -> None:
    model = bi.model("y ~ 1 + (1 | g)", rows(apart), family="student_t")
    found = second_modes(latent_rows(model), approximate(latent_rows(model)).evidence.conditional)
    assert [place.level for place in found] == ([12] if torn else [])
    fit = bi.fit(model, engine="hmc", seed=2)
    assert fit.verdict.ok != torn
    assert ("level 'z' of 'g'" in str(fit.verdict)) == torn


def test_a_concave_likelihood_has_one_mode() -> None:
    model = bi.model("y ~ 1 + (1 | g)", rows(6.0))
    top = approximate(latent_rows(model)).evidence.conditional
    assert second_modes(latent_rows(model), top) == []


def test_two_peaks_need_a_dip_and_a_worthy_second() -> None:
    x = np.linspace(-5, 5, 101)
    one = -0.5 * x**2
    two = np.logaddexp(-0.5 * (x - 3) ** 2, -0.5 * (x + 3) ** 2)
    low = np.logaddexp(-0.5 * (x - 3) ** 2, -0.5 * (x + 3) ** 2 - 20)
    shallow = np.logaddexp(-0.5 * (x - 1.2) ** 2, -0.5 * (x + 1.2) ** 2)
    assert has_two_peaks(np.array([one, two, low, shallow])).tolist() == [False, True, False, False]
