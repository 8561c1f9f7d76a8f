"""The second half of section H: panels, series, cutoffs and instruments."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

import bayesinf as bi
import causal
from tests.awkward.row import Handled, Refused, Row

TIMES = 10
BEGINS = 2006
"""Years are 2000 to 2009; who is treated is so from here on."""

DID = causal.DifferenceInDifferences("y", "unit", "year", first_treated="since")
MARKED = causal.DifferenceInDifferences("y", "unit", "year", treatment="d")
SYNTHETIC = causal.SyntheticControl("y", "unit", "year", treated=0, begins=BEGINS)
INTERRUPTED = causal.InterruptedSeries("y", "year", begins=40)
CUTOFF = causal.RegressionDiscontinuity("y", "score", 50.0)
INSTRUMENT = causal.Instrument("y", "dose", ("z",))


def panel(n: int, treated: int = 2) -> pd.DataFrame:
    """A tenth of n units in ten years; the first ones are treated from 2006 on, with effect 1."""
    rng = np.random.default_rng(100)
    units = n // TIMES
    unit = np.repeat(np.arange(units), TIMES)
    year = np.tile(np.arange(2000, 2000 + TIMES), units)
    since = np.where(unit < treated, BEGINS, 0)
    d = ((since > 0) & (year >= since)).astype(int)
    drift = rng.normal(size=units)[unit] + 0.3 * (year - 2000)
    y = drift + d + 0.3 * rng.normal(size=len(unit))
    return pd.DataFrame({"y": y, "unit": unit, "year": year, "since": since, "d": d})


def one_treated(n: int) -> pd.DataFrame:
    return panel(n, treated=1)


def series(n: int) -> pd.DataFrame:
    rng = np.random.default_rng(101)
    return pd.DataFrame({"y": rng.normal(size=n).cumsum(), "year": np.arange(n)})


def scores(n: int) -> pd.DataFrame:
    """Outcomes that jump by 1 at a score of 50."""
    rng = np.random.default_rng(105)
    score = rng.uniform(0, 100, size=n)
    y = (score >= 50) + score / 50 + 0.3 * rng.normal(size=n)
    return pd.DataFrame({"y": y, "score": score})


def doses(n: int, strength: float = 1.0) -> pd.DataFrame:
    """A dose that an instrument moves, and an unmeasured cause of dose and outcome."""
    rng = np.random.default_rng(109)
    u, z, age = rng.normal(size=(3, n))
    dose = strength * z + u + rng.normal(size=n)
    y = dose + 2 * u + rng.normal(size=n)
    return pd.DataFrame({"y": y, "dose": dose, "z": z, "age": age})


def estimated(frame: object, study: causal.Study) -> causal.Estimate:
    return causal.estimate(frame, study, seed=1, draws=400)


def asked(
    data: Callable[[int], pd.DataFrame],
    study: causal.Study,
    change: Callable[[pd.DataFrame], object],
) -> Callable[[int], Callable[[], object]]:
    """The question about changed rows, as an entry prepares it."""

    def prepare(n: int) -> Callable[[], object]:
        frame = change(data(n))
        return lambda: estimated(frame, study)

    return prepare


def without(column: str, *rows: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The frame with missing values in a few rows of a column."""
    return lambda frame: frame.assign(**{column: frame[column].where(~frame.index.isin(rows))})


