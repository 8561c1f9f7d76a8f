"""Log densities and their gradients: every family with every link, against decimal arithmetic.

    python -m benchmarks.densities            # prints the table
    python -m benchmarks.densities --write    # writes it into docs/trust.md

Each row of the table is 100 random points and some at the edge: predictors of hundreds both ways,
no events or only events, tiny and huge scales, shapes at which the family is all but Poisson.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import jax
import numpy as np

from bayesinf.families import ALL
from bayesinf.family import Family, Known
from bayesinf.links import Log
from bayesinf.numerics.precision import double
from bayesinf.types import Array
from benchmarks.decimal_densities import Point, truth
from benchmarks.page import TRUST, table, write_section

RANDOM = 100
"""Points drawn at random for each family and link."""

LIMIT = 1e-9
"""What the largest relative error stays below; `tests/exact/test_densities.py` fails above it."""

FLOOR = 1e-6
"""Log densities, and slopes per unit of eta or of a logarithm of a parameter, that are smaller
count as of this size, times the count where the outcome is one: an error of 1e-15 in a sum of terms
of the size of the count is rounding, though the terms may have cancelled to less."""

EVERY_FAMILY = [kind(link=link()) for kind in ALL for link in kind.links]


@dataclass(frozen=True)
class Accuracy:
    """How far a family's numbers are from the truth, relative to its size.

    Attributes:
        family: With its link.
        points: How many rows were tried.
        errors: The largest relative error by name: `density` and `slopes` as written for NumPy,
            `density in JAX` and `gradient in JAX` as samplers see them, where the point is.
        worst: The point of each of those errors.
    """

    family: Family
    points: int
    errors: Mapping[str, float]
    worst: Mapping[str, Point]


def points_of(family: Family) -> list[Point]:
    """The random points of a family, and those at the edge."""
    return [*random_points(family), *edges(family)]


def random_points(family: Family) -> list[Point]:
    """Predictors around zero with outcomes that could come from them."""
    rng = np.random.default_rng(20_261)
    found = []
    for place in range(RANDOM):
        eta = float(rng.normal(0.0, 2.0))
        parameters = {
            one.name: one.lower + float(rng.lognormal(0.5, 1.0)) for one in family.parameters
        }
        error = None
        if family.takes_standard_error and place % 3 == 0:
            error = float(rng.lognormal(0.0, 1.0))
            del parameters["sigma"]
        trials = float(rng.integers(1, 60)) if family.needs_trials else None
        known = Known(
            None if trials is None else np.array([trials]),
            None if error is None else np.array([error]),
        )
        y = family.sample(rng, np.array([eta]), parameters, known).item()
        found.append(Point(y, eta, parameters, trials, error))
    return found


def edges(family: Family) -> list[Point]:
    """Where densities are known to lose digits, or to overflow."""
    if family.name in ("bernoulli", "binomial"):
        return _edges_of_events(family)
    if family.name == "poisson":
        return [
            Point(y, eta, {})
            for y, eta in product(
                (0.0, 1.0, 7.0, 1e4), (-690.0, -300.0, -40.0, 9.2, 40.0, 300.0, 690.0)
            )
        ]
    if family.name == "negative_binomial":
        return [
            Point(y, eta, {"shape": shape})
            for y, eta, shape in product(
                (0.0, 1.0, 1e4), (-300.0, -40.0, 9.2, 300.0), (1e-4, 0.7, 1e4, 1e10)
            )
        ]
    return _edges_of_measurements(family)


def _edges_of_events(family: Family) -> list[Point]:
    far = {"logit": (700.0, 40.0), "probit": (37.0, 12.0), "cloglog": (6.4, 3.0)}[family.link.name]
    etas = (-700.0, -40.0, -12.0, *far) if family.link.name == "cloglog" else (-far[0], *far)
    if family.name == "bernoulli":
        return [Point(y, eta, {}) for y, eta in product((0.0, 1.0), etas)]
    counts = ((0.0, 1.0), (1.0, 1.0), (0.0, 1e4), (1.0, 1e4), (9999.0, 1e4), (1e4, 1e4))
    return [Point(y, eta, {}, trials) for (y, trials), eta in product(counts, etas)]


def _edges_of_measurements(family: Family) -> list[Point]:
    etas = (-300.0, -40.0, 0.1, 40.0, 300.0) if isinstance(family.link, Log) else (-1e8, 0.1, 1e8)
    found = []
    for y, eta, sigma in product((0.0, 1e6), etas, (1e-6, 1e6)):
        for nu in (1.0001, 4.0, 1e6) if family.name == "student_t" else (None,):
            own = {} if nu is None else {"nu": nu}
            found.append(Point(y, eta, {"sigma": sigma, **own}))
            found.append(Point(y, eta, own, standard_error=sigma))
    return found


def measure(family: Family, points: list[Point]) -> Accuracy:
    """Sets a family's log densities and gradients beside the truth at each point."""
    errors: dict[str, float] = {}
    worst: dict[str, Point] = {}
    for same in _alike(points):
        exact = [truth(family.name, family.link.name, point) for point in same]
        for name, (kind, values) in computed(family, same).items():
            key = name.partition(" of ")[0]
            for point, value, right in zip(same, values, exact, strict=True):
                unit = point.parameters.get(kind, 1.0)
                floor = FLOOR * max(1.0, point.y) if family.discrete else FLOOR
                error = relative_error(float(value) * unit, right[kind] * unit, floor)
                if error >= errors.get(key, 0.0):
                    errors[key], worst[key] = error, point
    return Accuracy(family, len(points), errors, worst)


