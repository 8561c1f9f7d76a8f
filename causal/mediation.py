"""Effects along paths through a mediator, by integrating one regression over another.

For each draw of both regressions and each row, E[Y(a, M(b))] is the outcome's expectation under
treatment a, averaged over the mediator's distribution under treatment b. Averages over a mediator
with two levels, and of linear outcomes, are exact; others by Gauss-Hermite quadrature.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

import bayesinf as bi
from causal.bootstrap.nuisance import BLOCK
from causal.population import Population

NODES = ((1.0, 10), (2.0, 20), (3.0, 32), (np.inf, 64))
"""Quadrature nodes for a numeric mediator of a binary outcome, by how far one residual sd of the
mediator moves the outcome's logit at most: errors of the chance stay below 2e-5 up to 3."""

FRAGILE, WEAK = 0.1, 0.3
"""Correlations of the errors that would explain the indirect effect away: below the first almost
any common cause would do, above the second it takes a strong one. Conventions."""

CERTAIN = 0.99
"""Probability of the total effect's sign below which a share of it is not given: its draws divide
by numbers around zero."""


@dataclass(frozen=True, eq=False)
class Paths:
    """Draws of two regressions, and their designs for each row under each treatment.

    Attributes:
        mediator: (draw, coefficient) of the mediator's regression.
        spread: (draw,) its residual sd; None where it is logistic.
        mediators: (level, row, coefficient) its designs; level 0 is the control.
        outcome: (draw, coefficient) of the outcome's regression.
        noise: (draw,) its residual sd; None where it is logistic.
        bases: (level, row, coefficient) its designs at mediator = 0.
        slopes: (level, row, coefficient) what one unit of the mediator adds to them.
        shape: Numbers of chains and draws.
    """

    mediator: np.ndarray
    spread: np.ndarray | None
    mediators: np.ndarray
    outcome: np.ndarray
    noise: np.ndarray | None
    bases: np.ndarray
    slopes: np.ndarray
    shape: tuple[int, int]

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.mediators.shape[1]

    def predicted(self, level: int, rows: slice) -> np.ndarray:
        """(draw, row) linear predictors of the mediator under a treatment."""
        return self.mediator @ self.mediators[level, rows].T

    def expected(self, level: int, values: np.ndarray, rows: slice) -> np.ndarray:
        """Expected outcomes under a treatment and given mediators.

        Args:
            level: The treatment.
            values: (..., draw, row) mediators, or what broadcasts to it.
            rows: Which rows.

        Returns:
            (..., draw, row).
        """
        base = self.outcome @ self.bases[level, rows].T
        found = base + values * (self.outcome @ self.slopes[level, rows].T)
        return found if self.noise is not None else expit(found)

    def crossed(self, level: int, other: int, rows: slice) -> np.ndarray:
        """(draw, row) E[Y(level, M(other))]: the outcome averaged over the mediator."""
        predicted = self.predicted(other, rows)
        if self.spread is None:
            chance = expit(predicted)
            without, having = (self.expected(level, np.full(1, m), rows) for m in (0.0, 1.0))
            return (1 - chance) * without + chance * having
        if self.noise is not None:
            return self.expected(level, predicted, rows)
        gain = np.abs(self.spread[:, None] * (self.outcome @ self.slopes[level, rows].T)).max()
        count = next(count for limit, count in NODES if gain <= limit)
        nodes, weights = np.polynomial.hermite_e.hermegauss(count)
        total = np.zeros_like(predicted)
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            total += weight * self.expected(level, predicted + node * self.spread[:, None], rows)
        return total


def read_paths(
    mediator: bi.Fit, outcome: bi.Fit, table: bi.Table, names: tuple[str, str], levels: Sequence
) -> Paths:
    """Builds the designs of two fitted regressions under each treatment.

    Args:
        mediator: The fit of the mediator.
        outcome: The fit of the outcome, linear in the mediator.
        table: The rows of both.
        names: The columns of the treatment and of the mediator; the latter holds numbers.
        levels: The treatment's control and its treated level.

    Raises:
        ModelError: The outcome's model bends with the mediator.
    """
    treatment, middle = names
    values = table.columns[middle].astype(float)
    low, high = float(values.min()), float(values.max())
    mediators, bases, slopes = [], [], []
    for level in levels:
        moved = table.replace(treatment, level)
        mediators.append(mediator.model.on(moved).design.rows.population)
        places = (low, high) if set(values) <= {0.0, 1.0} else (low, high, (low + high) / 2)
        designs = [
            outcome.model.on(moved.replace(middle, place)).design.rows.population
            for place in places
        ]
        slope = (designs[1] - designs[0]) / (high - low)
        for place, design in zip(places, designs, strict=True):
            straight = designs[0] + (place - low) * slope
            if not np.allclose(straight, design, atol=1e-8 * (1 + np.abs(design).max())):
                raise bi.ModelError(
                    f"The outcome's model bends with the mediator '{middle}'; paths are computed "
                    "for models that are straight in it.",
                    code="mediator-bends",
                    column=middle,
                    hint="Let it enter by itself and by products: 'y ~ t * m + x'.",
                )
        bases.append(designs[0] - low * slope)
        slopes.append(slope)
    first, second = (coefficients_of(fit) for fit in (mediator, outcome))
    return Paths(
        first.reshape(-1, first.shape[-1]),
        spread_of(mediator),
        np.array(mediators),
        second.reshape(-1, second.shape[-1]),
        spread_of(outcome),
        np.array(bases),
        np.array(slopes),
        (first.shape[0], first.shape[1]),
    )


