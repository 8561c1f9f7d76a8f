"""Standardisation (g-computation): predict every row twice, and average the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation, Effects
from causal.averages import average_rows, find_groups, quantiles_of_rows
from causal.comparison import Comparison
from causal.estimand import ATC, ATE, ATT, CATE, Dose, Estimand, QuantileEffect
from causal.estimator import Estimator
from causal.findings import judge_model
from causal.population import SAMPLE
from causal.treatment import Contrast


@bi.checked_class
@dataclass(frozen=True)
class Standardisation(Estimator):
    """Predicts each row with the treatment and without, and averages over the estimand's rows.

    Each posterior draw of the outcome model gives one draw of the two averages, so the effect's
    uncertainty is the model's. By default the rows are taken as they are: the effect is theirs;
    `estimand=causal.ATE(population=causal.Superpopulation())` asks about where they were drawn
    from. Quantiles are those of predicted outcomes, noise included; doses are any numbers.

    Source:
        Robins (1986), Mathematical Modelling 7; Hernan and Robins (2020), Causal Inference: What
        If, section 13.3.
    """

    name: ClassVar[str] = "standardisation"

    def refuses(self, comparison: Comparison) -> str | None:
        """Refuses averages over rows that only their chances, or nobody, can point out."""
        if isinstance(comparison.estimand, ATE | ATT | ATC | CATE | QuantileEffect | Dose):
            return None
        return (
            f"Standardisation averages over rows that can be pointed out; it cannot answer for "
            f"{comparison.estimand!r}."
        )

    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Fits the outcome model and predicts with the treatment set to each level."""
        model = comparison.outcome_model()
        table = model.design.table
        if table is None:
            raise bi.ModelError(
                "The outcome model has no rows: it was loaded from disk.",
                code="no-rows",
                hint="Give it rows first: model.on(frame).",
            )
        estimand = comparison.estimand
        contrast = None if isinstance(estimand, Dose) else comparison.contrast(table)
        fit = bi.fit(
            model,
            engine=computation.engine,
            draws=computation.draws,
            seed=computation.seed,
        )
        if isinstance(estimand, Dose):
            return standardise_doses(fit, table, comparison.treatment, estimand)
        assert contrast is not None
        if isinstance(estimand, ATE | ATT | ATC) and estimand.population == SAMPLE:
            return compare_averages(fit, contrast)
        return standardise_levels(fit, contrast, estimand)


def compare_averages(fit: bi.Fit, contrast: Contrast) -> Answer:
    """The average effect over the very rows, by the averages of the fit's own predictions."""
    treated = average_outcome(fit, contrast, contrast.treatment.treated)
    control = average_outcome(fit, contrast, contrast.treatment.control)
    return Answer(
        treated - control,
        method_sentence(fit, contrast),
        {"E[Y(1)]": treated, "E[Y(0)]": control},
        prediction=fit,
        contrast=contrast,
        findings=judge_model(fit),
        seed=fit.posterior.provenance.seed,
    )


def standardise_levels(fit: bi.Fit, contrast: Contrast, estimand: Estimand) -> Answer:
    """Averages in a population or within groups, or quantiles, of both levels.

    Args:
        fit: The outcome model.
        contrast: The rows and their weights.
        estimand: What is asked.
    """
    levels = (contrast.treatment.control, contrast.treatment.treated)
    rng = bi.Streams(fit.posterior.provenance.seed).generator("population")
    first, labels, over = 0, ("all",), "group"
    if isinstance(estimand, QuantileEffect):
        labels, over = estimand.probabilities, "quantile"
        first = labels.index(estimand.headline)
        draws = quantiles_of_rows(
            Predictor(fit, contrast.table, contrast.treatment.column, "response"),
            levels,
            contrast.weights,
            labels,
            estimand.population,
            rng,
            shape_of(fit),
        )
    else:
        groups = find_groups(contrast.table, estimand)
        labels = groups.labels
        draws = average_rows(
            Predictor(fit, contrast.table, contrast.treatment.column, "mean"),
            levels,
            groups.members * contrast.weights,
            estimand.population,
            rng,
            shape_of(fit),
        )
    difference = draws[:, :, 1] - draws[:, :, 0]
    shown = slice(0, None) if over == "quantile" else slice(1, None)
    effects = {over: Effects(over, tuple(labels[shown]), difference[..., shown])}
    what = f"Q{labels[first]:g}" if over == "quantile" else "E"
    return Answer(
        difference[..., first],
        f"{method_sentence(fit, contrast)} {estimand.population.sentence()}",
        {f"{what}[Y({name})]": draws[:, :, name, first] for name in (1, 0)},
        effects if len(labels) > 1 else {},
        prediction=fit,
        contrast=contrast,
        findings=judge_model(fit),
        seed=fit.posterior.provenance.seed,
    )


