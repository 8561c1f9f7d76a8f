"""What the effect would be if something that cannot be tested were wrong, as a posterior."""

from causal.sensitivity.analysis import sensitivity as sensitivity
from causal.sensitivity.belief import (
    Belief as Belief,
    Beta as Beta,
    Exactly as Exactly,
    Uniform as Uniform,
)
from causal.sensitivity.benchmarks import covariate_strengths as covariate_strengths
from causal.sensitivity.bias import Bias as Bias
from causal.sensitivity.omitted import robustness_value as robustness_value
from causal.sensitivity.risk_ratio import RiskRatios as RiskRatios
from causal.sensitivity.sensitivity import Sensitivity as Sensitivity
from causal.sensitivity.unmeasured import AsStrongAs as AsStrongAs, Unmeasured as Unmeasured
