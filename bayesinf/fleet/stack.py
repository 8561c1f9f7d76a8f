"""The rows of many models in common arrays, filled up to one number of rows."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

from bayesinf.model.density import Evidence, evidence_of, joint_density, signature_of
from bayesinf.model.model import Model
from bayesinf.model.units import expected_units
from bayesinf.numerics.fleet.members import Members
from bayesinf.types import Array


def row_size(rows: int) -> int:
    """Rounds a number of rows up to one of four sizes per doubling: 8, 10, 12, 14, 16, 20, ...

    A stretch of a fleet is filled up to such a size, so that few programs serve all stretches.
    There are twice as many sizes as in `numerics.precision.bucket`: rows that are added cost as
    much as true ones, and here that is felt.

    Example:
        >>> [row_size(n) for n in (1, 9, 100, 200)]
        [8, 10, 112, 224]
    """
    quarter = 2 ** max(1, (rows - 1).bit_length() - 3)
    return quarter * max(4, -(-rows // quarter))


def stack(models: Sequence[Model]) -> tuple[Members, Evidence]:
    """Puts the rows of models without group effects together.

    Args:
        models: Of the same structure and priors, each with at least one row.

    Returns:
        Their densities, in units that depend on each model's rows alone, and the numbers behind
        them: as in `Evidence`, with the models along the first axis of every array. Rows that are
        added to fill up weigh nothing.
    """
    first, count = evidence_of(models[0]), len(models)
    rows = row_size(max(len(model.design.response) for model in models))
    size = models[0].layout.size
    population = np.zeros((count, rows, models[0].layout.coefficients))
    offset, weights = np.zeros((count, rows)), np.zeros((count, rows))
    response = np.zeros((count, rows))
    trials = None if first.trials is None else np.zeros((count, rows))
    error = None if first.standard_error is None else np.zeros((count, rows))
    place, width = np.zeros((count, size)), np.ones((count, size))
    for k, model in enumerate(models):
        design = model.design
        known, n = design.rows.known, len(design.response)
        population[k, :n] = design.rows.population - design.centre
        offset[k, :n] = design.rows.offset
        weights[k, :n] = 1.0 if design.weights is None else design.weights
        # What is added repeats the first row, so that it lies in the family's support.
        _fill(response, k, design.response)
        _fill(trials, k, known.trials)
        _fill(error, k, known.standard_error)
        place[k], width[k] = expected_units(model, model.layout)
    evidence = first._replace(
        population=population,
        offset=offset,
        response=response,
        weights=weights,
        trials=trials,
        standard_error=error,
        priors=jax.tree.map(lambda numbers: np.stack([numbers] * count), first.priors),
        place=place,
        width=width,
    )
    return Members(joint_density(signature_of(models[0])), evidence, rows), evidence


def _fill(stacked: np.ndarray | None, k: int, values: Array | None) -> None:
    if stacked is None or values is None:
        return
    stacked[k] = values[0]
    stacked[k, : len(values)] = values
