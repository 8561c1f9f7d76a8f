import numpy as np
import pytest
from scipy import special

import bayesinf as bi
from causal.instruments import (
    collect_moments,
    draw_exactly_identified,
    draw_structure,
    limited_information,
    log_weight,
    two_stage_least_squares,
)
from causal.instruments.posterior import draw_covariance, draw_first_stage
from tests.causal.instruments.made import moments, rows

SHARES = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])


def same_quantiles(draws, others, times=4.0):
    """Whether two independent samples have the same quantiles, by the shares below the others'."""
    cuts = np.quantile(others, SHARES)
    below = np.array([np.mean(draws < cut) for cut in cuts])
    error = np.sqrt(SHARES * (1 - SHARES) * (1 / len(draws) + 1 / len(others)))
    return bool(np.all(np.abs(below - SHARES) < times * error))


@pytest.mark.parametrize("strength", [0.02, 0.1, 0.6])
def test_one_instrument_is_the_ratio_of_what_it_does_to_both(generator, strength):
    found = moments(generator, strength=strength)
    drawn = draw_structure(found, bi.Flat(), generator, 8_000)
    ratio, first = draw_exactly_identified(found, generator, 8_000)
    assert same_quantiles(drawn.effect, ratio[:, 0])
    assert same_quantiles(drawn.first_stage[:, 0], first[:, 0, 0])
    assert np.isfinite(drawn.effect).all()


def test_a_strong_instrument_is_centred_at_two_stages(generator, within):
    found = moments(generator)
    estimate, error = (float(part[0]) for part in two_stage_least_squares(found))
    effect = draw_structure(found, bi.Flat(), generator, 8_000).effect
    assert within(np.mean(effect < estimate), 0.5, 0.5 / np.sqrt(8_000))
    assert np.std(effect) == pytest.approx(error, rel=0.15)


@pytest.mark.parametrize("prior", [bi.Flat(), bi.Normal(0, 1)])
def test_several_instruments_against_importance_sampling(generator, prior):
    # The whole density, written without angles or sweeps: noise and effect from a wide proposal,
    # the first stage integrated by the normal's mean length, in few rows so that all matters.
    found = moments(generator, size=30, count=3, strength=0.3)
    drawn = draw_structure(found, prior, generator, 8_000).effect
    size = 200_000
    noise = draw_covariance(np.broadcast_to(found.noise, (size, 2, 2)), found.degrees, generator)
    effect = limited_information(found) + 0.6 * generator.standard_cauchy(size)
    inverse = np.linalg.inv(noise)
    a = np.stack([np.ones(size), effect], axis=-1)
    weight = np.einsum("di,dij,dj->d", a, inverse, a)
    mean = np.einsum("ki,dij,dj->dk", found.reduced, inverse, a) / weight[:, None]
    explained = weight * (mean**2).sum(axis=1)
    length = np.sqrt(2) * np.exp(special.gammaln(2) - special.gammaln(1.5))
    length = length * special.hyp1f1(-0.5, 1.5, -explained / 2) / np.sqrt(weight)
    log_density = (
        -0.5 * np.einsum("dij,ij->d", inverse, found.signal)
        + 0.5 * explained
        - 1.5 * np.log(weight)  # the normal's volume, three instruments
        + np.log(weight * np.linalg.det(noise))  # Jeffreys's factor, (k - 1) / 2 = 1
        - 1.5 * np.log(np.linalg.det(noise))  # three rows of the reduced form
        + np.log(length)
        + np.log1p(((effect - limited_information(found)) / 0.6) ** 2)
    )
    if isinstance(prior, bi.Normal):
        log_density = log_density - 0.5 * effect**2
    chances = np.exp(log_density - log_density.max())
    effective = chances.sum() ** 2 / (chances**2).sum()
    assert effective > 2500
    sample = generator.choice(effect, int(effective / 4), p=chances / chances.sum())
    assert same_quantiles(drawn, sample)


