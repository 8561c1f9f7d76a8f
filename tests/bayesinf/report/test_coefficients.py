"""Each coefficient is read on the scale that its link gives it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.report.coefficients import (
    coefficient_sentences,
    reading,
    split_product,
    spread_sentences,
)
from bayesinf.report.rounding import number


@pytest.fixture(scope="module")
def model(mixed_frame: pd.DataFrame) -> bi.Model:
    formula = "items ~ x + old + treated + shop + log(visits + 1)"
    return bi.model(formula, mixed_frame.assign(visits=np.arange(len(mixed_frame)) % 7))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("x", "`x` higher by 1 km"),
        ("old", "`old` being true rather than false"),
        ("treated", "`treated` = 1 rather than 0"),
        ("shop[T.west]", "`shop` = west rather than north"),
        ("log(visits + 1)", "The computed column `log(visits + 1)` higher by 1"),
    ],
)
def test_every_kind_of_column_has_its_words(model: bi.Model, name: str, change: str) -> None:
    found = reading(model, name, {"x": "km"})
    assert found.change == change
    assert found.alone


@pytest.mark.parametrize("formula", ["items ~ x * treated", "items ~ x + I(x ** 2) + treated:x"])
def test_what_enters_twice_is_no_difference_by_itself(
    mixed_frame: pd.DataFrame, formula: str
) -> None:
    fit = bi.fit(formula, mixed_frame, draws=200, seed=1)
    *_, last = coefficient_sentences(fit.posterior)
    assert "no differences by themselves" in last
    assert "`x`" in last


def test_the_levels_of_one_factor_do_not_stand_in_each_others_way(logistic: bi.Fit) -> None:
    assert reading(logistic.model, "shop[T.west]").alone


def test_a_gaussian_coefficient_is_a_difference_with_units(sleep: bi.Fit) -> None:
    (told,) = coefficient_sentences(sleep.posterior, {"Reaction": "ms", "Days": "day"}, prob=0.9)
    draws = sleep.posterior.values.coefficients[..., 1]
    low, high = np.quantile(draws, [0.05, 0.95])
    assert told.startswith(
        "`Days` higher by 1 day is associated with a difference in the expected `Reaction` of "
        f"+{draws.mean():.1f}\N{NO-BREAK SPACE}ms"
    )
    assert f"90% CrI {low:.1f} to {high:.1f}" in told


def test_a_logit_coefficient_is_a_ratio_of_odds_averaged_on_its_draws(logistic: bi.Fit) -> None:
    told = coefficient_sentences(logistic.posterior)
    names = logistic.model.design.names
    draws = np.exp(logistic.posterior.values.coefficients[..., names.index("treated")])
    (sentence,) = [text for text in told if text.startswith("`treated` = 1")]
    assert "the odds of `bought` = yes multiplied by" in sentence
    assert (
        f"by {number(draws.mean(), 2)} " in sentence or f"by {number(draws.mean(), 1)} " in sentence
    )
    assert "P(> 1)" in sentence


def test_a_log_coefficient_is_a_ratio_of_expected_outcomes(mixed_frame: pd.DataFrame) -> None:
    fit = bi.fit("items ~ x", mixed_frame, family="poisson", draws=400, seed=1)
    (told,) = coefficient_sentences(fit.posterior)
    assert "is associated with the expected `items` multiplied by 1." in told


def test_the_spread_of_groups_is_told(sleep: bi.Fit) -> None:
    level, slope = spread_sentences(sleep.posterior, {"Reaction": "ms"})
    assert "Across the 18 levels of `Subject`, the intercept varies" in level and "ms" in level
    assert "the coefficient of `Days` varies with a standard deviation of 6." in slope


def test_products_are_cut_outside_brackets_only() -> None:
    assert split_product("C(g)[T.a:b]:poly(x, 2)[1]") == ["C(g)[T.a:b]", "poly(x, 2)[1]"]
