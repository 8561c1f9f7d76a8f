"""Section B of the catalogue: types and containers."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import scipy.sparse as sparse

import bayesinf as bi
from tests.awkward.frames import frame, modelled
from tests.awkward.row import Handled, Refused, Row, bad_column
from tests.conftest import within

SIZE = 60


def matrix(formula: str, data: object, family: str = "gaussian") -> np.ndarray:
    return bi.model(formula, data, family).design.rows.population


def numbers_of_any_width() -> None:
    whole = np.resize(np.arange(-5, 6), SIZE)
    plain = matrix("y ~ x", frame(SIZE, x=whole.astype(float)))
    np.testing.assert_array_equal(plain[:, 1], whole)
    kinds = ["int8", "int16", "int32", "int64", "float16", "float32", "longdouble"]
    kinds += ["Int8", "Int64", "Float32", "Float64", "int16[pyarrow]", "double[pyarrow]"]
    for kind in kinds:
        np.testing.assert_array_equal(
            matrix("y ~ x", frame(SIZE, x=whole).astype({"x": kind})), plain
        )
    for kind in ("uint8", "uint64", "UInt8"):
        given = frame(SIZE, x=whole + 5).astype({"x": kind})
        np.testing.assert_array_equal(matrix("y ~ x", given)[:, 1], whole + 5)


def booleans_are_0_and_1() -> None:
    given = frame(SIZE, b=np.arange(SIZE) % 3 == 0)
    for kind in ("bool", "boolean", "bool[pyarrow]", "object"):
        design = bi.model("y ~ x + b", given.astype({"b": kind})).design
        assert design.names == ("Intercept", "x", "b")
        np.testing.assert_array_equal(design.rows.population[:, 2], np.arange(SIZE) % 3 == 0)


def texts(n: int) -> pd.DataFrame:
    return frame(n, t=np.array([f"{value:.6f}" for value in np.sin(np.arange(n))], dtype=object))


def mostly_numbers(n: int) -> pd.DataFrame:
    made = texts(n)
    made.loc[[5], "t"] = "n/a"
    return made


def with_units(n: int) -> pd.DataFrame:
    return frame(n, t=[f"{100 + k} lb" for k in range(n)])


def in_feet(n: int) -> pd.DataFrame:
    return frame(n, t=[f"{4 + k // 12 % 3}'{k % 12}" for k in range(n)])


def with_censored(n: int) -> pd.DataFrame:
    made = with_units(n)
    made["t"] = made["t"].str.removesuffix(" lb")
    made.loc[[3, 17], "t"] = "<80"
    return made


def labels_with_numbers() -> None:
    """Houses, bands, postcodes and sites are no measurements."""
    for write in ("{0}a", "{0}-{1}", "{0:05}", "site {0}", "{0} Main St", "{0}th"):
        given = frame(SIZE, t=[write.format(k % 30, k % 30 + 4) for k in range(SIZE)])
        assert len(bi.model("y ~ 0 + t", given).design.names) == 30
    (group,) = bi.model("y ~ x + (1 | t)", with_units(SIZE)).design.rows.groups
    assert len(group.levels) == SIZE


def advised(data: pd.DataFrame) -> list[np.ndarray]:
    """What the lines of an error's advice make of column 't', each of them."""
    try:
        bi.model("y ~ t", data)
    except bi.DataError as error:
        found = re.findall(r"^ {6}(.*)$", str(error.hint), re.MULTILINE)
        made = []
        for line in found:
            copy = data.copy()
            exec(line, {"frame": copy, "pandas": pd})
            made.append(copy["t"].to_numpy(dtype=float))
        return made
    raise AssertionError("answered")


def the_advice_on_text_works() -> None:
    whole = np.arange(100.0, 100.0 + SIZE)
    (pounds,) = advised(with_units(SIZE))
    np.testing.assert_array_equal(pounds, whole)
    (feet,) = advised(in_feet(SIZE))
    np.testing.assert_array_equal(feet, 48.0 + np.arange(SIZE) % 36)
    (limits,) = advised(with_censored(SIZE))
    np.testing.assert_array_equal(limits, np.where(np.isin(whole, [103, 117]), 80.0, whole))
    money = frame(SIZE, t=[f"${950 + k:,}" for k in range(SIZE)])
    np.testing.assert_array_equal(advised(money)[0], 950.0 + np.arange(SIZE))
    commas = frame(SIZE, t=[f"{k},125" for k in range(1, SIZE + 1)])
    thousands, decimal = advised(commas)
    np.testing.assert_array_equal(thousands, 1000.0 * decimal)
    dates = frame(SIZE, t=days(SIZE).strftime("%d %b %Y").tolist())
    np.testing.assert_array_equal(advised(dates)[0], 59.0 + np.arange(SIZE))


