"""Paths as an engine: corrected where that is honest, labelled where not."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.numerics.random import Streams
from tests.bayesinf.engines.on_request import codes, compiles_once, evidence, frame, run, stop_after
from tests.conftest import within


def test_certified_paths_give_the_posterior() -> None:
    posterior = run(bi.Pathfinder(), "b ~ x", "bernoulli")
    reference = run(bi.Laplace(), "b ~ x", "bernoulli")
    assert codes(posterior, "good") >= {"k-hat", "r-hat"}
    assert evidence(posterior, "paths")["paths"] == 8
    one, other = (bi.Fit(found).summary() for found in (posterior, reference))
    within(one["mean"], other["mean"], np.hypot(one["mcse"], other["mcse"]))


def test_paths_through_groups_are_labelled_approximate() -> None:
    posterior = run(bi.Pathfinder(draws=400), "z ~ x + (1 | g)")
    (finding,) = posterior.verdict.of("bad")
    assert finding.code == "approximate" and finding.evidence["k_hat"] > 0.5
    drawn = posterior.values.coefficients.reshape(-1, 2)
    assert len(np.unique(drawn, axis=0)) == 400, "picked without replacement"
    # Approximate is not wrong: the slope is where the exact fit has it, within an sd.
    exact = run(bi.Marginal(), "z ~ x + (1 | g)").values.coefficients[..., 1]
    assert abs(drawn[:, 1].mean() - exact.mean()) < exact.std()


def test_one_path_says_that_it_knows_nothing_of_others() -> None:
    posterior = run(bi.Pathfinder(paths=1), "b ~ x", "bernoulli")
    finding = next(found for found in posterior.verdict.of("warning") if found.code == "paths")
    assert "One path" in finding.sentence and "bi.Pathfinder(paths=8)" in finding.remedy


def test_an_interrupt_keeps_the_paths_so_far() -> None:
    model = bi.model("z ~ x + (1 | g)", frame())
    posterior = bi.Pathfinder(draws=400).run(model, Streams(1), stop_after(4))
    assert "interrupted" in codes(posterior, "warning")
    assert evidence(posterior, "paths")["steps"] <= 5
    assert posterior.values.shape == (4, 100)


def test_a_second_fit_compiles_nothing() -> None:
    assert compiles_once(bi.Pathfinder(draws=400))


@pytest.mark.parametrize("settings", [{"paths": 0}, {"draws": 0}])
def test_settings_are_checked(settings: dict[str, int]) -> None:
    with pytest.raises(bi.ModelError, match="at least 1"):
        bi.Pathfinder(**settings)
