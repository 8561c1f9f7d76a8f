"""The catalogue of studies."""

from causal.studies.adjustment import Adjustment as Adjustment
from causal.studies.difference_in_differences import (
    DifferenceInDifferences as DifferenceInDifferences,
)
from causal.studies.experiment import Experiment as Experiment
from causal.studies.functional import IdentifiedFunctional as IdentifiedFunctional
from causal.studies.instrument import Instrument as Instrument
from causal.studies.interrupted_series import InterruptedSeries as InterruptedSeries
from causal.studies.mediation import Mediation as Mediation
from causal.studies.regression_discontinuity import (
    RegressionDiscontinuity as RegressionDiscontinuity,
)
from causal.studies.synthetic_control import SyntheticControl as SyntheticControl
from causal.study import Study

ALL: tuple[type[Study], ...] = (
    Adjustment,
    DifferenceInDifferences,
    Experiment,
    IdentifiedFunctional,
    Instrument,
    InterruptedSeries,
    Mediation,
    RegressionDiscontinuity,
    SyntheticControl,
)
"""The catalogue; its order is that of the alphabet."""