def levels_that_were_asked_for() -> None:
    given = frame(SIZE, t=np.resize([str(k) for k in range(30)], SIZE))
    design = bi.model("y ~ 0 + C(t)", given).design
    np.testing.assert_array_equal(design.rows.population.sum(axis=0), np.full(30, 2.0))
    (group,) = bi.model("y ~ x + (1 | t)", given).design.rows.groups
    assert [group.levels[code] for code in group.codes] == given["t"].tolist()
    declared = given.assign(t=given["t"].astype("category"))
    assert len(bi.model("y ~ t", declared).design.names) == 30


def codes_as_text_are_levels() -> None:
    design = bi.model("y ~ t", frame(SIZE, t=np.resize(["1", "2", "3"], SIZE))).design
    assert design.names == ("Intercept", "t[T.2]", "t[T.3]")
    expected = np.arange(SIZE) % 3 == 1
    np.testing.assert_array_equal(design.rows.population[:, 1], expected)


def numbers_as_objects() -> None:
    plain = frame(SIZE)
    expected = matrix("y ~ x", plain)
    np.testing.assert_array_equal(matrix("y ~ x", plain.astype({"x": object})), expected)
    values = plain["x"].to_numpy()
    listed = {"y": list(plain["y"]), "x": [np.float64(value) for value in values]}
    np.testing.assert_array_equal(matrix("y ~ x", listed), expected)


def decimals_and_fractions() -> None:
    halves = np.resize(np.arange(-8, 9), SIZE) / 8
    expected = matrix("y ~ x", frame(SIZE, x=halves))
    for make in (Decimal, Fraction):
        values = np.array([make(float(value)) for value in halves], dtype=object)
        np.testing.assert_array_equal(matrix("y ~ x", frame(SIZE, x=values)), expected)
    table = pa.table(
        {
            "y": pa.array(frame(SIZE)["y"]),
            "x": pa.array([Decimal(str(value)) for value in halves], pa.decimal128(8, 3)),
        }
    )
    np.testing.assert_array_equal(matrix("y ~ x", table), expected)


def small_integers_are_promoted_first() -> None:
    small = np.resize(np.array([-100, -50, 3, 120], dtype=np.int8), SIZE)
    exact = small.astype(object)
    given = frame(SIZE, x=small, w=np.resize(np.array([7, 100, 90], dtype=np.int8), SIZE))
    w = given["w"].to_numpy().astype(object)
    for formula, expected in {
        "y ~ 0 + I(x**2)": exact**2,
        "y ~ 0 + I(x * w)": exact * w,
        "y ~ 0 + x:w": exact * w,
        "y ~ 0 + I(x + w)": exact + w,
        "y ~ 0 + I(-x)": -exact,
        "y ~ 0 + I(x - 100)": exact - 100,
    }.items():
        np.testing.assert_array_equal(matrix(formula, given)[:, 0], expected.astype(float))
    response = bi.model("I(x * w) ~ z", given).design.response
    np.testing.assert_array_equal(response, (exact * w).astype(float))
    shifts = bi.model("y ~ z + offset(x * w)", given).design.rows.offset
    np.testing.assert_array_equal(shifts, (exact * w).astype(float))


def counts_beyond_32_bits() -> None:
    counts = 2**33 + np.random.default_rng(5).integers(-90_000, 90_000, SIZE)
    model = bi.model("k ~ 1", frame(SIZE, k=counts), "poisson")
    np.testing.assert_array_equal(model.design.response, counts.astype(float))
    fit = bi.fit(model, draws=400, seed=1)
    # The prior weighs nothing beside 5e11 events: the rate's posterior is Gamma(sum, n).
    rate = fit.summary().loc["Intercept", "mean"]
    within(rate, np.log(counts.mean()), 1.0 / np.sqrt(counts.sum()))
    predicted = fit.predict(frame(SIZE))
    within(predicted["mean"], counts.mean(), np.sqrt(counts.mean()) / np.sqrt(400))
    within(predicted["sd"], np.sqrt(counts.mean()), np.sqrt(counts.mean() / 800))
    trials = 2 * counts + 1
    binomial = bi.fit(
        "k | trials(n) ~ 1", {"k": counts, "n": trials}, "binomial", draws=400, seed=1
    )
    successes, failures = counts.sum(), (trials - counts).sum()
    odds = binomial.summary().loc["Intercept", "mean"]
    within(odds, np.log(successes / failures), np.sqrt(1.0 / successes + 1.0 / failures))


