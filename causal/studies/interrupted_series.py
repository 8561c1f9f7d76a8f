"""One series before and after an intervention, beside what it would have been."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Assumption, Computation, Effects, Path
from causal.series.checks import Forecasted, average_effect, judge_series
from causal.series.forecast import Forecast, forecast
from causal.series.series import Series, read_series
from causal.series.structural import LocalLevel, Scale, Trend
from causal.study import Example, Study, as_names, refuse_repeats

if TYPE_CHECKING:
    import pandas as pd

CHAINS = 4
"""Independent draws are reshaped into this many chains, as everywhere."""


@bi.checked_class
@dataclass(frozen=True)
class InterruptedSeries(Study):
    """Compares a series after an intervention with its forecast from before.

    The forecast comes from a structural time series model: a level that wanders, seasons, and a
    regression on controls that the intervention leaves alone. States and coefficients are
    integrated out exactly by the Kalman filter; the sds of the model have their full posterior. The
    effect at a time is the outcome less a draw of what it would have been, noise included, and the
    headline is the average over the times from `begins` on.

    Attributes:
        outcome: The outcome's column: numbers; missing ones are passed over exactly.
        time: The column of times, at equal steps (times may be left out).
        begins: The first time with the intervention.
        controls: Columns of series that predict the outcome and are not affected.
        seasons: Times per cycle, such as 12 for months; None for no seasons.
        trend: How the level goes on: `LocalLevel()`, or `LocalTrend()` with a slope.
        priors: Priors of the sds named "noise", "level", "slope", "season" and "controls", in units
            of the outcome's sd before the intervention, in place of the default ones.

    Source:
        Brodersen, Gallusser, Koehler, Remy and Scott (2015), Inferring causal impact using Bayesian
        structural time-series models, Annals of Applied Statistics 9. Theirs has a spike-and-slab
        prior on coefficients and an informative one on the level; here coefficients shrink by a
        common sd, and the level's sd has a weak prior.

    Example:
        >>> from causal.estimate import run
        >>> made = InterruptedSeries.example(np.random.default_rng(1))
        >>> found = run(made.study, made.frame, Computation(seed=1))
        >>> bool(abs(found.draws.mean() - made.effect) < 3 * found.draws.std())
        True
    """

    outcome: str
    time: str
    begins: object
    controls: tuple[str, ...] = ()
    seasons: int | None = None
    trend: Trend = field(default=LocalLevel())
    priors: Mapping[str, Scale] = field(default_factory=dict)

    name: ClassVar[str] = "interrupted_series"

    def __post_init__(self) -> None:
        object.__setattr__(self, "controls", as_names(self.controls, "controls"))
        if self.seasons is not None and not 2 <= self.seasons <= 366:
            raise bi.ModelError(
                f"seasons={self.seasons!r} is no number of times per cycle from 2 to 366.",
                code="seasons",
                hint="Say 12 for months in a year, 7 for days in a week, None for no seasons.",
            )
        refuse_repeats((self.outcome, self.time, *self.controls), "outcome, time and controls")
        known = ("noise", "season", "controls", *self.trend.priors)
        for given in self.priors:
            if given not in known:
                raise bi.ModelError(
                    f"There is no sd {given!r} in this model; it has {', '.join(known)}.",
                    code="unknown-prior",
                    hint=f"Name one of {', '.join(map(repr, known))}.",
                )

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up 100 times of a series with a wandering level and one control."""
        times, begins, effect = 100, 70, 10.0
        x = 100 + 0.6 * rng.normal(size=times).cumsum()
        level = 0.05 * rng.normal(size=times).cumsum()
        y = 1.2 * x + level + rng.normal(size=times)
        y[begins:] += effect
        frame = {"y": y, "day": np.arange(times), "x": x}
        return Example(cls("y", "day", begins, ("x",)), frame, effect)

    @property
    def columns(self) -> tuple[str, ...]:
        """Outcome, time and controls."""
        return tuple(dict.fromkeys((self.outcome, self.time, *self.controls)))

    @property
    def amounts(self) -> tuple[str, ...]:
        """The outcome and the controls."""
        return tuple(dict.fromkeys((self.outcome, *self.controls)))

    @property
    def effect_name(self) -> str:
        """The average effect on the one series that had the intervention."""
        return "ATT"

    @property
    def procedure(self) -> str:
        """The design and its trend: each was measured by itself."""
        return f"interrupted series with a {self.trend.title}"

    @property
    def subject(self) -> str:
        """When the intervention began, and the outcome."""
        return f"the intervention at {self.begins} on {self.outcome}"

    def question(self, answer: Answer) -> str:
        """Says what is compared with what."""
        return (
            f"The average effect on the treated (ATT): how much higher {self.outcome} was on "
            f"average from {self.begins} on than it would have been in the same times without the "
            f"intervention, E[{self.outcome}(with) - {self.outcome}(without) | {self.time} from "
            f"{self.begins} on]."
        )

    def answer(self, frame: object, computation: Computation) -> Answer:
        """Fits the model to the times before, and draws the series after.

        Raises:
            DataError: `duplicate-times`, `irregular-times`, `dates-as-numbers`, `begins-outside`,
                `few-times-before`, `nothing-after`, `constant-series`, and those about columns.
        """
        seed = bi.streams_of(computation.seed).seed
        series = read_series(frame, self.outcome, self.time, self.begins, self.controls)
        structure = series.structure(self.trend, self.seasons, self.priors)
        per_chain = -(-computation.draws // CHAINS)
        found = forecast(structure, bi.Streams(seed), CHAINS * per_chain)
        effect = average_effect(series, found.paths)
        centre, spread = series.scale
        paths = (centre + spread * found.paths).reshape(CHAINS, per_chain, -1)
        labels = np.array(series.times)
        path = Path(
            self.time, labels, series.outcome, paths[..., series.places], labels[series.before]
        )
        after = series.outcome[series.after] - path.counterfactual[..., series.after]
        return Answer(
            after.mean(axis=-1),
            self.tell(series, found),
            parts_of(path.counterfactual[..., series.after].mean(axis=-1), after),
            effects_of(self.time, tuple(labels[series.after].tolist()), after),
            path,
            tables=tables_of(series, found),
            findings=judge_series(Forecasted(series, structure, found, effect, seed)),
            seed=seed,
        )

    def tell(self, series: Series, found: Forecast) -> str:
        """Says how the effect was computed."""
        made = ["a level that wanders"]
        if "slope" in found.sizes.names:
            made.append("a slope")
        if self.seasons is not None:
            made.append(f"{self.seasons} seasons")
        if self.controls:
            made.append(f"a regression on {', '.join(self.controls)}")
        sizes = ", ".join(
            f"{name} {found.sizes.mean(name) * series.scale[1]:.3g}"
            for name in found.sizes.names
            if name != "controls"
        )
        return (
            f"A structural time series model ({', '.join(made)}) was fitted to "
            f"{int(series.known[: series.before].sum())} outcomes before {self.begins}: Kalman "
            f"filter and simulation smoother given the sds, importance sampling for these "
            f"(posterior means of sds: {sizes}). Each draw is what was observed less one path of "
            f"what would have been, its noise included, averaged over {len(series.after)} times."
        )

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """No other event, unaffected controls, no anticipation, and the model's shape."""
        alone = (
            Assumption(
                f"Unaffected controls: the intervention did not change {', '.join(self.controls)}.",
                ("controls-break",),
            ),
            Assumption(
                f"Stable relation: {self.outcome} would have gone on to follow "
                f"{', '.join(self.controls)} as it did before {self.begins}.",
                ("placebo-in-time",),
            ),
        )
        return (
            Assumption(
                f"No other event: nothing else that changes {self.outcome}"
                + (" beyond what the controls show" if self.controls else "")
                + f" came at {self.begins} or after."
            ),
            *(alone if self.controls else ()),
            Assumption(
                f"No anticipation: before {self.begins} the intervention had no effect on "
                f"{self.outcome}.",
                ("placebo-in-time",),
            ),
            Assumption(
                f"Model: without the intervention, {self.outcome} would have moved after "
                f"{self.begins} as the structural model says it moved before.",
                ("residuals", "drift", "placebo-in-time"),
            ),
        )

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Says where a relative effect has no meaning; `answer` runs what needs refits."""
        if "relative" in answer.parts:
            return ()
        return (
            bi.Finding(
                f"What {self.outcome} would have been is too near zero, for its uncertainty, to "
                "divide by: there is no relative effect.",
                "note",
                "no-relative-effect",
                {"without": float(answer.parts["without intervention"].mean())},
                "Tell the effect in the unit of the outcome.",
            ),
        )


def parts_of(without: np.ndarray, after: np.ndarray) -> dict[str, np.ndarray]:
    """What the effect is made of: the counterfactual, the sum, and the share.

    Args:
        without: (chain, draw) average outcomes without the intervention.
        after: (chain, draw, time) effects at each time.
    """
    parts = {"without intervention": without, "cumulative": after.sum(axis=-1)}
    # The sign of the share is that of the effect, also where outcomes are negative; a ratio to
    # something that may be zero has no mean, and is left out.
    if np.abs(without.mean()) > 4 * without.std():
        parts["relative"] = after.mean(axis=-1) / np.abs(without)
    return parts


def effects_of(over: str, labels: tuple[object, ...], after: np.ndarray) -> dict[str, Effects]:
    """The effect at each time, and summed up to each time."""
    return {
        over: Effects(over, labels, after),
        "cumulative": Effects("cumulative", labels, after.cumsum(axis=-1)),
    }


def tables_of(series: Series, found: Forecast) -> dict[str, pd.DataFrame]:
    """The controls' coefficients, in the outcome's unit per unit of the control."""
    import pandas as pd

    if not series.names:
        return {}
    use = series.known[: series.before]
    spreads = series.controls[: series.before][use].std(axis=0, ddof=1)
    draws = found.coefficients * series.scale[1] / spreads
    lower, upper = np.quantile(draws, [0.025, 0.975], axis=0)
    table = pd.DataFrame(
        {"mean": draws.mean(axis=0), "sd": draws.std(axis=0), "lower": lower, "upper": upper},
        index=pd.Index(series.names, name="control"),
    )
    return {"controls": table}