def standardise_doses(fit: bi.Fit, table: bi.Table, treatment: str, estimand: Dose) -> Answer:
    """The curve of average outcomes over doses.

    Args:
        fit: The outcome model.
        table: Its rows.
        treatment: The treatment's column, which holds numbers.
        estimand: The doses, and whom the averages are over.

    Raises:
        DataError: The treatment is not a number, or some doses were never seen.
    """
    values = table.columns[treatment]
    if values.dtype.kind not in "fiu" or treatment in table.levels:
        raise bi.DataError(
            f"Doses are amounts; '{treatment}' has levels.",
            code="dose-not-a-number",
            column=treatment,
            hint="Ask for causal.ATE(), which compares levels.",
        )
    rng = bi.Streams(fit.posterior.provenance.seed).generator("population")
    curve = average_rows(
        Predictor(fit, table, treatment, "mean"),
        estimand.grid,
        np.ones((1, table.n)),
        estimand.population,
        rng,
        shape_of(fit),
    )[..., 0]
    low, high = estimand.grid[0], estimand.grid[-1]
    return Answer(
        curve[..., -1] - curve[..., 0],
        f"By standardisation (g-computation) over {table.n} rows at {len(estimand.grid)} doses, "
        f"from the model {fit.model.formula} ({fit.model.family.name}). "
        f"{estimand.population.sentence()}",
        {f"E[Y({high:g})]": curve[..., -1], f"E[Y({low:g})]": curve[..., 0]},
        {"dose": Effects("dose", estimand.grid, curve)},
        prediction=fit,
        findings=(*judge_doses(values, treatment, estimand.grid), *judge_model(fit)),
        seed=fit.posterior.provenance.seed,
    )


def judge_doses(
    values: np.ndarray, treatment: str, grid: Sequence[float]
) -> tuple[bi.Finding, ...]:
    """Says which doses lie beyond those seen, where the curve is the model's alone."""
    low, high = float(values.min()), float(values.max())
    beyond = [dose for dose in grid if not low <= dose <= high]
    if not beyond:
        return ()
    return (
        bi.Finding(
            f"The doses {', '.join(f'{dose:g}' for dose in beyond)} lie beyond those seen of "
            f"{treatment} ({low:g} to {high:g}): there the curve is the model's guess.",
            "bad" if len(beyond) == len(grid) else "warning",
            "doses-beyond",
            {"share": len(beyond) / len(grid)},
            f"Ask for doses between {low:g} and {high:g}.",
        ),
    )


@dataclass(frozen=True, eq=False)
class Predictor:
    """Predicts some rows of a table with the treatment set to a level.

    Attributes:
        fit: The outcome model.
        table: The rows.
        treatment: The treatment's column.
        kind: As in `Fit.predict_draws`: "mean" is expected, "response" is drawn with its noise.
    """

    fit: bi.Fit
    table: bi.Table
    treatment: str
    kind: str

    def __call__(self, level: object, rows: np.ndarray) -> np.ndarray:
        """(chain, draw, row) predictions."""
        moved = self.table.take(rows).replace(self.treatment, level)
        return self.fit.predict_draws(moved, kind=self.kind)  # pyright: ignore[reportArgumentType]


def shape_of(fit: bi.Fit) -> tuple[int, int]:
    """Numbers of chains and draws."""
    chains, draws = fit.posterior.values.shape
    return chains, draws


def method_sentence(fit: bi.Fit, contrast: Contrast) -> str:
    """Says in words how the effect was computed."""
    treated, control = contrast.counts()
    weights = fit.model.formula.response.weights
    told = (
        f" The weights {weights} count in the fit; the average counts rows alike."
        if weights
        else ""
    )
    return (
        f"By standardisation (g-computation) over {np.count_nonzero(contrast.weights)} "
        f"of {treated + control} rows ({treated} treated, {control} not), from the model "
        f"{fit.model.formula} ({fit.model.family.name}).{told}"
    )


def average_outcome(fit: bi.Fit, contrast: Contrast, level: object) -> np.ndarray:
    """Averages the expected outcome with the treatment set to one level.

    Args:
        fit: The outcome model.
        contrast: The rows and their weights.
        level: A level of the treatment.

    Returns:
        (chain, draw) draws of the weighted average.
    """
    asked = np.flatnonzero(contrast.weights)
    rows = contrast.table.take(asked).replace(contrast.treatment.column, level)
    weights = "weight"
    while weights in rows.columns:
        weights += "_"
    columns = {**rows.columns, weights: contrast.weights[asked]}
    weighted = bi.Table(columns, rows.levels, rows.index, rows.n)
    return fit.predictions(weighted, weights=weights).draws[..., 0]
