"""Draws without a likelihood: a Bayesian bootstrap of the rows, and what it refits.

Each draw weighs the rows by Dirichlet(1, ..., 1) weights and computes the estimator anew, its
nuisances included. The draws describe what is known about the estimator's target in the population
that the rows were drawn from; they are a posterior of no likelihood, hence quasi-posterior.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation, Effects
from causal.averages import contrasts
from causal.bootstrap.nuisance import BLOCK
from causal.bootstrap.propensity import Arms, Propensity, fit_propensity, floored, read_arms
from causal.bootstrap.weights import (
    judge_draws,
    judge_propensity,
    judge_rows,
    judge_smooth,
    judge_weighted_balance,
    judge_weights,
    weight_frame,
    weighted_balance,
)
from causal.comparison import Comparison
from causal.estimand import QuantileEffect

if TYPE_CHECKING:
    import pandas as pd

CHAINS = 4
"""Draws are independent; they are shown as this many chains because all draws are."""

METHOD = (
    "The draws are a quasi-posterior: a Bayesian bootstrap of the rows, with the nuisances "
    "refitted to each vector of Dirichlet(1, ..., 1) weights; they are about the population that "
    "the rows were drawn from."
)
"""What the method of every estimator says that uses a bootstrap."""


type Statistic = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""From (draw, row) weights of mean one to (draw, ...) values and (draw,) whether all went well."""


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """A statistic of the rows as they are, and of reweighted rows.

    Attributes:
        point: (...) the statistic with all rows weighing alike.
        draws: (chain, draw, ...) with Dirichlet weights.
        smooth: Share of the draws in which every refit went well.
    """

    point: np.ndarray
    draws: np.ndarray
    smooth: float


