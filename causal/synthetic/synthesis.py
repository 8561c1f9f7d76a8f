"""What a method makes of a treated unit and its donors: effect, error, refits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import bayesinf as bi
from causal.answer import Effects
from causal.synthetic.block import Held
from causal.synthetic.checks import Fitted, posterior_weights
from causal.synthetic.donors import ALL, Counterfactual, Method
from causal.synthetic.placebo import Errors, Placebos, draw_errors, refit_placebos

if TYPE_CHECKING:
    import pandas as pd

NOTHING = 1e-3
"""Weights below this are not worth a refit without their donor."""

MOST_LEFT_OUT = 20
"""Donors left out one at a time: those with the largest weights."""


@dataclass(frozen=True, eq=False)
class Synthesis:
    """What a method makes of a block, with placebos and refits.

    Attributes:
        fitted: The treated unit's counterfactual, its placebos and errors.
        left_out: The effect without each donor that has weight.
        others: The effect by each method.
    """

    fitted: Fitted
    left_out: Mapping[object, float]
    others: Mapping[str, float]

    @property
    def fit(self) -> Counterfactual:
        """The treated unit's counterfactual."""
        return self.fitted.fit

    @property
    def placebos(self) -> Placebos:
        """The refits of the donors."""
        return self.fitted.placebos

    @property
    def errors(self) -> Errors:
        """Draws of the error."""
        return self.fitted.errors

    @property
    def before(self) -> int:
        """How many times come before the treatment."""
        return self.fit.block.before

    def parts(self, after: np.ndarray) -> dict[str, np.ndarray]:
        """What the effect is made of: the counterfactual, the sum, and the share.

        Args:
            after: (chain, draw, time) draws of the gaps after.
        """
        without = self.fit.block.treated[self.before :].mean() - after.mean(axis=-1)
        parts = {"without treatment": without, "cumulative": after.sum(axis=-1)}
        # A ratio to something that may be zero has no mean; then it is left out.
        if np.abs(without.mean()) > 4 * without.std():
            parts["relative"] = after.mean(axis=-1) / np.abs(without)
        return parts

    def effects(self, over: str, times: np.ndarray, after: np.ndarray) -> dict[str, Effects]:
        """The effect at each time, and summed up to each time."""
        labels = tuple(times[self.before :].tolist())
        return {
            over: Effects(over, labels, after),
            "cumulative": Effects("cumulative", labels, after.cumsum(axis=-1)),
        }

    def tables(self) -> dict[str, pd.DataFrame]:
        """Donor weights, placebos in space, methods side by side, donors left out."""
        import pandas as pd

        weights = self.fitted.weights
        donors = pd.DataFrame(
            {
                "weight": self.fit.units,
                "mean": weights.mean(axis=0),
                "sd": weights.std(axis=0),
                "lower": np.quantile(weights, 0.025, axis=0),
                "upper": np.quantile(weights, 0.975, axis=0),
            },
            index=pd.Index([str(name) for name in self.fitted.names], name="donor"),
        )
        names = self.fitted.names
        placebos = pd.DataFrame(
            {
                "effect": self.placebos.effects,
                "misfit": self.placebos.misfits,
                "ratio": self.placebos.ratios,
            },
            index=pd.Index(
                [", ".join(str(names[row]) for row in rows) for rows in self.placebos.rows],
                name="pretender",
            ),
        )
        return {
            "donors": donors.sort_values("weight", ascending=False),
            "placebos in space": placebos.sort_values("effect"),
            "methods": frame_of(self.others, "method"),
            "leave one out": frame_of(self.left_out, "without"),
        }


def frame_of(effects: Mapping[object, float] | Mapping[str, float], name: str) -> pd.DataFrame:
    """A frame with one effect per line."""
    import pandas as pd

    index = pd.Index([str(label) for label in effects], name=name)
    return pd.DataFrame({"effect": list(effects.values())}, index=index)


def synthesise(held: Held, method: Method, seed: int, draws: int) -> Synthesis:
    """Fits a method to a block and to every placebo, and draws its error.

    Args:
        held: The block with its labels.
        method: How donors are weighed.
        seed: What the random numbers derive from.
        draws: How many draws of the error.
    """
    streams, block = bi.Streams(seed), held.block
    fit = method.fit(block)
    placebos = refit_placebos(method, block, streams.generator("pretenders"))
    errors = draw_errors(placebos, fit.misfit, streams.generator("errors"), draws)
    weights = posterior_weights(method, fit, streams.generator("weights"))
    fitted = Fitted(held.names, method, fit, placebos, errors, weights, seed)
    weighty = np.argsort(-fit.units)[:MOST_LEFT_OUT]
    weighty = weighty[fit.units[weighty] > NOTHING]
    left_out = {held.names[row]: method.fit(block.without(row)).effect for row in weighty}
    others = {kind.title: kind().fit(block).effect for kind in ALL}
    return Synthesis(fitted, left_out, others)
