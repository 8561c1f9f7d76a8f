"""pathfinder: normal approximations met on the way up to the mode, from several starts.

Each path is a climb by L-BFGS whose history gives a normal approximation at every point; the one
with the best evidence lower bound is kept. The paths' normals together are a proposal. Where k-hat
allows it, importance weights turn its draws into draws of the posterior; where not, draws are
picked by smoothed weights, and the verdict says that they are approximate.

Why not BlackJAX's Pathfinder: a dependency for two hundred lines, whose paths are compiled whole
and so again for every structure; this one asks for batches of gradients, as other engines do.

Source: Zhang, Carpenter, Gelman and Vehtari (2022), Pathfinder: parallel quasi-Newton variational
inference, JMLR 23(306).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, final

import numpy as np

from bayesinf.engine import CHAINS, EFFECTIVE, Answer, GeneralEngine, per_chain
from bayesinf.errors import ModelError
from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.numerics.certified import Request
from bayesinf.numerics.correction import seek_correction, weighted_draws
from bayesinf.numerics.density import Value
from bayesinf.numerics.landscape import LARGEST_BATCH, survey
from bayesinf.numerics.noise import Standard
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.pareto import psis
from bayesinf.numerics.pathfinder import Paths, Pool, find_paths
from bayesinf.numerics.random import Streams
from bayesinf.posterior.approximation import judge_correction, judge_interruption, judge_modes
from bayesinf.posterior.judgement import judge_chains
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.target import Target, target_of
from bayesinf.posterior.verdict import Finding

SPREAD = 2.0
"""How far from zero, in units of order one, the random starts lie."""

CANDIDATES = 5
"""Draws of the paths per draw that is picked of them."""


@final
@dataclass(frozen=True)
class Pathfinder(GeneralEngine):
    """Any model, by the best normal approximations on the way to the mode; on request only.

    Attributes:
        paths: Climbs from different starts. One is the single-path method; it cannot tell whether
            others would end elsewhere.
        draws: Draws to keep, in four chains.
    """

    name: ClassVar[str] = "pathfinder"
    approximate: ClassVar[bool] = True
    paths: int = 8
    draws: int | None = None

    def __post_init__(self) -> None:
        for name in ("paths", "draws"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise ModelError(
                    f"{name} must be at least 1, not {getattr(self, name)!r}.",
                    code="pathfinder-settings",
                )

    def refuses(self, model: Model | Program) -> str | None:
        """Refuses nothing."""
        del model
        return None

    def solve(
        self, model: Model | Program, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Climbs along the paths, and corrects their normals' draws where that may be done."""
        target = target_of(model)
        land = survey(target.density, target.data, target.size, target.rows, target.traced)
        paths = find_paths(land, self._starts(target, streams), streams.generator("paths"), report)
        pool = Pool(tuple(path.normal for path in paths.kept))
        batch = max(16, LARGEST_BATCH // target.rows)
        effective = EFFECTIVE if self.draws is None else None
        wanted = Request(CHAINS, per_chain(self.draws), streams, batch, effective=effective)
        correction = seek_correction(land.values, pool, wanted)
        doubt = _doubt(paths)
        corrected = correction.points is not None and not doubt
        points = correction.points if corrected else _picked(land.values, pool, wanted)
        draws = target.read(np.asarray(points))
        one = len(pool.parts) == 1
        what = f"The normal of the best path of {len(paths.all)}" if one else "The paths' mixture"
        findings = (
            *judge_correction(
                correction, what, doubt, "they are picked from the paths' normals by their weights"
            ),
            *_judge_paths(paths),
            *judge_modes(paths),
            *judge_interruption(paths.interrupted, "the paths ended before their modes"),
            # Draws of an approximation agree with each other, which says nothing of the posterior.
            *(judge_chains(*scalar_draws(model, draws)) if corrected else ()),
        )
        return Answer(draws, findings)

    def _starts(self, target: Target, streams: Streams) -> np.ndarray:
        """The known points first, then random ones."""
        further = max(0, self.paths - len(target.known))
        return target.starts(streams.generator("starts"), SPREAD, further)[: self.paths]


def _doubt(paths: Paths) -> str:
    """What speaks against the paths, whatever the weights say."""
    lost = sum(not path.converged for path in paths.kept)
    if not lost or paths.interrupted:
        return ""
    return f"{lost} of {len(paths.kept)} paths did not end at a mode"


def _picked(values: Value, pool: Pool, wanted: Request) -> np.ndarray:
    """Draws (chain, draw, d) picked by smoothed weights, none twice."""
    count, rng = wanted.chains * wanted.draws, wanted.streams.generator("picked")
    own = partial(pool.draw, noise=Standard(pool.size))
    weighted = weighted_draws(values, own, rng, CANDIDATES * count)
    smooth, _ = psis(weighted.log_weights)
    # The largest of log weights plus Gumbel noise: a sample by weight without replacement.
    order = np.argsort(-(smooth + rng.gumbel(size=len(smooth))))[:count]
    return weighted.points[rng.permutation(order)].reshape(wanted.chains, wanted.draws, -1)


def _judge_paths(paths: Paths) -> tuple[Finding, ...]:
    """How far the paths went, and a warning where there was but one."""
    steps = float(np.mean([path.steps for path in paths.all]))
    evidence = {"paths": float(len(paths.all)), "steps": steps}
    if len(paths.all) == 1:
        return (
            Finding(
                f"One path was followed, for {steps:.0f} steps, so that nothing is known of other "
                "modes.",
                "warning",
                "paths",
                evidence,
                "Follow more paths: bi.Pathfinder(paths=8).",
            ),
        )
    sentence = f"{len(paths.all)} paths took {steps:.0f} steps on average."
    return (Finding(sentence, "note", "paths", evidence),)
