"""The public names are promises: this list changes only on purpose, together with the changelog."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

BAYESINF = (
    # verbs
    "model",
    "fit",
    "fit_many",
    "load",
    "compare",
    "register",
    # closed forms for arrays of groups
    "beta_binomial",
    "gamma_poisson",
    "normal_normal",
    # values
    "Engine",
    "Finding",
    "Fit",
    "Fits",
    "Model",
    "Posterior",
    "Report",
    "Streams",
    "Table",
    "Verdict",
    "streams_of",
    "summary_frame",
    # errors
    "BayesinfError",
    "DataError",
    "FormulaError",
    "ModelError",
    "SamplingError",
    "RefitNeeded",
    "ArtefactError",
    "ExtrapolationWarning",
    "NewGroupWarning",
    "name_rows",
    "refuse_disguised",
    "is_missing_code",
    "missing_codes",
    "calendar_unit",
    "tell_missing_codes",
    "judge_spelling",
    # for packages beside it: verbs that say which argument is wrong
    "checked",
    "checked_class",
    "require_names",
    # priors; families are asked for by name, because StudentT is both
    "Normal",
    "StudentT",
    "Cauchy",
    "Flat",
    "HalfNormal",
    "HalfStudentT",
    "HalfCauchy",
    "Exponential",
    "Gamma",
    "InverseGamma",
    "LogNormal",
    "FlatPositive",
    "LKJ",
    # links, for families with another link than their own
    "CLogLog",
    "Identity",
    "Log",
    "Logit",
    "Probit",
    # engines
    "Auto",
    "Conjugate",
    "Marginal",
    "HMC",
    "Laplace",
    "NUTS",
    "Pathfinder",
    "Quadrature",
    "SMC",
    "SVI",
    # modules and settings
    "examples",
    "families",
    "options",
    "report",
    "__version__",
)

CAUSAL = (
    "AIPW",
    "ATC",
    "ATE",
    "ATO",
    "ATT",
    "Adjustment",
    "AsStrongAs",
    "BART",
    "BCF",
    "Beta",
    "CATE",
    "CDE",
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
    "LATE",
    "LearnedPooling",
    "LeaveOneGroupOut",
    "LocalLevel",
    "LocalTrend",
    "Looks",
    "Means",
    "Mediation",
    "NDE",
    "NIE",
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
    "TMLE",
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
)


@pytest.mark.parametrize(("package", "promised"), [("bayesinf", BAYESINF), ("causal", CAUSAL)])
def test_the_public_names_are_the_promised_ones(package: str, promised: tuple[str, ...]) -> None:
    offered = importlib.import_module(package).__all__
    assert len(set(offered)) == len(offered), "a name is listed twice in __all__"
    assert sorted(offered) == sorted(promised)


@pytest.mark.parametrize(
    ("package", "name"),
    [("bayesinf", name) for name in BAYESINF] + [("causal", name) for name in CAUSAL],
)
def test_a_public_name_is_there_and_explains_itself(package: str, name: str) -> None:
    value = getattr(importlib.import_module(package), name)
    if name != "__version__":
        assert (value.__doc__ or "").strip(), f"{package}.{name} has no docstring"


VERBS = {
    "bayesinf": ("model", "fit", "fit_many", "load", "compare"),
    "causal": ("estimate", "identify", "compare", "power", "refute", "sensitivity"),
}


@pytest.mark.parametrize("package", VERBS)
def test_a_verb_stays_a_verb_when_its_module_is_loaded(package: str) -> None:
    # Python binds a submodule to its parent when it first loads it: `bayesinf/fit.py`, loaded late,
    # would take the place of the function `bayesinf.fit`.
    code = (
        f"import importlib, pkgutil, {package} as package\n"
        "for found in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "    importlib.import_module(found.name)\n"
        f"print(*(verb for verb in {VERBS[package]!r} if not callable(getattr(package, verb))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [], "these names have become modules"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = importlib.import_module("bayesinf").no_such_name
