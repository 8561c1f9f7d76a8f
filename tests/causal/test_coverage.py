import json

import numpy as np
import pytest

from causal.coverage import Card, all_cards, as_json, card_of, cards_of, quote_cards


@pytest.fixture
def card(generator) -> Card:
    truths = generator.normal(size=400)
    estimates = truths + 0.5 + generator.normal(size=400)
    return card_of(
        "a study",
        "made-up data",
        0.95,
        estimates,
        estimates - 2,
        estimates + 2,
        truths,
        "2026-11-21",
    )


def test_a_card_scores_intervals(card):
    # Normal errors of mean 0.5 and sd 1 lie within 2 of zero in 92.7 % of cases.
    assert card.coverage == pytest.approx(0.927, abs=4 * card.coverage_error)
    assert card.bias == pytest.approx(0.5, abs=4 * card.bias_error)
    assert card.rmse == pytest.approx(np.sqrt(1.25), abs=0.15)
    assert card.width == pytest.approx(4)


def test_a_card_says_what_was_measured(card):
    assert "95% intervals of a study held the truth in" in card.sentence()
    assert "400 cases" in card.sentence()


def test_perfect_coverage_has_an_error_too():
    ones = np.ones(50)
    assert card_of("a", "b", 0.95, ones, 0 * ones, 2 * ones, ones, "").coverage_error > 0.01


def test_cards_are_written_and_read(card):
    (read,) = json.loads(as_json((card,)))
    assert Card(**read).coverage == pytest.approx(card.coverage, abs=1e-4)


def test_the_cards_that_travel_are_whole():
    for kept in all_cards():
        assert kept in cards_of(kept.procedure)
        assert 0 < kept.coverage <= 1 and kept.coverage_error > 0


def test_cards_are_quoted_in_one_sentence(card):
    said = quote_cards((card, card))
    assert said.startswith("95% intervals of a study held the truth in 9")
    assert said.count("on made-up data") == 2 and said.endswith(".")
