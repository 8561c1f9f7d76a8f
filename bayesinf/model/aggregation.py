"""Rows that say the same are said once: equal rows become one row with the sum of their weights.

The likelihood of equal rows is the product of equal factors, so a model of the distinct rows with
these weights has the very same posterior, whatever its family. Rows must be equal in all that
enters the likelihood, the outcome included; 0 and 1 of a Bernoulli outcome leave at most two rows
for each pattern of predictors.

Pointwise log likelihoods, and all that is built on them, keep to the rows as they were given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bayesinf.model.fact import Fact
from bayesinf.model.model import Model


@dataclass(frozen=True)
class Duplicates(Fact):
    """Whether rows repeat so often that they are worth collapsing.

    Attributes:
        rows: Rows of data.
        distinct: Different ones among them; as many as rows where that was not worth finding out.
    """

    rows: int = 0
    distinct: int = 0


def duplicated_rows(model: Model) -> Duplicates:
    """Whether rows repeat so often that they are worth collapsing, in a sentence."""
    rows = len(model.design.response)
    found = model.design.distinct
    if found is None:
        return Duplicates(False, "most rows are different from each other", rows, rows)
    distinct = len(found.first)
    reason = (
        f"only {distinct:,} of {rows:,} rows are different, so each is evaluated once, "
        "with the weight of all its copies"
    )
    return Duplicates(True, reason, rows, distinct)


def aggregate(model: Model) -> Model:
    """The model with equal rows collapsed, for engines: the same posterior from fewer rows.

    Args:
        model: Any model.

    Returns:
        A model of the distinct rows, each with the sum of the weights of its copies, with the same
        priors, centre and levels; the model itself where rows hardly repeat.
    """
    design = model.design
    if design.distinct is None:
        return model
    first = design.distinct.first
    collapsed = replace(
        design,
        rows=design.rows.take(first),
        response=design.response[first],
        weights=design.distinct.sums(design.weights),
        table=None if design.table is None else design.table.take(first),
    )
    return Model(collapsed, model.family, model.priors)
