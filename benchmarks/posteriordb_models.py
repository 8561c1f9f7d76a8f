"""The models of posteriordb's reference posteriors: formulas where one says it, else NumPyro.

Written from the descriptions in the reference's own papers and documentation. Names of unknowns are
those of the reference draws, whose `beta[1]` is `beta[0]` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpyro
import numpyro.distributions as dist
from numpyro.distributions import constraints

import bayesinf as bi

type Data = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """A posterior as a formula; coefficients stand in the reference's order.

    Attributes:
        formula: Over the columns of `prepare`.
        priors: As the reference has them.
        prepare: From the reference's data to columns.
    """

    formula: str
    priors: Callable[[Data], dict[str, bi.priors.Prior]]
    prepare: Callable[[Data], Data]

    def fit(self, data: Data, **settings: Any) -> bi.Fit:
        return bi.fit(self.formula, self.prepare(data), priors=self.priors(data), **settings)

    def names(self, reference: list[str], fit: bi.Fit) -> dict[str, str]:
        return dict(zip(reference, fit.summary().index, strict=True))


@dataclass(frozen=True)
class ByHand:
    """A posterior as a NumPyro model whose sites have the reference's names.

    Attributes:
        model: The model.
        arguments: From the reference's data to those of the model.
    """

    model: Callable[..., None]
    arguments: Callable[[Data], Data]

    def fit(self, data: Data, **settings: Any) -> bi.Fit:
        return bi.fit(self.model, data=self.arguments(data), **settings)

    def names(self, reference: list[str], fit: bi.Fit) -> dict[str, str]:
        del fit
        return {name: _counted_from_zero(name) for name in reference}


def _counted_from_zero(name: str) -> str:
    site, bracket, place = name.partition("[")
    return f"{site}[{int(place[:-1]) - 1}]" if bracket else site


# ------------------------------------------------------------------------------- linear regressions


def flat(data: Data) -> dict[str, Any]:
    del data
    return {"Intercept": bi.Flat(), "coefficients": bi.Flat(), "sigma": bi.FlatPositive()}


def flat_with_cauchy(data: Data) -> dict[str, Any]:
    return {**flat(data), "sigma": bi.HalfCauchy(2.5)}


def columns(data: Data) -> Data:
    """The arrays of the data; what is a single number is none of them."""
    return {name: values for name, values in data.items() if np.ndim(values) == 1}


def regression(formula: str, priors: Callable[[Data], dict[str, Any]] = flat) -> Written:
    return Written(formula, priors, columns)


def centred_children(data: Data) -> Data:
    hs, iq = data["mom_hs"] - 0.5, data["mom_iq"] - 100
    return {"kid_score": data["kid_score"], "hs": hs, "iq": iq}


def scaled_children(data: Data) -> Data:
    """Gelman's z scores: two standard deviations are one unit."""
    return {
        "kid_score": data["kid_score"],
        **{
            short: (data[name] - data[name].mean()) / (2 * data[name].std(ddof=1))
            for short, name in (("hs", "mom_hs"), ("iq", "mom_iq"))
        },
    }


def shrubs(data: Data) -> Data:
    return {
        **columns(data),
        "volume": np.log(data["diam1"] * data["diam2"] * data["canopy_height"]),
        "area": np.log(data["diam1"] * data["diam2"]),
        "shape": np.log(data["diam1"] / data["diam2"]),
    }


def with_constant(data: Data) -> Data:
    """The reference's prior is on the intercept at zero, so the constant is a column here."""
    return {**columns(data), "constant": np.ones(len(data["y"]))}


def kilpisjarvi_priors(data: Data) -> dict[str, Any]:
    return {
        "constant": bi.Normal(data["pmualpha"], data["psalpha"]),
        "x": bi.Normal(data["pmubeta"], data["psbeta"]),
        "sigma": bi.FlatPositive(),
    }


def five_columns(data: Data) -> Data:
    return {"y": data["y"], **{f"x{k}": data["X"][:, k - 1] for k in range(1, 6)}}


def ridge(data: Data) -> dict[str, Any]:
    del data
    return {"coefficients": bi.Normal(0, 10), "sigma": bi.HalfNormal(10)}


VOTERS = "partyid7 ~ real_ideo + race_adj + C(age_discrete) + educ1 + gender + income"

