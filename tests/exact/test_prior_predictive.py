"""What priors imply, before any data, against closed forms: no calibration would see their scale.

A simulation from priors of the wrong scale is calibrated as well as one from the right ones, so the
default priors are written out here from the columns, and so is what they say about outcomes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayesinf as bi
from bayesinf.criticism.simulation import Simulations, simulate
from bayesinf.family import Family
from benchmarks.densities import EVERY_FAMILY
from tests.conftest import within

COUNT = 2000
OUTCOMES = {
    "gaussian": "y",
    "student_t": "y",
    "bernoulli": "b",
    "binomial": "k | trials(t)",
    "poisson": "c",
    "negative_binomial": "c",
}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 30
    return pd.DataFrame(
        {
            "x": rng.normal(50.0, 4.0, n),
            "f": rng.permutation(np.repeat(["u", "v", "w"], n // 3)),
            "g": rng.permutation(np.repeat(list("abcdef"), n // 6)),
            "o": np.linspace(-4.0, 4.0, n) + 1.0,
            "y": rng.normal(7.0, 3.0, n),
            "b": rng.integers(0, 2, n),
            "t": rng.integers(1, 5, n),
            "c": rng.poisson(3.0, n),
        }
    ).assign(k=lambda d: np.minimum(d["c"], d["t"]))


def of(frame: pd.DataFrame, family: Family, right: str, **given: object) -> bi.Model:
    return bi.model(f"{OUTCOMES[family.name]} ~ {right}", frame, family, **given)  # type: ignore[arg-type]


def scales(frame: pd.DataFrame, family: Family) -> tuple[float, float]:
    """The centre and the scale of the linear predictor that defaults are stated in."""
    if family.link.name != "identity":
        return -float(frame["o"].mean()), 1.0
    outcome = frame["y"] - frame["o"]
    return float(outcome.mean()), float(outcome.std(ddof=1))


def centred(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns but the intercept, less their means."""
    columns = {"x": frame["x"], "f[T.v]": frame["f"] == "v", "f[T.w]": frame["f"] == "w"}
    arrays = {name: column.to_numpy(dtype=float) for name, column in columns.items()}
    return {name: column - column.mean() for name, column in arrays.items()}


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=repr)
def test_default_priors_are_what_the_documentation_states(frame, family) -> None:
    priors = of(frame, family, "x + f + offset(o) + (x | g)").priors
    centre, scale = scales(frame, family)
    expected: dict[str, bi.Prior] = {"Intercept": bi.Normal(centre, 2.5 * scale)}
    for name, column in centred(frame).items():
        expected[name] = bi.Normal(0.0, 2.5 * scale / column.std(ddof=1))
    spread = frame["x"].std(ddof=1)
    expected["sd:g:Intercept"] = bi.HalfStudentT(3.0, 2.5 * scale)
    expected["sd:g:x"] = bi.HalfStudentT(3.0, 2.5 * scale / spread)
    expected["cor:g"] = bi.LKJ(1.0)
    outcome = frame["y"] - frame["o"] if family.link.name == "identity" else frame["y"]
    sigma = bi.HalfStudentT(3.0, float(outcome.std(ddof=1)))
    expected |= {
        "gaussian": {"sigma": sigma},
        "student_t": {"sigma": sigma, "nu": bi.Gamma(2.0, 0.1)},
        "negative_binomial": {"shape": bi.InverseGamma(0.4, 0.3)},
    }.get(family.name, {})
    assert set(priors) == set(expected)
    for name, prior in expected.items():
        assert type(priors[name]) is type(prior)
        numbers = [list(vars(one).values()) for one in (priors[name], prior)]
        np.testing.assert_allclose(*numbers, rtol=1e-12)


def moments(frame: pd.DataFrame, model: bi.Model) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of each row's linear predictor under Normal priors, without groups."""
    priors = [model.priors[name] for name in ("Intercept", *centred(frame))]
    matrix = np.column_stack([np.ones(len(frame)), *centred(frame).values()])
    mean = matrix @ [prior.mean for prior in priors]
    return mean + frame["o"].to_numpy(), matrix**2 @ [prior.sd**2 for prior in priors]


def predictors(frame: pd.DataFrame, drawn: Simulations) -> np.ndarray:
    """Each simulation's linear predictor, from coefficients of the columns as they are."""
    columns = centred(frame)
    matrix = np.column_stack([np.ones(len(frame)), frame["x"], *list(columns.values())[1:]])
    shift = np.array([0.0, 0.0, (frame["f"] == "v").mean(), (frame["f"] == "w").mean()])
    return drawn.parameters.coefficients[0] @ (matrix + shift).T + frame["o"].to_numpy()


def check_predictor(frame: pd.DataFrame, stated: bi.Model, used: bi.Model) -> None:
    """Simulates from one model and compares with what the other states."""
    drawn = simulate(used, bi.Streams(5), COUNT)
    eta = predictors(frame, drawn)
    mean, variance = moments(frame, stated)
    within(eta.mean(axis=0), mean, np.sqrt(variance / COUNT))
    within(eta.var(axis=0), variance, variance * np.sqrt(2.0 / COUNT))


@pytest.mark.parametrize("name", ["gaussian", "poisson"])
def test_the_linear_predictor_has_the_stated_moments(frame, name) -> None:
    family = bi.families.named(name)
    model = of(frame, family, "x + f + offset(o)")
    check_predictor(frame, model, model)


