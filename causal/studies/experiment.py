"""A randomised experiment: chance decided who was treated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption, Computation
from causal.arms import ArmStudy, order_assumption
from causal.averages import grouping
from causal.comparison import complete_rows, missing_rows
from causal.copies import refuse_clusters
from causal.estimand import ATE, Estimand
from causal.estimators import Standardisation
from causal.findings.assignment import (
    Assignment,
    judge_attrition,
    judge_clusters,
    judge_covariates,
    judge_shares,
    read_assignment,
)
from causal.findings.blocks import ROWS_PER_ARM, fewest_per_arm, judge_blocks
from causal.formula import Adjuster, outcome_formula, quoted
from causal.identification import backdoor_assumptions
from causal.identification.identification import join
from causal.many_arms import compare_arms, two_arms
from causal.sequential import Looks, ProbabilityAbove, Watched, watch
from causal.study import Example, refuse_repeats
from causal.treatment import Contrast, levels_of, order_levels

TRIALS = 2000
"""Simulated trials per truth behind the rate of false alarms of looks: an error below 1.2%."""

FALSE_ALARMS = 0.1
"""False alarms of looks above which they are a warning; a convention."""


@bi.checked_class
@dataclass(frozen=True)
class Experiment(ArmStudy):
    """Compares arms that chance made alike.

    Attributes:
        covariates: What was measured before the treatment, to make the answer more precise; none
            is needed. Names of columns will do.
        before: The outcome's column from before the treatment (CUPED): the outcome is regressed
            on it, and the answer says how much variance that saved.
        blocks: The column within whose levels chance decided (stratified assignment). Each block
            has an effect of its own, averaged by the blocks' rows, because a difference of the
            whole arms is biased where the odds of treatment differ between blocks.
        clusters: The column whose levels came into an arm together (cluster-randomised): a group
            term gives the effect the uncertainty of that many clusters, not of the rows.
        shares: The share of rows that each arm was meant to have; None leaves them unchecked.
        looks: How the data were looked at while they arrived, in the order of the frame's rows;
            the answer then has the tables "looks" and "operating characteristics". Looks compare
            the plain arms, whatever is held equal in the answer; with clusters they are refused.

    Source:
        Lin (2013), Agnostic notes on regression adjustments to experimental data, Annals of
        Applied Statistics 7, for the covariates; Deng et al. (2013), Improving the sensitivity of
        online controlled experiments by utilizing pre-experiment data, WSDM, for CUPED, which is
        this regression with one slope; Imbens and Rubin (2015), Causal Inference, chapter 9, for
        the blocks; Donner and Klar (2000), Design and Analysis of Cluster Randomization Trials.

    Example:
        >>> from causal.estimate import run
        >>> made = Experiment.example(np.random.default_rng(1))
        >>> bool(abs(run(made.study, made.frame, Computation(seed=1)).draws.mean() - 2) < 0.5)
        True
    """

    estimand: Estimand = field(default_factory=ATE)
    covariates: tuple[Adjuster | str, ...] = ()
    before: str | None = field(default=None, kw_only=True)
    blocks: str | None = field(default=None, kw_only=True)
    clusters: str | None = field(default=None, kw_only=True)
    shares: Mapping[object, float] | None = field(default=None, kw_only=True)
    looks: Looks | None = field(default=None, kw_only=True)

    name: ClassVar[str] = "experiment"

    def __post_init__(self) -> None:
        if isinstance(self.covariates, str):
            raise bi.ModelError(
                f"covariates is a tuple of columns, not the text {self.covariates!r}.",
                code="covariates-not-a-tuple",
                hint=f"Write covariates=({self.covariates!r},).",
            )
        bi.require_names(before=self.before, blocks=self.blocks, clusters=self.clusters)
        if self.shares is not None and not isinstance(self.shares, Mapping):
            raise bi.ModelError(
                f"shares= gives the share of each arm by its name, not {self.shares!r:.60}.",
                code="shares-without-arms",
                hint="Write for example shares={'control': 0.5, 'drug': 0.5}.",
            )
        if self.clusters is not None and self.looks is not None:
            raise bi.ModelError(
                f"Looks take rows for independent ones, and the rows of a '{self.clusters}' came "
                "into an arm together: what they show would be too sure, and would stop too soon.",
                code="looks-ignore-clusters",
                column=self.clusters,
                hint="Leave looks= out, or look at one row per cluster (its mean outcome).",
            )
        roles = (self.outcome, self.treatment, self.before, self.blocks, self.clusters)
        named = [column for column in roles if column is not None]
        refuse_repeats(named, "outcome, treatment, before, blocks and clusters")

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up rows of which a coin decides who is treated."""
        size = 400
        z = rng.normal(size=size)
        t = (rng.random(size) < 0.5).astype(float)
        y = 1 + (2 + 0.5 * z) * t + 1.5 * z + rng.normal(size=size)
        study = cls("y", "t", ATE(), (Adjuster("z", ("z",)),))
        return Example(study, {"y": y, "t": t, "z": z}, float(np.mean(2 + 0.5 * z)))

    @property
    def measured(self) -> tuple[Adjuster, ...]:
        """What was measured before the treatment: the covariates, and the outcome itself."""
        given = (*self.covariates, *(() if self.before is None else (self.before,)))
        return tuple(
            Adjuster(entry, (entry,)) if isinstance(entry, str) else entry for entry in given
        )

    @property
    def adjusting(self) -> tuple[Adjuster, ...]:
        """What was measured before, the blocks and the clusters."""
        design = []
        if self.blocks is not None:
            design.append(Adjuster(f"C({quoted(self.blocks)})", (self.blocks,), "term"))
        if self.clusters is not None:
            design.append(Adjuster(f"(1 | {quoted(self.clusters)})", (self.clusters,), "group"))
        return (*self.measured, *design)

    def refuse_rows(self, rows: bi.Table) -> None:
        """Refuses clusters that are the arms, and what leaves nothing to compare."""
        if self.clusters is not None:
            refuse_clusters(rows, self.treatment, self.clusters)
        super().refuse_rows(rows)

    def formula(self, contrast: Contrast) -> str:
        """Writes the default outcome model: arms, what was measured, blocks and clusters."""
        text = outcome_formula(
            self.outcome, self.treatment, self.measured, contrast.table, contrast.received
        )
        if self.blocks is not None and not single(contrast.table, self.blocks):
            block = f"C({quoted(self.blocks)})"
            text += f" + {block}"
            if fewest_per_arm(self.assignment(contrast)) >= ROWS_PER_ARM:
                text += f" + {quoted(self.treatment)}:{block}"
        if self.clusters is not None:
            text += f" + (1 | {quoted(self.clusters)})"
        return text

    def answer(self, frame: object, computation: Computation) -> Answer:
        """Fits the outcome model, and looks at who was assigned and who was lost.

        More than two arms are compared pair by pair, from the same draws.

        Raises:
            ModelError: The estimator takes rows of one cluster for independent ones.
        """
        if self.clusters is not None and not isinstance(self.estimator, Standardisation):
            raise bi.ModelError(
                f"'{self.estimator.name}' takes rows for independent ones, and the rows of a "
                f"'{self.clusters}' came into an arm together: its interval would be too narrow.",
                code="estimator-ignores-clusters",
                column=self.clusters,
                hint="Leave estimator= out: standardisation has a group term for the clusters.",
            )
        rows = assigned_rows(self, frame)
        several = len(levels_of(rows, self.treatment)) > 2
        several = several and isinstance(self.estimator, Standardisation)
        answer = (
            judge_pairs(self, compare_arms(self, frame, computation))
            if several
            else super().answer(frame, computation)
        )
        assigned = judge_assigned(self, rows)
        saved = () if self.before is None else judge_saving(self, frame, answer, computation)
        answer = replace(answer, findings=(*assigned, *saved, *answer.findings))
        return answer if self.looks is None else add_looks(self, self.looks, frame, answer)

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """Random assignment, consistency, that covariates came first, and nobody was lost."""
        *_, consistency = backdoor_assumptions(self.treatment, self.outcome, ())
        within = f" within levels of {self.blocks}" if self.blocks else ""
        each = f"cluster of {self.clusters}" if self.clusters else "row"
        chance = Assumption(
            f"Random assignment: chance, or what is as good as chance, decided{within} which "
            f"{self.treatment} each {each} had; nothing that affects {self.outcome} had a say in "
            "it.",
            ("randomisation", "sample-ratio"),
        )
        lost = Assumption(
            f"Nobody is lost because of {self.treatment}: the rows whose {self.outcome} is known "
            "are those that chance assigned, or a selection to which the arm did not matter.",
            ("attrition",),
        )
        named = [name for entry in self.measured for name in entry.columns]
        first = tuple(dict.fromkeys((*named, *grouping(self.estimand))))
        believed = (chance, Assumption(consistency), lost)
        return (*believed, *order_assumption(first, self.treatment))

    def assignment(self, contrast: Contrast) -> Assignment:
        """Numbers the blocks and clusters of the rows compared."""
        return read_assignment(contrast.table, contrast.received, self.blocks, self.clusters)

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Checks the randomisation by the covariates, blocks and clusters."""
        contrast = answer.contrast
        if contrast is None:
            return ()
        assignment = self.assignment(contrast)
        found = judge_covariates(contrast.table, self.known(contrast.table), assignment)
        if self.blocks is not None:
            found += judge_blocks(assignment, self.blocks)
        if self.clusters is not None:
            correlation = cluster_correlation(self, answer)
            found += judge_clusters(assignment, correlation, self.clusters)
        # No E-value: chance left nothing that an unmeasured confounder could explain.
        return found

    def known(self, table: bi.Table) -> list[str]:
        """The columns of rows that were measured before the treatment."""
        named = [name for entry in self.measured for name in entry.columns]
        return [name for name in dict.fromkeys(named) if name in table.columns]


def add_looks(study: Experiment, looks: Looks, frame: object, answer: Answer) -> Answer:
    """Adds what was seen at each look, and how often such looks raise a false alarm.

    Raises:
        DataError: There are more than two arms, or too few rows for the first look.
    """
    watched = watch(
        frame,
        study.outcome,
        study.treatment,
        looks,
        control=study.control,
        trials=TRIALS,
        seed=answer.seed,
    )
    rate, error = watched.characteristics.false_stops
    alarming = isinstance(looks.stop, ProbabilityAbove) and rate > FALSE_ALARMS
    finding = bi.Finding(
        watched.characteristics.sentence(),
        "warning" if alarming else "note",
        "optional-stopping",
        {"false_stops": rate, "error": error},
        "Ask for a higher probability, look less often, or expect smaller effects in the prior."
        if alarming
        else "",
    )
    shown = {"looks": watched.table, "operating characteristics": watched.characteristics.table}
    return replace(
        answer,
        method=f"{answer.method}{looks_are_plain(study)}",
        tables={**answer.tables, **shown},
        pictures=(*answer.pictures, watched.picture()),
        findings=(*judge_stop(watched, answer), finding, *answer.findings),
    )


def looks_are_plain(study: Experiment) -> str:
    """Says that looks hold nothing equal, where the answer does; else empty."""
    if not study.adjustment:
        return ""
    return (
        f" The looks are unadjusted: they compare the arms without {join(study.adjustment)}, so "
        "the last of them differs from this answer."
    )


def judge_stop(watched: Watched, answer: Answer) -> tuple[bi.Finding, ...]:
    """Says that the plan ended the trial before the rows that the answer uses were all in."""
    last, contrast = int(watched.table.index[-1]), answer.contrast
    if contrast is None or watched.decision != "stopped" or contrast.table.n <= last:
        return ()
    number = len(watched.table)
    return (
        bi.Finding(
            f"At look {number}, after {last} rows, the plan said to stop, because "
            f"{watched.looks.stop.sentence()}; the answer uses {contrast.table.n} rows, more than "
            "the plan does.",
            "warning",
            "stopped-earlier",
            {"look": float(number), "stopped_at": float(last), "rows": float(contrast.table.n)},
            f"For the answer of the plan, keep the first {last} rows; else say that it went on.",
        ),
    )


def judge_pairs(study: Experiment, answer: Answer) -> Answer:
    """Adds the randomisation check of every arm but the first two, each against the control."""
    fit, contrast = answer.prediction, answer.contrast
    if not isinstance(fit, bi.Fit) or contrast is None or fit.model.design.table is None:
        return answer
    rows, treatment = fit.model.design.table, contrast.treatment
    findings = ()
    for arm in rows.levels[study.treatment]:
        if arm in (treatment.control, treatment.treated):
            continue
        pair = two_arms(rows, study.treatment, str(treatment.control), str(arm))
        found = judge_covariates(pair.table, study.known(pair.table), study.assignment(pair))
        named = f"{arm} vs {treatment.control}"
        findings += tuple(replace(one, sentence=f"{named}: {one.sentence}") for one in found)
    return replace(answer, findings=(*findings, *answer.findings))


def single(table: bi.Table, column: str) -> bool:
    """Whether a column has one value only."""
    return len(set(table.columns[column].tolist())) == 1


def cluster_correlation(study: Experiment, answer: Answer) -> float | None:
    """The correlation within clusters, by posterior mean variances; None without a normal outcome.

    Source:
        Donner and Klar (2000), section 1.3: between / (between + within).
    """
    fit = answer.prediction
    if not isinstance(fit, bi.Fit) or fit.model.family.name != "gaussian":
        return None
    table, between = fit.summary(), f"sd:{study.clusters}:Intercept"
    if between not in table.index:
        return None
    moments = table.loc[[between, "sigma"], ["mean", "sd"]].to_numpy()
    shared, own = (moments**2).sum(axis=1)
    return float(shared / (shared + own))


def assigned_rows(study: Experiment, frame: object) -> bi.Table:
    """The rows whose arm is known, whether or not their outcome is."""
    named = [study.treatment, study.outcome, *([study.clusters] if study.clusters else [])]
    table = bi.Table.read(frame, named)
    unknown = missing_rows(table.columns[study.treatment])
    return table.take(~unknown) if unknown.any() else table


def judge_assigned(study: Experiment, table: bi.Table) -> tuple[bi.Finding, ...]:
    """Looks at all rows that were assigned: the arms' shares, and whose outcome is missing."""
    assigned, outcome = table.columns[study.treatment], table.columns[study.outcome]
    levels = levels_of(table, study.treatment)
    clusters = read_assignment(table, assigned == levels[0], None, study.clusters).clusters
    found: tuple[bi.Finding, ...] = ()
    if study.shares is not None:
        # A cluster is one throw of the coin, however many rows it has.
        counts = [len(np.unique(clusters[assigned == level])) for level in levels]
        found = judge_shares(levels, counts, study.shares)
    if outcome.dtype.kind not in "fiub":
        # Of two text levels the later one counts as 1, as in the outcome model.
        later = (outcome == levels_of(table, study.outcome)[-1]).astype(float)
        outcome = np.where(missing_rows(outcome), np.nan, later)
    named = study.control if study.control in levels else None
    control = order_levels(table, study.treatment, named)[0]
    return (
        *found,
        *judge_attrition(outcome.astype(float), assigned != control, clusters, study.outcome),
    )


def judge_saving(
    study: Experiment, frame: object, answer: Answer, computation: Computation
) -> tuple[bi.Finding, ...]:
    """Says how much variance the outcome from before saved: the same fit is run without it."""
    rows = complete_rows(frame, study.columns)
    # Neither the shares nor the looks have a say in the variance, and looks are simulated.
    kept = tuple(entry for entry in study.measured if study.before not in entry.columns)
    asked = replace(study, before=None, covariates=kept, shares=None, looks=None)
    plain = asked.answer(rows, computation)
    ratio = float(np.var(answer.draws) / np.var(plain.draws))
    evidence = {"variance_reduction": 1 - ratio, "plain_sd": float(np.std(plain.draws))}
    return (
        bi.Finding(
            f"Regression on '{study.before}' (CUPED) took {100 * (1 - ratio):.0f}% off the "
            f"variance of the effect: its sd is {np.std(answer.draws):.4g} instead of "
            f"{np.std(plain.draws):.4g}, as if there were {1 / ratio:.1f} times the rows.",
            "note",
            "variance-reduction",
            evidence,
        ),
    )
