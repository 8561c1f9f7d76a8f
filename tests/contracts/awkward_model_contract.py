"""What every family and every engine makes of awkward data: the rows of `tests/awkward` that apply
to any member. `check_awkward_family` and `check_awkward_engine` run all of it on one member, in or
out of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.engine import Engine
from bayesinf.errors import BayesinfError
from bayesinf.family import Family
from tests.awkward.grade import grade
from tests.contracts.engine_contract import answer, models, served
from tests.contracts.family_contract import TRIALS, known_rows
from tests.journeys.test_compilations import counting

SIZE = 40
FEW = (7, 23)
"""The rows in which something is awkward; row 0 misses a value, so that others move up."""

STRANGE = (-1.0, 0.0, 0.5, 1.5, 2.0, TRIALS + 1.0, 1e99)
"""Outcomes that some family cannot have."""

Frame = Mapping[str, np.ndarray]


def refused(
    call: Callable[[], object],
    code: str,
    names: str,
    count: int,
    rows: tuple[int, ...] = FEW,
) -> BayesinfError:
    """Asserts that a call is refused in a good sentence, before anything is compiled."""
    with counting() as compiled, pytest.raises(BayesinfError) as caught:
        call()
    error = caught.value
    assert error.code == code, error
    assert compiled == []
    assert error.rows == rows, error
    assert grade(error, names, count).points >= 3, f"{grade(error, names, count)}\n{error}"
    return error


def ordinary(family: Family) -> dict[str, np.ndarray]:
    """Rows that the family may have, and one that misses its predictor."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=SIZE)
    x[0] = np.nan
    lower = {p.name: p.lower + 1.0 for p in family.parameters}
    y = family.sample(rng, np.full(SIZE, 0.3), lower, known_rows(family, SIZE, False))
    g = np.resize(np.array(["a", "b", "c"], dtype=object), SIZE)
    return {"y": y, "x": x, "t": np.full(SIZE, TRIALS), "g": g}


def changed(rows: Frame, column: str, value: object) -> dict[str, np.ndarray]:
    values = rows[column].astype(object if isinstance(value, str) else rows[column].dtype)
    values[list(FEW)] = value
    return {**rows, column: values}


def modelling(family: Family, rows: Frame, missing: str = "drop") -> Callable[[], bi.Model]:
    outcome = "y | trials(t)" if family.needs_trials else "y"
    return lambda: bi.model(f"{outcome} ~ x", rows, family, missing=missing)


def check_outcomes_that_the_family_cannot_have(family: Family) -> None:
    rows = ordinary(family)
    found = 0
    for value in STRANGE:
        if not family.outside_support(np.array([value]), known_rows(family, 1, False)).all():
            continue
        found += 1
        exceeds = family.needs_trials and value > TRIALS and value == np.floor(value)
        code = "successes-exceed-trials" if exceeds else "outside-support"
        refused(modelling(family, changed(rows, "y", value)), code, "y", 2)
    assert found > 0 or not (family.discrete or family.needs_trials)


def check_missing_outcomes(family: Family) -> None:
    gaps = changed(ordinary(family), "y", np.nan)
    missing = modelling(family, gaps)().design.missing
    assert (missing.n_after, missing.by_column) == (SIZE - 3, {"y": 2, "x": 1})
    refused(modelling(family, gaps, "error"), "missing-values", "y", 2)


def check_infinite_values(family: Family) -> None:
    for column in ("y", "x"):
        for value in (np.inf, -np.inf):
            call = modelling(family, changed(ordinary(family), column, value))
            refused(call, "infinite-values", column, 2)


def check_numbers_whose_squares_are_lost(family: Family) -> None:
    for column in ("y", "x"):
        call = modelling(family, changed(ordinary(family), column, 1e160))
        refused(call, "too-large-values", column, 2)
    rows = ordinary(family)
    tiny = {**rows, "x": rows["x"] * 1e-160}
    refused(modelling(family, tiny), "too-small-values", "x", SIZE - 1, tuple(range(1, SIZE)))


