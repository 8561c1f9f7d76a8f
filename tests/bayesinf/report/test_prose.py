"""Sentences carry the right numbers and none of the wrong words."""

from __future__ import annotations

import re

import numpy as np
import pytest

from bayesinf.options import options
from bayesinf.report.prose import account, difference_sentence, percent, ratio_sentence

FORBIDDEN = re.compile(r"significan|p-value|p value|reject|confidence|caus", re.IGNORECASE)


@pytest.fixture
def draws(generator: np.random.Generator) -> np.ndarray:
    return generator.normal(3.5, 0.5, (4, 1000))


def numbers_in(sentence: str) -> list[float]:
    found = re.findall(r"(?<![\w.])[−-]?\d+(?:\.\d+)?", sentence)
    return [float(text.replace("−", "-")) for text in found]


def test_an_account_holds_mean_interval_and_direction(draws: np.ndarray) -> None:
    told = account(draws, "kg", prob=0.9)
    assert told.mean == pytest.approx(draws.mean())
    assert (told.lower, told.upper) == pytest.approx(np.quantile(draws, [0.05, 0.95]))
    assert told.above == (draws > 0).mean()
    assert "90% CrI" in told.between and "kg, equal-tailed" in told.between


def test_the_kind_of_interval_is_the_one_in_force(draws: np.ndarray) -> None:
    before = options.interval
    options.interval = ("hdi", 0.8)
    try:
        assert "80% CrI" in account(draws).between
        assert account(draws).between.endswith("highest density")
    finally:
        options.interval = before


def test_a_difference_is_an_association_unless_declared(draws: np.ndarray) -> None:
    size = f"{draws.mean():.2f}"
    told = difference_sentence("Quitting", "the weight", draws, "kg")
    assert f"is associated with a difference in the weight of +{size}" in told
    declared = difference_sentence("Quitting", "the weight", draws, "kg", declared=True)
    assert declared.startswith(f"Quitting raises the weight by {size}")
    lowered = difference_sentence("Quitting", "the weight", -draws, "kg", declared=True)
    assert lowered.startswith(f"Quitting lowers the weight by {size}")
    low, high = np.quantile(draws, [0.055, 0.945])
    assert f"CrI −{high:.2f} to −{low:.2f}" in lowered


def test_a_ratio_is_compared_with_one(draws: np.ndarray) -> None:
    told = ratio_sentence("Treatment", "the odds", np.exp(draws - 3.5))
    above = (draws > 3.5).mean()
    assert f"P(> 1) = {above:.3f}" in told
    assert ratio_sentence("T", "the odds", draws, declared=True).startswith("T multiplies the odds")


def test_no_sentence_speaks_of_significance(draws: np.ndarray) -> None:
    for declared in (False, True):
        for sentence in (
            difference_sentence("A", "B", draws, declared=declared),
            ratio_sentence("A", "B", draws, declared=declared),
        ):
            assert not FORBIDDEN.search(sentence)


def test_the_numbers_of_a_sentence_are_those_of_the_draws(draws: np.ndarray) -> None:
    sentence = difference_sentence("A", "B", draws, prob=0.5)
    mean, prob, lower, upper, _, _ = numbers_in(sentence)
    assert mean == pytest.approx(draws.mean(), abs=0.01)
    assert prob == 50
    assert (lower, upper) == pytest.approx(np.quantile(draws, [0.25, 0.75]), abs=0.01)


def test_percent_has_no_superfluous_digits() -> None:
    assert [percent(p) for p in (0.89, 0.5, 0.975)] == ["89%", "50%", "97.5%"]
