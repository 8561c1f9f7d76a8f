"""Standardisation (g-computation): predict every row twice, and average the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.estimate import Answer
from causal.estimator import Computation, Estimator
from causal.treatment import Contrast


@dataclass(frozen=True)
class Standardisation(Estimator):
    """Predicts each row with the treatment and without, and averages over the estimand's rows.

    Each posterior draw of the outcome model gives one draw of the two averages, so the effect's
    uncertainty is the model's. The rows are taken as they are: the effect is theirs, not that of a
    population that they were drawn from.

    Source:
        Robins (1986), Mathematical Modelling 7; Hernan and Robins (2020), Causal Inference: What
        If, section 13.3.
    """

    name: ClassVar[str] = "standardisation"

    def answer(self, model: bi.Model, contrast: Contrast, computation: Computation) -> Answer:
        """Fits the outcome model and predicts with the treatment set to either level."""
        fit = bi.fit(
            model,
            engine=computation.engine,
            draws=computation.draws,
            seed=computation.seed,
        )
        treatment = contrast.treatment
        return Answer(
            fit,
            contrast,
            treated=average_outcome(fit, contrast, treatment.treated),
            control=average_outcome(fit, contrast, treatment.control),
        )

    def sentence(self, answer: Answer) -> str:
        """Says in words how the effect was computed."""
        fit, (treated, control) = answer.fit, answer.contrast.counts()
        weights = fit.model.formula.response.weights
        told = (
            f" The weights {weights} count in the fit; the average counts rows alike."
            if weights
            else ""
        )
        return (
            f"By standardisation (g-computation) over {np.count_nonzero(answer.contrast.weights)} "
            f"of {treated + control} rows ({treated} treated, {control} not), from the model "
            f"{fit.model.formula} ({fit.model.family.name}).{told}"
        )


def average_outcome(fit: bi.Fit, contrast: Contrast, level: object) -> np.ndarray:
    """Averages the expected outcome with the treatment set to one level.

    Args:
        fit: The outcome model.
        contrast: The rows and their weights.
        level: A level of the treatment.

    Returns:
        (chain, draw) draws of the weighted average.
    """
    asked = np.flatnonzero(contrast.weights)
    rows = contrast.table.take(asked).replace(contrast.treatment.column, level)
    weights = "weight"
    while weights in rows.columns:
        weights += "_"
    columns = {**rows.columns, weights: contrast.weights[asked]}
    weighted = bi.Table(columns, rows.levels, rows.index, rows.n)
    return fit.predictions(weighted, weights=weights).draws[..., 0]
