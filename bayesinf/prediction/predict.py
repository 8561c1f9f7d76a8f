"""Predictions of rows: expected outcomes and outcomes to come, with credible intervals.

`predict` returns a lazy value; `frame`, `draws` and `stretches` of it compute. Rows are taken in
stretches, so that a million rows at four thousand draws never form one array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from bayesinf.data.table import Table
from bayesinf.design import Design, predictor_columns, read_columns
from bayesinf.errors import DataError, ModelError, SamplingError, suggest
from bayesinf.formula.guard import single_name
from bayesinf.formula.tokens import Place
from bayesinf.numerics.memory import refuse_beyond_memory
from bayesinf.options import IntervalKind, options
from bayesinf.posterior.posterior import Posterior
from bayesinf.prediction.extrapolation import far_outside, outside_range, warn_of_extrapolation
from bayesinf.prediction.mixture import Mixture
from bayesinf.prediction.outcomes import describe_draws, describe_outcomes, simulate
from bayesinf.prediction.predictor import Predictor, predictor_of

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["response", "mean", "linear"]
NewGroups = Literal["population", "error"]

LARGEST_ANSWER = 100_000_000
"""Most numbers that `Prediction.draws` returns: 0.8 GB."""

CACHE_BLOCK = 2**17
"""Numbers per temporary array where rows are summarised (1 MB): they stay in a core's cache."""


@dataclass(frozen=True, eq=False, repr=False)
class Prediction:
    """What a posterior says about some rows; nothing is computed until it is asked for.

    Attributes:
        posterior: What is believed.
        predictor: The rows, as numbers, and the draws.
        kind: `"response"`, `"mean"` or `"linear"`.
        index: The pandas index of the rows, None where they had none.
        outside: For each number column that leaves the range of the fit, the rows where it does.
        far: What `frame` warns of: rows far outside that range, in a sentence.
    """

    posterior: Posterior
    predictor: Predictor
    kind: Kind
    index: Any = None
    outside: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    far: str | None = None

    def __len__(self) -> int:
        return len(self.predictor.rows)

    def frame(self, prob: float | None = None) -> pd.DataFrame:
        """The table of predictions, one line per row.

        For `kind="response"`, mean and sd are those of the outcome itself (law of total variance,
        no simulation), and an equal-tailed interval has the quantiles of the mixture over draws as
        its ends: see `quantiles`. A highest-density interval of the outcome comes from one
        simulated outcome per draw; each row uses the same random numbers, so that it does not
        matter which rows are predicted together. For the other kinds all four are those of the
        draws.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`, which also
                says of which kind it is.

        Returns:
            A frame with columns `mean sd lower upper` and the index of the rows (0 .. n-1 where
            they had none). Its `attrs` say `interval_kind`, `interval_prob`, `kind`, `outcome`
            (what is predicted, such as `log(y)`, on whose scale all columns are), and
            `extrapolated`: for each number column that leaves the range of the fit, in which rows.
        """
        import pandas as pd

        interval_kind, prob = options.interval_with(prob)
        warn_of_extrapolation(self.far)
        found = np.empty((len(self), 4))
        for rows in self.predictor.stretches():
            mixture = self._mixture(rows)
            for part in mixture.pieces(CACHE_BLOCK):
                place = slice(rows.start + part.start, rows.start + part.stop)
                found[place] = self._describe(mixture.take(part), interval_kind, prob)
        index = pd.RangeIndex(len(self)) if self.index is None else self.index
        frame = pd.DataFrame(found, index=index, columns=["mean", "sd", "lower", "upper"])
        outcome = self.posterior.model.formula.response.expression
        frame.attrs = {
            "interval_kind": interval_kind,
            "interval_prob": prob,
            "kind": self.kind,
            "outcome": single_name(outcome) or outcome,
            "extrapolated": {name: list(rows) for name, rows in self.outside.items()},
        }
        return frame

    def draws(self) -> np.ndarray:
        """All draws of the prediction, shape (chain, draw, row).

        For `kind="response"` they are simulated outcomes, independent between rows given the
        unknowns; a row's random numbers belong to its position.

        Raises:
            SamplingError: They would be more than `LARGEST_ANSWER` numbers, or than fit in memory.
        """
        size = len(self) * self.predictor.count
        if size > LARGEST_ANSWER:
            raise SamplingError(
                f"{len(self):,} rows x {self.predictor.count:,} draws are {size:,} numbers, "
                f"{8 * size / 1e9:.1f} GB in one array; the limit is {LARGEST_ANSWER:,}.",
                code="too-many-draws",
                hint="`frame()` summarises any number of rows in pieces; `stretches()` hands the "
                "draws out piece by piece.",
            )
        refuse_beyond_memory(
            f"The draws of {len(self):,} rows x {self.predictor.count:,} draws",
            2.0 * size,
            "`stretches()` hands the draws out piece by piece; `frame()` summarises them.",
        )
        found = np.empty((self.predictor.count, len(self)))
        for rows, values in self.stretches():
            found[:, rows] = values
        return found.reshape(*self.posterior.values.shape, len(self))

    def stretches(self) -> Iterator[tuple[slice, np.ndarray]]:
        """The draws piece by piece, for readers that reduce them.

        Yields:
            A stretch of rows and its draws (draw, row), chain after chain.
        """
        for rows in self.predictor.stretches():
            yield rows, self._draws(self._mixture(rows), rows.start)

    def __repr__(self) -> str:
        return f"Prediction({len(self)} rows x {self.predictor.count:,} draws, kind={self.kind!r})"

    def _mixture(self, rows: slice) -> Mixture:
        return Mixture(
            self.posterior.model.family,
            self.predictor.at(rows),
            self.predictor.parameters,
            self.predictor.rows.take(rows).known,
        )

    def _describe(self, mixture: Mixture, interval_kind: IntervalKind, prob: float) -> np.ndarray:
        match self.kind:
            case "response":
                return describe_outcomes(mixture, interval_kind, prob, self.predictor.streams)
            case "mean":
                return describe_draws(mixture.means(), interval_kind, prob)
            case "linear":
                return describe_draws(mixture.predictor, interval_kind, prob)

    def _draws(self, mixture: Mixture, first: int) -> np.ndarray:
        match self.kind:
            case "response":
                return simulate(mixture, self.predictor.streams, first)
            case "mean":
                return mixture.means()
            case "linear":
                return mixture.predictor


