"""Whether donors can stand in for a treated unit: hull, weights, placebos in time and space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.synthetic.donors import Block, Counterfactual, Method, Simplex
from causal.synthetic.placebo import Errors, Placebos, draw_errors, rank_in_space, refit_placebos
from causal.synthetic.simplex import Exact, project_posterior

FAR, FARTHER = 1.5, 3.0
"""Misfit over the placebos' median misfit, above which the donors reach the treated unit badly, or
not at all. Conventions."""

FEW_TIMES = 10
"""Times before treatment below which weights are close to guesses."""

FEW_DONORS = 5
"""Independent placebos below which nothing is known of the tails of the errors."""

SURPRISING = 2.0
"""Standard deviations of its own error above which a placebo effect is a surprise."""

LARGE = 0.25
"""Share of the effect that a placebo effect must reach to put the effect in doubt: a convention."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A treated unit's counterfactual, with the placebos that say how far it may be wrong.

    Attributes:
        names: (donor,) labels.
        method: How donors were weighed.
        fit: The treated unit's weights and gaps.
        placebos: The refits of donors that pretend to be treated.
        errors: Draws of the error of `fit`.
        weights: (draw, donor) projected posterior of the donors' weights.
        seed: What the random numbers of checks derive from.
    """

    names: tuple[object, ...]
    method: Method
    fit: Counterfactual
    placebos: Placebos
    errors: Errors
    weights: np.ndarray
    seed: int


def judge_donors(fitted: Fitted, left_out: Mapping[object, float]) -> tuple[bi.Finding, ...]:
    """Runs the checks of a synthetic control.

    Args:
        fitted: The treated unit's counterfactual.
        left_out: The effect without each donor that has weight, by its label.
    """
    return (
        *judge_size(fitted),
        judge_hull(fitted),
        judge_concentration(fitted),
        judge_space(fitted),
        *judge_time(fitted),
        *judge_left_out(fitted, left_out),
        judge_width(fitted),
    )


def judge_size(fitted: Fitted) -> tuple[bi.Finding, ...]:
    """Says where there are few times to choose weights by, or few donors to learn errors from."""
    found: list[bi.Finding] = []
    block, count = fitted.fit.block, fitted.placebos.independent
    if block.before < FEW_TIMES:
        found.append(
            bi.Finding(
                f"Only {block.before} times come before the treatment; so few can be met by chance "
                "with weights that mean nothing afterwards.",
                "warning",
                "few-times-before",
                {"times": float(block.before)},
                "Take a longer panel where there is one.",
            )
        )
    if count < FEW_DONORS:
        found.append(
            bi.Finding(
                f"Only {count} independent placebos tell how far the method errs, so the interval "
                "is wide and rests on the errors being Gaussian.",
                "warning",
                "few-donors",
                {"placebos": float(count)},
                "Add donors that were exposed to the same influences.",
            )
        )
    return tuple(found)


def judge_hull(fitted: Fitted) -> bi.Finding:
    """Says how far the treated unit lies from what the donors can make, against the placebos.

    A unit outside the donors' convex hull cannot be met by any weights; the distance is the root
    mean square gap that the best of them leave before treatment.
    """
    block = fitted.fit.block
    columns, target, _ = fitted.method.columns(block)
    best = Exact().solve(columns, target, 1e-9 * block.noise)
    distance = float(np.sqrt(np.mean((columns @ best - target) ** 2)))
    spread, typical = float(np.std(target)), float(np.median(fitted.placebos.misfits))
    misfit = fitted.fit.misfit
    ratio = misfit / max(typical, 1e-12 * max(misfit, 1e-300))
    evidence = {
        "distance": distance,
        "distance_in_sds": distance / spread if spread > 0 else 0.0,
        "misfit": misfit,
        "misfit_over_placebos": ratio,
    }
    where = (
        f"before treatment the gaps have a root mean square of {misfit:.3g}, {ratio:.2g} times "
        f"that of the median placebo ({typical:.3g}); the nearest mixture of donors is "
        f"{evidence['distance_in_sds']:.2g} sds of the treated unit's own outcomes away"
    )
    if ratio <= FAR:
        return bi.Finding(
            f"The donors can stand in for the treated unit: {where}. A good fit before does not "
            "show that it would have lasted.",
            "good",
            "donor-hull",
            evidence,
        )
    levels = isinstance(fitted.method, Simplex)
    change = "Use synthetic DiD, which compares changes instead of levels; or t" if levels else "T"
    outside = misfit > FARTHER * typical and evidence["distance_in_sds"] > 1
    return bi.Finding(
        f"The treated unit lies outside what the donors can make: {where}.",
        "bad" if outside else "warning",
        "donor-hull",
        evidence,
        f"{change}ransform the outcome (per head, logarithm); or add donors like the treated unit.",
    )


def judge_concentration(fitted: Fitted) -> bi.Finding:
    """Says on how many donors the answer rests."""
    units = fitted.fit.units
    top, weight = fitted.names[int(units.argmax())], float(units.max())
    effective = float(1 / np.sum(units**2))
    few = weight > 0.8
    return bi.Finding(
        f"The weights amount to {effective:.3g} donors of equal weight, of {len(units)}; the "
        f"largest weight is {weight:.2f} ({top}). What happened to that donor alone after the "
        "treatment began moves the answer by that share.",
        "warning" if few else "note",
        "donor-concentration",
        {"effective_donors": effective, "largest_weight": weight},
        f"Ask what else happened in {top} after the treatment began.",
    )


def judge_space(fitted: Fitted) -> bi.Finding:
    """Compares the treated unit's gap with those of donors that pretend to be treated."""
    chance, count = rank_in_space(fitted.placebos, fitted.fit), len(fitted.placebos.misfits)
    spread = float(np.std(fitted.placebos.effects))
    rarely = "as" if chance > 0.1 else "only as"
    return bi.Finding(
        f"Placebo in space: a gap as large for its misfit before treatment has a share of "
        f"{chance:.3g} of the units, {rarely} the permutation test's p-value says (the smallest "
        f"possible is {1 / (count + 1):.2g}); the placebos' effects, truly zero, have an sd of "
        f"{spread:.3g} against an effect of {fitted.fit.effect:.3g}.",
        "note",
        "placebo-in-space",
        {"p_value": chance, "placebo_sd": spread, "placebos": float(count)},
        "Read it beside the interval: it ranks, and knows nothing of how large the effect is.",
    )


