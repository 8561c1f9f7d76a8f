"""The verbs that most people need. Names become values here; there is no other logic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bayesinf import engines, families, terms
from bayesinf.design import refuse_unseen_groups
from bayesinf.engine import DRAWS, Engine
from bayesinf.errors import DataError, ModelError, SamplingError
from bayesinf.family import Family
from bayesinf.fit import Fit
from bayesinf.formula.split import parse
from bayesinf.model.model import Model, build_model
from bayesinf.numerics.random import streams_of
from bayesinf.posterior.judgement import judge_data
from bayesinf.prior import Prior
from bayesinf.progress import progress_bar

if TYPE_CHECKING:
    import pandas as pd

MOST_NUMBERS = 1_000_000_000
"""Draws times unknowns that are kept: 8 GB."""


def model(
    formula: str,
    frame: object,
    family: str | Family = "gaussian",
    priors: Mapping[str, Prior] | None = None,
    missing: str = "drop",
) -> Model:
    """Builds a model without fitting it: look at its mathematics and its priors first.

    Args:
        formula: For example `"Reaction ~ Days + (Days | Subject)"`.
        frame: A data frame (pandas, polars, pyarrow) or a dict of arrays.
        family: The outcome's family: a name such as `"bernoulli"`, or a value such as
            `bi.families.Bernoulli(link=bi.Probit())`.
        priors: Priors by slot name; `model(...).priors` lists the slots.
        missing: `"drop"` leaves out rows with missing values and counts them; `"error"` refuses.

    Returns:
        The model. It prints as mathematics, and `.priors` as a table.

    Raises:
        FormulaError: Where the formula cannot be read.
        DataError: Where the frame does not hold what the formula needs.
        ModelError: Where formula, family and priors contradict each other.

    Example:
        >>> import bayesinf as bi
        >>> m = bi.model("Reaction ~ Days + (Days | Subject)", bi.examples.sleepstudy())
        >>> list(m.priors)[:3]
        ['Intercept', 'Days', 'sigma']
    """
    special = tuple(term.name for term in terms.ALL)
    chosen = families.named(family) if isinstance(family, str) else family
    if not isinstance(chosen, Family):
        raise ModelError(
            f"A family is a name or a value of bi.families, not {type(family).__name__}.",
            code="not-a-family",
        )
    return build_model(parse(formula, special), frame, chosen, priors, missing)


def fit(
    formula: str | Model,
    frame: object = None,
    family: str | Family = "gaussian",
    priors: Mapping[str, Prior] | None = None,
    engine: str | Engine = "auto",
    draws: int | None = None,
    seed: object = None,
    missing: str = "drop",
) -> Fit:
    """Fits a model: a formula and a frame become a full posterior, with a verdict on it.

    Args:
        formula: A formula, or a model made by `bi.model`.
        frame: A data frame (pandas, polars, pyarrow) or a dict of arrays. With a model: other rows
            for the same model, whose priors, levels and centre are kept; None takes its own.
        family: The outcome's family; with a model, the model's.
        priors: Priors by slot name; slots not named keep their weakly informative defaults.
        engine: `"auto"` chooses by the model's structure and says why in `fit.explain()`; a name
            or a value such as `bi.NUTS(target_accept=0.95)` insists.
        draws: How many draws to keep. None keeps 4000 where they cost little, and else as many as
            make 1000 effective draws of every population and scale parameter; a number insists.
        seed: An int, a JAX key, a NumPy Generator, or None for fresh entropy, which is recorded.
        missing: `"drop"` or `"error"`, as in `bi.model`.

    Returns:
        The fit: `summary()`, `verdict`, `predict(...)`, `comparisons(...)`, `report(...)` and more.

    Raises:
        FormulaError, DataError, ModelError: As in `bi.model`.
        SamplingError: When the posterior cannot be computed.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> bool(8 < fit.summary().loc["Days", "mean"] < 13)
        True
    """
    asked = _model_of(formula, frame, family, priors, missing)
    solver = _engine_of(engine, draws)
    _refuse_too_large(asked, DRAWS if solver.draws is None else solver.draws)
    if reason := solver.refuses(asked):
        raise ModelError(
            f"The engine '{solver.name}' cannot serve this model: {reason}.",
            code="engine-refuses",
            hint='engine="auto" chooses one that can.',
        )
    with progress_bar(f"{asked.formula}") as report:
        posterior = solver.run(asked, streams_of(seed), report)
    return Fit(judge_data(posterior))


def load(folder: str | Path) -> Fit:
    """Reads a fit that was saved by `fit.save`; see `storage.folder.load`."""
    from bayesinf.storage.folder import load as load_posterior

    return Fit(load_posterior(folder))


def compare(*fits: Fit) -> pd.DataFrame:
    """Compares fits of the same outcome by expected log predictive density (PSIS-LOO).

    Args:
        *fits: Two or more fits, or one list of them.

    Returns:
        The table of `criticism.comparison.compare`, best first.

    Raises:
        ModelError: Where something else than fits is given, or their outcomes differ.
    """
    from bayesinf.criticism.comparison import compare as compare_posteriors

    given = fits[0] if len(fits) == 1 and isinstance(fits[0], list | tuple) else fits
    for fit in given:
        if not isinstance(fit, Fit):
            raise ModelError(
                f"bi.compare takes fits, and {type(fit).__name__} is none.",
                code="not-a-fit",
                hint="Write bi.compare(first, second).",
            )
    return compare_posteriors(*(fit.posterior for fit in given))


def _model_of(
    formula: str | Model,
    frame: object,
    family: str | Family,
    priors: Mapping[str, Prior] | None,
    missing: str,
) -> Model:
    if isinstance(formula, Model):
        if family not in ("gaussian", formula.family, formula.family.name):
            raise ModelError(
                f"The model's family is {formula.family.name}, not {family}.",
                code="model-and-family",
                hint="Make another model by bi.model(..., family=...).",
            )
        if priors is not None:
            raise ModelError(
                "A model already has its priors; give them to bi.model instead.",
                code="model-and-priors",
            )
        return _same_model(formula, frame, missing)
    if frame is None:
        raise ModelError("A formula needs a data frame: bi.fit(formula, frame).", code="no-frame")
    return model(formula, frame, family, priors, missing)


def _same_model(model: Model, frame: object, missing: str) -> Model:
    if frame is None and model.design.table is None:
        raise DataError(
            "This model was loaded from disk, where training rows are not kept.",
            code="no-rows",
            hint="Give the rows to fit: bi.fit(model, frame).",
        )
    if frame is None:
        return model
    other = model.on(frame, missing)
    refuse_unseen_groups(other.design)
    return other


def _refuse_too_large(model: Model, draws: int) -> None:
    numbers = draws * model.layout.size
    if numbers > MOST_NUMBERS:
        raise SamplingError(
            f"{draws:,} draws of {model.layout.size:,} unknowns would take "
            f"{8 * numbers / 1e9:,.0f} GB.",
            code="too-many-draws",
            hint="4000 draws make the ends of intervals certain to about 2% of their width.",
        )


def _engine_of(engine: str | Engine, draws: int | None) -> Engine:
    whole = isinstance(draws, int | np.integer) and not isinstance(draws, bool)
    if draws is not None and not (whole and draws >= 1):
        raise ModelError(f"draws is a whole number of at least 1, not {draws!r}.", code="draws")
    if isinstance(engine, Engine):
        # A value brings its own number of draws; one asked for here goes before it.
        return engine if draws is None else replace(engine, draws=draws)  # type: ignore[type-var]
    if not isinstance(engine, str):
        raise ModelError(
            f"An engine is a name or a value such as bi.NUTS(), not {engine!r}.",
            code="not-an-engine",
        )
    return engines.named(engine)(draws=draws)  # type: ignore[call-arg]
