"""hmc: group models by trajectories in coordinates that are almost a standard normal.

The Laplace approximation of the whole model comes first; it whitens the coordinates, follows the
effects' mode as the spreads move, and centres every effect as far as its rows determine it. What is
left is nearly a standard normal of any dimension, through which many synchronised chains take two
to four steps a draw. Nothing is compiled, and the run ends on evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from bayesinf.engine import DRAWS, EFFECTIVE, Answer, Engine
from bayesinf.errors import ModelError
from bayesinf.model.latent import GroupField, approximate, latent_rows
from bayesinf.model.latent.hyper import read_hyper
from bayesinf.model.model import Model
from bayesinf.numerics.compiled import single
from bayesinf.numerics.hmc import SHARING, TARGET_ACCEPT, HmcRun, HostMover, Plan, run_hmc
from bayesinf.numerics.nuts import Progress, run_nuts
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import Draws, uncentre
from bayesinf.posterior.judgement import judge_chains, judge_hmc, judge_nuts, nuts_statistics
from bayesinf.posterior.summary import scalar_draws
from bayesinf.posterior.target import target_of
from bayesinf.posterior.verdict import Finding

FEWEST = 16
"""Draws of each chain at the least; where fewer are asked for, they are thinned out of these."""

MOST = 256
"""Draws of each chain after which the run gives up hoping for evidence."""

LARGEST_BORDER = 6000
"""Rows of the dense part of the precision matrix: 300 MB."""


@final
@dataclass(frozen=True)
class HMC(Engine):
    """Group models of any family, by whitened Hamiltonian Monte Carlo.

    Attributes:
        draws: Draws to keep, over all chains. None goes on until every population and scale
            parameter has 1000 effective draws.
        chains: Synchronised chains, a multiple of 8: eight share a start.
        target_accept: Higher values take smaller steps.
    """

    name: ClassVar[str] = "hmc"
    draws: int | None = None
    chains: int = 32
    target_accept: float = TARGET_ACCEPT

    def __post_init__(self) -> None:
        if not 0 < self.target_accept < 1:
            raise ModelError(
                f"target_accept lies between 0 and 1; {self.target_accept!r} does not.",
                code="hmc-settings",
            )
        if self.chains < 2 * SHARING or self.chains % SHARING:
            raise ModelError(
                f"chains is a multiple of {SHARING} and at least {2 * SHARING}, not "
                f"{self.chains!r}.",
                code="hmc-settings",
            )

    def refuses(self, model: Model) -> str | None:
        """Refuses models without groups, and those whose dense part is too large."""
        groups = model.layout.groups
        if not groups:
            return "the model has no group effects to whiten"
        sizes = sorted(group.levels * group.effects for group in groups)
        border = sum(sizes[:-1]) + model.layout.coefficients
        if border > LARGEST_BORDER:
            return (
                f"besides the largest factor there are {border:,} effects and coefficients, and "
                f"their dense matrix may have at most {LARGEST_BORDER:,} rows"
            )
        return None

    def solve(
        self, model: Model, streams: Streams, report: Callable[[Progress], None] | None
    ) -> Answer:
        """Whitens the model at its mode, and runs the chains."""
        approximation = approximate(latent_rows(model))
        field = GroupField(approximation)
        generator = streams.generator("hmc")
        superchains = generator.standard_normal((field.size, self.chains // SHARING))
        thinning = 1 if self.draws is None else -(-FEWEST * self.chains // self.draws)
        plan = Plan(
            EFFECTIVE if self.draws is None else None,
            MOST if self.draws is None else thinning * -(-self.draws // self.chains),
            self.target_accept,
        )
        run = run_hmc(
            lambda scale: HostMover(field, scale),
            np.repeat(superchains, SHARING, axis=1),
            lambda points: watched(model, field, points),
            plan,
            generator,
            report,
        )
        if not run.settled and not run.interrupted:
            return _fall_back(model, streams, run, report)
        draws = read_points(model, field, run.points[::thinning])
        names, scalars = scalar_draws(model, draws)
        modes = _judge_modes(approximation.modes, approximation.gap)
        findings = (*modes, *judge_hmc(run), *judge_chains(names, scalars))
        return Answer(draws, findings, statistics=_statistics(run, thinning))


def watched(model: Model, field: GroupField, points: np.ndarray) -> np.ndarray:
    """Coefficients and hyperparameters (chain, draw, quantity) at points (draw, size, chain)."""
    latents, hyper = _columns(field, points)
    coefficients = uncentre(latents[field.rows.effects :].T, model.design.centre)
    return _by_chain(np.concatenate([coefficients, hyper.T], axis=1), points.shape)


def read_points(model: Model, field: GroupField, points: np.ndarray) -> Draws:
    """Draws of every unknown at points (draw, size, chain)."""
    rows, shape = field.rows, points.shape
    latents, flat = _columns(field, points)
    hyper = read_hyper(rows, flat.T)
    effects = field.decentre(latents, hyper)[0]
    coefficients = uncentre(effects[rows.effects :].T, model.design.centre)
    found: dict[int, np.ndarray] = {}
    place = 0
    for factor in rows.factors:
        own = effects[place : place + factor.size].T
        own = own.reshape(-1, factor.shape.levels, factor.shape.effects)
        found[factor.place] = _by_chain(own, shape)
        place += factor.size
    return Draws(
        _by_chain(coefficients, shape),
        _by_chain(hyper.parameters, shape),
        tuple(_by_chain(sds, shape) for sds in hyper.sds),
        tuple(_by_chain(f @ f.swapaxes(-1, -2), shape) for f in hyper.factors),
        tuple(found[place] for place in range(len(rows.factors))),
    )


def _columns(field: GroupField, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Latents and hyperparameters of all draws of all chains, as columns."""
    return field.unwhiten(points.swapaxes(0, 1).reshape(field.size, -1))


