"""The posteriors of many models: most in common arrays, some by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bayesinf.engine import CHAINS
from bayesinf.engines.conjugate import gaussian_statistics
from bayesinf.fleet.common import Common, Way
from bayesinf.model.model import Model
from bayesinf.model.separation import open_rows
from bayesinf.numerics.fleet.resampling import effective_draws
from bayesinf.posterior.data_judgement import judge_data
from bayesinf.posterior.draws import Draws
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.provenance import (
    Choice,
    Explanation,
    Provenance,
    fingerprint,
    installed_versions,
)
from bayesinf.posterior.states import DrawsOnly
from bayesinf.posterior.verdict import Finding, Verdict


@dataclass(frozen=True, eq=False)
class Solved:
    """What became of each model of a fleet, by its place.

    Attributes:
        way: How those were solved that were solved side by side; None where none were.
        common: Their draws, a line for every place; None with `way`.
        own: The posteriors of models that were fitted by themselves.
        doubts: Of these, why the fleet's way would not do; empty where it was not tried.
        refused: Why a model has no posterior.
        names: One per model.
        seeds: One seed per model; it determines the model's draws.
        seconds: Wall time of all.
    """

    way: Way | None
    common: Common | None
    own: Mapping[int, Posterior]
    doubts: Mapping[int, str]
    refused: Mapping[int, str]
    names: tuple[str, ...]
    seeds: tuple[int, ...]
    seconds: float

    def __len__(self) -> int:
        return len(self.seeds)

    def engine(self, place: int) -> str:
        """The engine of one model; empty where it has no posterior."""
        if place in self.refused:
            return ""
        if place in self.own:
            return self.own[place].provenance.engine
        return "" if self.way is None else self.way.engine

    def draws(self, place: int) -> Draws:
        """The draws of one model that is not refused."""
        if place in self.own:
            return self.own[place].values
        assert self.common is not None
        coefficients, parameters = self.common.coefficients[place], self.common.parameters[place]
        shape = (CHAINS, len(coefficients) // CHAINS)
        return Draws(
            coefficients.reshape(*shape, coefficients.shape[1]),
            parameters.reshape(*shape, parameters.shape[1]),
        )

    def effective(self, places: np.ndarray) -> np.ndarray:
        """Effective draws (place, quantity) of models solved side by side: copies count as one."""
        common = self.common
        assert common is not None
        points = np.concatenate([common.coefficients[places], common.parameters[places]], axis=-1)
        return effective_draws(points, common.copies[places])

    def posterior(self, place: int, model: Model) -> Posterior:
        """The posterior of one model that is not refused, with its verdict.

        Args:
            place: Its place.
            model: The same model that was solved, with its table of rows where there is one.
        """
        found = self.plain_posterior(place, model)
        return judge_data(replace(found, verdict=found.verdict.add(judge_rows(model))))

    def verdict(self, place: int, model: Model) -> Verdict:
        """The verdict of `posterior`, at a third of the cost: nothing is hashed or summed up."""
        found = self.own.get(place) or self._of_common(place, model)
        found = replace(found, model=model)
        return judge_data(replace(found, verdict=found.verdict.add(judge_rows(model)))).verdict

    def plain_posterior(self, place: int, model: Model) -> Posterior:
        """The same, before anything is said about its rows."""
        history = (f"'{self.names[place]}', one of {len(self):,} models fitted together",)
        if place in self.own:
            found = self.own[place]
            provenance = replace(found.provenance, history=history)
            return replace(found, model=model, provenance=provenance)
        found = self._of_common(place, model)
        whole = replace(
            found.provenance,
            fingerprint=fingerprint(model.design),
            versions=installed_versions(),
            history=history,
        )
        state = gaussian_statistics(model) if found.independent else DrawsOnly()
        return replace(found, provenance=whole, state=state)

    def _of_common(self, place: int, model: Model) -> Posterior:
        """The posterior of a model solved side by side, without what is known of its rows."""
        way, common = self.way, self.common
        assert way is not None and common is not None
        effective = float(self.effective(np.array([place])).min(initial=np.inf))
        return Posterior(
            model=model,
            values=self.draws(place),
            verdict=Verdict((way.finding(common, place, effective),)),
            provenance=Provenance(
                engine=way.engine,
                settings={"draws": common.copies.shape[1]},
                seed=self.seeds[place],
                seconds=self.seconds / len(self),
                explanation=Explanation((Choice(way.engine, True, way.praise),)),
                rows=len(model.design.response),
                fingerprint="",
            ),
            state=DrawsOnly(),
            independent=way.engine == "conjugate",
        )


def judge_rows(model: Model) -> tuple[Finding, ...]:
    """Says where the rows of one model leave a part of the answer to the priors."""
    return (*_judge_outcome(model), *_judge_columns(model))


def _judge_outcome(model: Model) -> tuple[Finding, ...]:
    """Outcomes that are all at the end of what is possible: the likelihood has no top."""
    response = model.design.response
    above, below = open_rows(model.family, model.design)
    if not model.family.discrete or not len(response) or not (above.all() or below.all()):
        return ()
    lowest = bool(below.all())
    which = "the smallest that is possible" if lowest else "the largest that is possible"
    return (
        Finding(
            f"The outcome is {which} in all of its rows ({len(response)}), so the data alone do "
            "not bound the coefficients; how large they are is the prior's choice.",
            "warning",
            "one-sided-outcome",
            {"rows": float(len(response))},
            "Report the prior with the result, and try a tighter one.",
        ),
    )


def _judge_columns(model: Model) -> tuple[Finding, ...]:
    """Columns that do not vary, and fewer rows than coefficients."""
    design = model.design
    free = [j for j, name in enumerate(design.names) if name != "Intercept"]
    if not free or len(design.response) == 0:
        return ()
    columns = design.rows.population[:, free]
    still = [design.names[j] for j in np.array(free)[np.ptp(columns, axis=0) == 0]]
    if still and design.has_intercept:
        named = ", ".join(f"'{name}'" for name in still[:3])
        more = f" and {len(still) - 3} more" if len(still) > 3 else ""
        return (
            Finding(
                f"In these rows {named}{more} {'does' if len(still) == 1 else 'do'} not vary, so "
                "only the prior tells their effect from the intercept.",
                "note",
                "still-columns",
                {"columns": float(len(still))},
                "Compare with the other groups, or give the effect a group term over all of them.",
            ),
        )
    if len(design.response) < len(design.names):
        return (
            Finding(
                f"There are {len(design.response)} rows for {len(design.names)} coefficients, so "
                "the priors decide a part of the answer.",
                "note",
                "few-rows",
                {"rows": float(len(design.response))},
            ),
        )
    return ()