REGRESSIONS = {
    "earnings-earn_height": regression("earn ~ height"),
    "earnings-log10earn_height": regression("log10(earn) ~ height"),
    "earnings-logearn_height": regression("log(earn) ~ height"),
    "earnings-logearn_height_male": regression("log(earn) ~ height + male"),
    "earnings-logearn_interaction": regression("log(earn) ~ height * male"),
    "earnings-logearn_interaction_z": regression("log(earn) ~ scale(height) * male"),
    "kidiq-kidscore_interaction": regression("kid_score ~ mom_hs * mom_iq", flat_with_cauchy),
    "kidiq-kidscore_momhs": regression("kid_score ~ mom_hs", flat_with_cauchy),
    "kidiq-kidscore_momhsiq": regression("kid_score ~ mom_hs + mom_iq", flat_with_cauchy),
    "kidiq-kidscore_momiq": regression("kid_score ~ mom_iq", flat_with_cauchy),
    "kidiq_with_mom_work-kidscore_interaction_c2": Written(
        "kid_score ~ hs * iq", flat, centred_children
    ),
    "kidiq_with_mom_work-kidscore_interaction_z": Written(
        "kid_score ~ hs * iq", flat, scaled_children
    ),
    "kilpisjarvi_mod-kilpisjarvi": Written(
        "y ~ 0 + constant + x", kilpisjarvi_priors, with_constant
    ),
    "mesquite-logmesquite": regression(
        "log(weight) ~ log(diam1) + log(diam2) + log(canopy_height) + log(total_height)"
        " + log(density) + group"
    ),
    "mesquite-logmesquite_logva": Written("log(weight) ~ volume + area + group", flat, shrubs),
    "mesquite-logmesquite_logvas": Written(
        "log(weight) ~ volume + area + shape + log(total_height) + log(density) + group",
        flat,
        shrubs,
    ),
    "mesquite-logmesquite_logvolume": Written("log(weight) ~ volume", flat, shrubs),
    "mesquite-mesquite": regression(
        "weight ~ diam1 + diam2 + canopy_height + total_height + density + group"
    ),
    **{f"nes{year}-nes": regression(VOTERS) for year in (1972, 1976, 1980, 1988, 1992, 2000)},
    "sblrc-blr": Written("y ~ 0 + x1 + x2 + x3 + x4 + x5", ridge, five_columns),
}


# ------------------------------------------------------------------------------------- hierarchies


def eight_schools_centered(J: int, sigma: Any, y: Any = None) -> None:
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("school", J):
        theta = numpyro.sample("theta", dist.Normal(mu, tau))
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)


def eight_schools_noncentered(J: int, sigma: Any, y: Any = None) -> None:
    mu = numpyro.sample("mu", dist.Normal(0, 5))
    tau = numpyro.sample("tau", dist.HalfCauchy(5))
    with numpyro.plate("school", J):
        z = numpyro.sample("z", dist.Normal(0, 1))
        theta = numpyro.deterministic("theta", mu + tau * z)
        numpyro.sample("y", dist.Normal(theta, sigma), obs=y)


# ------------------------------------------------------------------------------------- time series


def autoregression(lags: Any, y: Any = None) -> None:
    alpha = numpyro.sample("alpha", dist.Normal(0, 10))
    beta = numpyro.sample("beta", dist.Normal(0, 10).expand([lags.shape[1]]).to_event(1))
    sigma = numpyro.sample("sigma", dist.HalfCauchy(2.5))
    with numpyro.plate("time", len(lags)):
        numpyro.sample("y", dist.Normal(alpha + lags @ beta, sigma), obs=y)


def lagged(data: Data) -> Data:
    y, order = data["y"], data["K"]
    lags = [y[order - k : len(y) - k] for k in range(1, order + 1)]
    return {"lags": np.stack(lags, axis=1), "y": y[order:]}


def garch(y: Any, first: float) -> None:
    mu = numpyro.sample("mu", flat_on(constraints.real))
    alpha0 = numpyro.sample("alpha0", flat_on(constraints.positive))
    alpha1 = numpyro.sample("alpha1", dist.Uniform(0, 1))
    # Flat below its bound, which moves: a uniform density would bring in the bound's reciprocal.
    beta1 = numpyro.sample("beta1", flat_on(constraints.interval(0.0, 1 - alpha1)))

    def step(variance: Any, before: Any) -> tuple[Any, Any]:
        after = alpha0 + alpha1 * (before - mu) ** 2 + beta1 * variance
        return after, after

    _, later = jax.lax.scan(step, first**2, y[:-1])
    variances = jnp.concatenate([jnp.reshape(first**2, 1), later])
    with numpyro.plate("time", len(y)):
        numpyro.sample("y", dist.Normal(mu, jnp.sqrt(variances)), obs=y)


def flat_on(support: Any, shape: tuple[int, ...] = ()) -> dist.Distribution:
    return dist.ImproperUniform(support, (), shape)


