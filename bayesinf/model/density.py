"""Model to log density on one flat vector: a pure function, with all data as its argument.

`joint_density(signature)` returns the same function object for equal signatures, so that models of
one structure share their compiled programs; the rows, the prior scales and the sizes within a
bucket travel in `Evidence`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from bayesinf.family import Family, Known
from bayesinf.model.layout import Layout, Values, read_layout
from bayesinf.model.model import Model
from bayesinf.numerics.precision import bucket
from bayesinf.prior import Prior, numbers_of, rebuild
from bayesinf.priors.correlation import LKJ
from bayesinf.types import Array, namespace


@dataclass(frozen=True)
class Signature:
    """What is fixed when a density is compiled.

    Attributes:
        layout: Sizes of the flat vector.
        family: The outcome's family.
        governed: For each kind of prior, the positions of the scalars that it governs.
    """

    layout: Layout
    family: Family
    governed: tuple[tuple[int, ...], ...]


class Evidence(NamedTuple):
    """All numbers that a density needs: rows and prior scales.

    Attributes:
        population: Shape (row, coefficient), centred.
        offset, response, weights: Shape (row,).
        trials, standard_error: Shape (row,) or None.
        codes: Shape (row,) per group term.
        varying: Shape (row, effect) per group term.
        priors: One prior per kind, its numbers being arrays over the scalars that it governs.
        correlation_priors: The LKJ prior of each group term.
        place: Shape (size,). Where the flat vector counts from.
        width: Shape (size,). The unit that it counts in, so that samplers see numbers near one.
    """

    population: Array
    offset: Array
    response: Array
    weights: Array
    trials: Array | None
    standard_error: Array | None
    codes: tuple[Array, ...]
    varying: tuple[Array, ...]
    priors: tuple[Prior, ...]
    correlation_priors: tuple[LKJ, ...]
    place: Array
    width: Array


def signature_of(model: Model) -> Signature:
    """What of a model is fixed at compilation."""
    return Signature(model.layout, model.family, tuple(_by_kind(model.scalar_priors).values()))


def evidence_of(model: Model) -> Evidence:
    """The numbers of a model: its rows, and its priors' scales."""
    design, rows = model.design, model.design.rows
    priors = tuple(
        stack_priors([model.scalar_priors[position] for position in where])
        for where in _by_kind(model.scalar_priors).values()
    )
    weights = np.ones(len(rows)) if design.weights is None else design.weights
    return Evidence(
        population=rows.population - design.centre,
        offset=rows.offset,
        response=design.response,
        weights=weights,
        trials=rows.known.trials,
        standard_error=rows.known.standard_error,
        codes=tuple(group.codes for group in rows.groups),
        varying=tuple(group.matrix for group in rows.groups),
        priors=priors,
        correlation_priors=model.correlation_priors,
        place=np.zeros(model.layout.size),
        width=np.ones(model.layout.size),
    )


def widened(signature: Signature) -> Signature:
    """The structure with the levels of each group filled up to their size bucket."""
    layout = signature.layout
    groups = tuple(type(g)(bucket(g.levels), g.effects, g.correlated) for g in layout.groups)
    wider = Layout(layout.coefficients, layout.parameters, layout.lowers, groups)
    return Signature(wider, signature.family, signature.governed)


def pad(signature: Signature, evidence: Evidence) -> tuple[Signature, Evidence]:
    """Fills rows and levels up to their size buckets, so that other sizes need no compilation.

    Rows that are added weigh nothing; levels that are added have no rows. The flat vector of the
    result is measured in plain units.
    """
    wider = widened(signature)
    rows = len(evidence.response)
    extra = bucket(rows) - rows

    def stretch(values: Array | None) -> Array | None:
        if values is None:
            return None
        return np.concatenate([values, np.repeat(np.asarray(values)[:1], extra, axis=0)])

    padded = evidence._replace(
        population=stretch(evidence.population),
        offset=stretch(evidence.offset),
        response=stretch(evidence.response),
        weights=np.concatenate([evidence.weights, np.zeros(extra)]),
        trials=stretch(evidence.trials),
        standard_error=stretch(evidence.standard_error),
        place=np.zeros(wider.layout.size),
        width=np.ones(wider.layout.size),
        codes=tuple(stretch(codes) for codes in evidence.codes),
        varying=tuple(stretch(matrix) for matrix in evidence.varying),
    )
    return wider, padded


@lru_cache(maxsize=256)
def joint_density(signature: Signature) -> Callable[[Array, Evidence], Array]:
    """The log density of the unknowns and the data, on the flat vector.

    Args:
        signature: Structure of the model; equal signatures give the same function object.

    Returns:
        A function of flat vectors (..., size) and the evidence, with values (...,). It runs in
        NumPy on NumPy arrays and under JAX's transformations on JAX arrays.
    """

    def log_density(flat: Array, evidence: Evidence) -> Array:
        values = read_layout(signature.layout, evidence.place + evidence.width * flat)
        pointwise = log_likelihood(signature, values, evidence)
        likelihood = (evidence.weights * pointwise).sum(-1)
        return likelihood + log_prior(signature, values, evidence) + values.log_jacobian

    return log_density


def log_prior(signature: Signature, values: Values, evidence: Evidence) -> Array:
    """The log prior density in the unknowns' own units, shape (...,)."""
    scalars = values.scalars
    total = namespace(scalars).zeros(scalars.shape[:-1])
    for where, prior in zip(signature.governed, evidence.priors, strict=True):
        total = total + prior.log_density(scalars[..., np.array(where, dtype=int)]).sum(-1)
    for k, group in enumerate(signature.layout.groups):
        if group.free_correlations:
            prior = evidence.correlation_priors[k]
            total = total + prior.log_density(values.correlations[k])
        raw = values.raw[k]
        total = total - 0.5 * (raw * raw + np.log(2 * np.pi)).sum((-2, -1))
    return total


def log_likelihood(signature: Signature, values: Values, evidence: Evidence) -> Array:
    """The log likelihood of each row, before weights, shape (..., row)."""
    predictor = linear_predictor(
        values.coefficients,
        values.effects(),
        evidence.population,
        evidence.codes,
        evidence.varying,
        evidence.offset,
    )
    parameters = {
        name: values.parameters[..., k, None] for k, name in enumerate(signature.layout.parameters)
    }
    known = Known(evidence.trials, evidence.standard_error)
    return signature.family.log_density(evidence.response, predictor, parameters, known)


def linear_predictor(
    coefficients: Array,
    effects: tuple[Array, ...],
    population: Array,
    codes: tuple[Array, ...],
    varying: tuple[Array, ...],
    offset: Array,
) -> Array:
    """The linear predictor of each row, shape (..., row)."""
    xp = namespace(coefficients, population)
    predictor = coefficients @ population.T + offset
    for effect, code, matrix in zip(effects, codes, varying, strict=True):
        own = xp.take(effect, code, axis=-2)
        predictor = predictor + (own * matrix).sum(-1)
    return predictor


def stack_priors(priors: list[Prior]) -> Prior:
    """Several priors of one kind as one whose numbers are arrays."""
    numbers = zip(*(numbers_of(prior) for prior in priors), strict=True)
    return rebuild(type(priors[0]), None, [np.array(values) for values in numbers])


def _by_kind(priors: tuple[Prior, ...]) -> dict[type[Prior], tuple[int, ...]]:
    kinds: dict[type[Prior], tuple[int, ...]] = {}
    for position, prior in enumerate(priors):
        kinds[type(prior)] = (*kinds.get(type(prior), ()), position)
    return kinds
