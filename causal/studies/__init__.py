"""The catalogue of studies."""

from causal.studies.adjustment import Adjustment as Adjustment
from causal.studies.experiment import Experiment as Experiment
from causal.study import Study

ALL: tuple[type[Study], ...] = (Adjustment, Experiment)