def test_a_prior_of_a_slightly_wrong_scale_is_noticed(frame) -> None:
    family = bi.families.named("gaussian")
    stated = of(frame, family, "x + f + offset(o)")
    narrow = bi.Normal(0.0, 0.8 * stated.priors["x"].sd)
    wrong = of(frame, family, "x + f + offset(o)", priors={"x": narrow})
    with pytest.raises(AssertionError, match="standard errors"):
        check_predictor(frame, stated, wrong)


GRID = (np.arange(400) + 0.5) / 400


def parameter_grid(model: bi.Model) -> list[dict[str, float]]:
    """Values of the family's parameters that are equally likely under their priors."""
    few = (np.arange(40) + 0.5) / 40
    sigma = {}
    if "sigma" in model.priors:
        prior = model.priors["sigma"]
        sigma["sigma"] = stats.t.ppf(0.5 + 0.5 * few, prior.df, 0.0, prior.scale)
    if "nu" in model.priors:
        gamma = stats.gamma(2.0, scale=10.0)
        nus = gamma.ppf(gamma.cdf(1.0) + gamma.sf(1.0) * few)
        return [{"sigma": s, "nu": nu} for s in sigma["sigma"] for nu in nus[::4]]
    if "shape" in model.priors:
        return [{"shape": r} for r in stats.invgamma.ppf(GRID, 0.4, scale=0.3)]
    return [{"sigma": s} for s in sigma.get("sigma", [np.nan])]


def at_most(
    family: Family, y: float, eta: np.ndarray, trials: float, at: dict[str, float]
) -> np.ndarray:
    """The chance of an outcome of at most y, by scipy.stats."""
    if family.name in ("bernoulli", "binomial"):
        kinds = {"logit": stats.logistic, "probit": stats.norm, "cloglog": stats.gumbel_l}
        n = trials if family.name == "binomial" else 1
        return stats.binom.cdf(y, n, kinds[family.link.name].cdf(eta))
    mu = eta if family.link.name == "identity" else np.exp(np.minimum(eta, 300.0))
    if family.name == "gaussian":
        return stats.norm.cdf(y, mu, at["sigma"])
    if family.name == "student_t":
        return stats.t.cdf(y, at["nu"], mu, at["sigma"])
    if family.name == "poisson":
        return stats.poisson.cdf(y, mu)
    return stats.nbinom.cdf(y, at["shape"], at["shape"] / (at["shape"] + mu))


@pytest.mark.parametrize("family", EVERY_FAMILY, ids=repr)
def test_outcomes_have_the_chances_that_default_priors_state(frame, family) -> None:
    """With the density of the predictor in closed form, and sums over the priors of the rest."""
    model = of(frame, family, "x + f + offset(o)")
    drawn = simulate(model, bi.Streams(6), COUNT)
    mean, variance = moments(frame, model)
    for row in (0, 7, 22, 29):
        thresholds = (-5.0, 15.0) if OUTCOMES[family.name] == "y" else (0.0, 2.0)
        for y in thresholds:
            eta = stats.norm.ppf(GRID, mean[row], np.sqrt(variance[row]))
            trials = float(frame["t"][row])
            chance = np.mean(
                [at_most(family, y, eta, trials, at).mean() for at in parameter_grid(model)]
            )
            if 0.002 < chance < 0.998:
                found = np.mean(drawn.responses[:, row] <= y)
                within(found, chance, np.sqrt(chance * (1.0 - chance) / COUNT))


def test_spreads_of_groups_and_outcomes_in_closed_form(frame) -> None:
    """Given priors: E[sd^2] is s^2 for a half-normal, 2 / rate^2 for an exponential one."""
    priors = {
        "Intercept": bi.Normal(1.0, 2.0),
        "x": bi.Normal(0.1, 0.05),
        "sigma": bi.HalfNormal(1.5),
        "sd:g:Intercept": bi.HalfNormal(0.7),
        "sd:g:x": bi.Exponential(20.0),
        "cor:g": bi.LKJ(2.0),
    }
    model = bi.model("y ~ x + (x | g)", frame, priors=priors)
    drawn = simulate(model, bi.Streams(7), 2 * COUNT)
    x = frame["x"].to_numpy()
    far = x - x.mean()
    mean = 1.0 + 0.1 * far
    variance = 4.0 + 0.05**2 * far**2 + 0.7**2 + x**2 * 2.0 / 20.0**2 + 1.5**2
    outcome = drawn.responses
    within(outcome.mean(axis=0), mean, np.sqrt(variance / len(outcome)))
    squares = (outcome - mean) ** 2
    within(squares.mean(axis=0), variance, squares.std(axis=0) / np.sqrt(len(outcome)))


@pytest.mark.parametrize(("effects", "concentration"), [("x", 0.7), ("x", 2.5), ("x + o", 2.0)])
def test_correlations_have_the_stated_variance(frame, effects, concentration) -> None:
    """One of q effects' correlations is a Beta on (-1, 1), of variance 1 / (2 c + q - 1)."""
    model = bi.model(f"y ~ x + ({effects} | g)", frame, priors={"cor:g": bi.LKJ(concentration)})
    matrices = simulate(model, bi.Streams(8), COUNT).parameters.correlations[0][0]
    q = matrices.shape[-1]
    own = matrices[:, *np.tril_indices(q, -1)]
    variance = 1.0 / (2.0 * concentration + q - 1.0)
    within(own.mean(axis=0), 0.0, np.sqrt(variance / COUNT))
    within((own**2).mean(axis=0), variance, (own**2).std(axis=0) / np.sqrt(COUNT))
