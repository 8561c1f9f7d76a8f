"""Solves many models of one structure: side by side where that can be done, then one by one.

Models of a structure that can be solved side by side are sorted by size, cut into stretches and
solved on all cores; those whose certificate fails are gathered and fitted again, each by the
engine that `engines.Auto` chooses for it, with its adaptation and its fallbacks. Models of other
structures are fitted one after another from the start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

import numpy as np

from bayesinf.engine import CHAINS, DRAWS
from bayesinf.engines.auto import Auto
from bayesinf.engines.conjugate import Conjugate
from bayesinf.engines.laplace import Laplace
from bayesinf.errors import BayesinfError, SamplingError
from bayesinf.fleet.closed_form import ClosedForm
from bayesinf.fleet.common import UNREACHED, Common, Shelf, Way
from bayesinf.fleet.importance import Importance
from bayesinf.fleet.solved import Solved
from bayesinf.model.improper import refuse_improper
from bayesinf.model.model import Model
from bayesinf.model.support import check_support
from bayesinf.numerics.nuts import Progress
from bayesinf.numerics.parallel import cores
from bayesinf.numerics.random import Streams
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.verdict import Finding

DRAWS_EACH = 1000
"""Draws of each model: usually worth 800 independent ones or more, twice the 400 that quantiles
need (Vehtari et al. 2021, section 4); ten thousand models of five unknowns take 400 MB."""

MOST_NUMBERS = 500_000_000
"""Models times draws times unknowns that are kept: 4 GB."""

LARGEST_STRETCH = 256
"""Models per stretch: enough that calls cost little beside the work in them, and few enough that
two cores share small fleets evenly."""

type Report = Callable[[Progress], None]

type Part = tuple[list[int], Common]
"""Models by their places, and what was found of them."""


def way_for(model: Model) -> Way | None:
    """How models of this structure are solved side by side; None where they cannot be."""
    if Conjugate().refuses(model) is None:
        return ClosedForm()
    if Laplace().refuses(model) is None:
        return Importance.of(model)
    return None


def solve_fleet(
    models: Sequence[Model],
    names: Sequence[str],
    streams: Streams,
    draws: int | None = None,
    report: Report | None = None,
) -> Solved:
    """Solves many models that differ in their rows alone.

    Args:
        models: At least one; the same formula, priors and centre. A model's rows may be none.
        names: One per model. A model's draws depend on the seed and on its name, and not on the
            other models.
        streams: Random streams.
        draws: Draws to keep of each model, rounded up to full chains. None keeps `DRAWS_EACH` of
            those that are solved side by side, and leaves it to the engine elsewhere.
        report: Told of the progress, in models.

    Returns:
        The posteriors; models that have none are among `refused`, with the reason.

    Raises:
        SamplingError: When the draws would not fit into memory, or when the work was interrupted
            before the first model was done.
    """
    start = time.perf_counter()
    way = way_for(models[0])
    usual = DRAWS if way is None else DRAWS_EACH
    refuse_too_large(models[0], len(models), usual if draws is None else draws)
    seeds = tuple(streams.integer("fleet", name) for name in names)
    sizes = [len(model.design.response) for model in models]
    refused = _without_posterior(models, sizes)
    places = [place for place in range(len(models)) if place not in refused]
    places.sort(key=lambda place: sizes[place])
    clock = Clock(len(models), report, len(refused))
    common = None
    if way is not None:
        each = CHAINS * -(-(usual if draws is None else draws) // CHAINS)
        common = _side_by_side(way, models, seeds, places, each, clock)
        refused |= {k: UNREACHED for k in places if common is None or common.doubts[k] == UNREACHED}
        places = [k for k in places if k not in refused and common and common.doubts[k]]
        clock.done -= len(places)
    doubts = {k: common.doubts[k] for k in places} if common is not None else {}
    own: dict[int, Posterior] = {}
    for k in places:
        found = _by_itself(models[k], seeds[k], draws, doubts.get(k), clock)
        own |= {k: found} if isinstance(found, Posterior) else {}
        refused |= {k: found} if isinstance(found, str) else {}
    if clock.interrupted and not own and (common is None or not common.certified.any()):
        raise SamplingError(
            "The fleet was interrupted before the first model was done.", code="interrupted"
        )
    seconds = time.perf_counter() - start
    return Solved(way, common, own, doubts, refused, tuple(names), seeds, seconds)


def refuse_too_large(model: Model, count: int, draws: int) -> None:
    """Refuses fleets whose draws would not fit into memory, with an estimate."""
    numbers = count * draws * model.layout.size
    if numbers > MOST_NUMBERS:
        affordable = MOST_NUMBERS // (count * model.layout.size)
        hint = f"Ask for fewer draws: draws={affordable}." if affordable >= 100 else None
        raise SamplingError(
            f"{draws:,} draws of {model.layout.size:,} unknowns in {count:,} models would take "
            f"{8 * numbers / 1e9:,.1f} GB.",
            code="too-many-draws",
            hint=hint or "Fit a part of the groups at a time.",
        )


@dataclass
class Clock:
    """How far a fleet has come, and whether it was told to stop."""

    total: int
    report: Report | None
    done: int = 0
    began: float = field(default_factory=time.perf_counter)
    interrupted: bool = False

    def advance(self, models: int) -> None:
        """Counts models that are done, and says so."""
        self.done += models
        if self.report is not None:
            seconds = time.perf_counter() - self.began
            left = seconds * (self.total - self.done) / max(self.done, 1)
            self.report(Progress(self.done, self.total, 0, seconds, left))


def _without_posterior(models: Sequence[Model], sizes: Sequence[int]) -> dict[int, str]:
    """Models without rows, without a spread for their sigma, or with priors that are not enough.

    That outcomes lie in the family's support was seen when the rows were read.
    """
    refused: dict[int, str] = {}
    has_sigma = "sigma" in {parameter.name for parameter in models[0].parameters}
    for place, (model, size) in enumerate(zip(models, sizes, strict=True)):
        if size == 0:
            refused[place] = f"No row is left. {model.design.missing.sentence()}"
            continue
        try:
            if has_sigma:
                check_support(model.family, model.design)
            refuse_improper(model.family, model.design, model.priors)
        except BayesinfError as error:
            refused[place] = str(error).split("\n")[0]
    return refused


def _side_by_side(
    way: Way,
    models: Sequence[Model],
    seeds: Sequence[int],
    places: Sequence[int],
    draws: int,
    clock: Clock,
) -> Common | None:
    """Solves stretches of models on all cores; None where an interrupt came before the first."""

    def solve(stretch: list[int]) -> Part:
        streams = [Streams(seeds[place]) for place in stretch]
        # Far proposals overflow to a density of zero, which is their right weight.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return stretch, way.solve([models[place] for place in stretch], streams, draws)

    shelf = Shelf(len(models))
    with ThreadPoolExecutor(cores()) as pool:
        # Sorted by size, so that little is wasted on filling the models of a stretch up.
        waiting = [
            pool.submit(solve, list(places[first : first + LARGEST_STRETCH]))
            for first in range(0, len(places), LARGEST_STRETCH)
        ]
        try:
            while waiting:
                wait(waiting, return_when=FIRST_COMPLETED)
                _gather(waiting, shelf, clock)
        except KeyboardInterrupt:
            clock.interrupted = True
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        _gather(waiting, shelf, clock)
    return shelf.common


def _gather(waiting: list[Future[Part]], shelf: Shelf, clock: Clock) -> None:
    """Puts the models of finished stretches on the shelf, and takes these off the list."""
    for future in [future for future in waiting if future.done()]:
        if clock.interrupted and (future.cancelled() or future.exception() is not None):
            continue
        places, part = future.result()
        shelf.put(places, part)
        waiting.remove(future)
        clock.advance(len(places))


def _by_itself(
    model: Model, seed: int, draws: int | None, doubt: str | None, clock: Clock
) -> Posterior | str:
    """Fits one model with the engine that serves it; a sentence where it has no posterior."""
    if clock.interrupted:
        return UNREACHED
    try:
        found = Auto(draws=draws).run(model, Streams(seed))
    except KeyboardInterrupt:
        clock.interrupted = True
        return UNREACHED
    except BayesinfError as error:
        clock.advance(1)
        return str(error).split("\n")[0]
    clock.advance(1)
    clock.interrupted = any(finding.code == "interrupted" for finding in found.verdict.findings)
    if doubt is None:
        return found
    again = Finding(
        f"Solved with the other models of the fleet it was not certified ({doubt}), so it was "
        f"fitted again by itself, by the engine '{found.provenance.engine}'.",
        "note",
        "fitted-again",
    )
    return replace(found, verdict=found.verdict.add((again,)))
