"""Regression discontinuity: who is treated changes at a cutoff that nobody can aim at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption, Computation, Effects
from causal.discontinuity import (
    Curve,
    Jump,
    checks,
    jump_at_zero,
    optimal_bandwidths,
    pictures,
    tables,
    window_for,
)
from causal.discontinuity.received import judge_rows_at_cutoff, require_change_near
from causal.discontinuity.rows import Rows, read_rows
from causal.findings import judge_lost
from causal.study import Example, Study, as_names, refuse_repeats

if TYPE_CHECKING:
    import pandas as pd

FACTORS = (0.5, 0.7, 1.0, 1.4, 2.0)
"""Windows in which the jump is computed, in units of the chosen one."""

CHAINS = 4
"""Draws are independent of each other; they are laid out in as many chains as other studies'."""


@bi.checked_class
@dataclass(frozen=True)
class RegressionDiscontinuity(Study):
    """Compares rows just above a cutoff with rows just below.

    The outcome follows a curve on each side, a parabola that may bend away from the cutoff (see
    `Curve`); the effect is the jump between the two limits, in a fuzzy design divided by the jump
    of the treatment. The posterior is exact given the window, which is
    chosen from the same outcomes unless it is given; its draws are independent.

    Attributes:
        outcome: The outcome's column.
        running: The column of numbers whose cutoff decides.
        cutoff: From which value on rows are treated; 0 where nothing is said.
        treatment: The treatment actually received, if it was not the cutoff alone that decided
            (fuzzy); None where it did (sharp).
        covariates: Columns measured before the treatment: they sharpen the answer, and their own
            jumps are checked.
        bandwidth: How far from the cutoff rows are used; None takes 1.5 times the bandwidth with
            the smallest squared error for local lines. Infinity takes all rows.
        curve: What is believed about the curve; `Curve.polynomial(4)` for a plain quartic.
        treated: Which side is treated; rows at the cutoff itself are.
        control: The level of the treatment that counts as 0, where it is text.

    Source:
        Hahn, Todd and van der Klaauw (2001), Econometrica 69, for what is identified; Branson,
        Rischard, Bornn and Miratrix (2019), Journal of Statistical Planning and Inference 202,
        for curves with priors, of which this one is a polynomial plus integrated Brownian motion.
        How often its intervals hold the truth is measured by `benchmarks/coverage_designs.py`.

    Example:
        >>> from causal.estimate import run
        >>> made = RegressionDiscontinuity.example(np.random.default_rng(1))
        >>> found = run(made.study, made.frame, Computation(seed=1))
        >>> bool(abs(found.draws.mean() - made.effect) < 4 * found.draws.std())
        True
    """

    outcome: str
    running: str
    cutoff: float = 0.0
    treatment: str | None = None
    covariates: tuple[str, ...] = ()
    bandwidth: float | None = None
    curve: Curve = field(default=Curve())
    treated: Literal["above", "below"] = "above"
    control: object = None

    name: ClassVar[str] = "regression_discontinuity"

    def __post_init__(self) -> None:
        told = self.bandwidth is not None
        number = isinstance(self.bandwidth, int | float | np.number)
        if told and not (number and self.bandwidth > 0):  # pyright: ignore[reportOptionalOperand]
            raise bi.ModelError(
                f"bandwidth={self.bandwidth!r:.60} is no distance above 0, so it holds no rows.",
                code="bandwidth",
                hint="Ask for a positive one; infinity takes all rows, None chooses.",
            )
        object.__setattr__(self, "cutoff", cutoff_of(self.cutoff))
        object.__setattr__(self, "covariates", as_names(self.covariates, "covariates"))
        if self.treated not in ("above", "below"):
            raise bi.ModelError(
                f"The treated side is {self.treated!r}; it is 'above' or 'below' the cutoff.",
                code="treated-side",
                hint="Write treated='above' or treated='below'.",
            )
        refuse_repeats(self.columns, "outcome, running variable, treatment and covariates")

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up curves with a jump of 1 at 50 points."""
        score = rng.uniform(0, 100, size=2000)
        age = rng.normal(40, 10, size=2000)
        far = (score - 50) / 50
        y = 1.0 * (score >= 50) + far + 0.8 * far**2 + 0.02 * age + 0.5 * rng.normal(size=2000)
        study = cls("y", "score", 50.0, covariates=("age",))
        return Example(study, {"y": y, "score": score, "age": age}, 1.0)

    @property
    def columns(self) -> tuple[str, ...]:
        """Outcome, running variable, treatment and covariates."""
        received = () if self.treatment is None else (self.treatment,)
        return (self.outcome, self.running, *received, *self.covariates)

    @property
    def effect_name(self) -> str:
        """The effect for those at the cutoff, or for those of them who comply with it."""
        return "ATE at the cutoff" if self.treatment is None else "LATE at the cutoff"

    @property
    def subject(self) -> str:
        """The treatment, by its column or by the side of the cutoff, and the outcome."""
        return f"{self.treatment or self.side} on {self.outcome}"

    @property
    def side(self) -> str:
        """The treated side, as a condition."""
        return f"{self.running} {'>=' if self.treated == 'above' else '<='} {self.cutoff:g}"

    @property
    def sign(self) -> int:
        """1 where rows above are treated, -1 where those below are."""
        return 1 if self.treated == "above" else -1

    def question(self, answer: Answer) -> str:
        """Says what is compared, and for whom."""
        at = f"at {self.running} = {self.cutoff:g}"
        if self.treatment is None:
            return (
                f"{self.effect_name}: the mean of {self.outcome} among those {at} if all were on "
                f"the treated side ({self.side}), less the mean if none were: E[Y(1) - Y(0) | "
                f"{self.running} = {self.cutoff:g}]."
            )
        return (
            f"{self.effect_name}: the mean difference in {self.outcome} that one more "
            f"{self.treatment} makes for those {at} whose {self.treatment} changes because they "
            f"are on the side of {self.side} (compliers)."
        )

    def answer(self, frame: object, computation: Computation) -> Answer:
        """Computes draws of the jump in windows of several widths, and tables to check it by."""
        rows = read_rows(
            frame,
            self.outcome,
            self.running,
            self.cutoff,
            self.sign,
            self.treatment,
            self.covariates,
            self.control,
        )
        streams = bi.streams_of(computation.seed)
        rows.require_positions(self.running, self.bandwidth or np.inf, self.curve.degree)
        chosen = self.bandwidth or window_for(rows.x, rows.outcomes[:, 0])
        if self.treatment is not None:
            narrow = min(chosen, optimal_bandwidths(rows.x, rows.outcomes[:, 0]).effect)
            names = (self.treatment, self.running, self.cutoff)
            require_change_near(rows.x, rows.outcomes[:, 1], narrow, names, rows.places)
        jumps = windows(rows, chosen, self.curve)
        size = max(computation.draws // CHAINS, 1)
        drawn = {
            width: np.stack(jump.draw(streams.generator(f"{width:.6g}"), CHAINS * size))
            for width, jump in jumps.items()
        }
        effects = np.stack([self.effect(*limits) for limits in drawn.values()], axis=-1)
        effects = effects.reshape(CHAINS, size, len(drawn))
        found = self.tables(rows, jumps, chosen)
        drawing = (jumps[chosen], (self.running, self.outcome), self.cutoff, self.sign)
        return Answer(
            effects[..., list(drawn).index(chosen)],
            self.method(rows, jumps[chosen]),
            parts={
                name: values.reshape(CHAINS, size)
                for name, values in self.parts(*drawn[chosen]).items()
                if np.ptp(values) > 0  # what is certain has no diagnostics
            },
            effects={"bandwidth": Effects("bandwidth", tuple(drawn), effects)},
            tables=found,
            pictures=(
                pictures.curve_picture(found["binned means"], *drawing),
                pictures.bandwidth_picture(found["bandwidths"], chosen),
            ),
            findings=self.findings(rows, chosen),
            seed=streams.integer("checks"),
        )

    def effect(self, without: np.ndarray, treated: np.ndarray) -> np.ndarray:
        """The jump of the outcome, over that of the treatment where there is one."""
        jump = treated - without
        return jump[:, 0] if self.treatment is None else jump[:, 0] / jump[:, 1]

    def parts(self, without: np.ndarray, treated: np.ndarray) -> dict[str, np.ndarray]:
        """What the effect is made of."""
        if self.treatment is not None:
            jump = treated - without
            return {
                f"jump of {self.outcome}": jump[:, 0],
                f"jump of {self.treatment}": jump[:, 1],
            }
        at = f"{self.running} = {self.cutoff:g}"
        return {f"E[Y(1) | {at}]": treated[:, 0], f"E[Y(0) | {at}]": without[:, 0]}

    def tables(
        self, rows: Rows, jumps: dict[float, Jump], chosen: float
    ) -> dict[str, pd.DataFrame]:
        """Tables of the answer and of what its checks need."""
        x, y = rows.x, rows.outcomes[:, 0]
        received = None if self.treatment is None else rows.outcomes[:, 1]
        return {
            "bandwidths": tables.bandwidth_table(jumps),
            "least squares": tables.least_squares_table(x, y, jumps, self.curve.degree),
            "frequentist": tables.frequentist_table(x, y, received),
            "density": tables.density_table(x),
            "covariates": tables.covariate_table(x, rows.covariates),
            "placebo cutoffs": tables.placebo_table(x, y, self.cutoff, self.sign),
            "donut": tables.donut_table(x, y, chosen, self.curve),
            "binned means": tables.binned_means(x, y, min(chosen, float(np.abs(x).max()))),
        }

    def method(self, rows: Rows, jump: Jump) -> str:
        """Says how the jump was computed."""
        binary = np.isin(rows.outcomes[:, 0], (0.0, 1.0)).all()
        window = f"within {jump.bandwidth:.4g} of the cutoff" if np.isfinite(jump.bandwidth) else ""
        parts = (
            f"The {jump.below.rows + jump.above.rows} rows {window} follow {self.curve.sentence()} "
            "on each side, with normal noise of a size of its own; independent draws of the exact "
            "posterior given this window"
            + (", which was chosen from the same outcomes." if self.bandwidth is None else "."),
            f"The common slopes in {', '.join(rows.covariates)} are taken out."
            if rows.covariates
            else "",
            f"Means of {self.outcome} are shares: a linear model of a probability."
            if binary
            else "",
        )
        return " ".join(" ".join(part for part in parts if part).split())

    def findings(self, rows: Rows, chosen: float) -> tuple[bi.Finding, ...]:
        """What only the rows themselves can tell."""
        found = [
            checks.judge_positions(rows.x, chosen, self.running),
            checks.judge_variation(rows.spreads(chosen), self.outcome),
            *judge_lost(rows.lost, len(rows.x)),
        ]
        if self.treatment is not None:
            jump = jump_at_zero(rows.x, rows.outcomes, chosen, self.curve, rows.adjusters)
            names = (self.treatment, self.running, self.cutoff)
            found += [
                judge_rows_at_cutoff(rows.x, rows.outcomes[:, 1], chosen, names),
                checks.judge_first_stage(float(jump.centre[1]), float(jump.sd[1]), self.treatment),
            ]
        return tuple(finding for finding in found if finding is not None)

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """Continuity, no sorting, who is treated, and the shape of the curve."""
        received = self.treatment or self.side
        exclusion = (
            f"Sharp: all rows with {self.side} were treated, and none of the others."
            if self.treatment is None
            else f"Monotonicity and exclusion: being on the side of {self.side} moves "
            f"{self.treatment} in one direction only, and {self.outcome} only by it."
        )
        return (
            Assumption(
                f"Continuity: without a change of {received}, the mean of {self.outcome} would "
                f"have gone on smoothly in {self.running} across {self.cutoff:g}; nothing else "
                "changes there.",
                ("covariate-jumps", "placebo-cutoffs"),
            ),
            Assumption(
                f"No sorting: nobody could choose on which side of {self.cutoff:g} to be.",
                ("density", "donut"),
            ),
            Assumption(exclusion, () if self.treatment is None else ("weak-first-stage",)),
            Assumption(
                f"Shape: near {self.cutoff:g}, {self.outcome} follows {self.curve.sentence()}.",
                ("bandwidths", "robust-interval"),
            ),
        )

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Density, covariates, placebo cutoffs, donut, windows, and the robust interval beside."""
        line = answer.parts if self.treatment is not None else {}
        jump = line.get(f"jump of {self.outcome}", answer.draws)
        mean, sd = float(jump.mean()), float(jump.std())
        interval = (mean - 1.96 * sd, mean + 1.96 * sd)
        found = (
            checks.judge_density(answer.tables["density"], self.running),
            checks.judge_covariates(answer.tables["covariates"]),
            checks.judge_placebos(answer.tables["placebo cutoffs"], mean),
            checks.judge_donut(answer.tables["donut"], mean, sd),
            checks.judge_bandwidths(answer.tables["bandwidths"], interval),
            checks.judge_robust(answer.tables["frequentist"], float(np.median(answer.draws))),
        )
        return tuple(finding for finding in found if finding is not None)


def cutoff_of(given: object) -> float:
    """Reads a cutoff: a number, or a text that is one.

    Raises:
        ModelError: `cutoff`: it is no finite number.

    Example:
        >>> cutoff_of("21")
        21.0
    """
    try:
        cutoff = float(given)  # pyright: ignore[reportArgumentType]
    except (TypeError, ValueError):
        cutoff = float("nan")
    if isinstance(given, bool) or not np.isfinite(cutoff):
        raise bi.ModelError(
            f"The cutoff is {given!r}, which is no number.",
            code="cutoff",
            hint="Give cutoff=..., the value of the running variable from which rows are treated.",
        )
    return cutoff


def windows(rows: Rows, chosen: float, curve: Curve) -> dict[float, Jump]:
    """Computes the jump in the chosen window, and in others where they hold enough rows."""
    found: dict[float, Jump] = {}
    farthest = float(np.abs(rows.x).max())
    for factor in FACTORS:
        width = chosen if factor == 1 else factor * chosen
        if factor != 1 and not rows.reaches(width, farthest, curve.degree):
            continue
        found[width] = jump_at_zero(rows.x, rows.outcomes, width, curve, rows.adjusters)
    return found
