"""No digit is shown that Monte Carlo error makes meaningless."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from bayesinf.report.rounding import cells, chance, decimals, is_numeric, number, seconds


@pytest.mark.parametrize("mcse", [0.0004, 0.026, 0.1, 0.123, 3.0, 47.0])
def test_the_last_digit_is_worth_half_a_standard_error_but_not_five(mcse: float) -> None:
    unit = 10.0 ** -decimals(mcse, sd=50.0 * mcse)
    assert mcse <= 2 * unit * (1 + 1e-12)
    assert unit < 5.0 * mcse * (1 + 1e-12)


def test_an_exact_number_is_cut_at_a_thousandth_of_its_sd() -> None:
    assert decimals(0.0, 1.0) == decimals(math.nan, 1.0) == 3


def test_nothing_known_about_precision_gives_three_decimals() -> None:
    assert decimals(math.nan, 0.0) == 3


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (-1.25, 1, "−1.2"),
        (0.004, 1, "0.0"),
        (-0.004, 1, "0.0"),
        (12345.0, -2, "12300"),
        (math.nan, 2, "–"),
        (math.inf, None, "∞"),
        (-math.inf, None, "−∞"),
        (2.0, None, "2"),
    ],
)
def test_numbers_are_written_for_readers(value: float, places: int | None, text: str) -> None:
    assert number(value, places) == text


@pytest.mark.parametrize("draws", [10, 100, 999, 4000, 100_000])
def test_a_probability_never_claims_more_than_the_draws_can_tell(draws: int) -> None:
    edge = float(chance(1.0, draws).removeprefix("> "))
    assert edge < 1.0
    assert 1.0 - edge >= 1.0 / draws - 1e-12


def test_a_table_is_rounded_row_by_row() -> None:
    frame = pd.DataFrame(
        {
            "mean": [251.345, 0.012345],
            "sd": [7.588, 0.0021],
            "lower": [239.19, 0.009],
            "upper": [263.44, 0.0157],
            "ess_bulk": [3809.4, 2000.0],
            "r_hat": [1.0004, math.nan],
            "mcse": [0.123, 0.00003],
        },
        index=pd.Index(["a", "b"], name="parameter"),
    )
    first, second = cells(frame)
    assert first == ["251.3", "7.6", "239.2", "263.4", "3809", "1.000", "0.12"]
    assert second[:4] == ["0.0123", "0.0021", "0.0090", "0.0157"]
    assert second[5] == "–"


def test_text_and_truth_values_are_left_as_they_are() -> None:
    frame = pd.DataFrame({"word": ["a", ""], "yes": [True, False], "count": [3, 4]})
    assert cells(frame) == [["a", "yes", "3"], ["", "no", "4"]]
    assert is_numeric(frame) == [False, False, True]


def test_a_short_time_keeps_its_digits() -> None:
    assert [seconds(value) for value in (0.1834, np.float64(123.4))] == ["0.18 s", "123 s"]


def test_other_columns_share_their_decimals() -> None:
    frame = pd.DataFrame({"treated": [46.171, 0.08933], "share": [0.5, 0.25], "k": [3.0, 40.0]})
    # Rows of very different size are in units of their own: four significant digits each.
    assert cells(frame) == [["46.17", "0.50", "3"], ["0.08933", "0.25", "40"]]
    gaps = pd.DataFrame({"x": [math.nan, 0.0], "y": [math.nan, math.inf]})
    assert cells(gaps) == [["–", "–"], ["0", "∞"]]
