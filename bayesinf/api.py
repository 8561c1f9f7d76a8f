"""The verbs that most people need. Names become values here; there is no other logic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bayesinf import engines, families, terms
from bayesinf.design import refuse_unseen_groups
from bayesinf.engine import DRAWS, Engine, GeneralEngine
from bayesinf.errors import DataError, ModelError, SamplingError
from bayesinf.family import Family
from bayesinf.fit import Fit
from bayesinf.fits import Fits
from bayesinf.formula.split import parse
from bayesinf.formula.tokens import Place
from bayesinf.keywords import checked
from bayesinf.model.improper import refuse_improper
from bayesinf.model.model import Model, build_model
from bayesinf.model.program import Program, read_program
from bayesinf.numerics.memory import enough_memory
from bayesinf.numerics.random import streams_of
from bayesinf.posterior.data_judgement import judge_data
from bayesinf.posterior.program import with_code
from bayesinf.posterior.program_judgement import judge_program
from bayesinf.prior import Prior
from bayesinf.progress import progress_bar

if TYPE_CHECKING:
    import pandas as pd

MOST_NUMBERS = 1_000_000_000
"""Draws times unknowns that are kept: 8 GB."""


@checked
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
            f"A family is a name or a value of bi.families, and '{family!r:.60}' is neither.",
            code="not-a-family",
            hint="Write family='bernoulli', or bi.families.Bernoulli(link=bi.Probit()).",
        )
    asked = parse(formula, special)
    with enough_memory("The table of columns"):
        return build_model(asked, frame, chosen, priors, missing)


@checked
def fit(
    formula: str | Model | Callable[..., object],
    frame: object = None,
    family: str | Family | None = None,
    priors: Mapping[str, Prior] | None = None,
    engine: str | Engine = "auto",
    draws: int | None = None,
    seed: object = None,
    missing: str = "drop",
    data: Mapping[str, object] | None = None,
) -> Fit:
    """Fits a model: a formula and a frame become a full posterior, with a verdict on it.

    Args:
        formula: A formula, a model made by `bi.model`, or a NumPyro model: a function that calls
            `numpyro.sample`.
        frame: A data frame (pandas, polars, pyarrow) or a dict of arrays. With a model: other rows
            for the same model, whose priors, levels and centre are kept; None takes its own.
        family: The outcome's family, as in `bi.model`; None is the gaussian one, or the model's.
        priors: Priors by slot name; slots not named keep their weakly informative defaults.
        engine: `"auto"` chooses by the model's structure and says why in `fit.explain()`; a name
            or a value such as `bi.NUTS(target_accept=0.95)` insists.
        draws: How many draws to keep. None keeps 4000 where they cost little, and else as many as
            make 1000 effective draws of every population and scale parameter; a number insists.
        seed: An int, a JAX key, a NumPy Generator, or None for fresh entropy, which is recorded.
        missing: `"drop"` or `"error"`, as in `bi.model`.
        data: The arguments of a NumPyro model by name: arrays, numbers, flags, text, None. Arrays
            are arguments of compiled programs; whole numbers and text are compiled in.

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
    if callable(formula):
        _refuse_frame(frame, family, priors, data)
        return _fit_program(read_program(formula, data or {}), _engine_of(engine, draws), seed)
    if data is not None:
        raise ModelError(
            "data= holds the arguments of a NumPyro model; a formula takes its columns from a "
            "data frame.",
            code="formula-and-data",
            hint="Write bi.fit(formula, frame).",
        )
    asked = _model_of(formula, frame, family, priors, missing)
    solver = _engine_of(engine, draws)
    _refuse_too_large(asked.layout.size, solver)
    _refuse_unserved(asked, solver)
    with progress_bar(f"{asked.formula}") as report:
        posterior = solver.run(asked, streams_of(seed), report)
    return Fit(judge_data(posterior))


