"""The linear predictor of rows, against the dense one, and piece by piece."""

import sys
from dataclasses import replace

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.data.table import Table
from bayesinf.design import rows_at
from bayesinf.model.pointwise import predictor_draws
from bayesinf.posterior.posterior import Posterior
from bayesinf.prediction import predictor as module
from bayesinf.prediction.predictor import predictor_of


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    formula = "Reaction ~ Days + (Days | Subject)"
    return bi.fit(formula, bi.examples.sleepstudy(), draws=400, seed=1).posterior


def table(new: bool = False) -> Table:
    frame = bi.examples.sleepstudy().assign(Reaction=0.0)
    if new:
        frame.loc[3:8, "Subject"] = "new"
        frame.loc[20:22, "Subject"] = "newer"
    return Table.read(frame, ("Days", "Subject"))


def test_it_agrees_with_the_model(posterior):
    rows = table()
    values = posterior.values
    found = predictor_of(posterior, rows, "error").at(slice(0, 180))
    dense = predictor_draws(
        rows_at(posterior.model.design.recipe, rows)[0],
        values.coefficients.reshape(values.count, -1),
        tuple(e.reshape(values.count, *e.shape[2:]) for e in values.effects),
    )
    assert found.shape == (values.count, 180)
    assert np.allclose(found, dense, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("length", [1, 2, 3, 64, 179])
def test_pieces_are_the_same_to_the_last_bit(posterior, length):
    predictor = predictor_of(posterior, table(new=True), "population")
    whole = predictor.at(slice(0, 180))
    for start in range(0, 180, length):
        part = slice(start, min(start + length, 180))
        assert np.array_equal(predictor.at(part), whole[:, part])


def test_rows_of_one_new_group_share_its_effects(posterior):
    rows = table(new=True)
    found = predictor_of(posterior, rows, "population").at(slice(0, 180))
    slopes = np.diff(found[:, 3:9], axis=1)
    assert np.allclose(slopes, slopes[:, :1], rtol=0, atol=1e-9)
    assert not np.allclose(np.diff(found[:, 20:22], axis=1), slopes[:, :1])


def test_stretches_bound_rows_draws_and_effects(posterior, monkeypatch):
    predictor = predictor_of(posterior, table(), "error")
    monkeypatch.setattr(sys.modules["bayesinf.model.pointwise"], "LARGEST_BLOCK", 2 * 400 * 50)
    assert [s.stop - s.start for s in predictor.stretches()] == [50, 50, 50, 30]


def test_a_design_without_coefficients_is_an_offset():
    matrix, coefficients = np.zeros((3, 0)), np.zeros((0, 7))
    assert np.array_equal(module._product(matrix, coefficients), np.zeros((3, 7)))


def test_training_rows_are_not_needed(posterior):
    """As in a posterior that was loaded from disk."""
    design = posterior.model.design
    model = replace(
        posterior.model, design=replace(design, rows=design.rows.take(slice(0, 0)), table=None)
    )
    loaded = replace(posterior, model=model)
    rows = table(new=True)
    assert np.array_equal(
        predictor_of(loaded, rows, "population").at(slice(0, 180)),
        predictor_of(posterior, rows, "population").at(slice(0, 180)),
    )
