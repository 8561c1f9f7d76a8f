"""What could be wrong: overlap, balance, unmeasured confounding, the computation."""

from causal.findings.balance import (
    judge_balance as judge_balance,
    judge_randomisation as judge_randomisation,
    standardised_differences as standardised_differences,
)
from causal.findings.codes import judge_codes as judge_codes, leave_out_told as leave_out_told
from causal.findings.computation import (
    judge_draws as judge_draws,
    judge_lost as judge_lost,
    judge_model as judge_model,
)
from causal.findings.confounding import e_value as e_value, judge_confounding as judge_confounding
from causal.findings.labels import (
    judge_control as judge_control,
    judge_missing_levels as judge_missing_levels,
    judge_outcome as judge_outcome,
    judge_spellings as judge_spellings,
)
from causal.findings.overlap import judge_cells as judge_cells, judge_overlap as judge_overlap