def days(n: int) -> pd.DatetimeIndex:
    return pd.date_range("2021-03-01", periods=n, freq="D")


def advice_on(data: object, names: dict[str, object]) -> np.ndarray:
    """The values that an error's advice makes of column 'd'."""
    try:
        bi.model("y ~ d", data)
    except bi.DataError as error:
        found = re.search(r", by (.*?)[;.]?(?:; new rows| and then|\.?$)", str(error.hint))
        assert found is not None, error.hint
        return np.asarray(eval(found[1], names), dtype=float)
    raise AssertionError("answered")


def days_tell_groups_apart() -> None:
    """Dates as groups are their own text, of any frame; a new date is a group never seen."""
    when = np.resize(days(6), SIZE)
    data = frame(SIZE, d=when)
    text = data.assign(d=pd.Series(when).dt.strftime("%Y-%m-%d"))
    fit = bi.fit("y ~ x + (1 | d)", data, draws=400, seed=1)
    other = bi.fit("y ~ x + (1 | d)", text, draws=400, seed=1)
    pd.testing.assert_frame_equal(fit.summary(), other.summary())
    new = frame(1, d=[pd.Timestamp("2031-01-01")])
    written = frame(1, d=["2031-01-01"])
    pd.testing.assert_frame_equal(fit.predict(new), other.predict(written))
    assert fit.predict(new)["sd"][0] > fit.predict(data)["sd"].max()


def the_advice_on_dates_works() -> None:
    """The line in the hint turns each kind of dates into days since the first one."""
    expected = np.arange(SIZE)
    plain = frame(SIZE, d=days(SIZE))
    kinds: list[object] = [
        plain,
        plain.assign(d=days(SIZE).tz_localize("UTC")),
        plain.assign(d=np.array([day.date() for day in days(SIZE)], dtype=object)),
        pl.DataFrame(plain),
        pa.table(plain),
        {"y": plain["y"].to_numpy(), "d": days(SIZE).to_numpy()},
    ]
    for given in kinds:
        found = advice_on(given, {"frame": given, "pandas": pd})
        np.testing.assert_array_equal(found, expected)
    lengths = plain.assign(d=pd.to_timedelta(np.arange(SIZE), "min"))
    found = advice_on(lengths, {"frame": lengths, "pandas": pd})
    np.testing.assert_array_equal(found, 60.0 * expected)


def sparse_columns() -> None:
    dense = (np.arange(SIZE) % 3 == 0).astype(float)
    plain = frame(SIZE, s=dense)
    expected = matrix("y ~ x + s", plain)
    given = plain.assign(s=pd.arrays.SparseArray(dense))
    np.testing.assert_array_equal(matrix("y ~ x + s", given), expected)
    listed = {name: plain[name].to_numpy() for name in ("y", "x")}
    for column in (sparse.csr_matrix(dense[:, None]), sparse.csc_array(dense[None, :])):
        np.testing.assert_array_equal(matrix("y ~ x + s", {**listed, "s": column}), expected)


def containers(data: pd.DataFrame) -> dict[str, object]:
    arrow = pa.Table.from_pandas(data, preserve_index=False)
    return {
        "polars": pl.from_pandas(data),
        "arrow": arrow,
        "pandas on arrow": data.convert_dtypes(dtype_backend="pyarrow"),
        "arrays": {name: data[name].to_numpy() for name in data},
        "lists": {name: data[name].tolist() for name in data},
        "series": {name: data[name] for name in data},
        "chunks": pa.concat_tables([arrow.slice(0, 7), arrow.slice(7)]),
    }


def every_container_gives_the_same_bits() -> None:
    data = frame(SIZE, b=np.arange(SIZE) % 4 == 0, i=np.arange(SIZE) % 7)
    for formula, family in {
        "y ~ x * g + b + C(i) + log(x**2 + 1) + bs(z, df=4)": "gaussian",
        "k ~ z + offset(x) + (1 + x | g)": "poisson",
    }.items():
        expected = bi.model(formula, data, family).design
        for name, given in containers(data).items():
            design = bi.model(formula, given, family).design
            assert design.names == expected.names, name
            assert design.rows.population.tobytes() == expected.rows.population.tobytes(), name
            assert design.response.tobytes() == expected.response.tobytes(), name
            assert design.rows.offset.tobytes() == expected.rows.offset.tobytes(), name
            for one, other in zip(design.rows.groups, expected.rows.groups, strict=True):
                assert one.levels == other.levels
                np.testing.assert_array_equal(one.codes, other.codes)
                assert one.matrix.tobytes() == other.matrix.tobytes(), name


