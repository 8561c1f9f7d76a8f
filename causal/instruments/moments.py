"""What the data say about instruments, treatments and an outcome: a few small matrices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.instruments.unequal_noise import Inequality, measure_inequality

EXACT = 1e-9
"""Share of a column's variation below which what is left of it is rounding error."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Cross products of instruments, treatments and outcome, cleared of covariates.

    Instruments are turned into orthonormal columns, which changes no answer.

    Attributes:
        reduced: (instrument, 1 + treatment) coefficients in the orthonormal instruments, the
            treatments' first, the outcome's last.
        noise: (1 + treatment, 1 + treatment) cross products of what instruments leave over.
        meat: (instrument, instrument) sum of products of the instruments, weighted by the squared
            residuals of the first treatment: the robust variance of its first stage.
        inequality: How unequal the noise of rows is, where it matters for the first effect.
        rotation: (instrument, instrument) turns orthonormal instruments' coefficients into those of
            the instruments as named.
        scales: (1 + treatment,) standard deviations as measured.
        rows: How many rows there are.
        covariates: How many columns were cleared of, the constant among them.
        names: The instruments that are left, in order.
    """

    reduced: np.ndarray
    noise: np.ndarray
    meat: np.ndarray
    inequality: Inequality
    rotation: np.ndarray
    scales: np.ndarray
    rows: int
    covariates: int
    names: tuple[str, ...]

    @property
    def degrees(self) -> int:
        """Degrees of freedom of the noise."""
        return self.rows - self.covariates - len(self.names)

    @property
    def signal(self) -> np.ndarray:
        """(1 + treatment, 1 + treatment) cross products of what instruments explain."""
        return self.reduced.T @ self.reduced

    @property
    def total(self) -> np.ndarray:
        """(1 + treatment, 1 + treatment) cross products of treatments and outcome."""
        return self.signal + self.noise


def collect_moments(
    outcome: np.ndarray,
    treatments: np.ndarray,
    instruments: dict[str, np.ndarray],
    covariates: np.ndarray,
) -> Moments:
    """Clears everything of the covariates and of a constant, and sums up what is left.

    Args:
        outcome: (n,) outcomes.
        treatments: (n, treatment) treatments; the first is the one that is asked about.
        instruments: (n,) instruments by name; those that the others and the covariates already
            hold are left out.
        covariates: (n, covariate) numbers, without a constant.

    Raises:
        DataError: `no-instrument`: nothing is left of the instruments; `constant-treatment`,
            `constant-outcome`: nothing is left of these; `instrument-is-treatment`,
            `exact-outcome`: instruments explain them without error; `outcome-is-treatment`: it
            follows them without error; `too-few-rows`; `too-few-instruments`.

    Example:
        >>> z = np.tile([0.0, 1.0], 10)
        >>> t = z + np.arange(20) % 3
        >>> y = 2 * t + np.arange(20) % 5
        >>> found = collect_moments(y, t[:, None], {"z": z}, np.empty((20, 0)))
        >>> round(float(found.reduced[0, 1] / found.reduced[0, 0]), 6)
        2.0
    """
    count = len(outcome)
    basis = orthonormal(np.column_stack([np.ones(count), covariates]))
    both = np.column_stack([treatments, outcome])
    left = both - basis @ (basis.T @ both)
    require_variation(both, left)
    kept: dict[str, np.ndarray] = {}
    for name, values in instruments.items():
        others = np.column_stack([basis, *kept.values()])
        rest = values - others @ (others.T @ values)
        rest = rest - others @ (others.T @ rest)
        if float(rest @ rest) > float(smallest(values[:, None])[0]):
            kept[name] = rest / np.linalg.norm(rest)
    require_instruments(instruments, kept, treatments.shape[1], count, basis.shape[1])
    design = np.column_stack(list(kept.values()))
    reduced = design.T @ left
    residuals = left - design @ reduced
    require_noise(left, residuals, tuple(kept))
    named = np.column_stack([instruments[name] for name in kept])
    return Moments(
        reduced,
        residuals.T @ residuals,
        design.T @ (residuals[:, :1] ** 2 * design),
        measure_inequality(left, design, reduced, basis.shape[1]),
        np.linalg.inv(design.T @ named),
        both.std(axis=0, ddof=1),
        count,
        basis.shape[1],
        tuple(kept),
    )


def orthonormal(columns: np.ndarray) -> np.ndarray:
    """An orthonormal basis of columns, those that others already hold left out."""
    scaled = columns / np.maximum(np.linalg.norm(columns, axis=0), 1e-300)
    left, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    return left[:, sizes > 1e-8 * sizes[0]]


def smallest(columns: np.ndarray) -> np.ndarray:
    """The sum of squares below which what is left of each column is rounding error."""
    spread = ((columns - columns.mean(axis=0)) ** 2).sum(axis=0)
    return np.maximum(EXACT * spread, 1e-26 * (columns**2).sum(axis=0))


def require_variation(both: np.ndarray, left: np.ndarray) -> None:
    """Refuses treatments or an outcome of which covariates leave nothing."""
    gone = (left**2).sum(axis=0) <= smallest(both)
    if not gone.any():
        return
    which = "outcome" if gone[-1] else "treatment"
    raise bi.DataError(
        f"The {which} does not vary, or the covariates explain all of it.",
        code=f"constant-{which}",
        hint="Check how it is coded, and which rows were dropped for missing values.",
    )


def require_instruments(
    given: dict[str, np.ndarray], kept: dict[str, np.ndarray], treatments: int, rows: int, lost: int
) -> None:
    """Refuses instruments that say nothing beyond the covariates, or are too few."""
    if not kept:
        raise bi.DataError(
            f"Nothing is left of the instruments ({', '.join(map(repr, given)) or 'none vary'}) in "
            f"{rows} rows: they do not vary, or the covariates hold all that they say.",
            code="no-instrument",
            column=next(iter(given), None),
            hint="Leave covariates out that repeat an instrument: it has to vary among rows that "
            "are alike in the covariates.",
        )
    if len(kept) < treatments:
        raise bi.DataError(
            f"{treatments} treatments need as many instruments; {len(kept)} are left.",
            code="too-few-instruments",
            hint="Add instruments: each column that is moved by choice needs one of its own.",
        )
    if rows - lost - len(kept) < treatments + 3:
        raise bi.DataError(
            f"{rows} rows are too few for {lost} covariates and {len(kept)} instruments.",
            code="too-few-rows",
            hint="Leave covariates out, or add rows.",
        )


def require_noise(left: np.ndarray, residuals: np.ndarray, names: tuple[str, ...]) -> None:
    """Refuses instruments that explain a treatment, or the outcome, without error."""
    told = ", ".join(repr(name) for name in names)
    exact = (residuals**2).sum(axis=0) <= EXACT * (left**2).sum(axis=0)
    if exact[:-1].any():
        raise bi.DataError(
            f"The instruments ({told}) explain the treatment without error in all {len(left)} "
            "rows: they are the treatment itself under another name.",
            code="instrument-is-treatment",
            column=names[0],
            hint="Use causal.Experiment, if chance assigned the treatment; else find something "
            "else that moves it.",
        )
    if exact[-1]:
        raise bi.DataError(
            f"The instruments ({told}) explain the outcome without error in all {len(left)} rows.",
            code="exact-outcome",
            column=names[0],
            hint="Check whether the instrument was made from the outcome.",
        )
    basis = orthonormal(residuals[:, :-1])
    own = residuals[:, -1] - basis @ (basis.T @ residuals[:, -1])
    if float(own @ own) <= EXACT * float(residuals[:, -1] @ residuals[:, -1]):
        raise bi.DataError(
            f"The outcome follows treatments and instruments ({told}) without error in all "
            f"{len(left)} rows: it is made from them.",
            code="outcome-is-treatment",
            hint="Check how the columns were made.",
        )
