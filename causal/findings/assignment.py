"""Whether chance assigned what it was said to assign: shares, covariates, clusters, who is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import scipy

import bayesinf as bi
from causal.findings.balance import FALSE_ALARMS, amounts

RATIO_ALARMS = 0.001
"""How often a sound assignment may be doubted because of its counts.

Fabijan et al. (2019), Diagnosing sample ratio mismatch in online controlled experiments, KDD: the
check runs in every experiment, so its false alarms have to be rarer than those of an analysis.
"""

LOST_ROWS = 0.05
"""Share of an arm's rows that must be missing or too many before a mismatch is called bad."""

FEW_CLUSTERS = 10
"""Clusters per arm below which the spread between clusters is hardly known; a convention."""


@dataclass(frozen=True, eq=False)
class Assignment:
    """How rows were assigned, as arrays.

    Attributes:
        received: (row,) booleans, True for rows that had the treatment.
        blocks: (row,) block of each row as 0, 1, ...; all 0 without blocks.
        clusters: (row,) cluster of each row as 0, 1, ...; the row's number without clusters.
    """

    received: np.ndarray
    blocks: np.ndarray
    clusters: np.ndarray

    @property
    def whole(self) -> bool:
        """Whether all rows of every cluster had the same treatment."""
        share = means_by(self.received.astype(float), self.clusters)
        return bool(np.isin(share, (0.0, 1.0)).all())


def read_assignment(
    table: bi.Table, received: np.ndarray, blocks: str | None, clusters: str | None
) -> Assignment:
    """Numbers the blocks and clusters of rows.

    Args:
        table: Rows without missing values.
        received: (row,) booleans.
        blocks: The column of blocks, if any.
        clusters: The column of clusters, if any.

    Example:
        >>> table = bi.Table.read({"site": ["b", "a", "b"]})
        >>> read_assignment(table, np.array([True, False, True]), "site", None).blocks
        array([1, 0, 1])
    """
    block = np.zeros(table.n, dtype=int) if blocks is None else codes_of(table.columns[blocks])
    cluster = np.arange(table.n) if clusters is None else codes_of(table.columns[clusters])
    return Assignment(received, block, cluster)


def codes_of(values: np.ndarray) -> np.ndarray:
    """Numbers the distinct values of an array as 0, 1, ... in sorted order."""
    return np.unique(values.astype(str) if values.dtype == object else values, return_inverse=True)[
        1
    ]


