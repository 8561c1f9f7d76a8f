"""All entries of the catalogue of awkward inputs, in the order of their numbers."""

from __future__ import annotations

from tests.awkward import (
    artefacts,
    causal_questions,
    factors,
    missing,
    names,
    new_rows,
    outcomes,
    posteriors,
    sampling,
    shapes,
    types,
)
from tests.awkward.row import Refused, Row

SECTIONS = {
    "A. Missing and infinite values": missing,
    "B. Types and containers": types,
    "C. Factors": factors,
    "D. Names and formulas": names,
    "E. Shape, rank and scale": shapes,
    "F. Outcomes, weights and offsets": outcomes,
    "G. New rows": new_rows,
    "H. Causal questions": causal_questions,
    "I. Sampling and numerics": sampling,
    "J. Files and processes": artefacts,
    "K. Priors that leave no posterior": posteriors,
}
"""The module of each section."""

NUMBERS = range(1, 131)
"""The rows of the catalogue."""

ROWS: tuple[Row, ...] = tuple(
    sorted((row for module in SECTIONS.values() for row in module.ROWS), key=lambda r: r.number)
)

REFUSED = tuple(row for row in ROWS if isinstance(row, Refused))
