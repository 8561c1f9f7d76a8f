"""The catalogue of estimators."""

from causal.estimator import Estimator
from causal.estimators.standardisation import Standardisation as Standardisation

ALL: tuple[type[Estimator], ...] = (Standardisation,)
