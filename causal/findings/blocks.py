"""Blocks within which chance decided: how their odds differ, and what they can tell."""

from __future__ import annotations

import numpy as np

import bayesinf as bi
from causal.findings.assignment import Assignment, means_by

ROWS_PER_ARM = 2
"""Rows (clusters) of each arm in every block from which on each block has an effect of its own."""


def fewest_per_arm(assignment: Assignment) -> int:
    """The fewest rows, or clusters where these were assigned as a whole, of an arm in a block.

    Args:
        assignment: How rows were assigned.

    Example:
        >>> received = np.array([True, False, False, True])
        >>> fewest_per_arm(Assignment(received, np.zeros(4, dtype=int), np.arange(4)))
        2
    """
    blocks, received = assignment.blocks, assignment.received
    if assignment.whole:
        blocks = np.rint(means_by(blocks.astype(float), assignment.clusters)).astype(int)
        received = means_by(received.astype(float), assignment.clusters) > 0.5
    count = assignment.blocks.max() + 1
    counted = [np.bincount(blocks[received == arm], minlength=count) for arm in (True, False)]
    return int(np.min(counted))


def judge_blocks(assignment: Assignment, column: str) -> tuple[bi.Finding, ...]:
    """Says how the odds of treatment differ between blocks, and which blocks have one arm only.

    Args:
        assignment: How rows were assigned.
        column: The blocks' column.
    """
    share = means_by(assignment.received.astype(float), assignment.blocks)
    lone = int(np.isin(share, (0.0, 1.0)).sum())
    evidence = {
        "blocks": float(len(share)),
        "lowest_share": float(share.min()),
        "highest_share": float(share.max()),
        "one_arm": float(lone),
    }
    told = f"The treated share is {share.min():.2f} to {share.max():.2f} in {len(share)} blocks"
    if lone:
        return (
            bi.Finding(
                f"{told}; {lone} of them have one arm only, so that their effect is taken from "
                "the other blocks.",
                "warning",
                "blocks",
                evidence,
                f"Leave blocks of one arm out, or make coarser ones of '{column}'.",
            ),
        )
    how = (
        "each has an effect of its own, averaged by rows"
        if fewest_per_arm(assignment) >= ROWS_PER_ARM
        else "they are too small for effects of their own and share one, in which blocks count "
        "by how much they tell"
    )
    return (bi.Finding(f"{told}; {how}.", "note", "blocks", evidence),)
