"""Findings on log densities that are no numbers near the draws, so that draws avoid these places.

A sampler takes a place with a NaN for one of probability zero and turns round, so that the draws
themselves look well: one has to step aside from them, to where the posterior reaches, and look.
"""

from __future__ import annotations

import numpy as np

from bayesinf.errors import name_rows
from bayesinf.model.pointwise import log_likelihood_at
from bayesinf.model.support import rows_as_read
from bayesinf.model.tracing import ProgramDensity, SiteDensities, evaluate_sites
from bayesinf.numerics.compiled import compiled_value_and_gradient
from bayesinf.posterior.judgement import listed
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import Sampled
from bayesinf.posterior.states import DrawsOnly
from bayesinf.posterior.verdict import Finding

STRETCH = 1.5
"""How far the places lie from the middle of the draws, as a multiple of the draws themselves: where
draws stop at a wall, this is beyond it."""

MOST_ROWS = 1000
"""Rows whose densities are looked at, evenly spaced: a check that costs milliseconds."""

PLACES = 64
"""Places at which they are looked at."""

RARE = 0.01
"""Share of places below which a NaN is a warning: far out, numbers overflow in honest models."""


def judge_rows_density(posterior: Posterior) -> tuple[Finding, ...]:
    """Looks at the density of each row around the draws; a closed form evaluates none."""
    design, values = posterior.model.design, posterior.values
    numbers = all(np.isfinite(array).all() for array in values.arrays().values())
    if not isinstance(posterior.state, DrawsOnly) or not numbers:
        return ()
    rows = np.linspace(0, len(design.rows) - 1, min(len(design.rows), MOST_ROWS)).astype(int)
    draws = np.linspace(0, values.count - 1, min(values.count, PLACES)).astype(int)

    def flat(array: np.ndarray) -> np.ndarray:
        return array.reshape(values.count, *array.shape[2:])[draws]

    lowest = np.array([parameter.lower for parameter in posterior.model.parameters])
    with np.errstate(all="ignore"):
        parameters = np.exp(_stretched(np.log(flat(values.parameters) - lowest))) + lowest
        found = log_likelihood_at(
            posterior.model,
            design.rows.take(rows),
            design.response[rows],
            _stretched(flat(values.coefficients)),
            parameters,
            tuple(_stretched(flat(effects)) for effects in values.effects),
        )
    broken = np.isnan(found) | (found == np.inf)
    share = float(broken.any(axis=1).mean())
    if not share:
        return ()
    where = rows_as_read(design, rows[broken.any(axis=0)])
    return (
        _finding(
            f"The log density of the family '{posterior.model.family.name}' is not a finite number "
            f"in {name_rows(where)}",
            share,
            "Look at these rows for columns of very large values, and scale them.",
        ),
    )


def judge_sites_density(sampled: Sampled | None) -> tuple[Finding, ...]:
    """Looks at the density of a model written by hand, and at its gradient, around the draws."""
    if sampled is None or not np.isfinite(sampled.positions).all():
        return ()
    density = ProgramDensity(sampled.program.code, sampled.program.layout)
    data = sampled.program.data or {}
    places = _stretched(sampled.positions)
    values, slopes = compiled_value_and_gradient(density, data, len(places))(places)
    no_value = np.isnan(values) | (values == np.inf)
    no_slope = np.isfinite(values) & np.isnan(slopes).any(axis=1)
    for what, broken in (("log density", no_value), ("gradient of the log density", no_slope)):
        if broken.any():
            place = places[np.flatnonzero(broken)[0]]
            names = _broken_sites(sampled, place, in_slope=what != "log density")
            return (
                _finding(
                    f"The {what} of the model '{sampled.program.label}' is not a finite number, "
                    f"because of {listed(names)}",
                    float(broken.mean()),
                    "Look there for a logarithm or a root of a negative number; in gradients "
                    "jnp.where keeps the NaN of the branch that it does not take.",
                ),
            )
    return ()


def _broken_sites(sampled: Sampled, place: np.ndarray, in_slope: bool) -> list[str]:
    """Names of the sites whose density, or its gradient, is no number at a place."""
    program = sampled.program
    densities = SiteDensities(program.code, program.layout)
    values, slopes = evaluate_sites(densities, place, program.data or {})
    found = slopes if in_slope else values
    return [name for name, array in found.items() if not np.isfinite(array).all()] or ["its terms"]


def _stretched(draws: np.ndarray) -> np.ndarray:
    """Draws (draw, ...) moved away from their middle."""
    middle = draws.mean(axis=0)
    return middle + STRETCH * (draws - middle)


def _finding(what: str, share: float, remedy: str) -> Finding:
    return Finding(
        f"{what}, at {share:.1%} of places around the draws; draws avoid such places, and what "
        "probability they have is missing.",
        "bad" if share > RARE else "warning",
        "broken-density",
        {"share": share},
        remedy,
    )
