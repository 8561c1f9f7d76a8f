"""Tables of a fleet say what its fits say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.fleet.tables import headline

COLUMNS = ["group", "parameter", "mean", "sd", "lower", "upper", "ess", "k_hat", "certified"]


@pytest.fixture(scope="module")
def fits(stores: pd.DataFrame) -> bi.Fits:
    frame = stores.assign(x=stores["x"].where(stores["store"] != "b"))
    return bi.fit_many("bought ~ x", frame, by="store", family="bernoulli", seed=1)


@pytest.mark.parametrize("prob", [None, 0.5])
def test_the_summary_has_the_numbers_of_every_fit(fits: bi.Fits, prob: float | None) -> None:
    table = fits.summary(prob)
    assert list(table.columns) == COLUMNS
    assert len(table) == 5 * 2 and table["certified"].all()
    assert list(table["group"].unique()) == list(fits) == ["a", "c", "d", "e", "f"]
    for group in fits:
        ours = table[table["group"] == group].set_index("parameter")
        theirs = fits[group].summary(prob=prob)
        columns = ["mean", "sd", "lower", "upper"]
        assert np.allclose(ours[columns], theirs[columns], rtol=1e-12)
        assert (ours["ess"] > 0.7 * theirs["ess_bulk"]).all()
    assert table.attrs["interval_prob"] == (0.89 if prob is None else prob)


def test_groups_fitted_by_themselves_are_in_their_place(stores, monkeypatch) -> None:
    from bayesinf.fleet.importance import Importance

    solve = Importance.solve

    def doubting(self, models, streams, draws):
        found = solve(self, models, streams, draws)
        found.doubts[[len(model.design.response) < 50 for model in models]] = "too small"
        return found

    monkeypatch.setattr(Importance, "solve", doubting)
    fits = bi.fit_many("bought ~ x", stores, by="store", family="bernoulli", seed=1)
    alone = [fits.division.groups[place] for place in fits.solved.own]
    assert sorted(alone) == ["b", "c", "e"]
    table = fits.summary()
    assert list(table["group"].unique()) == list("abcdef")
    for group in fits:
        ours = table[table["group"] == group].set_index("parameter")
        assert np.allclose(ours["mean"], fits[group].summary()["mean"], rtol=1e-12)
        assert ours["k_hat"].isna().all() == (group in alone)


def test_verdicts_have_a_line_for_every_group(fits: bi.Fits) -> None:
    table = fits.verdicts()
    assert list(table.index) == list("abcdef") and table.index.name == "store"
    assert table["rows"].tolist() == [120, 0, 5, 200, 33, 64]
    assert table.loc["b", "finding"].startswith("No row is left")
    assert table.loc["b", "engine"] == "" and not table.loc["b", "certified"]
    assert table.drop(index="b")["certified"].all()
    assert (table.drop(index="b")["ess"] > 400).all()
    assert table.attrs["headline"] == headline(fits.division, fits.solved)


def test_the_headline_counts(fits: bi.Fits) -> None:
    assert headline(fits.division, fits.solved) == (
        "6 models of 'bought ~ x' by 'store': 5 certified at once, 1 without a posterior."
    )


def test_whole_numbers_stay_whole_numbers(stores: pd.DataFrame) -> None:
    frame = stores.assign(store=stores["store"].map(ord))
    fits = bi.fit_many("paid ~ x", frame, by="store", seed=1, draws=100)
    assert fits.summary()["group"].dtype == np.int64
    assert list(fits) == [97, 98, 99, 100, 101, 102]


def test_one_group_is_pointed_out(stores: pd.DataFrame) -> None:
    fits = bi.fit_many("paid ~ x", stores.assign(all=1), by="all", seed=1, draws=100)
    assert [finding.code for finding in fits.verdict.of("note")] == ["one-group"]


def test_the_verdict_counts_the_fits_that_need_care() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.repeat(list("abcdefgh"), 30), "x": rng.normal(size=240)})
    frame["y"] = rng.integers(0, 2, 240)
    frame.loc[frame["g"].isin(["c", "e"]), "y"] = 1
    frame.loc[frame["g"] == "h", "x"] = np.nan
    fits = bi.fit_many("y ~ x", frame, by="g", family="bernoulli", seed=1)
    assert fits.verdict.headline == (
        "3 of 8 fits need care: 1 without a posterior, 2 with warnings."
    )
    assert fits.verdict.headline in repr(fits)
    (told,) = [f for f in fits.verdict.findings if f.code == "groups-with-warnings"]
    assert told.sentence.startswith("2 groups ('c', 'e') have warnings: ")
    assert all(any(f.severity == "warning" for f in fits[g].verdict.findings) for g in "ce")
    assert fits.verdict.ok


def test_a_fleet_without_warnings_says_so(stores: pd.DataFrame) -> None:
    large = stores[stores["store"].isin(["a", "d", "f"])]
    fits = bi.fit_many("paid ~ x", large, by="store", seed=1, draws=400)
    assert fits.verdict.headline == "All checks passed."
    for place, group in enumerate(fits):
        assert fits.solved.verdict(place, fits.division[place]) == fits[group].verdict


@pytest.fixture(scope="module")
def many() -> pd.DataFrame:
    """Forty groups of fifty rows, with counts as weights and an outcome of 0 and 1."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"g": np.tile(np.arange(40), 50), "x": rng.normal(60.0, 10.0, 2000)})
    return frame.assign(
        y=0.1 * frame["x"] + rng.normal(size=2000),
        b=rng.integers(0, 2, 2000).astype(float),
        w=rng.integers(800, 1200, 2000),
        half=rng.uniform(300.0, 700.0, 2000),
    )


