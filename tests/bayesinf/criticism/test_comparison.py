from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.criticism.comparison import compare, model_names, stacking_weights
from bayesinf.criticism.loo import loo
from bayesinf.errors import ModelError


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    made = pd.DataFrame({"x": rng.normal(size=90), "z": rng.normal(size=90)})
    made["y"] = 0.4 * made["x"] + 0.3 * made["z"] + rng.normal(size=90)
    made["k"] = rng.poisson(3.0, 90)
    return made


@pytest.fixture(scope="module")
def fits(frame: pd.DataFrame) -> list[bi.Fit]:
    return [bi.fit(f"y ~ {right}", frame, seed=1) for right in ("1", "x", "z", "x + z")]


def test_the_table_equals_arviz(fits: list[bi.Fit]) -> None:
    import arviz_stats

    ours = bi.compare(*fits)
    theirs = arviz_stats.compare(
        {
            fit.model.formula.text: arviz_stats.loo(fit.draws, pointwise=True, reff=1.0)
            for fit in fits
        },
        round_to="none",
    )
    assert list(ours.index) == list(theirs.index)
    assert ours["rank"].tolist() == [1, 2, 3, 4]
    scale = np.sqrt(90 / 89)
    assert np.allclose(ours["elpd"], theirs["elpd"].astype(float))
    assert np.allclose(ours["elpd_diff"], theirs["elpd_diff"].astype(float))
    assert np.allclose(ours["diff_se"], theirs["dse"].astype(float) * scale)
    assert np.allclose(ours["p"], theirs["p"].astype(float))
    assert np.allclose(ours["weight"], theirs["weight"].astype(float), atol=0.01)


def test_stacking_finds_the_best_mixture() -> None:
    rng = np.random.default_rng(6)
    pointwise = rng.normal(-1000, 1, (200, 2))  # far below what exp can represent
    weight = stacking_weights(pointwise)
    grid = np.linspace(0, 1, 2001)
    shifted = np.exp(pointwise - pointwise.max(axis=1, keepdims=True))
    score = [np.log(shifted @ [w, 1 - w]).sum() for w in grid]
    assert weight[0] == pytest.approx(grid[int(np.argmax(score))], abs=1e-3)
    assert weight.sum() == pytest.approx(1.0)


def test_a_model_beside_itself_shares_nothing_new(fits: list[bi.Fit]) -> None:
    table = compare(fits[3].posterior, fits[3].posterior)
    assert table["elpd_diff"].tolist() == [0.0, 0.0]
    assert table["weight"].sum() == pytest.approx(1.0)
    assert len(set(table.index)) == 2


def test_bad_rows_are_counted() -> None:
    frame = bi.examples.sleepstudy()
    fits = [
        bi.fit(f"Reaction ~ Days + ({right} | Subject)", frame, seed=1) for right in ("Days", "1")
    ]
    table = bi.compare(*fits)
    for fit in fits:
        assert table.loc[fit.model.formula.text, "bad_k"] == loo(fit.posterior).bad_k


def refusal(*fits: bi.Fit) -> bi.ModelError:
    with pytest.raises(bi.ModelError) as caught:
        bi.compare(*fits)
    return caught.value


def test_what_cannot_be_compared_is_refused(frame: pd.DataFrame, fits: list[bi.Fit]) -> None:
    first = fits[0]
    assert refusal(first).code == "too-few-models"
    shorter = refusal(first, bi.fit("y ~ x", frame.head(80), seed=1))
    assert shorter.code == "other-rows" and "90 and 80 rows" in str(shorter)
    other = refusal(first, bi.fit("x ~ z", frame, seed=1))
    assert other.code == "other-outcomes" and "different outcomes" in str(other)
    density = bi.fit("k ~ x", frame, seed=1)
    mass = refusal(density, bi.fit("k ~ x", frame, "poisson", seed=1))
    assert mass.code == "other-outcomes" and "different units" in str(mass)


def test_rows_left_out_are_compared_and_not_only_counted() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame({"y": rng.integers(0, 2, 60), "a": rng.normal(size=60)})
    data["b"], data.loc[[3, 4], "y"] = rng.normal(size=60), 0
    data.loc[3, "a"], data.loc[4, "b"] = np.nan, np.nan
    one, two = (bi.fit(f"y ~ {x}", data, "bernoulli", seed=1) for x in "ab")
    assert refusal(one, two).code == "other-rows"
    with pytest.raises(bi.ModelError, match="left out different rows"):
        one.kfold(3, seed=1).compare(two.kfold(3, seed=1))
    complete = bi.fit("y ~ a", data.drop(index=3), "bernoulli", seed=1)
    assert len(bi.compare(one, complete)) == 2  # the same rows, though of other frames


def test_equal_formulas_are_told_apart(frame: pd.DataFrame) -> None:
    pair = [bi.fit("k ~ x", frame, family, seed=1) for family in ("poisson", "negative_binomial")]
    names = model_names(tuple(fit.posterior for fit in pair))
    assert names == ["k ~ x, poisson", "k ~ x, negative_binomial"]


def test_what_is_no_fit_is_a_sentence(fits: list[bi.Fit]) -> None:
    with pytest.raises(ModelError, match="'int' is none"):
        compare(fits[0].posterior, 3)  # type: ignore[arg-type]
