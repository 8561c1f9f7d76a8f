"""Compares models of the same outcomes by how well they predict rows that they have not seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.criticism.likelihood import require_likelihood
from bayesinf.criticism.loo import loo
from bayesinf.errors import ModelError
from bayesinf.model.tracing import observed_values
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import AnyPosterior, ProgramPosterior, title_of
from bayesinf.types import Array

if TYPE_CHECKING:
    import pandas as pd


COMPLETE = "Drop the rows that miss any column of either model before both fits."
"""What makes fits comparable that left out other rows."""


def compare(*posteriors: AnyPosterior) -> pd.DataFrame:
    """Compares models by expected log predictive density, estimated by PSIS-LOO.

    Args:
        *posteriors: Two or more fits of the same outcomes, with their training rows.

    Returns:
        A frame indexed by model, the best first, with columns `rank elpd se elpd_diff diff_se p
        bad_k weight`. `elpd_diff` is what the model loses against the best one and `diff_se` its
        standard error, from the rows' paired differences; below about 4, or below two standard
        errors, a difference says little. `bad_k` counts rows with k-hat above 0.7, whose share in
        the elpd is not to be trusted. `weight` is the stacking weight: how much of each model the
        best mixture of their predictions uses.

    Raises:
        ModelError: Fewer than two posteriors, or posteriors of other outcomes.
        DataError: `no-training-rows`, for a posterior that was loaded from disk.

    Source:
        Vehtari, Gelman and Gabry (2017); Yao, Vehtari, Simpson and Gelman (2018), Bayesian
        Analysis 13(3). Equal to `az.compare(method="stacking")`.

    Example:
        >>> import bayesinf as bi
        >>> frame = bi.examples.sleepstudy()
        >>> days, none = (bi.fit(f"Reaction ~ {x}", frame, seed=1).posterior for x in ("Days", "1"))
        >>> list(compare(none, days).index)
        ['Reaction ~ Days', 'Reaction ~ 1']
    """
    import pandas as pd

    refuse_incomparable(posteriors)
    found = [loo(posterior) for posterior in posteriors]
    pointwise = np.stack([one.pointwise for one in found], axis=1)
    total, rows = found[0].total, len(pointwise)
    best = int(np.argmax([one.elpd for one in found]))
    gap = pointwise - pointwise[:, [best]]
    frame = pd.DataFrame(
        {
            "elpd": [one.elpd for one in found],
            "se": [one.se for one in found],
            "elpd_diff": total * gap.mean(axis=0),
            "diff_se": total * gap.std(axis=0, ddof=1) / np.sqrt(rows),
            "p": [one.p for one in found],
            "bad_k": [one.bad_k for one in found],
            "weight": stacking_weights(pointwise),
        },
        index=pd.Index(model_names(posteriors), name="model"),
    ).sort_values("elpd", ascending=False, kind="stable")
    frame.insert(0, "rank", np.arange(1, len(found) + 1))
    frame.attrs.update(method="PSIS-LOO", weights="stacking", rows=rows)
    return frame


@dataclass(frozen=True, eq=False)
class RowsUsed:
    """Which rows of the frame that it was given a fit used.

    Attributes:
        read: Rows of the frame.
        positions: Shape (row,). Where those that were used stood in it.
    """

    read: int
    positions: np.ndarray

    @staticmethod
    def of(posterior: AnyPosterior) -> RowsUsed:
        """The rows of a fit; all, where it does not know."""
        table = posterior.model.design.table if isinstance(posterior, Posterior) else None
        if table is None or table.positions is None:
            return RowsUsed(posterior.provenance.rows, np.arange(posterior.provenance.rows))
        assert isinstance(posterior, Posterior)
        return RowsUsed(posterior.model.design.missing.n_before, table.positions)

    def clash(self, other: RowsUsed) -> bool:
        """Whether two fits to frames of one size, which are one frame mostly, used other rows."""
        return self.read == other.read and not np.array_equal(self.positions, other.positions)


def other_rows(pair: str) -> ModelError:
    """The error for fits that left out other rows, though as many."""
    return ModelError(
        f"{pair} left out different rows of frames of the same size; their predictive densities "
        "can be compared on the same rows only.",
        code="other-rows",
        hint=COMPLETE,
    )


def refuse_incomparable(posteriors: tuple[AnyPosterior, ...]) -> None:
    """Refuses posteriors whose predictive densities are not of the same outcomes.

    Raises:
        ModelError: With the reason.
    """
    for posterior in posteriors:
        if not isinstance(posterior, Posterior | ProgramPosterior):
            raise ModelError(
                f"Fits are compared with fits, and '{type(posterior).__name__}' is none.",
                code="not-a-fit",
                hint="Give what bi.fit returns: bi.compare(first, second).",
            )
    if len(posteriors) < 2:
        raise ModelError(
            f"A comparison needs at least two fits, and here is {len(posteriors)}.",
            code="too-few-models",
            hint="Give several fits of the same outcome: bi.compare(first, second).",
        )
    first, *others = posteriors
    names = model_names(posteriors)
    for name, other in zip(names[1:], others, strict=True):
        pair = f"'{names[0]}' and '{name}'"
        rows, more = first.provenance.rows, other.provenance.rows
        if rows != more:
            raise ModelError(
                f"{pair} were fitted to {rows} and {more} rows; their predictive densities can be "
                "compared on the same rows only.",
                code="other-rows",
                hint=COMPLETE,
            )
        if RowsUsed.of(first).clash(RowsUsed.of(other)):
            raise other_rows(pair)
        if counts_outcomes(first) != counts_outcomes(other):
            raise ModelError(
                f"One of {pair} gives probabilities of counts, the other densities of "
                "measurements: these have different units and cannot be compared.",
                code="other-outcomes",
            )
        if outcome_fingerprint(first) != outcome_fingerprint(other):
            raise ModelError(
                f"{pair} were fitted to different outcomes (or weights, or rows in another order), "
                "so their predictive densities cannot be compared.",
                code="other-outcomes",
                hint="Fit both to the same column of the same frame, on the same scale.",
            )


@singledispatch
def counts_outcomes(posterior: object) -> bool:
    """Whether predictive densities are probabilities of counts or categories."""
    raise TypeError(f"{type(posterior).__name__} predicts nothing")


@counts_outcomes.register
def _(posterior: Posterior) -> bool:
    return posterior.model.family.discrete


@counts_outcomes.register
def _(posterior: ProgramPosterior) -> bool:
    return all(site.discrete for site in posterior.model.sites.observed)


@singledispatch
def outcome_fingerprint(posterior: object) -> str:
    """SHA-256 of outcomes, trials and weights: what a predictive density is a density of."""
    raise TypeError(f"{type(posterior).__name__} predicts nothing")


@outcome_fingerprint.register
def _(posterior: Posterior) -> str:
    design = posterior.model.design
    return _digest(design.response, design.rows.known.trials, design.weights)


@outcome_fingerprint.register
def _(posterior: ProgramPosterior) -> str:
    """Equal to a formula's where the only observed site is its outcome, without trials."""
    require_likelihood(posterior)
    values = [values.ravel() for values in observed_values(posterior.model).values()]
    return _digest(np.concatenate(values), None, None)


