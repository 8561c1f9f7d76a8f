"""Group models as latent Gaussian models, against dense densities and numerical derivatives."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.model.density import evidence_of, joint_density, signature_of
from bayesinf.model.latent import GroupField, approximate, latent_rows
from bayesinf.model.latent.evidence import weigh
from bayesinf.model.latent.hyper import hyper_layout, read_hyper
from bayesinf.model.marginal import marginal_density, marginal_evidence, marginal_signature


@cache
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 96
    a, b = rng.integers(0, 12, n), np.arange(n) % 6
    x, w = rng.normal(size=n), rng.uniform(0.5, 2.0, n)
    eta = 0.3 + 0.5 * x + rng.normal(0, 0.7, 12)[a] * (1 + 0.5 * x) + rng.normal(0, 0.4, 6)[b]
    return pd.DataFrame(
        {
            "x": x,
            "w": w,
            "a": [f"a{k}" for k in a],
            "b": [f"b{k}" for k in b],
            "y": eta + rng.normal(0, 0.6, n),
            "k": rng.poisson(np.exp(np.clip(eta, None, 3))),
            "z": (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int),
            "m": 5,
            "s": rng.binomial(5, 1 / (1 + np.exp(-eta))),
        }
    )


MODELS = {
    "one factor": ("z ~ x + (1 | a)", "bernoulli"),
    "correlated slopes": ("k ~ x + (x | a) + (1 | b)", "poisson"),
    "independent slopes": ("k ~ x + offset(log(w)) + (x || a)", "negative_binomial"),
    "crossed, weighted": ("y | weights(w) ~ x + (1 | a) + (x | b)", "gaussian"),
    "trials": ("s | trials(m) ~ x + (1 | a) + (1 | b)", "binomial"),
    "robust": ("y ~ x + (1 | a)", "student_t"),
}


@cache
def model(name: str) -> bi.Model:
    formula, family = MODELS[name]
    return bi.model(formula, frame(), family, priors={"x": bi.StudentT(4, 0, 1)})


@cache
def field(name: str) -> GroupField:
    return GroupField(approximate(latent_rows(model(name))))


# Student's t is not log-concave: rows that bend upwards count as flat, so its slope is a direction.
@pytest.mark.parametrize("name", [name for name in MODELS if name != "robust"])
def test_the_slope_of_the_evidence_is_its_difference(name):
    rows = latent_rows(model(name))
    top = field(name)._approximation.evidence
    flat = top.flat + np.linspace(0.1, -0.1, len(top.flat))
    here = weigh(rows, flat, top.conditional.latents)
    latents, step = here.conditional.latents, 1e-4
    for k, slope in enumerate(here.slope):
        move = step * np.eye(len(flat))[k]
        ahead, behind = weigh(rows, flat + move, latents), weigh(rows, flat - move, latents)
        numerical = (ahead.value - behind.value) / (2 * step)
        # A Student prior on a coefficient bends too, which the slope leaves out.
        assert slope == pytest.approx(numerical, rel=2e-3, abs=2e-2)
        moved = (ahead.conditional.latents - behind.conditional.latents) / (2 * step)
        np.testing.assert_allclose(here.response[:, k], moved, atol=2e-3)


def test_for_gaussian_rows_the_evidence_is_exact():
    gaussian = bi.model("y ~ x + (x | a)", frame())
    rows = latent_rows(gaussian)
    density = marginal_density(marginal_signature(gaussian))
    evidence, _ = marginal_evidence(gaussian)
    flats = rows.usual + np.random.default_rng(2).normal(0, 0.5, (5, len(rows.usual)))
    ours = np.array([weigh(rows, flat, np.zeros(rows.size)).value for flat in flats])
    exact = np.asarray(density(flats, evidence))
    np.testing.assert_allclose(ours, exact, rtol=1e-9)


@pytest.mark.parametrize("name", MODELS)
def test_the_mode_is_a_mode(name):
    approximation = field(name)._approximation
    slope = approximation.evidence.slope
    assert np.sqrt(slope @ approximation.covariance @ slope) < 0.02
    assert approximation.agree


@pytest.mark.parametrize("name", MODELS)
def test_the_field_is_the_joint_density(name):
    """Up to a constant: the field's value is the joint density times the maps' determinants."""
    own, points = field(name), np.random.default_rng(3).normal(0, 1.3, (field(name).size, 7))
    rows, layout = own.rows, model(name).layout
    latents, flat = own.unwhiten(points)
    hyper = read_hyper(rows, flat.T)
    effects, placements = own.decentre(latents, hyper)
    parts = {"coefficients": effects[rows.effects :].T}
    volume, place = np.zeros(points.shape[1]), 0
    for factor, placement in zip(rows.factors, placements, strict=True):
        levels, q = factor.shape.levels, factor.shape.effects
        u = effects[place : place + factor.size].T.reshape(-1, levels, q)
        place += factor.size
        scale = hyper.scale(factor.place)
        parts[f"raw{factor.place}"] = np.linalg.solve(scale[:, None], u[..., None])[..., 0]
        volume += placement.log_determinant() - levels * np.linalg.slogdet(scale)[1]
    volume += np.log(own._skew.slopes(points[rows.size :])).sum(0)
    hypers, pieces = hyper_layout(rows), [parts["coefficients"], flat.T[:, : len(rows.parameters)]]
    for k in range(len(layout.groups)):
        pieces += [flat.T[:, hypers.own(k)], parts[f"raw{k}"].reshape(points.shape[1], -1)]
    joint = joint_density(signature_of(model(name)))(
        np.concatenate(pieces, axis=1), evidence_of(model(name))
    )
    difference = own.values(points) - (np.asarray(joint) + volume)
    np.testing.assert_allclose(difference, difference[0], atol=1e-7)


@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_of_the_field_is_its_difference(name):
    own = field(name)
    points = np.random.default_rng(4).normal(0, 1.2, (own.size, 3))
    gradient, step = own.gradients(points), 1e-5
    chosen = np.unique(np.linspace(0, own.size - 1, 25).astype(int))
    for k in chosen:
        move = step * np.eye(own.size)[:, [k]]
        numerical = (own.values(points + move) - own.values(points - move)) / (2 * step)
        np.testing.assert_allclose(gradient[k], numerical, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(own.both(points)[1], gradient)


@pytest.mark.parametrize("name", MODELS)
def test_the_field_is_nearly_a_standard_normal(name):
    own = field(name)
    points = np.random.default_rng(6).normal(size=(own.size, 200))
    pull = np.corrcoef(own.gradients(points).ravel(), -points.ravel())[0, 1]
    assert pull > 0.85
