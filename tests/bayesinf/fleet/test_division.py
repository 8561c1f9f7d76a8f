"""A model divided by a column: each group's model is the whole model of the group's rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.data.table import Table
from bayesinf.fleet.division import divide, group_codes
from tests.bayesinf.fleet.conftest import SIZES


def divided(frame: object, by: str = "store", formula: str = "paid ~ x + colour", **more):
    variables = bi.model(formula, frame, **more).formula.variables
    return divide(lambda table: bi.model(formula, table, **more), variables, frame, by)


def test_each_group_has_its_rows_and_the_priors_of_all(stores: pd.DataFrame) -> None:
    division = divided(stores)
    assert division.groups == tuple(SIZES)
    assert division.sizes.tolist() == list(SIZES.values())
    whole = bi.model("paid ~ x + colour", stores)
    for place, group in enumerate(division.groups):
        ours, theirs = division.with_table(place), whole.on(stores[stores["store"] == group])
        assert ours.priors is division.whole.priors
        assert dict(ours.priors) == dict(whole.priors)
        assert np.array_equal(ours.design.response, theirs.design.response)
        assert np.array_equal(ours.design.rows.population, theirs.design.rows.population)
        assert np.array_equal(ours.design.centre, theirs.design.centre)
        assert ours.design.table is not None and theirs.design.table is not None
        assert list(ours.design.table.index) == list(theirs.design.table.index)


def test_rows_that_miss_a_value_are_counted_in_their_group(stores: pd.DataFrame) -> None:
    frame = stores.assign(x=stores["x"].where(stores["store"] != "c"))
    frame.loc[frame.index[frame["store"] == "b"][:3], "colour"] = None
    frame.loc[frame.index[frame["store"] == "e"][:2], "store"] = None
    division = divided(frame, formula="paid | weights(w) ~ x + colour")
    found = [division.missing.of(place) for place in range(6)]
    assert [one.n_after for one in found] == [120, 37, 0, 200, 31, 64]
    assert found[1].sentence() == "3 of 40 rows were dropped: 3 miss 'colour'."
    assert found[2].by_column == {"x": 5}
    assert division.whole.design.missing.sentence() == (
        "10 of 462 rows were dropped: 5 miss 'x', 3 miss 'colour', 2 miss 'store'."
    )


def test_rows_without_weight_belong_to_no_group(stores: pd.DataFrame) -> None:
    frame = stores.assign(w=stores["w"].where(stores["store"] != "f", 0.0))
    division = divided(frame, formula="paid | weights(w) ~ x")
    assert division.sizes.tolist() == [120, 40, 5, 200, 33, 0]
    assert division.missing.of(5).zero_weight == 64


@pytest.mark.parametrize(
    ("values", "groups", "codes"),
    [
        (["b", "a", None, "b"], ("a", "b"), [1, 0, -1, 1]),
        ([3, 1, 3, 2], (1, 2, 3), [2, 0, 2, 1]),
        ([3.0, np.nan, 1.0], (1, 3), [1, -1, 0]),
        ([True, False], (False, True), [1, 0]),
        (pd.Categorical(["lo", "hi"], ["lo", "hi", "top"]), ("lo", "hi"), [0, 1]),
    ],
)
def test_groups_may_be_text_numbers_or_truth_values(values, groups, codes) -> None:
    found, places = group_codes(Table.read({"by": values}), "by")
    assert found == groups
    assert places.tolist() == codes


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("stores", "There is no column 'stores'. Did you mean 'store'"),
        ("w", "'w' holds measurements, not groups"),
        ("x", "'x' divides the rows, so it is the same in all rows of a group"),
        (["store", "colour"], "by is the name of one column"),
        ("empty", "'empty' is missing in all 462 rows"),
    ],
)
def test_a_column_that_cannot_divide_is_refused_in_a_sentence(stores, by, words) -> None:
    with pytest.raises(bi.BayesinfError, match=words):
        divided(stores.assign(empty=np.nan), by)
