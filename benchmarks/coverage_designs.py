"""Bias, error, coverage and width of regression discontinuities and of instruments, simulated.

    python -m benchmarks.coverage_designs [--study regression_discontinuity instrument]
        [--simulations 1000] [--json FILE]

Discontinuities: the curves that the literature measures boundary bias on, one with noise that grows
away from the cutoff. Instruments: first stages with F about 1, 2, 5, 20 and 100, one and four
instruments, confounding of 0.5 and 0.9. What else is in use stands beside each posterior.
`--json` writes cards, those of like data put together, for
`python -m benchmarks.coverage --join FILE`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

import bayesinf as bi
from benchmarks.page import table
from causal.coverage import Card, as_json, card_of
from causal.discontinuity import (
    default_jump,
    optimal_bandwidths,
    robust_jump,
)
from causal.instruments import (
    Moments,
    anderson_rubin,
    collect_moments,
    draw_structure,
    two_stage_least_squares,
)
from causal.studies.instrument import Instrument
from causal.studies.regression_discontinuity import RegressionDiscontinuity

NOMINAL = 0.95

NORMAL_95 = 1.959963984540054

DRAWS = 1000
"""Draws of each posterior: the ends of a 95 % interval are then known to 0.05 sds."""

Interval = tuple[float, float, float]
"""An estimate, and the two ends of its interval."""


@dataclass(frozen=True)
class Discontinuity:
    """A curve with a jump at 0, on -1 to 1.

    Attributes:
        name: What it is called.
        below: Coefficients of the polynomial below 0, the constant first.
        above: Those above.
        growth: How much larger the noise is at distance 1 than at the cutoff, less one.
        rows: How many rows; their positions are 2 Beta(2, 4) - 1.
    """

    name: str
    below: tuple[float, ...]
    above: tuple[float, ...]
    growth: float = 0.0
    rows: int = 500

    @property
    def jump(self) -> float:
        """The true effect."""
        return self.above[0] - self.below[0]

    def simulate(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Makes up positions and outcomes; the noise's sd at the cutoff is 0.1295."""
        x = 2 * rng.beta(2, 4, self.rows) - 1
        mean = np.where(x < 0, np.polyval(self.below[::-1], x), np.polyval(self.above[::-1], x))
        return x, mean + 0.1295 * (1 + self.growth * np.abs(x)) * rng.normal(size=self.rows)


LEE = (0.48, 1.27, 7.18, 20.21, 21.54, 7.33), (0.52, 0.84, -3.0, 7.99, -9.01, 3.56)
LUDWIG_MILLER = (
    (3.71, 2.30, 3.28, 1.45, 0.23, 0.03),
    (0.26, 18.49, -54.81, 74.30, -45.02, 9.83),
)
CURVED = (
    (0.48, 1.27, -3.59, 14.147, 23.694, 10.995),
    (0.52, 0.84, -0.3, -2.397, -0.901, 3.56),
)

DISCONTINUITIES = (
    *(
        Discontinuity(f"{name}, {rows} rows", *curves, rows=rows)
        for name, curves in (("Lee", LEE), ("Ludwig-Miller", LUDWIG_MILLER), ("curved", CURVED))
        for rows in (250, 500, 2000)
    ),
    Discontinuity("Lee, noise that grows, 500 rows", *LEE, growth=2.0),
)
"""Calonico, Cattaneo and Titiunik (2014), section 5: models 1, 2 and 3."""


def jump_intervals(x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, Interval]:
    """The posterior of the default study, and the robust interval."""
    below, above = default_jump(x, y).draw(np.random.default_rng(seed), DRAWS)
    robust = robust_jump(x, y, optimal_bandwidths(x, y))
    half = NORMAL_95 * robust.conventional_error
    return {
        "posterior": of_draws((above - below)[:, 0]),
        "robust bias correction": (robust.corrected, *robust.interval),
        "local lines, uncorrected": (
            robust.conventional,
            robust.conventional - half,
            robust.conventional + half,
        ),
    }


