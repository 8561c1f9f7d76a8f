"""Studies that compare rows of two arms by an estimator."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption, Computation
from causal.averages import grouping
from causal.comparison import Comparison, OutcomeModel, complete_rows
from causal.copies import refuse_copies, refuse_repeated, refuse_sorted_arms
from causal.estimand import ATE, Dose, Estimand
from causal.estimator import Estimator
from causal.estimators import ALL, Standardisation, Weighting
from causal.findings import judge_confounding, standardised_differences
from causal.formula import Adjuster, columns_of, dose_formula, refuse_text_outcome
from causal.identification.identification import join
from causal.path_effects import refuse_paths
from causal.study import Study
from causal.treatment import Contrast, Treatment, build_contrast, levels_of

MOST_ARMS = 12
"""Levels of a treatment beyond which they are amounts or groups rather than arms."""


@dataclass(frozen=True)
class ArmStudy(Study):
    """Compares rows that had a treatment with rows that had not.

    Attributes:
        outcome: The outcome's column.
        treatment: The treatment's column.
        estimand: What is asked.
        control: The treatment's level that stands for "without it"; None goes by convention.
        model: What was said about the outcome model.
        estimator: How the effect is computed.
    """

    outcome: str
    treatment: str
    estimand: Estimand
    control: object = field(default=None, kw_only=True)
    model: OutcomeModel = field(default=OutcomeModel(), kw_only=True)
    estimator: Estimator = field(default=Standardisation(), kw_only=True)

    @property
    @abstractmethod
    def adjusting(self) -> tuple[Adjuster, ...]:
        """What is held equal in the comparison, and how it enters a model."""

    @abstractmethod
    def formula(self, contrast: Contrast) -> str:
        """Writes the outcome model to fit.

        Args:
            contrast: The rows that miss none of the study's columns.
        """

    def judge_frame(self, frame: object) -> tuple[bi.Finding, ...]:
        """Checks what needs more columns than the comparison does; nothing, unless a design does.

        Args:
            frame: The data as the user has them.
        """
        return ()

    @property
    def adjustment(self) -> tuple[str, ...]:
        """The columns that are held equal in the comparison."""
        return tuple(dict.fromkeys(column for entry in self.adjusting for column in entry.columns))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the study needs."""
        return tuple(dict.fromkeys((self.outcome, self.treatment, *self.adjustment)))

    @property
    def amounts(self) -> tuple[str, ...]:
        """The columns but for those that enter as levels or groups."""
        levels = (entry for entry in self.adjusting if entry.kind == "group" or "C(" in entry.text)
        names = columns_of(tuple(levels))
        return tuple(name for name in self.columns if name not in names)

    @property
    def effect_name(self) -> str:
        """The estimand's abbreviation."""
        return self.estimand.name

    @property
    def procedure(self) -> str:
        """The design and the estimator: each pair was measured by itself."""
        return f"{self.name} by {self.estimator.name.replace('_', ' ')}"

    @property
    def subject(self) -> str:
        """The treatment and the outcome."""
        return f"{self.treatment} on {self.outcome}"

    def contrast(self, table: bi.Table) -> Contrast:
        """Says which rows are compared and how they are weighed.

        Args:
            table: Rows without missing values.

        Raises:
            DataError: The treatment does not have two levels in these rows.
        """
        return build_contrast(table, self.treatment, self.estimand, self.control)

    def smallest_arm(self, rows: bi.Table) -> Contrast:
        """Sets the rows of the smaller arm, or of the smallest of several, against the others.

        Args:
            rows: Rows without missing values.

        Raises:
            DataError: The treatment has fewer than two levels, or more than can be arms.
        """
        levels = levels_of(rows, self.treatment)
        if not 2 < len(levels) <= MOST_ARMS:
            return build_contrast(rows, self.treatment, ATE(), self.control)
        values = rows.columns[self.treatment]
        smallest = min(levels, key=lambda level: int(np.count_nonzero(values == level)))
        other = next(level for level in levels if level != smallest)
        received = np.asarray(values == smallest, dtype=bool)
        return Contrast(
            rows, Treatment(self.treatment, other, smallest), received, ATE().weights(received)
        )

    def refuse_rows(self, rows: bi.Table) -> None:
        """Refuses rows that leave nothing to compare, whatever computes the effect.

        Args:
            rows: Those that miss nothing.

        Raises:
            DataError: An outcome of text, or a column that repeats the outcome or the treatment.
            ModelError: Groups of rows by the outcome or by the treatment.
        """
        refuse_grouping(self)
        refuse_text_outcome(rows, self.outcome)
        entries = (entry for entry in self.adjusting if entry.kind != "group")
        alike = columns_of(tuple(entries))
        refuse_repeated(rows, self.outcome, "outcome", alike)
        if isinstance(self.estimand, Dose):
            refuse_repeated(rows, self.treatment, "treatment", alike)
            return
        smallest = self.smallest_arm(rows)
        refuse_copies(smallest, self.adjustment)
        refuse_sorted_arms(smallest, alike)

    def comparison(self, frame: object) -> Comparison:
        """Puts the question to an estimator.

        Args:
            frame: The data as the user has them.
        """
        rows = complete_rows(frame, self.columns)
        self.refuse_rows(rows)
        written = self.model.formula
        if written is None and isinstance(self.estimand, Dose):
            require_doses(rows, self.treatment)
            written = dose_formula(self.outcome, self.treatment, self.adjusting, rows)
        elif written is None:
            # Whom the average is over says nothing about the outcome model.
            written = self.formula(self.smallest_arm(rows))
        return Comparison(
            frame,
            self.outcome,
            self.treatment,
            self.estimand,
            self.adjusting,
            written,
            self.model,
            self.control,
        )

    def answer(self, frame: object, computation: Computation) -> Answer:
        """Lets the estimator answer, and sets the arms side by side.

        Args:
            frame: The data as the user has them.
            computation: How models are fitted.

        Raises:
            ModelError: The estimator cannot answer this question.
        """
        if not isinstance(self.estimator, Estimator):
            raise bi.ModelError(
                f"A study's estimator is a value, not {self.estimator!r}.",
                code="not-an-estimator",
                hint="Write for example estimator=causal.AIPW().",
            )
        refuse_paths(self.estimand, self.outcome, self.treatment, self.adjustment)
        comparison = self.comparison(frame)
        refusal = self.estimator.refuses(comparison)
        if refusal is not None:
            raise bi.ModelError(
                refusal,
                code="estimator-refuses",
                hint=another_estimator(comparison),
            )
        answer = self.estimator.answer(comparison, computation)
        answer = replace(answer, findings=(*self.judge_frame(frame), *answer.findings))
        contrast = answer.contrast
        if contrast is None:
            return answer
        known = [name for name in self.adjustment if name in contrast.table.columns]
        balance = standardised_differences(contrast.table, known, contrast.received)
        named = balance.rename(columns={"chosen": "treated", "others": "control"})
        return replace(answer, tables={"balance": named, **answer.tables})

    def question(self, answer: Answer) -> str:
        """Says in words what is asked, and what 1 and 0 of the treatment stand for."""
        label, told = self.outcome, ""
        if isinstance(answer.prediction, bi.Fit):
            model = answer.prediction.model
            label = outcome_label(model)
            if model.formula.response.trials:
                told = (
                    f"{label} is a row's share of successes in its trials; rows count alike, "
                    "however many trials they have."
                )
        parts = (
            self.estimand.sentence(self.treatment, label),
            told,
            "" if answer.contrast is None else answer.contrast.treatment.sentence(),
        )
        return " ".join(part for part in parts if part)