# ----------------------------------------------------------------------------- hidden Markov models


def forward(log_transition: Any, log_emission: Any) -> Any:
    """The log likelihood with the states summed out; both states weigh one at the start."""

    def step(before: Any, emitted: Any) -> tuple[Any, None]:
        return jax.nn.logsumexp(before[:, None] + log_transition, axis=0) + emitted, None

    last, _ = jax.lax.scan(step, log_emission[0], log_emission[1:])
    return jax.nn.logsumexp(last)


def transitions(concentration: Any) -> Any:
    rows = [numpyro.sample(f"theta{k + 1}", dist.Dirichlet(concentration[k])) for k in range(2)]
    return jnp.log(jnp.stack(rows))


def rising_pair(name: str, low: float, high: float) -> Any:
    """Two positive numbers in rising order, each with a normal prior of sd 1."""
    pair = numpyro.sample(name, flat_on(constraints.positive_ordered_vector, (2,)))
    numpyro.factor(f"{name}_prior", dist.Normal(jnp.array([low, high]), 1.0).log_prob(pair).sum())
    return pair


def hidden_normals(y: Any) -> None:
    mu = rising_pair("mu", 3.0, 10.0)
    log_transition = transitions(jnp.ones((2, 2)))
    emission = dist.Normal(mu, 1.0).log_prob(y[:, None])
    numpyro.factor("outcomes", forward(log_transition, emission))


def hidden_drives(u: Any, v: Any, alpha: Any) -> None:
    phi, rate = rising_pair("phi", 0.0, 3.0), rising_pair("lambda", 0.0, 3.0)
    log_transition = transitions(alpha)
    emission = dist.Exponential(phi).log_prob(u[:, None])
    emission += dist.Exponential(rate).log_prob(v[:, None])
    numpyro.factor("outcomes", forward(log_transition, emission))


# ------------------------------------------------------------------------------- Gaussian processes


def gaussian_process(x: Any, y: Any = None) -> None:
    rho = numpyro.sample("rho", dist.Gamma(25, 4))
    alpha = numpyro.sample("alpha", dist.HalfNormal(2))
    sigma = numpyro.sample("sigma", dist.HalfNormal(1))
    covariance = alpha**2 * jnp.exp(-0.5 * ((x[:, None] - x) / rho) ** 2)
    noisy = covariance + sigma * jnp.eye(len(x))
    numpyro.sample("y", dist.MultivariateNormal(jnp.zeros(len(x)), noisy), obs=y)


def two_smooth_curves(basis: Any, roots: Any, noise_basis: Any, noise_roots: Any, y: Any) -> None:
    """Mean and log sd are Gaussian processes in a Hilbert-space basis, as brms writes them."""
    level = numpyro.sample("Intercept", dist.StudentT(3, -13, 36))
    mean = level + curve("1", basis, roots)
    log_level = numpyro.sample("Intercept_sigma", dist.StudentT(3, 0, 10))
    log_sd = log_level + curve("sigma_1", noise_basis, noise_roots)
    with numpyro.plate("row", len(y)):
        numpyro.sample("y", dist.Normal(mean, jnp.exp(log_sd)), obs=y)


def curve(label: str, basis: Any, roots: Any) -> Any:
    """A squared exponential process; `roots` are the square roots of the basis' eigenvalues."""
    spread = numpyro.sample(f"sdgp_{label}", half_student(3, 36.0))
    scale = numpyro.sample(f"lscale_{label}", dist.InverseGamma(1.124909, 0.0177))
    z = numpyro.sample(f"zgp_{label}", dist.Normal(0, 1).expand([basis.shape[1]]).to_event(1))
    roots = jnp.ravel(roots)
    # The root of the spectral density, written so that it underflows without infinite slopes.
    weight = spread * (2 * jnp.pi) ** 0.25 * jnp.sqrt(scale)
    return basis @ (weight * jnp.exp(-0.25 * (scale * roots) ** 2) * z)


def half_student(freedom: float, scale: float) -> dist.Distribution:
    return dist.FoldedDistribution(dist.StudentT(freedom, 0.0, scale))


# --------------------------------------------------------------------------- differential equations