@pytest.mark.parametrize(
    ("formula", "severity", "code", "says"),
    [
        ("y | weights(w) ~ x", "note", "weights", "so 2,000 rows count as"),
        ("y | weights(half) ~ x", "warning", "weights", "divide them by their mean"),
        ("b ~ x", "note", "two-values", "'b' is 0 or 1 in all 2000 rows"),
    ],
)
def test_the_verdict_says_what_all_rows_say(
    many: pd.DataFrame, formula: str, severity: str, code: str, says: str
) -> None:
    fits = bi.fit_many(formula, many, by="g", draws=1000, seed=1)
    (found,) = [finding for finding in fits.verdict.findings if finding.code == code]
    assert found.severity == severity and says in str(found)
    assert str(found) in repr(fits) and says in str(fits.verdict)


def test_a_code_for_missing_is_sought_in_all_rows(many: pd.DataFrame) -> None:
    rows = [7, 11, *range(100, 2000, 33)]
    frame = many.assign(x=many["x"].where(~many.index.isin(rows), -999.0))
    fits = bi.fit_many("y ~ x", frame, by="g", draws=1000, seed=1)
    (found,) = [finding for finding in fits.verdict.findings if finding.code == "missing-as-number"]
    assert f"'x' is -999 in {len(rows)} rows (rows 7, 11, 100 and" in found.sentence
    assert found.severity == "warning" and fits.verdict.headline != "All checks passed."
    assert "looks like a code for a missing value" in repr(fits)
    plain = bi.fit_many("y ~ x", many, by="g", draws=1000, seed=1)
    assert plain.verdict.headline == "All checks passed."


def test_groups_spelt_in_two_ways_are_told(many: pd.DataFrame) -> None:
    names = np.where(many["g"] == many["g"].iloc[0], "north", "n" + many["g"].astype(str))
    names[np.flatnonzero(names == "north")[::2]] = "North "
    fits = bi.fit_many("y ~ x", many.assign(g=names), by="g", draws=100, seed=1)
    (found,) = [finding for finding in fits.verdict.findings if finding.code == "levels-alike"]
    assert "'North ' and 'north'" in found.sentence