def test_the_first_stage_is_a_normal_weighted_by_its_length(generator, within):
    noise = np.broadcast_to(np.array([[1.0, 0.3], [0.3, 2.0]]), (40_000, 2, 2))
    reduced = np.array([[0.3, 0.2], [0.1, 0.4]])
    angle = np.full(40_000, 0.4)
    drawn = draw_first_stage(reduced, noise, angle, generator)
    root = np.linalg.cholesky(noise[0])
    mean = np.linalg.solve(root, reduced.T).T @ [np.cos(0.4), np.sin(0.4)]
    plain = mean + generator.normal(size=(200_000, 2))
    length = np.linalg.norm(plain, axis=1)
    expected = (length[:, None] * plain).sum(axis=0) / length.sum()
    spread = plain.std() / np.sqrt(40_000)
    assert within(drawn.mean(axis=0) / (root[0, 0] * np.cos(0.4)), expected, 1.3 * spread)


def test_two_treatments_solve_their_equations(generator, within):
    z = generator.normal(size=(600, 2))
    u = generator.normal(size=600)
    t = z @ np.array([[1.0, 0.2], [0.3, 1.0]]) + u[:, None] + generator.normal(size=(600, 2))
    y = t @ [1.0, -2.0] + u
    found = collect_moments(y, t, {"a": z[:, 0], "b": z[:, 1]}, np.empty((600, 0)))
    estimate, error = two_stage_least_squares(found)
    effects, first = draw_exactly_identified(found, generator, 8_000)
    assert within((effects < estimate).mean(axis=0), 0.5, 0.5 / np.sqrt(8_000), 6.0)
    assert effects.std(axis=0) == pytest.approx(error, rel=0.15)
    assert first.shape == (8_000, 2, 2)


def test_scales_of_the_data_do_not_matter(generator):
    y, t, z = rows(generator, count=2, strength=0.1)
    named = {"a": z[:, 0], "b": z[:, 1]}
    empty = np.empty((400, 0))
    one = collect_moments(y, t[:, None], named, empty)
    other = collect_moments(
        100 * y + 7 * t, 1e-3 * t[:, None], {"a": -5 * z[:, 0], "b": z[:, 1]}, empty
    )
    effect = draw_structure(one, bi.Flat(), generator, 10_000).effect
    moved = draw_structure(other, bi.Flat(), generator, 10_000).effect
    assert same_quantiles(1e-3 * moved, 100 * effect + 7)


@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_the_tabulated_weight(count):
    weight = log_weight(count)
    for x in (0.0, 0.3, 4.0, 90.0):
        expected = np.log(special.hyp1f1((count + 1) / 2, count / 2, x))
        assert weight(np.array([x]))[0] == pytest.approx(expected, abs=2e-4)
    ends = weight(np.array([1.0, 1.01]) * weight.roots[-1] ** 2)
    assert np.diff(ends)[0] == pytest.approx(0.01 * weight.roots[-1] ** 2, rel=0.01)


def test_inverse_wishart_covariances(generator):
    scale = np.array([[4.0, 1.0], [1.0, 2.0]])
    drawn = draw_covariance(np.broadcast_to(scale, (40_000, 2, 2)), 12.0, generator)
    assert np.allclose(drawn.mean(axis=0), scale / (12 - 3), rtol=0.05)


def test_many_weak_instruments_in_few_rows_get_longer_chains(generator, monkeypatch):
    made = moments(np.random.default_rng(3), size=30, count=10, strength=0.1)
    drawn = draw_structure(made, bi.Normal(0, 2.5), generator, 2000)
    assert drawn.sweeps >= 50
    monkeypatch.setattr("causal.instruments.posterior.SLOW", 1000.0)
    longer = draw_structure(made, bi.Normal(0, 2.5), generator, 2000)
    assert longer.sweeps > 200
    limits = [np.quantile(draws.effect, [0.025, 0.5, 0.975]) for draws in (drawn, longer)]
    width = limits[1][2] - limits[1][0]
    assert np.abs(limits[0] - limits[1]).max() < 0.1 * width


def test_one_instrument_in_many_rows_needs_few_sweeps(generator):
    assert draw_structure(moments(generator), bi.Flat(), generator, 2000).sweeps < 8
