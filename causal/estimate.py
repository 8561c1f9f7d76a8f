"""The estimate: a question, its answer as draws, and what the answer rests on."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.findings import standardised_differences
from causal.treatment import Contrast

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Answer:
    """Draws of two averages, as if all rows had been treated and as if none had been.

    Attributes:
        fit: The model that both come from.
        contrast: The rows that are compared and averaged over.
        treated: (chain, draw) draws of the average outcome with treatment.
        control: (chain, draw) draws of the average outcome without, from the same joint draws.
    """

    fit: bi.Fit
    contrast: Contrast
    treated: np.ndarray
    control: np.ndarray

    @property
    def draws(self) -> np.ndarray:
        """(chain, draw) draws of the effect, the difference of the two."""
        return self.treated - self.control


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """An effect with its question and its doubts; prints them in that order.

    Attributes:
        name: The estimand's abbreviation, such as "ATE".
        question: What was asked, in words.
        outcome: What the averages are of: the outcome's column, or `(k/n)` for k of n trials.
        adjustment: The columns adjusted for.
        method: How the effect was computed, in words.
        answer: The draws, and the model and rows that they come from.
        assumptions: One sentence for each thing that the data cannot show.
        findings: What the checks found.
    """

    name: str
    question: str
    outcome: str
    adjustment: tuple[str, ...]
    method: str
    answer: Answer
    assumptions: tuple[str, ...]
    findings: tuple[bi.Finding, ...]

    @property
    def draws(self) -> np.ndarray:
        """(chain, draw) draws of the effect."""
        return self.answer.draws

    @property
    def prediction(self) -> bi.Fit:
        """The outcome model: its predictions come from the same draws as the effect."""
        return self.answer.fit

    @property
    def verdict(self) -> bi.Verdict:
        """Whether the effect should be believed, as far as checks can tell."""
        return bi.Verdict(self.findings)

    @property
    def headline(self) -> str:
        """One sentence on what the checks found; they cannot show that the assumptions hold."""
        troubled = self.verdict.of("bad", "warning") or not self.findings
        return self.verdict.headline if troubled else "No check failed."

    def summary(self, prob: float | None = None) -> pd.DataFrame:
        """The table of the effect and of the two averages that it is the difference of.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.

        Returns:
            A frame indexed by estimand, the effect first, with columns `mean sd lower upper
            ess_bulk ess_tail r_hat mcse`.
        """
        draws = np.stack([self.draws, self.answer.treated, self.answer.control], axis=-1)
        frame = bi.summary_frame([self.name, "E[Y(1)]", "E[Y(0)]"], draws, prob, "estimand")
        frame.attrs["missing"] = self.prediction.model.design.missing.sentence()
        frame.attrs["verdict"] = self.headline
        return frame

    def balance(self) -> pd.DataFrame:
        """How the arms differed before adjustment, in standard deviations.

        Returns:
            A frame with one line per column or level adjusted for and columns `treated control
            difference`, the largest difference first.
        """
        contrast = self.answer.contrast
        known = [column for column in self.adjustment if column in contrast.table.columns]
        frame = standardised_differences(contrast.table, known, contrast.received)
        return frame.rename(columns={"chosen": "treated", "others": "control"})

    def sentence(self, prob: float | None = None) -> str:
        """Says the effect in words.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.
        """
        frame = self.summary(prob)
        line = frame.iloc[0]
        treatment = self.answer.contrast.treatment
        kind, probability = frame.attrs["interval_kind"], frame.attrs["interval_prob"]
        return (
            f"{self.name} of {treatment.column}{treatment.comparison()} on {self.outcome}: "
            f"{line['mean']:.4g}, {percent(probability)} credible interval [{line['lower']:.4g}, "
            f"{line['upper']:.4g}] ({kind.upper()}); above zero with probability {self.chance()}."
        )

    def chance(self) -> str:
        """The posterior probability that the effect is above zero, as far as draws can tell."""
        above, least = float((self.draws > 0).mean()), 1 / self.draws.size
        shown = f"{above:.3f}"
        if shown in ("0.000", "1.000"):
            bound = max(least, 0.001)
            return f"below {bound:.3g}" if above < 0.5 else f"above {1 - bound:.3g}"
        return shown

    def report(self, path: str | Path | None = None, title: str | None = None) -> bi.report.Report:
        """Writes a report with question, answer and doubts; see `report.report_estimate`.

        Args:
            path: A file ending in `.html` or `.md`; None writes none.
            title: The title; None names treatment and outcome.
        """
        from causal.report import report_estimate

        report = report_estimate(self, title)
        if path is not None:
            report.write(path)
        return report

    def __repr__(self) -> str:
        table = self.summary().to_string(float_format="{:.4g}".format)
        lines = [
            "Question",
            self.question,
            "Answer",
            self.sentence(),
            *table.splitlines(),
            self.method,
            "Doubts",
            *(f"Assumed: {sentence}" for sentence in self.assumptions),
            self.headline,
            *(line for found in self.verdict.sorted for line in str(found).splitlines()),
        ]
        heads = ("Question", "Answer", "Doubts")
        return "\n".join(line if line in heads else f"  {line}" for line in lines)

    def _repr_html_(self) -> str:
        table = self.summary().to_html(float_format="{:.4g}".format)
        assumed = "".join(f"<li>{escape(sentence)}</li>" for sentence in self.assumptions)
        found = "".join(f"<li>{escape(str(finding))}</li>" for finding in self.verdict.sorted)
        return (
            f"<h4>Question</h4><p>{escape(self.question)}</p>"
            f"<h4>Answer</h4><p>{escape(self.sentence())}</p>{table}<p>{escape(self.method)}</p>"
            f"<h4>Doubts</h4><p>Assumed:</p><ul>{assumed}</ul>"
            f"<p><b>{escape(self.headline)}</b></p><ul>{found}</ul>"
        )


def percent(probability: float) -> str:
    """A probability in percent, with as many digits as it has.

    Example:
        >>> percent(0.89)
        '89%'
    """
    return f"{100 * probability:.6g}%"
