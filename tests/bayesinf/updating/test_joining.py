"""Tables and designs under each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.data.table import Table
from bayesinf.posterior.provenance import fingerprint
from bayesinf.updating.joining import join_designs, join_fingerprints, join_tables

NUMBERS = Table.read({"x": [1, 2], "b": [True, False], "t": ["p", "q"]})


def test_columns_keep_their_kind() -> None:
    joined = join_tables(NUMBERS, Table.read({"x": [2.5], "b": [1], "t": ["p"]}))
    assert joined is not None
    assert joined.columns["x"].tolist() == [1.0, 2.0, 2.5]
    assert joined.columns["b"].dtype == bool
    assert joined.columns["t"].tolist() == ["p", "q", "p"]


@pytest.mark.parametrize(
    "other",
    [
        {"x": ["one"], "b": [True], "t": ["p"]},
        {"x": [1], "b": [2], "t": ["p"]},
        {"x": [1], "b": [True], "t": [1]},
    ],
)
def test_columns_of_another_kind_do_not_join(other: dict[str, list[object]]) -> None:
    assert join_tables(NUMBERS, Table.read(other)) is None


def test_a_level_that_was_not_declared_does_not_join() -> None:
    old = Table.read(pd.DataFrame({"g": pd.Categorical(["a", "b"], ["b", "a"])}))
    joined = join_tables(old, Table.read({"g": ["a"]}))
    assert joined is not None
    assert joined.levels["g"] == ("b", "a")
    assert join_tables(old, Table.read({"g": ["c"]})) is None


def test_nothing_joins_with_a_table_that_is_gone() -> None:
    assert join_tables(None, NUMBERS) is None


def test_joined_designs_are_the_design_of_all_rows() -> None:
    frame = bi.examples.sleepstudy().assign(w=1.0, n=20)
    frame["k"] = frame["Days"] + 3
    asked = "k | trials(n) + weights(w) ~ bs(Days, df=4) + (1 + Days | Subject)"
    whole = bi.model(asked, frame, family="binomial")
    old, new = whole.on(frame[:100]).design, whole.on(frame[100:]).design
    joined = join_designs(old, new)
    assert fingerprint(joined) == fingerprint(whole.design)
    assert join_fingerprints("x", joined, new) == fingerprint(whole.design)
    np.testing.assert_array_equal(joined.rows.known.trials, whole.design.rows.known.trials)
    assert joined.rows.groups[0].levels == whole.design.rows.groups[0].levels


def test_fingerprints_without_rows_still_depend_on_both_sides() -> None:
    frame = bi.examples.sleepstudy()
    model = bi.model("Reaction ~ Days", frame)
    new, other = model.on(frame[:5]).design, model.on(frame[5:10]).design
    gone = join_designs(join_designs(new, other), new)
    assert gone.table is not None
    lost = join_designs(bi.Model(new, model.family, model.priors).design, new)
    assert lost.missing.n_after == 10
    from dataclasses import replace

    empty = join_designs(replace(new, table=None), other)
    found = {
        join_fingerprints(before, empty, rows) for before in ("a", "b") for rows in (new, other)
    }
    assert len(found) == 4


def test_rows_are_numbered_on_from_the_old_ones_as_they_were_read() -> None:
    old = pd.DataFrame({"x": [1.0, 2.0, 4.0, 3.0], "y": [1.0, np.nan, 3.0, 5.0]})
    new = pd.DataFrame({"x": [np.nan, 2.0, 1.0], "y": [1.0, 2.0, 4.0]})
    first = bi.model("y ~ x", old)
    joined = join_designs(first.design, first.on(new).design)
    assert joined.table is not None
    assert joined.table.as_read(range(5)) == [0, 2, 3, 5, 6]
    complete = join_designs(bi.model("y ~ x", old.dropna()).design, first.on(new[1:]).design)
    assert complete.table is not None
    assert complete.table.positions is None
