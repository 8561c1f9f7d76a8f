"""Mediation: how much of an effect goes through a mediator, and how much past it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, override

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption, Computation, Effects
from causal.comparison import OutcomeModel, complete_rows, default_family
from causal.estimand import ATE
from causal.findings import (
    judge_balance,
    judge_lost,
    judge_overlap,
    standardised_differences,
)
from causal.formula import (
    column_names,
    columns_of,
    quoted,
    read_adjusters,
    refuse_disguised,
    treatment_terms,
)
from causal.identification.identification import join
from causal.mediation import (
    Paths,
    average_paths,
    confounded_indirect,
    correlation_to_zero,
    judge_correlation,
    judge_moved,
    judge_regressions,
    judge_share,
    read_paths,
)
from causal.path_effects import NDE, NIE
from causal.population import SAMPLE, Population
from causal.study import Example, Study, as_names, refuse_repeats
from causal.treatment import Contrast, build_contrast, levels_of

if TYPE_CHECKING:
    import pandas as pd

CORRELATIONS = tuple(round(0.1 * step, 1) for step in range(-9, 10))
"""Correlations of the errors at which the sensitivity curve is given."""


@bi.checked_class
@dataclass(frozen=True)
class Mediation(Study):
    """Splits an effect into the part through a mediator and the part past it.

    Two regressions, of the mediator and of the outcome, each with its full posterior; each linear
    or logistic. The effects follow by integrating the second over the first, draw by draw.

    Attributes:
        outcome: The outcome's column.
        treatment: The treatment's column, with two levels.
        mediator: The column in between: numbers or two levels.
        adjust: What to hold equal in both regressions: columns or terms.
        values: Mediators at which to give controlled direct effects; empty takes its quartiles,
            or both levels.
        asked: The headline, `causal.NIE` or `causal.NDE`.
        mediator_model: The mediator's regression; what is left open is chosen.
        outcome_model: The outcome's regression, by default with the product of treatment and
            mediator; what is left open is chosen.
        population: The rows at hand, or the population that they were drawn from.
        control: The treatment's level that stands for "without it"; None goes by convention.

    Source:
        Imai, Keele and Yamamoto (2010), Statistical Science 25; VanderWeele (2015), Explanation in
        Causal Inference, chapter 2.

    Example:
        >>> made = Mediation.example(np.random.default_rng(1))
        >>> answer = made.study.answer(made.frame, Computation(seed=1))
        >>> bool(abs(answer.draws.mean() - made.effect) < 4 * answer.draws.std())
        True
    """

    outcome: str
    treatment: str
    mediator: str
    adjust: tuple[str, ...] = ()
    values: tuple[object, ...] = field(default=(), kw_only=True)
    asked: type[NIE] | type[NDE] = field(default=NIE, kw_only=True)
    mediator_model: OutcomeModel = field(default=OutcomeModel(), kw_only=True)
    outcome_model: OutcomeModel = field(default=OutcomeModel(), kw_only=True)
    population: Population = field(default=SAMPLE, kw_only=True)
    control: object = field(default=None, kw_only=True)

    name: ClassVar[str] = "mediation"

    def __post_init__(self) -> None:
        bi.require_names(outcome=self.outcome, treatment=self.treatment, mediator=self.mediator)
        refuse_repeats(
            (self.outcome, self.treatment, self.mediator), "outcome, treatment and mediator"
        )
        object.__setattr__(self, "adjust", as_names(self.adjust, "adjust"))

    @classmethod
    @override
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up a coin that decides a treatment, and a mediator that carries 1.5 of it on."""
        size = 500
        x = rng.normal(size=size)
        t = (rng.random(size) < 0.5).astype(float)
        m = 1.5 * t + 0.5 * x + rng.normal(size=size)
        y = 1 + 0.5 * t + 1.0 * m + x + rng.normal(size=size)
        return Example(cls("y", "t", "m", ("x",)), {"y": y, "t": t, "m": m, "x": x}, 1.5)

    @property
    @override
    def columns(self) -> tuple[str, ...]:
        """Outcome, treatment, mediator, and the columns that are adjusted for by name."""
        plain = (name for name in self.adjust if name.isidentifier())
        return (self.outcome, self.treatment, self.mediator, *plain)

    @property
    @override
    def effect_name(self) -> str:
        """The headline's abbreviation."""
        return self.asked.name

    @property
    @override
    def subject(self) -> str:
        """The treatment, the mediator and the outcome."""
        way = "through" if self.asked is NIE else "past"
        return f"{self.treatment} {way} {self.mediator} on {self.outcome}"

    @override
    def question(self, answer: Answer) -> str:
        """Says in words and potential outcomes what is asked."""
        told = "" if answer.contrast is None else answer.contrast.treatment.sentence()
        asked = self.asked(self.mediator).sentence(self.treatment, self.outcome)
        return " ".join(part for part in (asked, told, self.population.sentence()) if part)

    @override
    def answer(self, frame: object, computation: Computation) -> Answer:
        """Fits both regressions and integrates one over the other."""
        table, contrast = self.rows(frame)
        streams = bi.streams_of(computation.seed)
        fits = [
            bi.fit(
                model,
                engine=computation.engine,
                draws=computation.draws,
                seed=streams.integer(name),
            )
            for name, model in self.models(table, contrast).items()
        ]
        levels = (contrast.treatment.control, contrast.treatment.treated)
        names = (self.treatment, self.mediator)
        paths = read_paths(fits[0], fits[1], table, names, levels)
        held = self.held(table, frame)
        rng = streams.generator("population")
        found = average_paths(paths, list(held.values()), self.population, rng)
        means = found.outcomes
        direct, indirect = means[..., 1, 0] - means[..., 0, 0], means[..., 1, 1] - means[..., 1, 0]
        total = direct + indirect
        parts = {"NDE": direct, "NIE": indirect, "TE": total}
        if not judge_share(total):
            parts["proportion mediated"] = indirect / total
        parts.pop(self.asked.name)
        headline = indirect if self.asked is NIE else direct
        effects = {"mediator value": Effects("mediator value", tuple(held), found.controlled)}
        moved = found.mediators[..., 1] - found.mediators[..., 0]
        told, curve = self.sensitivity(paths, moved, indirect)
        effects |= curve
        return Answer(
            headline,
            f"By integrating the outcome's model {fits[1].model.formula} "
            f"({fits[1].model.family.name}) over the mediator's model {fits[0].model.formula} "
            f"({fits[0].model.family.name}), draw by draw, for {table.n} rows. NDE + NIE = TE, the "
            "total effect; controlled direct effects stand under 'mediator value', the indirect "
            "effect under correlated errors under 'error correlation'.",
            parts,
            effects,
            prediction=fits[1],
            contrast=contrast,
            tables={"balance": self.balance(contrast)},
            findings=(
                *judge_regressions(fits[0], fits[1]),
                judge_moved(self.treatment, self.mediator, moved),
                *told,
                *judge_share(total),
                *judge_lost(bi.Table.read(frame, [self.outcome]).n - table.n, table.n),
            ),
            seed=streams.seed,
        )

    def rows(self, frame: object) -> tuple[bi.Table, Contrast]:
        """The complete rows, with a mediator of two levels as 0 and 1."""
        names = column_names(frame)
        adjusters = read_adjusters(self.adjust, frame, names, self.outcome, self.treatment)
        needed = (self.outcome, self.treatment, self.mediator, *columns_of(adjusters))
        if self.mediator in columns_of(adjusters):
            raise bi.DataError(
                f"The mediator '{self.mediator}' cannot be adjusted for as well.",
                code="adjusts-for-mediator",
                column=self.mediator,
                hint="Leave it out: adjust for what was settled before the treatment.",
            )
        table = complete_rows(frame, tuple(dict.fromkeys(needed)))
        levels = levels_of(table, self.mediator)
        if len(levels) < 2:
            raise bi.DataError(
                f"The mediator '{self.mediator}' is always {levels[0]!r} in the rows used, so "
                "nothing can go through it.",
                code="constant-mediator",
                column=self.mediator,
                hint="Check how it is coded, and which rows were dropped for missing values.",
            )
        values = table.columns[self.mediator]
        if len(levels) == 2:
            values = (values == levels[1]).astype(float)
        elif values.dtype.kind == "O" or self.mediator in table.levels:
            refuse_disguised(table, [self.mediator])
            raise bi.DataError(
                f"The mediator '{self.mediator}' has {len(levels)} levels; it has to be a number "
                "or have two.",
                code="mediator-levels",
                column=self.mediator,
                hint="Make it a number, or merge its levels into two.",
            )
        others = {name: kept for name, kept in table.levels.items() if name != self.mediator}
        columns = {**table.columns, self.mediator: np.asarray(values, dtype=float)}
        coded = bi.Table(columns, others, table.index, table.n, table.positions)
        return coded, build_contrast(coded, self.treatment, ATE(), self.control)

    def models(self, table: bi.Table, contrast: Contrast) -> dict[str, bi.Model]:
        """Builds the regressions of the mediator and of the outcome."""
        names = list(table.columns)
        adjusters = read_adjusters(self.adjust, table, names, self.outcome, self.treatment)
        terms = " + ".join(("", *treatment_terms(adjusters, table, contrast.received)))
        first, middle = quoted(self.treatment), quoted(self.mediator)
        both = f"{quoted(self.outcome)} ~ {first} * {middle}{terms}"
        return {
            "mediator": build(
                self.mediator_model, f"{middle} ~ {first}{terms}", table, self.mediator
            ),
            "outcome": build(self.outcome_model, both, table, self.outcome),
        }

    def held(self, table: bi.Table, frame: object) -> dict[object, float]:
        """The mediators of the controlled direct effects, by how the user calls them."""
        values = table.columns[self.mediator]
        levels = levels_of(complete_rows(frame, (self.mediator,)), self.mediator)
        if len(levels) == 2:
            known = dict(zip(levels, (0.0, 1.0), strict=True))
            return {level: known[level] for level in self.values or levels}
        asked = self.values or tuple(np.unique(np.quantile(values, [0.25, 0.5, 0.75])).tolist())
        return {value: float(value) for value in asked}  # pyright: ignore[reportArgumentType]

    def sensitivity(
        self, paths: Paths, moved: np.ndarray, indirect: np.ndarray
    ) -> tuple[tuple[bi.Finding, ...], dict[str, Effects]]:
        """The indirect effect under correlated errors, where both regressions are linear."""
        if paths.spread is None or paths.noise is None:
            return (), {}
        spread, noise = (part.reshape(paths.shape) for part in (paths.spread, paths.noise))
        curve = confounded_indirect(indirect, moved, spread, noise, CORRELATIONS)
        vanishing = correlation_to_zero(indirect, moved, spread, noise)
        finding = judge_correlation(self.mediator, self.outcome, vanishing)
        return (finding,), {"error correlation": Effects("error correlation", CORRELATIONS, curve)}

    def balance(self, contrast: Contrast) -> pd.DataFrame:
        """How the arms differ in what is adjusted for, in standard deviations."""
        own = (self.outcome, self.treatment, self.mediator)
        known = [name for name in contrast.table.columns if name not in own]
        frame = standardised_differences(contrast.table, known, contrast.received)
        return frame.rename(columns={"chosen": "treated", "others": "control"})

    @override
    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """Sequential ignorability in its parts, consistency, and the shapes of the models."""
        t, m, y = self.treatment, self.mediator, self.outcome
        alike = f"among rows alike in {join(self.adjust)}" if self.adjust else "among all rows"
        return (
            Assumption(
                f"No unmeasured confounding of {t}: {alike}, who had which {t} says nothing about "
                f"what {m} and {y} would have been under either.",
                ("overlap", "empty-cells"),
            ),
            Assumption(
                f"No unmeasured confounding of {m}: {alike} and with the same {t}, nothing "
                f"unmeasured moves both {m} and {y}. Randomising {t} does not give this.",
            ),
            Assumption(
                f"No common cause of {m} and {y} is itself moved by {t}; otherwise natural effects "
                "cannot be told apart, even were that cause measured."
            ),
            Assumption(
                f"Consistency: {m} and {y} of a row depend on its own {t} only, and setting {m} "
                "would do what its arising by itself does."
            ),
            Assumption(
                f"Models: both regressions can describe how {m} and {y} vary.",
                ("model", "mediator-model"),
            ),
        )

    @override
    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Checks overlap and balance of the arms in what is adjusted for."""
        contrast = answer.contrast
        if contrast is None or not self.adjust:
            return ()
        table = contrast.table
        names = list(table.columns)
        adjusters = read_adjusters(self.adjust, table, names, self.outcome, self.treatment)
        plain = [name for name in columns_of(adjusters) if name in table.columns]
        terms = treatment_terms(adjusters, table, contrast.received)
        seed = bi.Streams(answer.seed).integer("overlap")
        return (*judge_overlap(contrast, terms, plain, seed), *judge_balance(contrast, plain))


def build(said: OutcomeModel, formula: str, table: bi.Table, column: str) -> bi.Model:
    """Builds a regression, by default linear, or logistic for two levels.

    Raises:
        ModelError: It is neither linear nor logistic, or has group terms or weights.
    """
    family = said.family or default_family(table, column)
    model = bi.model(said.formula or formula, table, family, said.priors)
    kind, response = (model.family.name, model.family.link.name), model.formula.response
    plain = not (model.design.rows.groups or response.trials or np.any(model.design.rows.offset))
    if kind not in (("gaussian", "identity"), ("bernoulli", "logit")) or not plain:
        raise bi.ModelError(
            f"Paths are computed from linear and logistic regressions without group terms, trials "
            f"and offsets; the one of '{column}' is {model.formula} ({kind[0]}, link {kind[1]}).",
            code="mediation-model",
            column=column,
            hint="Take family='gaussian' or 'bernoulli', and write groups as C(group).",
        )
    return model
