"""Many symmetric systems at once, each nearly that of its preconditioner.

Source: Hestenes and Stiefel (1952), Journal of Research of the National Bureau of Standards 49(6);
Golub and Van Loan (2013), Matrix Computations, 4th edition, algorithm 11.5.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

type Apply = Callable[[np.ndarray], np.ndarray]
"""From vectors (m, b), one per system, to vectors (m, b)."""

TOLERANCE = 1e-3
"""Of the error, in the norm of the system's matrix S: every linear combination a'x is then within
that many of its own standard deviations sqrt(a' S^-1 a), by Cauchy and Schwarz."""

STEPS = 60
"""Systems that need more are further from their preconditioner than a factorisation is worth."""


@dataclass(frozen=True, eq=False)
class Solved:
    """Solutions of many systems.

    Attributes:
        solution: Shape (m, b).
        converged: Shape (b,). Whether each is within the tolerance.
        steps: How many steps the slowest took.
    """

    solution: np.ndarray
    converged: np.ndarray
    steps: int


def solve_together(
    apply: Apply, precondition: Apply, right: np.ndarray, tolerance: float = TOLERANCE
) -> Solved:
    """Solves S x = r for many positive-definite S, each with its own r, by conjugate gradients.

    Args:
        apply: Multiplies each vector with its own S.
        precondition: Multiplies each vector with a positive-definite guess at its S^-1.
        right: Shape (m, b).
        tolerance: Of the error e in the norm sqrt(e' S e), as sqrt(r' P r) tells it.

    Returns:
        The solutions. With a preconditioner whose product with S has eigenvalues within 5 % of 1,
        each step divides the error by forty.
    """
    solution = precondition(right)
    rest = right - apply(solution)
    near = precondition(rest)
    direction, size = near.copy(), (rest * near).sum(axis=0)
    steps = 0
    while steps < STEPS and not (size <= tolerance**2).all():
        image = apply(direction)
        bend = (direction * image).sum(axis=0)
        length = np.divide(size, bend, out=np.zeros_like(size), where=bend > 0)
        solution += length * direction
        rest -= length * image
        near = precondition(rest)
        ahead = (rest * near).sum(axis=0)
        growth = np.divide(ahead, size, out=np.zeros_like(size), where=size > 0)
        direction *= growth
        direction += near
        size = ahead
        steps += 1
    return Solved(solution, size <= tolerance**2, steps)


def groups_of_neighbours(points: np.ndarray, count: int) -> list[np.ndarray]:
    """Divides points into groups of neighbours by halving, each time across the widest coordinate.

    Args:
        points: Shape (n, d).
        count: How many groups, rounded up to a power of two; none is empty.

    Returns:
        Indices of each group's points.
    """
    groups = [np.arange(len(points))]
    while len(groups) < count and len(points) >= 2 * len(groups):
        halves = []
        for group in groups:
            widest = int(np.argmax(points[group].std(axis=0))) if points.shape[1] else 0
            order = group[np.argsort(points[group][:, widest], kind="stable")]
            halves += np.array_split(order, 2)
        groups = halves
    return groups
