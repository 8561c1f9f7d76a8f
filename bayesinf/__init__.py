"""Bayesian inference: from a formula and a data frame to a believed posterior, and what follows.

import bayesinf as bi
fit = bi.fit("Reaction ~ Days + (Days | Subject)", bi.examples.sleepstudy(), seed=1)
fit.summary(); fit.verdict; fit.predict(rows); fit.report("out.html")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# The package `model` and the module `fit` are loaded by these imports before the functions of the
# same names take their places; see tests/architecture/test_exports.py.
from bayesinf import families as families
from bayesinf.api import (
    compare as compare,
    fit as fit,
    fit_many as fit_many,
    load as load,
    model as model,
)
from bayesinf.cache import enable_compilation_cache
from bayesinf.data import examples as examples
from bayesinf.data.table import Table as Table
from bayesinf.engine import Engine as Engine
from bayesinf.engines import (
    HMC as HMC,
    NUTS as NUTS,
    SMC as SMC,
    SVI as SVI,
    Auto as Auto,
    Conjugate as Conjugate,
    Laplace as Laplace,
    Marginal as Marginal,
    Pathfinder as Pathfinder,
    Quadrature as Quadrature,
)
from bayesinf.errors import (
    ArtefactError as ArtefactError,
    BayesinfError as BayesinfError,
    DataError as DataError,
    ExtrapolationWarning as ExtrapolationWarning,
    FormulaError as FormulaError,
    ModelError as ModelError,
    NewGroupWarning as NewGroupWarning,
    RefitNeeded as RefitNeeded,
    SamplingError as SamplingError,
    name_rows as name_rows,
)
from bayesinf.fit import Fit as Fit
from bayesinf.fits import Fits as Fits
from bayesinf.formula.disguised import refuse_disguised as refuse_disguised
from bayesinf.formula.registry import register as register
from bayesinf.keywords import (
    checked as checked,
    checked_class as checked_class,
    require_names as require_names,
)
from bayesinf.links import (
    CLogLog as CLogLog,
    Identity as Identity,
    Log as Log,
    Logit as Logit,
    Probit as Probit,
)
from bayesinf.model.model import Model as Model
from bayesinf.numerics.random import Streams as Streams, streams_of as streams_of
from bayesinf.options import options as options
from bayesinf.posterior.calendar_judgement import calendar_unit as calendar_unit
from bayesinf.posterior.posterior import Posterior as Posterior
from bayesinf.posterior.sentinel_judgement import (
    codes_in as missing_codes,
    is_code as is_missing_code,
    tell_codes as tell_missing_codes,
)
from bayesinf.posterior.spelling_judgement import judge_spelling as judge_spelling
from bayesinf.posterior.summary import summary_frame as summary_frame
from bayesinf.posterior.verdict import Finding as Finding, Verdict as Verdict
from bayesinf.priors import (
    LKJ as LKJ,
    Cauchy as Cauchy,
    Exponential as Exponential,
    Flat as Flat,
    FlatPositive as FlatPositive,
    Gamma as Gamma,
    HalfCauchy as HalfCauchy,
    HalfNormal as HalfNormal,
    HalfStudentT as HalfStudentT,
    InverseGamma as InverseGamma,
    LogFlat as LogFlat,
    LogNormal as LogNormal,
    Normal as Normal,
    StudentT as StudentT,
)
from bayesinf.updating.conjugacy import (
    beta_binomial as beta_binomial,
    gamma_poisson as gamma_poisson,
    normal_normal as normal_normal,
)

if TYPE_CHECKING:
    from bayesinf import report as report
    from bayesinf.report.report import Report as Report

__version__ = "0.1.0"

__all__ = [
    "HMC",
    "LKJ",
    "NUTS",
    "SMC",
    "SVI",
    "ArtefactError",
    "Auto",
    "BayesinfError",
    "CLogLog",
    "Cauchy",
    "Conjugate",
    "DataError",
    "Engine",
    "Exponential",
    "ExtrapolationWarning",
    "Finding",
    "Fit",
    "Fits",
    "Flat",
    "FlatPositive",
    "FormulaError",
    "Gamma",
    "HalfCauchy",
    "HalfNormal",
    "HalfStudentT",
    "Identity",
    "InverseGamma",
    "Laplace",
    "Log",
    "LogNormal",
    "Logit",
    "Marginal",
    "Model",
    "ModelError",
    "NewGroupWarning",
    "Normal",
    "Pathfinder",
    "Posterior",
    "Probit",
    "Quadrature",
    "RefitNeeded",
    "Report",
    "SamplingError",
    "Streams",
    "StudentT",
    "Table",
    "Verdict",
    "__version__",
    "beta_binomial",
    "calendar_unit",
    "checked",
    "checked_class",
    "compare",
    "examples",
    "families",
    "fit",
    "fit_many",
    "gamma_poisson",
    "is_missing_code",
    "judge_spelling",
    "load",
    "missing_codes",
    "model",
    "name_rows",
    "normal_normal",
    "options",
    "refuse_disguised",
    "register",
    "report",
    "require_names",
    "streams_of",
    "summary_frame",
    "tell_missing_codes",
]

enable_compilation_cache()


def __getattr__(name: str) -> object:
    """Loads what writes reports when it is first asked for: most sessions never do (PEP 562)."""
    if name == "report":
        return import_module("bayesinf.report")
    if name == "Report":
        return import_module("bayesinf.report.report").Report
    raise AttributeError(f"module 'bayesinf' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