def means_by(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(code,) means of the values that share a code."""
    return np.bincount(codes, weights=values) / np.bincount(codes)


def within_blocks(values: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """(row,) values minus the mean of their block."""
    return values - means_by(values, blocks)[blocks]


def judge_covariates(
    table: bi.Table, columns: Sequence[str], assignment: Assignment
) -> tuple[bi.Finding, ...]:
    """Says whether chance alone explains how the arms differ, within blocks and by clusters.

    Each column is compared within blocks; where clusters were assigned as a whole, a cluster
    counts as one row, because its rows came into the arm together. The largest difference is held
    against what one of so many differences reaches by chance.

    Args:
        table: Rows without missing values.
        columns: What was measured before the treatment.
        assignment: How the rows were assigned.

    Source:
        Hansen and Bowers (2008), Covariate balance in simple, stratified and clustered comparative
        studies, Statistical Science 23.
    """
    found = [
        (name, *difference_by_chance(values, assignment))
        for column in columns
        for name, values in amounts(table, column).items()
    ]
    if not found:
        return ()
    limit = NormalDist().inv_cdf(1 - FALSE_ALARMS / (2 * len(found)))
    name, difference, error = max(found, key=lambda line: abs(line[1]) / line[2])
    evidence = {"largest_difference": difference, "limit": limit * error}
    shown = f"'{name}', by {abs(difference):.2f} standard deviations"
    if abs(difference) <= limit * error:
        return (
            bi.Finding(
                f"The arms are as alike as chance makes them: they differ most in {shown} (limit "
                f"{limit * error:.2f}).",
                "good",
                "randomisation",
                evidence,
            ),
        )
    return (
        bi.Finding(
            f"The arms differ in {shown}, more than chance explains (limit {limit * error:.2f}).",
            "warning",
            "randomisation",
            evidence,
            "Check how the treatment was assigned, and whether rows were lost after it.",
        ),
    )


def difference_by_chance(values: np.ndarray, assignment: Assignment) -> tuple[float, float]:
    """The difference of the arms within blocks, and its sd by chance, both in sds of the column.

    Args:
        values: (row,) amounts.
        assignment: How the rows were assigned.

    Returns:
        The difference and its standard error; (0, 1) where the column does not vary in a block.
    """
    received, blocks = assignment.received.astype(float), assignment.blocks
    spread = float(np.std(within_blocks(values, blocks)))
    if assignment.whole:
        values = means_by(values, assignment.clusters)
        received = means_by(received, assignment.clusters)
        blocks = np.rint(means_by(blocks.astype(float), assignment.clusters)).astype(int)
    lean, outcome = within_blocks(received, blocks), within_blocks(values, blocks)
    information = float(lean @ lean)
    error = float(np.std(outcome))
    if not (information > 0 and spread > 0 and error > 0):
        return 0.0, 1.0
    return float(lean @ outcome) / information / spread, error / spread / information**0.5


def judge_shares(
    levels: Sequence[object], counts: Sequence[int], expected: Mapping[object, float]
) -> tuple[bi.Finding, ...]:
    """Says whether the arms have the shares of rows that they were given (sample-ratio mismatch).

    Args:
        levels: The arms.
        counts: Rows in each.
        expected: The share meant for each arm; they are divided by their sum.

    Raises:
        DataError: An arm has no expected share, or one that is not positive, or no row has it.

    Source:
        Pearson's chi-squared test; Fabijan et al. (2019), KDD, for the use.

    Example:
        >>> judge_shares(("a", "b"), (5_100, 4_900), {"a": 0.5, "b": 0.5})[0].severity
        'good'
        >>> judge_shares(("a", "b"), (5_500, 4_500), {"a": 0.5, "b": 0.5})[0].severity
        'bad'
    """
    named = ", ".join(repr(level) for level in levels)
    strange = [key for key in expected if key not in levels]
    if strange:
        raise bi.DataError(
            f"shares= names the arm {strange[0]!r}, which no row has; the arms in the data are "
            f"{named}.",
            code="unknown-arm",
            hint=f"Give one share per arm, as it is in the data: shares={even_shares(levels)}.",
        )
    unknown = [level for level in levels if not expected.get(level, 0) > 0]
    if unknown:
        raise bi.DataError(
            f"No positive share was expected for the arm {unknown[0]!r}, which has rows.",
            code="no-expected-share",
            hint=f"Give one share per arm: shares={even_shares(levels)}.",
        )
    observed = np.asarray(counts, dtype=float)
    meant = np.array([expected[level] for level in levels], dtype=float)
    meant = meant / meant.sum() * observed.sum()
    chance = float(scipy.stats.chisquare(observed, meant).pvalue)
    ratios = observed / meant
    lost = float(1 - ratios.min() / ratios.max())
    evidence = {"p_value": chance, "lost": lost}
    told = ", ".join(
        f"{count} of {level!r} for {want:.0f} expected"
        for level, count, want in zip(levels, counts, meant, strict=True)
    )
    if chance >= RATIO_ALARMS:
        return (
            bi.Finding(
                f"The arms have the rows they were meant to have ({told}; p = {chance:.2g}).",
                "good",
                "sample-ratio",
                evidence,
            ),
        )
    return (
        bi.Finding(
            f"The arms do not have the rows they were meant to have: {told}, which chance does "
            f"once in {1 / max(chance, 1e-99):.2g}; {100 * lost:.1f}% of an arm is missing or too "
            "many, and who that is cannot be seen here.",
            "bad" if lost > LOST_ROWS else "warning",
            "sample-ratio",
            evidence,
            "Find out where rows are lost or counted twice before reading the effect.",
        ),
    )


def even_shares(levels: Sequence[object]) -> str:
    """Writes the shares of arms of one size, as a user would give them.

    Example:
        >>> even_shares(("a", "b"))
        "{'a': 0.5, 'b': 0.5}"
    """
    share = f"{1 / len(levels):.2g}"
    return "{" + ", ".join(f"{level!r}: {share}" for level in levels) + "}"


def judge_attrition(
    outcome: np.ndarray, received: np.ndarray, clusters: np.ndarray, name: str
) -> tuple[bi.Finding, ...]:
    """Says whether the outcome is missing more often in one arm.

    Args:
        outcome: (row,) numbers, nan where missing.
        received: (row,) booleans.
        clusters: (row,) what was assigned together, as 0, 1, ...; the row's number without
            clusters.
        name: The outcome's column.

    Returns:
        One finding; where the arms differ by more than chance, its evidence has the bounds of the
        effect in those whose outcome would be known in either arm.

    Source:
        Lee (2009), Training, wages, and sample selection, Review of Economic Studies 76, for the
        bounds, which assume that the treatment moves missingness in one direction only.
    """
    known = ~np.isnan(outcome)
    sizes = np.array([np.count_nonzero(received), np.count_nonzero(~received)], dtype=float)
    seen = np.array([known[received].sum(), known[~received].sum()], dtype=float)
    if known.all() or (sizes == 0).any() or (seen == 0).any():
        return ()
    shares = 1 - seen / sizes
    pooled = 1 - seen.sum() / sizes.sum()
    # Rows that were assigned together may be lost together: sums by cluster, not by row.
    excess = (~known - pooled) * np.where(received, 1 / sizes[0], -1 / sizes[1])
    error = float(np.sqrt((np.bincount(clusters, weights=excess) ** 2).sum()))
    difference = float(shares[0] - shares[1])
    evidence = {"treated": float(shares[0]), "control": float(shares[1]), "error": error}
    told = (
        f"'{name}' is missing in {100 * shares[0]:.1f}% of the treated rows and "
        f"{100 * shares[1]:.1f}% of the others"
    )
    if abs(difference) <= NormalDist().inv_cdf(1 - FALSE_ALARMS / 2) * error:
        sentence = f"{told}, a difference that chance explains; it could still hide two opposite"
        return (bi.Finding(f"{sentence} losses.", "note", "attrition", evidence),)
    low, high = lee_bounds(outcome[received & known], outcome[~received & known], *(1 - shares))
    return (
        bi.Finding(
            f"{told}, more than chance explains: the arms compared are no longer those that "
            f"chance made. Trimmed bounds put the effect between {low:.4g} and {high:.4g}.",
            "warning",
            "attrition",
            {**evidence, "lower_bound": low, "upper_bound": high},
            "Follow up the missing rows, or report the bounds beside the effect.",
        ),
    )


def lee_bounds(
    treated: np.ndarray, control: np.ndarray, seen_treated: float, seen_control: float
) -> tuple[float, float]:
    """Bounds the effect by trimming the arm that lost fewer rows.

    Args:
        treated: Outcomes that are known.
        control: Outcomes that are known.
        seen_treated: Share of the treated rows whose outcome is known.
        seen_control: Share of the other rows whose outcome is known.

    Returns:
        The lower and the upper bound.

    Example:
        >>> lee_bounds(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 0.0]), 1.0, 0.5)
        (1.5, 3.5)
    """
    longer, shorter = (treated, control) if seen_treated >= seen_control else (control, treated)
    kept = round(len(longer) * min(seen_treated, seen_control) / max(seen_treated, seen_control))
    ordered = np.sort(longer)
    low, high = float(ordered[:kept].mean()), float(ordered[len(ordered) - kept :].mean())
    middle = float(shorter.mean())
    if seen_treated >= seen_control:
        return low - middle, high - middle
    return middle - high, middle - low


def judge_clusters(
    assignment: Assignment, correlation: float | None, column: str
) -> tuple[bi.Finding, ...]:
    """Says how many clusters there are, and how much less a row tells because of them.

    Args:
        assignment: How the rows were assigned.
        correlation: The correlation of two rows of one cluster, given their arms; None where the
            outcome model has none, as for chances and counts.
        column: The clusters' column.

    Source:
        Kish (1965), Survey Sampling, section 5.4: 1 + (m - 1) icc; with unequal sizes m is the
        mean of the sizes that rows see (Eldridge et al. 2006, International Journal of
        Epidemiology 35).
    """
    sizes = np.bincount(assignment.clusters)
    seen = float((sizes**2).sum() / sizes.sum())
    arms = means_by(assignment.received.astype(float), assignment.clusters)
    evidence = {"clusters": float(len(sizes)), "size": seen}
    if not assignment.whole:
        mixed = int(((arms > 0) & (arms < 1)).sum())
        return (
            bi.Finding(
                f"Both arms occur within {mixed} of {len(sizes)} clusters of '{column}': the "
                "treatment was not assigned to whole clusters, so most of what they share cancels.",
                "note",
                "clusters",
                evidence,
            ),
        )
    fewest = int(min((arms == 1).sum(), (arms == 0).sum()))
    told = f"{len(sizes)} clusters of '{column}' were assigned as a whole, {fewest} in one arm"
    if correlation is not None:
        effect = 1 + (seen - 1) * correlation
        evidence |= {"icc": correlation, "design_effect": effect}
        told += (
            f"; two rows of a cluster correlate by {correlation:.3f}, so the design effect is "
            f"{effect:.2f}: {sizes.sum()} rows tell as much as {sizes.sum() / effect:.0f} that "
            "were assigned one by one"
        )
    few = fewest < FEW_CLUSTERS
    return (
        bi.Finding(
            f"{told}.",
            "warning" if few else "note",
            "clusters",
            {**evidence, "fewest": float(fewest)},
            f"With fewer than {FEW_CLUSTERS} clusters in an arm the interval leans on the prior of "
            "the spread between clusters: look at it, and add clusters rather than rows."
            if few
            else "",
        ),
    )
