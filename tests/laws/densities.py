"""The exact log density of named unknowns, so that laws need neither a sampler nor a tolerance.

A point gives a number to every unknown by name, in the user's units: coefficients of the columns as
they are, sds, correlations, and the effects of each level. Two models that mean the same have the
same density there, whatever the order of their rows, columns, levels and terms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np

import bayesinf as bi
from bayesinf.model.density import (
    evidence_of,
    joint_density,
    log_likelihood,
    signature_of,
)
from bayesinf.model.layout import correlation_factor, read_layout
from bayesinf.posterior.draws import recentre

Point = Mapping[str, float]
Value = Callable[[str], float]

PRECISION = 1e-9
"""Relative to the sizes of the densities; sums of some dozen rows in double precision."""


def draw_point(seed: int) -> Value:
    """A small number for each name, from a seed: the same whatever other names there are."""

    def value(name: str) -> float:
        key = hashlib.blake2b(f"{seed}/{name}".encode(), digest_size=8).digest()
        return 0.3 * float(np.random.default_rng(int.from_bytes(key, "little")).normal())

    return value


def free_names(model: bi.Model) -> Iterator[str]:
    """The names of all unknowns, in the order of the model's flat vector."""
    yield from model.design.names
    yield from (f"log {name}" for name in model.layout.parameters)
    for group, shape in zip(model.design.rows.groups, model.layout.groups, strict=True):
        yield from (f"log sd:{group.factor}:{name}" for name in group.names)
        yield from (f"cor:{group.label}:{k}" for k in range(shape.free_correlations))
        yield from (
            f"{group.factor}[{level}]:{name}" for level in group.levels for name in group.names
        )


def point_of(model: bi.Model, seed: int) -> dict[str, float]:
    """A point for a model: a number for each of its unknowns, at which predictors are near one."""
    value = draw_point(seed)
    point = {name: value(name) for name in free_names(model)}
    rows, design = model.design.rows, model.design
    sizes = dict(
        zip(design.names, np.abs(rows.population - design.centre).max(axis=0), strict=True)
    )
    for group in rows.groups:
        for name, size in zip(group.names, np.abs(group.matrix).max(axis=0), strict=True):
            sizes |= {f"{group.factor}[{level}]:{name}": size for level in group.levels}
            point[f"log sd:{group.factor}:{name}"] -= float(np.log(size))
    point = {name: number / (sizes.get(name) or 1.0) for name, number in point.items()}
    if design.has_intercept:
        shift = sum(point[n] * c for n, c in zip(design.names, design.centre, strict=True))
        point["Intercept"] += point["Intercept"] * float(design.centre[0]) - float(shift)
    return point


def flat_of(model: bi.Model, point: Point) -> tuple[np.ndarray, float]:
    """The flat vector of a point, and the log-Jacobian from the point's units to the vector's."""
    names = model.design.names
    coefficients = recentre(np.array([point[name] for name in names]), model.design.centre)
    parts = [coefficients, [point[f"log {name}"] for name in model.layout.parameters]]
    jacobian = 0.0
    for group, shape in zip(model.design.rows.groups, model.layout.groups, strict=True):
        logs = np.array([point[f"log sd:{group.factor}:{name}"] for name in group.names])
        free = np.array([point[f"cor:{group.label}:{k}"] for k in range(shape.free_correlations)])
        factor = np.asarray(correlation_factor(free, shape)[0])
        root = np.exp(logs)[:, None] * factor
        effects = np.array(
            [
                [point[f"{group.factor}[{level}]:{name}"] for name in group.names]
                for level in group.levels
            ]
        )
        jacobian -= len(group.levels) * float(np.log(np.abs(np.diagonal(root))).sum())
        raw = np.linalg.solve(root, effects.T).T
        parts += [logs, free, raw.ravel()]
    return np.concatenate([np.asarray(part, dtype=float) for part in parts]), jacobian


def density(model: bi.Model, point: Point) -> float:
    """The log of the joint density of outcomes and unknowns at a point."""
    flat, jacobian = flat_of(model, point)
    return float(joint_density(signature_of(model))(flat, evidence_of(model))) + jacobian


def likelihood(model: bi.Model, point: Point) -> np.ndarray:
    """The weighted log likelihood of each row at a point, shape (row,)."""
    flat, _ = flat_of(model, point)
    evidence = evidence_of(model)
    values = read_layout(model.layout, flat)
    return np.asarray(evidence.weights * log_likelihood(signature_of(model), values, evidence))


def same(first: float | np.ndarray, second: float | np.ndarray, size: float = 1.0) -> bool:
    """Asserts that two log densities are equal, up to rounding."""
    first, second = np.asarray(first), np.asarray(second)
    scale = max(size, float(np.max(np.abs(first), initial=0.0)))
    assert np.all(np.isfinite(first)), "not a finite density"
    np.testing.assert_allclose(second, first, rtol=PRECISION, atol=PRECISION * scale)
    return True


def same_model(
    first: bi.Model,
    second: bi.Model,
    seed: int,
    renamed: Callable[[str], str] = lambda name: name,
) -> bool:
    """Asserts that two models are one density of the same unknowns.

    Args:
        first: A model.
        second: Another one.
        seed: Of the points at which they are compared.
        renamed: From names of the first model's unknowns to those of the second's.
    """
    names = {renamed(name) for name in free_names(first)}
    assert names == set(free_names(second)), "the models have other unknowns"
    for place in range(2):
        point = point_of(first, seed + place)
        moved = {renamed(name): value for name, value in point.items()}
        same(density(first, point), density(second, moved))
    return True


def same_up_to_constant(
    first: bi.Model,
    second: bi.Model,
    seed: int,
    moved: Callable[[Point], Mapping[str, float]],
) -> bool:
    """Asserts that two densities differ by a constant once the unknowns are measured alike.

    Args:
        first: A model.
        second: Another one.
        seed: Of the points at which they are compared.
        moved: From a point of the first model to the same one in the second model's units; linear
            on the scale of `free_names`, so that its Jacobian is a constant.
    """
    points = [point_of(first, seed + place) for place in range(3)]
    one = np.array([density(first, point) for point in points])
    other = np.array([density(second, moved(point)) for point in points])
    size = float(np.abs(np.concatenate([one, other])).max())
    return same(one[1:] - one[0], other[1:] - other[0], size)
