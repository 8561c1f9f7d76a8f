"""Dates and times as labels of groups: one text for each moment, whatever frame it comes from."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import bayesinf as bi
from bayesinf.data.table import Table

DAYS = [date(2020, 3, 1), date(2020, 3, 2), date(2020, 3, 1)]
TIMES = [datetime(2020, 3, 1), datetime(2020, 3, 1, 12, 30), datetime(2020, 3, 1)]
ZONED = [moment.replace(tzinfo=UTC) for moment in TIMES]
TOKYO = [moment.astimezone(timezone(timedelta(hours=9))) for moment in ZONED]

MAKERS: dict[str, Callable[[list], object]] = {
    "pandas": lambda values: pd.DataFrame({"when": pd.to_datetime(pd.Series(values))}),
    "objects": lambda values: pd.DataFrame({"when": pd.Series(values, dtype=object)}),
    "polars": lambda values: pl.DataFrame({"when": values}),
    "arrow": lambda values: pa.table({"when": values}),
    "list": lambda values: {"when": values},
    "index": lambda values: {"when": pd.DatetimeIndex(values)},
    "series": lambda values: {"when": pl.Series(values)},
}


def labels(frame: object) -> list[object]:
    return Table.read(frame, ["when"], labels=["when"]).columns["when"].tolist()


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (DAYS, ["2020-03-01", "2020-03-02", "2020-03-01"]),
        (TIMES, ["2020-03-01", "2020-03-01T12:30:00", "2020-03-01"]),
        (
            ZONED,
            [f"2020-03-01T{clock}:00+00:00" for clock in ("00:00", "12:30", "00:00")],
        ),
    ],
)
def test_each_moment_has_one_text(kind: str, values: list, texts: list[str]) -> None:
    assert labels(MAKERS[kind](values)) == texts


@pytest.mark.parametrize("kind", ["pandas", "polars", "list", "index"])
def test_an_instant_is_one_label_in_every_zone(kind: str) -> None:
    assert labels(MAKERS[kind](TOKYO)) == labels(MAKERS[kind](ZONED))


@pytest.mark.parametrize("kind", ["pandas", "objects", "polars", "arrow", "list"])
def test_missing_moments_stay_missing(kind: str) -> None:
    assert labels(MAKERS[kind]([*DAYS[:2], None])) == ["2020-03-01", "2020-03-02", None]


def test_numpys_dates_and_others() -> None:
    days = np.array(["2020-03-01", "NaT"], dtype="datetime64[D]")
    assert labels({"when": days}) == ["2020-03-01", None]
    assert labels({"when": days.astype("datetime64[ns]")}) == ["2020-03-01", None]
    assert labels({"when": pd.period_range("2020-01", periods=2, freq="M")}) == [
        "2020-01",
        "2020-02",
    ]
    assert labels(pd.DataFrame({"when": pd.to_timedelta([1, 2], unit="D")}))[0] == "1 days 00:00:00"
    assert labels({"when": ["a", "b"]}) == ["a", "b"]
    assert labels({"when": [3, 1]}) == [3, 1]
    with pytest.raises(bi.DataError, match="mixes") as caught:
        labels({"when": [date(2020, 1, 1), "a"]})
    assert caught.value.code == "mixed-types"


def test_many_rows_are_labelled_at_once() -> None:
    frame = pd.DataFrame(
        {"when": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(100_000) % 300, "D")}
    )
    seconds = []
    for _ in range(5):
        begin = time.process_time()
        labels(frame)
        seconds.append(time.process_time() - begin)
    assert min(seconds) < 0.5


RNG = np.random.default_rng(2)
FRAME = pd.DataFrame(
    {
        "y": RNG.normal(size=60) + np.repeat(RNG.normal(size=6), 10),
        "x": RNG.normal(size=60),
        "day": np.repeat(pd.date_range("2020-03-01", periods=6), 10),
        "g": list("ab") * 30,
    }
)


@pytest.fixture(scope="module")
def fit() -> bi.Fit:
    return bi.fit("y ~ x + (1 | day)", FRAME, seed=1, draws=400)


def test_days_are_groups(fit: bi.Fit) -> None:
    (group,) = fit.posterior.model.design.rows.groups
    assert group.levels == tuple(f"2020-03-0{k}" for k in range(1, 7))
    text = FRAME.assign(day=FRAME["day"].dt.strftime("%Y-%m-%d"))
    other = bi.fit("y ~ x + (1 | day)", text, seed=1, draws=400)
    pd.testing.assert_frame_equal(fit.summary(), other.summary())
    assert bi.model("y ~ x + (1 | g:day)", FRAME).design.rows.groups[0].levels[0] == "a:2020-03-01"


def test_a_new_day_is_a_new_group(fit: bi.Fit) -> None:
    known = pd.DataFrame({"x": [0.0], "day": [pd.Timestamp("2020-03-02")]})
    means = fit.predict(known)["mean"]
    for rows in (
        pl.DataFrame({"x": [0.0], "day": [date(2020, 3, 2)]}),
        {"x": 0.0, "day": "2020-03-02"},
    ):
        assert np.allclose(fit.predict(rows)["mean"], means)
    new = known.assign(day=pd.Timestamp("2021-01-01"))
    assert len(fit.predict(new, new_groups="population")) == 1
    with pytest.raises(bi.BayesinfError) as caught:
        fit.predict(new, new_groups="error")
    assert "2021-01-01" in str(caught.value)


@pytest.mark.parametrize(
    "formula", ["y ~ day", "y ~ day + (1 | day)", "y ~ (day | g)", "y ~ log(day)"]
)
def test_days_are_no_numbers(formula: str) -> None:
    with pytest.raises(bi.DataError, match="Column 'day' holds 60 dates") as caught:
        bi.model(formula, FRAME)
    assert "days" in str(caught.value.hint)


def test_a_fleet_divided_by_days() -> None:
    fits = bi.fit_many("y ~ x", FRAME, by="day", seed=1)
    text = FRAME.assign(day=FRAME["day"].dt.strftime("%Y-%m-%d"))
    pd.testing.assert_frame_equal(
        fits.predict(FRAME), bi.fit_many("y ~ x", text, by="day", seed=1).predict(text)
    )
    assert fits["2020-03-02"].posterior.model.formula.text == "y ~ x"
    with pytest.raises(bi.DataError, match="no model of day='2021-01-01'"):
        fits.predict(FRAME.head(1).assign(day=pd.Timestamp("2021-01-01")))


def test_a_list_of_numpys_moments_is_read_as_an_array_of_them() -> None:
    days = np.array(["2020-03-01", "2020-03-02"], dtype="datetime64[D]")
    for given in (days, list(days)):
        read = Table.read({"when": given}, ("when",), frozenset({"when"}))
        assert read.columns["when"].tolist() == ["2020-03-01", "2020-03-02"]
