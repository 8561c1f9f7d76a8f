"""Leave-one-out cross-validation from one fit, by Pareto smoothed importance sampling.

Each row is predicted by the posterior that has not seen it, which importance weights reach from the
posterior that has; k-hat says for which rows they do not reach it.

Source: Vehtari, Gelman and Gabry (2017), Statistics and Computing 27(5); Vehtari, Simpson, Gelman,
Yao and Gabry (2024), JMLR 25. Equal to `az.loo` of ArviZ 1.3 at the same `r_eff`; computed here
because rows come in stretches (any number of rows) and without four seconds of imports.
Departure: above `LARGEST_ROWS` rows a simple random sample of them is left out (Magnusson et al.
2019), the same for every model of the same number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesinf.criticism.likelihood import RowLikelihoods, row_likelihoods
from bayesinf.errors import SamplingError, name_rows
from bayesinf.model.pointwise import row_stretches
from bayesinf.numerics.diagnostics import effective_size, split
from bayesinf.numerics.pareto import psis
from bayesinf.numerics.random import Streams
from bayesinf.posterior.program import AnyPosterior

if TYPE_CHECKING:
    import pandas as pd

LARGEST_ROWS = 20_000
"""Rows up to which every one is left out: 20,000 rows at 4,000 draws take about ten seconds."""

PROBED_ROWS = 50
"""Rows whose likelihood is looked at for the effective number of draws."""

SEVERITIES: tuple[tuple[str, float, float], ...] = (
    ("good", -np.inf, 0.5),
    ("ok", 0.5, 0.7),
    ("bad", 0.7, 1.0),
    ("very bad", 1.0, np.inf),
)
"""Names and bounds of k-hat; above 0.7 the estimate for the row cannot be trusted."""


@dataclass(frozen=True, eq=False, repr=False)
class Loo:
    """How well a model predicts rows that it has not seen.

    Attributes:
        elpd: Expected log predictive density of as many new rows as there are rows.
        se: Its standard error, over rows.
        p: Effective number of parameters: by how much the rows seen are predicted better.
        pointwise: Shape (row,). Each left-out row's log predictive density.
        k_hats: Shape (row,). Of each row's importance weights.
        rows: Shape (row,). Positions of the rows that were left out, one at a time.
        labels: Their labels: the frame's index, or positions.
        total: Rows of the model.
        r_eff: Effective draws per draw that the weights were smoothed with; 1 if independent.
    """

    elpd: float
    se: float
    p: float
    pointwise: np.ndarray
    k_hats: np.ndarray
    rows: np.ndarray
    labels: tuple[Any, ...]
    total: int
    r_eff: float

    @property
    def bad_k(self) -> int:
        """Rows whose k-hat is above 0.7."""
        return int((self.k_hats > 0.7).sum())

    def worst(self, count: int = 5) -> tuple[tuple[Any, float], ...]:
        """Labels and k-hats of the rows above 0.7, the worst first."""
        order = np.argsort(-self.k_hats, kind="stable")[: min(count, self.bad_k)]
        return tuple((self.labels[i], float(self.k_hats[i])) for i in order)

    @property
    def table(self) -> pd.DataFrame:
        """How many rows have which k-hat: a frame indexed by severity, `k_hat rows share worst`."""
        import pandas as pd

        lines = []
        for _, low, high in SEVERITIES:
            inside = np.flatnonzero((self.k_hats > low) & (self.k_hats <= high))
            if low == -np.inf:
                inside = np.flatnonzero(self.k_hats <= high)
            order = inside[np.argsort(-self.k_hats[inside], kind="stable")][:5]
            named = ", ".join(str(self.labels[i]) for i in order) if low >= 0.7 else ""
            more = ", ..." if named and len(inside) > 5 else ""
            lines.append(
                (_range(low, high), len(inside), len(inside) / len(self.rows), named + more)
            )
        index = pd.Index([name for name, _, _ in SEVERITIES], name="severity")
        return pd.DataFrame(lines, index=index, columns=["k_hat", "rows", "share", "worst"])

    def sentence(self) -> str:
        """The estimate in words."""
        sampled = (
            f", from {len(self.rows)} of {self.total} rows" if len(self.rows) < self.total else ""
        )
        return (
            f"Expected log predictive density (PSIS-LOO): {self.elpd:.1f} (standard error "
            f"{self.se:.1f}); {self.p:.1f} effective parameters{sampled}."
        )

    def __repr__(self) -> str:
        return f"{self.sentence()}\n{self.table.to_string(float_format='{:.3f}'.format)}"

    def _repr_html_(self) -> str:
        return f"<p>{self.sentence()}</p>{self.table.to_html(float_format='{:.3f}'.format)}"


def _range(low: float, high: float) -> str:
    if low == -np.inf:
        return f"up to {high:g}"
    return f"above {low:g}" if high == np.inf else f"{low:g} to {high:g}"


def loo(posterior: AnyPosterior) -> Loo:
    """Estimates how well the model predicts rows that it has not seen.

    Args:
        posterior: With its training rows; of a model written by hand, each observed value is a
            row.

    Returns:
        The estimate, each row's share in it, and each row's k-hat.

    Raises:
        DataError: `no-training-rows`, for a posterior that was loaded from disk.
        SamplingError: `non-finite-likelihood`: rows that some draw makes impossible, or whose
            density is no number there; no weights reach the posterior without them.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> loo(fit.posterior).bad_k
        0
    """
    known = row_likelihoods(posterior)
    total = known.total
    rows = sampled_rows(total)
    r_eff = relative_size(known)
    pointwise, seen, k_hats = np.empty(len(rows)), np.empty(len(rows)), np.empty(len(rows))
    broken: list[np.ndarray] = []
    for part in row_stretches(len(rows), known.count):
        likelihood = known.at(rows[part])
        finite = np.isfinite(likelihood).all(axis=0)
        if not finite.all():
            broken.append(rows[part][~finite])
            continue
        for place, values in zip(range(part.start, part.stop), likelihood.T, strict=True):
            weights, k_hats[place] = psis(-values, r_eff)
            pointwise[place] = log_sum(weights + values)
            seen[place] = log_sum(values) - np.log(len(values))
    if broken:
        raise _not_finite(known, np.concatenate(broken))
    # The sum over rows, its error over rows, and what sampling them adds: n sd / sqrt(m) in all.
    spread = float(pointwise.std(ddof=1)) if len(rows) > 1 else np.nan
    return Loo(
        elpd=total * float(pointwise.mean()),
        se=total * spread / np.sqrt(len(rows)),
        p=total * float((seen - pointwise).mean()),
        pointwise=pointwise,
        k_hats=k_hats,
        rows=rows,
        labels=known.label(rows),
        total=total,
        r_eff=r_eff,
    )


def _not_finite(known: RowLikelihoods, rows: np.ndarray) -> SamplingError:
    labels = ", ".join(str(label) for label in known.label(rows[:3]))
    return SamplingError(
        f"The log likelihood is not finite at some draw in {len(rows)} of {known.total} rows "
        f"({name_rows(rows)}; labels {labels}), so that leaving them out cannot be weighed.",
        code="non-finite-likelihood",
        rows=rows.tolist(),
        hint="Check these rows and the priors' scales, or use fit.kfold(), which fits again.",
    )


def sampled_rows(total: int) -> np.ndarray:
    """Positions of the rows to leave out: all, or a sample that depends on their number alone."""
    if total <= LARGEST_ROWS:
        return np.arange(total)
    generator = Streams(0).generator("loo-rows", str(total))
    return np.sort(generator.choice(total, LARGEST_ROWS, replace=False))


def relative_size(known: RowLikelihoods) -> float:
    """Effective draws per draw of the rows' likelihoods: their mean over some rows, at most 1."""
    if known.independent or known.shape[1] < 4:
        return 1.0
    total = known.total
    probed = np.unique(np.linspace(0, total - 1, min(total, PROBED_ROWS)).astype(int))
    likelihood = known.at(probed).T
    scaled = np.exp(likelihood - likelihood.max(axis=1, keepdims=True))
    sizes = effective_size(split(scaled.reshape(len(probed), *known.shape)))
    return float(np.minimum(sizes / known.count, 1.0).mean())


def log_sum(values: np.ndarray) -> float:
    """The logarithm of the sum of exponentials."""
    largest = values.max()
    return float(largest + np.log(np.exp(values - largest).sum()))
