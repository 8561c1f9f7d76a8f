"""What every study makes of awkward data: an answer, or one of the library's errors that says what
to do. Warnings are errors in these tests, so that NumPy's count as well."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

import bayesinf as bi
from causal.answer import Computation
from causal.estimate import Estimate, run
from causal.study import Study
from tests.awkward.grade import IMPERATIVE
from tests.contracts.study_contract import example

FEW = (3, 17)
"""The rows in which something is awkward."""


def given(kind: type[Study]) -> tuple[Study, pd.DataFrame]:
    made = example(kind)
    return made.study, pd.DataFrame(dict(made.frame))


def answer_or_error(study: Study, frame: object) -> Estimate | bi.BayesinfError:
    """Runs a study; fails where it ends in anything but an answer or a sentence with a hint."""
    try:
        found = run(study, frame, Computation(seed=17, draws=200))
    except bi.BayesinfError as error:
        assert error.code
        assert error.hint and IMPERATIVE.search(error.hint), str(error)
        return error
    assert np.isfinite(found.draws).all() or not found.verdict.ok
    assert found.sentence()
    return found


def spoil(frame: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    """The frame with a value in a few rows of a column."""
    values = frame[column].astype(object if isinstance(value, str) else float)
    values.iloc[list(FEW)] = value
    return frame.assign(**{column: values})


def check_infinite_values_are_refused_by_name_and_row(kind: type[Study]) -> None:
    study, frame = given(kind)
    for column in study.columns:
        if frame[column].dtype.kind not in "fiu":
            continue
        error = answer_or_error(study, spoil(frame, column, np.inf))
        if column == study.outcome:
            assert isinstance(error, bi.DataError), column
            assert (error.code, error.column) == ("infinite-values", column)
            assert error.rows == FEW


def check_missing_outcomes_are_left_out_or_refused(kind: type[Study]) -> None:
    study, frame = given(kind)
    for column in study.columns:
        if frame[column].dtype.kind in "fiu":
            answer_or_error(study, spoil(frame, column, np.nan))
    error = answer_or_error(study, frame.assign(**{study.outcome: np.nan}))
    assert isinstance(error, bi.BayesinfError)


def check_a_missing_column_is_named(kind: type[Study]) -> None:
    study, frame = given(kind)
    for column in study.columns:
        error = answer_or_error(study, frame.drop(columns=column))
        assert isinstance(error, bi.DataError)
        assert (error.code, error.column) == ("unknown-column", column)


def check_few_rows_are_answered_or_refused(kind: type[Study]) -> None:
    study, frame = given(kind)
    for rows in (0, 1, 2, 3, 5):
        found = answer_or_error(study, frame.iloc[:rows])
        assert rows > 1 or isinstance(found, bi.BayesinfError)


def check_constant_columns_are_answered_or_refused(kind: type[Study]) -> None:
    study, frame = given(kind)
    for column in study.columns:
        constant = frame.assign(**{column: frame[column].iloc[0]})
        found = answer_or_error(study, constant)
        if column == study.outcome:
            assert isinstance(found, bi.BayesinfError) or not found.verdict.ok


def check_text_is_answered_or_refused(kind: type[Study]) -> None:
    study, frame = given(kind)
    for column in study.columns:
        answer_or_error(study, frame.assign(**{column: frame[column].astype(str)}))
        answer_or_error(study, spoil(frame, column, "?"))


def check_repeated_columns_are_refused(kind: type[Study]) -> None:
    study, frame = given(kind)
    for column in study.columns:
        twice = pd.concat([frame, frame[[column]]], axis=1)
        error = answer_or_error(study, twice)
        assert isinstance(error, bi.DataError)
        assert (error.code, error.column) == ("duplicate-columns", column)


def check_repeated_rows_are_answered_or_refused(kind: type[Study]) -> None:
    study, frame = given(kind)
    answer_or_error(study, pd.concat([frame, frame]))


def check_no_frame_at_all_is_refused(kind: type[Study]) -> None:
    study, _ = given(kind)
    for nothing in (None, 3, "frame", [1, 2, 3], np.zeros((3, 2)), {}):
        assert isinstance(answer_or_error(study, nothing), bi.DataError)


def check_extreme_sizes_are_answered_or_refused(kind: type[Study]) -> None:
    study, frame = given(kind)
    for factor in (1e-150, 1e-8, 1e8, 1e150):
        answer_or_error(study, frame.assign(**{study.outcome: factor * frame[study.outcome]}))


CHECKS: tuple[Callable[[type[Study]], None], ...] = (
    check_infinite_values_are_refused_by_name_and_row,
    check_missing_outcomes_are_left_out_or_refused,
    check_a_missing_column_is_named,
    check_few_rows_are_answered_or_refused,
    check_constant_columns_are_answered_or_refused,
    check_text_is_answered_or_refused,
    check_repeated_columns_are_refused,
    check_repeated_rows_are_answered_or_refused,
    check_no_frame_at_all_is_refused,
    check_extreme_sizes_are_answered_or_refused,
)


def arms(size: int = 80) -> pd.DataFrame:
    """Rows of two arms, for estimators."""
    rng = np.random.default_rng(83)
    x = rng.normal(size=size)
    t = (rng.random(size) < 1 / (1 + np.exp(-x))).astype(int)
    return pd.DataFrame({"y": 2 * t + x + rng.normal(size=size), "t": t, "x": x})


ARMS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "infinite covariate": lambda rows: spoil(rows, "x", np.inf),
    "constant treatment": lambda rows: rows.assign(t=1),
    "constant outcome": lambda rows: rows.assign(y=1.0),
    "text treatment": lambda rows: rows.assign(t=np.where(rows["t"] == 1, "b", "a")),
    "forty arms": lambda rows: rows.assign(t=np.arange(len(rows)) % 40),
    "one treated": lambda rows: rows.assign(t=(np.arange(len(rows)) == 5).astype(int)),
    "two rows": lambda rows: rows.iloc[:2],
    "copy of the treatment": lambda rows: rows.assign(x=rows["t"]),
    "huge outcome": lambda rows: rows.assign(y=1e150 * rows["y"]),
}
"""Awkward rows of two arms, by what is awkward."""