def solve(field: Callable[[Any, Any], Any], start: Any, begin: Any, times: Any, steps: int) -> Any:
    """States at the times, by the classical Runge-Kutta rule with equal steps between them."""

    def between(state: tuple[Any, Any], end: Any) -> tuple[tuple[Any, Any], Any]:
        before, now = state
        length = (end - now) / steps

        def step(z: Any, k: Any) -> tuple[Any, None]:
            t = now + k * length
            first = field(t, z)
            second = field(t + length / 2, z + length / 2 * first)
            third = field(t + length / 2, z + length / 2 * second)
            fourth = field(t + length, z + length * third)
            return z + length / 6 * (first + 2 * second + 2 * third + fourth), None

        after, _ = jax.lax.scan(step, before, jnp.arange(steps))
        return (after, end), after

    times = jnp.asarray(times, dtype=float)
    return jax.lax.scan(between, (start, jnp.asarray(begin, dtype=float)), times)[1]


def predators(ts: Any, y_init: Any, y: Any = None) -> None:
    place, width = jnp.array([1, 0.05, 1, 0.05]), jnp.array([0.5, 0.05, 0.5, 0.05])
    theta = numpyro.sample("theta", dist.TruncatedNormal(place, width, low=0.0).to_event(1))
    sigma = numpyro.sample("sigma", dist.LogNormal(-1, 1).expand([2]).to_event(1))
    start = numpyro.sample("z_init", dist.LogNormal(jnp.log(10.0), 1).expand([2]).to_event(1))

    def field(t: Any, z: Any) -> Any:
        del t
        return jnp.array([(theta[0] - theta[1] * z[1]) * z[0], (theta[3] * z[0] - theta[2]) * z[1]])

    states = solve(field, start, 0.0, ts, steps=40)
    numpyro.sample("y_init", dist.LogNormal(jnp.log(start), sigma), obs=y_init)
    numpyro.sample("y", dist.LogNormal(jnp.log(states), sigma), obs=y)


def absorption(times: Any, begin: Any, dose: Any, volume: Any, C_hat: Any = None) -> None:
    """One compartment, absorption of first order, elimination by Michaelis and Menten."""
    k_a = numpyro.sample("k_a", dist.HalfCauchy(1))
    K_m = numpyro.sample("K_m", dist.HalfCauchy(1))
    V_m = numpyro.sample("V_m", dist.HalfCauchy(1))
    sigma = numpyro.sample("sigma", dist.HalfCauchy(1))

    def field(t: Any, c: Any) -> Any:
        return jnp.exp(-k_a * t) * dose * k_a / volume - V_m / volume * c / (K_m + c)

    level = solve(field, jnp.zeros(()), begin, times, steps=100)
    with numpyro.plate("time", len(times)):
        numpyro.sample("C_hat", dist.LogNormal(jnp.log(level), sigma), obs=C_hat)


def chosen(**arguments: str) -> Callable[[Data], Data]:
    """Takes arguments out of the data, by the names that they have there."""
    return lambda data: {name: data[theirs] for name, theirs in arguments.items()}


HAND_WRITTEN = {
    "arK-arK": ByHand(autoregression, lagged),
    "bball_drive_event_0-hmm_drive_0": ByHand(hidden_drives, chosen(u="u", v="v", alpha="alpha")),
    "eight_schools-eight_schools_centered": ByHand(
        eight_schools_centered, chosen(J="J", sigma="sigma", y="y")
    ),
    "eight_schools-eight_schools_noncentered": ByHand(
        eight_schools_noncentered, chosen(J="J", sigma="sigma", y="y")
    ),
    "garch-garch11": ByHand(garch, chosen(y="y", first="sigma1")),
    "gp_pois_regr-gp_regr": ByHand(gaussian_process, chosen(x="x", y="y")),
    "hmm_example-hmm_example": ByHand(hidden_normals, chosen(y="y")),
    "hudson_lynx_hare-lotka_volterra": ByHand(predators, chosen(ts="ts", y_init="y_init", y="y")),
    "mcycle_gp-accel_gp": ByHand(
        two_smooth_curves,
        chosen(
            basis="Xgp_1",
            roots="slambda_1",
            noise_basis="Xgp_sigma_1",
            noise_roots="slambda_sigma_1",
            y="Y",
        ),
    ),
    "one_comp_mm_elim_abs-one_comp_mm_elim_abs": ByHand(
        absorption, chosen(times="times", begin="t0", dose="D", volume="V", C_hat="C_hat")
    ),
}

MODELS: dict[str, Written | ByHand] = {**REGRESSIONS, **HAND_WRITTEN}

REASONS = {
    "one_comp_mm_elim_abs-one_comp_mm_elim_abs": (
        "in the tail the data know only the ratio of V_m and K_m, so that with half-Cauchy priors "
        "the density of each falls like its third power, and no standard deviation exists; the "
        "reference's is that of its own largest draws."
    ),
}
"""Why a posterior cannot be matched, where that has been found out."""
