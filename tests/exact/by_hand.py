"""Log posterior densities written out by hand with scipy.stats, from the columns of a frame.

Nothing of the library is used but the priors as a model states them: columns, contrasts, centring,
the flat vector and its Jacobian are written again from the documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
from scipy import special, stats

import bayesinf as bi

Columns = dict[str, np.ndarray]


@cache
def frame() -> pd.DataFrame:
    """36 rows with every kind of column: six levels of `g`, four of `h`, each family's outcome."""
    n, rng = 36, np.random.default_rng(12)
    x, e = rng.normal(2.0, 1.0, n), rng.uniform(0.5, 3.0, n)
    t = rng.integers(1, 9, n)
    return pd.DataFrame(
        {
            "x": x,
            "z": rng.normal(size=n),
            "f": rng.permutation(np.repeat(["u", "v", "w"], n // 3)),
            "g": rng.permutation(np.repeat(list("abcdef"), n // 6)),
            "h": rng.permutation(np.repeat(list("klmn"), n // 4)),
            "w": rng.uniform(0.3, 3.0, n),
            "e": e,
            "s": rng.uniform(0.5, 2.0, n),
            "t": t,
            "k": rng.binomial(t, 0.4),
            "y": rng.normal(1.0, 2.0, n),
            "b": rng.integers(0, 2, n),
            "c": rng.poisson(3.0 * e),
        }
    )


@dataclass(frozen=True)
class Group:
    """One group term: its labels, its columns by name, and whether they are correlated."""

    labels: Callable[[pd.DataFrame], list[str]]
    columns: Callable[[pd.DataFrame], Columns]
    correlated: bool = True


@dataclass(frozen=True)
class Shape:
    """One right-hand side, as text and written out.

    Attributes:
        text: As the library reads it.
        columns: The population columns by name, uncentred.
        groups: The group terms, in order.
        offset: What is added to the predictor.
        response: What follows the outcome, such as `weights(w)`.
    """

    text: str
    columns: Callable[[pd.DataFrame], Columns]
    groups: tuple[Group, ...] = ()
    offset: Callable[[pd.DataFrame], np.ndarray] = field(default=lambda d: np.zeros(len(d)))
    response: str = ""

    def model(self, outcome: str, family: object, **given: object) -> bi.Model:
        """The library's model of the shape."""
        extras = [part for part in ("trials(t)" if outcome == "k" else "", self.response) if part]
        left = f"{outcome} | {' + '.join(extras)}" if extras else outcome
        return bi.model(f"{left} ~ {self.text}", frame(), family, **given)  # type: ignore[arg-type]


def _ones(d: pd.DataFrame) -> np.ndarray:
    return np.ones(len(d))


def _line(d: pd.DataFrame) -> Columns:
    return {"Intercept": _ones(d), "x": d["x"].to_numpy()}


def _is(d: pd.DataFrame, level: str) -> np.ndarray:
    return (d["f"] == level).to_numpy(dtype=float)


def _by(column: str) -> Callable[[pd.DataFrame], list[str]]:
    return lambda d: d[column].tolist()


def _intercept(d: pd.DataFrame) -> Columns:
    return {"Intercept": _ones(d)}


SHAPES: Mapping[str, Shape] = {
    "numbers": Shape("x + z", lambda d: _line(d) | {"z": d["z"].to_numpy()}),
    "interaction": Shape(
        "x * f",
        lambda d: (
            _line(d)
            | {f"f[T.{k}]": _is(d, k) for k in "vw"}
            | {f"x:f[T.{k}]": _is(d, k) * d["x"].to_numpy() for k in "vw"}
        ),
    ),
    "no intercept": Shape(
        "0 + f + x", lambda d: {f"f[{k}]": _is(d, k) for k in "uvw"} | {"x": d["x"].to_numpy()}
    ),
    "offset and weights": Shape(
        "x + offset(log(e))", _line, offset=lambda d: np.log(d["e"].to_numpy()),
        response="weights(w)",
    ),
    "groups": Shape("x + (1 | g)", _line, (Group(_by("g"), _intercept),)),
    "slopes": Shape("x + (x | g)", _line, (Group(_by("g"), _line),)),
    "independent slopes": Shape("x + (x || g)", _line, (Group(_by("g"), _line, False),)),
    "three effects": Shape(
        "x + (x + z | g)",
        _line,
        (Group(_by("g"), lambda d: _line(d) | {"z": d["z"].to_numpy()}),),
    ),
    "crossed": Shape(
        "x + (1 | g) + (0 + z | h) + offset(z)",
        _line,
        (Group(_by("g"), _intercept), Group(_by("h"), lambda d: {"z": d["z"].to_numpy()})),
        offset=lambda d: d["z"].to_numpy(),
        response="weights(w)",
    ),
    "nested": Shape(
        "0 + x + (1 | h/f)",
        lambda d: {"x": d["x"].to_numpy()},
        (
            Group(_by("h"), _intercept),
            Group(lambda d: (d["h"] + ":" + d["f"]).tolist(), _intercept),
        ),
    ),
}  # fmt: skip
KNOWN = Shape("x + (x | g)", _line, (Group(_by("g"), _line),), response="se(s)")
"""Only measurements have known errors."""

WEIGHED = Shape(KNOWN.text, _line, KNOWN.groups, response="weights(w) + se(s)")

OUTCOMES = {
    "gaussian": "y",
    "student_t": "y",
    "bernoulli": "b",
    "binomial": "k",
    "poisson": "c",
    "negative_binomial": "c",
}


class Reader:
    """Takes the numbers of a flat vector one after the other."""

    def __init__(self, flat: np.ndarray) -> None:
        self.left = np.array(flat)

    def take(self, count: int) -> np.ndarray:
        """The next so many numbers."""
        part, self.left = self.left[:count], self.left[count:]
        return part


def log_posterior(shape: Shape, model: bi.Model, flat: np.ndarray) -> float:
    """The log density of data and unknowns at a flat vector of the library's layout."""
    rows, priors, family, reader = frame(), model.priors, model.family, Reader(flat)
    columns = centred(shape, rows)
    coefficients = reader.take(len(columns))
    eta = shape.offset(rows) + np.column_stack(list(columns.values())) @ coefficients
    total = sum(log_prior(priors[n], b) for n, b in zip(columns, coefficients, strict=True))
    names = {"gaussian": ["sigma"], "student_t": ["sigma", "nu"], "negative_binomial": ["shape"]}
    wanted = [n for n in names.get(family.name, []) if n != "sigma" or "se" not in shape.response]
    logs = reader.take(len(wanted))
    parameters = {n: np.exp(u) + (n == "nu") for n, u in zip(wanted, logs, strict=True)}
    total += sum(log_prior(priors[n], v) for n, v in parameters.items()) + logs.sum()
    for group in shape.groups:
        value, scale = read_scale(group, model, reader)
        indicators = wide(group, rows)
        raw = reader.take(indicators.shape[1])
        effects = raw.reshape(-1, len(scale)) @ scale.T
        total += value + stats.norm.logpdf(raw).sum()
        eta = eta + indicators @ effects.ravel()
    assert not len(reader.left)
    if "se" in shape.response:
        parameters["sigma"] = rows["s"].to_numpy()
    weights = rows["w"].to_numpy() if "weights" in shape.response else np.ones(len(rows))
    outcome = rows[OUTCOMES[family.name]].to_numpy(dtype=float)
    return float(total + weights @ log_likelihood(family, outcome, eta, parameters, rows))


def log_marginal(shape: Shape, model: bi.Model, flat: np.ndarray) -> float:
    """The same of a Gaussian model, coefficients and effects integrated out: only spreads are left.

    The outcome is then one draw of a multivariate normal distribution.
    """
    rows, reader, total = frame(), Reader(flat), 0.0
    noise = rows["s"].to_numpy() ** 2
    if "se" not in shape.response:
        (log_sigma,) = reader.take(1)
        total += log_prior(model.priors["sigma"], np.exp(log_sigma)) + log_sigma
        noise = np.full(len(rows), np.exp(2.0 * log_sigma))
    if "weights" in shape.response:
        # A power of a normal density is one of smaller variance, times a constant.
        weights = rows["w"].to_numpy()
        logs = np.log(2.0 * np.pi * noise)
        total += 0.5 * (logs - np.log(weights) - weights * logs).sum()
        noise = noise / weights
    columns = centred(shape, rows)
    matrix = np.column_stack(list(columns.values()))
    priors = [model.priors[name] for name in columns]
    mean = shape.offset(rows) + matrix @ [prior.mean for prior in priors]
    covariance = np.diag(noise) + matrix @ np.diag([p.sd**2 for p in priors]) @ matrix.T
    for group in shape.groups:
        value, scale = read_scale(group, model, reader)
        indicators = wide(group, rows)
        each = np.kron(np.eye(indicators.shape[1] // len(scale)), scale @ scale.T)
        total += value
        covariance = covariance + indicators @ each @ indicators.T
    assert not len(reader.left)
    return float(total + stats.multivariate_normal(mean, covariance).logpdf(rows["y"]))


def centred(shape: Shape, rows: pd.DataFrame) -> Columns:
    """The population columns; all but the intercept less their means, where there is one."""
    columns = shape.columns(rows)
    if "Intercept" not in columns:
        return columns
    return {n: c if n == "Intercept" else c - c.mean() for n, c in columns.items()}


def wide(group: Group, rows: pd.DataFrame) -> np.ndarray:
    """Indicators of the levels times the columns: shape (row, level * column)."""
    labels, columns = group.labels(rows), group.columns(rows)
    of_level = np.array(labels)[:, None] == np.array(sorted(set(labels)))
    values = np.column_stack(list(columns.values()))
    return (of_level[:, :, None] * values[:, None, :]).reshape(len(rows), -1)


def read_scale(group: Group, model: bi.Model, reader: Reader) -> tuple[float, np.ndarray]:
    """The log prior density of a group's spreads, with the Jacobian, and their Cholesky factor."""
    names, levels = list(group.columns(frame())), set(group.labels(frame()))
    factor = next(one.factor for one in model.design.rows.groups if set(one.levels) == levels)
    logs = reader.take(len(names))
    total = logs.sum() + sum(
        log_prior(model.priors[f"sd:{factor}:{name}"], sd)
        for name, sd in zip(names, np.exp(logs), strict=True)
    )
    matrix = np.eye(len(names))
    if group.correlated and len(names) > 1:
        free = reader.take(len(names) * (len(names) - 1) // 2)
        matrix = correlations(free).real
        total += log_lkj(matrix, model.priors[f"cor:{factor}"].concentration)
        total += np.log(abs(np.linalg.det(_jacobian(free))))
    return float(total), np.diag(np.exp(logs)) @ np.linalg.cholesky(matrix)


def correlations(free: np.ndarray) -> np.ndarray:
    """Two or three effects' correlations from hyperbolic tangents of partial ones; complex too."""
    z = np.tanh(free)
    if len(z) == 1:
        return np.array([[1.0, z[0]], [z[0], 1.0]])
    last = z[0] * z[1] + z[2] * np.sqrt((1 - z[0] ** 2) * (1 - z[1] ** 2))
    return np.array([[1.0, z[0], z[1]], [z[0], 1.0, last], [z[1], last, 1.0]])


def _jacobian(free: np.ndarray) -> np.ndarray:
    """Derivatives of the correlations below the diagonal, by complex steps: none cancels."""
    size, below = len(free), np.tril_indices(2 if len(free) == 1 else 3, -1)
    steps = 1e-30j * np.eye(size)
    return np.array([correlations(free + step)[below].imag / 1e-30 for step in steps])


def log_lkj(matrix: np.ndarray, concentration: float) -> float:
    """Lewandowski, Kurowicka & Joe (2009), equation 16."""
    q = len(matrix)
    k = np.arange(1, q)
    b = concentration + 0.5 * (q - k - 1)
    twos = ((2.0 * (concentration - 1.0) + q - k) * (q - k)).sum()
    normaliser = twos * np.log(2.0) + ((q - k) * special.betaln(b, b)).sum()
    return (concentration - 1.0) * np.linalg.slogdet(matrix)[1] - normaliser


def log_prior(prior: bi.Prior, value: float) -> float:
    """The log density of a prior as it is printed, by scipy.stats."""
    doubled = np.log(2.0) if type(prior).__name__ == "HalfStudentT" else 0.0
    return doubled + distribution(prior).logpdf(value)


@cache
def distribution(prior: bi.Prior) -> stats.distributions.rv_frozen:
    """The distribution of a prior; of a folded Student t, the one before the fold."""
    by_name = {
        "Normal": lambda p: stats.norm(p.mean, p.sd),
        "StudentT": lambda p: stats.t(p.df, p.location, p.scale),
        "Cauchy": lambda p: stats.cauchy(p.location, p.scale),
        "HalfNormal": lambda p: stats.halfnorm(scale=p.sd),
        "HalfStudentT": lambda p: stats.t(p.df, 0.0, p.scale),
        "HalfCauchy": lambda p: stats.halfcauchy(scale=p.scale),
        "Exponential": lambda p: stats.expon(scale=1.0 / p.rate),
        "Gamma": lambda p: stats.gamma(p.shape, scale=1.0 / p.rate),
        "InverseGamma": lambda p: stats.invgamma(p.shape, scale=p.scale),
        "LogNormal": lambda p: stats.lognorm(p.sd, scale=np.exp(p.mean)),
    }
    return by_name[type(prior).__name__](prior)


def log_likelihood(
    family: object, y: np.ndarray, eta: np.ndarray, at: Mapping[str, np.ndarray], rows: pd.DataFrame
) -> np.ndarray:
    """The log density of each row, by scipy.stats."""
    name, link = family.name, family.link.name
    if name in ("bernoulli", "binomial"):
        kind = {"logit": stats.logistic, "probit": stats.norm, "cloglog": stats.gumbel_l}[link]
        n = rows["t"].to_numpy(dtype=float) if name == "binomial" else np.ones(len(y))
        ways = np.log(special.binom(n, y))
        return ways + y * kind.logcdf(eta) + (n - y) * kind.logsf(eta)
    mu = eta if link == "identity" else np.exp(eta)
    if name == "gaussian":
        return stats.norm.logpdf(y, mu, at["sigma"])
    if name == "student_t":
        return stats.t.logpdf(y, at["nu"], mu, at["sigma"])
    if name == "poisson":
        return stats.poisson.logpmf(y, mu)
    return stats.nbinom.logpmf(y, at["shape"], at["shape"] / (at["shape"] + mu))
