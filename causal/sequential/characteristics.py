"""What a plan of looks does in the long run, by simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.sequential.looks import Looks, ProbabilityAbove
from causal.sequential.outcomes import Outcome, Tally

if TYPE_CHECKING:
    import pandas as pd

PRIOR = "drawn from the prior"
"""Name of the scenario in which each trial has a truth of its own."""


@dataclass(frozen=True, eq=False, repr=False)
class Characteristics:
    """How often a plan of looks stops, at what size, and how good its answers are then.

    Attributes:
        looks: The plan.
        trials: How many trials were made up for each scenario.
        prob: The probability of the credible interval whose coverage was counted.
        table: One line per scenario (the true effect), with columns `stops` (share of trials that
            stopped at a look), `wrong` (that stopped for the arm that is not better: all of them
            where there is no effect), `right`, `size` (mean rows), `bias` (mean estimate minus
            truth), `bias_stopped` (among those that stopped before the horizon), `coverage`, and
            for each a Monte Carlo standard error `..._error`.
    """

    looks: Looks
    trials: int
    prob: float
    table: pd.DataFrame

    @property
    def false_stops(self) -> tuple[float, float]:
        """How often the trial stops for an arm where there is no effect, and its error."""
        line = self.table.loc[name_of(0.0), ["stops", "stops_error"]].to_numpy(dtype=float)
        return float(line[0]), float(line[1])

    def sentence(self) -> str:
        """Says what stopping early leaves valid, and what not."""
        rate, error = self.false_stops
        stop = self.looks.stop
        fixed = (
            f" rather than the {100 * 2 * (1 - stop.probability):.2g}% of a single look"
            if isinstance(stop, ProbabilityAbove)
            else ""
        )
        number = len(self.looks.sizes)
        looks = f"{number} look{'s' * (number > 1)}"
        return (
            "Stopping when the data say so leaves the posterior what it is under its prior, but "
            f"not the rate of false alarms: with {looks} and no effect at "
            f"all, {100 * rate:.1f}% (Monte Carlo error {100 * error:.1f}) of {self.trials} "
            f"simulated trials stopped because {stop.sentence()}{fixed}."
        )

    def __repr__(self) -> str:
        return f"{self.sentence()}\n{self.table.to_string(float_format='{:.4g}'.format)}"


@bi.checked
def operating_characteristics(
    looks: Looks,
    outcome: Outcome,
    effects: Sequence[float] = (),
    *,
    trials: int = 10_000,
    prob: float = 0.95,
    seed: object = None,
) -> Characteristics:
    """Simulates a plan of looks under no effect, under given effects, and under its own prior.

    Args:
        looks: The plan.
        outcome: The kind of outcome, which is simulated as it is modelled.
        effects: True effects beside 0.
        trials: How many trials per scenario.
        prob: Probability of the credible interval whose coverage is counted.
        seed: Decides the trials.

    Raises:
        ModelError: An effect cannot be, such as one that makes a chance larger than 1.

    Source:
        FDA (2010), Guidance for the use of Bayesian statistics in medical device clinical trials,
        section 4.8, asks for these figures; Rouder (2014), Optional stopping: no problem for
        Bayesians, Psychonomic Bulletin and Review 21, for the scenario drawn from the prior.

    Example:
        >>> from causal.sequential.outcomes import Means
        >>> looks = Looks(every=50, stop=ProbabilityAbove(0.975), horizon=500)
        >>> found = operating_characteristics(looks, Means(), [0.5], trials=500, seed=1)
        >>> bool(found.false_stops[0] > 0.05)
        True
    """
    import pandas as pd

    streams, batches = bi.streams_of(seed), looks.batches
    lines = {}
    for effect in dict.fromkeys((0.0, *map(float, effects))):
        rng = streams.generator(f"effect {effect:g}")
        truth = np.full(trials, effect)
        tally = outcome.simulate(truth, batches, rng)
        lines[name_of(effect)] = characteristics(looks, outcome, truth, tally, prob)
    drawn = outcome.from_prior(trials, batches, streams.generator("prior"))
    if drawn is not None:
        lines[PRIOR] = characteristics(looks, outcome, *drawn, prob)
    table = pd.DataFrame.from_dict(lines, orient="index").rename_axis("truth")
    return Characteristics(looks, trials, prob, table)


def name_of(effect: float) -> str:
    """The name of a scenario."""
    return "no effect" if effect == 0 else f"effect {effect:g}"


@dataclass(frozen=True, eq=False)
class Ends:
    """How trials ended.

    Attributes:
        look: (trial,) the look at which each ended.
        stopped: (trial,) whether the reason to stop was reached at that look.
        mean: (trial,) posterior means then.
        lower: (trial,) limits of the credible interval then.
        upper: (trial,) its other limits.
    """

    look: np.ndarray
    stopped: np.ndarray
    mean: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def follow(looks: Looks, outcome: Outcome, tally: Tally, prob: float) -> Ends:
    """Follows trials look by look until each stops.

    Args:
        looks: The plan.
        outcome: The kind of outcome.
        tally: Tallies of shape (trial, look).
        prob: Probability of the credible interval.
    """
    trials, last = len(tally.total), len(looks.sizes) - 1
    look, stopped = np.full(trials, last), np.zeros(trials, dtype=bool)
    running = np.arange(trials)
    for place in range(last + 1):
        now = Tally(
            tally.size[running, place], tally.total[running, place], tally.rest[running, place]
        )
        reached = looks.stop.reached(outcome.belief(now))
        look[running[reached]], stopped[running[reached]] = place, True
        running = running[~reached]
    every = np.arange(trials)
    end = outcome.belief(
        Tally(tally.size[every, look], tally.total[every, look], tally.rest[every, look])
    )
    return Ends(look, stopped, end.mean, *end.interval(prob))


def characteristics(
    looks: Looks, outcome: Outcome, truth: np.ndarray, tally: Tally, prob: float
) -> dict[str, float]:
    """Counts how trials ended, each figure with its Monte Carlo error."""
    ends = follow(looks, outcome, tally, prob)
    early = ends.stopped & (ends.look < len(looks.sizes) - 1)
    figures = {
        "stops": ends.stopped,
        "wrong": ends.stopped & (ends.mean * truth <= 0),
        "right": ends.stopped & (ends.mean * truth > 0),
        "size": looks.sizes[ends.look],
        "bias": ends.mean - truth,
        "bias_stopped": (ends.mean - truth)[early],
        "coverage": (ends.lower <= truth) & (truth <= ends.upper),
    }
    line = {}
    for name, values in figures.items():
        some = len(values) > 1
        line[name] = float(np.mean(values)) if some else np.nan
        line[f"{name}_error"] = float(np.std(values) / np.sqrt(len(values))) if some else np.nan
    return line