def repeated(*rows: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """The frame with a few rows once more at its end."""
    return lambda frame: pd.concat([frame, frame.iloc[list(rows)]], ignore_index=True)


def found(estimate: causal.Estimate, code: str) -> bi.Finding:
    return next(finding for finding in estimate.findings if finding.code == code)


# -------------------------------------------------------------------------------------- panels


def units_with_gaps_are_left_out() -> None:
    rows = panel(200, treated=6)
    gone = rows.drop(index=[13, 157])  # one of a treated unit, one of another
    answer = estimated(gone, DID)
    assert found(answer, "gaps").sentence.startswith("2 of 200 pairs of unit and time have no")
    whole = estimated(rows[~rows["unit"].isin([1, 15])], DID)
    np.testing.assert_array_equal(answer.draws, whole.draws)


def donors_with_gaps_are_left_out() -> None:
    rows = one_treated(200)
    answer = estimated(rows.drop(index=[157]), SYNTHETIC)
    assert found(answer, "donors-with-gaps").evidence["left_out"] == 1
    whole = estimated(rows[rows["unit"] != 15], SYNTHETIC)
    np.testing.assert_allclose(answer.draws, whole.draws)


def nobody_untreated_is_compared_with_those_not_yet() -> None:
    rows = panel(200, treated=20)
    since = np.where(rows["unit"] < 10, 2004, 2007)
    rows = rows.assign(since=since, y=rows["y"] - rows["d"] + (rows["year"] >= since))
    answer = estimated(rows, DID)
    assert found(answer, "no-never-treated").severity == "warning"
    not_yet = causal.DifferenceInDifferences(
        "y", "unit", "year", first_treated="since", controls="not yet"
    )
    np.testing.assert_array_equal(answer.draws, estimated(rows, not_yet).draws)


UNITS: tuple[Row, ...] = (
    *(
        Refused(
            100,
            f"two rows of one unit and time, {name}",
            asked(data, study, repeated(5, 19)),
            bi.DataError,
            "duplicate-unit-times",
            names="unit",
            count=2,
            column="unit",
            rows=(5, 60),
        )
        for name, data, study in (
            ("in a panel", panel, DID),
            ("of a synthetic control", one_treated, SYNTHETIC),
        )
    ),
    Refused(
        100,
        "two rows of one time in a series",
        asked(series, INTERRUPTED, repeated(5)),
        bi.DataError,
        "duplicate-times",
        names="year",
        count=2,
        column="year",
        rows=(5, 60),
    ),
    Handled(
        101,
        "gaps in a panel",
        "units with gaps are left out, counted in a warning",
        units_with_gaps_are_left_out,
    ),
    Handled(
        101,
        "gaps of donors",
        "donors with gaps are left out, counted in a warning",
        donors_with_gaps_are_left_out,
    ),
    Refused(
        101,
        "gaps of the treated unit",
        asked(one_treated, SYNTHETIC, lambda f: f.drop(index=[3, 4])),
        bi.DataError,
        "gaps-in-treated",
        names="y",
        count=2,
        column="y",
    ),
    *(
        Refused(
            102,
            f"rows without {what}",
            asked(panel, study, without(column, 7, 9)),
            bi.DataError,
            code,
            names=column,
            count=2,
            column=column,
            rows=(7, 9),
        )
        for what, column, study, code in (
            ("a unit", "unit", DID, "missing-labels"),
            ("a time", "year", DID, "missing-labels"),
            ("a mark of treatment", "d", MARKED, "missing-treatment"),
        )
    ),
    Handled(
        103,
        "no unit that is never treated",
        "compared with units not yet treated, with a warning",
        nobody_untreated_is_compared_with_those_not_yet,
    ),
    Refused(
        103,
        "all units treated at once",
        asked(panel, DID, lambda f: f.assign(since=BEGINS)),
        bi.DataError,
        "nobody-to-compare",
        names="since",
        count=6,
        column="since",
    ),
    Refused(
        103,
        "nobody treated",
        asked(panel, DID, lambda f: f.assign(since=0)),
        bi.DataError,
        "nobody-treated",
        names="since",
        count=6,
        column="since",
    ),
    Refused(
        104,
        "a treatment that ends",
        asked(panel, MARKED, lambda f: f.assign(d=f["d"].where(f.index != 18, 0))),
        bi.DataError,
        "treatment-switches-off",
        names="d",
        count=1,
        column="d",
        rows=(18,),
    ),
    Refused(
        104,
        "a first treated time that varies",
        asked(panel, DID, lambda f: f.assign(since=f["since"].where(f.index != 7, 2008))),
        bi.DataError,
        "first-treated-varies",
        names="since",
        count=2,
        column="since",
        rows=(7,),
    ),
)

# ------------------------------------------------------------------------------------- cutoffs


def few_distinct_scores_are_told() -> None:
    rows = scores(400)
    rows["score"] = np.floor(rows["score"] / 10) * 10
    answer = estimated(rows, CUTOFF)
    told = found(answer, "distinct-values")
    assert told.severity == "warning"
    assert abs(answer.draws.mean() - 1) < 4 * answer.draws.std()


def rows_above(kept: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """All rows below the cutoff, and a few above."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        above = frame.index[frame["score"] >= 50]
        return frame.drop(index=above[kept:])

    return change


CUTOFFS: tuple[Row, ...] = (
    Refused(
        105,
        "a cutoff outside the data",
        asked(scores, causal.RegressionDiscontinuity("y", "score", 500.0), lambda f: f),
        bi.DataError,
        "cutoff-outside",
        names="score",
        count=60,
        column="score",
    ),
    Refused(
        105,
        "three rows on one side",
        asked(scores, CUTOFF, rows_above(3)),
        bi.DataError,
        "too-few-near-cutoff",
        names="score",
        count=3,
        column="score",
    ),
    Refused(
        105,
        "a window without rows",
        asked(
            scores, causal.RegressionDiscontinuity("y", "score", 50.0, bandwidth=1e-9), lambda f: f
        ),
        bi.DataError,
        "too-few-near-cutoff",
        names="score",
        count=0,
        column="score",
    ),
    Refused(
        106,
        "two distinct scores on each side",
        asked(scores, CUTOFF, lambda f: f.assign(score=np.floor(f["score"] / 25) * 25)),
        bi.DataError,
        "too-few-near-cutoff",
        names="score",
        count=2,
        column="score",
    ),
    Handled(
        106,
        "ten distinct scores",
        "answered, with a warning",
        few_distinct_scores_are_told,
    ),
    Refused(
        106,
        "scores as text",
        asked(scores, CUTOFF, lambda f: f.assign(score=f["score"].astype(str))),
        bi.DataError,
        "not-numbers",
        names="score",
        count=60,
        column="score",
    ),
    Refused(
        106,
        "infinite scores",
        asked(scores, CUTOFF, lambda f: f.assign(score=f["score"].where(f.index > 1, np.inf))),
        bi.DataError,
        "infinite-values",
        names="score",
        count=2,
        column="score",
        rows=(0, 1),
    ),
)

# --------------------------------------------------------------------------------- instruments


def weak_instruments_give_no_answer() -> None:
    rows = doses(200, strength=0.0)
    answer = estimated(rows, INSTRUMENT)
    assert "withheld" in answer.sentence()
    weak = found(answer, "weak-instrument")
    assert weak.severity == "bad"
    # The Anderson-Rubin set has no ends where the first stage's F is below its 95% quantile, 3.89.
    slope = np.corrcoef(rows["z"], rows["dose"])[0, 1]
    f = slope**2 / (1 - slope**2) * 198
    assert f < 3.89
    assert "unbounded" in weak.sentence and f"F = {f:.2f}" in weak.sentence


INSTRUMENTS: tuple[Row, ...] = (
    Handled(
        107,
        "an instrument that moves nothing",
        "no answer: withheld, with F and the Anderson-Rubin set",
        weak_instruments_give_no_answer,
    ),
    Refused(
        107,
        "an instrument with one value",
        asked(doses, INSTRUMENT, lambda f: f.assign(z=1.0)),
        bi.DataError,
        "constant-instrument",
        names="z",
        count=60,
        column="z",
    ),
    Refused(
        107,
        "an instrument that is the treatment",
        asked(doses, INSTRUMENT, lambda f: f.assign(z=2 * f["dose"])),
        bi.DataError,
        "instrument-is-treatment",
        names="z",
        count=60,
        column="z",
    ),
    Refused(
        107,
        "an instrument that a covariate repeats",
        asked(doses, causal.Instrument("y", "dose", ("z",), ("age",)), lambda f: f.assign(z=f.age)),
        bi.DataError,
        "no-instrument",
        names="z",
        count=60,
        column="z",
    ),
)

# ------------------------------------------------------------------------ before the treatment

BEFORE: tuple[Row, ...] = (
    *(
        Refused(
            108,
            f"no time before the treatment, {name}",
            asked(data, study, change),
            bi.DataError,
            code,
            names=column,
            count=count,
            column=column,
        )
        for name, data, study, change, code, column, count in (
            (
                "in a panel",
                panel,
                DID,
                lambda f: f.assign(since=np.where(f["unit"] < 2, 2000, 0)),
                "nobody-before-treatment",
                "since",
                2,
            ),
            (
                "of a synthetic control",
                one_treated,
                causal.SyntheticControl("y", "unit", "year", treated=0, begins=2000),
                lambda f: f,
                "begins-outside",
                "year",
                10,
            ),
            (
                "in a series",
                series,
                causal.InterruptedSeries("y", "year", begins=0),
                lambda f: f,
                "begins-outside",
                "year",
                60,
            ),
        )
    ),
    Refused(
        108,
        "two times before the treatment",
        asked(
            one_treated,
            causal.SyntheticControl("y", "unit", "year", treated=0, begins=2002),
            lambda f: f,
        ),
        bi.DataError,
        "few-times-before",
        names="year",
        count=2,
        column="year",
    ),
    Refused(
        108,
        "one donor",
        asked(one_treated, SYNTHETIC, lambda f: f[f["unit"] < 2]),
        bi.DataError,
        "no-donors",
        names="y",
        count=1,
        column="unit",
    ),
    Refused(
        108,
        "a treated unit that is not there",
        asked(
            one_treated,
            causal.SyntheticControl("y", "unit", "year", treated="x", begins=BEGINS),
            lambda f: f,
        ),
        bi.DataError,
        "unknown-treated-unit",
        names="x",
        count=6,
        column="unit",
    ),
    Refused(
        108,
        "a panel with one time",
        asked(panel, DID, lambda f: f[f["year"] == 2003]),
        bi.DataError,
        "one-time",
        names="year",
        count=6,
        column="year",
    ),
    Refused(
        108,
        "a series that does not move before the intervention",
        asked(series, INTERRUPTED, lambda f: f.assign(y=f["y"].where(f["year"] >= 40, 1.0))),
        bi.DataError,
        "constant-series",
        names="y",
        count=40,
        column="y",
    ),
)

PANELS: tuple[Row, ...] = (*UNITS, *CUTOFFS, *INSTRUMENTS, *BEFORE)
