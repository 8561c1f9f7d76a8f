"""Approximations put right by importance weights, and those that must not be."""

from __future__ import annotations

import numpy as np
import pytest

from bayesinf.errors import SamplingError
from bayesinf.numerics.certified import Request
from bayesinf.numerics.correction import StandIn, seek_correction
from bayesinf.numerics.diagnostics import mcse_mean
from bayesinf.numerics.guides import guide_named
from bayesinf.numerics.pathfinder import Pool, find_paths
from bayesinf.numerics.random import Streams
from bayesinf.numerics.variational import Frame, Search, fit_guide
from tests.bayesinf.numerics.targets import Normal, banana, funnel, half_line, look, starts
from tests.conftest import within

REQUEST = Request(4, 1000, Streams(2), batch=1000)


class Displaced:
    """A normal approximation that stands beside its target and is too narrow."""

    size = 3

    def __init__(self, normal: Normal, shift: float, width: float) -> None:
        sds = np.sqrt(np.diagonal(normal.covariance))
        self.mean = normal.mean + shift * sds
        self.factor = width * np.linalg.cholesky(normal.covariance)

    def draw(self, rng, n, noise):
        z = noise.sample(rng, n)
        log_det = np.log(np.diagonal(self.factor)).sum()
        return self.mean + z @ self.factor.T, noise.log_density(z) - log_det


def test_a_slightly_wrong_approximation_is_put_right() -> None:
    normal = Normal.of(3)
    found = seek_correction(normal.landscape.values, Displaced(normal, 0.2, 0.9), REQUEST)
    assert found.points is not None and found.points.shape == (4, 1000, 3)
    assert found.certificate.agrees and not found.doubt
    within(found.points.mean((0, 1)), normal.mean, mcse_mean(found.points))
    products = (found.points - normal.mean) ** 2
    within(products.mean((0, 1)), np.diagonal(normal.covariance), mcse_mean(products))


def test_the_exact_density_has_no_tail_of_weights() -> None:
    normal = Normal.of(3)
    found = seek_correction(normal.landscape.values, Displaced(normal, 0.0, 1.0), REQUEST)
    assert found.points is not None
    assert found.certificate.acceptance_rate > 0.999


def test_a_wrong_approximation_is_not() -> None:
    normal = Normal.of(3)
    found = seek_correction(normal.landscape.values, Displaced(normal, 2.0, 0.4), REQUEST)
    assert found.points is None
    assert "k-hat" in found.doubt


@pytest.mark.parametrize("density", [funnel, banana])
@pytest.mark.parametrize("method", ["pathfinder", "mean-field", "full-rank", "low-rank"])
def test_normals_are_certified_neither_on_a_funnel_nor_on_a_banana(density, method: str) -> None:
    data, size = {"sd": np.array(3.0 if density is funnel else 2.0)}, 2 if density is banana else 6
    land = look(density, data, size)
    paths = find_paths(land, starts(size), np.random.default_rng(0))
    stand_in: StandIn = Pool(tuple(path.normal for path in paths.kept))
    if method != "pathfinder":
        guide, normal = guide_named(method, size), paths.best.normal
        frame = Frame(normal.mean, normal.root() if guide.dense else normal.conditional_sds())
        stand_in = fit_guide(density, data, guide, frame, Search(3000, 32, 0.05), 1)
    found = seek_correction(land.values, stand_in, REQUEST)
    assert found.points is None
    assert max(found.certificate.k_hats) > 0.5 or found.certificate.ess < 400


def test_a_target_that_is_zero_everywhere_is_an_error() -> None:
    land = look(half_line, {"rate": np.array(1.0)}, 1)

    class Outside(Displaced):
        size = 1

        def __init__(self) -> None:
            self.mean, self.factor = np.array([-50.0]), np.array([[0.01]])

    with pytest.raises(SamplingError, match="-inf"):
        seek_correction(land.values, Outside(), REQUEST)
