"""A Bayesian causal forest of smooths: Gaussian-process surfaces, an effect for each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, override

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.comparison import Comparison, complete_rows
from causal.estimator import Estimator
from causal.gaussian_process import SurfaceDraws, encode_columns, fit_surfaces
from causal.gaussian_process.surfaces import LARGEST
from causal.row_effects import answer_from_rows, refuse_rows

type Target = Literal["expected", "realised"]


@bi.checked_class
@dataclass(frozen=True)
class SmoothForest(Estimator):
    """Finds each row's effect from surfaces whose shape is learned from the data.

    The expected outcome is a surface that both arms share plus what each arm adds; each is a line,
    smooth curves and the limit of a random forest in all covariates and in the estimated log odds
    of treatment, with an unknown relevance of each covariate. What the arms add is shrunk, so
    effects differ between rows as far as the data say so. No formula is needed: the adjusters'
    columns enter as they are, text as indicators.

    Relevances and scales are set to their posterior mode, the surfaces are integrated out and
    drawn exactly, so draws are independent. `benchmarks/coverage_observational.py` measures it: on
    40 data sets of the 2016 challenge the realised effect on the treated has a root mean square
    error of 0.0074 standard deviations of the outcome, and 38 of 40 intervals held it.

    Attributes:
        target: `"expected"` averages expected outcomes, E[Y(1)] - E[Y(0)] given the covariates of
            the rows at hand; `"realised"` averages Y(1) - Y(0) themselves, of which one is observed
            in each row and the other is predicted with its noise, assumed independent. The
            effects of single rows are expected ones either way.

    Source:
        Hahn, Murray and Carvalho (2020), Bayesian regression tree models for causal inference,
        Bayesian Analysis 15; Alaa and van der Schaar (2018), ICML; Imbens and Rubin (2015), Causal
        Inference, chapter 8, for the realised target.
    """

    target: Target = "expected"

    name: ClassVar[str] = "smooth_forest"

    @override
    def refuses(self, comparison: Comparison) -> str | None:
        """Refuses outcomes that are not continuous, groups, many rows, and what is no average."""
        refusal = refuse_rows(comparison, "The smooth forest")
        if refusal:
            return refusal
        rows = complete_rows(comparison.frame, comparison.columns).n
        if rows > LARGEST:
            return f"The smooth forest takes at most {LARGEST} rows, and these are {rows}."
        return None

    @override
    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Fits both surfaces and averages the drawn effects of the rows."""
        refusal = self.refuses(comparison)
        if refusal:
            raise bi.ModelError(
                refusal,
                code="estimator-refuses",
                hint="Take causal.Standardisation().",
            )
        contrast = comparison.contrast()
        table, used = contrast.table, {comparison.outcome, comparison.treatment}
        covariates = encode_columns(
            {name: table.columns[name] for name in comparison.columns if name not in used}
        )
        outcome = np.asarray(table.columns[comparison.outcome], np.float64)
        streams = bi.streams_of(computation.seed)
        draws = fit_surfaces(
            outcome,
            covariates,
            contrast.received,
            computation.draws,
            streams.generator("surfaces"),
        )
        method = (
            f"By a smooth forest (Gaussian-process surfaces for both arms) of {table.n} rows and "
            f"{len(covariates.names)} covariates with the estimated log odds of treatment; scales "
            f"and relevances at their posterior mode, and intervals take them as known; surfaces "
            f"drawn exactly."
        )
        return answer_from_rows(
            comparison,
            contrast,
            draws.control,
            draws.treated,
            outcome,
            draws.noise if self.target == "realised" else None,
            method,
            streams,
            (judge_search(draws, outcome),),
        )


def judge_search(draws: SurfaceDraws, outcome: np.ndarray) -> bi.Finding:
    """Says on which rows relevances and scales were found, and how much noise is left."""
    rows = len(outcome)
    share = max(draws.noise) ** 2 / float(outcome.var())
    told = (
        f"all {rows} rows"
        if draws.searched == rows
        else f"a random {draws.searched} of the {rows} rows"
    )
    return bi.Finding(
        f"The surfaces' relevances and scales were found on {told} and are taken as known; noise "
        f"is {min(share, 1.0):.0%} of the outcome's variance in the arm that has more.",
        "good" if draws.searched == rows else "note",
        "surfaces",
        {"rows": float(draws.searched), "noise_share": share},
    )
