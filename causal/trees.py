"""Sums of trees through bartz: what the estimators `bart` and `bcf` have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.comparison import Comparison
from causal.gaussian_process import Encoding, encode_columns
from causal.gaussian_process.propensity import log_odds_of_treatment
from causal.row_effects import CHAINS, answer_from_rows, refuse_rows

WARM_UP = 500
"""Steps thrown away by each chain."""

WORST_RHAT = 1.05
"""R-hat of the effect from which on chains are said to disagree: chains of trees mix slowly."""


@dataclass(frozen=True, eq=False)
class TreeData:
    """Rows of two arms for sums of trees.

    Attributes:
        covariates: (row, covariate) numbers.
        chances: (row,) estimated chances of treatment.
        treated: (row,) 0 and 1.
        outcome: (row,) numbers.
        draws: How many to keep from each of the chains.
        seed: Decides the draws.
    """

    covariates: np.ndarray
    chances: np.ndarray
    treated: np.ndarray
    outcome: np.ndarray
    draws: int
    seed: int


type Sampler = Callable[[TreeData], tuple[np.ndarray, np.ndarray]]
"""From rows to (draw, row) expected outcomes without the treatment and with it, chain by chain."""


def installed() -> bool:
    """Whether bartz is installed."""
    return find_spec("bartz") is not None


def answer_by_trees(
    comparison: Comparison, computation: Computation, sampler: Sampler, called: str
) -> Answer:
    """Samples sums of trees in several chains, and averages the drawn effects of the rows.

    Raises:
        ModelError: bartz is not installed, or trees cannot answer this question.
    """
    if not installed():
        raise bi.ModelError(
            f"{called} needs the package bartz, which is not installed.",
            code="needs-bartz",
            hint="Install the extra: pip install 'bayesinf[trees]'.",
        )
    refusal = refuse_rows(comparison, called)
    if refusal:
        raise bi.ModelError(refusal, code="estimator-refuses", hint="Take SmoothForest().")
    contrast = comparison.contrast()
    outcome = np.asarray(contrast.table.columns[comparison.outcome], np.float64)
    encoding = encode_adjusters(comparison, contrast.table)
    log_odds = log_odds_of_treatment(encoding.values, contrast.received)
    streams = bi.streams_of(computation.seed)
    data = TreeData(
        encoding.values,
        1 / (1 + np.exp(-log_odds)),
        contrast.received.astype(np.float32),
        outcome,
        -(-computation.draws // CHAINS),
        streams.integer("trees") % 2**31,
    )
    control, treated = sampler(data)
    method = (
        f"By {called} through bartz, with the estimated chance of treatment among the covariates: "
        f"{CHAINS} chains of {data.draws} draws after {WARM_UP}, {contrast.table.n} rows."
    )
    answer = answer_from_rows(
        comparison, contrast, control, treated, outcome, None, method, streams
    )
    return with_finding(answer)


def encode_adjusters(comparison: Comparison, table: bi.Table) -> Encoding:
    """Encodes the columns that are adjusted for."""
    used = {comparison.outcome, comparison.treatment}
    return encode_columns(
        {name: table.columns[name] for name in comparison.columns if name not in used}
    )


def with_finding(answer: Answer) -> Answer:
    """Adds what R-hat of the effect says about the chains."""
    return replace(answer, findings=(*answer.findings, judge_mixing(answer.draws)))


def judge_mixing(draws: np.ndarray) -> bi.Finding:
    """Says whether the chains agree about the effect.

    Example:
        >>> same = np.random.default_rng(1).normal(size=(4, 500))
        >>> judge_mixing(same).severity, judge_mixing(same + np.arange(4)[:, None]).severity
        ('good', 'bad')
    """
    row = bi.summary_frame(["effect"], draws[..., None]).iloc[0]
    rhat, size = float(row["r_hat"]), float(row["ess_bulk"])
    evidence = {"r_hat": rhat, "ess_bulk": size}
    if rhat < WORST_RHAT:
        return bi.Finding(
            f"The chains of trees agree about the effect (R-hat {rhat:.3f}).",
            "good",
            "trees-mix",
            evidence,
            "",
        )
    return bi.Finding(
        f"The chains of trees disagree about the effect: R-hat is {rhat:.3f}, {size:.0f} effective "
        "draws; the interval is too narrow.",
        "bad",
        "trees-mix",
        evidence,
        "Ask for more draws, or take SmoothForest(), whose draws are independent.",
    )
