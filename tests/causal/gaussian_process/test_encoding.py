"""Covariates become standardised values and steps between ranks."""

import numpy as np
import pytest

import bayesinf as bi
from causal.gaussian_process.encoding import FARTHEST, encode_columns, encode_matrix


def test_values_are_standardised_and_steps_count_cuts_between_rows():
    column = np.arange(1, 9, dtype=float)
    found = encode_matrix(column[:, None])
    assert found.values.mean() == pytest.approx(0, abs=1e-12)
    assert found.values.std() == pytest.approx(1)
    gaps = ((found.steps[:, None] - found.steps) ** 2).sum(axis=-1)
    assert gaps == pytest.approx(np.abs(column[:, None] - column) / 7)


def test_steps_do_not_notice_a_monotone_transformation():
    x = np.random.default_rng(1).normal(size=(200, 1))
    assert np.array_equal(encode_matrix(x).steps, encode_matrix(np.exp(x)).steps)


def test_constants_and_rarities_are_left_out_and_extremes_are_moved_in():
    x = np.random.default_rng(1).normal(size=100)
    rare = np.zeros(100)
    rare[:2] = 1
    far = x.copy()
    far[0] = 1e6
    found = encode_matrix(
        np.column_stack([x, np.ones(100), rare, far]), ("x", "one", "rare", "far")
    )
    assert found.names == ("x", "far")
    assert np.abs(found.values).max() == FARTHEST


def test_text_and_booleans_become_indicators():
    columns = {
        "g": np.array(["a", "b", "c"] * 10, dtype=object),
        "b": np.array([True, False, False] * 10),
    }
    found = encode_columns(columns)
    assert found.names == ("g = 'b'", "g = 'c'", "b")
    assert set(np.unique(found.values[:, 0] > 0)) == {False, True}


def test_a_missing_number_is_named():
    with pytest.raises(bi.DataError, match="'age' is missing or infinite in 1 rows"):
        encode_columns({"age": np.array([1.0, np.nan, 3.0])})


def test_no_covariates_are_fine():
    assert encode_columns({}).values.shape == (0, 0)
    assert encode_matrix(np.ones((5, 0))).values.shape == (5, 0)