def nested(n: int) -> pd.DataFrame:
    made = frame(n)
    made.columns = pd.MultiIndex.from_product([["first"], made.columns])
    return made


def the_index_aligns_nothing() -> None:
    plain = frame(SIZE)
    strange = plain.set_axis(np.resize([7, 7, 0, 1], SIZE))
    np.testing.assert_array_equal(matrix("y ~ x * g", strange), matrix("y ~ x * g", plain))
    fit = bi.fit("y ~ x", strange, draws=400, seed=1)
    predicted = fit.predict(strange)
    assert list(predicted.index) == list(strange.index)
    np.testing.assert_array_equal(predicted["mean"], fit.predict(plain)["mean"])
    several = {"y": plain["y"], "x": plain["x"].set_axis(range(SIZE, 0, -1))}
    np.testing.assert_array_equal(matrix("y ~ x", several), matrix("y ~ x", plain))


def refused(
    number: int,
    title: str,
    data: Callable[[int], object],
    names: str,
    code: str = "unsupported-type",
    count: int = SIZE,
    **facts: tuple[int, ...],
) -> Refused:
    """A column of a frame that is refused whatever the formula does with it."""
    prepare = modelled(f"y ~ {names}", data)
    return Refused(number, title, prepare, bi.DataError, code, names, count, column=names, **facts)


