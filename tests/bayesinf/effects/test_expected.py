from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from bayesinf.data.table import Table
from bayesinf.effects.expected import expected_outcomes, rows_asked
from bayesinf.errors import DataError
from bayesinf.posterior.posterior import Posterior


def without_rows(posterior: Posterior) -> Posterior:
    """As it comes from disk."""
    model = posterior.model
    return replace(posterior, model=replace(model, design=replace(model.design, table=None)))


def test_expected_outcomes_with_trials_are_probabilities(
    counted: Posterior, data: pd.DataFrame
) -> None:
    table = rows_asked(counted, None)
    blocks = [block for _, block in expected_outcomes(counted, table)]
    flat = counted.values.coefficients.reshape(-1, 3)
    matrix = np.column_stack([np.ones(len(data)), data.z, data.treated])
    np.testing.assert_allclose(np.concatenate(blocks, axis=1), expit(flat @ matrix.T), rtol=1e-12)


def test_a_posterior_from_disk_asks_for_rows(linear: Posterior, data: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="rows=frame") as caught:
        rows_asked(without_rows(linear), None)
    assert caught.value.code == "no-rows"
    assert rows_asked(without_rows(linear), data).n == len(data)


def test_columns_that_the_fit_did_not_keep_must_be_given(
    linear: Posterior, data: pd.DataFrame
) -> None:
    with pytest.raises(DataError, match="only the columns of its formula") as caught:
        rows_asked(linear, None, ("label",))
    assert (caught.value.code, caught.value.column) == ("unknown-column", "label")
    assert "label" in rows_asked(linear, data, ("label",)).columns
    with pytest.raises(DataError, match="Did you mean 'label'"):
        rows_asked(linear, data, ("labels",))


def test_a_new_group_has_the_same_effects_in_every_call(sleep: Posterior) -> None:
    rows = Table.read({"Days": [0.0, 0.0, 1.0], "Subject": ["new", "308", "new"]})
    (_, first), (_, second) = (next(iter(expected_outcomes(sleep, rows))) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first[:, 0].std() > first[:, 1].std()
