# ruff: noqa: ARG005 -- each change takes all columns, and says which it leaves alone.

import numpy as np
import pytest

import bayesinf as bi
from causal.instruments import collect_moments, first_stage_table
from tests.causal.instruments.made import rows


def collect(y, t, instruments, covariates=None):
    more = np.empty((len(y), 0)) if covariates is None else covariates
    return collect_moments(y, t[:, None], instruments, more)


def test_named_coefficients_are_those_of_a_regression_with_covariates(generator):
    y, t, z = rows(generator, count=2)
    w = generator.normal(size=(400, 2))
    named = {"a": z[:, 0] + w[:, 0], "b": z[:, 1] - z[:, 0]}
    found = collect(y, t, named, w)
    design = np.column_stack([*named.values(), np.ones(400), w])
    for column, values in ((0, t), (1, y)):
        expected = np.linalg.lstsq(design, values, rcond=None)[0][:2]
        assert np.allclose(found.rotation @ found.reduced[:, column], expected)
    left = t - design @ np.linalg.lstsq(design, t, rcond=None)[0]
    assert found.noise[0, 0] == pytest.approx(left @ left)
    assert found.degrees == 400 - 5
    table = first_stage_table(found, "t", "y")
    error = np.sqrt(left @ left / 395 * np.linalg.inv(design.T @ design)[0, 0])
    assert table.loc["a", "t error"] == pytest.approx(error)


def test_instruments_that_say_nothing_new_are_left_out(generator):
    y, t, z = rows(generator, count=2)
    w = generator.normal(size=(400, 1))
    named = {"a": z[:, 0], "twice": 2 * z[:, 0] + 3, "known": w[:, 0], "b": z[:, 1]}
    assert collect(y, t, named, w).names == ("a", "b")


def test_repeated_covariates_count_once(generator):
    y, t, z = rows(generator)
    w = generator.normal(size=400)
    once = collect(y, t, {"z": z[:, 0]}, w[:, None])
    twice = collect(y, t, {"z": z[:, 0]}, np.column_stack([w, 2 * w + 1, np.ones(400)]))
    assert twice.covariates == once.covariates == 2
    assert np.allclose(twice.noise, once.noise)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda y, t, z: (y, t, {}), "no-instrument"),
        (lambda y, t, z: (y, t, {"z": np.ones(400)}), "no-instrument"),
        (lambda y, t, z: (y, t, {"z": t}), "instrument-is-treatment"),
        (lambda y, t, z: (y, 2 * z[:, 0] + 1, {"z": z[:, 0]}), "instrument-is-treatment"),
        (lambda y, t, z: (3 * z[:, 0], t, {"z": z[:, 0]}), "exact-outcome"),
        (lambda y, t, z: (2 * t, t, {"z": z[:, 0]}), "outcome-is-treatment"),
        (lambda y, t, z: (y, np.ones(400), {"z": z[:, 0]}), "constant-treatment"),
        (lambda y, t, z: (np.ones(400), t, {"z": z[:, 0]}), "constant-outcome"),
        (lambda y, t, z: (y[:4], t[:4], {"z": z[:4, 0]}), "too-few-rows"),
    ],
)
def test_what_cannot_be_used_is_refused(generator, change, code):
    with pytest.raises(bi.DataError) as caught:
        collect(*change(*rows(generator)))
    assert caught.value.code == code


def test_each_treatment_needs_an_instrument(generator):
    y, t, z = rows(generator)
    both = np.column_stack([t, generator.normal(size=400)])
    with pytest.raises(bi.DataError, match="2 treatments need as many instruments; 1 are left"):
        collect_moments(y, both, {"z": z[:, 0]}, np.empty((400, 0)))
