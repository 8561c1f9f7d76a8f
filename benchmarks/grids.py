"""Posteriors of few unknowns on a dense grid, with scipy.stats alone, beside every engine.

    python -m benchmarks.grids            # every engine on every case, printed
    python -m benchmarks.grids --write    # the same into docs/trust.md
    python -m benchmarks.grids --engines laplace hmc

The trapezoid rule over a smooth density that dies off on all sides errs by less than rounding, so
the grid's means and standard deviations are the truth. Effects of groups, where there are some, are
integrated by the same rule, group by group.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
from scipy import optimize, stats
from scipy.special import logsumexp

import bayesinf as bi
from bayesinf.engine import Engine
from bayesinf.engines import ALL, named
from bayesinf.family import Family
from bayesinf.numerics.diagnostics import mcse_sd
from bayesinf.numerics.random import Streams
from bayesinf.posterior.summary import scalar_draws
from benchmarks.page import TRUST, table, write_section

STEP = {2: 0.3, 3: 0.5}
"""Of the grid, in sds at the mode, by the number of unknowns: halving it changes no mean or sd by
more than a hundred-thousandth."""

REACH = {2: 28.0, 3: 16.0}
"""Half the grid's width in sds, by the number of unknowns. A logarithm's tail is exponential."""

NODES = np.linspace(-9.0, 9.0, 61)
"""For standardised effects of groups."""

EDGE = 1e-7
"""The most probability that the outermost layer of the grid may hold."""

type Rows = Callable[[np.ndarray, np.ndarray, list[np.ndarray]], np.ndarray]
"""From outcomes, predictors and parameters to log densities."""


@dataclass(frozen=True)
class Case:
    """One posterior.

    Attributes:
        name: In words.
        formula: Of one population column or none, with an intercept, and at most `(1 | g)`.
        family: The outcome's family.
        outcome: Its column.
        columns: `("x",)` or none.
        rows: The log density of each row, by SciPy.
        lowers: The family's parameters and their lower bounds, in order.
        priors: By slot.
        grouped: Whether `(1 | g)` is in the formula; `sd:g` is the last unknown then.
    """

    name: str
    formula: str
    family: Family
    outcome: str
    columns: tuple[str, ...]
    rows: Rows
    lowers: Mapping[str, float] = field(default_factory=dict)
    priors: Mapping[str, bi.Prior] = field(default_factory=dict)
    grouped: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The unknowns as summaries call them."""
        groups = ("sd:g:Intercept",) if self.grouped else ()
        return ("Intercept", *self.columns, *self.lowers, *groups)

    def model(self) -> bi.Model:
        """The library's model of the case."""
        return bi.model(self.formula, frame(), self.family, priors=dict(self.priors))