@dataclass(frozen=True)
class Instrumented:
    """A treatment that is moved by instruments, with an effect of 0.5.

    Attributes:
        f: The expected first-stage F; at 1 the instruments do nothing at all.
        confounding: Correlation of treatment's and outcome's noise.
        instruments: How many instruments share the strength.
        rows: How many rows.
    """

    f: float
    confounding: float
    instruments: int = 1
    rows: int = 500
    effect: float = 0.5

    @property
    def name(self) -> str:
        """What it is called."""
        return (
            f"F about {self.f:g}, {self.instruments} instrument{'s' * (self.instruments > 1)}, "
            f"confounding {self.confounding:g}"
        )

    def simulate(self, rng: np.random.Generator) -> Moments:
        """Makes up rows, and sums them up."""
        z = rng.normal(size=(self.rows, self.instruments))
        v, e = rng.normal(size=(2, self.rows))
        u = self.confounding * v + np.sqrt(1 - self.confounding**2) * e
        t = z.sum(axis=1) * np.sqrt((self.f - 1) / self.rows) + v
        named = {f"z{place}": z[:, place] for place in range(self.instruments)}
        return collect_moments(self.effect * t + u, t[:, None], named, np.empty((self.rows, 0)))


INSTRUMENTED = tuple(
    Instrumented(f, confounding, count)
    for count in (1, 4)
    for f in (1.0, 2.0, 5.0, 20.0, 100.0)
    for confounding in (0.5, 0.9)
)


def effect_intervals(moments: Moments, seed: int) -> dict[str, Interval]:
    """The posterior with the default and with the reference prior, and two stages."""
    study = Instrument("y", "t", ("z",))
    effect, error = (float(part[0]) for part in two_stage_least_squares(moments))
    found = {}
    for name, prior in (("posterior", study.settle_prior(moments)), ("flat", bi.Flat())):
        drawn = draw_structure(moments, prior, np.random.default_rng(seed), DRAWS)
        found[name] = of_draws(drawn.effect)
    found["two-stage least squares"] = (
        effect,
        effect - NORMAL_95 * error,
        effect + NORMAL_95 * error,
    )
    return found


def of_draws(draws: np.ndarray) -> Interval:
    """Median and equal-tailed interval."""
    low, middle, high = np.quantile(draws, [(1 - NOMINAL) / 2, 0.5, (1 + NOMINAL) / 2])
    return float(middle), float(low), float(high)


def measure_discontinuities(simulations: int) -> Iterator[Card]:
    """Measures the jump on each curve, in sds of the outcome."""
    study = RegressionDiscontinuity("y", "x")
    for design in DISCONTINUITIES:
        spread = float(np.std(design.simulate(np.random.default_rng(0))[1]))
        runs = [
            jump_intervals(*design.simulate(np.random.default_rng([seed, 11])), seed)
            for seed in range(simulations)
        ]
        yield from score(runs, study.procedure, design.name, design.jump, spread)


def measure_instruments(simulations: int) -> Iterator[Card]:
    """Measures the effect at each strength, and how often the Anderson-Rubin set holds it."""
    study = Instrument("y", "t", ("z",))
    for design in INSTRUMENTED:
        drawn = [design.simulate(np.random.default_rng([seed, 13])) for seed in range(simulations)]
        sets = [anderson_rubin(moments) for moments in drawn]
        held = np.mean([found.holds(design.effect) for found in sets])
        bounded = np.mean([found.bounded for found in sets])
        print(f"{design.name}: Anderson-Rubin holds {held:.3f}, bounded {bounded:.3f}", flush=True)
        runs = [effect_intervals(moments, seed) for seed, moments in enumerate(drawn)]
        # A refusal is an answer, too: coverage counts all data sets, and those not refused.
        yield from score(runs, study.procedure, design.name, design.effect, 1.0)
        if bounded > 0:
            answered = [run for run, found in zip(runs, sets, strict=True) if found.bounded]
            name = f"{design.name}, not refused"
            yield from score(answered, study.procedure, name, design.effect, 1.0)


