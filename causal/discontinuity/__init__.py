"""The mathematics of regression discontinuities: windows, limits, jumps, and their doubts."""

from causal.discontinuity.bandwidth import (
    Bandwidths as Bandwidths,
    optimal_bandwidths as optimal_bandwidths,
)
from causal.discontinuity.curve import Curve as Curve
from causal.discontinuity.density import DensityJump as DensityJump, density_jump as density_jump
from causal.discontinuity.jump import (
    Jump as Jump,
    default_jump as default_jump,
    jump_at_zero as jump_at_zero,
    window_for as window_for,
)
from causal.discontinuity.limits import Limit as Limit, side_limit as side_limit
from causal.discontinuity.robust import RobustJump as RobustJump, robust_jump as robust_jump
