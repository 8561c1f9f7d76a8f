"""An experiment that is being planned: what decides how much it will tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.estimate import Estimate
from causal.findings.assignment import means_by, read_assignment, within_blocks
from causal.findings.balance import amounts
from causal.policy.scores import outcome_numbers
from causal.studies import Experiment


@bi.checked_class
@dataclass(frozen=True)
class Plan:
    """An experiment that is being planned.

    Attributes:
        sd: The sd of the outcome among rows of one arm; sqrt(p (1 - p)) for a yes or no of which
            a share p is yes.
        share: The treated share.
        explained: Share of the outcome's variance, within blocks and between the units that chance
            assigns, that covariates or the outcome from before explain.
        cluster_size: Rows that chance assigns together; 1 assigns row by row.
        correlation: Of two rows of one cluster, given their arm and block.
        blocks: How many blocks chance decides within.
        between_blocks: Share of the variance that lies between blocks.

    Example:
        >>> Plan(cluster_size=20, correlation=0.05).unit_variance
        0.0975
    """

    sd: float = 1.0
    share: float = 0.5
    explained: float = 0.0
    cluster_size: int = 1
    correlation: float = 0.0
    blocks: int = 1
    between_blocks: float = 0.0

    def __post_init__(self) -> None:
        shares = (self.explained, self.correlation, self.between_blocks)
        sound = self.sd > 0 and 0 < self.share < 1 and all(0 <= one < 1 for one in shares)
        if not sound or self.cluster_size < 1 or self.blocks < 1:
            raise bi.ModelError(
                f"{self!r} is no plan: the sd is positive, shares and correlations lie between 0 "
                "and 1, and there is at least one row per cluster and one block.",
                code="bad-plan",
                hint="Write causal.Plan(sd=2.0, explained=0.4).",
            )

    @property
    def unit_variance(self) -> float:
        """The variance of the mean of one unit that chance assigns, within blocks."""
        own = self.correlation + (1 - self.correlation) / self.cluster_size
        return self.sd**2 * (1 - self.between_blocks) * own

    def arms(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Assigns the units of so many rows, as evenly as whole units allow.

        Args:
            size: Rows in all.

        Returns:
            (unit,) 1 for treated units, and (unit,) their blocks as 0, 1, ...

        Raises:
            ModelError: A block has fewer than two units of an arm.
        """
        units = size // self.cluster_size
        block = np.arange(units) * self.blocks // max(units, 1)
        counts = np.bincount(block, minlength=self.blocks)
        place = np.arange(units) - np.concatenate([[0], np.cumsum(counts)])[block]
        treated = (place < np.rint(self.share * counts)[block]).astype(float)
        fewest = min(
            np.bincount(block[treated == arm], minlength=self.blocks).min() for arm in (0, 1)
        )
        if fewest < 2:
            raise bi.ModelError(
                f"{size} rows leave {fewest} units of an arm in a block; two are needed.",
                code="plan-too-small",
                hint="Give larger sizes, fewer blocks or smaller clusters.",
            )
        return treated, block


def plan_of(estimate: Estimate) -> Plan:
    """Reads scatter, covariates, blocks and clusters off an earlier experiment.

    Args:
        estimate: Of an experiment with two arms and an outcome in numbers.

    Raises:
        ModelError: The estimate is of no experiment.

    Source:
        Donner and Klar (2000), section 1.3, for the correlation by analysis of variance.
    """
    contrast, study = estimate.answer.contrast, estimate.study
    if contrast is None or not isinstance(study, Experiment):
        raise bi.ModelError(
            "Only an experiment says how the next experiment will go.",
            code="no-experiment",
            hint="Write causal.Plan(sd=...) instead.",
        )
    found = read_assignment(contrast.table, contrast.received, study.blocks, study.clusters)
    arm = found.received.astype(int)
    outcome = within_blocks(outcome_numbers(estimate), arm)
    cells = arm * (found.blocks.max() + 1) + found.blocks
    rest = within_blocks(outcome_numbers(estimate), np.unique(cells, return_inverse=True)[1])
    total, within = float(outcome.var()), float(rest.var())
    correlation, size = 0.0, 1
    if study.clusters is not None and found.whole:
        correlation, size = correlation_of(rest, found.clusters)
    known = [
        within_blocks(values, found.blocks)
        for entry in study.measured
        for column in entry.columns
        for values in amounts(contrast.table, column).values()
    ]
    units = found.clusters if size > 1 else np.arange(len(rest))
    return Plan(
        sd=float(np.sqrt(total * len(outcome) / (len(outcome) - 2))),
        share=float(arm.mean()),
        explained=share_explained(
            means_by(rest, units), [means_by(values, units) for values in known]
        ),
        cluster_size=size,
        correlation=correlation,
        blocks=int(found.blocks.max() + 1),
        between_blocks=max(0.0, 1 - within / total),
    )


def correlation_of(values: np.ndarray, clusters: np.ndarray) -> tuple[float, int]:
    """The correlation within clusters by analysis of variance, and the mean size.

    Args:
        values: (row,) residuals.
        clusters: (row,) clusters as 0, 1, ...
    """
    sizes = np.bincount(clusters)
    count, rows = len(sizes), len(values)
    means = means_by(values, clusters)
    between = float((sizes * (means - values.mean()) ** 2).sum() / (count - 1))
    within = float(((values - means[clusters]) ** 2).sum() / max(rows - count, 1))
    typical = (rows - (sizes**2).sum() / rows) / (count - 1)
    shared = (between - within) / typical
    return float(np.clip(shared / (shared + within), 0.0, 0.999)), max(1, round(rows / count))


def share_explained(outcome: np.ndarray, known: list[np.ndarray]) -> float:
    """The adjusted share of variance that columns explain linearly; 0 without columns."""
    if not known:
        return 0.0
    columns = np.column_stack(known)
    columns = columns - columns.mean(axis=0)
    centred = outcome - outcome.mean()
    coefficients, *_ = np.linalg.lstsq(columns, centred, rcond=None)
    freedom = max(len(outcome) - columns.shape[1] - 1, 1)
    rest = float(((centred - columns @ coefficients) ** 2).sum()) / freedom
    return float(np.clip(1 - rest / (centred @ centred / (len(outcome) - 1)), 0.0, 0.999))
