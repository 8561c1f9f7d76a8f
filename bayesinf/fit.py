"""The notebook face: a posterior with the verbs that people expect as methods.

Every method is a call of the function of the same name in its own module; nothing is computed here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from bayesinf.data.table import Table
from bayesinf.errors import DataError, legible, shown
from bayesinf.keywords import checked, require_flag
from bayesinf.model.model import Model
from bayesinf.options import options, percent
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import AnyPosterior, ProgramPosterior, of_formula
from bayesinf.posterior.provenance import Explanation
from bayesinf.posterior.summary import effect_draws, scalar_draws, summary_frame
from bayesinf.posterior.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from xarray import DataTree

    from bayesinf.criticism.checks import Check
    from bayesinf.criticism.cross_validation import KFold
    from bayesinf.effects.effect import Effect
    from bayesinf.effects.hypotheses import Hypothesis
    from bayesinf.prediction.predict import Prediction
    from bayesinf.prediction.program import ProgramPrediction
    from bayesinf.report.report import Report

Kind = Literal["response", "mean", "linear"]
NewGroups = Literal["population", "error"]
Rows = object
"""A data frame (pandas, polars, pyarrow) or a dict of arrays."""

MOST_LINES = 60
"""Lines of the table that a fit prints of itself; `summary()` has them all."""


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A fitted model: what is believed, how far to trust it, and what follows.

    Attributes:
        posterior: The posterior that all methods read.
    """

    posterior: AnyPosterior

    @property
    def model(self) -> Model:
        """The model that was fitted; it prints as mathematics.

        Of a model written by hand this is its `Program`, which prints as a list of sites; the type
        is that of the usual case, so that it can be read without asking.
        """
        return cast(Model, self.posterior.model)

    @property
    def priors(self):
        """The priors in force, by slot name."""
        return of_formula(self.posterior, "The table of priors").model.priors

    @property
    def verdict(self) -> Verdict:
        """Whether the fit should be believed, in sentences."""
        return self.posterior.verdict

    @property
    def draws(self) -> DataTree:
        """All draws as an ArviZ DataTree with dimensions (chain, draw, ...)."""
        return self.posterior.tree

    @checked
    def explain(self) -> Explanation:
        """Which engine ran, and why the others did not."""
        return self.posterior.provenance.explanation

    @checked
    def summary(self, group_effects: bool = False, prob: float | None = None) -> pd.DataFrame:
        """The table of parameters.

        Args:
            group_effects: Adds a line for each level of each grouping factor.
            prob: Probability of the credible interval; None takes `bi.options.interval`.

        Returns:
            A frame indexed by parameter, with columns `mean sd lower upper ess_bulk ess_tail r_hat
            mcse`: population and scale parameters first.

        Raises:
            ModelError: `group-effects`, where it is neither True nor False.
        """
        require_flag(
            "group_effects",
            group_effects,
            "Write group_effects=True; the probability is given by name, as in prob=0.9.",
        )
        names, draws = scalar_draws(self.model, self.posterior.values)
        if group_effects:
            more_names, more = effect_draws(self.model, self.posterior.values)
            names, draws = [*names, *more_names], np.concatenate([draws, more], axis=-1)
        frame = summary_frame(names, draws, prob)
        frame.attrs["missing"] = _missing_sentence(self.posterior)
        frame.attrs["verdict"] = self.verdict.headline
        return frame

    @checked
    def predict(
        self,
        rows: Rows | None = None,
        kind: Kind = "response",
        prob: float | None = None,
        new_groups: NewGroups = "population",
    ) -> pd.DataFrame:
        """Predicts rows, with credible intervals; see `prediction.predict.predict`.

        Args:
            rows: Without them, the training rows. Of a model written by hand: a dict of its
                arguments; see `prediction.program.predict_program`.
            kind: `"response"` for new outcomes, `"mean"` for their expectation, `"linear"` for the
                linear predictor.
            prob: Probability of the intervals; None takes `bi.options.interval`.
            new_groups: `"population"` draws groups that the fit never saw from the population,
                `"error"` refuses them.

        Returns:
            A frame with the rows' index and columns `mean sd lower upper`; of a model written by
            hand, one line per number of its observed sites, such as `y[3]`.
        """
        return _predict(self.posterior, rows, kind, new_groups).frame(prob)

    @checked
    def predict_draws(
        self, rows: Rows, kind: Kind = "response", new_groups: NewGroups = "population"
    ) -> np.ndarray:
        """Draws (chain, draw, row) of predictions; see `prediction.predict.Prediction.draws`.

        Unlike `predict`, it does not warn of rows far outside the range of the fit.
        """
        return _predict(self.posterior, rows, kind, new_groups).draws()

    @checked
    def predictions(
        self,
        rows: Rows | None = None,
        by: str | None = None,
        average: bool = True,
        weights: str | None = None,
    ) -> Effect:
        """Expected outcomes, averaged over rows; see `effects.questions.predictions`."""
        from bayesinf.effects.questions import predictions

        return predictions(
            of_formula(self.posterior, "An average of predictions"),
            rows=rows,
            by=by,
            average=average,
            weights=weights,
        )

    @checked
    def comparisons(
        self,
        variable: str,
        rows: Rows | None = None,
        by: str | None = None,
        contrast: str = "difference",
        average: bool = True,
        values: tuple[object, object] | None = None,
        weights: str | None = None,
    ) -> Effect:
        """What changes when one column changes; see `effects.questions.comparisons`."""
        from bayesinf.effects.questions import comparisons

        return comparisons(
            of_formula(self.posterior, "A comparison"),
            variable,
            rows=rows,
            by=by,
            contrast=contrast,
            average=average,
            values=values,
            weights=weights,
        )

    @checked
    def slopes(
        self,
        variable: str,
        rows: Rows | None = None,
        by: str | None = None,
        average: bool = True,
        weights: str | None = None,
    ) -> Effect:
        """The slope of the expected outcome in a numeric column; see `effects.questions.slopes`."""
        from bayesinf.effects.questions import slopes

        return slopes(
            of_formula(self.posterior, "A slope"),
            variable,
            rows=rows,
            by=by,
            average=average,
            weights=weights,
        )

    @checked
    def hypothesis(self, statement: str) -> Hypothesis:
        """The posterior probability of a statement such as `"x > 0"` or `"a - b > 2"`."""
        from bayesinf.effects.hypotheses import hypothesis

        return hypothesis(self.posterior, statement)

    @checked
    def check(self) -> Check:
        """Posterior predictive checks and leave-one-out; see `criticism.checks.check`."""
        from bayesinf.criticism.checks import check

        return check(of_formula(self.posterior, "A predictive check"))

    @checked
    def kfold(
        self,
        k: int | None = None,
        groups: str | Sequence[object] | None = None,
        seed: object = None,
    ) -> KFold:
        """Cross-validation by refits without each fold; see `criticism.cross_validation.kfold`.

        Args:
            k: How many folds. None makes 10; or one of each group, where groups are given.
            groups: A column of the model, or one label per row: rows of a group share a fold.
            seed: As in `bi.fit`; the same one makes the same folds.
        """
        from bayesinf.criticism.cross_validation import kfold

        return kfold(of_formula(self.posterior, "A cross-validation"), k, groups, seed)

    @checked
    def compare(self, *others: Fit) -> pd.DataFrame:
        """Compares this fit with others by expected log predictive density."""
        from bayesinf.criticism.comparison import compare

        return compare(*(fit.posterior if isinstance(fit, Fit) else fit for fit in (self, *others)))

    @checked
    def update(self, rows: Rows, missing: str = "drop") -> Fit:
        """The fit after new rows, without a refit; see `updating.update.update`."""
        from bayesinf.updating.update import update

        return Fit(update(of_formula(self.posterior, "An update"), rows, missing))

    @checked
    def save(self, folder: str | Path) -> Path:
        """Writes the fit to a folder that `bi.load` reads; see `storage.folder.save`."""
        from bayesinf.storage.folder import save

        return save(self.posterior, folder)

    @checked
    def report(self, path: str | Path | None = None, title: str | None = None) -> Report:
        """Writes a statistical report; see `report.fit_report.report_fit`."""
        from bayesinf.report.fit_report import report_fit
        from bayesinf.report.report import report_path

        if path is not None:
            report_path(path)
        report = report_fit(self.posterior, title=title)
        if path is not None:
            report.write(path)
        return report

    @checked
    def plot(self, kind: str = "parameters", prob: float | None = None) -> Figure:
        """Draws the fit as a matplotlib figure; see `plots.fit.plot_fit`.

        Args:
            kind: `"parameters"`, `"groups"`, `"trace"` or `"predictive"`.
            prob: Probability of the credible intervals.
        """
        from bayesinf.plots.fit import plot_fit

        return plot_fit(self.posterior, kind, prob)

    @checked
    def plot_predictions(
        self, column: str, by: str | None = None, prob: float | None = None
    ) -> Figure:
        """Draws predictions along a column, by group; see `plots.prediction.plot_prediction`."""
        from bayesinf.plots.prediction import plot_prediction

        asked = of_formula(self.posterior, "A plot along a column")
        return plot_prediction(asked, column, by=by, prob=prob)

    def __repr__(self) -> str:
        provenance = self.posterior.provenance
        kind, prob = options.interval
        missing = _missing_sentence(self.posterior)
        lines = [
            heading(self.posterior),
            f"{self.posterior.values.count} draws by {provenance.engine} in "
            f"{provenance.seconds:.2f} s; seed {provenance.seed}",
            *([missing] if _dropped(self.posterior) else []),
            self.verdict.headline,
            f"{percent(prob)} credible intervals ({kind.upper()})",
            self.summary().rename(shown).to_string(float_format=_format, max_rows=MOST_LINES),
        ]
        return legible("\n".join(lines))

    def _repr_html_(self) -> str:
        from html import escape

        head, table = repr(self).split(" credible intervals", 1)[0], self.summary().rename(shown)
        text = "<br>".join(escape(line) for line in head.splitlines()[:-1])
        kind, prob = options.interval
        return (
            f"<p>{text}</p>{table.to_html(float_format=_format, max_rows=MOST_LINES)}"
            f"<p>lower, upper: {percent(prob)} credible interval ({kind.upper()}).</p>"
        )


