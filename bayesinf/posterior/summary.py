"""The table of a posterior: one line per unknown."""

from __future__ import annotations

from functools import singledispatch
from itertools import product

import numpy as np

from bayesinf.model.model import Model
from bayesinf.model.program import Program
from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.intervals import interval
from bayesinf.options import options
from bayesinf.posterior.draws import Draws
from bayesinf.posterior.program import ProgramDraws


def summary_frame(
    names: list[str], draws: np.ndarray, prob: float | None = None, index_name: str = "parameter"
):
    """Summarises draws of named quantities.

    Args:
        names: One per quantity.
        draws: Shape (chain, draw, quantity).
        prob: Probability of the credible interval; None takes `bi.options.interval`.
        index_name: What the names are names of.

    Returns:
        A pandas frame indexed by name, with columns `mean sd lower upper ess_bulk ess_tail r_hat
        mcse`. Its `attrs` hold the kind and the probability of the interval.
    """
    import pandas as pd

    kind, probability = options.interval_with(prob)
    flat = draws.reshape(-1, draws.shape[-1])
    lower, upper = interval(flat, kind, probability)
    found = diagnose(draws)
    frame = pd.DataFrame(
        {
            "mean": flat.mean(axis=0),
            "sd": flat.std(axis=0, ddof=1),
            "lower": lower,
            "upper": upper,
            "ess_bulk": found.ess_bulk,
            "ess_tail": found.ess_tail,
            "r_hat": found.r_hat,
            "mcse": found.mcse_mean,
        },
        index=pd.Index(names, name=index_name),
    )
    frame.attrs.update(interval_kind=kind, interval_prob=probability)
    return frame


@singledispatch
def scalar_draws(model: object, draws: object) -> tuple[list[str], np.ndarray]:
    """Names and draws (chain, draw, quantity) of what a summary lists, one number each.

    Of a formula's model: population, family and scale parameters. Of a model written by hand: every
    number of its latent and derived sites, such as `theta[3]`.
    """
    del draws
    raise TypeError(f"there is no summary of {type(model).__name__}")


@scalar_draws.register
def _(model: Model, draws: Draws) -> tuple[list[str], np.ndarray]:
    names = [*model.design.names, *(parameter.name for parameter in model.parameters)]
    parts = [draws.coefficients, draws.parameters]
    for k, group in enumerate(model.design.rows.groups):
        names += [f"sd:{group.factor}:{name}" for name in group.names]
        parts.append(draws.sds[k])
        if group.has_correlations:
            low_row, low_column = np.tril_indices(len(group.names), -1)
            names += [
                f"cor:{group.label}:{group.names[j]}:{group.names[i]}"
                for i, j in zip(low_row, low_column, strict=True)
            ]
            parts.append(draws.correlations[k][..., low_row, low_column])
    return names, np.concatenate(parts, axis=-1)


@scalar_draws.register
def _(model: Program, draws: ProgramDraws) -> tuple[list[str], np.ndarray]:
    sites = model.sites.kept
    names = [name for site in sites for name in entry_names(site.name, site.shape)]
    parts = [draws.sites[site.name].reshape(*draws.shape, -1) for site in sites]
    return names, np.concatenate(parts, axis=-1)


def entry_names(name: str, shape: tuple[int, ...]) -> list[str]:
    """A name for each number of an array, counted from 0.

    Example:
        >>> entry_names("theta", (2,)), entry_names("tau", ())
        (['theta[0]', 'theta[1]'], ['tau'])
    """
    if not shape:
        return [name]
    places = product(*(range(size) for size in shape))
    return [f"{name}[{', '.join(map(str, place))}]" for place in places]


@singledispatch
def effect_draws(model: object, draws: object) -> tuple[list[str], np.ndarray]:
    """Names and draws (chain, draw, quantity) of the group effects, such as `Subject[308]:Days`.

    A model written by hand has none of its own: `scalar_draws` lists all that it has.
    """
    del draws
    raise TypeError(f"there are no group effects of {type(model).__name__}")


@effect_draws.register
def _(model: Program, draws: ProgramDraws) -> tuple[list[str], np.ndarray]:
    del model
    return [], np.zeros((*draws.shape, 0))


@effect_draws.register
def _(model: Model, draws: Draws) -> tuple[list[str], np.ndarray]:
    names: list[str] = []
    parts = []
    chains, count = draws.shape
    for group, effects in zip(model.design.rows.groups, draws.effects, strict=True):
        names += [
            f"{group.factor}[{level}]:{name}" for level in group.levels for name in group.names
        ]
        parts.append(effects.reshape(chains, count, -1))
    if not parts:
        return [], np.zeros((chains, count, 0))
    return names, np.concatenate(parts, axis=-1)
