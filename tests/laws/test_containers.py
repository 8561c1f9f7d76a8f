"""Laws of containers: the kind of frame and the width of numbers say nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from hypothesis import strategies as st

import bayesinf as bi
from tests.laws.densities import same_model
from tests.laws.law import law
from tests.laws.strategies import Question, frames, questions, seeds


def lists(frame: dict) -> dict[str, list]:
    return {name: values.tolist() for name, values in frame.items()}


CONTAINERS = {
    "pandas": pd.DataFrame,
    "pandas of arrow": lambda frame: pd.DataFrame(frame).convert_dtypes(dtype_backend="pyarrow"),
    "pandas nullable": lambda frame: pd.DataFrame(frame).convert_dtypes(),
    "polars": lambda frame: pl.DataFrame(lists(frame)),
    "arrow": lambda frame: pa.table(lists(frame)),
    "lists": lists,
    "a table read before": bi.Table.read,
}


@law(21, asked=questions(), seed=seeds, kind=st.sampled_from(list(CONTAINERS)))
def test_kinds_of_frame(asked: Question, seed: int, kind: str):
    """pandas, polars, arrow, dicts of arrays and dicts of lists give the same model."""
    same_model(asked.model(), asked.model(CONTAINERS[kind](asked.frame)), seed)


@law(9, asked=questions(("gaussian",), groups=False), seed=seeds)
def test_kinds_of_new_rows(asked: Question, seed: int):
    """New rows are predicted to the same bits from every kind of frame."""
    fit = bi.fit(asked.model(), seed=seed, draws=60)
    truth = fit.predict(asked.frame).to_numpy()
    for convert in CONTAINERS.values():
        np.testing.assert_array_equal(fit.predict(convert(asked.frame)).to_numpy(), truth)


WIDTHS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32")


@law(18, asked=questions(), seed=seeds, width=st.sampled_from(WIDTHS))
def test_widths_of_numbers(asked: Question, seed: int, width: str):
    """Whole numbers of every width, and float32, are computed with as double precision is."""
    least = 0 if width.startswith("u") else -100
    rng = np.random.default_rng(seed)
    x = rng.integers(least, 120, asked.rows).astype(float)
    wide = asked.of(x=x)
    frame = {**wide.frame, "x": x.astype(width), "n": wide.frame["n"].astype(width)}
    frame["w"] = frame["w"].astype(width)
    if asked.family.discrete:
        frame["y"] = frame["y"].astype(width)
    same_model(wide.model(), wide.model(frame), seed)


@law(9, frame=frames(), seed=seeds)
def test_narrow_numbers_do_not_overflow(frame: dict, seed: int):
    """A square or a product of small integers is that of the numbers, not of their bytes."""
    rng = np.random.default_rng(seed)
    x, z = (rng.integers(-120, 120, len(frame["y"])) for _ in "xz")
    narrow = {**frame, "x": x.astype("int8"), "z": z.astype("int8")}
    model = bi.model("y ~ I(x**2) + x:z + I(x * z + x)", narrow)
    made = dict(zip(model.design.names, model.design.rows.population.T, strict=True))
    np.testing.assert_array_equal(made["I(x ** 2)"], x.astype(float) ** 2)
    np.testing.assert_array_equal(made["x:z"], x.astype(float) * z)