def run_bootstrap(statistic: Statistic, rows: int, draws: int, seed: int) -> Bootstrap:
    """Computes a statistic for many Dirichlet(1, ..., 1) weights of the rows.

    Args:
        statistic: What is computed, for many vectors of weights at once.
        rows: How many rows there are.
        draws: How many draws to keep, rounded up to a multiple of the chains.
        seed: Decides the weights.

    Source:
        Rubin (1981), The Bayesian bootstrap, Annals of Statistics 9; Lyddon, Holmes and Walker
        (2019), General Bayesian updating and the loss-likelihood bootstrap, Biometrika 106, for
        estimators that minimise a loss; the refitted nuisances follow them.

    Example:
        >>> values = np.array([1.0, 2.0, 6.0])
        >>> mean = lambda w: (w @ values / w.sum(axis=1), np.ones(len(w), dtype=bool))
        >>> run_bootstrap(mean, 3, 8, seed=1).draws.shape
        (4, 2)
    """
    point, _ = statistic(np.ones((1, rows)))
    total = -(-draws // CHAINS) * CHAINS
    rng = bi.Streams(seed).generator("dirichlet")
    values, smooth = [], []
    step = max(BLOCK // rows, 1)
    for begin in range(0, total, step):
        weights = rng.standard_exponential((min(step, total - begin), rows))
        weights /= weights.mean(axis=1, keepdims=True)
        found, well = statistic(weights)
        values.append(found)
        smooth.append(well)
    drawn = np.concatenate(values)
    shaped = drawn.reshape(CHAINS, total // CHAINS, *drawn.shape[1:])
    return Bootstrap(point[0], shaped, float(np.concatenate(smooth).mean()))


def answer_by_bootstrap(
    comparison: Comparison,
    computation: Computation,
    terms: Sequence[str] | None,
    build: Callable[[Propensity], Statistic],
    name: str,
    more: Collection[str] = (),
) -> Answer:
    """Answers by an estimator that needs the chances of treatment.

    Args:
        comparison: What is asked of which rows.
        computation: How many draws, and their seed.
        terms: Terms of the treatment's model; None takes the default.
        build: Makes the statistic of the treatment's model.
        name: What the estimator is called in the sentence on the method.
        more: Further columns that no row may miss.
    """
    arms = read_arms(comparison, terms, more)
    propensity = fit_propensity(arms)
    seed = bi.streams_of(computation.seed).seed
    found = run_bootstrap(build(propensity), len(arms.codes), computation.draws, seed)
    unit = floored(propensity.unit.chances(arms.basis.matrix)[:, 0], arms.codes)
    frame, balance = weight_frame(arms, unit), weighted_balance(arms, unit)
    findings = (
        judge_weights(arms, frame),
        *judge_weighted_balance(balance),
        *judge_propensity(propensity),
        *judge_smooth(found.smooth),
        *judge_rows(comparison.frame, arms),
    )
    method = (
        f"By {name} of {len(arms.codes)} rows, with the chance of {arms.treatment} from a logistic "
        f"model of {' + '.join(arms.terms) or 'its share alone'}; no chance that is divided by is "
        f"let below 1/{len(arms.codes)}. {METHOD}"
    )
    tables = {"weights": frame, "weighted balance": balance}
    return answer_of(arms, found, method, findings, tables, unit, seed)


def answer_of(
    arms: Arms,
    found: Bootstrap,
    method: str,
    findings: tuple[bi.Finding, ...],
    tables: Mapping[str, pd.DataFrame],
    unit: np.ndarray,
    seed: int,
) -> Answer:
    """Makes an answer of averages for each level and group, or of quantiles for each level.

    Args:
        arms: The rows.
        found: Values (chain, draw, level, column), a column being a group or a quantile.
        method: How they were computed.
        findings: What the computation found out about itself.
        tables: Frames for the report.
        unit: (level, row) chances with all rows weighing alike.
        seed: What later checks derive theirs from.
    """
    estimand, labels = arms.estimand, arms.labels
    first = 0
    over, columns = "group", arms.groups.labels
    if isinstance(estimand, QuantileEffect):
        first = estimand.probabilities.index(estimand.headline)
        over, columns = "quantile", estimand.probabilities
    averages = found.draws[..., first]
    difference = found.draws[..., 1, :] - found.draws[..., 0, :]
    effects: dict[str, Effects] = {}
    if len(columns) > 1:
        kept = slice(None) if over == "quantile" else slice(1, None)
        effects[over] = Effects(over, tuple(columns[kept]), difference[..., kept])
    if len(labels) > 2:
        effects["contrast"] = contrasts(labels, averages)
    points = found.point[:, first]
    return Answer(
        difference[..., first],
        f"{method} With all rows weighing alike it gives {points[1] - points[0]:.5g}.",
        dict(
            zip(part_names(arms, first), np.moveaxis(averages, -1, 0)[order(labels)], strict=True)
        ),
        effects,
        contrast=arms.contrast(unit),
        tables={**tables, "point": point_frame(arms, points, first)},
        findings=(*findings, *judge_draws(difference[..., first])),
        basis="quasi-posterior",
        seed=seed,
    )


def order(labels: Sequence[object]) -> list[int]:
    """Positions of the levels in the order of a summary: of two, the treated one first."""
    return [1, 0] if len(labels) == 2 else list(range(len(labels)))


def part_names(arms: Arms, first: int) -> list[str]:
    """Names the averages of the levels, in the order of a summary."""
    estimand, names = arms.estimand, ["1", "0"]
    if len(arms.labels) > 2:
        names = [str(label) for label in arms.labels]
    if isinstance(estimand, QuantileEffect):
        return [f"Q{estimand.probabilities[first]:g}[Y({name})]" for name in names]
    return [f"E[Y({name})]" for name in names]


def point_frame(arms: Arms, points: np.ndarray, first: int) -> pd.DataFrame:
    """The averages and the effect with all rows weighing alike, as published tables have them."""
    import pandas as pd

    names = [arms.estimand.name, *part_names(arms, first)]
    values = [points[1] - points[0], *points[order(arms.labels)]]
    return pd.DataFrame({"estimate": values}, index=pd.Index(names, name="estimand"))
