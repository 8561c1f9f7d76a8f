"""The table of a posterior: one line per unknown."""

from __future__ import annotations

import numpy as np

from bayesinf.model.model import Model
from bayesinf.numerics.diagnostics import diagnose
from bayesinf.numerics.intervals import interval
from bayesinf.options import options
from bayesinf.posterior.draws import Draws


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


def scalar_draws(model: Model, draws: Draws) -> tuple[list[str], np.ndarray]:
    """Names and draws (chain, draw, quantity) of population, family and scale parameters."""
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


def effect_draws(model: Model, draws: Draws) -> tuple[list[str], np.ndarray]:
    """Names and draws (chain, draw, quantity) of the group effects, such as `Subject[308]:Days`."""
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