def score(
    runs: Sequence[dict[str, Interval]], procedure: str, data: str, truth: float, spread: float
) -> Iterator[Card]:
    """Scores each way over all data sets; ours under its procedure's name."""
    today = datetime.now(UTC).date().isoformat()
    for way in runs[0]:
        numbers = np.array([run[way] for run in runs]) / spread
        name = procedure if way == "posterior" else f"{procedure}: {way}"
        truths = np.full(len(runs), truth / spread)
        yield card_of(name, data, NOMINAL, *numbers.T, truths, today)


MEASURES: dict[str, Callable[[int], Iterator[Card]]] = {
    RegressionDiscontinuity.name: measure_discontinuities,
    Instrument.name: measure_instruments,
}


def main(arguments: list[str] | None = None) -> int:
    """Measures, prints each line as it comes, and writes cards."""
    reader = argparse.ArgumentParser(prog="python -m benchmarks.coverage_designs")
    reader.add_argument("--study", nargs="+", choices=list(MEASURES), default=list(MEASURES))
    reader.add_argument("--simulations", type=int, default=1000)
    reader.add_argument("--json", type=Path, help="where to write the cards of our procedures")
    chosen = reader.parse_args(arguments)
    cards: list[Card] = []
    for name in chosen.study:
        for card in MEASURES[name](chosen.simulations):
            cards.append(card)
            print(
                f"{card.data:50s} {card.procedure:50s} bias {card.bias:+.4f} "
                f"({card.bias_error:.4f})"
                f"  rmse {card.rmse:.4f}  coverage {card.coverage:.3f} ({card.coverage_error:.3f})"
                f"  width {card.width:.4f}",
                flush=True,
            )
    print(table_of(cards))
    if chosen.json:
        chosen.json.write_text(as_json(tuple(pooled(cards))), encoding="utf-8")
    return 0


def pooled(cards: Sequence[Card]) -> Iterator[Card]:
    """Puts the cards of our procedures on data of one kind together: what a summary quotes."""
    kinds: dict[tuple[str, str], list[Card]] = {}
    for card in cards:
        if ":" in card.procedure or card.data.endswith("not refused"):
            continue
        kind = (
            f"simulated instruments with {card.data.split(',')[0]}"
            if card.data.startswith("F about")
            else "simulated curves whose noise grows"
            if "grows" in card.data
            else "simulated curves that bend at the cutoff, 250 to 2,000 rows"
        )
        kinds.setdefault((card.procedure, kind), []).append(card)
    for (_, kind), alike in kinds.items():
        size = sum(card.simulations for card in alike)
        weights = np.array([card.simulations for card in alike]) / size

        def mean(values: Sequence[float], shares: np.ndarray = weights) -> float:
            return float(shares @ np.asarray(values))

        yield replace(
            alike[0],
            data=kind,
            simulations=size,
            coverage=mean([card.coverage for card in alike]),
            coverage_error=mean([card.coverage_error for card in alike]) / len(alike) ** 0.5,
            bias=mean([card.bias for card in alike]),
            bias_error=mean([card.bias_error for card in alike]) / len(alike) ** 0.5,
            rmse=mean([card.rmse**2 for card in alike]) ** 0.5,
            width=mean([card.width for card in alike]),
        )


def table_of(cards: Sequence[Card]) -> str:
    """The cards as a Markdown table."""
    head = ["data", "way", "cases", "coverage", "±", "bias", "±", "RMSE", "width"]
    rows = [
        [
            card.data,
            card.procedure,
            f"{card.simulations:,}",
            f"{card.coverage:.3f}",
            f"{card.coverage_error:.3f}",
            f"{card.bias:.4f}",
            f"{card.bias_error:.4f}",
            f"{card.rmse:.4f}",
            f"{card.width:.4f}",
        ]
        for card in cards
    ]
    return table(head, rows)


if __name__ == "__main__":
    sys.exit(main())