def refuse_grouping(study: ArmStudy) -> None:
    """Refuses groups of rows by the outcome or by the treatment, in which effects mean nothing.

    Args:
        study: What is asked.

    Raises:
        ModelError: `groups-by-outcome` or `groups-by-treatment`.
    """
    before = "Group by what was settled before the treatment, as in estimand=causal.CATE('age')."
    for column in grouping(study.estimand):
        if column == study.outcome:
            raise bi.ModelError(
                f"Effects are asked for by '{column}', which is the outcome: '{study.treatment}' "
                "may have moved rows from group to group, so that a group compares rows that were "
                "never alike.",
                code="groups-by-outcome",
                column=column,
                hint=before,
            )
        if column == study.treatment:
            raise bi.ModelError(
                f"Effects are asked for by '{column}', which is the treatment: all rows of a group "
                "had the same, and there is nobody to compare with.",
                code="groups-by-treatment",
                column=column,
                hint=f"{before} For the average over the rows that had the treatment, ask for "
                "causal.ATT().",
            )


def order_assumption(names: Sequence[str], treatment: str) -> tuple[Assumption, ...]:
    """Says that columns came before the treatment; nothing where there are none.

    Args:
        names: The columns.
        treatment: The treatment's column.
    """
    if not names:
        return ()
    told = f"Order: {join(names)} came before {treatment}, untouched by it."
    return (Assumption(told, ("groups-after-treatment",)),)


