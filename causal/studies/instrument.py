"""An instrument: something moves the treatment that has nothing else to do with the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.amounts import amount, amounts, is_constant, outcome_amount, require_variation
from causal.answer import Answer, Assumption, Computation, Effects
from causal.comparison import complete_rows
from causal.findings import judge_lost
from causal.formula import refuse_disguised
from causal.instruments import (
    Moments,
    anderson_rubin,
    checks,
    collect_moments,
    draw_effect,
    draw_exactly_identified,
    draw_structure,
    estimate_table,
    first_stage_table,
    judge_noise,
    log_weight,
    pictures,
    sargan,
    strength,
)
from causal.study import Example, Study, as_names, refuse_repeats
from causal.treatment import levels_of, refuse_codes

CHAINS = 4
"""Draws are independent of each other; they are laid out in as many chains as other studies'."""

WIDE = 2.5
"""The default prior's sd, in sd of the outcome per sd of the treatment."""


@bi.checked_class
@dataclass(frozen=True)
class Instrument(Study):
    """Learns an effect from what moves the treatment by chance.

    The treatment is linear in the instruments, the outcome in the treatment, and the noise of both
    is correlated: that is the confounding. Each draw of its posterior is the end of a short Markov
    chain of its own, so that draws are independent of each other; the chains get longer, up to 240
    sweeps, where instruments are many beside the rows. With further treatments draws are exact.
    With binary outcomes and treatments the model is a linear model of probabilities.

    Attributes:
        outcome: The outcome's column.
        treatment: The treatment's column: numbers or two levels.
        instruments: Columns that move the treatment, and the outcome by nothing else; a factor
            becomes an indicator of each level but the first.
        covariates: Columns to hold equal, linearly.
        endogenous: Further treatments, which need instruments of their own; with them, as many
            instruments as treatments are needed, and priors are flat.
        prior: Of the effect. None takes Normal(0, 2.5 sd of the outcome / sd of the treatment);
            `bi.Flat()` takes the reference prior alone, whose posterior is centred at two-stage
            least squares (one instrument) and has no mean: read its quantiles.
        control: The level of the treatment that counts as 0, where it is text.

    Source:
        Imbens and Angrist (1994), Econometrica 62, for what is identified; Hoogerheide, Kleibergen
        and van Dijk (2007), Journal of Econometrics 138, for the reference prior.
        How often its intervals hold the truth is measured by `benchmarks/coverage_designs.py`:
        95 % intervals held it in 93 to 97 % of all data sets at each strength (worst case 84 %:
        four instruments that do nothing, confounding 0.9); far less often among the few in which
        chance makes a hopeless instrument (F about 1) look strong enough not to be refused.

    Example:
        >>> from causal.estimate import run
        >>> made = Instrument.example(np.random.default_rng(1))
        >>> found = run(made.study, made.frame, Computation(seed=1))
        >>> bool(abs(found.draws.mean() - made.effect) < 4 * found.draws.std())
        True
    """

    outcome: str
    treatment: str
    instruments: tuple[str, ...]
    covariates: tuple[str, ...] = ()
    endogenous: tuple[str, ...] = ()
    prior: bi.Normal | bi.Flat | None = None
    control: object = None

    name: ClassVar[str] = "instrument"

    def __post_init__(self) -> None:
        for role in ("covariates", "endogenous"):
            object.__setattr__(self, role, as_names(getattr(self, role), role))
        bi.require_names(outcome=self.outcome, treatment=self.treatment)
        if isinstance(self.instruments, str) or not self.instruments:
            raise bi.ModelError(
                "The instruments are a tuple of columns, at least one.",
                code="no-instrument",
                hint="Write instruments=('z',).",
            )
        object.__setattr__(self, "instruments", as_names(self.instruments, "instruments"))
        refuse_repeats(self.columns, "outcome, treatment, instruments and covariates")
        if self.endogenous and isinstance(self.prior, bi.Normal):
            raise bi.ModelError(
                "With further treatments priors are flat.",
                code="prior",
                hint="Leave out prior=, or endogenous=.",
            )

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up a lottery that moves a treatment, an effect of 2, and confounding."""
        size = 2000
        u, age = rng.normal(size=(2, size))
        lottery = (rng.random(size) < 0.5).astype(float)
        dose = 1.0 * lottery + 0.3 * age + u + rng.normal(size=size)
        y = 1 + 2.0 * dose + 0.5 * age - 1.5 * u + rng.normal(size=size)
        frame = {"y": y, "dose": dose, "lottery": lottery, "age": age}
        return Example(cls("y", "dose", ("lottery",), ("age",)), frame, 2.0)

    @property
    def columns(self) -> tuple[str, ...]:
        """Outcome, treatments, instruments and covariates."""
        return (
            self.outcome,
            self.treatment,
            *self.endogenous,
            *self.instruments,
            *self.covariates,
        )

    @property
    def effect_name(self) -> str:
        """The local average treatment effect."""
        return "LATE"

    @property
    def subject(self) -> str:
        """The treatment and the outcome."""
        return f"{self.treatment} on {self.outcome}"

    def question(self, answer: Answer) -> str:
        """Says what is asked, and about whom."""
        return (
            f"LATE: how much would {self.outcome} change, on average, if {self.treatment} were one "
            f"unit higher (1 instead of 0, where it has two levels), among those whose "
            f"{self.treatment} moves with "
            f"{' and '.join(self.instruments)} (compliers): E[Y(t + 1) - Y(t) | compliers]."
        )

    def answer(self, frame: object, computation: Computation) -> Answer:
        """Computes draws of the effect, and the estimates and sets that stand beside them."""
        moments, lost = self.read(frame)
        streams = bi.streams_of(computation.seed)
        rng = streams.generator("instrument")
        size = max(computation.draws // CHAINS, 1)
        prior = self.settle_prior(moments)
        if self.endogenous:
            effects, stages = draw_exactly_identified(moments, rng, CHAINS * size)
            effect, first, before, sweeps = effects[:, 0], stages[..., 0], None, 0
            reduced = np.einsum("dij,dj->di", stages, effects)
        else:
            drawn = draw_structure(moments, prior, rng, CHAINS * size)
            effect, first, sweeps = drawn.effect, drawn.first_stage, drawn.sweeps
            reduced = first * effect[:, None]
            weight = log_weight(len(moments.names))
            before = draw_effect(np.zeros((2, 2)), drawn.noise, prior, weight, rng)[0]
        named = {
            "first stage": (first @ moments.rotation.T).reshape(CHAINS, size, -1),
            "reduced form": (reduced @ moments.rotation.T).reshape(CHAINS, size, -1),
        }
        single = len(moments.names) == 1
        robust_set = None if self.endogenous else anderson_rubin(moments)
        shown = ()
        if robust_set is not None and before is not None:
            shown = (pictures.effect_picture(effect, before, robust_set, self.subject),)
        return Answer(
            effect.reshape(CHAINS, size),
            self.method(moments, prior, sweeps),
            parts={name: values[..., 0] for name, values in named.items()} if single else {},
            effects={
                name: Effects("instrument", moments.names, values) for name, values in named.items()
            },
            tables={
                "estimates": estimate_table(moments),
                "first stage": first_stage_table(moments, self.treatment, self.outcome),
            },
            pictures=shown,
            findings=(
                *self.findings(moments, effect, before, named),
                *judge_lost(lost, moments.rows),
            ),
            seed=streams.integer("checks"),
        )

    def read(self, frame: object) -> tuple[Moments, int]:
        """Reads the columns, and sums them up.

        Returns:
            The moments, and how many rows missed a value.
        """
        table = complete_rows(frame, self.columns)
        levels = levels_of(table, self.treatment)
        refuse_codes(table, self.treatment, levels, self.control)
        treatments = [
            amount(table, self.treatment, self.control),
            *(amount(table, name) for name in self.endogenous),
        ]
        refuse_disguised(table, (*self.instruments, *self.covariates))
        adjusters = amounts(table, self.covariates)
        outcome = outcome_amount(table, self.outcome)
        require_variation(table, self.outcome, "outcome")
        for name in (self.treatment, *self.endogenous):
            require_variation(table, name, "treatment")
        if all(is_constant(table, name) for name in self.instruments):
            require_variation(table, self.instruments[0], "instrument")
        moments = collect_moments(
            outcome,
            np.column_stack(treatments),
            amounts(table, self.instruments),
            np.column_stack([np.empty((table.n, 0)), *adjusters.values()]),
        )
        if self.endogenous and len(moments.names) > len(treatments):
            raise bi.ModelError(
                f"{len(treatments)} treatments with {len(moments.names)} instruments are more than "
                "this model can do.",
                code="too-many-instruments",
                hint="Keep as many instruments as treatments.",
            )
        return moments, bi.Table.read(frame, [self.outcome]).n - table.n

    def settle_prior(self, moments: Moments) -> bi.Normal | bi.Flat:
        """The effect's prior: as asked, or wide in the units of the data."""
        if self.endogenous:
            return bi.Flat()
        spread = WIDE * float(moments.scales[-1] / moments.scales[0])
        return self.prior or bi.Normal(0, spread)

    def method(self, moments: Moments, prior: bi.Normal | bi.Flat, sweeps: int) -> str:
        """Says how the effect was computed; no sweeps mean exact draws."""
        drawn = (
            f"each draw is the end of a short Markov chain of its own ({sweeps} sweeps)"
            if sweeps
            else "exact posterior, independent draws"
        )
        told = (
            f"times a {prior.describe()} prior of the effect"
            if isinstance(prior, bi.Normal)
            else "alone, whose posterior has no mean: read its quantiles"
        )
        held = f", given {', '.join(self.covariates)}" if self.covariates else ""
        return (
            f"Linear model of {self.treatment} and {self.outcome} with correlated normal noise"
            f"{held}, {moments.rows} rows, {len(moments.names)} instrument"
            f"{'s' * (len(moments.names) > 1)}; reference prior {told}; {drawn}."
        )

    def findings(
        self,
        moments: Moments,
        effect: np.ndarray,
        before: np.ndarray | None,
        named: dict[str, np.ndarray],
    ) -> tuple[bi.Finding, ...]:
        """What the moments tell about the instruments."""
        robust_set = None if self.endogenous else anderson_rubin(moments)
        overlap = None if before is None else checks.prior_overlap(effect, before)
        table = estimate_table(moments)
        spare = len(moments.names) - 1 - len(self.endogenous)
        found = [
            checks.judge_strength(strength(moments), robust_set, overlap, self.treatment),
            None if robust_set is None else checks.judge_set(robust_set),
            checks.judge_agreement(*sargan(moments), spare, direct_effects(moments, effect)),
            judge_noise(moments.inequality),
            checks.judge_least_squares(effect, float(table["estimate"].iloc[0])),
        ]
        if len(moments.names) == 1:
            reduced = named["reduced form"].ravel()
            spread = float(moments.scales[-1])
            found.append(checks.judge_exclusion(reduced, moments.names[0], self.outcome, spread))
        return tuple(finding for finding in found if finding is not None)

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """Relevance, independence, exclusion, monotonicity, linearity."""
        which = " and ".join(self.instruments)
        given = f", given {', '.join(self.covariates)}," if self.covariates else ""
        return (
            Assumption(f"Relevance: {which} moves {self.treatment}.", ("weak-instrument",)),
            Assumption(
                f"Independence: {which} is as good as random{given} in all that affects "
                f"{self.outcome}."
            ),
            Assumption(
                f"Exclusion: {which} changes {self.outcome} by {self.treatment} only.",
                ("overidentification",),
            ),
            Assumption(
                f"Monotonicity: {which} moves nobody's {self.treatment} the other way; or the "
                "effect is the same for all."
            ),
            Assumption(f"Linearity: {self.outcome} is linear in {self.treatment} and covariates."),
            Assumption(
                "Equal noise: rows are independent, and what is left of them is of one size.",
                ("unequal-noise",),
            ),
        )

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Nothing beyond what the moments told when the answer was computed."""
        return ()


def direct_effects(moments: Moments, effect: np.ndarray) -> float:
    """What instruments do to the outcome beyond the treatment: median rms, in sd of the outcome."""
    if moments.reduced.shape[1] > 2:
        return 0.0
    left = moments.reduced[:, 1] - effect[:, None] * moments.reduced[:, 0]
    sizes = np.sqrt((left**2).sum(axis=1) / moments.rows) / moments.scales[-1]
    return float(np.median(sizes))
