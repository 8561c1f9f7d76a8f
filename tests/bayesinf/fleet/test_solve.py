"""A fleet's posteriors are those of single fits, whatever else is in the fleet."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.fleet import solve as module
from bayesinf.fleet.importance import Importance
from bayesinf.fleet.solve import DRAWS_EACH, solve_fleet
from bayesinf.numerics.nuts import Progress
from bayesinf.posterior.summary import scalar_draws, summary_frame
from tests.conftest import within

CASES = {
    "bernoulli": ("bought ~ x", {}),
    "poisson": ("visits ~ x + offset(log(w))", {}),
    "gaussian": ("paid | weights(w) ~ x + colour", {}),
    # The default prior of the shape has no mean, so that no sample mean could be compared.
    "negative_binomial": ("visits ~ x", {"shape": bi.Exponential(0.3)}),
}


def many(frame: pd.DataFrame, family: str, **more) -> bi.Fits:
    formula, priors = CASES[family]
    asked = {"family": family, "priors": priors, "seed": 1, **more}
    return bi.fit_many(formula, frame, by="store", **asked)


def assert_agree(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Means and sds of two summaries agree within 4 Monte Carlo errors of each other."""
    within(ours["mean"], theirs["mean"], np.hypot(ours["mcse"], theirs["mcse"]))
    errors = [
        one["sd"] / np.sqrt(np.minimum(one["ess_bulk"], one["ess_tail"]) / 2)
        for one in (ours, theirs)
    ]
    within(ours["sd"], theirs["sd"], np.hypot(*errors))


@pytest.mark.parametrize("family", CASES)
def test_each_fit_is_the_single_fit_of_its_rows(stores: pd.DataFrame, family: str) -> None:
    fits = many(stores, family)
    assert fits.verdict.ok and len(fits) == 6
    for group in "a" if family == "negative_binomial" else "ace":
        single = bi.fit(fits[group].model, seed=2)
        assert dict(single.priors) == dict(fits.priors)
        assert_agree(fits[group].summary(), single.summary())


def test_filling_up_does_not_matter(stores: pd.DataFrame) -> None:
    """Five rows filled up to 224, beside the largest store, and to 8, alone."""
    model = bi.model("bought ~ x", stores, "bernoulli")
    together = bi.fit_many(model, stores, by="store", seed=1)
    alone = bi.fit_many(model, stores[stores["store"] == "c"], by="store", seed=1)
    for ours, theirs in zip(draws_of(together, "c"), draws_of(alone, "c"), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-8, atol=1e-10)


def draws_of(fits: bi.Fits, group: str) -> tuple[np.ndarray, np.ndarray]:
    values = fits[group].posterior.values
    return values.coefficients, values.parameters


@pytest.mark.parametrize("family", ["bernoulli", "gaussian"])
def test_the_seed_and_the_group_alone_decide_the_draws(stores: pd.DataFrame, family: str) -> None:
    model = bi.model(CASES[family][0], stores, family)
    some = stores[stores["store"].isin(["b", "e", "f"])].sample(frac=1, random_state=1)
    first, second, other = (
        bi.fit_many(model, frame, by="store", seed=seed)
        for frame, seed in ((stores, 1), (some.sort_index(), 1), (stores, 2))
    )
    for group in ("b", "e", "f"):
        ours, theirs = draws_of(first, group)[0], draws_of(second, group)[0]
        assert np.allclose(ours, theirs, rtol=1e-8, atol=1e-10)
        assert not np.allclose(ours, draws_of(other, group)[0], rtol=1e-3)
    assert not np.allclose(draws_of(first, "b")[0], draws_of(first, "e")[0], rtol=1e-3)
    again = bi.fit_many(model, stores, by="store", seed=1)
    assert np.array_equal(draws_of(first, "a")[0], draws_of(again, "a")[0])


def test_a_separable_group_has_a_posterior_and_a_warning(stores: pd.DataFrame) -> None:
    inside = stores["store"] == "e"
    bought = stores["bought"].where(~inside, (stores["x"] > 2).astype(int))
    fits = many(stores.assign(bought=bought), "bernoulli")
    assert fits.verdict.ok
    assert [finding.code for finding in fits["e"].verdict.of("warning")] == ["separation"]
    assert_agree(fits["e"].summary(), bi.fit(fits["e"].model, seed=2).summary())


def test_outcomes_all_alike_and_columns_that_stand_still_are_pointed_out(stores) -> None:
    inside = stores["store"] == "e"
    frame = stores.assign(
        bought=stores["bought"].where(~inside, 1), colour=stores["colour"].where(~inside, "red")
    )
    fits = bi.fit_many("bought ~ x + colour", frame, by="store", family="bernoulli", seed=1)
    codes = {finding.code for finding in fits["e"].verdict.findings}
    assert {"one-sided-outcome", "still-columns"} <= codes
    assert "one-sided-outcome" not in {f.code for f in fits["a"].verdict.findings}
    # Nothing but its prior is known of the red stores' difference from the blue ones.
    prior, found = fits.priors["colour[T.red]"], fits["e"].summary().loc["colour[T.red]"]
    assert found["mean"] > 0, "all outcomes are 1, so what is there may be large"
    assert 0.5 < found["sd"] / prior.sd < 1.5