def require_doses(rows: bi.Table, treatment: str) -> None:
    """Refuses a curve through two values of a treatment, of which any curve would do.

    Args:
        rows: Those that miss nothing.
        treatment: The treatment's column.

    Raises:
        DataError: `two-doses`.
    """
    levels = levels_of(rows, treatment)
    if len(levels) != 2:
        return
    raise bi.DataError(
        f"A dose-response curve needs more than two doses, and '{treatment}' has two values, "
        f"{levels[0]!r} and {levels[1]!r}.",
        code="two-doses",
        column=treatment,
        hint="Leave estimand= out: the ATE compares two levels of a treatment.",
    )


def another_estimator(comparison: Comparison) -> str:
    """Names an estimator that answers a question, for the hint of one that does not.

    Args:
        comparison: What is asked of which rows.
    """
    # Those that answer most, and know it at once; others fit a model before they know.
    for kind in (Standardisation, Weighting, *ALL):
        if kind().refuses(comparison) is None:
            return f"Write estimator=causal.{kind.__name__}()."
    return "No estimator answers this; ask for another estimand, or adjust for less."


def judge_arms(study: ArmStudy, answer: Answer) -> tuple[bi.Finding, ...]:
    """Says how strong an unmeasured confounder would have to be.

    Args:
        study: What was asked.
        answer: The draws of the effect; its parts are the two averages.
    """
    if answer.contrast is None or not {"E[Y(1)]", "E[Y(0)]"} <= set(answer.parts):
        return ()
    treated, control = answer.parts["E[Y(1)]"], answer.parts["E[Y(0)]"]
    return judge_confounding(treated, control, spread_of(study, answer))


def spread_of(study: ArmStudy, answer: Answer) -> float | None:
    """The sd of the outcome in the rows used; None where it is a chance or a rate."""
    if isinstance(answer.prediction, bi.Fit):
        model = answer.prediction.model
        if model.family.link.name != "identity":
            return None
        return float(np.std(model.design.response, ddof=1))
    assert answer.contrast is not None
    values = answer.contrast.table.columns[study.outcome]
    if values.dtype.kind in "Ob" or np.isin(values, (0, 1)).all():
        return None
    return float(np.std(values, ddof=1))


def outcome_label(model: bi.Model) -> str:
    """Names what the averages are of: the outcome's column, or the share of its trials.

    Args:
        model: The outcome model.

    Example:
        >>> frame = {"k": [1, 2, 3, 5], "n": [4, 4, 6, 6], "t": [0, 1, 0, 1]}
        >>> outcome_label(bi.model("k | trials(n) ~ t", frame, family="binomial"))
        '(k/n)'
    """
    response = model.formula.response
    column = response.expression.strip("`")
    return f"({column}/{response.trials.strip('`')})" if response.trials else column