def _digest(*parts: Array | None) -> str:
    digest = hashlib.sha256()
    for part in parts:
        values = None if part is None else np.ascontiguousarray(part, dtype=float)
        digest.update(b"-" if values is None else values.tobytes())
    return digest.hexdigest()


def model_names(posteriors: tuple[AnyPosterior, ...]) -> list[str]:
    """Formulas as names; with family, engine and number where these alone do not tell apart."""
    names = [title_of(posterior) for posterior in posteriors]
    if len(set(names)) < len(names):
        families = [
            posterior.model.family.name if isinstance(posterior, Posterior) else "NumPyro"
            for posterior in posteriors
        ]
        names = [f"{name}, {family}" for name, family in zip(names, families, strict=True)]
    if len(set(names)) < len(names):
        names = [f"{name} ({place})" for place, name in enumerate(names, start=1)]
    return names


def stacking_weights(pointwise: np.ndarray) -> np.ndarray:
    """Finds the mixture of models whose leave-one-out predictions are best.

    Args:
        pointwise: Shape (row, model). Log predictive densities of left-out rows.

    Returns:
        Shape (model,): weights that sum to one.

    Source:
        Yao et al. (2018), equation 4. The log score is concave in the weights; SLSQP maximises it,
        with each row's densities relative to its best model, so that none underflows.
    """
    from scipy.optimize import minimize

    density = np.exp(pointwise - pointwise.max(axis=1, keepdims=True))
    models = density.shape[1]

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        mixture = np.maximum(density @ weights, 1e-300)
        return -float(np.log(mixture).mean()), -(density / mixture[:, None]).mean(axis=0)

    found = minimize(
        loss,
        np.full(models, 1.0 / models),
        jac=True,
        bounds=[(0.0, 1.0)] * models,
        constraints={"type": "eq", "fun": lambda weights: weights.sum() - 1.0},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    weights = np.clip(found.x, 0.0, None)
    return weights / weights.sum()