def predict(
    posterior: Posterior,
    rows: object,
    kind: Kind = "response",
    new_groups: NewGroups = "population",
) -> Prediction:
    """Predicts rows from all draws of a posterior.

    Args:
        posterior: What is believed.
        rows: A frame (pandas, polars, pyarrow), a dict of arrays, or a dict of single values for
            one row. It needs the columns of the formula's right-hand side, and trials or standard
            errors where the response has them; the outcome is not needed.
        kind: `"response"` for outcomes to come, `"mean"` for expected outcomes, `"linear"` for the
            linear predictor.
        new_groups: Effects of groups that the fit did not see are drawn from the `"population"` of
            groups (one draw per new group, shared by its rows), or are an `"error"`.

    Returns:
        The prediction: `.frame(prob)`, `.draws()`, `.stretches()`. Rows predicted together or in
        pieces get the same frame.

    Raises:
        ModelError: There is no such `kind` or `new_groups`.
        DataError: A column is missing or of another type, values are missing, a level of a plain
            factor was not seen, or a group is refused; the rows are named.
        SamplingError: `no-memory`, before the rows become numbers for which there is no room.

    Example:
        >>> import bayesinf as bi
        >>> fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
        >>> predict(fit.posterior, {"Days": [0, 9]}).frame(prob=0.9).shape
        (2, 4)
    """
    formula = posterior.model.formula
    try:
        table = read_columns(formula, rows, predictor_columns(formula))
    except DataError as error:
        if error.code != "empty-frame":
            raise
        return no_prediction(posterior, rows, kind, new_groups)
    return predict_table(posterior, table, kind, new_groups)


def predict_table(
    posterior: Posterior, table: Table, kind: str = "response", new_groups: str = "population"
) -> Prediction:
    """Predicts rows that have been read already; see `predict`."""
    check_word("kind", kind, get_args(Kind))
    check_word("new_groups", new_groups, get_args(NewGroups))
    refuse_many_rows(posterior.model.design, table.n)
    predictor = predictor_of(posterior, table, new_groups)
    recipe = posterior.model.design.recipe
    outside, far = outside_range(recipe, table), far_outside(recipe, table)
    return Prediction(posterior, predictor, cast(Kind, kind), table.index, outside, far)


def refuse_many_rows(design: Design, count: int) -> None:
    """Refuses rows whose columns would not fit into memory, made and copied once.

    Args:
        design: Of the fit.
        count: How many rows are to be predicted.

    Raises:
        SamplingError: `no-memory`.
    """
    columns = len(design.names) + sum(len(group.names) for group in design.rows.groups)
    refuse_beyond_memory(
        f"The prediction of {count:,} rows of {columns} columns",
        2.0 * count * (columns + 4),
        "Predict fewer rows at a time: rows in pieces get the same predictions.",
    )


def no_prediction(
    posterior: Posterior, rows: object, kind: str = "response", new_groups: str = "population"
) -> Prediction:
    """The prediction of a frame that has the columns and no rows: a frame without rows."""
    table = Table.read(posterior.model.design.recipe.schema.example())
    one = predict_table(posterior, table, kind, new_groups)
    none = replace(one.predictor, rows=one.predictor.rows.take(slice(0, 0)))
    return replace(one, predictor=none, index=getattr(rows, "index", None), outside={}, far=None)


def stretches(
    posterior: Posterior, table: Table, kind: Kind, new_groups: str = "population"
) -> Iterator[tuple[slice, np.ndarray]]:
    """Hands out draws of the predictions of rows, piece by piece.

    Args:
        posterior: What is believed.
        table: Rows that hold at least the predictor columns.
        kind: `"response"` (simulated), `"mean"` or `"linear"`.
        new_groups: `"population"` or `"error"`.

    Returns:
        An iterator over stretches of rows and their draws (draw, row), chain after chain.
    """
    return predict_table(posterior, table, kind, new_groups).stretches()


def check_word(argument: str, given: object, known: tuple[str, ...]) -> None:
    """Refuses a word that an argument does not know.

    Raises:
        ModelError: With a suggestion.
    """
    if not isinstance(given, str):
        raise ModelError(
            f"'{argument}' is one word; this is '{type(given).__name__}'.",
            code=f"unknown-{argument.replace('_', '-')}",
            hint=f"Use one of {', '.join(map(repr, known))}; ask once for each of several.",
        )
    if given not in known:
        raise ModelError(
            f"'{argument}' cannot be {given!r:.60}."
            f"{suggest(str(given), known)}\n"
            f"{Place(f'{argument}={given!r}', len(argument) + 1).shown()}",
            code=f"unknown-{argument.replace('_', '-')}",
            hint=f"Use one of {', '.join(map(repr, known))}.",
        )
