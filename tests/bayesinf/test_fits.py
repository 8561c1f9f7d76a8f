"""The notebook face of a fleet: a mapping from group to fit, and what it prints."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    frame = bi.examples.sleepstudy()
    broken = frame["Subject"].astype(str) == "330"
    return frame.assign(Days=frame["Days"].astype(float).where(~broken))


@pytest.fixture(scope="module")
def fits(frame: pd.DataFrame) -> bi.Fits:
    return bi.fit_many("Reaction ~ Days", frame, by="Subject", seed=1)


def test_it_is_a_mapping_of_the_groups_that_have_a_fit(fits: bi.Fits) -> None:
    assert len(fits) == len(list(fits)) == 17
    assert "308" in fits and "330" not in fits and 308 not in fits and [] not in fits
    assert {type(fit) for fit in fits.values()} == {bi.Fit}
    assert [group for group, _ in fits.items()] == list(fits.keys())
    assert fits.get("330") is None and fits.get("none", 1) == 1
    assert fits.get("308").model.design.response.shape == (10,)


def test_a_fit_of_a_group_can_do_what_a_fit_can(fits: bi.Fits, tmp_path) -> None:
    fit = fits["309"]
    assert fit.verdict.ok and fit.explain().choices[0].engine == "conjugate"
    assert fit.predict().shape == (10, 4)
    assert fit.comparisons("Days").draws.shape[-1] == 1
    assert fit.check().loo.total == 10
    assert "bi.Conjugate(draws=1000)" in fit.report().to_markdown()
    fit.save(tmp_path / "fit")
    loaded = bi.load(tmp_path / "fit")
    assert loaded.summary().equals(fit.summary())
    more = fit.update({"Reaction": [250.0], "Days": [12.0]})
    assert more.posterior.provenance.history[0] == "'309', one of 18 models fitted together"


def test_a_group_can_be_fitted_again_from_its_seed(fits: bi.Fits) -> None:
    fit = fits["309"]
    again = bi.fit(fit.model, draws=1000, seed=fit.posterior.provenance.seed)
    error = np.hypot(fit.summary()["mcse"], again.summary()["mcse"])
    assert (np.abs(fit.summary()["mean"] - again.summary()["mean"]) < 4 * error).all()


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("330", "The group '330' has no posterior: No row is left. 10 of 10 rows were dropped"),
        ("38", "There is no group '38' in 'Subject'. Did you mean '308'"),
        (308, r"no group 308 in 'Subject'. The group '308' is text.\n  Write fits\['308'\]"),
        ("x", "Give one of the 18 groups: '308', '309', '310', '330', '331', ..."),
    ],
)
def test_other_groups_are_refused_in_a_sentence(fits: bi.Fits, group, words: str) -> None:
    with pytest.raises(bi.DataError, match=words):
        fits[group]


def test_it_says_what_it_is(fits: bi.Fits) -> None:
    text = repr(fits)
    assert text.startswith("18 models of 'Reaction ~ Days' by 'Subject': 17 certified at once, ")
    assert "10 of 180 rows were dropped: 10 miss 'Days'." in text
    assert text.count("Normal(0, ") == 1, "priors are shown once"
    assert "... and 39 lines more: summary()" in text
    page = fits._repr_html_()
    assert "priors of every model" in page and page.count("<table") == 2


def test_models_and_draws_are_checked_as_in_a_single_fit(frame: pd.DataFrame) -> None:
    model = bi.model("Reaction ~ Days", frame)
    with pytest.raises(bi.ModelError, match="has 3 priors already"):
        bi.fit_many(model, frame, by="Subject", priors={"Days": bi.Normal(0, 1)})
    with pytest.raises(bi.ModelError, match="takes a formula or a value"):
        bi.fit_many(lambda: None, frame, by="Subject")  # pyright: ignore[reportArgumentType]
    with pytest.raises(bi.DataError, match="missing"):
        bi.fit_many(model, frame, by="Subject", missing="error")


def test_a_given_model_keeps_its_priors(frame: pd.DataFrame) -> None:
    model = bi.model("Reaction ~ Days", frame, priors={"Days": bi.Normal(0, 0.01)})
    fits = bi.fit_many(model, frame[frame["Days"] < 5], by="Subject", seed=1)
    assert dict(fits.priors) == dict(model.priors)
    assert abs(fits["308"].summary().loc["Days", "mean"]) < 0.01


def test_a_text_outcome_says_which_level_counts_as_1() -> None:
    k = np.arange(120)
    frame = pd.DataFrame({"o": np.where(k % 3 == 0, "control", "case"), "x": k % 7, "g": k % 2})
    fits = bi.fit_many("o ~ x", frame, by="g", family="bernoulli", draws=200, seed=1)
    assert "in every model o = control counts as 1" in repr(fits)
    assert "o = control counts as 1" in fits._repr_html_()
