"""Standardisation, which is g-computation: predict every row under both levels, and average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.comparison import Comparison
from causal.estimator import Estimator
from causal.findings import judge_model
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

    def refuses(self, comparison: Comparison) -> str | None:
        """Never: any outcome model can be standardised."""
        return None

    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Fits the outcome model and predicts with the treatment set to either level."""
        model = comparison.outcome_model()
        if model.design.table is None:
            raise bi.ModelError(
                "The outcome model has no rows: it was loaded from disk.",
                code="no-rows",
                hint="Give it rows first: model.on(frame).",
            )
        contrast = comparison.contrast(model.design.table)
        fit = bi.fit(
            model,
            engine=computation.engine,
            draws=computation.draws,
            seed=computation.seed,
        )
        treated = average_outcome(fit, contrast, contrast.treatment.treated)
        control = average_outcome(fit, contrast, contrast.treatment.control)
        return Answer(
            treated - control,
            method_sentence(fit, contrast),
            {"E[Y(1)]": treated, "E[Y(0)]": control},
            prediction=fit,
            contrast=contrast,
            findings=judge_model(fit),
            seed=fit.posterior.provenance.seed,
        )


def method_sentence(fit: bi.Fit, contrast: Contrast) -> str:
    """Says in words how the effect was computed."""
    treated, control = contrast.counts()
    weights = fit.model.formula.response.weights
    told = (
        f" The weights {weights} count in the fit; the average counts rows alike."
        if weights
        else ""
    )
    return (
        f"By standardisation (g-computation) over {np.count_nonzero(contrast.weights)} "
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
