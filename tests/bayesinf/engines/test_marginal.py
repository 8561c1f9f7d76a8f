"""The marginal engine: several group terms, costly models, and what it must refuse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.engines.marginal import Marginal, crossed_starting_points, starting_points
from bayesinf.model.crossed import rows as crossed
from bayesinf.model.crossed.rows import crossed_rows
from bayesinf.model.marginal import marginal_evidence, marginal_signature
from bayesinf.numerics.certified import AFFORDABLE, Request, predicted_seconds
from bayesinf.numerics.random import Streams
from tests.conftest import within


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    n, a, b = 240, rng.integers(12, size=240), rng.integers(8, size=240)
    x = rng.normal(size=n)
    return pd.DataFrame(
        {
            "x": x,
            "a": [f"a{k}" for k in a],
            "b": [f"b{k}" for k in b],
            "y": 2
            + x
            + rng.normal(size=12)[a]
            + 0.4 * x * rng.normal(size=12)[a]
            + 0.6 * rng.normal(size=8)[b]
            + rng.normal(size=n),
        }
    )


def moments(fit: bi.Fit) -> tuple[pd.Series, pd.Series]:
    table = fit.summary(group_effects=True)
    return table["mean"], table["mcse"]


@pytest.mark.slow
def test_crossed_slopes_agree_with_nuts(frame: pd.DataFrame) -> None:
    formula = "y ~ x + (x | a) + (1 | b)"
    fit = bi.fit(formula, frame, engine="marginal", seed=1)
    other = bi.fit(formula, frame, engine="nuts", draws=4000, seed=2)
    assert fit.verdict.ok and other.verdict.ok
    (mean, error), (mean2, error2) = moments(fit), moments(other)
    within(mean, mean2[mean.index], np.hypot(error, error2[mean.index]))
    table, table2 = fit.summary(), other.summary()
    spread = table2["sd"] * np.hypot(table["ess_bulk"] ** -0.5, table2["ess_bulk"] ** -0.5)
    within(table["sd"], table2["sd"], 1.5 * spread)


def test_a_surrogate_gives_what_exact_values_give(
    frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    formula = "y ~ x + (1 | a) + (1 | b)"
    exact = bi.fit(formula, frame, engine="marginal", seed=1)
    monkeypatch.setattr(crossed.CrossedRows, "seconds", 1.0)
    costly = bi.fit(formula, frame, engine="marginal", seed=2)
    found = {finding.code: finding for finding in costly.verdict.findings}
    assert found["surrogate"].severity == "good"
    assert found["surrogate"].evidence["bound"] <= 0.05
    assert found["surrogate"].evidence["evaluations"] < 600
    assert "surrogate" not in {finding.code for finding in exact.verdict.findings}
    (mean, error), (mean2, error2) = moments(exact), moments(costly)
    within(mean, mean2[mean.index], np.hypot(error, error2[mean.index]))
    assert (costly.summary()["ess_bulk"] > 1000).all()


def test_conjugate_gradients_and_own_factors_draw_the_same_effects(frame: pd.DataFrame) -> None:
    from bayesinf.model.crossed.draws import draw_crossed

    rows = crossed_rows(bi.model("y ~ x + (x | a) + (1 | b)", frame))
    rng = np.random.default_rng(5)
    middle = crossed_starting_points(rows)[1]
    flat = middle + 0.3 * rng.normal(size=(8000, len(middle)))
    one, other = (draw_crossed(rows, flat, rng, affordable) for affordable in (1e9, 0.0))
    for left, right in zip(
        (one.coefficients, *one.effects), (other.coefficients, *other.effects), strict=True
    ):
        sd = left.std(axis=0)
        within(left.mean(axis=0), right.mean(axis=0), sd * np.sqrt(2 / 8000))
        within(right.std(axis=0), sd, sd * np.sqrt(1.5 / 8000))


def test_radon_has_a_thousand_effective_draws(shared_data) -> None:
    radon = pd.read_csv(shared_data / "bayes" / "radon.csv", comment="#")
    fit = bi.fit("log_radon ~ floor + log_uranium + (1 + floor | county)", radon, seed=1)
    assert fit.posterior.provenance.engine == "marginal"
    assert fit.verdict.ok
    assert fit.summary()[["ess_bulk", "ess_tail"]].to_numpy().min() >= 1000


def test_starts_are_those_of_one_term(frame: pd.DataFrame) -> None:
    model = bi.model("y ~ x + (x | a)", frame)
    one = starting_points(marginal_signature(model), marginal_evidence(model)[0])
    several = crossed_starting_points(crossed_rows(model))
    np.testing.assert_allclose(several[:4], one, rtol=1e-8)
    crossed_starts = crossed_starting_points(crossed_rows(bi.model("y ~ (1|a) + (1|b)", frame)))
    assert len(crossed_starts) == 6, "each term's spread alone large, besides the four"


def test_what_it_refuses(frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Marginal()
    served = bi.model("y ~ x + (1 | a) + (1 | b)", frame)
    assert engine.refuses(served) is None
    assert "no group effects" in (engine.refuses(bi.model("y ~ x", frame)) or "")
    t = bi.model("y ~ (1 | a) + (1 | b)", frame, priors={"Intercept": bi.StudentT(3, 0, 2)})
    assert "neither Normal nor flat" in (engine.refuses(t) or "")
    monkeypatch.setattr(crossed, "LARGEST_BORDER", 9)
    assert "at most 9" in (engine.refuses(served) or "")


def test_costs_are_predicted_from_sizes(frame: pd.DataFrame) -> None:
    rows = crossed_rows(bi.model("y ~ x + (1 | a) + (1 | b)", frame))
    wanted = Request(4, 1000, Streams(1), 100, seconds=rows.seconds)
    assert predicted_seconds(wanted) < AFFORDABLE
    assert predicted_seconds(replace(wanted, seconds=0.015)) > AFFORDABLE


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_do_not_matter(scale: float, frame: pd.DataFrame) -> None:
    formula = "y ~ x + (1 | a) + (1 | b)"
    one = bi.fit(formula, frame, seed=1)
    other = bi.fit(formula, frame.assign(y=scale * frame["y"]), seed=1)
    assert one.posterior.provenance.engine == "marginal" and other.verdict.ok
    errors = np.hypot(one.summary()["mcse"], other.summary()["mcse"] / scale)
    within(other.summary()["mean"] / scale, one.summary()["mean"], errors)


def test_the_shape_of_draws(frame: pd.DataFrame) -> None:
    fit = bi.fit("y ~ 1 + (x | a) + (1 | b)", frame, engine="marginal", draws=80, seed=1)
    draws = fit.posterior.values
    assert draws.coefficients.shape == (4, 20, 1)
    assert [effects.shape for effects in draws.effects] == [(4, 20, 12, 2), (4, 20, 8, 1)]
    assert [sds.shape for sds in draws.sds] == [(4, 20, 2), (4, 20, 1)]
    assert draws.correlations[0].shape == (4, 20, 2, 2)
