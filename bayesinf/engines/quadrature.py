"""quadrature: one group term and any family, the group effects integrated out numerically.

Given coefficients, family parameters, group sds and correlations, the groups are independent and
have few effects each, so that adaptive Gauss-Hermite quadrature integrates them out. What is left
has few unknowns: importance sampling around its mode serves it, and group effects are then drawn
given each draw. Nothing is compiled unless the certificate fails.

Source: Pinheiro and Bates (1995), Journal of Computational and Graphical Statistics 4(1), for the
quadrature; Vehtari et al. (2024) for the k-hat diagnostic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from bayesinf.engine import CHAINS, DRAWS, EFFECTIVE, Answer, Engine, per_chain
from bayesinf.model.fact import count_of
from bayesinf.model.latent import approximate, latent_rows
from bayesinf.model.layout import read_layout
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.model.quadrature.density import quadrature_data, quadrature_density
from bayesinf.model.quadrature.effects import STILL, DrawnEffects, draw_effects
from bayesinf.model.quadrature.summit import Summit, find_summit
from bayesinf.model.quadrature.value import (
    ERROR,
    PROBES,
    Accuracy,
    Integrand,
    integrand,
    log_densities,
    measure,
)
from bayesinf.model.structure import gaussian_coefficients, grouping, is_gaussian
from bayesinf.numerics.certified import Certified, Request, predicted_seconds, sample_certified
from bayesinf.numerics.mode import EVIDENCE_GAP
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import Draws, uncentre
from bayesinf.posterior.judgement import judge_certified, judge_chains
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.verdict import Finding

LARGEST_DIMENSION = 40
"""As for the laplace engine: with more unknowns, importance sampling loses its efficiency."""

MOST_EFFECTS = 3
"""Effects of each group: 7 nodes in each dimension make 343 in three, and 2,401 in four."""

USUAL_NODES = 7
"""Nodes per dimension that most models need; used to predict the cost only."""

PROPOSALS = 3000
"""Points at which the density is evaluated, roughly; used to predict the cost only."""

LARGEST_WORK = 2e10
"""Nodes times rows times points: about a minute on two cores, as long as trajectories on all
unknowns would take (1,000 draws of 20 gradients each, 15 ns a row)."""

CHEAP_WORK = 1e8
"""Nodes times rows times points up to which 4,000 draws cost a fraction of a second."""

FEWER = 2400
"""Draws of larger models when nobody says how many: chains that accept two thirds of independent
proposals have half as many effective draws, and there is a margin."""

COSTLY = 10.0
"""Predicted seconds of plain importance sampling from which a surrogate is put in its place; the
surrogate itself takes some five seconds in seven dimensions."""

ALL_AT_ONCE = 1_000_000
"""Points of a batch: the density makes its own, smaller ones."""


@final
@dataclass(frozen=True)
class Quadrature(Engine):
    """Group effects of one term under any family, integrated out by adaptive quadrature.

    Attributes:
        draws: Draws to keep, in four chains.
    """

    name: ClassVar[str] = "quadrature"
    draws: int | None = None

    def refuses(self, model: Model) -> str | None:
        """Refuses other than one group term, many effects, many unknowns, and what marginal does.

        A Gaussian model is served where the priors of its coefficients are not Gaussian.
        """
        one_term = grouping(model)
        if not one_term.holds:
            return one_term.reason
        if is_gaussian(model).holds and gaussian_coefficients(model).holds:
            return (
                "the outcome is Gaussian around a linear predictor, so that the group effects have "
                "a closed form"
            )
        group = model.layout.groups[0]
        if group.effects > MOST_EFFECTS:
            return (
                f"each group has {group.effects} effects; quadrature serves at most {MOST_EFFECTS}"
            )
        size = model.layout.size - group.levels * group.effects
        if size > LARGEST_DIMENSION:
            return (
                f"{size} unknowns are left without the group effects; importance sampling serves "
                f"at most {LARGEST_DIMENSION}"
            )
        nodes, rows = USUAL_NODES**group.effects, len(model.design.response)
        if nodes * rows * PROPOSALS > LARGEST_WORK:
            return (
                f"{nodes} nodes in {rows:,} rows at {PROPOSALS:,} points are "
                f"{nodes * rows * PROPOSALS:.0e} evaluations; more than {LARGEST_WORK:.0e} are "
                "not worth it"
            )
        return None

    def merit(self, model: Model | Program) -> str:
        """What quadrature integrates out."""
        assert isinstance(model, Model), "programs are objected to"
        group = model.layout.groups[0]
        left = model.layout.size - group.levels * group.effects
        return (
            f"the effects of each of {count_of(group.levels, 'level')} integrate out by "
            f"quadrature, which leaves {count_of(left, 'unknown')} to sample"
        )

    def solve(
        self, model: Model, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Samples what is left without the group effects, then draws the effects."""
        whole = integrand(model)
        approximation = approximate(latent_rows(model))
        summit = find_summit(whole, approximation, streams.generator("nodes"))
        sample = self._sample(model, whole, summit, streams, report)
        flat = sample.points.reshape(-1, whole.rows.size)
        drawn = draw_effects(whole, summit.centre, summit.accuracy.steps, flat, streams)
        draws = _draws(model, whole, sample.points, drawn)
        names, scalars = scalar_draws(model, draws)
        findings = (
            *_judge_starts(approximation.modes, approximation.gap),
            *judge_certified(sample),
            *judge_chains(names, scalars),
            _judge_nodes(whole, summit, flat),
            _judge_walks(drawn),
        )
        return Answer(draws, findings)

    def _sample(
        self,
        model: Model,
        whole: Integrand,
        summit: Summit,
        streams: Streams,
        report: Callable[[Progress], None] | None,
    ) -> Certified:
        """Draws of what is left without the group effects."""
        used = summit.accuracy
        signature, data = quadrature_data(model, used.rule)
        request = Request(
            CHAINS,
            per_chain(self._count(whole, used)),
            streams,
            ALL_AT_ONCE,
            report,
            EFFECTIVE if self.draws is None else None,
            whole.seconds(used.rule),
        )
        # A surrogate seeks the mode itself, and is worth its own seconds only where many are saved.
        costly = summit.modes.agree and predicted_seconds(request) > COSTLY
        return sample_certified(
            quadrature_density(signature),
            data,
            summit.starts(streams.generator("starts")),
            request,
            value=lambda points: log_densities(whole, summit.centre, used.rule, used.steps, points),
            modes=None if costly else summit.modes,
        )

    def _count(self, whole: Integrand, accuracy: Accuracy) -> int:
        """How many draws to keep."""
        if self.draws is not None:
            return self.draws
        work = len(accuracy.rule.nodes) * whole.rows.count * DRAWS
        return DRAWS if work < CHEAP_WORK else FEWER