def judge_time(fitted: Fitted) -> tuple[bi.Finding, ...]:
    """Pretends that the treatment began earlier, and looks for an effect that cannot be there."""
    block = fitted.fit.block
    earlier = block.before - max(2, block.before // 3)
    if earlier < 3:
        return ()
    effect, spread = refit_earlier(fitted, block.earlier(earlier))
    size = abs(fitted.fit.effect)
    surprise = abs(effect) / max(spread, 1e-300)
    evidence = {"effect": effect, "sd": spread, "share": abs(effect) / max(size, 1e-300)}
    said = (
        f"Placebo in time: begun {block.before - earlier} times earlier, the treatment would have "
        f"had an effect of {effect:.3g} (sd of its error {spread:.2g}) before it was there, "
        f"against {fitted.fit.effect:.3g} after. Effects below {SURPRISING * spread:.2g} would not "
        "be noticed"
    )
    if surprise <= SURPRISING:
        return (bi.Finding(f"{said}.", "good", "placebo-in-time", evidence),)
    large = abs(effect) > LARGE * size
    return (
        bi.Finding(
            f"{said}; this one is.",
            "bad" if abs(effect) > size else "warning" if large else "note",
            "placebo-in-time",
            evidence,
            "Something set the treated unit apart before the treatment: was it anticipated, or did "
            "another event come first?",
        ),
    )


def refit_earlier(fitted: Fitted, block: Block) -> tuple[float, float]:
    """The effect of a treatment at an earlier date, and the sd of its error by placebos."""
    rng = bi.Streams(fitted.seed).generator("placebo in time")
    fit = fitted.method.fit(block)
    errors = draw_errors(refit_placebos(fitted.method, block, rng), fit.misfit, rng, 1)
    return fit.effect, errors.scale


def judge_left_out(fitted: Fitted, left_out: Mapping[object, float]) -> tuple[bi.Finding, ...]:
    """Says how far the answer moves when one donor is left out."""
    if not left_out:
        return ()
    lowest, highest = min(left_out.values()), max(left_out.values())
    spread = fitted.errors.scale
    worst = max(left_out, key=lambda name: abs(left_out[name] - fitted.fit.effect))
    moved = abs(left_out[worst] - fitted.fit.effect)
    fragile = moved > spread
    return (
        bi.Finding(
            f"Leaving out one donor at a time moves the effect between {lowest:.3g} and "
            f"{highest:.3g}; most without {worst}, by {moved:.2g}, {moved / spread:.2g} sds of the "
            "error that the interval allows for.",
            "warning" if fragile else "good",
            "leave-one-out",
            {"lowest": lowest, "highest": highest, "moved_in_sds": moved / spread},
            f"Look at {worst}: the answer is as good as its stand-in." if fragile else "",
        ),
    )


def judge_width(fitted: Fitted) -> bi.Finding:
    """Compares the interval with what the weights' own uncertainty alone would give."""
    narrow = float(np.std(fitted.errors.paths[:, fitted.fit.block.before :].mean(axis=1)))
    within = weights_alone(fitted)
    return bi.Finding(
        f"The interval comes from the placebos' errors (sd {narrow:.3g}); the uncertainty of the "
        f"weights and of the average's noise, given that some mixture of donors is right, would "
        f"make it {narrow / max(within, 1e-300):.2g} times narrower (sd {within:.3g}).",
        "note",
        "donor-uncertainty",
        {"sd": narrow, "sd_within_model": within},
        "Donors more like the treated unit would make it narrower; a better sampler would not.",
    )


def weights_alone(fitted: Fitted) -> float:
    """The sd of the effect if a mixture of donors were the true model, by projected posterior."""
    block, method = fitted.fit.block, fitted.method
    moves = np.array([moved_effect(fitted.fit, units) for units in fitted.weights])
    columns, target, _ = method.columns(block)
    noise = float(np.mean((columns @ fitted.fit.units - target) ** 2))
    return float(np.sqrt(moves.var() + noise / (block.treated.size - block.before)))


def posterior_weights(method: Method, fit: Counterfactual, rng: np.random.Generator) -> np.ndarray:
    """Draws donor weights from their projected posterior.

    Args:
        method: How donors were weighed.
        fit: The weights that it chose.
        rng: Decides the draws.

    Returns:
        (draw, donor) weights, 400 draws; fewer of more than 50 donors. Weights that nothing can
        move stay.
    """
    columns, target, ridge = method.columns(fit.block)
    draws = int(np.clip(20_000 // len(fit.units), 50, 400))
    if not np.isfinite(ridge):
        return np.tile(fit.units, (draws, 1))
    return project_posterior(columns, target, ridge, fit.units, rng, draws)


def moved_effect(fit: Counterfactual, units: np.ndarray) -> float:
    """The effect that other donor weights would give, with the same time weights."""
    block = fit.block
    gaps = block.treated - units @ block.donors
    return float(gaps[block.before :].mean() - fit.times @ gaps[: block.before])