def coefficients_of(fit: bi.Fit) -> np.ndarray:
    """(chain, draw, coefficient) draws of a regression's coefficients."""
    values: Any = fit.posterior.values
    return values.coefficients


def spread_of(fit: bi.Fit) -> np.ndarray | None:
    """(draw,) draws of the residual sd of a linear regression; None of a logistic one."""
    if fit.model.family.name != "gaussian":
        return None
    values: Any = fit.posterior.values
    return values.parameters[..., 0].ravel()


@dataclass(frozen=True, eq=False)
class PathAverages:
    """Averages over rows, each (chain, draw, ...).

    Attributes:
        outcomes: (chain, draw, level, other) E[Y(level, M(other))].
        mediators: (chain, draw, level) E[M(level)], a chance where it has two levels.
        controlled: (chain, draw, value) controlled direct effects.
    """

    outcomes: np.ndarray
    mediators: np.ndarray
    controlled: np.ndarray


def average_paths(
    paths: Paths, values: Sequence[float], population: Population, rng: np.random.Generator
) -> PathAverages:
    """Averages over rows, block by block.

    Args:
        paths: Draws and designs.
        values: Mediators at which to give controlled direct effects.
        population: Whether the rows stand for themselves or for where they were drawn from.
        rng: Of the population's weights.
    """
    draws = len(paths.mediator)
    outcomes, size = np.zeros((draws, 2, 2)), np.zeros((draws, 1))
    mediators, controlled = np.zeros((draws, 2)), np.zeros((draws, len(values)))
    for rows in blocks(paths.rows, max(BLOCK // draws, 1)):
        weights = population.weigh(rng, draws, rows.stop - rows.start)
        size += weights.sum(axis=1, keepdims=True)
        for level in (0, 1):
            predicted = paths.predicted(level, rows)
            middle = expit(predicted) if paths.spread is None else predicted
            mediators[:, level] += (weights * middle).sum(axis=1)
            for other in (0, 1):
                crossed = paths.crossed(level, other, rows)
                outcomes[:, level, other] += (weights * crossed).sum(axis=1)
        for position, value in enumerate(values):
            held = np.full(1, float(value))
            gap = paths.expected(1, held, rows) - paths.expected(0, held, rows)
            controlled[:, position] += (weights * gap).sum(axis=1)
    return PathAverages(
        (outcomes / size[:, None]).reshape(*paths.shape, 2, 2),
        (mediators / size).reshape(*paths.shape, 2),
        (controlled / size).reshape(*paths.shape, len(values)),
    )


def blocks(rows: int, step: int) -> Iterator[slice]:
    """Stretches of rows."""
    for begin in range(0, rows, step):
        yield slice(begin, min(begin + step, rows))


def confounded_indirect(
    indirect: np.ndarray,
    moved: np.ndarray,
    spread: np.ndarray,
    noise: np.ndarray,
    correlations: Sequence[float],
) -> np.ndarray:
    """The indirect effect had the errors of mediator and outcome been correlated.

    Correlated errors, as from a common cause of both, shift the outcome's slope on the mediator by
    rho noise / (spread sqrt(1 - rho^2)); the effect of the treatment on the mediator stays.

    Args:
        indirect: (chain, draw) the indirect effect with no correlation.
        moved: (chain, draw) how far the treatment moves the mediator's average.
        spread: (chain, draw) residual sd of the mediator.
        noise: (chain, draw) residual sd of the outcome given the mediator.
        correlations: Values of rho, between -1 and 1.

    Returns:
        (chain, draw, rho).

    Source:
        Imai, Keele and Yamamoto (2010), Identification, inference and sensitivity analysis for
        causal mediation effects, Statistical Science 25, theorem 4, written in the residual sds
        of the two regressions; products of treatment and mediator leave the shift as it is.

    Example:
        >>> one = np.ones((1, 1))
        >>> confounded_indirect(one, one, one, one, [0.0, 0.6])[0, 0].round(6).tolist()
        [1.0, 0.25]
    """
    rho = np.asarray(correlations, dtype=float)
    shift = rho / np.sqrt(1 - np.square(rho))
    return indirect[..., None] - (moved * noise / spread)[..., None] * shift


def correlation_to_zero(
    indirect: np.ndarray, moved: np.ndarray, spread: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """The correlation of the errors at which the indirect effect vanishes.

    Args:
        indirect: (chain, draw) the indirect effect with no correlation.
        moved: (chain, draw) how far the treatment moves the mediator's average.
        spread: (chain, draw) residual sd of the mediator.
        noise: (chain, draw) residual sd of the outcome given the mediator.

    Returns:
        (chain, draw), between -1 and 1.

    Source:
        Imai, Keele and Yamamoto (2010), Statistical Science 25, corollary of theorem 4.

    Example:
        >>> one = np.ones((1, 1))
        >>> found = correlation_to_zero(one, one, one, one)
        >>> confounded_indirect(one, one, one, one, found[0]).round(6).tolist()
        [[[0.0]]]
    """
    ratio = indirect * spread / (np.where(moved == 0, 1e-300, moved) * noise)
    return ratio / np.sqrt(1 + np.square(ratio))


def judge_regressions(mediator: bi.Fit, outcome: bi.Fit) -> tuple[bi.Finding, ...]:
    """Passes on what went wrong in the two regressions, or says that nothing did."""
    found: list[bi.Finding] = []
    for noun, code, fit in (
        ("mediator", "mediator-model", mediator),
        ("outcome", "model", outcome),
    ):
        doubts = fit.verdict.of("bad", "warning")
        found += [
            bi.Finding(
                f"Model of the {noun}: {doubt.sentence}",
                doubt.severity,
                code,
                doubt.evidence,
                doubt.remedy,
            )
            for doubt in doubts
        ]
        if not doubts:
            found.append(bi.Finding(f"The model of the {noun} passed its checks.", "good", code))
    return tuple(found)


def judge_moved(treatment: str, mediator: str, moved: np.ndarray) -> bi.Finding:
    """Says whether the treatment moves the mediator at all.

    Args:
        treatment: The treatment's column.
        mediator: The mediator's column.
        moved: (chain, draw) how far its average moves.
    """
    sure = float(max((moved > 0).mean(), (moved < 0).mean()))
    clear = sure >= 0.975
    return bi.Finding(
        f"{treatment} moves {mediator} by {moved.mean():.3g} on average (sd {moved.std():.2g})"
        + ("." if clear else ", whose sign is not clear: the indirect effect is near nothing."),
        "good" if clear else "note",
        "mediator-moved",
        {"moved": float(moved.mean()), "sign": sure},
        "" if clear else "Read the direct effect; nothing is known to go through the mediator.",
    )


def judge_correlation(mediator: str, outcome: str, vanishing: np.ndarray) -> bi.Finding:
    """Says how strong a common cause would explain the indirect effect away.

    Args:
        mediator: The mediator's column.
        outcome: The outcome's column.
        vanishing: (chain, draw) the correlation of the errors at which the effect vanishes.
    """
    middle = float(np.median(vanishing))
    low, high = (float(edge) for edge in np.quantile(vanishing, [0.025, 0.975]))
    size = abs(middle)
    return bi.Finding(
        f"The indirect effect would vanish if what is left of {mediator} and of {outcome} were "
        f"correlated by {middle:.2f} ({low:.2f} to {high:.2f}) through causes of both that were "
        "not measured. The data cannot show that correlation.",
        "warning" if size < FRAGILE else "note",
        "mediator-confounding",
        {"correlation": middle, "lower": low, "upper": high},
        "Compare it with the correlation that a measured cause of both would leave."
        if size >= WEAK
        else "Think of common causes of both and adjust for what was measured of them.",
    )


def judge_share(total: np.ndarray) -> tuple[bi.Finding, ...]:
    """Says that the share of the total effect is withheld, where its sign is not clear.

    Args:
        total: (chain, draw) the total effect.
    """
    sure = float(max((total > 0).mean(), (total < 0).mean()))
    if sure >= CERTAIN:
        return ()
    return (
        bi.Finding(
            f"The proportion mediated is withheld: the total effect, {total.mean():.3g}, has its "
            f"sign with probability {sure:.3f} only, and a share of what may be nothing means "
            "nothing.",
            "note",
            "share-withheld",
            {"sign": sure},
            "Compare NDE and NIE themselves.",
        ),
    )
