"""Section G of the catalogue: new rows and predictions."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

import bayesinf as bi
from tests.awkward.frames import changed, fitted, frame, predicted
from tests.awkward.row import Handled, Refused, Row, bad_column

FORMULA = "y ~ x + z + g"
SEVERAL = [3, 17]


@cache
def fit() -> bi.Fit:
    return fitted(FORMULA)


def by_hand(rows: pd.DataFrame) -> np.ndarray:
    """Expected outcomes by the table of coefficients, level by level."""
    mean = fit().summary()["mean"]
    level = rows["g"].map(lambda g: mean.get(f"g[T.{g}]", 0.0)).to_numpy()
    return mean["Intercept"] + mean["x"] * rows["x"] + mean["z"] * rows["z"] + level


def one_record() -> None:
    rows = frame(60).iloc[[7]]
    record = {"x": float(rows["x"].iloc[0]), "z": float(rows["z"].iloc[0]), "g": rows["g"].iloc[0]}
    for given in (record, {name: [value] for name, value in record.items()}, rows):
        found = fit().predict(given, kind="mean")
        np.testing.assert_allclose(found["mean"], by_hand(rows), rtol=1e-9)
    whole = fit().predict(frame(60), kind="mean").iloc[[7]]
    np.testing.assert_array_equal(fit().predict(rows, kind="mean").to_numpy(), whole.to_numpy())


def no_rows() -> None:
    none = fit().predict(frame(60).head(0))
    assert none.columns.tolist() == fit().predict(frame(60)).columns.tolist()
    assert len(none) == 0
    assert len(fit().predict({"x": [], "z": [], "g": []})) == 0


def any_index() -> None:
    rows = frame(60).head(4).set_axis([9, 5, 9, 2])
    found = fit().predict(rows, kind="mean")
    assert found.index.tolist() == [9, 5, 9, 2]
    np.testing.assert_allclose(found["mean"], by_hand(rows), rtol=1e-9)
    dated = rows.set_axis(pd.date_range("2024-01-01", periods=4))
    assert fit().predict(dated).index.equals(dated.index)


def functions_that_remember() -> None:
    """Centres, scales and knots are those of the fit, whatever rows are predicted together."""
    data = frame(60)
    remembering = bi.fit("y ~ scale(x) + poly(z, 2) + bs(k, df=4)", data, draws=400, seed=1)
    whole = remembering.predict(data, kind="mean")
    for rows in ([5], [40, 2], [59, 58, 57]):
        found = remembering.predict(data.iloc[rows], kind="mean")
        np.testing.assert_array_equal(found.to_numpy(), whole.iloc[rows].to_numpy())
    mean, sd = data["x"].mean(), data["x"].std(ddof=1)
    scaled = bi.fit("y ~ scale(x)", data, draws=400, seed=1)
    slope = scaled.summary()["mean"]["scale(x)"]
    two = scaled.predict({"x": [mean, mean + sd]}, kind="mean")["mean"]
    np.testing.assert_allclose(two[1] - two[0], slope, rtol=1e-9)


def extrapolation() -> None:
    data = frame(60)
    low, high = data["x"].min(), data["x"].max()
    near = pd.DataFrame({"x": [0.0, high + 0.2], "z": 0.0, "g": "a"})
    assert fit().predict(near).attrs["extrapolated"] == {"x": [1]}
    far = near.assign(x=[0.0, high + 2 * (high - low)])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = fit().predict(far, kind="mean")
    (warning,) = caught
    assert warning.category is bi.ExtrapolationWarning
    assert "'x' lies far outside" in str(warning.message)
    assert "1 of 2 rows (row 1)" in str(warning.message)
    np.testing.assert_allclose(found["mean"], by_hand(far), rtol=1e-9)
    outside = near.assign(x=[high + 0.2 * (high - low), high + 0.3 * (high - low)])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit().predict(outside)
    (warning,) = caught
    assert "'x' lies outside" in str(warning.message)
    assert "2 of 2 rows (rows 0, 1)" in str(warning.message)


def rows_to_learn_from() -> None:
    """What `update` learns as it is and tells: other units, rows given twice; else nothing."""
    data = frame(120)
    learned = bi.fit("y ~ x + z", data[:60], seed=1)

    def told(rows: pd.DataFrame) -> list[str]:
        return [found.code for found in learned.update(rows).verdict.of("warning")]

    new = data[60:]
    assert told(new) == []
    assert told(new.assign(y=new["y"] * 1000)) == ["unexpected-rows"]
    assert told(data[:60]) == told(data[50:70]) == ["repeated-rows"]


def the_same_seed() -> None:
    """Bit for bit: the draws, the table, predictions, simulated outcomes."""
    data = frame(60)
    for formula, family in (("y ~ x + z", "gaussian"), ("k ~ x + (1 | g)", "poisson")):
        first, again = (bi.fit(formula, data, family, draws=400, seed=7) for _ in range(2))
        other = bi.fit(formula, data, family, draws=400, seed=8)
        values = [pickle.dumps(f.posterior.values.arrays()) for f in (first, again, other)]
        assert values[0] == values[1] != values[2]
        pd.testing.assert_frame_equal(first.predict(data), again.predict(data))
        draws = [f.predict_draws(data) for f in (first, again)]
        np.testing.assert_array_equal(draws[0], draws[1])


def other_columns_and_orders() -> None:
    rows = frame(60).head(5)
    turned = rows.assign(junk="?", when=pd.NaT)[["junk", "g", "when", "z", "x"]]
    pd.testing.assert_frame_equal(fit().predict(turned), fit().predict(rows))


def numbers_as_other_numbers() -> None:
    """True is 1, and whole numbers are numbers."""
    rows = pd.DataFrame({"x": [1, 0], "z": [0, 1], "g": ["a", "b"]})
    given = rows.assign(x=[True, False], z=rows["z"].astype("Int64"))
    pd.testing.assert_frame_equal(fit().predict(given), fit().predict(rows))


def call(verb: Callable[[], object], *, words: tuple[str, str, str]) -> Refused:
    title, code, names = words
    return Refused(81, title, lambda _: verb, bi.ModelError, code, names=names, fixed=True)


def missing(title: str, columns: list[str], lacking: str, count: int | None = None) -> Refused:
    return bad_column(
        73, title, predicted(FORMULA, lambda n: frame(n)[columns]), "unknown-column", lacking, count
    )


def wrong(
    number: int,
    title: str,
    data: Callable[[int], object],
    code: str,
    column: str,
    count: int,
    rows: tuple[int, ...],
) -> Refused:
    return bad_column(number, title, predicted(FORMULA, data), code, column, count, rows)


ROWS: tuple[Row, ...] = (
    missing("new rows without a number column", ["x", "g"], "z"),
    missing("new rows without a factor", ["x", "z"], "g"),
    missing("new rows without two columns", ["x"], "z", 2),
    Refused(
        73,
        "new rows with a column misspelt",
        predicted(FORMULA, lambda n: frame(n).rename(columns={"z": "zz"})),
        bi.DataError,
        "unknown-column",
        names="zz",
        column="z",
    ),
    bad_column(
        73,
        "new rows without the group",
        predicted("y ~ x + (1 | g)", lambda n: frame(n)[["x"]]),
        "unknown-column",
        "g",
    ),
    wrong(
        74,
        "text in place of numbers",
        lambda n: frame(n, x="five"),
        "type-changed",
        "x",
        60,
        tuple(range(60)),
    ),
    wrong(
        74,
        "numbers in place of text",
        lambda n: frame(n, g=3),
        "type-changed",
        "g",
        60,
        tuple(range(60)),
    ),
    wrong(
        74,
        "one text among numbers",
        lambda n: changed(frame(n).astype({"x": object}), "x", [3], "five"),
        "mixed-types",
        "x",
        1,
        (3,),
    ),
    Handled(
        74,
        "booleans and nullable whole numbers in place of numbers",
        "numbers are numbers: True is 1",
        numbers_as_other_numbers,
    ),
    wrong(
        75,
        "NaN in new rows",
        lambda n: changed(frame(n), "x", SEVERAL, np.nan),
        "missing-values",
        "x",
        2,
        (3, 17),
    ),
    wrong(
        75,
        "None in a factor of new rows",
        lambda n: changed(frame(n), "g", SEVERAL, None),
        "missing-values",
        "g",
        2,
        (3, 17),
    ),
    wrong(
        75,
        "infinity in new rows",
        lambda n: changed(frame(n), "x", SEVERAL, -np.inf),
        "infinite-values",
        "x",
        2,
        (3, 17),
    ),
    Handled(76, "no new rows", "a table without rows, with its columns", no_rows),
    Handled(77, "a dict of single values", "one row, equal to the table's", one_record),
    Refused(
        77,
        "a matrix without names",
        predicted(FORMULA, lambda n: frame(n)[["x", "z"]].to_numpy()),
        bi.DataError,
        "not-a-frame",
        names="ndarray",
        count=60,
    ),
    Handled(78, "an index that repeats, and dates", "returned as it came", any_index),
    Handled(
        79,
        "scale, poly and splines in new rows",
        "centres, scales and knots of the fit, to the bit",
        functions_that_remember,
    ),
    Handled(
        80,
        "rows outside the range of the fit",
        "noted in the table's attributes; a warning names column and rows far out",
        extrapolation,
    ),
    Handled(
        80,
        "rows for an update in other units, or learned from before",
        "learned from as they are; a warning in the verdict says what is odd",
        rows_to_learn_from,
    ),
    Handled(81, "the same seed twice", "the same bits; another seed gives others", the_same_seed),
    call(
        lambda: bi.fit("y ~ x", frame(20), sed=1),  # pyright: ignore[reportCallIssue]
        words=("an argument of bi.fit misspelt", "unknown-argument", "sed"),
    ),
    call(
        lambda: bi.fit("y ~ x", frame(20), chains=4),  # pyright: ignore[reportCallIssue]
        words=("chains given to bi.fit", "unknown-argument", "chains"),
    ),
    call(
        lambda: bi.model("y ~ x", frame(20), engine="nuts"),  # pyright: ignore[reportCallIssue]
        words=("an engine given to bi.model", "unknown-argument", "engine"),
    ),
    call(
        lambda: fit().predict(frame(20), knd="mean"),  # pyright: ignore[reportCallIssue]
        words=("an argument of predict misspelt", "unknown-argument", "knd"),
    ),
    call(
        lambda: fit().predict(frame(20), kind="mea"),  # pyright: ignore[reportArgumentType]
        words=("a kind of prediction misspelt", "unknown-kind", "mea"),
    ),
    call(
        lambda: bi.fit("y ~ x", frame(20), engine="nutz"),
        words=("an engine misspelt", "unknown-engine", "nutz"),
    ),
    call(
        lambda: bi.fit(bi.model("k ~ x", frame(20), "poisson"), family="gaussian"),
        words=("another family than the model's", "model-and-family", "gaussian"),
    ),
    Handled(
        82,
        "other columns, in another order",
        "ignored; the same predictions",
        other_columns_and_orders,
    ),
)