ROWS: tuple[Row, ...] = (
    Handled(
        9,
        "numbers of any width, nullable or of Arrow",
        "converted once, to the same bits as float64",
        numbers_of_any_width,
    ),
    Handled(10, "a bool predictor", "0 and 1, under the column's own name", booleans_are_0_and_1),
    refused(11, "numbers as text", texts, "t", "numbers-as-text"),
    refused(11, "numbers with a unit as text", with_units, "t", "numbers-as-text"),
    refused(11, "feet and inches", in_feet, "t", "numbers-as-text", 36),
    refused(
        11,
        "numbers as text, some of them below a limit (<80)",
        with_censored,
        "t",
        "numbers-as-text",
        59,
        rows=(3, 17),
    ),
    refused(
        11,
        "money with thousands set apart",
        lambda n: frame(n, t=[f"${950 + k:,}" for k in range(n)]),
        "t",
        "numbers-as-text",
    ),
    refused(
        11,
        "percentages as text",
        lambda n: frame(n, t=[f"{k / 2}%" for k in range(n)]),
        "t",
        "numbers-as-text",
    ),
    Handled(
        11,
        "the line that such an error advises",
        "makes the numbers or days that the text says; censored values keep their limit",
        the_advice_on_text_works,
    ),
    Handled(
        11,
        "house numbers, bands, postcodes and sites; units as groups",
        "levels of a factor, because labels may have numbers in them",
        labels_with_numbers,
    ),
    refused(11, "numbers as text, but for one value", mostly_numbers, "t", "numbers-as-text"),
    refused(
        11,
        "numbers with decimal commas as text",
        lambda n: texts(n).assign(t=texts(n)["t"].str.replace(".", ",")),
        "t",
        "numbers-as-text",
    ),
    Handled(
        11,
        "numbers as text in C(...), in (1 | t), or declared as a category",
        "each value is a level, as asked",
        levels_that_were_asked_for,
    ),
    Handled(11, "a few codes as text", "levels of a factor", codes_as_text_are_levels),
    Handled(12, "an object column of floats", "the same bits as float64", numbers_as_objects),
    refused(
        13,
        "numbers and text in one column",
        lambda n: frame(n, o=np.array([*range(n - 2), "a", "b"], dtype=object)),
        "o",
        "mixed-types",
        2,
        rows=(SIZE - 2, SIZE - 1),
    ),
    bad_column(
        13, "arithmetic with text", modelled("y ~ x + log(g)", frame), "not-a-number", "g", 6
    ),
    Handled(14, "Decimal and Fraction", "converted to float64", decimals_and_fractions),
    refused(15, "complex numbers", lambda n: frame(n, c=np.arange(n) + 1j), "c"),
    refused(
        15,
        "complex numbers as objects",
        lambda n: frame(n, c=np.array([complex(k) for k in range(n)], dtype=object)),
        "c",
    ),
    Handled(
        16,
        "arithmetic of int8 in a formula, such as I(x**2)",
        "promoted to float64 first: nothing wraps",
        small_integers_are_promoted_first,
    ),
    Handled(17, "counts beyond 2^31", "exact; the rate is right", counts_beyond_32_bits),
    bad_column(
        17,
        "counts beyond 2^53",
        modelled("k ~ x", lambda n: frame(n, k=2**53 + 1 + np.arange(n)), "poisson"),
        "too-large-integer",
        "k",
        SIZE,
        tuple(range(SIZE)),
    ),
    refused(
        17,
        "whole numbers beyond 64 bits",
        lambda n: frame(n, i=np.array([10**30] * 2 + [0] * (n - 2), dtype=object)),
        "i",
        "too-large-integer",
        2,
        rows=(0, 1),
    ),
    refused(18, "dates", lambda n: frame(n, d=np.resize(days(1000), n)), "d"),
    refused(
        18,
        "dates as Python objects",
        lambda n: frame(n, d=np.resize(np.array(days(1000).date, dtype=object), n)),
        "d",
    ),
    Handled(
        18,
        "dates that only tell groups apart, (1 | d)",
        "one level for each date, whatever frame it comes from",
        days_tell_groups_apart,
    ),
    Handled(
        18,
        "the advice that the refusal of dates gives",
        "run as it stands, it makes the right days of pandas, polars, Arrow and arrays",
        the_advice_on_dates_works,
    ),
    refused(
        19,
        "dates with a time zone",
        lambda n: frame(n, d=pd.DatetimeIndex(np.resize(days(1000), n), tz="UTC")),
        "d",
    ),
    refused(
        19,
        "dates with and without a time zone",
        lambda n: frame(
            n,
            d=np.array(
                [datetime.datetime(2020, 1, 1)] * (n - 2)
                + [datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)] * 2,
                dtype=object,
            ),
        ),
        "d",
        "mixed-types",
        2,
        rows=(SIZE - 2, SIZE - 1),
    ),
    refused(20, "durations", lambda n: frame(n, d=pd.to_timedelta(np.arange(n), "min")), "d"),
    refused(
        20,
        "periods",
        lambda n: frame(n, d=np.resize(days(1000), n)).astype({"d": "period[M]"}),
        "d",
    ),
    refused(
        21,
        "dates as text",
        lambda n: frame(
            n, d=[f"{2000 + k // 300}-{1 + k % 12:02}-{1 + k % 25:02}" for k in range(n)]
        ),
        "d",
        "dates-as-text",
    ),
    refused(
        21,
        "dates as text, with the month by its name",
        lambda n: frame(n, d=days(n).strftime("%d %b %Y").tolist()),
        "d",
        "dates-as-text",
    ),
    refused(
        21,
        "dates as text, day first",
        lambda n: frame(n, d=[f"{1 + k % 28}/{1 + k % 12}/{2000 + k // 300}" for k in range(n)]),
        "d",
        "dates-as-text",
    ),
    Handled(
        22, "sparse columns of pandas and SciPy", "the same bits as dense ones", sparse_columns
    ),
    Refused(
        22,
        "a sparse matrix as the frame",
        modelled("y ~ x", lambda n: sparse.eye(n, 3, format="csr")),
        bi.DataError,
        "not-a-frame",
        names="csr_matrix",
        count=3,
    ),
    Handled(
        23,
        "polars, Arrow, dicts of arrays, lists or series",
        "the same design as of pandas, to the bit",
        every_container_gives_the_same_bits,
    ),
    Refused(
        23,
        "a NumPy array as the frame",
        modelled("y ~ x", lambda n: np.zeros((n, 3))),
        bi.DataError,
        "not-a-frame",
        names="ndarray",
        count=3,
    ),
    bad_column(
        23,
        "columns of unequal lengths",
        modelled("y ~ x", lambda n: {"y": np.zeros(n), "x": np.zeros(n - 1)}),
        "unequal-lengths",
        "x",
        SIZE - 1,
    ),
    Refused(
        24,
        "columns named on two levels",
        modelled("y ~ x", nested),
        bi.DataError,
        "column-name",
        names="('first', 'y')",
        count=5,
    ),
    Handled(
        24,
        "an index with duplicates, and columns with other indexes",
        "rows keep their order; the index aligns nothing and comes back on predictions",
        the_index_aligns_nothing,
    ),
)
