"""The outcome model's columns with the treatment set to either level: what fleets are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.answer import Answer
from causal.arms import ArmStudy
from causal.estimators import Standardisation
from causal.population import SAMPLE
from causal.refits.change import Change
from causal.treatment import Contrast

PRIOR_SCALES = 2.5
"""Prior sd of an added column's coefficient, in outcome scales, as in `bi.fit`."""


@dataclass(frozen=True, eq=False)
class Arms:
    """Rows of a model whose predictor is linear in coefficients with Normal or flat priors.

    A row's columns are those without the treatment, plus the step where it had the treatment: that
    holds for any formula, because the treatment has two levels.

    Attributes:
        control: (row, coefficient) columns with the treatment set to the control, centred.
        step: (row, coefficient) what the treatment adds to them.
        response: (row,) outcomes.
        received: (row,) booleans.
        weights: (row,) weights of the estimand, with sum one.
        means: (coefficient,) prior means.
        precisions: (coefficient,) prior precisions; 0 where flat.
    """

    control: np.ndarray
    step: np.ndarray
    response: np.ndarray
    received: np.ndarray
    weights: np.ndarray
    means: np.ndarray
    precisions: np.ndarray

    @property
    def columns(self) -> np.ndarray:
        """(row, coefficient) columns with the treatment that each row had."""
        return self.control + self.received[:, None] * self.step


def refuses_fleet(study: ArmStudy, answer: Answer) -> str | None:
    """Says in a sentence why refits have to be run one by one, or None.

    Args:
        study: What was asked.
        answer: The draws of the effect, with the model that they come from.
    """
    fit = answer.prediction
    if not isinstance(study.estimator, Standardisation) or not isinstance(fit, bi.Fit):
        return "the effect does not come from one outcome model"
    if study.estimand.population != SAMPLE:
        return "the effect is that of a population, which adds to its uncertainty"
    model = fit.model
    if model.design.table is None or model.design.rows.groups:
        return "the outcome model has group effects"
    response = model.formula.response
    if response.weights or response.trials or response.standard_error:
        return "rows of the outcome model have weights, trials or standard errors"
    if not np.all(model.design.rows.offset == 0):
        return "the outcome model has an offset"
    kinds = (bi.Normal, bi.Flat)
    if not all(isinstance(model.priors[name], kinds) for name in model.design.names):
        return "not all coefficients have Normal or flat priors"
    return None


def read_arms(model: bi.Model, contrast: Contrast) -> Arms:
    """Evaluates a model's columns under both levels of the treatment.

    Args:
        model: One of the contrast's rows; its group terms are not looked at.
        contrast: The rows, who was treated, and how rows are weighed.
    """
    treatment, table = contrast.treatment, contrast.table
    control, treated = (
        model.on(table.replace(treatment.column, level)).design.rows.population
        for level in (treatment.control, treatment.treated)
    )
    priors = [model.priors[name] for name in model.design.names]
    normal = [prior if isinstance(prior, bi.Normal) else None for prior in priors]
    return Arms(
        control - model.design.centre,
        treated - control,
        model.design.response,
        contrast.received,
        contrast.weights,
        np.array([0.0 if prior is None else prior.mean for prior in normal]),
        np.array([0.0 if prior is None else prior.sd**-2 for prior in normal]),
    )


def change_arms(arms: Arms, study: ArmStudy, change: Change, scale: float) -> Arms:
    """Makes the rows of one refit.

    Priors, centre and coding stay those of the study, as in all refits of this library.

    Args:
        arms: The rows of the study.
        study: Its estimand weighs the rows again where they or the treatment change.
        change: What is to be different.
        scale: The outcome's scale, which the prior of an added column's coefficient follows.
    """
    received = arms.received if change.received is None else change.received
    kept = np.ones(len(received), dtype=bool) if change.rows is None else change.rows
    control, step = arms.control[kept], arms.step[kept]
    means, precisions = arms.means, arms.precisions
    if change.added is not None:
        added = change.added[kept]
        control = np.column_stack([control, added])
        step = np.column_stack([step, np.zeros(len(added))])
        means = np.append(means, 0.0)
        spread = float(change.added.std()) or 1.0
        precisions = np.append(precisions, (PRIOR_SCALES * scale / spread) ** -2)
    weights = arms.weights
    if change.rows is not None or change.received is not None:
        weights = study.estimand.weights(received[kept])
    return Arms(control, step, arms.response[kept], received[kept], weights, means, precisions)
