import numpy as np
import pytest

from causal.instruments import (
    collect_moments,
    estimate_table,
    least_squares,
    limited_information,
    sargan,
    strength,
    two_stage_least_squares,
)
from tests.causal.instruments.made import moments, rows


def test_two_stages_one_after_the_other(generator):
    y, t, z = rows(generator, count=3)
    w = generator.normal(size=(400, 2))
    found = collect_moments(y, t[:, None], {f"z{k}": z[:, k] for k in range(3)}, w)
    known = np.column_stack([np.ones(400), w])
    first = np.column_stack([z, known])
    fitted = first @ np.linalg.lstsq(first, t, rcond=None)[0]
    second = np.column_stack([fitted, known])
    expected = np.linalg.lstsq(second, y, rcond=None)[0]
    left = y - np.column_stack([t, known]) @ expected
    error = np.sqrt(left @ left / (400 - 4) * np.linalg.inv(second.T @ second)[0, 0])
    effects, errors = two_stage_least_squares(found)
    assert effects[0] == pytest.approx(expected[0])
    assert errors[0] == pytest.approx(error)
    plain = np.linalg.lstsq(np.column_stack([t, known]), y, rcond=None)[0][0]
    assert least_squares(found)[0][0] == pytest.approx(plain)


def test_limited_information_is_the_effect_that_instruments_explain_least(generator):
    found = moments(generator, count=4, strength=0.1)
    effects = np.linspace(-3, 5, 80_001)
    left = np.stack([-effects, np.ones_like(effects)])
    ratio = np.einsum("ie,ij,je->e", left, found.signal, left) / np.einsum(
        "ie,ij,je->e", left, found.noise, left
    )
    assert limited_information(found) == pytest.approx(effects[np.argmin(ratio)], abs=1e-4)
    exact = moments(generator)
    assert limited_information(exact) == pytest.approx(two_stage_least_squares(exact)[0][0])


def test_strength_of_one_instrument_is_its_squared_t(generator):
    y, t, z = rows(generator, strength=0.2)
    found = collect_moments(y, t[:, None], {"z": z[:, 0]}, np.empty((400, 0)))
    design = np.column_stack([z[:, 0], np.ones(400)])
    inverse = np.linalg.inv(design.T @ design)
    slope = (inverse @ design.T @ t)[0]
    left = t - design @ (inverse @ design.T @ t)
    told = strength(found)
    assert told.f == pytest.approx(slope**2 / (left @ left / 398 * inverse[0, 0]))
    meat = inverse @ (design.T @ (left[:, None] ** 2 * design)) @ inverse * 400 / 398
    assert told.effective == pytest.approx(slope**2 / meat[0, 0])
    assert 0 < told.share < 0.2


def test_the_conditional_f_of_two_treatments(generator):
    z = generator.normal(size=(500, 2))
    # Both treatments are moved by the same instrument: jointly nothing is identified.
    t = np.column_stack([z[:, 0], z[:, 0]]) + generator.normal(size=(500, 2))
    y = t.sum(axis=1) + generator.normal(size=500)
    named = {"a": z[:, 0], "b": z[:, 1]}
    together = strength(collect_moments(y, t, named, np.empty((500, 0))))
    alone = strength(collect_moments(y, t[:, :1], named, np.empty((500, 0))))
    assert alone.f > 100
    assert together.f < 10


def test_sargan_keeps_its_rate_and_sees_direct_effects(generator):
    tails = [sargan(moments(generator, count=3))[1] for _ in range(200)]
    assert np.mean(np.array(tails) < 0.05) < 0.1
    y, t, z = rows(generator, count=2)
    named = {"a": z[:, 0], "b": z[:, 1]}
    direct = collect_moments(y + 0.5 * z[:, 0], t[:, None], named, np.empty((400, 0)))
    assert sargan(direct)[1] < 0.001
    assert sargan(moments(generator)) == (0.0, 1.0)


def test_the_table_lists_them(generator):
    assert list(estimate_table(moments(generator)).index) == [
        "least squares",
        "two-stage least squares",
        "limited information",
    ]