def check_frames_of_no_use(family: Family) -> None:
    rows = ordinary(family)
    nothing = {name: values[:0] for name, values in rows.items()}
    refused(modelling(family, nothing), "empty-frame", "x", 0, ())
    constant = {**rows, "x": np.full(SIZE, 2.0)}
    refused(modelling(family, constant), "constant-column", "x", SIZE, ())
    text = {**rows, "x": np.array([f"{k / 7}" for k in range(SIZE)], dtype=object)}
    refused(modelling(family, text), "numbers-as-text", "x", SIZE, ())
    gone = {**rows, "x": np.full(SIZE, np.nan)}
    refused(modelling(family, gone), "all-missing", "x", SIZE, ())


FAMILY_CHECKS: tuple[Callable[[Family], None], ...] = (
    check_outcomes_that_the_family_cannot_have,
    check_missing_outcomes,
    check_infinite_values,
    check_numbers_whose_squares_are_lost,
    check_frames_of_no_use,
)


def check_awkward_family(family: Family) -> None:
    """Runs every check on one family, in the catalogue or not."""
    for check in FAMILY_CHECKS:
        check(family)


def check_bad_rows_to_fit(engine: Engine) -> None:
    """Refused before the engine is asked for anything, whichever it is."""
    rows = ordinary(bi.families.Gaussian())

    def fitting(given: Frame, formula: str = "y ~ x") -> Callable[[], object]:
        return lambda: bi.fit(formula, given, engine=engine, seed=1)

    for column in ("y", "x"):
        refused(fitting(changed(rows, column, np.inf)), "infinite-values", column, 2)
    refused(fitting({**rows, "g": np.full(SIZE, "a")}, "y ~ g"), "single-level", "g", SIZE, ())
    positive = changed({**rows, "x": np.abs(rows["x"]) + 1.0}, "x", -1.0)
    refused(fitting(positive, "y ~ g + log(x)"), "not-finite", "log(x)", 2)


def _good(engine: Engine) -> tuple[bi.Fit, pd.DataFrame]:
    """A fit of the first small model that the engine serves, and rows that it can predict."""
    name = served(engine)[0]
    table = models()[name].design.table
    assert table is not None
    return bi.Fit(answer(engine, name)), table.to_pandas()


def check_bad_rows_to_predict(engine: Engine) -> None:
    """Refused with column, count and rows, by the fits of every engine alike."""
    fit, rows = _good(engine)
    for value, code in ((np.nan, "missing-values"), (np.inf, "infinite-values")):
        strange = rows.copy()
        strange.loc[list(FEW), "x"] = value
        refused(lambda given=strange: fit.predict(given), code, "x", 2)
    fewer = rows.drop(columns="x")
    refused(lambda: fit.predict(fewer), "unknown-column", "x", len(fewer.columns), ())
    text = rows.assign(x=np.array(["low"] * len(rows), dtype=object))
    refused(lambda: fit.predict(text), "type-changed", "x", len(rows), tuple(range(len(rows))))


def check_models_that_it_does_not_serve(engine: Engine) -> None:
    """Said as an error with what to do, before anything is compiled."""
    for name, model in models().items():
        if engine.refuses(model) is not None:
            with counting() as compiled, pytest.raises(bi.ModelError) as caught:
                bi.fit(model, engine=replace(engine), seed=1)
            assert caught.value.code == "engine-refuses", name
            assert compiled == [] and caught.value.hint
            assert f"'{engine.name}'" in str(caught.value)


ENGINE_CHECKS: tuple[Callable[[Engine], None], ...] = (
    check_bad_rows_to_fit,
    check_bad_rows_to_predict,
    check_models_that_it_does_not_serve,
)


def check_awkward_engine(engine: Engine) -> None:
    """Runs every check on one engine, in the catalogue or not."""
    for check in ENGINE_CHECKS:
        check(engine)
