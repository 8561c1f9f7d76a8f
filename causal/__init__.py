"""Causal inference: from a question to an effect, what it rests on, and how far to trust it.

import bayesinf as bi, causal
e = causal.estimate(bi.examples.nhefs(), "wt82_71", "qsmk", adjust=["sex", "age"], seed=1)
e.summary(); e.draws; e.prediction; e.findings; causal.refute(e); causal.sensitivity(e)
causal.estimate(frame, causal.DifferenceInDifferences("y", "unit", "year", "first_treated"))
"""

# The modules `estimate`, `compare`, `power` and the package `sensitivity` are loaded by these
# imports before the functions of the same names take their places.
from causal import examples as examples, policy as policy
from causal.api import estimate as estimate, identify as identify
from causal.checks import (
    LeaveOneGroupOut as LeaveOneGroupOut,
    NegativeControl as NegativeControl,
    PlaceboOutcome as PlaceboOutcome,
    PlaceboTreatment as PlaceboTreatment,
    RandomCommonCause as RandomCommonCause,
    SimulatedConfounder as SimulatedConfounder,
    Subsets as Subsets,
)
from causal.compare import SideBySide as SideBySide, compare as compare
from causal.discontinuity import Curve as Curve
from causal.estimand import (
    ATC as ATC,
    ATE as ATE,
    ATO as ATO,
    ATT as ATT,
    CATE as CATE,
    Dose as Dose,
    QuantileEffect as QuantileEffect,
)
from causal.estimate import Estimate as Estimate
from causal.estimators import (
    AIPW as AIPW,
    BART as BART,
    BCF as BCF,
    TMLE as TMLE,
    Hajek as Hajek,
    HorvitzThompson as HorvitzThompson,
    PartiallyLinear as PartiallyLinear,
    SmoothForest as SmoothForest,
    Standardisation as Standardisation,
    Weighting as Weighting,
)
from causal.graph import Graph as Graph
from causal.identification import (
    Identification as Identification,
    NotIdentified as NotIdentified,
    identify_mediation as identify_mediation,
    judge_graph as judge_graph,
)
from causal.instruments import plausibly_exogenous as plausibly_exogenous
from causal.path_effects import CDE as CDE, LATE as LATE, NDE as NDE, NIE as NIE
from causal.plan import Plan as Plan
from causal.population import Sample as Sample, Superpopulation as Superpopulation
from causal.power import Power as Power, power as power
from causal.refutation import Refutation as Refutation, refute as refute
from causal.sensitivity import (
    AsStrongAs as AsStrongAs,
    Beta as Beta,
    Exactly as Exactly,
    RiskRatios as RiskRatios,
    Sensitivity as Sensitivity,
    Uniform as Uniform,
    Unmeasured as Unmeasured,
    sensitivity as sensitivity,
)
from causal.sequential import (
    ExpectedLossBelow as ExpectedLossBelow,
    Looks as Looks,
    Means as Means,
    ProbabilityAbove as ProbabilityAbove,
    Proportions as Proportions,
    operating_characteristics as operating_characteristics,
    watch as watch,
)
from causal.series import LocalLevel as LocalLevel, LocalTrend as LocalTrend
from causal.staggered import (
    CohortTime as CohortTime,
    Imputation as Imputation,
    LearnedPooling as LearnedPooling,
    NoPooling as NoPooling,
)
from causal.studies import (
    Adjustment as Adjustment,
    DifferenceInDifferences as DifferenceInDifferences,
    Experiment as Experiment,
    IdentifiedFunctional as IdentifiedFunctional,
    Instrument as Instrument,
    InterruptedSeries as InterruptedSeries,
    Mediation as Mediation,
    RegressionDiscontinuity as RegressionDiscontinuity,
    SyntheticControl as SyntheticControl,
)
from causal.synthetic import (
    DiD as DiD,
    Exact as Exact,
    FrankWolfe as FrankWolfe,
    Simplex as Simplex,
    SyntheticDiD as SyntheticDiD,
)

__all__ = [
    "AIPW",
    "ATC",
    "ATE",
    "ATO",
    "ATT",
    "BART",
    "BCF",
    "CATE",
    "CDE",
    "LATE",
    "NDE",
    "NIE",
    "TMLE",
    "Adjustment",
    "AsStrongAs",
    "Beta",
    "CohortTime",
    "Curve",
    "DiD",
    "DifferenceInDifferences",
    "Dose",
    "Estimate",
    "Exact",
    "Exactly",
    "ExpectedLossBelow",
    "Experiment",
    "FrankWolfe",
    "Graph",
    "Hajek",
    "HorvitzThompson",
    "Identification",
    "IdentifiedFunctional",
    "Imputation",
    "Instrument",
    "InterruptedSeries",
    "LearnedPooling",
    "LeaveOneGroupOut",
    "LocalLevel",
    "LocalTrend",
    "Looks",
    "Means",
    "Mediation",
    "NegativeControl",
    "NoPooling",
    "NotIdentified",
    "PartiallyLinear",
    "PlaceboOutcome",
    "PlaceboTreatment",
    "Plan",
    "Power",
    "ProbabilityAbove",
    "Proportions",
    "QuantileEffect",
    "RandomCommonCause",
    "Refutation",
    "RegressionDiscontinuity",
    "RiskRatios",
    "Sample",
    "Sensitivity",
    "SideBySide",
    "Simplex",
    "SimulatedConfounder",
    "SmoothForest",
    "Standardisation",
    "Subsets",
    "Superpopulation",
    "SyntheticControl",
    "SyntheticDiD",
    "Uniform",
    "Unmeasured",
    "Weighting",
    "compare",
    "estimate",
    "examples",
    "identify",
    "identify_mediation",
    "judge_graph",
    "operating_characteristics",
    "plausibly_exogenous",
    "policy",
    "power",
    "refute",
    "sensitivity",
    "watch",
]