def _predict(
    posterior: AnyPosterior, rows: Rows | None, kind: Kind, new_groups: NewGroups
) -> Prediction | ProgramPrediction:
    if isinstance(posterior, ProgramPosterior):
        from bayesinf.prediction.program import predict_program

        if new_groups != "population":
            of_formula(posterior, "new_groups")
        return predict_program(posterior, rows, kind)
    from bayesinf.prediction.newcomers import warn_of_misspelt
    from bayesinf.prediction.predict import predict

    asked = training_rows(posterior) if rows is None else rows
    prediction = predict(posterior, asked, kind=kind, new_groups=new_groups)
    warn_of_misspelt(prediction.predictor.rows.groups)
    return prediction


def heading(posterior: AnyPosterior) -> str:
    """What was fitted to how many rows, in one line, and which outcome counts as 1."""
    rows = posterior.provenance.rows
    if isinstance(posterior, ProgramPosterior):
        return f"{posterior.model.label}   (NumPyro, {rows} observed)"
    model, coding = posterior.model, outcome_coding(posterior.model)
    which = "" if coding is None else f"; {coding}"
    return f"{model.formula.text}   ({model.family.name}, {rows} rows{which})"


def outcome_coding(model: Model) -> str | None:
    """Which level of a text outcome counts as 1, in words; None where the outcome is numbers."""
    recipe = model.design.recipe
    if recipe.outcome_levels is None:
        return None
    return f"{recipe.formula.response.expression} = {recipe.outcome_levels[1]} counts as 1"


def _missing_sentence(posterior: AnyPosterior) -> str:
    if isinstance(posterior, ProgramPosterior):
        return "No argument holds a missing value."
    return posterior.model.design.missing.sentence()


def _dropped(posterior: AnyPosterior) -> bool:
    if isinstance(posterior, ProgramPosterior):
        return False
    return posterior.model.design.missing.n_before > posterior.model.design.missing.n_after


def training_rows(posterior: Posterior) -> Table:
    """The rows of the fit.

    Raises:
        DataError: When the fit was loaded from disk, where training rows are not kept.
    """
    table = posterior.model.design.table
    if table is None:
        raise DataError(
            "This fit was loaded from disk, where training rows are not kept.",
            code="no-rows",
            hint="Give the rows to predict: fit.predict(rows).",
        )
    return table


_format: Callable[[float], str] = "{:.4g}".format