def test_a_group_that_is_not_certified_is_fitted_again_and_says_so(
    stores: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bayesinf.numerics.fleet import certified

    monkeypatch.setattr(certified, "K_HAT_LIMIT", -5.0)
    fits = many(stores[stores["store"].isin(["b", "c"])], "bernoulli")
    assert len(fits.solved.own) == 2 and fits.verdict.ok
    again = fits["b"].verdict.of("note")[0]
    assert again.code == "fitted-again"
    assert "k-hat" in again.sentence and "by the engine 'laplace'" in again.sentence
    assert fits["b"].explain().choices[0].engine == "conjugate", "the table of a fit by itself"
    assert "2 fitted again by laplace" in repr(fits)
    monkeypatch.undo()
    assert_agree(fits["b"].summary(), many(stores, "bernoulli")["b"].summary())


def test_groups_that_cannot_be_fitted_do_not_stop_the_others(stores: pd.DataFrame) -> None:
    frame = stores.assign(
        paid=stores["paid"].where(stores["store"] != "b", 7.0),
        x=stores["x"].where(stores["store"] != "c"),
    )
    fits = bi.fit_many("paid ~ x", frame, by="store", seed=1)
    assert list(fits) == ["a", "d", "e", "f"]
    assert "is 7 in all 40 rows" in fits.refused["b"]
    assert fits.refused["c"] == "No row is left. 5 of 5 rows were dropped: 5 miss 'x'."
    assert [f.code for f in fits.verdict.of("warning")] == ["groups-without-posterior"]


def test_models_with_group_terms_are_fitted_one_after_another(stores: pd.DataFrame) -> None:
    frame = stores.assign(half=np.where(stores["store"] < "d", "first", "second"))
    fits = bi.fit_many("paid ~ x + (1 | store)", frame, by="half", seed=1)
    assert {fits[half].posterior.provenance.engine for half in fits} == {"marginal"}
    first = fits["first"].model
    assert_agree(fits["first"].summary(), bi.fit(first, seed=2).summary())
    assert "2 fitted one after another by marginal" in repr(fits)


def test_draws_are_counted_and_asked_for(stores: pd.DataFrame) -> None:
    assert many(stores, "bernoulli")["a"].posterior.values.shape == (4, DRAWS_EACH // 4)
    assert many(stores, "gaussian", draws=50)["a"].posterior.values.shape == (4, 13)
    with pytest.raises(bi.ModelError, match="draws=0 is not a whole number"):
        many(stores, "gaussian", draws=0)


def test_too_large_a_fleet_is_refused_before_it_starts(stores, monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_NUMBERS", 6 * 2 * 500)
    with pytest.raises(bi.SamplingError, match=r"1,000 draws of 2 unknowns in 6 models") as caught:
        many(stores, "bernoulli")
    assert caught.value.hint == "Ask for fewer draws: draws=500."


def test_progress_counts_models_to_the_end(stores: pd.DataFrame) -> None:
    seen: list[Progress] = []
    fits = many(stores, "gaussian")
    solve_fleet(fits.division, list("abcdef"), bi.Streams(1), 100, seen.append)
    assert [progress.done for progress in seen][-1] == 6
    assert all(progress.total == 6 for progress in seen)


def test_an_interrupt_keeps_what_is_done(stores, monkeypatch: pytest.MonkeyPatch) -> None:
    solve, calls = Importance.solve, []

    def interrupted(self, models, streams, draws):
        calls.append(len(models))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return solve(self, models, streams, draws)

    monkeypatch.setattr(module, "LARGEST_STRETCH", 2)
    monkeypatch.setattr(module, "cores", lambda: 1)
    monkeypatch.setattr(Importance, "solve", interrupted)
    fits = many(stores, "bernoulli")
    # The stretches are sorted by size: the smallest two stores come first.
    assert set(fits) <= {"c", "e", "a", "b", "f", "d"} and 0 < len(fits) < 6
    assert all("interrupted before its turn" in why for why in fits.refused.values())
    calls[:] = [0]
    monkeypatch.setattr(module, "LARGEST_STRETCH", 6)
    with pytest.raises(bi.SamplingError, match="interrupted before the first model"):
        many(stores, "bernoulli")


def test_the_summary_reads_the_same_draws(stores: pd.DataFrame) -> None:
    fit = many(stores, "bernoulli")["a"]
    direct = summary_frame(*scalar_draws(fit.model, fit.posterior.values))
    assert direct.equals(fit.summary())
