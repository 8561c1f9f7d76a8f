from __future__ import annotations

import numpy as np
import pytest

from bayesinf.effects.contrasts import CONTRASTS, compare_outcomes, named_contrast
from bayesinf.errors import ModelError

HIGH, LOW = np.array([[0.6], [0.5]]), np.array([[0.2], [0.25]])


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("difference", [0.4, 0.25]),
        ("ratio", [3.0, 2.0]),
        ("lift", [2.0, 1.0]),
        ("odds_ratio", [(0.6 / 0.4) / (0.2 / 0.8), 1.0 / (1 / 3)]),
    ],
)
def test_contrasts_by_hand(name: str, by_hand: list[float]) -> None:
    answer = compare_outcomes(named_contrast(name), HIGH, LOW)
    np.testing.assert_allclose(answer[:, 0], by_hand, rtol=1e-14)


@pytest.mark.parametrize("name", CONTRASTS)
def test_the_null_is_what_equal_outcomes_give(name: str) -> None:
    contrast = named_contrast(name)
    assert (contrast.of(LOW, LOW) == contrast.null).all()
    assert CONTRASTS[name].name == name


def test_an_unknown_contrast_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(ModelError, match="Did you mean 'odds_ratio'") as caught:
        named_contrast("oddsratio")
    assert caught.value.code == "unknown-contrast"


@pytest.mark.parametrize("name", ["ratio", "lift"])
def test_division_by_an_outcome_of_uncertain_sign_is_refused(name: str) -> None:
    low = np.linspace(-1.0, 9.0, 101)[:, None]
    with pytest.raises(ModelError, match=r"10\.9% of its draws") as caught:
        compare_outcomes(named_contrast(name), low + 1.0, low)
    assert caught.value.code == "no-ratio"
    assert compare_outcomes(named_contrast("difference"), low + 1.0, low).mean() == 1.0
    assert compare_outcomes(named_contrast(name), -2.0 * LOW, -LOW).mean() in (2.0, 1.0)


@pytest.mark.parametrize("given", [["ratio"], np.array(["ratio", "lift"]), 3])
def test_a_contrast_is_one_word(given: object) -> None:
    with pytest.raises(ModelError, match="A contrast is one word") as caught:
        named_contrast(given)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == "unknown-contrast"
