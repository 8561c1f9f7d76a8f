"""The estimate: a question, its answer as draws, and what the answer rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.amounts import coding_sentence
from causal.answer import Answer, Assumption, Computation, Effects
from causal.arms import ArmStudy, outcome_label
from causal.columns import Levels, judge_columns, levels_counted, read_columns
from causal.coverage import Card, cards_of, quote_cards
from causal.findings import judge_draws, leave_out_told
from causal.study import Study

if TYPE_CHECKING:
    import pandas as pd

    from causal.check import Check
    from causal.refutation import Refutation
    from causal.sensitivity import Bias, Sensitivity

WITHHELD = (
    "The answer is withheld, because a check failed that makes these numbers unfit to be "
    "interpreted."
)


SHORT = 8
"""Lines of a table of finer effects beyond which printing leaves it out; `effects()` has it."""


@dataclass(frozen=True, eq=False, repr=False)
class Estimate:
    """An effect with its question and its doubts; prints them in that order.

    Attributes:
        study: The design that was run.
        frame: The data that it was run on.
        computation: How models were fitted, with the seed that was recorded.
        answer: The draws, and what they come from.
        findings: What the checks found.
        levels: Of a text outcome, the level that counts as 0 and the one that counts as 1; None of
            numbers.
    """

    study: Study
    frame: object
    computation: Computation
    answer: Answer
    findings: tuple[bi.Finding, ...]
    levels: Levels | None = None

    @property
    def name(self) -> str:
        """The effect's abbreviation, such as "ATE"."""
        return self.study.effect_name

    @property
    def question(self) -> str:
        """What was asked, in words, and which level of a text outcome counts as 1."""
        return f"{self.study.question(self.answer)} {self.coding}".rstrip()

    @property
    def coding(self) -> str:
        """Which level of a text outcome counts as 1; empty where the outcome is numbers."""
        return "" if self.levels is None else coding_sentence(self.study.outcome, self.levels)

    @property
    def method(self) -> str:
        """How the effect was computed, in words."""
        return self.answer.method

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What has to be believed, each with the checks that speak about it."""
        return self.study.assumptions(self.answer)

    @property
    def draws(self) -> np.ndarray:
        """(chain, draw) draws of the effect."""
        return self.answer.draws

    @property
    def prediction(self) -> object:
        """What the effect comes from: its predictions are from the same draws."""
        return self.answer.prediction

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Frames to look up by name, such as balance or donor weights."""
        return self.answer.tables

    @bi.checked
    def effects(self, over: str) -> Effects:
        """Finer effects from the same draws, such as `effects("event time")`.

        Args:
            over: What they are told apart by.

        Raises:
            ModelError: The study has no such effects.
        """
        if not isinstance(over, str) or over not in self.answer.effects:
            known = ", ".join(repr(name) for name in self.answer.effects) or "none"
            raise bi.ModelError(
                f"This estimate has no effects over {over!r}; it has {known}.",
                code="unknown-effects",
                hint="Ask for one of these, or for another estimand or estimator.",
            )
        return self.answer.effects[over]

    @property
    def verdict(self) -> bi.Verdict:
        """Whether the effect should be believed, as far as checks can tell."""
        return bi.Verdict(self.findings)

    def ledger(self) -> pd.DataFrame:
        """Lists the assumptions, and how each stands after the checks.

        Returns:
            A frame with columns `assumption status evidence`; the status is "untestable",
            "supported" or "in doubt".
        """
        import pandas as pd

        lines = [
            (
                assumption.sentence,
                assumption.status(self.findings),
                " ".join(
                    found.sentence for found in self.findings if found.code in assumption.checks
                ),
            )
            for assumption in self.assumptions
        ]
        return pd.DataFrame(lines, columns=["assumption", "status", "evidence"])

    @property
    def headline(self) -> str:
        """One sentence on what the checks found; they cannot show that the assumptions hold."""
        troubled = self.verdict.of("bad", "warning") or not self.findings
        return self.verdict.headline if troubled else "No check failed."

    @bi.checked
    def summary(self, prob: float | None = None) -> pd.DataFrame:
        """The table of the effect and of what it is made of.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.

        Returns:
            A frame indexed by estimand, the effect first, with columns `mean sd lower upper
            ess_bulk ess_tail r_hat mcse`.
        """
        parts = self.answer.parts
        draws = np.stack([self.draws, *parts.values()], axis=-1)
        frame = bi.summary_frame([self.name, *parts], draws, prob, "estimand")
        frame.attrs["verdict"] = self.headline
        frame.attrs["basis"] = self.answer.basis
        frame.attrs["coverage"] = self.coverage_sentence()
        frame.attrs["outcome"] = self.coding
        return frame

    @property
    def coverage(self) -> tuple[Card, ...]:
        """How often intervals of this procedure held the truth, where it was known."""
        return cards_of(self.study.procedure)

    def coverage_sentence(self) -> str:
        """Quotes the cards; empty where there are none."""
        return quote_cards(self.coverage)

    @bi.checked
    def sentence(self, prob: float | None = None) -> str:
        """Says the effect in words, or why it is withheld.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`.
        """
        bad = self.verdict.of("bad")
        if bad:
            return f"{WITHHELD} {bad[0].sentence}"
        frame = self.summary(prob)
        line = frame.iloc[0]
        kind, probability = frame.attrs["interval_kind"], frame.attrs["interval_prob"]
        interval = (
            "credible interval" if self.answer.basis == "posterior" else "quasi-posterior interval"
        )
        return (
            f"{self.name} of {self.subject}: "
            f"{line['mean']:.4g}, {percent(probability)} {interval} [{line['lower']:.4g}, "
            f"{line['upper']:.4g}] ({kind.upper()}); {self.direction()}."
        )

    @property
    def subject(self) -> str:
        """What the effect is of, with the levels compared where they need a name."""
        contrast = self.answer.contrast
        treatment, on, outcome = self.study.subject.partition(" on ")
        told = "" if contrast is None else contrast.treatment.comparison()
        if isinstance(self.study, ArmStudy) and isinstance(self.prediction, bi.Fit):
            outcome = outcome_label(self.prediction.model)
        counted = "" if self.levels is None else f" = {self.levels[1]!r}"
        return f"{treatment}{told}{on}{outcome}{counted}"

    def direction(self) -> str:
        """On which side of zero the effect lies, and how probably, as far as draws can tell."""
        above = float((self.draws > 0).mean())
        side = "above" if above >= 0.5 else "below"
        share, bound = max(above, 1 - above), max(1 / self.draws.size, 0.001)
        shown = f"above {1 - bound:.3g}" if f"{share:.3f}" == "1.000" else f"{share:.3f}"
        return f"{side} zero with probability {shown}"

    def finer(self) -> tuple[tuple[str, pd.DataFrame], ...]:
        """The tables of finer effects that are short enough to be printed."""
        return tuple(
            (over, effects.summary())
            for over, effects in self.answer.effects.items()
            if len(effects.labels) <= SHORT
        )

    @bi.checked
    def report(
        self, path: str | FilePath | None = None, title: str | None = None
    ) -> bi.report.Report:
        """Writes a report with question, answer and doubts; see `report.report_estimate`.

        Args:
            path: A file ending in `.html` or `.md`; None writes none.
            title: The title; None names treatment and outcome.
        """
        from causal.report import report_estimate

        if path is not None:
            bi.report.report_path(path)
        report = report_estimate(self, title)
        if path is not None:
            report.write(path)
        return report

    @bi.checked
    def refute(
        self, checks: Sequence[Check | str] | None = None, seed: object = None
    ) -> Refutation:
        """Runs the study again and again, each time with one thing changed; see `causal.refute`.

        Args:
            checks: Checks or their names; None takes those that need nothing said.
            seed: As in `bi.fit`.
        """
        from causal.refutation import refute

        return refute(self, checks, seed)

    @bi.checked
    def sensitivity(self, bias: Bias | None = None, seed: object = None) -> Sensitivity:
        """Says what the effect would be under unmeasured confounding; see `causal.sensitivity`.

        Args:
            bias: What is believed of it; None takes one as strong as the strongest covariate.
            seed: As in `bi.fit`.
        """
        from causal.sensitivity.analysis import sensitivity

        return sensitivity(self, bias, seed)

    def __repr__(self) -> str:
        withheld = bool(self.verdict.of("bad"))
        table = "" if withheld else self.summary().to_string(float_format="{:.4g}".format)
        lines = [
            "Question",
            self.question,
            "Answer",
            self.sentence(),
            *table.splitlines(),
            *(() if withheld else self._finer_lines()),
            self.method,
            "Doubts",
            *(
                f"Assumed ({assumption.status(self.findings)}): {assumption}"
                for assumption in self.assumptions
            ),
            self.headline,
            *(line for found in self.verdict.sorted for line in str(found).splitlines()),
            *([f"Measured: {self.coverage_sentence()}"] if self.coverage else []),
        ]
        heads = ("Question", "Answer", "Doubts")
        return "\n".join(line if line in heads else f"  {line}" for line in lines)

    def _finer_lines(self) -> list[str]:
        lines = []
        for over, frame in self.finer():
            text = frame.loc[:, ["mean", "sd", "lower", "upper"]].to_string(
                float_format="{:.4g}".format
            )
            lines += [f"effects({over!r})", *text.splitlines()]
        return lines

    def _repr_html_(self) -> str:
        withheld = bool(self.verdict.of("bad"))
        table = "" if withheld else self.summary().to_html(float_format="{:.4g}".format)
        finer = "".join(
            f"<p>effects({over!r})</p>{frame.to_html(float_format='{:.4g}'.format)}"
            for over, frame in (() if withheld else self.finer())
        )
        assumed = "".join(
            f"<li><i>{assumption.status(self.findings)}</i>: {escape(str(assumption))}</li>"
            for assumption in self.assumptions
        )
        found = "".join(f"<li>{escape(str(finding))}</li>" for finding in self.verdict.sorted)
        return (
            f"<h4>Question</h4><p>{escape(self.question)}</p>"
            f"<h4>Answer</h4><p>{escape(self.sentence())}</p>{table}{finer}"
            f"<p>{escape(self.method)}</p>"
            f"<h4>Doubts</h4><p>Assumed:</p><ul>{assumed}</ul>"
            f"<p><b>{escape(self.headline)}</b></p><ul>{found}</ul>"
            + (f"<p>Measured: {escape(self.coverage_sentence())}</p>" if self.coverage else "")
        )


