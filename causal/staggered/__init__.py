"""Staggered adoption: effects by cohort and time, how they are pooled, averaged and doubted."""

from causal.staggered.averages import (
    AVERAGES as AVERAGES,
    Average as Average,
    average as average,
    average_weights as average_weights,
    average_within as average_within,
)
from causal.staggered.cohort_time import Controls as Controls
from causal.staggered.design import (
    counted as counted,
    drop_gaps as drop_gaps,
    drop_treated_before as drop_treated_before,
    judge_composition as judge_composition,
    judge_controls as judge_controls,
    judge_size as judge_size,
    judge_two_way as judge_two_way,
    standardise_covariates as standardise_covariates,
)
from causal.staggered.draws import (
    Drawn as Drawn,
    Plan as Plan,
    compute as compute,
    draw_all as draw_all,
    make_plan as make_plan,
)
from causal.staggered.families import effect_families as effect_families
from causal.staggered.method import (
    CohortTime as CohortTime,
    Comparison as Comparison,
    Imputation as Imputation,
    Method as Method,
)
from causal.staggered.pooling import (
    LearnedPooling as LearnedPooling,
    NoPooling as NoPooling,
    Pooling as Pooling,
)
from causal.staggered.report import (
    path_without_treatment as path_without_treatment,
    picture_event_times as picture_event_times,
    tabulate_averages as tabulate_averages,
    tabulate_cells as tabulate_cells,
    untreated_spread as untreated_spread,
)
from causal.staggered.starts import judge_starts as judge_starts, judge_steps as judge_steps
from causal.staggered.trends import (
    Trends as Trends,
    judge_trends as judge_trends,
    tabulate_deviations as tabulate_deviations,
)
