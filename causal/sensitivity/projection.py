"""How much bias a confounder of a given strength can make: residuals and weights of an estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.arms import ArmStudy
from causal.estimate import Estimate
from causal.estimators import Standardisation
from causal.refits.arms import Arms, read_arms
from causal.refits.change import contrast_of
from causal.refits.sums import products
from causal.treatment import Contrast


@dataclass(frozen=True, eq=False)
class Scale:
    """The bias of a confounder with partial R2 of 1/2 with the treatment and 1 with the outcome.

    Attributes:
        value: sqrt(E[(Y - g)^2] E[a^2]), g the outcome's expectation given treatment and
            adjusters, a the weights for which the effect is E[a Y]. In linear regression it is
            the residual sd of the outcome over that of the treatment: the t-value's standard
            error times the root of the degrees of freedom.
        exact: Whether it holds as an identity in these rows.
        method: What it was computed from, in a sentence.
    """

    value: float
    exact: bool
    method: str


def scale_of_bias(estimate: Estimate) -> Scale:
    """Computes the scale of bias of an estimate.

    The outcome's residual variance is that of the fitted model where there is one, of the default
    linear model otherwise. The weights are the ones that give the effect as an average of outcomes
    in the linear span of the model's columns.

    Args:
        estimate: Of a study that compares rows of two arms.

    Source:
        Cinelli and Hazlett (2020), section 4.1, for linear regression; Chernozhukov, Cinelli,
        Newey, Sharma and Syrgkanis (2022), Long story short, theorem 2, for any average effect;
        weights by projection as in Chernozhukov, Newey and Singh (2022), Econometrica 90.
    """
    study, contrast = estimate.study, contrast_of(estimate.answer)
    assert isinstance(study, ArmStudy)
    fit = estimate.answer.prediction
    model = outcome_model_of(estimate, study, contrast)
    arms = read_arms(model, contrast)
    columns = np.hstack([arms.columns, group_indicators(model)])
    asked = np.append(
        products(arms.step, arms.weights), np.zeros(columns.shape[1] - arms.step.shape[1])
    )
    linear = model.family.name == "gaussian" and model.family.link.name == "identity"
    if isinstance(fit, bi.Fit) and not linear:
        table = contrast.table
        fitted = fit.predict(table.to_pandas(), kind="mean")["mean"].to_numpy()
        residual = float(np.mean((arms.response - fitted) ** 2))
    else:
        residual = residual_variance(columns, arms.response)
    value = float(np.sqrt(residual * mean_square_of_weights(columns, asked)))
    standard = isinstance(fit, bi.Fit) and isinstance(study.estimator, Standardisation)
    exact = linear and standard and is_additive(arms) and not model.design.rows.groups
    if exact:
        method = (
            "Omitted-variable bias of linear regression, an identity in these rows "
            "(Cinelli and Hazlett 2020)."
        )
    else:
        base = "the outcome model" if isinstance(fit, bi.Fit) else "the default linear model"
        method = (
            f"Bounds on omitted-variable bias from the residual variance of {base} and the "
            "weights of the effect in the span of its columns, which hold for average effects "
            "beyond linear regression (Chernozhukov, Cinelli, Newey, Sharma and Syrgkanis 2022)."
        )
    return Scale(value, exact, method)


def residual_variance(columns: np.ndarray, outcome: np.ndarray) -> float:
    """The mean square that columns leave of an outcome, by least squares.

    Args:
        columns: (row, column) numbers whose span holds a column of ones.
        outcome: (row,) numbers.
    """
    shifted = outcome - outcome.mean()
    moment = products(columns, shifted) / len(columns)
    return float(np.mean(shifted**2) - moment @ inverse_moments(columns) @ moment)


def mean_square_of_weights(columns: np.ndarray, asked: np.ndarray) -> float:
    """The mean square of the weights a in the span of columns for which the effect is E[a Y].

    They are columns @ inverse @ asked, with the inverse of the columns' mean products, so that
    their mean square is a quadratic form.

    Args:
        columns: (row, column) numbers.
        asked: (column,) the effect as a sum of coefficients.
    """
    return float(asked @ inverse_moments(columns) @ asked)


def inverse_moments(columns: np.ndarray) -> np.ndarray:
    """The inverse of the columns' mean products; that of the span where they are dependent."""
    moments = products(columns, columns) / len(columns)
    scale = np.sqrt(np.maximum(np.diag(moments), 1e-300))
    return np.linalg.pinv(moments / np.outer(scale, scale), 1e-10, hermitian=True) / np.outer(
        scale, scale
    )


def outcome_model_of(estimate: Estimate, study: ArmStudy, contrast: Contrast) -> bi.Model:
    """The model that the effect came from, or the default linear one where it came from none."""
    fit = estimate.answer.prediction
    if isinstance(fit, bi.Fit) and fit.model.design.table is not None:
        return fit.model
    values = contrast.table.columns[study.outcome]
    family = "bernoulli" if values.dtype.kind in "Ob" else "gaussian"
    return bi.model(study.formula(contrast), contrast.table, family)


def is_additive(arms: Arms) -> bool:
    """Whether the treatment adds the same step to the columns of all rows."""
    return bool(np.allclose(arms.step, arms.step[0], atol=1e-12))


def group_indicators(model: bi.Model) -> np.ndarray:
    """One column for each level of each group term, as a projection sees it."""
    groups = model.design.rows.groups
    size = len(model.design.response)
    blocks = [np.eye(len(group.levels))[group.codes] for group in groups]
    return np.hstack([np.zeros((size, 0)), *blocks])