@cache
def frame() -> pd.DataFrame:
    """24 rows with an outcome for every family."""
    rng = np.random.default_rng(31)
    n = 24
    x = rng.normal(1.0, 1.0, n)
    t = rng.integers(2, 7, n)
    return pd.DataFrame(
        {
            "x": x,
            "g": np.repeat(list("abcdef"), n // 6),
            "s": rng.uniform(0.4, 1.2, n),
            "t": t,
            "b": (rng.random(n) < stats.norm.cdf(0.3 + 0.8 * x)).astype(int),
            "k": rng.binomial(t, stats.logistic.cdf(-0.5 + 0.6 * x)),
            "c": rng.poisson(np.exp(0.4 + 0.3 * x) * rng.gamma(2.0, 0.5, n)),
            "y": 2.0 + 0.7 * x + 0.6 * rng.standard_t(4, n),
            "p": np.exp(0.6 + 0.2 * rng.normal(size=n)),
        }
    )


def _events(kind: stats.rv_continuous, trials: str | None) -> Rows:
    n = np.ones(len(frame())) if trials is None else frame()[trials].to_numpy(dtype=float)
    return lambda y, eta, _: y * kind.logcdf(eta) + (n - y) * kind.logsf(eta)


def _exp(eta: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(eta, 300.0))


def _negative_binomial(y: np.ndarray, eta: np.ndarray, at: list[np.ndarray]) -> np.ndarray:
    return stats.nbinom.logpmf(y, at[0], at[0] / (at[0] + _exp(eta)))


def _known_errors(y: np.ndarray, eta: np.ndarray, at: list[np.ndarray]) -> np.ndarray:
    return stats.t.logpdf(y, at[0], eta, frame()["s"].to_numpy())


def cases() -> list[Case]:
    """One or two coefficients with every family, and group effects with three."""
    families = bi.families
    links = {
        "logit": (bi.Logit(), stats.logistic),
        "probit": (bi.Probit(), stats.norm),
        "cloglog": (bi.CLogLog(), stats.gumbel_l),
    }
    found = [
        Case(f"bernoulli, {n}", "b ~ x", families.Bernoulli(link), "b", ("x",), _events(kind, None))
        for n, (link, kind) in links.items()
    ]
    found += [
        Case(
            f"binomial, {name}", "k | trials(t) ~ x", families.Binomial(link), "k", ("x",),
            _events(kind, "t"),
        )
        for name, (link, kind) in links.items()
    ]  # fmt: skip
    poisson: Rows = lambda y, eta, _: stats.poisson.logpmf(y, _exp(eta))  # noqa: E731
    normal: Rows = lambda y, eta, at: stats.norm.logpdf(y, eta, at[0])  # noqa: E731
    growing: Rows = lambda y, eta, at: stats.norm.logpdf(y, _exp(eta), at[0])  # noqa: E731
    student: Rows = lambda y, eta, at: stats.t.logpdf(y, at[1], eta, at[0])  # noqa: E731
    rate = {"shape": bi.Exponential(0.3)}
    sd = {"sd:g": bi.HalfNormal(1.0)}
    return [
        *found,
        Case("poisson", "c ~ x", families.Poisson(), "c", ("x",), poisson),
        Case("negative binomial", "c ~ x", families.NegativeBinomial(), "c", ("x",),
             _negative_binomial, {"shape": 0.0}, rate),
        Case("gaussian", "y ~ x", families.Gaussian(), "y", ("x",), normal, {"sigma": 0.0}),
        Case("gaussian, log", "p ~ 1", families.Gaussian(bi.Log()), "p", (), growing,
             {"sigma": 0.0}),
        Case("student t", "y ~ 1", families.StudentT(), "y", (), student,
             {"sigma": 0.0, "nu": 1.0}),
        Case("student t, known errors", "y | se(s) ~ x", families.StudentT(), "y", ("x",),
             _known_errors, {"nu": 1.0}),
        Case("bernoulli, groups", "b ~ 1 + (1 | g)", families.Bernoulli(), "b", (),
             _events(stats.logistic, None), {}, sd, True),
        Case("binomial, groups", "k | trials(t) ~ 1 + (1 | g)", families.Binomial(), "k", (),
             _events(stats.logistic, "t"), {}, sd, True),
        Case("poisson, groups", "c ~ 1 + (1 | g)", families.Poisson(), "c", (), poisson, {}, sd,
             True),
    ]  # fmt: skip


def log_posterior(case: Case, points: np.ndarray) -> np.ndarray:
    """The log density at points (n, unknown): coefficients, logarithms above the lower bounds."""
    rows, priors = frame(), stated(case.name)
    x = [rows[name].to_numpy() - rows[name].mean() for name in case.columns]
    matrix = np.column_stack([np.ones(len(rows)), *x])
    p = matrix.shape[1]
    eta = points[:, :p] @ matrix.T
    lowers = [*case.lowers.values(), *([0.0] if case.grouped else [])]
    values = [np.exp(points[:, p + k]) + lower for k, lower in enumerate(lowers)]
    total = points[:, p:].sum(axis=1)
    for name, value in zip(case.names, [*points[:, :p].T, *values], strict=True):
        total = total + priors[name].logpdf(value)
    y = rows[case.outcome].to_numpy(dtype=float)
    if not case.grouped:
        return total + case.rows(y, eta, [value[:, None] for value in values]).sum(axis=1)
    effect = values[-1][:, None] * NODES
    each = case.rows(y, eta[:, None, :] + effect[..., None], [])
    for level in sorted(set(rows["g"])):
        inner = each[..., (rows["g"] == level).to_numpy()].sum(axis=-1) + stats.norm.logpdf(NODES)
        total = total + logsumexp(inner, axis=1) + np.log(NODES[1] - NODES[0])
    return total


@cache
def stated(name: str) -> dict[str, stats.distributions.rv_frozen]:
    """The priors of a case as its model prints them, by SciPy, up to constants."""
    made: dict[str, Callable[[bi.Prior], stats.distributions.rv_frozen]] = {
        "Normal": lambda p: stats.norm(p.mean, p.sd),
        "HalfNormal": lambda p: stats.halfnorm(scale=p.sd),
        "HalfStudentT": lambda p: stats.t(p.df, 0.0, p.scale),
        "Exponential": lambda p: stats.expon(scale=1.0 / p.rate),
        "Gamma": lambda p: stats.gamma(p.shape, scale=1.0 / p.rate),
    }
    priors = case_named(name).model().priors
    return {slot: made[type(prior).__name__](prior) for slot, prior in priors.items()}


def case_named(name: str) -> Case:
    """Finds a case."""
    return next(case for case in cases() if case.name == name)


@cache
def grid_posterior(name: str) -> tuple[np.ndarray, np.ndarray]:
    """The grid of a case: points as `log_posterior` takes them, and log probabilities.

    Raises:
        ValueError: When the grid is too small to hold the posterior.
    """
    case = case_named(name)
    points, edge = _grid(case)
    batches = np.array_split(points, len(points) // (1_000 if case.grouped else 20_000) + 1)
    heights = np.concatenate([log_posterior(case, batch) for batch in batches])
    heights = heights - logsumexp(heights)
    outside = np.exp(heights[edge]).sum()
    if outside > EDGE:
        raise ValueError(f"The grid of '{name}' leaves out {outside:.1e}.")
    return points, heights


def moments(name: str) -> dict[str, tuple[float, float]]:
    """Mean and sd of each unknown of a case, in the user's units."""
    case = case_named(name)
    points, heights = grid_posterior(name)
    weights, p = np.exp(heights), 1 + len(case.columns)
    values = points.copy()
    for column, name_of in enumerate(case.columns):
        values[:, 0] -= points[:, 1 + column] * frame()[name_of].mean()
    lowers = [*case.lowers.values(), *([0.0] if case.grouped else [])]
    values[:, p:] = np.exp(points[:, p:]) + lowers
    mean = weights @ values
    sd = np.sqrt(weights @ (values - mean) ** 2)
    return {name: (m, s) for name, m, s in zip(case.names, mean.tolist(), sd.tolist(), strict=True)}


def left_out(name: str) -> np.ndarray:
    """The log predictive density of each row by the posterior of all others, exactly.

    For cases without groups. Taking a row's log density off the heights leaves those of the refit.
    """
    case = case_named(name)
    points, heights = grid_posterior(name)
    rows, p = frame(), 1 + len(case.columns)
    x = [rows[column].to_numpy() - rows[column].mean() for column in case.columns]
    eta = points[:, :p] @ np.column_stack([np.ones(len(rows)), *x]).T
    lowers = enumerate(case.lowers.values())
    values = [np.exp(points[:, p + k, None]) + lower for k, lower in lowers]
    each = case.rows(rows[case.outcome].to_numpy(dtype=float), eta, values)
    return -logsumexp(heights[:, None] - each, axis=0)


def _grid(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Points in axes along which the density is round at its mode, and which lie outermost."""
    size = len(case.names)

    def below(point: np.ndarray) -> float:
        return -float(log_posterior(case, point[None])[0])

    top = optimize.minimize(below, np.zeros(size), method="Nelder-Mead", options={"maxiter": 4000})
    step = 1e-3 * np.eye(size)
    hessian = np.array(
        [
            [
                sum(a * b * below(top.x + a * i + b * j) for a, b in product((1, -1), repeat=2))
                / 4e-6
                for j in step
            ]
            for i in step
        ]
    )
    root = np.linalg.cholesky(np.linalg.inv(hessian))
    reach, apart = REACH[size], STEP[size]
    axis = np.arange(-reach, reach + apart / 2, apart)
    units = np.stack(np.meshgrid(*[axis] * size, indexing="ij"), axis=-1).reshape(-1, size)
    return top.x + units @ root.T, (np.abs(units) > reach - apart / 2).any(axis=1)


@dataclass(frozen=True)
class Beside:
    """An engine's answer beside the grid's.

    Attributes:
        mean, sd: The largest difference in Monte Carlo standard errors.
        shift: The largest difference of a mean in posterior sds.
        ok: Whether the engine's verdict is good.
    """

    mean: float
    sd: float
    shift: float
    ok: bool


def beside(case: Case, engine: Engine, seed: int = 1) -> Beside:
    """Runs an engine on a case."""
    posterior = engine.run(case.model(), Streams(seed))
    names, draws = scalar_draws(posterior.model, posterior.values)
    summary = bi.summary_frame(names, draws)
    right = moments(case.name)
    assert list(right) == list(summary.index)
    means, sds = (np.array([numbers[k] for numbers in right.values()]) for k in (0, 1))
    shift = np.abs(summary["mean"].to_numpy() - means)
    return Beside(
        float((shift / summary["mcse"].to_numpy()).max()),
        float((np.abs(summary["sd"].to_numpy() - sds) / mcse_sd(draws)).max()),
        float((shift / sds).max()),
        posterior.verdict.ok,
    )


def section(names: list[str]) -> str:
    """The section of the page, after the engines have run every case that they serve."""
    engines = [named(name)() for name in names]  # type: ignore[call-arg]
    rows = []
    for case in cases():
        cells = []
        for engine in engines:
            if engine.refuses(case.model()) is not None:
                cells.append("–")
                continue
            found = beside(case, engine)
            cells.append(f"{found.mean:.1f}, {found.sd:.1f}" + ("" if found.ok else "*"))
        rows.append([case.name, *cells])
        print(*rows[-1], sep="  ", file=sys.stderr, flush=True)
    return "\n\n".join(
        [
            "`python -m benchmarks.grids --write`. Posteriors of two to three unknowns on a dense "
            "grid, by scipy.stats; effects of groups are integrated on one of their own. In each "
            "cell the largest difference of a mean, then of an sd, in Monte Carlo standard errors; "
            "a star where the verdict itself warns, a dash where the engine refuses.",
            table(["posterior", *(engine.name for engine in engines)], rows),
        ]
    )


def main() -> None:
    """Prints the section, or writes it."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.grids")
    made.add_argument("--write", action="store_true", help="into docs/trust.md")
    every = [kind.name for kind in ALL if kind.name != "auto"]
    made.add_argument("--engines", nargs="+", choices=every, default=every)
    given = made.parse_args()
    text = section(given.engines)
    if given.write:
        write_section("grids", text, TRUST)
    print(text)


if __name__ == "__main__":
    main()
