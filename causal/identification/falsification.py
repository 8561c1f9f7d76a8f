"""Whether data show the independences that a graph implies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from scipy.special import logsumexp

import bayesinf as bi
from causal.formula import column_names
from causal.graph import Graph, Independence, as_graph, implied_independences
from causal.graph.graph import listed

SMALL = 0.1
"""An association (on the scale of a correlation) below which a graph is right enough: adjusting for
a variable of which two such arrows are missing moves an effect by about 0.01 sd."""

SURE, DOUBTFUL = 0.95, 0.5
"""Chances of a larger association: above the first an independence is called violated, above the
second in doubt, and below one minus the first it is called kept."""

FEW = 6
"""Columns with at most so many different values are held level by level, others by a curve."""

GRID = np.linspace(0.0005, 0.9995, 1000)
"""Associations at which the posterior is computed."""


@dataclass(frozen=True)
class Examined:
    """One implied independence beside the data.

    Attributes:
        independence: What the graph implies.
        association: The posterior mean of what is left of the association: for two numbers the
            absolute partial correlation; for factors its generalisation, from 0 to 1.
        above: The posterior probability that it is larger than `SMALL`.
        rows: How many rows were used.
    """

    independence: Independence
    association: float
    above: float
    rows: int


def examine_independences(
    frame: object, independences: Sequence[Independence]
) -> tuple[tuple[Examined, ...], tuple[Independence, ...]]:
    """Computes how much association the data show where there should be none.

    Both sides are freed from the given columns by least squares (numbers by a smooth curve, factors
    level by level), and what is left of them is compared. The association has a point mass at zero
    and else a uniform prior from 0 to 1. All independences together are given an even chance to
    hold, so each one alone is believed the more, the more there are: with k of them the
    chance that one is violated is 1 - 2^(-1/k) before the data.

    Args:
        frame: A data frame or a dict of arrays; rows that miss a needed value are left out, test by
            test.
        independences: What to look at; all names are columns.

    Returns:
        The tested ones in the given order; and those that could not be tested, because a column is
        constant, is a function of the given ones, or has more levels than rows allow.

    Raises:
        DataError: A column is missing.

    Source:
        Shah and Peters (2020), The hardness of conditional independence testing and the generalised
        covariance measure, Annals of Statistics 48, for residuals on both sides, with the scale of
        their products estimated; Bartlett (1938) for the scale of Wilks' Lambda; Ly, Verhagen and
        Wagenmakers (2016), Journal of Mathematical Psychology 72, for the uniform prior; Jeffreys
        (1961), section 5.04, for the prior odds of many tests. Departure: the likelihood is the
        noncentral chi-squared approximation of Wilks' statistic, which serves factors too.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x = rng.normal(size=500)
        >>> m = x + rng.normal(size=500)
        >>> y = m + rng.normal(size=500)
        >>> asked = (Independence("x", "y", ("m",)), Independence("x", "y"))
        >>> kept, violated = examine_independences({"x": x, "m": m, "y": y}, asked)[0]
        >>> bool(kept.above < 0.05), bool(violated.above > 0.95)
        (True, True)
    """
    needed = dict.fromkeys(n for i in independences for n in (i.one, i.other, *i.given))
    if not needed:
        return (), ()
    table = bi.Table.read(frame, list(needed))
    chance = 1 - 0.5 ** (1 / len(independences))
    tested, left_out = [], []
    held = Held(table)
    for independence in independences:
        sides = residual_sides(held, independence)
        if sides is None:
            left_out.append(independence)
        else:
            association, above = posterior(*sides, chance)
            tested.append(Examined(independence, association, above, len(sides[0])))
    return tuple(tested), tuple(left_out)


@bi.checked
def judge_graph(graph: str | Graph, frame: object) -> bi.Finding:
    """Says whether the data show the independences that the graph implies.

    Args:
        graph: Who affects whom.
        frame: Data with columns for some or all of its variables; those without a column count as
            not measured.

    Returns:
        A finding that lists the violated independences: "bad" with any, "warning" where one is in
        doubt, "note" where there is nothing to test or the rows do not tell, else "good".

    Example:
        >>> rng = np.random.default_rng(1)
        >>> x = rng.normal(size=500)
        >>> y = x + rng.normal(size=500)
        >>> judge_graph(Graph.parse("x; y"), {"x": x, "y": y}).severity
        'bad'
    """
    drawn = as_graph(graph)
    columns = set(column_names(frame))
    implied = implied_independences(drawn, columns & set(drawn.nodes))
    tested, left_out = examine_independences(frame, implied)
    if not tested:
        nothing = "The graph implies no independence that these columns could show, so the data "
        return bi.Finding(
            " ".join([nothing + "cannot speak against it.", *untested(left_out)]),
            "note",
            "graph-implications",
            {"tested": 0.0},
            "Measure more of what the graph names, or rest the arrows on other knowledge.",
        )
    violated = [found for found in tested if found.above > SURE]
    doubtful = [found for found in tested if DOUBTFUL < found.above <= SURE]
    kept = [found for found in tested if found.above < 1 - SURE]
    undecided = len(tested) - len(violated) - len(doubtful) - len(kept)
    severity = "bad" if violated else "warning" if doubtful else "note" if undecided else "good"
    remedies = dict.fromkeys(
        ("bad", "warning"),
        "Add an arrow, or '<->', between the two, or look again at what is given; then identify "
        "again.",
    ) | {"note": "More rows would tell.", "good": ""}
    worst = max(tested, key=lambda found: (found.above, found.association))
    return bi.Finding(
        " ".join(
            [
                *sentences(violated, doubtful, kept, undecided, len(tested)),
                *untested(left_out),
                "Looked for are associations that remain when numbers are held by curves and "
                "factors by level; those that show only in interactions go unseen, and so do "
                "arrows turned round or unmeasured causes that leave the same independences.",
            ]
        ),
        severity,
        "graph-implications",
        {
            "tested": float(len(tested)),
            "violated": float(len(violated)),
            "in_doubt": float(len(doubtful)),
            "undecided": float(undecided),
            "largest": worst.association,
            "largest_above": worst.above,
        },
        remedies[severity],
    )


def sentences(
    violated: Sequence[Examined],
    doubtful: Sequence[Examined],
    kept: Sequence[Examined],
    undecided: int,
    total: int,
) -> list[str]:
    """Says how many independences hold, and names those that do not, the worst first."""
    found = [
        f"Of {total} independences that the graph implies, {len(kept)} "
        f"{'is' if len(kept) == 1 else 'are'} kept (an association above {SMALL:g} has a chance "
        f"below {1 - SURE:.0%}, for {total} tests)"
        + (f" and {undecided} cannot be told from these rows." if undecided else ".")
    ]
    for which, said in ((violated, "Violated"), (doubtful, "In doubt")):
        if which:
            worst = sorted(which, key=lambda one: -one.association)
            shown = listed(
                [
                    f"{one.independence} (association {one.association:.2f}, chance "
                    f"{one.above:.3g})"
                    for one in worst
                ],
                5,
            )
            found.append(f"{said}: {shown}.")
    return found


def untested(left_out: Sequence[Independence]) -> list[str]:
    """Names what could not be tested."""
    if not left_out:
        return []
    shown = listed([str(one) for one in left_out], 3)
    return [
        "Not tested, because nothing varies there once the given columns are held, or too few "
        f"rows are left: {shown}."
    ]


@dataclass
class Held:
    """What given columns span, kept from one independence to the next with the same ones.

    Attributes:
        table: The data.
        key: The given columns and the rows of `base`.
        base: (row, direction) orthonormal columns; None where rows are too few for so many.
    """

    table: bi.Table
    key: tuple[tuple[str, ...], bytes] = ((), b"")
    base: np.ndarray | None = None

    def of(self, given: tuple[str, ...], complete: np.ndarray) -> np.ndarray | None:
        """Finds what the given columns span in the complete rows."""
        key = (given, complete.tobytes())
        if key != self.key:
            rows = int(complete.sum())
            coded = [curve(self.table.columns[name][complete]) for name in given] if rows else []
            parts = [np.ones((rows, 1)), *coded]
            few = rows == 0 or sum(part.shape[1] for part in parts) > rows / 3
            self.key, self.base = key, None if few else orthonormal(np.column_stack(parts))
        return self.base


def residual_sides(
    held: Held, independence: Independence
) -> tuple[np.ndarray, np.ndarray, int] | None:
    """Frees both sides from the given columns.

    Returns:
        The two sides as (row, direction) arrays with orthonormal columns, and how many
        columns were held; None where nothing is left of one, or too few rows.
    """
    names = (independence.one, independence.other, *independence.given)
    whole = held.table.columns
    complete = ~np.logical_or.reduce([is_missing(whole[name]) for name in names])
    base = held.of(independence.given, complete)
    if base is None:
        return None
    sides = []
    for name in (independence.one, independence.other):
        values = direction(whole[name][complete])
        if values.shape[1] == 0 or values.shape[1] > len(base) / 10:
            return None
        left = values - base @ (base.T @ values)
        # What the given columns determine leaves nothing but rounding.
        if np.linalg.norm(left) < 1e-6 * np.linalg.norm(values):
            return None
        sides.append(orthonormal(left))
    return sides[0], sides[1], base.shape[1]


def posterior(one: np.ndarray, other: np.ndarray, held: int, chance: float) -> tuple[float, float]:
    """Computes the posterior of the association between two freed sides.

    Args:
        one: (row, p) orthonormal columns.
        other: (row, q) orthonormal columns.
        held: How many columns both were freed from, the constant included.
        chance: The probability before the data that there is an association.

    Returns:
        Its mean, and the probability that it is larger than `SMALL`.
    """
    rows, p, q = len(one), one.shape[1], other.shape[1]
    correlations = np.linalg.svd(one.T @ other, compute_uv=False)
    lost = -np.log1p(-np.minimum(correlations**2, 1 - 1e-12)).sum()
    products = rows * np.einsum("ni,nj->nij", one, other).reshape(rows, p * q)
    # 1 where the noise has the same size in all rows; larger where it grows with the other side.
    scale = max(float(products.var(axis=0).mean()), 0.1)
    effective = max(rows - held - (p + q + 1) / 2, 1.0) / scale
    statistic = effective * lost
    noncentral = effective * -min(p, q) * np.log1p(-(GRID**2))
    under_none = log_density(statistic, p * q, np.zeros(1))[0]
    under_some = log_density(statistic, p * q, noncentral)
    logs = np.append(
        under_some + np.log(chance) - np.log(len(GRID)), under_none + np.log1p(-chance)
    )
    weights = np.exp(logs - logsumexp(logs))
    return float(weights[:-1] @ GRID), float(weights[:-1][GRID > SMALL].sum())


def log_density(statistic: float, freedom: int, noncentral: np.ndarray) -> np.ndarray:
    """The log density of a noncentral chi-squared variable; far out, of its square root's normal.

    Source:
        Abramowitz and Stegun (1964), 26.4.29, for the square root.
    """
    if max(statistic, freedom) < 200:
        return np.asarray(scipy.stats.ncx2.logpdf(max(statistic, 1e-12), freedom, noncentral))
    middle = np.sqrt(noncentral + freedom - 0.5)
    return -0.5 * (np.sqrt(statistic) - middle) ** 2 - 0.5 * np.log(2 * np.pi * 4 * statistic)


def is_missing(values: np.ndarray) -> np.ndarray:
    """Which values are missing or infinite."""
    if values.dtype == object:
        return np.array([value is None or value != value for value in values], dtype=bool)
    return ~np.isfinite(values.astype(float))


def direction(values: np.ndarray) -> np.ndarray:
    """Codes a column as an outcome: a number as it is, a factor as an indicator per level."""
    if values.dtype == object:
        levels = np.unique(values.astype(str))
        return (values.astype(str)[:, None] == levels[1:]).astype(float)
    numbers = values.astype(float)
    spread = numbers.std()
    return (
        ((numbers - numbers.mean()) / spread)[:, None] if spread > 0 else np.empty((len(values), 0))
    )


def curve(values: np.ndarray) -> np.ndarray:
    """Codes a column to be held: levels as indicators, a number as a cubic spline with 3 knots."""
    if values.dtype == object or len(np.unique(values)) <= FEW:
        text = values.astype(str)
        return (text[:, None] == np.unique(text)[1:]).astype(float)
    numbers = (values.astype(float) - values.mean()) / values.std()
    knots = np.quantile(numbers, [0.25, 0.5, 0.75])
    bends = np.maximum(numbers[:, None] - knots, 0) ** 3
    return np.column_stack([numbers, numbers**2, numbers**3, bends])


def orthonormal(columns: np.ndarray) -> np.ndarray:
    """An orthonormal basis of what columns span, by the eigenvectors of their products.

    A singular value decomposition would keep eight digits more, which residuals do not need, and
    takes several times as long.
    """
    sizes = np.linalg.norm(columns, axis=0)
    scaled = columns[:, sizes > 0] / sizes[sizes > 0]
    values, vectors = np.linalg.eigh(scaled.T @ scaled)
    kept = values > 1e-11 * values.max(initial=0.0)
    return scaled @ (vectors[:, kept] / np.sqrt(values[kept]))