def _draws(model: Model, whole: Integrand, points: np.ndarray, drawn: DrawnEffects) -> Draws:
    """Draws in the user's units, with axes (chain, draw)."""
    shape = points.shape[:2]
    values = read_layout(whole.signature.layout, points)
    factor = np.asarray(values.correlations[0])
    return Draws(
        uncentre(np.asarray(values.coefficients), model.design.centre),
        np.asarray(values.parameters),
        (np.asarray(values.sds[0]),),
        (factor @ factor.swapaxes(-1, -2),),
        (drawn.effects.reshape(*shape, *drawn.effects.shape[1:]),),
    )


def _judge_starts(modes: int, gap: float) -> tuple[Finding, ...]:
    """More than one mode of the spreads, as the Laplace approximation saw them."""
    if modes < 2:
        return ()
    return (
        Finding(
            f"The spreads of the group effects have {modes} modes; the second holds about "
            f"{np.exp(-max(gap, 0.0)):.1e} of the first's probability.",
            "warning" if gap < EVIDENCE_GAP else "note",
            "modes",
            {"modes": float(modes), "gap": float(gap)},
        ),
    )


def _judge_nodes(whole: Integrand, summit: Summit, points: np.ndarray) -> Finding:
    """What is left to be wrong with the quadrature, measured on draws of the posterior."""
    used = summit.accuracy
    some = points[np.linspace(0, len(points) - 1, PROBES).astype(int)]
    error = measure(whole, summit.centre, used.count, used.steps, some).error
    nodes, evidence = len(used.rule.nodes), {"error": error, "nodes": float(len(used.rule.nodes))}
    sentence = (
        f"The group effects were integrated out with {nodes} nodes each; about twice as many in "
        f"each dimension change the log density by {error:.1g} (sd over draws)"
    )
    if error <= ERROR:
        bound = f", so no mean is off by more than {error:.1g} posterior sd."
        return Finding(sentence + bound, "good", "quadrature", evidence)
    return Finding(
        sentence + f", which is more than {ERROR:g}.",
        "warning" if error < 10 * ERROR else "bad",
        "quadrature",
        evidence,
        "Fit again with engine='nuts'.",
    )


def _judge_walks(drawn: DrawnEffects) -> Finding:
    """Whether the group effects walked away from where they began."""
    evidence = {"acceptance": drawn.acceptance, "still": drawn.still}
    sentence = (
        "The group effects were drawn given everything else by walks of their own, which accepted "
        f"{drawn.acceptance:.0%} of their moves"
    )
    if drawn.still <= 2 * STILL:
        return Finding(sentence + ".", "good", "effects", evidence)
    return Finding(
        f"{sentence}; {drawn.still:.1%} never moved, so that some intervals may be too narrow.",
        "warning",
        "effects",
        evidence,
        "Fit again with engine='nuts'.",
    )
