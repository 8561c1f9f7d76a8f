"""The catalogue of estimators."""

from causal.estimator import Estimator
from causal.estimators.aipw import AIPW as AIPW
from causal.estimators.partially_linear import PartiallyLinear as PartiallyLinear
from causal.estimators.standardisation import Standardisation as Standardisation
from causal.estimators.tmle import TMLE as TMLE
from causal.estimators.weighting import Weighting as Weighting

ALL: tuple[type[Estimator], ...] = (AIPW, PartiallyLinear, Standardisation, TMLE, Weighting)
"""The catalogue; its order is that of the alphabet."""
