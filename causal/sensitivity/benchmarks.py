"""How strong the covariates are that were measured: the yardstick for one that was not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.arms import ArmStudy
from causal.estimate import Estimate
from causal.formula import Adjuster, treatment_terms
from causal.refits.change import contrast_of, free_name
from causal.refits.rows import rows_beside
from causal.refits.sums import products
from causal.sensitivity.omitted import benchmark_strength
from causal.sensitivity.projection import outcome_model_of

if TYPE_CHECKING:
    import pandas as pd


def covariate_blocks(estimate: Estimate) -> Mapping[str, np.ndarray]:
    """Turns each adjuster into columns of numbers: as in the treatment model, factors as a whole.

    Args:
        estimate: Of a study that compares rows of two arms.

    Returns:
        (row, column) arrays by the adjusters' texts; constant adjusters are left out.
    """
    study, contrast = estimate.study, contrast_of(estimate.answer)
    assert isinstance(study, ArmStudy)
    table = rows_beside(estimate, study.columns)
    blocks = {entry.text: block_of(entry, table, contrast.received) for entry in study.adjusting}
    return {name: block for name, block in blocks.items() if block.shape[1]}


def block_of(adjuster: Adjuster, table: bi.Table, received: np.ndarray) -> np.ndarray:
    """The columns of one adjuster; of a group term, one for each level but the first."""
    if adjuster.kind == "group":
        parts = []
        for column in adjuster.columns:
            _, codes = np.unique(table.columns[column].astype(str), return_inverse=True)
            parts.append(np.eye(codes.max() + 1)[codes][:, 1:])
        return np.hstack(parts)
    terms = treatment_terms((adjuster,), table, received)
    if not terms:
        return np.zeros((table.n, 0))
    response = free_name(table, "received")
    columns = {**table.columns, response: received.astype(float)}
    rows = bi.Table(columns, table.levels, table.index, table.n)
    design = bi.model(f"{response} ~ {' + '.join(terms)}", rows).design
    kept = [place for place, name in enumerate(design.names) if name != "Intercept"]
    return np.asarray(design.rows.population)[:, kept]


def covariate_strengths(estimate: Estimate) -> pd.DataFrame:
    """Measures how strongly each adjuster goes with treatment and outcome, given the others.

    Args:
        estimate: Of a study that compares rows of two arms.

    Returns:
        A frame indexed by adjuster with columns `treatment` and `outcome`, the partial R2 of linear
        projections; the strongest confounder, by their product, first.
    """
    study, contrast = estimate.study, contrast_of(estimate.answer)
    assert isinstance(study, ArmStudy)
    outcome = np.asarray(outcome_model_of(estimate, study, contrast).design.response, dtype=float)
    frame = strengths_of(covariate_blocks(estimate), contrast.received.astype(float), outcome)
    order = np.argsort(-frame.to_numpy().prod(axis=1), kind="stable")
    return frame.iloc[order]


def strengths_of(
    blocks: Mapping[str, np.ndarray], treatment: np.ndarray, outcome: np.ndarray
) -> pd.DataFrame:
    """Measures the blocks one by one, each given all others.

    Args:
        blocks: (row, column) numbers by name.
        treatment: (row,) numbers.
        outcome: (row,) numbers.

    Returns:
        A frame indexed by name with columns `treatment` and `outcome`, in the order given.
    """
    import pandas as pd

    columns = np.column_stack([*blocks.values(), treatment, outcome])
    columns = columns - columns.mean(axis=0)
    spread = columns.std(axis=0)
    columns /= np.where(spread > 0, spread, 1.0)
    moments = products(columns, columns) / len(columns)
    owners = np.repeat(list(blocks), [block.shape[1] for block in blocks.values()])
    last, lines = len(owners), {}
    for name in blocks:
        others, known = np.flatnonzero(owners != name), np.arange(last)
        before = left_over(moments, last, others), left_over(moments, last, known)
        beside = np.append(others, last), np.append(known, last)
        after = [left_over(moments, last + 1, places) for places in beside]
        lines[name] = (share_explained(*before), share_explained(*after))
    return pd.DataFrame.from_dict(
        lines, orient="index", columns=["treatment", "outcome"], dtype=float
    ).rename_axis("covariate")


def left_over(moments: np.ndarray, target: int, known: np.ndarray) -> float:
    """The variance that known columns leave of a column, from the moments of all.

    Args:
        moments: (column, column) correlations.
        target: The place of the column.
        known: The places of what is held equal.
    """
    between = moments[known, target]
    held = moments[np.ix_(known, known)]
    explained = between @ np.linalg.pinv(held, rcond=1e-10, hermitian=True) @ between
    return float(moments[target, target] - explained)


def share_explained(before: float, after: float) -> float:
    """The share of what was left that more columns explain; 0 where nothing was left."""
    return float(np.clip(1 - after / before, 0.0, 1.0)) if before > 1e-10 else 0.0


def benchmark_table(
    strengths: pd.DataFrame, times: tuple[float, ...] = (1.0, 2.0, 3.0)
) -> pd.DataFrame:
    """Lists confounders that are some times as strong as each covariate.

    Args:
        strengths: As `covariate_strengths` gives them.
        times: How many times as strong.

    Returns:
        A frame with columns `covariate times treatment outcome`, partial R2 of the confounder.
    """
    import pandas as pd

    lines = []
    for name, (treatment, outcome) in zip(strengths.index, strengths.to_numpy(), strict=True):
        for factor in times:
            found = benchmark_strength(treatment, outcome, factor)
            lines.append((name, factor, float(found.treatment), float(found.outcome)))
    return pd.DataFrame(lines, columns=["covariate", "times", "treatment", "outcome"])