def _by_chain(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Puts values (draw * chain, ...) into (chain, draw, ...)."""
    draws, _, chains = shape
    return np.ascontiguousarray(values.reshape(draws, chains, *values.shape[1:]).swapaxes(0, 1))


def _judge_modes(modes: int, gap: float) -> tuple[Finding, ...]:
    if modes < 2:
        return ()
    return (
        Finding(
            f"The spreads of the group effects have {modes} modes; the second holds about "
            f"{np.exp(-max(gap, 0.0)):.1e} of the first's probability.",
            "warning" if gap < 10 else "note",
            "modes",
            {"modes": float(modes), "gap": float(gap)},
        ),
    )


def _statistics(run: HmcRun, thinning: int) -> dict[str, np.ndarray]:
    chosen = slice(None, None, thinning)
    return {
        "diverging": run.diverging[chosen].T,
        "energy": run.energies[chosen].T,
        "acceptance_rate": run.acceptances[chosen].T,
        "lp": run.log_densities[chosen].T,
        "step_size": np.full(run.diverging[chosen].T.shape, run.step),
    }


def _fall_back(
    model: Model,
    streams: Streams,
    failed: HmcRun,
    report: Callable[[Progress], None] | None,
) -> Answer:
    """The No-U-Turn sampler, which adapts its metric for a thousand draws."""
    target = target_of(model)
    starts = streams.generator("fallback").uniform(-0.5, 0.5, (4, target.size))
    run = run_nuts(
        single(target.density),
        target.data,
        starts,
        warmup=1000,
        draws=DRAWS // 4,
        seed=streams.integer("fallback"),
        report=report,
        target_accept=0.9,
    )
    draws = target.read(run.positions)
    names, scalars = scalar_draws(model, draws)
    note = Finding(
        f"{failed.points.shape[0]} draws of {failed.points.shape[2]} whitened chains did not "
        "settle, so the No-U-Turn sampler took over.",
        "note",
        "fallback",
    )
    findings = (note, *judge_nuts(run), *judge_chains(names, scalars))
    return Answer(draws, findings, statistics=nuts_statistics(run))
