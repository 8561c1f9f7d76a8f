"""How many rows an experiment needs: power by simulation, beside the normal approximation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

import bayesinf as bi
from causal.answer import Picture
from causal.estimate import Estimate, require_estimate
from causal.findings.assignment import within_blocks
from causal.plan import Plan, plan_of
from causal.sequential.beliefs import StudentBelief
from causal.sequential.looks import ProbabilityAbove

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

BLOCK = 2**21
"""Numbers of one block of made-up outcomes: 16 MB."""


@dataclass(frozen=True, eq=False, repr=False)
class Power:
    """The chance to find an effect, by the number of rows.

    Attributes:
        plan: The experiment.
        effect: The true effect, or several of which each trial has one.
        decide: When an effect counts as found.
        trials: Simulated trials per size.
        table: Indexed by `size` (rows), with columns `units`, `power`, `error` (Monte Carlo) and
            `approximate`, the normal approximation.
    """

    plan: Plan
    effect: np.ndarray
    decide: ProbabilityAbove
    trials: int
    table: pd.DataFrame

    def smallest(self, target: float = 0.8) -> int | None:
        """The smallest of the sizes that reaches a power, or None.

        Args:
            target: The power wanted.
        """
        found = self.table["power"].to_numpy() >= target
        return int(self.table.index[int(np.argmax(found))]) if found.any() else None

    def sentence(self, target: float = 0.8) -> str:
        """Says how many rows are needed.

        Args:
            target: The power wanted.
        """
        found = self.smallest(target)
        shown = (
            f"an effect of {self.effect[0]:.4g}"
            if len(self.effect) == 1
            else f"effects around {self.effect.mean():.4g}"
        )
        if found is None:
            return (
                f"None of these sizes finds {shown} with a chance of {target:g}; the largest, "
                f"{self.table.index.max()} rows, does so with {self.table['power'].iloc[-1]:.3f}."
            )
        line = self.table.loc[found]
        return (
            f"{found} rows find {shown} with a chance of {line['power']:.3f} (Monte Carlo error "
            f"{line['error']:.3f}; {line['approximate']:.3f} by normal approximation): "
            f"{self.decide.sentence()}, and it is the right one."
        )

    def picture(self) -> Picture:
        """Power by size."""

        def draw(axes: Axes) -> None:
            table = self.table
            axes.errorbar(table.index, table["power"], 2 * table["error"], marker="o")
            axes.plot(table.index, table["approximate"], linestyle=":", color="#57606a")
            axes.axhline(0.8, color="#57606a", linewidth=1)
            axes.set(xlabel="Rows", ylabel="Power", ylim=(0, 1.02))

        caption = "Power by number of rows, with two Monte Carlo errors; dotted: approximation."
        return Picture(caption, self.sentence(), draw)

    def __repr__(self) -> str:
        return f"{self.sentence()}\n{self.table.to_string(float_format='{:.4g}'.format)}"


@bi.checked
def power(
    design: Plan | Estimate,
    effect: float | np.ndarray,
    sizes: int | Sequence[int] | np.ndarray,
    *,
    decide: ProbabilityAbove | None = None,
    trials: int = 2000,
    seed: object = None,
) -> Power:
    """Simulates an experiment at several sizes, and counts how often it finds the effect.

    Each trial's outcomes are made up unit by unit and analysed by regression on the arm, the
    blocks and the covariate under flat priors, whose posterior of the effect is a Student t.
    Clusters enter by their means, which hold all there is to know where clusters are of one size.

    Args:
        design: A plan, or the estimate of an earlier experiment whose scatter, covariates, blocks
            and clusters are taken for the next one.
        effect: The true effect; an array of plausible ones gives the average power (assurance).
        sizes: Rows in all; one number or several.
        decide: When an effect counts as found; None asks for a probability above 0.975, which is
            what a two-sided test at 5% asks for.
        trials: Simulated trials per size.
        seed: Decides the trials.

    Raises:
        ModelError: A size leaves too few units per arm and block, or the estimate is of no
            experiment.

    Source:
        Donner and Klar (2000), Design and Analysis of Cluster Randomization Trials, chapter 5;
        O'Hagan, Stevens and Campbell (2005), Assurance in clinical trial design, Pharmaceutical
        Statistics 4.

    Example:
        >>> found = power(Plan(sd=1.0), effect=0.5, sizes=[60, 128, 200], trials=500, seed=1)
        >>> found.smallest()
        128
    """
    import pandas as pd

    if not isinstance(design, Plan):
        require_estimate(design, "power")
    plan = design if isinstance(design, Plan) else plan_of(design)
    effects = np.atleast_1d(np.asarray(effect, dtype=float)).ravel()
    rule = decide or ProbabilityAbove(0.975)
    streams = bi.streams_of(seed)
    lines = {}
    for size in sorted({int(size) for size in np.atleast_1d(sizes)}):
        rng = streams.generator(f"size {size}")
        truth = effects[rng.integers(0, len(effects), trials)]
        belief = simulate(plan, size, truth, rng)
        right = rule.reached(belief) & ((belief.mean * truth > 0) | (truth == 0))
        share = float(right.mean())
        lines[size] = {
            "units": size // plan.cluster_size,
            "power": share,
            "error": float(np.sqrt(max(share * (1 - share), 1 / trials) / trials)),
            "approximate": approximate_power(plan, size, effects, rule.probability),
        }
    table = pd.DataFrame.from_dict(lines, orient="index").rename_axis("size")
    return Power(plan, effects, rule, trials, table)


def simulate(plan: Plan, size: int, truth: np.ndarray, rng: np.random.Generator) -> StudentBelief:
    """Makes up trials and analyses each.

    Args:
        plan: The experiment.
        size: Rows in all.
        truth: (trial,) true effects.
        rng: Decides the outcomes.

    Returns:
        (trial,) posteriors of the effect.
    """
    treated, block = plan.arms(size)
    units, covariates = len(treated), int(plan.explained > 0)
    # What is constant within blocks drops out of the regression, so blocks need no level.
    lean = within_blocks(treated, block)
    freedom = units - plan.blocks - 1 - covariates
    mean, scale = [], []
    step = max(1, BLOCK // units)
    for start in range(0, len(truth), step):
        some = truth[start : start + step]
        known = rng.standard_normal((len(some), units))
        noise = rng.standard_normal((len(some), units))
        scatter = np.sqrt(plan.explained) * known + np.sqrt(1 - plan.explained) * noise
        outcome = some[:, None] * treated + np.sqrt(plan.unit_variance) * scatter
        slope, error = regress(centre(outcome, block), lean, centre(known, block), covariates)
        mean.append(slope)
        scale.append(error / np.sqrt(freedom))
    return StudentBelief(
        np.concatenate(mean), np.concatenate(scale), np.full(len(truth), float(freedom))
    )


def centre(values: np.ndarray, block: np.ndarray) -> np.ndarray:
    """(trial, unit) values minus the means of their blocks, which are runs of units."""
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    means = np.add.reduceat(values, starts, axis=1) / np.bincount(block)
    return values - means[:, block]


def regress(
    outcome: np.ndarray, lean: np.ndarray, known: np.ndarray, covariates: int
) -> tuple[np.ndarray, np.ndarray]:
    """Least squares on the arm and at most one covariate, for many trials at once.

    Args:
        outcome: (trial, unit) outcomes about their blocks' means.
        lean: (unit,) treatment about its blocks' means.
        known: (trial, unit) covariate about its blocks' means.
        covariates: 1 to use the covariate, 0 to leave it out.

    Returns:
        (trial,) slopes of the arm, and root residual sums of squares over the root of the arm's
        information, which is the standard error times the root of the degrees of freedom.
    """
    if not covariates:
        information = lean @ lean
        slope = outcome @ lean / information
        rest = (outcome**2).sum(axis=1) - slope**2 * information
        return slope, np.sqrt(np.maximum(rest, 0) / information)
    # Frisch-Waugh: what the covariate explains is taken out of outcome and arm first.
    own = (known**2).sum(axis=1)
    of_arm, of_outcome = known @ lean / own, (known * outcome).sum(axis=1) / own
    information = lean @ lean - of_arm**2 * own
    slope = (outcome @ lean - of_arm * of_outcome * own) / information
    rest = (outcome**2).sum(axis=1) - of_outcome**2 * own - slope**2 * information
    return slope, np.sqrt(np.maximum(rest, 0) / information)


def approximate_power(plan: Plan, size: int, effects: np.ndarray, probability: float) -> float:
    """The chance by the normal approximation with known variance.

    Args:
        plan: The experiment.
        size: Rows in all.
        effects: True effects, over which the chance is averaged.
        probability: The posterior probability that counts as found.

    Example:
        >>> round(approximate_power(Plan(), 128, np.array([0.5]), 0.975), 3)
        0.807
    """
    treated, block = plan.arms(size)
    lean = within_blocks(treated, block)
    error = np.sqrt(plan.unit_variance * (1 - plan.explained) / (lean @ lean))
    z = np.abs(effects) / error
    limit = special.ndtri(probability)
    found = special.ndtr(z - limit) + np.where(effects == 0, special.ndtr(-z - limit), 0.0)
    return float(found.mean())