@checked
def fit_many(
    formula: str | Model,
    frame: object,
    by: str,
    family: str | Family | None = None,
    priors: Mapping[str, Prior] | None = None,
    draws: int | None = None,
    seed: object = None,
    missing: str = "drop",
) -> Fits:
    """Fits one formula to every group of a frame: thousands of small models at once.

    Models without group terms are solved side by side; those that are not certified are fitted
    again by themselves. All groups share one set of priors, levels and centre, those of the whole
    frame, so that their posteriors can be compared. Nothing is shared between groups beyond that:
    for groups that should learn from each other, write a group term, `(1 | store)`.

    Args:
        formula: A formula, or a model made by `bi.model`, whose priors are then kept.
        frame: A data frame (pandas, polars, pyarrow) or a dict of arrays.
        by: The column whose values are the groups; the formula does not use it.
        family: The outcome's family, as in `bi.model`; None is the gaussian one, or the model's.
        priors: Priors by slot name; slots not named keep their defaults, from the whole frame.
        draws: How many draws to keep of each model. None keeps 1000, usually worth 800 independent
            ones or more, and leaves it to the engine for models fitted by themselves.
        seed: As in `bi.fit`. A group's draws depend on the seed and on the group's value, and not
            on the other groups.
        missing: `"drop"` or `"error"`, as in `bi.model`; rows that miss the group count too.

    Returns:
        The fits, a mapping from group to fit: `summary()`, `verdicts()`, `predict(rows)`.

    Raises:
        FormulaError, DataError, ModelError: As in `bi.model`, and where `by` cannot divide the
            rows. A group that cannot be fitted is no error; `refused` says which and why.
        SamplingError: When the draws would not fit into memory.

    Example:
        >>> import bayesinf as bi
        >>> frame = bi.examples.sleepstudy()
        >>> fits = bi.fit_many("Reaction ~ Days", frame, by="Subject", seed=1)
        >>> len(fits), list(fits)[:2]
        (18, ['308', '309'])
        >>> fits["308"].summary().loc["Days", "mean"] > fits["309"].summary().loc["Days", "mean"]
        np.True_
    """
    from bayesinf.fleet.division import divide
    from bayesinf.fleet.solve import solve_fleet

    if not isinstance(formula, str | Model):
        raise ModelError(
            f"bi.fit_many takes a formula or a value of bi.model, not {type(formula).__name__}.",
            code="not-a-model",
            hint="Write bi.fit_many('y ~ x', frame, by='g').",
        )
    _engine_of("auto", draws)
    special = tuple(term.name for term in terms.ALL)
    asked = formula.formula if isinstance(formula, Model) else parse(formula, special)

    def build(table: object) -> Model:
        return _model_of(formula, table, family, priors, missing)

    division = divide(build, asked.variables, frame, by, missing, asked.labels)
    names = [str(group) for group in division.groups]
    with progress_bar(f"{asked} by {by}", "models") as report:
        solved = solve_fleet(division, names, streams_of(seed), draws, report)
    return Fits(division, solved)


@checked
def load(folder: str | Path, model: Callable[..., object] | None = None) -> Fit:
    """Reads a fit that was saved by `fit.save`; see `storage.folder.load`.

    Args:
        folder: As given to `fit.save`.
        model: The NumPyro model that was fitted, for predictions: code is never stored. Draws,
            summaries and plots do without it. A warning says when it does something else than the
            code that was fitted.

    Returns:
        The fit.

    Raises:
        ArtefactError: When the folder is not a saved fit, or is damaged.
        ModelError: When a model is given for the fit of a formula.
    """
    from bayesinf.storage.folder import load as load_posterior

    return Fit(with_code(load_posterior(folder), model))


@checked
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
    return compare_posteriors(*(fit.posterior if isinstance(fit, Fit) else fit for fit in given))


