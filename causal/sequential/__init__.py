"""Data that are looked at while they arrive, and what stopping early does to the answer."""

from causal.sequential.characteristics import (
    Characteristics as Characteristics,
    operating_characteristics as operating_characteristics,
)
from causal.sequential.looks import (
    ExpectedLossBelow as ExpectedLossBelow,
    Looks as Looks,
    ProbabilityAbove as ProbabilityAbove,
    Stop as Stop,
)
from causal.sequential.outcomes import (
    Means as Means,
    Outcome as Outcome,
    Proportions as Proportions,
)
from causal.sequential.watch import Watched as Watched, watch as watch
