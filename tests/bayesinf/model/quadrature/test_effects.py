"""Group effects given everything else, against their conditional density on a fine grid."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.family import Known
from bayesinf.model.density import evidence_of
from bayesinf.model.layout import read_layout
from bayesinf.model.quadrature.effects import draw_effects
from bayesinf.model.quadrature.value import find_centre, integrand
from tests.bayesinf.model.quadrature.grouped import model
from tests.conftest import within

DRAWS = 6000


def on_a_grid(one: bi.Model, point: np.ndarray, level: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of one group's effects (grid, effect) and their probabilities, given a point."""
    whole, evidence = integrand(one), evidence_of(one)
    values = read_layout(whole.rows.signature.layout, point)
    scale = values.sds[0][:, None] * values.correlations[0]
    own = evidence.codes[0] == level
    axes = [np.linspace(-6, 6, 241)] * len(scale)
    standard = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(scale))
    effects = standard @ scale.T
    fixed = (evidence.population @ values.coefficients + evidence.offset)[own]
    eta = fixed + effects @ evidence.varying[0][own].T
    names = whole.rows.signature.layout.parameters
    parameters = dict(zip(names, values.parameters[:, None], strict=True))
    trials = None if evidence.trials is None else evidence.trials[own]
    rows = one.family.log_density(evidence.response[own], eta, parameters, Known(trials))
    height = rows @ evidence.weights[own] - 0.5 * (standard**2).sum(1)
    density = np.exp(height - height.max())
    return effects, density / density.sum()


@pytest.mark.parametrize("name", ["logit", "negative binomial", "poisson slopes", "student"])
def test_every_group_has_its_conditional_moments(name: str) -> None:
    one = model(name)
    whole = integrand(one)
    size = whole.rows.size
    point = np.random.default_rng(4).normal(0, 0.5, size)
    centre = find_centre(whole, point, 0.1 * np.eye(size))
    drawn = draw_effects(whole, centre, 4, np.tile(point, (DRAWS, 1)), bi.Streams(3))
    assert drawn.acceptance > 0.7
    assert drawn.still < 2e-3
    for level in range(5):
        effects, density = on_a_grid(one, point, level)
        mean = density @ effects
        variance = density @ (effects - mean) ** 2
        fourth = density @ (effects - mean) ** 4
        found = drawn.effects[:, level]
        within(found.mean(0), mean, np.sqrt(variance / DRAWS), times=4.5)
        error = np.sqrt((fourth - variance**2) / DRAWS)
        within(((found - mean) ** 2).mean(0), variance, error, times=4.5)


def test_levels_without_rows_are_drawn_from_their_prior() -> None:
    from tests.bayesinf.model.quadrature.grouped import frame

    rows = frame()
    one = model("poisson").on(rows[rows["g"] != "g2"])
    whole = integrand(one)
    point = np.zeros(whole.rows.size)
    centre = find_centre(whole, point, 0.1 * np.eye(len(point)))
    drawn = draw_effects(whole, centre, 4, np.tile(point, (DRAWS, 1)), bi.Streams(3))
    empty = drawn.effects[:, 2, 0]
    within(empty.mean(), 0.0, 1 / np.sqrt(DRAWS))
    within(empty.var(), 1.0, np.sqrt(2 / DRAWS))


def test_the_same_seed_gives_the_same_effects() -> None:
    one = model("logit slopes")
    whole = integrand(one)
    points = np.random.default_rng(4).normal(0, 0.3, (700, whole.rows.size))
    centre = find_centre(whole, np.zeros(whole.rows.size), 0.3 * np.eye(whole.rows.size))
    first, second = (
        draw_effects(whole, centre, 2, points, bi.Streams(3)).effects for _ in range(2)
    )
    assert np.array_equal(first, second)
