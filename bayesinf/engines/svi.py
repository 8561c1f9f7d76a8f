"""svi: the member of a family of distributions that is nearest to the posterior.

Stochastic variational inference: a guide (mean-field, full-rank, low-rank or a flow) climbs the
evidence lower bound from the best normal that Pathfinder met on the way to the mode. Importance
weights then decide: where k-hat allows it they turn the guide's draws into draws of the posterior;
where not, the draws are the guide's own, and the verdict says so.

Source: Kucukelbir et al. (2017), JMLR 18(14); Yao et al. (2018), ICML, for k-hat as the judge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal, final, get_args

import numpy as np

from bayesinf.engine import CHAINS, EFFECTIVE, Answer, GeneralEngine, per_chain
from bayesinf.errors import ModelError, suggest
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.numerics.certified import Request
from bayesinf.numerics.correction import seek_correction
from bayesinf.numerics.guides import guide_named
from bayesinf.numerics.landscape import LARGEST_BATCH, survey
from bayesinf.numerics.noise import Standard
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.pathfinder import Paths, find_paths
from bayesinf.numerics.random import Streams
from bayesinf.numerics.variational import Fitted, Frame, Search, fit_guide
from bayesinf.posterior.approximation import judge_correction, judge_interruption, judge_modes
from bayesinf.posterior.judgement import judge_chains
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.target import Target, target_of
from bayesinf.posterior.verdict import Finding

GuideName = Literal["full-rank", "mean-field", "low-rank", "flow"]

SPREAD = 2.0
"""How far from zero, in units of order one, the further starts of the search lie."""

STARTS = 4
"""Starts besides the known ones: whether others would end elsewhere is half of the certificate."""

LARGEST_DENSE = 500
"""Unknowns of a guide that holds a full matrix: a quarter of a million numbers."""


@final
@dataclass(frozen=True)
class SVI(GeneralEngine):
    """Any model, by the nearest member of a family of distributions; on request only.

    Attributes:
        guide: `"full-rank"` (a multivariate normal), `"mean-field"` (independent normals; spreads
            come out too small), `"low-rank"` (a normal with a few directions of correlation, for
            many unknowns) or `"flow"` (a normalising flow, for curved posteriors).
        draws: Draws to keep, in four chains.
        steps: The most steps; the search ends when the evidence lower bound has settled.
        particles: Draws of the guide in each step.
        learning_rate: Length of the first steps, in posterior sds as first seen.
    """

    name: ClassVar[str] = "svi"
    approximate: ClassVar[bool] = True
    guide: GuideName = "full-rank"
    draws: int | None = None
    steps: int = 5000
    particles: int = 32
    learning_rate: float = 0.05

    def __post_init__(self) -> None:
        if self.guide not in get_args(GuideName):
            raise ModelError(
                f"There is no guide {self.guide!r}.{suggest(str(self.guide), get_args(GuideName))}",
                code="svi-settings",
                hint=f"The guides are: {', '.join(get_args(GuideName))}.",
            )
        for name in ("draws", "steps", "particles"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ModelError(
                    f"{name} must be at least 1, not {getattr(self, name)!r}.", code="svi-settings"
                )
        if not self.learning_rate > 0:
            raise ModelError(
                f"learning_rate must be positive, not {self.learning_rate!r}.", code="svi-settings"
            )

    def refuses(self, model: Model | Program) -> str | None:
        """Refuses more unknowns than a full matrix can serve, for guides that have one."""
        size = model.layout.size
        if size > LARGEST_DENSE and guide_named(self.guide, size).dense:
            return (
                f"the model has {size} unknowns, and a {self.guide} guide serves at most "
                f"{LARGEST_DENSE}; low-rank and mean-field serve more"
            )
        return None

    def solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Climbs to the mode, fits the guide, and corrects its draws where that may be done."""
        target = target_of(model)
        land = survey(target.density, target.data, target.size, target.rows, target.traced)
        starts = target.starts(streams.generator("starts"), SPREAD, STARTS)
        paths = find_paths(land, starts, streams.generator("paths"))
        paths.refuse_interrupted()
        fitted = self._fit(target, paths, streams, report)
        batch = max(16, LARGEST_BATCH // target.rows)
        effective = EFFECTIVE if self.draws is None else None
        wanted = Request(CHAINS, per_chain(self.draws), streams, batch, effective=effective)
        correction = seek_correction(land.values, fitted, wanted)
        several = len(paths.modes) > 1
        doubt = "the starts ended at different places, and a guide follows one" if several else ""
        corrected = correction.points is not None and not doubt
        points = correction.points if corrected else _own(fitted, wanted)
        draws = target.read(np.asarray(points))
        findings = (
            *judge_correction(correction, f"The {self.guide} guide", doubt, "they are the guide's"),
            *_judge_search(fitted, target.evidence_offset),
            *judge_modes(paths),
            # Draws of an approximation agree with each other, which says nothing of the posterior.
            *(judge_chains(*scalar_draws(model, draws)) if corrected else ()),
        )
        return Answer(draws, findings, independent=not corrected)

    def _fit(
        self,
        target: Target,
        paths: Paths,
        streams: Streams,
        report: Callable[[Progress], None] | None,
    ) -> Fitted:
        guide, normal = guide_named(self.guide, target.size), paths.best.normal
        return fit_guide(
            target.density,
            target.data,
            guide,
            Frame(normal.mean, normal.root() if guide.dense else normal.conditional_sds()),
            Search(self.steps, self.particles, self.learning_rate),
            streams.integer("svi"),
            report,
        )


def _own(fitted: Fitted, wanted: Request) -> np.ndarray:
    """The guide's own draws (chain, draw, d)."""
    rng, noise = wanted.streams.generator("draws"), Standard(fitted.size)
    points, _ = fitted.draw(rng, wanted.chains * wanted.draws, noise)
    return points.reshape(wanted.chains, wanted.draws, -1)


def _judge_search(fitted: Fitted, offset: float | None) -> tuple[Finding, ...]:
    """Whether the evidence lower bound settled, and where."""
    evidence = {"steps": float(fitted.steps)}
    bound = ""
    if offset is not None:
        evidence["elbo"] = float(fitted.elbos[-1]) + offset
        bound = f" at {evidence['elbo']:.2f}"
    if fitted.interrupted:
        what = f"the guide is as it was after {fitted.steps} steps"
        return judge_interruption(True, what)
    if fitted.converged:
        sentence = f"The evidence lower bound settled{bound} after {fitted.steps} steps."
        return (Finding(sentence, "good", "elbo", evidence),)
    return (
        Finding(
            f"The evidence lower bound was still rising after {fitted.steps} steps.",
            "warning",
            "elbo",
            evidence,
            "Ask for more steps, for example bi.SVI(steps=20_000).",
        ),
    )
