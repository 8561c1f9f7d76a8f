"""A few treated units beside a weighted mixture of units that were never treated."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption, Computation, Path, Picture
from causal.study import Example, Study, refuse_repeats
from causal.synthetic.block import read_block
from causal.synthetic.checks import judge_donors
from causal.synthetic.donors import DiD, Method, SyntheticDiD
from causal.synthetic.synthesis import Synthesis, synthesise

if TYPE_CHECKING:
    from matplotlib.axes import Axes


CHAINS = 4
"""Independent draws are reshaped into this many chains, as everywhere."""


@bi.checked_class
@dataclass(frozen=True)
class SyntheticControl(Study):
    """Compares what happened to treated units with a mixture of untreated ones.

    The effect is the average, over the times from `begins` on, of the outcome less what the
    weighted donors say it would have been. Its draws are that difference less draws of the
    method's error, learned from donors that pretend to be treated
    (`causal.synthetic.placebo.draw_errors`): the interval says how far such a comparison errs, not
    only how well weights are determined.

    Attributes:
        outcome: The outcome's column: numbers.
        unit: The column of units.
        time: The column of times.
        treated: The label of the treated unit, or a tuple of labels of units treated at one time,
            which are averaged.
        begins: The first time with treatment.
        method: How donors are weighed: `SyntheticDiD()`, the default because it errs least in
            placebo panels, `Simplex()` for the classical synthetic control, or `DiD()`.
        donors: Labels of the donors; None takes every unit that is not treated.

    Source:
        Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association
        105; Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), American Economic Review 111.

    Example:
        >>> from causal.estimate import run
        >>> made = SyntheticControl.example(np.random.default_rng(1))
        >>> found = run(made.study, made.frame, Computation(seed=1))
        >>> bool(abs(found.draws.mean() - made.effect) < 3 * found.draws.std())
        True
    """

    outcome: str
    unit: str
    time: str
    treated: object
    begins: object
    method: Method = field(default=SyntheticDiD())
    donors: tuple[object, ...] | None = None

    name: ClassVar[str] = "synthetic_control"

    def __post_init__(self) -> None:
        refuse_repeats(self.columns, "outcome, unit and time")

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up 20 units that share two influences, of which one is treated in the end."""
        units, times, begins, effect = 20, 30, 20, 8.0
        influences = rng.normal(size=(2, times)).cumsum(axis=1)
        loadings = rng.dirichlet([2.0, 2.0], size=units) * 2
        loadings[0] = 1.0
        outcome = 50 + loadings @ influences + rng.normal(size=(units, times)) * 0.5
        outcome[0, begins:] += effect
        frame = {
            "y": outcome.ravel(),
            "unit": np.repeat([f"u{place:02d}" for place in range(units)], times),
            "year": np.tile(np.arange(2000, 2000 + times), units),
        }
        return Example(cls("y", "unit", "year", "u00", 2000 + begins), frame, effect)

    @property
    def columns(self) -> tuple[str, str, str]:
        """Outcome, unit and time."""
        return (self.outcome, self.unit, self.time)

    @property
    def amounts(self) -> tuple[str, ...]:
        """The outcome."""
        return (self.outcome,)

    @property
    def effect_name(self) -> str:
        """The average effect on the treated units after the treatment began."""
        return "ATT"

    @property
    def procedure(self) -> str:
        """The design and the method: each was measured by itself."""
        return f"synthetic control by {self.method.title}"

    @property
    def subject(self) -> str:
        """Who was treated since when, and the outcome."""
        return (
            f"treatment of {', '.join(map(str, self.labels))} since {self.begins} on {self.outcome}"
        )

    @property
    def labels(self) -> tuple[object, ...]:
        """The labels of the treated units."""
        given = self.treated
        return tuple(given) if isinstance(given, tuple | list) else (given,)

    def question(self, answer: Answer) -> str:
        """Says what is compared with what."""
        who = " and ".join(map(str, self.labels))
        return (
            f"The average effect on the treated (ATT): how much higher {self.outcome} of {who} was "
            f"on average from {self.begins} on than it would have been in the same times without "
            f"the treatment, E[{self.outcome}(treated) - {self.outcome}(untreated) | {who}, "
            f"{self.time} from {self.begins} on]."
        )

    def answer(self, frame: object, computation: Computation) -> Answer:
        """Weighs the donors, refits every donor as a placebo, and draws the effect.

        Raises:
            DataError: `unknown-treated-unit`, `begins-outside`, `few-times-before`, `no-donors`,
                `gaps-in-treated`, `constant-outcome`, and those of `causal.panel.read_panel`.
        """
        seed = bi.streams_of(computation.seed).seed
        held = read_block(frame, self.columns, self.labels, self.begins, self.donors)
        per_chain = -(-computation.draws // CHAINS)
        found = synthesise(held, self.method, seed, CHAINS * per_chain)
        gaps = found.fit.gaps - found.errors.paths.reshape(CHAINS, per_chain, -1)
        after = gaps[..., found.before :]
        path = Path(
            self.time,
            held.times,
            found.fit.block.treated,
            found.fit.block.treated - gaps,
            held.times[found.before],
        )
        return Answer(
            after.mean(axis=-1),
            self.tell(found),
            found.parts(after),
            found.effects(self.time, held.times, after),
            path,
            tables=found.tables(),
            pictures=(self.picture(found, held.times),),
            findings=(*held.findings, *judge_donors(found.fitted, found.left_out)),
            basis="quasi-posterior",
            seed=seed,
        )

    def tell(self, found: Synthesis) -> str:
        """Says how the effect was computed."""
        return (
            f"By {self.method.title} of {len(found.fitted.names)} donors over {found.before} times "
            f"before and {len(found.fit.gaps) - found.before} from {self.begins} on: the estimate "
            f"is {found.fit.effect:.6g}. Each draw takes from it an error, drawn from the "
            f"posterior of the errors that the same method makes for {len(found.placebos.misfits)} "
            "donors that pretend to be treated, where the truth is zero, scaled by how well each "
            f"was fitted before ({100 * found.errors.share:.0f}% of their variance goes with that)."
        )

    def picture(self, found: Synthesis, times: np.ndarray) -> Picture:
        """The treated unit's gaps over those of the placebos."""
        caption = (
            f"{self.outcome} less what the other units say it would be: the treated (thick line) "
            "and each donor that pretends to be treated (thin lines)."
        )
        return Picture(caption, caption, partial(draw_gaps, found, times, self.outcome))

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """No anticipation, no spill-over, a mixture that lasts, and exchangeable errors."""
        who = " and ".join(map(str, self.labels))
        compared = (
            "keeps the same distance to" if isinstance(self.method, SyntheticDiD | DiD) else "meets"
        )
        return (
            Assumption(
                f"Stable mixture: without the treatment, the mixture of donors that "
                f"{compared} {who} before {self.begins} would have gone on to do so.",
                ("donor-hull", "placebo-in-time"),
            ),
            Assumption(
                f"No anticipation: before {self.begins} the treatment had no effect on "
                f"{self.outcome} of {who}.",
                ("placebo-in-time",),
            ),
            Assumption(
                f"No spill-over: the treatment of {who} did not change {self.outcome} of the "
                "donors, and none of them was treated itself."
            ),
            Assumption(
                f"Exchangeable errors: {who} is met with errors like those of the donors, given "
                "how well each was met before.",
                ("few-donors",),
            ),
            Assumption(
                f"No other event: nothing else that changes {self.outcome} came to {who} alone "
                f"from {self.begins} on."
            ),
        )

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Passes nothing on: the checks need the refits, so `answer` runs them."""
        return ()


def draw_gaps(found: Synthesis, times: np.ndarray, outcome: str, axes: Axes) -> None:
    """Draws the gaps of each donor that pretends to be treated, and those of the treated."""
    for gaps in found.placebos.gaps:
        axes.plot(times, gaps, color="#8c959f", linewidth=0.6, alpha=0.6)
    axes.plot(times, found.fit.gaps, color="#0969da", linewidth=2.0)
    axes.axvline(times[found.before], color="#57606a", linewidth=1, linestyle=":")
    axes.axhline(0.0, color="#57606a", linewidth=0.8)
    axes.set_ylabel(f"gap in {outcome}", parse_math=False)
