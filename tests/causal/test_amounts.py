import numpy as np
import pytest

import bayesinf as bi
from causal.amounts import amount, amounts, outcome_amount, require_amount


@pytest.fixture
def table() -> bi.Table:
    return bi.Table.read(
        {
            "x": [1, 2, 4],
            "flag": [True, False, True],
            "arm": ["drug", "placebo", "drug"],
            "site": ["a", "b", "c"],
            "one": [3, 3, 3],
            "far": [1.0, np.inf, 2.0],
        }
    )


def test_numbers_booleans_and_two_levels_become_numbers(table):
    assert amount(table, "x").tolist() == [1, 2, 4]
    assert amount(table, "flag").tolist() == [1, 0, 1]
    assert amount(table, "arm").tolist() == [1, 0, 1]
    assert amount(table, "arm", "drug").tolist() == [0, 1, 0]


def test_factors_become_indicators_and_constants_nothing(table):
    found = amounts(table, ["x", "site", "one", "flag"])
    assert list(found) == ["x", "site = b", "site = c", "flag"]
    assert found["site = c"].tolist() == [0, 0, 1]


def test_what_is_no_number_is_refused(table):
    with pytest.raises(bi.DataError, match="3 levels"):
        amount(table, "site")
    with pytest.raises(bi.DataError, match="infinite in 1 of 3 rows"):
        amount(table, "far")
    with pytest.raises(bi.DataError, match="running variable 'arm' does not hold numbers"):
        require_amount(table, "arm", "running variable")
    assert require_amount(table, "x", "running variable").tolist() == [1, 2, 4]


def test_outcomes_count_as_in_a_model_whatever_their_levels_are_called():
    found = bi.Table.read({"state": ["active", "none", "active"], "y": [1.0, 2.0, 5.0]})
    model = bi.model("state ~ 1", found, "bernoulli")
    assert outcome_amount(found, "state").tolist() == list(model.design.response)
    assert outcome_amount(found, "y").tolist() == [1, 2, 5]


def test_outcomes_with_three_levels_are_refused(table):
    with pytest.raises(bi.DataError, match="outcome 'site' is text with 3 levels"):
        outcome_amount(table, "site")


def test_plus_counts_as_one() -> None:
    table = bi.Table.read({"y": ["+", "-", "-", "+"]})
    assert outcome_amount(table, "y").tolist() == [1.0, 0.0, 0.0, 1.0]