def require_estimate(given: object, verb: str) -> None:
    """Refuses what is no estimate.

    Args:
        given: What stands where an estimate belongs.
        verb: Whose place that is.

    Raises:
        ModelError: `not-an-estimate`.
    """
    if not isinstance(given, Estimate):
        raise bi.ModelError(
            f"causal.{verb} asks about an estimate, and this is a value of type "
            f"{type(given).__name__}.",
            code="not-an-estimate",
            hint=f"Write causal.{verb}(causal.estimate(...)), or keep the estimate under a name.",
        )


def run(study: Study, frame: object, computation: Computation) -> Estimate:
    """Answers the question of a study, and checks the answer.

    Args:
        study: What is compared, and under which assumptions.
        frame: A data frame (pandas, polars, pyarrow) or a dict of arrays.
        computation: How models are fitted.

    Example:
        >>> from causal.studies import Experiment
        >>> made = Experiment.example(np.random.default_rng(1))
        >>> run(made.study, made.frame, Computation(seed=1)).name
        'ATE'
    """
    seeded = replace(computation, seed=bi.streams_of(computation.seed).seed)
    answer = study.answer(frame, seeded)
    findings = (
        *study.checks(answer),
        *judge_draws(study.effect_name, answer.draws),
        *answer.findings,
    )
    table = read_columns(study, frame)
    levels = levels_counted(study, table, answer)
    columns = judge_columns(study, table, levels)
    told = (*columns, *leave_out_told(findings, columns))
    return Estimate(study, frame, seeded, answer, told, levels)


def percent(probability: float) -> str:
    """A probability in percent, with as many digits as it has.

    Example:
        >>> percent(0.89)
        '89%'
    """
    return f"{100 * probability:.6g}%"
