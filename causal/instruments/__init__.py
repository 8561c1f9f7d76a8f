"""The mathematics of instrumental variables: strength, robust sets, posterior, exclusion."""

from causal.instruments.anderson_rubin import (
    AndersonRubin as AndersonRubin,
    anderson_rubin as anderson_rubin,
)
from causal.instruments.exclusion import plausibly_exogenous as plausibly_exogenous
from causal.instruments.moments import Moments as Moments, collect_moments as collect_moments
from causal.instruments.posterior import (
    StructuralDraws as StructuralDraws,
    draw_effect as draw_effect,
    draw_exactly_identified as draw_exactly_identified,
    draw_structure as draw_structure,
    log_weight as log_weight,
)
from causal.instruments.two_stage import (
    Strength as Strength,
    estimate_table as estimate_table,
    first_stage_table as first_stage_table,
    least_squares as least_squares,
    limited_information as limited_information,
    sargan as sargan,
    strength as strength,
    two_stage_least_squares as two_stage_least_squares,
)
from causal.instruments.unequal_noise import (
    Inequality as Inequality,
    judge_noise as judge_noise,
    measure_inequality as measure_inequality,
)