def _model_of(
    formula: str | Model,
    frame: object,
    family: str | Family | None,
    priors: Mapping[str, Prior] | None,
    missing: str,
) -> Model:
    if isinstance(formula, Model):
        if family not in (None, formula.family, formula.family.name):
            raise ModelError(
                f"The model's family is '{formula.family.name}', and the one given is '{family}'.\n"
                f"{Place(f'family={family!r}', len('family=')).shown()}",
                code="model-and-family",
                hint="Leave family= out, or make another model by bi.model(..., family=...).",
            )
        if priors is not None:
            raise ModelError(
                f"A model has {len(formula.priors)} priors already, and 'priors=' gives others.",
                code="model-and-priors",
                hint="Leave priors= out, or write bi.model(..., priors=...).",
            )
        return _same_model(formula, frame, missing)
    if not isinstance(formula, str):
        raise ModelError(
            "A model is a formula, a value of bi.model or a NumPyro model, and not "
            f"'{type(formula).__name__}'.",
            code="not-a-model",
            hint="Write the formula first: bi.fit('y ~ x', frame).",
        )
    if frame is None:
        raise ModelError(
            f"The formula '{formula:.60}' comes without a data frame.",
            code="no-frame",
            hint="Write bi.fit(formula, frame).",
        )
    return model(formula, frame, "gaussian" if family is None else family, priors, missing)


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
    refuse_improper(other.family, other.design, other.priors)
    return other


def _refuse_frame(
    frame: object,
    family: str | Family | None,
    priors: Mapping[str, Prior] | None,
    data: Mapping[str, object] | None,
) -> None:
    """A NumPyro model says itself what its outcome and its priors are."""
    given = {"a frame": frame, "family=": family, "priors=": priors}
    for what, value in given.items():
        if value is not None:
            more = "" if data is None else " besides data="
            raise ModelError(
                f"A NumPyro model does not take {what}{more}.",
                code="program-and-frame",
                hint="Give its arguments by name, bi.fit(model, data={...}); outcome and priors "
                "stand in its code.",
            )


def _fit_program(program: Program, solver: Engine, seed: object) -> Fit:
    _refuse_too_large(sum(site.size for site in program.sites.kept), solver)
    _refuse_unserved(program, solver)
    assert isinstance(solver, GeneralEngine), "the others object to programs"
    with progress_bar(program.label) as report:
        posterior = solver.run_program(program, streams_of(seed), report)
    return Fit(judge_program(posterior))


def _refuse_unserved(model: Model | Program, solver: Engine) -> None:
    if reason := solver.objection(model):
        raise ModelError(
            f"The engine '{solver.name}' cannot serve this model: {reason}.",
            code="engine-refuses",
            hint='Leave engine= out: "auto" chooses one that can.',
        )


def _refuse_too_large(unknowns: int, solver: Engine) -> None:
    draws = DRAWS if solver.draws is None else solver.draws
    numbers = draws * unknowns
    if numbers > MOST_NUMBERS:
        raise SamplingError(
            f"{draws:,} draws of {unknowns:,} unknowns would take {8 * numbers / 1e9:,.0f} GB.",
            code="too-many-draws",
            hint="4000 draws make the ends of intervals certain to about 2% of their width.",
        )


def _engine_of(engine: str | Engine, draws: int | None) -> Engine:
    whole = isinstance(draws, int | np.integer) and not isinstance(draws, bool)
    if draws is not None and not (whole and draws >= 1):
        raise ModelError(
            f"draws={draws!r} is not a whole number of at least 1.",
            code="draws",
            hint="Leave it out, or give for example draws=4000.",
        )
    if isinstance(engine, Engine):
        # A value brings its own number of draws; one asked for here goes before it.
        return engine if draws is None else replace(engine, draws=draws)  # type: ignore[type-var]
    if not isinstance(engine, str):
        raise ModelError(
            f"An engine is a name or a value such as bi.NUTS(), and '{engine!r:.60}' is neither.",
            code="not-an-engine",
            hint='Write engine="nuts", or engine=bi.NUTS(chains=4).',
        )
    return engines.named(engine)(draws=draws)  # type: ignore[call-arg]
