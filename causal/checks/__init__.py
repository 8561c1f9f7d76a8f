"""The catalogue of checks by refits."""

from causal.check import Check
from causal.checks.leave_one_group_out import LeaveOneGroupOut as LeaveOneGroupOut
from causal.checks.negative_control import NegativeControl as NegativeControl
from causal.checks.placebo_outcome import PlaceboOutcome as PlaceboOutcome
from causal.checks.placebo_treatment import PlaceboTreatment as PlaceboTreatment
from causal.checks.random_common_cause import RandomCommonCause as RandomCommonCause
from causal.checks.simulated_confounder import SimulatedConfounder as SimulatedConfounder
from causal.checks.subsets import Subsets as Subsets

ALL: tuple[type[Check], ...] = (
    PlaceboTreatment,
    PlaceboOutcome,
    RandomCommonCause,
    Subsets,
    LeaveOneGroupOut,
    NegativeControl,
    SimulatedConfounder,
)
