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
    with pytest.raises(bi.ModelError, match="improper") as caught:
        bi.fit("y ~ x", frame.head(2), priors=FLAT)
    assert caught.value.code == "improper-posterior"


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
        ("b ~ x + (1 | g)", "bernoulli"): "hmc",
        ("y ~ x", "student_t"): "laplace",
    }
    for (formula, family), engine in expected.items():
        model = bi.model(formula, grouped, family)
        explanation = bi.Auto().explain(model)
        assert [c.engine for c in explanation.choices if c.chosen] == [engine]
        assert all(len(choice.reason.split()) > 3 for choice in explanation.choices)


def test_a_prior_far_from_the_data_is_not_overlooked() -> None:
    """Least squares is a narrow mode; nearly all mass lies at the prior, with a large sigma."""
    y = 30 + 1e-4 * np.random.default_rng(0).normal(size=10)
    priors = {"Intercept": bi.Normal(0, 1), "sigma": bi.HalfNormal(50)}
    fit = bi.fit("y ~ 1", {"y": y}, priors=priors, draws=20_000, seed=1)
    row = fit.summary().loc["Intercept"]
    # Given sigma the posterior is Normal(30 n / (n + sigma^2), 1 / (1 + n / sigma^2)).
    sigma = fit.posterior.values.parameters[..., 0]
    within(row["mean"], np.mean(30 * 10 / (10 + sigma**2)), row["mcse"])
    assert sigma.min() > 5


def test_modes_that_disagree_are_said_to() -> None:
    y = 30 + 1e-4 * np.random.default_rng(0).normal(size=20)
    priors = {"Intercept": bi.Normal(0, 1), "sigma": bi.HalfNormal(50)}
    frame = {"y": y, "g": np.repeat(list("abcde"), 4)}
    fit = bi.fit("y ~ 1 + (1 | g)", frame, priors=priors, draws=1000, seed=1)
    assert not fit.verdict.ok


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_do_not_matter_to_nuts(scale: float) -> None:
    """Crossed groups in other units give the same posterior in those units."""
    rng = np.random.default_rng(5)
    a, b = np.arange(60) % 6, np.arange(60) // 10
    effects = rng.normal(size=6)[a] + rng.normal(size=6)[b]
    frame = pd.DataFrame({"a": [f"a{k}" for k in a], "b": [f"b{k}" for k in b]})
    outcome = 3 + effects + 0.5 * rng.normal(size=60)
    one = bi.fit("y ~ 1 + (1 | a) + (1 | b)", frame.assign(y=outcome), draws=2000, seed=1)
    other = bi.fit("y ~ 1 + (1 | a) + (1 | b)", frame.assign(y=scale * outcome), draws=2000, seed=1)
    assert other.verdict.ok
    errors = np.hypot(one.summary()["mcse"], other.summary()["mcse"] / scale)
    within(other.summary()["mean"] / scale, one.summary()["mean"], errors)


def test_an_engine_value_keeps_its_draws_unless_told_otherwise(frame: pd.DataFrame) -> None:
    assert bi.fit("y ~ x", frame, engine=bi.Conjugate(draws=80)).posterior.values.count == 80
    told = bi.fit("y ~ x", frame, engine=bi.Conjugate(), draws=100)
    assert told.posterior.values.count == 100


@pytest.mark.parametrize("draws", [0, -1, 1.5, "100", True])
def test_draws_are_a_whole_number(draws: object, frame: pd.DataFrame) -> None:
    with pytest.raises(bi.ModelError, match="draws"):
        bi.fit("y ~ x", frame, draws=draws)


def test_a_constant_outcome_is_refused(frame: pd.DataFrame) -> None:
    with pytest.raises(bi.DataError, match="'y' is 1 in all 25 rows"):
        bi.fit("y ~ x", frame.assign(y=1.0))


def test_one_row_gives_a_posterior(frame: pd.DataFrame) -> None:
    fit = bi.fit("y ~ 1", frame.head(1), seed=1)
    assert np.isfinite(fit.summary()[["mean", "sd"]].to_numpy()).all()


def test_a_hundred_columns_are_quick_and_right() -> None:
    """Against least squares with the prior as further rows."""
    rng = np.random.default_rng(2)
    columns = rng.normal(size=(300, 100))
    frame = pd.DataFrame(columns, columns=[f"x{k}" for k in range(100)])
    frame["y"] = columns[:, 0] - columns[:, 1] + rng.normal(size=300)
    formula = "y ~ 0 + " + " + ".join(f"x{k}" for k in range(100))
    fit = bi.fit(formula, frame, priors={"coefficients": bi.Normal(0, 0.1)}, seed=1)
    sigma2 = np.mean(fit.posterior.values.parameters**2)
    ridge = np.linalg.solve(
        columns.T @ columns + sigma2 / 0.01 * np.eye(100), columns.T @ frame["y"]
    )
    assert np.abs(fit.summary()["mean"].to_numpy()[:100] - ridge).max() < 0.02
