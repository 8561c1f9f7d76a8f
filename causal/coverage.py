"""Coverage cards: how often the intervals of a procedure held the truth where it was known."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files

import numpy as np


@dataclass(frozen=True)
class Card:
    """What was measured of one procedure on one kind of data.

    Attributes:
        procedure: The study, and the estimator where it has one: "adjustment by standardisation".
        data: On what it was measured.
        simulations: How many data sets, or how many effects of rows.
        nominal: The probability that the intervals claim.
        coverage: The share of intervals that held the truth.
        coverage_error: Monte Carlo error of that share.
        bias: Mean of estimate less truth, in sds of the outcome.
        bias_error: Its Monte Carlo error.
        rmse: Root mean square of estimate less truth, in sds of the outcome.
        width: Mean width of the intervals, in sds of the outcome.
        date: When it was measured.
    """

    procedure: str
    data: str
    simulations: int
    nominal: float
    coverage: float
    coverage_error: float
    bias: float
    bias_error: float
    rmse: float
    width: float
    date: str

    def sentence(self) -> str:
        """Says the measured coverage beside the claimed one."""
        return (
            f"On {self.data}, {self.nominal:.0%} intervals of {self.procedure} held the truth in "
            f"{self.coverage:.1%} of {self.simulations} cases (±{self.coverage_error:.1%}); bias "
            f"{self.bias:.3f}, root mean square error {self.rmse:.3f} sd of the outcome."
        )


def cards_of(procedure: str) -> tuple[Card, ...]:
    """The cards of one procedure; none where it was not measured.

    Args:
        procedure: As a study's `procedure` names it.

    Example:
        >>> cards_of("reading tea leaves")
        ()
    """
    return tuple(card for card in all_cards() if card.procedure == procedure)


def quote_cards(cards: tuple[Card, ...]) -> str:
    """Says in one sentence how often intervals held the truth, on each kind of data.

    Args:
        cards: Of one procedure.

    Example:
        >>> quote_cards(())
        ''
    """
    if not cards:
        return ""
    shares = "; ".join(
        f"{card.coverage:.1%} (±{card.coverage_error:.1%}) on {card.data}" for card in cards
    )
    return f"{cards[0].nominal:.0%} intervals of {cards[0].procedure} held the truth in {shares}."


@cache
def all_cards() -> tuple[Card, ...]:
    """Reads the cards that travel with the library."""
    text = files("causal").joinpath("cards.json").read_text(encoding="utf-8")
    return tuple(Card(**line) for line in json.loads(text))


def card_of(
    procedure: str,
    data: str,
    nominal: float,
    estimates: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    truths: np.ndarray,
    date: str,
) -> Card:
    """Scores intervals against truths.

    Args:
        procedure: What made them.
        data: On what.
        nominal: The probability that the intervals claim.
        estimates: (case,) point estimates, in sds of the outcome as the next three.
        lower: (case,) lower ends.
        upper: (case,) upper ends.
        truths: (case,) true effects.
        date: Of the measurement.

    Example:
        >>> ones = np.ones(4)
        >>> card_of("a", "b", 0.9, ones, 0 * ones, 2 * ones, ones, "2026-01-01").coverage
        1.0
    """
    errors, size = estimates - truths, len(truths)
    share = float(np.mean((lower <= truths) & (truths <= upper)))
    # The nearest share that leaves room for one more case, so that no error is called zero.
    inner = float(np.clip(share, 1 / (size + 2), 1 - 1 / (size + 2)))
    return Card(
        procedure=procedure,
        data=data,
        simulations=size,
        nominal=nominal,
        coverage=share,
        coverage_error=float(np.sqrt(inner * (1 - inner) / size)),
        bias=float(errors.mean()),
        bias_error=float(errors.std() / np.sqrt(size)),
        rmse=float(np.sqrt(np.mean(errors**2))),
        width=float(np.mean(upper - lower)),
        date=date,
    )


def as_json(cards: tuple[Card, ...]) -> str:
    """Writes cards, sorted, as the file that travels with the library holds them."""
    ordered = sorted(cards, key=lambda card: (card.procedure, card.data))
    rounded = [
        {k: round(v, 5) if isinstance(v, float) else v for k, v in asdict(card).items()}
        for card in ordered
    ]
    return json.dumps(rounded, indent=1, ensure_ascii=False) + "\n"
