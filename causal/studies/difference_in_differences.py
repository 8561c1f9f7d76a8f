"""Difference in differences: treated units against units not yet treated, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption, Computation, Effects
from causal.panel import Panel, read_panel
from causal.staggered import (
    AVERAGES,
    Average,
    CohortTime,
    Comparison,
    Controls,
    LearnedPooling,
    Method,
    NoPooling,
    Plan,
    Pooling,
    Trends,
    average,
    average_weights,
    compute,
    counted,
    draw_all,
    drop_gaps,
    drop_treated_before,
    effect_families,
    judge_composition,
    judge_controls,
    judge_size,
    judge_starts,
    judge_steps,
    judge_trends,
    judge_two_way,
    make_plan,
    path_without_treatment,
    picture_event_times,
    standardise_covariates,
    tabulate_averages,
    tabulate_cells,
    tabulate_deviations,
    untreated_spread,
)
from causal.study import Example, Study, as_names, is_count, refuse_repeats

if TYPE_CHECKING:
    import pandas as pd

CHAINS = 4
"""Draws are independent; they are laid out as chains because all draws of the library are."""


@bi.checked_class
@dataclass(frozen=True)
class DifferenceInDifferences(Study):
    """Compares how outcomes changed in units that became treated with how they changed in others.

    Units may become treated at different times and stay treated. Effects are computed for each
    cohort (units first treated at one time) and time, and then averaged, so that no unit treated
    earlier serves as control for one treated later.

    The posterior is the Bayesian bootstrap over units: draws of how much each unit counts, under a
    Dirichlet process for the units, with everything recomputed for each draw. It keeps a unit's
    outcomes together over time, so that serial correlation makes intervals as wide as it should.
    The bootstrap's draws stand in for a likelihood, with pooling and without, which is why the
    answer calls itself a quasi-posterior.

    Attributes:
        outcome: The outcome's column, numbers.
        unit: The column that names units: persons, firms, counties.
        time: The column of times; see `causal.panel.read_panel` for what may stand in it.
        first_treated: A column with the first treated time of each unit; missing, 0 or "never" for
            units never treated. Give either this or `treatment`.
        treatment: A column that marks treated rows (0 and 1, False and True, or two texts).
        covariates: Columns that trends may depend on: their value before treatment with
            `CohortTime`, their current value with `Imputation`, so treatment must not touch them.
        controls: "never" compares with units never treated; "not yet" also with those treated
            later. Without never treated units, "not yet" is used in either case, and said.
        anticipation: How many times before treatment units may already react.
        method: `CohortTime()`, the default, or `Imputation()`, which is more precise if trends
            were parallel all along, and allows gaps.
        pooling: `LearnedPooling()`, the default, or `NoPooling()`, which reproduces published
            numbers.
        average: The headline: "simple" (treated units and times alike), "event time", "cohort" or
            "calendar time"; the others are in `effects("average")`.
        control: The treatment's level that stands for "without it"; None goes by convention.

    Source:
        Callaway and Sant'Anna (2021), Journal of Econometrics 225; Borusyak, Jaravel and Spiess
        (2024), Review of Economic Studies 91; Rubin (1981), Annals of Statistics 9.

    Example:
        >>> made = DifferenceInDifferences.example(np.random.default_rng(1))
        >>> answer = made.study.answer(made.frame, Computation(seed=1))
        >>> list(answer.effects["event time"].labels)
        [-5, -4, -3, -2, 0, 1, 2, 3, 4]
    """

    outcome: str
    unit: str
    time: str
    first_treated: str | None = None
    treatment: str | None = None
    covariates: tuple[str, ...] = ()
    controls: Controls = "never"
    anticipation: int = 0
    method: Method = field(default_factory=CohortTime)
    pooling: Pooling = field(default_factory=LearnedPooling)
    average: Average = "simple"
    control: object = None

    name: ClassVar[str] = "difference_in_differences"

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariates", as_names(self.covariates, "covariates"))
        if (self.first_treated is None) == (self.treatment is None):
            raise bi.ModelError(
                "A difference in differences needs one column that tells who is treated since "
                "when.",
                code="no-treatment",
                hint="Give first_treated=..., a column of times, or treatment=..., a column that "
                "marks treated rows.",
            )
        refuse_repeats(
            (self.outcome, self.unit, self.time, self.told, *self.covariates),
            "outcome, unit, time, treatment and covariates",
        )
        for given, known, told in (
            (self.controls, ("never", "not yet"), "controls"),
            (self.average, AVERAGES, "average"),
        ):
            if given not in known:
                raise bi.ModelError(
                    f"There is no {told}={given!r}.",
                    code="unknown-choice",
                    hint=f"Write one of {', '.join(repr(name) for name in known)}.",
                )
        if not is_count(self.anticipation):
            raise bi.ModelError(
                f"Anticipation is a number of times, 0 or more, not {self.anticipation!r}.",
                code="anticipation",
                hint="Give a whole number; 0 where nobody reacts before treatment.",
            )

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up 90 units of which two thirds become treated, with errors that last."""
        first = np.repeat([4, 6, 0], 30)
        times = np.arange(1, 9)
        shocks = rng.normal(size=(90, len(times)))
        for time in range(1, len(times)):
            shocks[:, time] += 0.6 * shocks[:, time - 1]
        treated = (times >= first[:, None]) & (first[:, None] > 0)
        effects = treated * (2 + 0.5 * (times - first[:, None]))
        levels = rng.normal(size=(90, 1)) + (first[:, None] > 0) + 0.3 * times
        y = levels + effects + 0.5 * shocks
        frame = {
            "y": y.ravel(),
            "who": np.repeat(np.arange(90), len(times)),
            "when": np.tile(times, 90),
            "since": np.repeat(first, len(times)),
        }
        study = cls("y", "who", "when", first_treated="since")
        return Example(study, frame, float(effects[treated].mean()))

    @property
    def columns(self) -> tuple[str, ...]:
        """Outcome, unit, time, who is treated, and the covariates."""
        return tuple(
            dict.fromkeys((self.outcome, self.unit, self.time, self.told, *self.covariates))
        )

    @property
    def amounts(self) -> tuple[str, ...]:
        """The outcome and the covariates."""
        return tuple(dict.fromkeys((self.outcome, *self.covariates)))

    @property
    def told(self) -> str:
        """The column that tells who is treated since when."""
        return self.first_treated or self.treatment or ""

    @property
    def effect_name(self) -> str:
        """The average effect on the treated."""
        return "ATT"

    @property
    def subject(self) -> str:
        """What the effect is of, and on what."""
        return f"{self.told} on {self.outcome}"

    @property
    def procedure(self) -> str:
        """The name under which coverage was measured."""
        how = "imputation" if self.method.allows_gaps else "cohorts and times"
        pooled = "unpooled" if isinstance(self.pooling, NoPooling) else "pooled"
        return f"difference in differences by {how}, {pooled}"

    def question(self, answer: Answer) -> str:
        """Says what is averaged over what."""
        over = {
            "simple": "over treated units and times, each counting alike",
            "event time": "over times since treatment, each counting alike",
            "cohort": "over treated units, each counting alike",
            "calendar time": "over calendar times, each counting alike",
        }[self.average]
        return (
            f"{self.effect_name}: by how much {self.outcome} of treated units differs from what it "
            f"would have been had they not been treated (yet), E[Y(g) - Y(never)] for units first "
            f"treated at g, on average {over}. Who is treated since when stands in {self.told}."
        )

    def read(self, frame: object) -> tuple[Comparison, tuple[bi.Finding, ...]]:
        """Reads the panel, and leaves out what the design cannot use.

        Args:
            frame: The data as the user has them.

        Raises:
            DataError: What `read_panel` refuses; nobody is treated, or seen before treatment.
        """
        read = read_panel(
            frame,
            self.outcome,
            self.unit,
            self.time,
            first_treated=self.first_treated,
            treatment=self.treatment,
            covariates=self.covariates,
            control=self.control,
        )
        seen, early = drop_treated_before(read, self.anticipation, self.told)
        whole, gaps = drop_gaps(seen, self.method, self.anticipation, self.unit)
        panel = standardise_covariates(whole)
        controls = self.controls if panel.never_treated.any() else "not yet"
        comparison = Comparison(panel, controls, self.anticipation)
        times = (*judge_starts(read, self.told, self.time), *judge_steps(read, self.time))
        return comparison, (*times, *early, *gaps, *judge_controls(panel, self.controls))

    def answer(self, frame: object, computation: Computation) -> Answer:
        """Draws unit weights, and recomputes all effects for each.

        Raises:
            DataError: What `read` refuses; no treated outcome can be compared with anything.
        """
        comparison, found = self.read(frame)
        plan = make_plan(self.method, comparison, self.told)
        streams = bi.streams_of(computation.seed)
        count = max(computation.draws // CHAINS, 1)
        drawn = draw_all(plan, CHAINS * count, streams.generator("units"))
        point = compute(plan, np.ones((1, len(comparison.panel.units))))
        effects = self.pooling.pool(
            plan.cells,
            point.effects[0],
            drawn.effects,
            untreated_spread(comparison.panel),
            streams.generator("pooling"),
        )
        headline = average(plan.cells, self.average, drawn.shares, effects)
        weights = average_weights(plan.cells, self.average, drawn.shares)
        with_treatment = (weights * drawn.outcomes).sum(axis=1)
        parts = {
            "E[Y(g) | treated]": with_treatment,
            "E[Y(never) | treated]": with_treatment - headline,
        }
        shape = (CHAINS, count)
        families = effect_families(plan, drawn, effects, shape)
        tables = {
            "averages": tabulate_averages(plan, point, drawn, families["average"]),
            "cohort-time effects": tabulate_cells(
                plan, point, self.average, families["cohort and time"]
            ),
        }
        trends = self.trends(headline, families, tables)
        if trends.steps.size:
            tables["deviations from parallel trends"] = tabulate_deviations(trends)
        return Answer(
            draws=headline.reshape(shape),
            method=self.describe(plan),
            parts={
                name: draws.reshape(shape)
                for name, draws in parts.items()
                # The outcome of one treated unit is what it is, and has no posterior.
                if np.ptp(draws) > 1e-9 * np.abs(draws).max()
            },
            effects=families,
            prediction=path_without_treatment(plan, effects.reshape(*shape, -1), self.time),
            tables=tables,
            pictures=(picture_event_times(families["event time"], self.outcome),),
            findings=(
                *found,
                judge_size(comparison.panel),
                judge_composition(comparison.panel, plan.cells),
                *judge_two_way(self.effect_name, plan, headline, drawn),
            ),
            basis="quasi-posterior",
            seed=streams.seed,
        )

    def describe(self, plan: Plan) -> str:
        """Says in words how the effect was computed."""
        panel: Panel = plan.comparison.panel
        treated = int((~panel.never_treated).sum())
        given = f", given {', '.join(self.covariates)}" if self.covariates else ""
        return (
            f"{self.method.sentence(plan.comparison.controls)} {self.pooling.sentence()} Draws are "
            f"those of the Bayesian bootstrap over {counted(len(panel.units), 'unit')}, {treated} "
            f"of them treated, in {counted(len(panel.cohorts), 'cohort')} at {len(panel.times)} "
            f"times{given}; it "
            "keeps each unit's times together."
        )

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """Parallel trends, no anticipation, no interference, lasting treatment, like units."""
        alike = f" of the same {', '.join(self.covariates)}" if self.covariates else ""
        early = (
            f"more than {self.anticipation} times before it began"
            if self.anticipation
            else "before it began"
        )
        return (
            Assumption(
                f"Parallel trends: without treatment, {self.outcome} of treated units would have "
                f"changed as it did in controls{alike}.",
                ("pre-trends", "parallel-trends"),
            ),
            Assumption(
                f"No anticipation: treatment did not change {self.outcome} {early}.",
                ("anticipation",),
            ),
            Assumption(
                f"No interference: treatment of one unit did not change {self.outcome} of others."
            ),
            Assumption("Lasting treatment: whoever was treated once stays treated, all alike."),
            Assumption(
                "Like units: units are draws from one population, independent of each other.",
                ("units",),
            ),
        )

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Judges drift before treatment, anticipation, and what would overturn the answer."""
        return judge_trends(self.trends(answer.draws.ravel(), answer.effects, answer.tables))

    def trends(
        self,
        effect: np.ndarray,
        families: Mapping[str, Effects],
        tables: Mapping[str, pd.DataFrame],
    ) -> Trends:
        """The effect beside the steps before treatment.

        Args:
            effect: (draw,) draws of the headline.
            families: The finer effects.
            tables: The tables.
        """
        steps = families.get("step before treatment")
        table = tables["cohort-time effects"]
        events = np.asarray(table["event time"], dtype=float)
        reach = float(np.asarray(table["weight"]) @ (events + 1 + self.anticipation))
        flat = np.empty((effect.size, 0)) if steps is None else steps.draws
        return Trends(self.effect_name, effect, flat.reshape(effect.size, -1), reach)
