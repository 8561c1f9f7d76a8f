"""An effect: draws of an answer in the outcome's units, with the question that it answers."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from math import floor, isfinite, log10
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.errors import ModelError, legible, shown
from bayesinf.keywords import checked
from bayesinf.numerics.intervals import interval
from bayesinf.options import options, percent
from bayesinf.posterior.summary import summary_frame
from bayesinf.posterior.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Effect:
    """Draws of an answer, with its question.

    Attributes:
        name: What kind of answer: `"prediction"`, `"comparison"` or `"slope"`.
        question: The question as a sentence.
        draws: Shape (chain, draw, case).
        names: What the labels are names of, such as `("contrast", "sex")`.
        labels: One label per case, each with one entry per name.
        claims: One per case: the beginning of a sentence that ends in the number.
        null: The value that means no effect; None where there is no such value.
        verdict: Whether the fit that the draws come from should be believed.
    """

    name: str
    question: str
    draws: np.ndarray
    names: tuple[str, ...]
    labels: tuple[tuple[object, ...], ...]
    claims: tuple[str, ...]
    null: float | None
    verdict: Verdict

    @property
    def headline(self) -> str:
        """One sentence on whether to believe the fit behind the effect."""
        return self.verdict.headline

    @checked
    def summary(self, prob: float | None = None) -> pd.DataFrame:
        """The table of cases.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.

        Returns:
            A frame indexed by case, with columns `mean sd lower upper ess_bulk ess_tail r_hat
            mcse`; the diagnostics are those of the effect itself. Its `attrs` hold question, kind
            and probability of the interval, and the verdict's headline.
        """
        import pandas as pd

        frame = summary_frame([str(label) for label in self.labels], self.draws, prob)
        frame.index = (
            pd.Index([label[0] for label in self.labels], name=self.names[0], tupleize_cols=False)
            if len(self.names) == 1
            else pd.MultiIndex.from_tuples(self.labels, names=self.names)
        )
        frame.attrs.update(question=self.question, verdict=self.headline)
        return frame

    @checked
    def sentence(self, k: int = 0, prob: float | None = None) -> str:
        """Says one case in a sentence: mean, credible interval, and the side of the null.

        It speaks of association. Whether the association is an effect is for `causal` to argue.

        Args:
            k: The case's position.
            prob: Probability of the credible interval; None takes `bi.options.interval`.

        Raises:
            ModelError: `unknown-case`, for a position that does not exist.
        """
        if not isinstance(k, int | np.integer) or not -len(self.labels) <= k < len(self.labels):
            raise ModelError(
                f"There is no case {k!r:.60}; the effect has {len(self.labels)}, counted from 0.",
                code="unknown-case",
            )
        flat = self.draws[..., k].reshape(-1)
        kind, probability = options.interval_with(prob)
        lower, upper = interval(flat, kind, probability)
        digits = decimals(float(flat.std()))
        mean, low, high = (
            f"{value:,.{digits}f}" for value in (flat.mean(), float(lower), float(upper))
        )
        side = ""
        if self.null is not None:
            side = f"; P(> {self.null:g}) {_share(flat > self.null)}"
        return (
            f"{self.claims[k]} {mean} (posterior mean; {percent(probability)} CrI "
            f"[{low}, {high}], {kind.upper()}){side}."
        )

    def __repr__(self) -> str:
        table = self.summary()
        lines = [
            self.question,
            *self._doubt(),
            table.to_string(float_format="{:.4g}".format, max_rows=20),
            _caption(table),
        ]
        return legible("\n".join(lines))

    def _repr_html_(self) -> str:
        table = self.summary().rename(shown)
        head = "<br>".join(escape(legible(line)) for line in (self.question, *self._doubt()))
        body = table.to_html(float_format="{:.4g}".format, max_rows=20)
        return f"<p>{head}</p>{body}<p>{escape(legible(_caption(table)))}</p>"

    def _doubt(self) -> tuple[str, ...]:
        """The verdict's headline, where it asks for care."""
        return (self.headline,) if self.verdict.of("bad", "warning") else ()


def decimals(sd: float) -> int:
    """How many decimals show two digits of a standard deviation, from 0 to 10.

    Example:
        >>> decimals(1.25), decimals(0.034), decimals(650.0)
        (1, 3, 0)
    """
    if not isfinite(sd) or sd <= 0:
        return 3
    return min(max(1 - floor(log10(sd)), 0), 10)


def _share(true: np.ndarray) -> str:
    """A posterior probability, as far as the draws can tell it from 0 and 1."""
    share = float(true.mean())
    if 0.001 <= share <= 0.999:
        return f"= {share:.3f}"
    return "> 0.999" if share > 0.5 else "< 0.001"


def _caption(table: pd.DataFrame) -> str:
    return (
        f"lower, upper: {percent(table.attrs['interval_prob'])} credible interval "
        f"({table.attrs['interval_kind'].upper()})"
    )