def relative_error(found: float, right: float, floor: float) -> float:
    """The difference in units of the truth, or of the floor where that is larger."""
    if found == right:
        return 0.0
    if not np.isfinite(found):
        return np.inf
    return abs(found - right) / max(abs(right), floor)


def _alike(points: list[Point]) -> list[list[Point]]:
    """The points with a known standard error, and those without."""
    groups = [[p for p in points if (p.standard_error is None) == free] for free in (True, False)]
    return [group for group in groups if group]


def computed(family: Family, points: list[Point]) -> Mapping[str, tuple[str, Array]]:
    """What the library says at each point: by name, which truth it should be, and the values."""
    y, eta = np.array([p.y for p in points]), np.array([p.eta for p in points])
    parameters = {
        name: np.array([p.parameters[name] for p in points]) for name in points[0].parameters
    }
    known = Known(
        np.array([p.trials for p in points]) if family.needs_trials else None,
        None
        if points[0].standard_error is None
        else np.array([p.standard_error for p in points], dtype=float),
    )
    with np.errstate(over="ignore"):
        found: dict[str, tuple[str, Array]] = {
            "density": ("density", family.log_density(y, eta, parameters, known)),
            "slopes of eta": ("eta", family.slopes(y, eta, parameters, known)[0]),
            "slopes of eta alone": ("eta", family.slope(y, eta, parameters, known)),
        }
        for name, slope in family.parameter_slopes(y, eta, parameters, known).items():
            found[f"slopes of {name}"] = (name, slope)
    with double():
        there = jax.numpy.asarray(eta)
        numbers = {name: jax.numpy.asarray(value) for name, value in parameters.items()}
        compiled = jax.jit(lambda eta, numbers: family.log_density(y, eta, numbers, known))
        found["density in JAX"] = ("density", np.asarray(compiled(there, numbers)))
        total = jax.grad(lambda eta, numbers: compiled(eta, numbers).sum(), (0, 1))
        by_eta, by_parameter = total(there, numbers)
        found["gradient in JAX of eta"] = ("eta", np.asarray(by_eta))
        for name, slope in by_parameter.items():
            found[f"gradient in JAX of {name}"] = (name, np.asarray(slope))
    return found


COLUMNS = ("density", "slopes", "density in JAX", "gradient in JAX")


def section(found: list[Accuracy]) -> str:
    """The section of the page."""
    rows = [
        [
            one.family.name.replace("_", " "),
            one.family.link.name,
            str(one.points),
            *(f"{one.errors[name]:.0e}" for name in COLUMNS),
        ]
        for one in found
    ]
    return "\n\n".join(
        [
            "`python -m benchmarks.densities --write`. The truth is computed from the textbook's "
            "formulas in decimal arithmetic of 60 to 450 digits, derivatives included; the "
            "numbers are the largest relative errors, where what is below 1e-6 (times the count, "
            "for counts) counts as that. Derivatives are those in the linear predictor and in each "
            "parameter of the family: `slopes` as the library writes them down, `gradient in JAX` "
            "as samplers differentiate the density.",
            table(["family", "link", "points", *COLUMNS], rows),
        ]
    )


def main() -> None:
    """Prints the section, or writes it."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.densities")
    made.add_argument("--write", action="store_true", help="into docs/trust.md")
    text = section([measure(family, points_of(family)) for family in EVERY_FAMILY])
    if made.parse_args().write:
        write_section("densities", text, TRUST)
    print(text)


if __name__ == "__main__":
    main()
