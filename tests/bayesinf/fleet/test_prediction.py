"""Rows are predicted by the posterior of their group, in the order in which they came."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi


@pytest.fixture(scope="module")
def fits(stores: pd.DataFrame) -> bi.Fits:
    frame = stores.assign(x=stores["x"].where(stores["store"] != "b"))
    return bi.fit_many("bought ~ x", frame, by="store", family="bernoulli", seed=1)


@pytest.mark.parametrize("kind", ["response", "mean", "linear"])
def test_each_row_is_predicted_as_by_its_own_fit(fits, stores, kind) -> None:
    rows = stores[stores["store"].isin(["a", "c", "f"])].head(20)
    found = fits.predict(rows, kind=kind, prob=0.8)
    assert found.index.equals(rows.index)
    for group, part in rows.groupby("store"):
        expected = fits[group].predict(part, kind=kind, prob=0.8)
        assert np.allclose(found.loc[part.index], expected, rtol=1e-12)
    said = {"interval_kind": "eti", "interval_prob": 0.8, "kind": kind}
    assert found.attrs == {**said, "outcome": "bought", "extrapolated": {}}


def test_rows_far_outside_all_groups_are_told(fits, stores) -> None:
    rows = stores[stores["store"] == "a"].head(3).assign(x=[2.0, 500.0, 3.0])
    with pytest.warns(bi.ExtrapolationWarning, match=r"'x' lies far outside .* \(row 1\)"):
        found = fits.predict(rows)
    assert found.attrs["extrapolated"] == {"x": [1]}


def test_group_terms_inside_are_predicted_too(stores: pd.DataFrame) -> None:
    frame = stores.assign(half=np.where(stores["store"] < "d", "first", "second"))
    fits = bi.fit_many("paid ~ x + (1 | colour)", frame, by="half", seed=1, draws=200)
    rows = frame.head(6).assign(colour=["red", "blue", "new", "red", "new", "blue"])
    found = fits.predict(rows, kind="mean")
    for half, part in rows.groupby("half"):
        expected = fits[half].predict(part, kind="mean")
        assert np.allclose(found.loc[part.index], expected, rtol=1e-9)
    with pytest.raises(bi.DataError, match="'new'"):
        fits.predict(rows, new_groups="error")


def test_groups_of_another_type_are_told(stores: pd.DataFrame) -> None:
    frame = stores.assign(store=stores["store"].map(ord))
    fits = bi.fit_many("paid ~ x", frame[frame["store"] < 99], by="store", seed=1, draws=200)
    says = r"store='97' \(rows 0, 1\). The group 97 is a number, and '97' is text"
    with pytest.raises(bi.DataError, match=says):
        fits.predict({"x": [0.0, 1.0], "store": ["97", "97"]})


@pytest.mark.parametrize(
    ("store", "words"),
    [
        ("g", "There is no model of store='g'"),
        ("b", "'b' has no posterior"),
        (None, "'store' is missing in row 1"),
    ],
)
def test_rows_of_other_groups_are_refused(fits: bi.Fits, store: str | None, words: str) -> None:
    with pytest.raises(bi.DataError, match=words):
        fits.predict({"x": [0.0, 1.0], "store": ["a", store]})
