"""Cross-validation by refits: each part of the rows is predicted by the others.

The same frozen model (priors, levels, centre) is fitted again without each fold. It costs one fit
per fold, and works where leave-one-out by importance sampling (`criticism.loo`) does not: where
single rows decide the fit, and where whole groups are to be predicted.

Source: Vehtari, Gelman and Gabry (2017), Statistics and Computing 27(5), section 2.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesinf.criticism.comparison import (
    RowsUsed,
    other_rows,
    outcome_fingerprint,
    stacking_weights,
)
from bayesinf.criticism.folds import divide_rows, without
from bayesinf.criticism.likelihood import require_rows, row_labels, row_log_likelihood
from bayesinf.errors import ModelError, SamplingError
from bayesinf.fleet.solve import solve_fleet
from bayesinf.fleet.solved import Solved
from bayesinf.model.model import Model
from bayesinf.model.pointwise import log_likelihood_at, row_stretches
from bayesinf.numerics.random import streams_of
from bayesinf.posterior.draws import Draws
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.verdict import Finding, Verdict
from bayesinf.progress import progress_bar

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class KFold:
    """How well a model predicts rows that it was not fitted to.

    Attributes:
        name: The model's formula.
        elpd: Expected log predictive density of as many new rows as there are rows.
        se: Its standard error, over rows; over groups where whole groups were left out.
        p: Effective number of parameters: by how much the rows are predicted better by a posterior
            that has seen them.
        pointwise: Shape (row,). Each row's log predictive density without its fold.
        folds: Shape (row,). Which fold each row is in.
        units: Shape (row,). What was left out together: the row itself, or its group.
        names: The folds' names.
        labels: The rows' labels: the frame's index, or positions.
        verdict: Whether the refits should be believed.
        outcome: Fingerprint of the outcomes, so that only the same ones are compared.
        used: Which rows of the frame these are.
        seed: Of folds and refits.
    """

    name: str
    elpd: float
    se: float
    p: float
    pointwise: np.ndarray
    folds: np.ndarray
    units: np.ndarray
    names: tuple[str, ...]
    labels: tuple[Any, ...]
    verdict: Verdict
    outcome: str
    used: RowsUsed
    seed: int

    @property
    def table(self) -> pd.DataFrame:
        """One line per fold: a frame with columns `rows elpd`."""
        import pandas as pd

        count = len(self.names)
        return pd.DataFrame(
            {
                "rows": np.bincount(self.folds, minlength=count),
                "elpd": np.bincount(self.folds, self.pointwise, minlength=count),
            },
            index=pd.Index(self.names, name="fold"),
        )

    def compare(self, *others: KFold) -> pd.DataFrame:
        """Compares models by their predictions of the same rows; see `compare_folds`."""
        return compare_folds(self, *others)

    def sentence(self) -> str:
        """The estimate in words."""
        grouped = len(np.unique(self.units)) < len(self.units)
        more = "" if grouped else f"; {self.p:.1f} effective parameters"
        return (
            f"Expected log predictive density ({len(self.names)} folds of "
            f"{'groups of ' * grouped}rows): {self.elpd:.1f} (standard error {self.se:.1f}){more}."
        )

    def __repr__(self) -> str:
        table = self.table.to_string(float_format="{:.4g}".format, max_rows=20)
        return f"{self.sentence()}\n{self.verdict.headline}\n{table}"

    def _repr_html_(self) -> str:
        table = self.table.to_html(float_format="{:.4g}".format, max_rows=20)
        return f"<p>{self.sentence()}</p><p>{self.verdict.headline}</p>{table}"


def kfold(
    posterior: Posterior,
    k: int | None = None,
    groups: str | Sequence[object] | None = None,
    seed: object = None,
) -> KFold:
    """Fits the model again without each fold, and predicts the rows of the fold.

    Args:
        posterior: With its training rows. Its priors, levels and centre are kept.
        k: How many folds. None makes 10 of random rows; or one of each group, where groups are
            given: leave-one-group-out.
        groups: A column of the model, or one label per row used: rows of one group share a fold. A
            group that a group term has not seen is predicted from the population of groups.
        seed: As in `bi.fit`; models are compared best on the same folds, so give the same seed.

    Returns:
        The estimate and each row's share in it.

    Raises:
        DataError: `no-training-rows`, or where the groups are no column and no labels.
        ModelError: Where there cannot be so many folds.
        SamplingError: Where the model cannot be fitted without some fold.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> found = kfold(fit.posterior, seed=1)
        >>> len(found.names), bool(-960 < found.elpd < -945)
        (10, True)
    """
    require_rows(posterior)
    model, streams = posterior.model, streams_of(seed)
    folds, units, names = divide_rows(model, k, groups, streams)
    models = [without(model, folds == fold) for fold in range(len(names))]
    with progress_bar(f"{len(names)} folds of {model.formula}", "models") as report:
        solved = solve_fleet(models, names, streams, report=report)
    if solved.refused:
        place, why = next(iter(sorted(solved.refused.items())))
        raise SamplingError(
            f"The model cannot be fitted without the fold '{names[place]}': {why}",
            code="fold-without-posterior",
            hint="Make fewer folds, or folds of other rows.",
        )
    pointwise = np.empty(len(folds))
    for fold in range(len(names)):
        left_out = np.flatnonzero(folds == fold)
        pointwise[left_out] = log_predictive(model, solved.draws(fold), left_out)
    seen = np.concatenate(
        [
            log_mean(row_log_likelihood(posterior, np.arange(len(folds))[part]))
            for part in row_stretches(len(folds), posterior.values.count)
        ]
    )
    return KFold(
        name=model.formula.text,
        elpd=float(pointwise.sum()),
        se=standard_error(pointwise, units),
        p=float((seen - pointwise).sum()),
        pointwise=pointwise,
        folds=folds,
        units=units,
        names=tuple(names),
        labels=row_labels(model, np.arange(len(folds))),
        verdict=_judge(solved, names),
        outcome=outcome_fingerprint(posterior),
        used=RowsUsed.of(posterior),
        seed=streams.seed,
    )


def log_predictive(model: Model, draws: Draws, positions: np.ndarray) -> np.ndarray:
    """The log predictive density of rows under draws that may not have seen them, shape (row,)."""
    design, count = model.design, draws.count
    parts = [np.empty(0)]
    for part in row_stretches(len(positions), count):
        rows = positions[part]
        found = log_likelihood_at(
            model,
            design.rows.take(rows),
            design.response[rows],
            draws.coefficients.reshape(count, -1),
            draws.parameters.reshape(count, -1),
            tuple(effects.reshape(count, *effects.shape[2:]) for effects in draws.effects),
        )
        weighted = found if design.weights is None else found * design.weights[rows]
        # A draw under which the row is impossible adds nothing; infinities would add NaN.
        parts.append(log_mean(np.maximum(weighted, -1e100)))
    return np.concatenate(parts)


def log_mean(values: np.ndarray) -> np.ndarray:
    """The log of the mean of exponentials over draws: (draw, row) to (row,)."""
    largest = values.max(axis=0)
    return largest + np.log(np.exp(values - largest).mean(axis=0))


def standard_error(pointwise: np.ndarray, units: np.ndarray) -> float:
    """The standard error of a sum over rows whose units are independent."""
    sums = np.bincount(units, pointwise)
    return float(np.sqrt(len(sums)) * sums.std(ddof=1)) if len(sums) > 1 else np.nan


def _judge(solved: Solved, names: Sequence[str]) -> Verdict:
    bad = [names[place] for place, found in sorted(solved.own.items()) if not found.verdict.ok]
    if not bad:
        sentence = f"All {len(names)} refits are certified."
        return Verdict((Finding(sentence, "good", "folds", {"folds": float(len(names))}),))
    listed = ", ".join(f"'{name}'" for name in bad[:3]) + (", ..." if len(bad) > 3 else "")
    return Verdict(
        (
            Finding(
                f"{len(bad)} of {len(names)} refits must not be interpreted: without {listed}.",
                "bad" if len(bad) == len(names) else "warning",
                "folds",
                {"folds": float(len(names)), "bad": float(len(bad))},
                "The elpd rests on them too; give tighter priors.",
            ),
        )
    )


def compare_folds(*found: KFold) -> pd.DataFrame:
    """Compares models by cross-validation on the same rows.

    Args:
        *found: Two or more, of the same outcomes; best with the same seed, so that their folds are
            the same.

    Returns:
        A frame as that of `criticism.comparison.compare`, without `bad_k`: indexed by model, the
        best first, with columns `rank elpd se elpd_diff diff_se p weight`.

    Raises:
        ModelError: Fewer than two, or other outcomes or groups.
    """
    import pandas as pd

    for one in found:
        if not isinstance(one, KFold):
            raise ModelError(
                f"Cross-validations are compared with others, and '{type(one).__name__}' is none.",
                code="not-a-fit",
                hint="Write first.kfold(seed=1).compare(second.kfold(seed=1)).",
            )
    if len(found) < 2:
        raise ModelError("A comparison needs at least two models.", code="too-few-models")
    first = found[0]
    for other in found[1:]:
        if other.outcome != first.outcome or not np.array_equal(other.units, first.units):
            raise ModelError(
                f"'{first.name}' and '{other.name}' predict different rows or groups of rows, and "
                "cannot be compared.",
                code="other-outcomes",
            )
        if first.used.clash(other.used):
            raise other_rows(f"'{first.name}' and '{other.name}'")
    pointwise = np.stack([one.pointwise for one in found], axis=1)
    best = int(np.argmax([one.elpd for one in found]))
    gap = pointwise - pointwise[:, [best]]
    names = [one.name for one in found]
    if len(set(names)) < len(names):
        names = [f"{name} ({place})" for place, name in enumerate(names, start=1)]
    frame = pd.DataFrame(
        {
            "elpd": [one.elpd for one in found],
            "se": [one.se for one in found],
            "elpd_diff": gap.sum(axis=0),
            "diff_se": [standard_error(column, first.units) for column in gap.T],
            "p": [one.p for one in found],
            "weight": stacking_weights(pointwise),
        },
        index=pd.Index(names, name="model"),
    ).sort_values("elpd", ascending=False, kind="stable")
    frame.insert(0, "rank", np.arange(1, len(found) + 1))
    frame.attrs.update(method=f"{len(first.names)}-fold", weights="stacking")
    return frame
