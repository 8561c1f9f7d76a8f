"""Default priors: weakly informative, proper, and scaled to the data's own units.

Each function takes the scales of the data and returns a `Choice`: the prior and the sentence that
explains it. The scales are measured once, at the first fit, and kept: refits, folds and updates
reuse the same priors.

`s_y` is the scale of the linear predictor: sd(y) under the identity link, otherwise 1
(`Family.predictor_scale`). The factor 2.5 lets a column move the outcome by five of its sds
between its own mean minus and plus one sd, which no honest column does, and rules out the absurd.

Source: Gelman, Jakulin, Pittau & Su (2008), Annals of Applied Statistics 2(4), and the rstanarm
vignette "Prior distributions", for the scaling; Gelman (2006), Bayesian Analysis 1(3), for
standard deviations; Lewandowski, Kurowicka & Joe (2009) for correlations.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bayesinf.errors import ModelError
from bayesinf.prior import Choice
from bayesinf.priors.correlation import LKJ
from bayesinf.priors.location import Normal
from bayesinf.priors.scale import HalfStudentT

WIDTH = 2.5
"""Standard deviations of the outcome per sd of a column that a coefficient's prior sd allows."""

DUMMY_FLOOR = 0.25
"""Least scale of a 0/1 column. One row in a hundred has sd 0.1, which would loosen the prior to 25
sds of the outcome; 0.25 is the sd of about one row in fifteen."""


HEAD = 1000
"""Rows that are looked at first: they tell that most columns are neither constant nor dummies."""


def column_scale(values: np.ndarray, sd: float | None = None) -> float:
    """Measures the scale of a column of the design, s_x.

    Args:
        values: The column, shape (n,).
        sd: Its sample standard deviation, where that is known already.

    Returns:
        The sample standard deviation; at least 0.25 for a column of zeros and ones, and zero for
        a constant column.
    """
    values = np.asarray(values, dtype=float)
    # Tested by comparison: rounding can give a constant column a tiny sd.
    if values.size < 2 or _everywhere(values, lambda part: part == values[0]):
        return 0.0
    sd = float(np.std(values, ddof=1)) if sd is None else sd
    is_dummy = _everywhere(values, lambda part: (part == 0.0) | (part == 1.0))
    return max(sd, DUMMY_FLOOR) if is_dummy else sd


def _everywhere(values: np.ndarray, test: Callable[[np.ndarray], np.ndarray]) -> bool:
    return bool(test(values[:HEAD]).all() and test(values[HEAD:]).all())


def coefficient(s_y: float, s_x: float) -> Choice:
    """Chooses the prior of a population-level coefficient: Normal(0, 2.5 s_y / s_x).

    Args:
        s_y: Scale of the linear predictor.
        s_x: Scale of the column (see `column_scale`).

    Raises:
        ModelError: The column is constant.
    """
    return Choice(
        Normal(0.0, WIDTH * s_y / positive_scale(s_x, "column")),
        f"weakly informative: 2.5 outcome scales ({s_y:.4g}) per sd of the column ({s_x:.4g})",
    )


def intercept(mean_y: float, s_y: float) -> Choice:
    """Chooses the prior of the intercept of the centred design: Normal(mean_y, 2.5 s_y).

    Args:
        mean_y: Mean of the outcome under the identity link, otherwise 0.
        s_y: Scale of the linear predictor.
    """
    return Choice(
        Normal(mean_y, WIDTH * s_y),
        f"weakly informative, with every column at its mean: centre {mean_y:.4g}, "
        f"2.5 outcome scales ({s_y:.4g}) to either side",
    )


def group_sd(s_y: float, s_z: float) -> Choice:
    """Chooses the prior of the sd of a varying effect: HalfStudentT(3, 2.5 s_y / s_z).

    Args:
        s_y: Scale of the linear predictor.
        s_z: Scale of the varying column; 1 for a varying intercept.

    Raises:
        ModelError: The varying column is constant.
    """
    return Choice(
        HalfStudentT(3.0, WIDTH * s_y / positive_scale(s_z, "varying column")),
        f"weakly informative: 2.5 outcome scales ({s_y:.4g}) per sd of the varying column "
        f"({s_z:.4g}; 1 for an intercept), heavy-tailed so that groups may differ more",
    )


def correlation(q: int) -> Choice:
    """Chooses the prior of the correlations of q varying effects: LKJ(1) for two, else LKJ(2).

    Args:
        q: Number of varying effects of the group, at least 2.

    Raises:
        ModelError: There are fewer than two effects, so there is nothing to correlate.
    """
    if q < 2:
        raise ModelError(
            f"A group with {q} varying effect(s) has no correlation, so no prior for one.",
            code="no-correlation",
        )
    if q == 2:
        return Choice(LKJ(1.0), "uniform: every correlation from -1 to 1 is equally likely")
    return Choice(
        LKJ(2.0),
        f"weakly informative: among {q} effects, correlations near -1 or 1 are unlikely",
    )


def residual_sd(s_y: float) -> Choice:
    """Chooses the prior of the residual sd, sigma: HalfStudentT(3, s_y).

    Args:
        s_y: Scale of the outcome: its sd.
    """
    return Choice(
        HalfStudentT(3.0, s_y),
        f"weakly informative: of the order of the outcome's sd ({s_y:.4g}), heavy-tailed",
    )


def positive_scale(scale: float, what: str) -> float:
    """Refuses a column that does not vary, whose coefficient no data can tell.

    Raises:
        ModelError: The scale is zero.
    """
    if not scale > 0.0:
        raise ModelError(
            f"The {what} does not vary (its sd is {scale:g}), so its effect cannot be estimated.",
            code="constant-column",
            hint="Leave the column out of the formula; the intercept already stands for it.",
        )
    return scale
