"""Draws to sentences: direction, size, unit, credible interval; never the language of significance.

The wording keeps to four rules. A sentence names the kind and the probability of its interval. It
says "associated" unless an identification was declared. It shows no digit that Monte Carlo error
makes meaningless. It calls nothing large, small or significant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.intervals import interval
from bayesinf.options import options, percent
from bayesinf.report.rounding import chance, decimals, number

KINDS = {"eti": "equal-tailed", "hdi": "highest density"}

WITHHELD = (
    "Not interpretable: a check of the computation failed (see the top of this report), so the "
    "effects are not put into sentences."
)
"""What stands where the effects would, when the verdict is bad."""


@dataclass(frozen=True)
class Account:
    """One quantity in numbers, as a sentence needs them.

    Attributes:
        mean: Posterior mean.
        lower: Lower end of the credible interval.
        upper: Upper end.
        kind: `"eti"` or `"hdi"`.
        prob: Probability of the interval.
        above: Posterior probability that the quantity lies above `null`.
        null: The value that means "no difference".
        places: Decimals that Monte Carlo error leaves.
        draws: How many draws stand behind it.
        unit: The quantity's unit, with which numbers are followed; empty for none.
    """

    mean: float
    lower: float
    upper: float
    kind: str
    prob: float
    above: float
    null: float
    places: int
    draws: int
    unit: str = ""

    @property
    def size(self) -> str:
        """The mean with its unit: `10.5 ms`."""
        return self.measured(self.mean)

    @property
    def between(self) -> str:
        """The credible interval: `89% CrI 7.7 to 13.2 ms, equal-tailed`."""
        low, high = number(self.lower, self.places), number(self.upper, self.places)
        return f"{percent(self.prob)} CrI {low} to {high}{self._space}{self.unit}, {self._kind}"

    @property
    def direction(self) -> str:
        """The posterior probability of lying above the null: `P(> 0) > 0.999`."""
        return f"P(> {number(self.null)}) {chance(self.above, self.draws)}"

    @property
    def clause(self) -> str:
        """All of it: `10.5 ms (89% CrI 7.7 to 13.2 ms, equal-tailed); P(> 0) > 0.999`."""
        return f"{self.size} ({self.between}); {self.direction}"

    def measured(self, value: float) -> str:
        """A value of the quantity with its unit."""
        return f"{number(value, self.places)}{self._space}{self.unit}"

    @property
    def _space(self) -> str:
        return "\N{NO-BREAK SPACE}" if self.unit else ""

    @property
    def _kind(self) -> str:
        return KINDS[self.kind]


def account(
    draws: np.ndarray, unit: str = "", prob: float | None = None, null: float = 0.0
) -> Account:
    """Takes the numbers of one quantity that a sentence needs.

    Args:
        draws: Shape (chain, draw).
        unit: The quantity's unit, such as `"kg"`.
        prob: Probability of the credible interval; None takes `bi.options.interval`.
        null: The value that means "no difference": 0, or 1 for a ratio.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> account(rng.normal(3.5, 0.5, (4, 1000)), prob=0.95).clause
        '3.49 (95% CrI 2.53 to 4.49, equal-tailed); P(> 0) > 0.999'
    """
    kind, probability = options.interval_with(prob)
    flat = np.asarray(draws, dtype=float).reshape(-1)
    lower, upper = interval(flat, kind, probability)
    error = float(diagnose(draws[..., None]).mcse_mean[0])
    return Account(
        mean=float(flat.mean()),
        lower=float(lower),
        upper=float(upper),
        kind=kind,
        prob=probability,
        above=float((flat > null).mean()),
        null=null,
        places=decimals(error, float(flat.std())),
        draws=flat.size,
        unit=unit,
    )


def interval_caption(prob: float | None = None) -> str:
    """Says what `lower` and `upper` are, for the caption of a table."""
    kind, probability = options.interval_with(prob)
    return (
        f"`lower` and `upper` bound the {percent(probability)} credible interval (CrI), "
        f"{KINDS[kind]}"
    )


def difference_sentence(
    change: str,
    outcome: str,
    draws: np.ndarray,
    unit: str = "",
    prob: float | None = None,
    declared: bool = False,
) -> str:
    """Says a difference in a sentence.

    Args:
        change: What differs, as a subject: `"One more unit of Days"`.
        outcome: What it goes with: `"the expected Reaction"`.
        draws: Shape (chain, draw), draws of the difference.
        unit: The outcome's unit.
        prob: Probability of the credible interval; None takes `bi.options.interval`.
        declared: Whether an identification was declared, so that the sentence may say that the
            change raises or lowers the outcome. Without it, the two are associated.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> print(difference_sentence("Quitting", "the weight", rng.normal(3.5, 0.5, (4, 1000))))
        Quitting is associated with a difference in the weight of +3.49 (posterior mean; 89% CrI
        2.70 to 4.30, equal-tailed); P(> 0) > 0.999.
    """
    told = account(draws, unit, prob)
    tail = f"(posterior mean; {told.between}); {told.direction}."
    if not declared:
        return f"{change} is associated with a difference in {outcome} of {signed(told)} {tail}"
    verb = "raises" if told.mean >= 0 else "lowers"
    return f"{change} {verb} {outcome} by {told.measured(abs(told.mean))} {tail}"


def ratio_sentence(
    change: str,
    outcome: str,
    draws: np.ndarray,
    prob: float | None = None,
    declared: bool = False,
) -> str:
    """Says a ratio in a sentence.

    Args:
        change: What differs, as a subject.
        outcome: What is multiplied: `"the odds of switch"`.
        draws: Shape (chain, draw), draws of the ratio.
        prob: Probability of the credible interval; None takes `bi.options.interval`.
        declared: Whether an identification was declared.
    """
    told = account(draws, "", prob, null=1.0)
    tail = f"(posterior mean; {told.between}); {told.direction}."
    if declared:
        return f"{change} multiplies {outcome} by {told.size} {tail}"
    return f"{change} is associated with {outcome} multiplied by {told.size} {tail}"


def signed(told: Account) -> str:
    """The mean with its sign, also where it is positive."""
    return f"{'+' if told.mean > 0 else ''}{told.size}"
