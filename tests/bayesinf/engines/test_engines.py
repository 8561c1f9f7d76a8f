"""Engines against closed forms, in any clone; references from elsewhere are in tests/reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from tests.conftest import within


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    n = 25
    x = rng.normal(3, 2, n)
    return pd.DataFrame(
        {
            "x": x,
            "z": rng.normal(size=n),
            "y": 5 + 0.8 * x + rng.normal(size=n),
            "w": rng.uniform(0.5, 2, n),
            "b": (rng.random(n) < 0.6).astype(int),
        }
    )


FLAT = {"Intercept": bi.Flat(), "coefficients": bi.Flat(), "sigma": bi.FlatPositive()}


@pytest.mark.parametrize("engine", ["conjugate", "laplace"])
def test_flat_priors_give_a_student_posterior(engine: str, frame: pd.DataFrame) -> None:
    """With p(b, sigma) flat, b is multivariate t with n - p - 1 degrees of freedom."""
    fit = bi.fit("y ~ x + z", frame, priors=FLAT, engine=engine, draws=40_000, seed=1)
    columns = np.column_stack([np.ones(25), frame["x"], frame["z"]])
    least = np.linalg.lstsq(columns, frame["y"].to_numpy())[0]
    rest = frame["y"] - columns @ least
    df = 25 - 3 - 1
    variance = (rest @ rest) / df * np.linalg.inv(columns.T @ columns) * df / (df - 2)
    table = fit.summary().iloc[:3]
    within(table["mean"], least, table["mcse"])
    sd = np.sqrt(np.diag(variance))
    within(table["sd"], sd, 1.5 * sd / np.sqrt(2 * table["ess_tail"]))


def test_weights_are_powers_of_the_likelihood(frame: pd.DataFrame) -> None:
    """Whole weights are repeated rows, in the statistics themselves."""
    counts = np.resize([1, 2, 3], 25)
    weighted = bi.fit("y | weights(c) ~ 0 + x", frame.assign(c=counts), priors={"x": bi.Flat()})
    repeated = bi.fit(
        "y ~ 0 + x", frame.loc[np.repeat(frame.index, counts)], priors=weighted.priors
    )
    one, other = weighted.posterior.state, repeated.posterior.state
    assert one.weight == other.weight
    assert np.allclose(one.gram, other.gram, rtol=1e-12)
    assert one.square == pytest.approx(other.square, rel=1e-12)


def test_known_errors_give_precision_weighting(frame: pd.DataFrame) -> None:
    fit = bi.fit("y | se(w) ~ 1", frame, priors={"Intercept": bi.Flat()}, draws=20_000, seed=1)
    precision = 1 / frame["w"] ** 2
    row = fit.summary().loc["Intercept"]
    within(row["mean"], np.average(frame["y"], weights=precision), row["mcse"])
    assert row["sd"] == pytest.approx(precision.sum() ** -0.5, rel=0.03)
    assert "sigma" not in fit.summary().index


def test_one_proportion_is_beta_like(frame: pd.DataFrame) -> None:
    """An intercept-only logit with a wide prior against its density on a grid."""
    fit = bi.fit("b ~ 1", frame, "bernoulli", draws=40_000, seed=1)
    grid = np.linspace(-8, 8, 20_001)
    successes = frame["b"].sum()
    log_density = successes * grid - 25 * np.logaddexp(0, grid) - 0.5 * (grid / 2.5) ** 2
    density = np.exp(log_density - log_density.max())
    density /= density.sum()
    row = fit.summary().loc["Intercept"]
    mean = density @ grid
    within(row["mean"], mean, row["mcse"])
    assert row["sd"] == pytest.approx(np.sqrt(density @ (grid - mean) ** 2), rel=0.03)


def test_flat_priors_with_too_few_rows_are_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(bi.SamplingError, match="improper"):
        bi.fit("y ~ x", frame.head(2), priors=FLAT)


def test_an_exact_fit_is_a_finding_not_a_crash(frame: pd.DataFrame) -> None:
    fit = bi.fit("y ~ x", frame.assign(y=2 * frame["x"] + 1), seed=1)
    assert fit.summary().loc["x", "mean"] == pytest.approx(2.0, abs=1e-6)
    assert [finding.code for finding in fit.verdict.of("warning")] == ["exact-fit"]


@pytest.mark.parametrize("shift", [0.0, 1e9])
def test_large_levels_lose_no_digits(shift: float, frame: pd.DataFrame) -> None:
    moved = frame.assign(y=frame["y"] + shift)
    fit = bi.fit("y ~ x", moved, seed=1, priors={"sigma": bi.HalfNormal(5), "x": bi.Normal(0, 3)})
    base = bi.fit("y ~ x", frame, seed=1, priors={"sigma": bi.HalfNormal(5), "x": bi.Normal(0, 3)})
    for name in ("x", "sigma"):
        assert fit.summary().loc[name, "mean"] == pytest.approx(
            base.summary().loc[name, "mean"], abs=1e-5
        )


def test_the_first_engine_that_does_not_refuse_runs(frame: pd.DataFrame) -> None:
    grouped = frame.assign(g=np.resize(list("abcde"), 25))
    expected = {
        ("y ~ x", "gaussian"): "conjugate",
        ("y ~ x + (x | g)", "gaussian"): "marginal",
        ("b ~ x", "bernoulli"): "laplace",
        ("b ~ x + (1 | g)", "bernoulli"): "nuts",
        ("y ~ x", "student_t"): "laplace",
    }
    for (formula, family), engine in expected.items():
        model = bi.model(formula, grouped, family)
        explanation = bi.Auto().explain(model)
        assert [c.engine for c in explanation.choices if c.chosen] == [engine]
        assert all(len(choice.reason.split()) > 3 for choice in explanation.choices)
