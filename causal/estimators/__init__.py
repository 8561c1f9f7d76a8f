"""The catalogue of estimators."""

from causal.estimator import Estimator
from causal.estimators.aipw import AIPW as AIPW
from causal.estimators.bart import BART as BART
from causal.estimators.bcf import BCF as BCF
from causal.estimators.partially_linear import PartiallyLinear as PartiallyLinear
from causal.estimators.smooth_forest import SmoothForest as SmoothForest
from causal.estimators.standardisation import Standardisation as Standardisation
from causal.estimators.tmle import TMLE as TMLE
from causal.estimators.weighting import (
    Hajek as Hajek,
    HorvitzThompson as HorvitzThompson,
    Weighting as Weighting,
)

ALL: tuple[type[Estimator], ...] = (
    AIPW,
    BART,
    BCF,
    PartiallyLinear,
    SmoothForest,
    Standardisation,
    TMLE,
    Weighting,
)
"""The catalogue; its order is that of the alphabet."""
