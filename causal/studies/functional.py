"""A formula from the graph: an effect that no adjustment gives, evaluated on draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np

import bayesinf as bi
from causal.amounts import outcome_amount, require_variation
from causal.answer import Answer, Assumption, Computation
from causal.comparison import complete_rows
from causal.findings import judge_lost
from causal.graph import Graph
from causal.identification import (
    Distribution,
    Functional,
    Identification,
    evaluate,
    identify_effect,
    judge_graph,
)
from causal.study import Example, Study
from causal.treatment import levels_of, read_treatment

CHAINS = 4
"""Draws are independent of each other; they are laid out in as many chains as other studies'."""

MOST_LEVELS, MOST_CELLS = 20, 1000
"""Different values of one column, and of all together: beyond these most cells have no row."""

TINY = 1e-200
"""Least weight of a cell that no row has: a formula may divide by it."""


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows counted by the values of the discrete columns.

    Attributes:
        names: The columns but for the outcome.
        levels: Their values; of the treatment, the control first.
        counts: How many rows each combination has, shape (levels of the first, ...).
        totals: The sum of their outcomes, of the same shape.
        outcome: The outcomes, one for each row used.
        residual: The sum of squares of the outcomes within the combinations.
    """

    names: tuple[str, ...]
    levels: tuple[tuple[object, ...], ...]
    counts: np.ndarray
    totals: np.ndarray
    outcome: np.ndarray
    residual: float

    @property
    def is_binary(self) -> bool:
        """Whether the outcome is 0 or 1 in all rows."""
        return bool(np.isin(self.outcome, (0, 1)).all())


@bi.checked_class
@dataclass(frozen=True)
class IdentifiedFunctional(Study):
    """Evaluates the formula that identifies an effect, such as the front-door, draw by draw.

    The joint distribution of the columns in the formula gets a posterior, and each of its draws
    goes through the formula. All columns but the outcome are taken value by value, so they have to
    be discrete; no model links neighbouring values.

    Attributes:
        outcome: The outcome's column: numbers, or two levels.
        treatment: The treatment's column: two levels.
        identification: Why the formula gives the effect: what `causal.identify` found, with its
            strategy "front-door" or "functional".
        control: The treatment's level that stands for "without it"; None goes by convention.
        prior_rows: What the prior weighs, in rows spread evenly over all combinations of values
            (Dirichlet). Means of a numeric outcome in a combination get a normal prior around the
            overall mean with the outcome's sd, chances of a binary one Jeffreys' prior.

    Raises:
        ModelError: The identification has no formula.

    Source:
        Tian and Pearl (2002), A general identification condition for causal effects, AAAI, for the
        formula. That the mean of the outcome goes through it in place of the probabilities holds
        because the formula is linear in them: nothing in it is conditioned on the outcome.

    Example:
        >>> from causal.estimate import run
        >>> made = IdentifiedFunctional.example(np.random.default_rng(1))
        >>> found = run(made.study, made.frame, Computation(seed=1))
        >>> bool(abs(found.draws.mean() - made.effect) < 4 * found.draws.std())
        True
    """

    outcome: str
    treatment: str
    identification: Identification
    control: object = None
    prior_rows: float = 1.0

    name: ClassVar[str] = "functional"

    def __post_init__(self) -> None:
        if self.identification.functional is None:
            raise bi.ModelError(
                f"The effect of {self.treatment} on {self.outcome} was identified by "
                f"{self.identification.strategy}, which has no formula of probabilities.",
                code="no-functional",
                hint="Take causal.identify(..., strategy='functional'), or the study of that way.",
            )
        if not self.prior_rows > 0:
            raise bi.ModelError(
                f"prior_rows is {self.prior_rows}; a prior weighs more than nothing.",
                code="prior",
                hint="Take a positive number of rows, such as 1.",
            )

    @classmethod
    def example(cls, rng: np.random.Generator) -> Example:
        """Makes up a treatment and an outcome with a common cause that nobody measured."""
        size = 4000
        u = rng.random(size) < 0.5
        x = rng.random(size) < 0.2 + 0.6 * u
        m = rng.random(size) < 0.2 + 0.6 * x
        y = 1 + 2 * m + 1.5 * u + rng.normal(size=size)
        graph = Graph.parse("x -> m -> y; x <-> y")
        study = cls("y", "x", identify_effect(graph, "x", "y", ("x", "m", "y")))
        frame = {"x": x.astype(float), "m": m.astype(float), "y": y}
        return Example(study, frame, 1.2)

    @property
    def functional(self) -> Functional:
        """The formula."""
        if self.identification.functional is None:
            raise ValueError("checked when the study was made")
        return self.identification.functional

    @property
    def columns(self) -> tuple[str, ...]:
        """Outcome, treatment, and what else the formula holds."""
        parts = self.functional.expression.probabilities
        more = sorted({name for part in parts for name in part.free})
        return tuple(dict.fromkeys((self.outcome, self.treatment, *more)))

    @property
    def effect_name(self) -> str:
        """The average treatment effect."""
        return "ATE"

    @property
    def subject(self) -> str:
        """The treatment and the outcome."""
        return f"{self.treatment} on {self.outcome}"

    def question(self, answer: Answer) -> str:
        """Says what is asked, and of whom."""
        return (
            f"ATE: how much higher would {self.outcome} be on average with {self.treatment} than "
            "without it, in all of the population that the rows stand for: E[Y(1) - Y(0)]."
        )

    def answer(self, frame: object, computation: Computation) -> Answer:
        """Draws the joint distribution, and evaluates the formula on each draw."""
        cells, lost = self.read(frame)
        streams = bi.streams_of(computation.seed)
        size = max(computation.draws // CHAINS, 1)
        joint = draw_joint(
            cells, self.outcome, self.prior_rows, streams.generator("functional"), CHAINS * size
        )
        found = evaluate(self.functional, joint).table[..., 0].reshape(CHAINS, size, 2)
        graph = self.identification.graph
        used = {name: bi.Table.read(frame, [name]).columns[name] for name in self.columns}
        return Answer(
            found[..., 1] - found[..., 0],
            self.method(cells),
            parts={"E[Y(1)]": found[..., 1], "E[Y(0)]": found[..., 0]},
            findings=(
                *judge_empty(cells, self.functional),
                *(() if graph is None else (judge_graph(graph, used),)),
                *judge_lost(lost, int(cells.counts.sum())),
            ),
            seed=streams.integer("checks"),
        )

    def read(self, frame: object) -> tuple[Cells, int]:
        """Counts the rows by the values of the discrete columns.

        Returns:
            The counts, and how many rows missed a value.

        Raises:
            DataError: A column has too many values, or the treatment other than two.
        """
        table = complete_rows(frame, self.columns)
        names = tuple(name for name in self.columns if name != self.outcome)
        treatment = read_treatment(table, self.treatment, self.control)
        levels = [tuple(levels_of(table, name)) for name in names]
        levels[names.index(self.treatment)] = (treatment.control, treatment.treated)
        for name, values in zip(names, levels, strict=True):
            if len(values) > MOST_LEVELS:
                raise bi.DataError(
                    f"'{name}' has {len(values)} different values; the formula is evaluated value "
                    "by value.",
                    code="too-many-levels",
                    column=name,
                    hint=f"Group it into at most {MOST_LEVELS} levels, such as quintiles.",
                )
        shape = tuple(len(values) for values in levels)
        if prod(shape) > min(MOST_CELLS, table.n):
            raise bi.DataError(
                f"The formula's columns have {prod(shape)} combinations of values, and there are "
                f"{table.n} rows.",
                code="too-many-cells",
                hint=f"Group levels of {', '.join(names)}, until there are several rows for each "
                f"combination (at most {MOST_CELLS}).",
            )
        places = [place_of(table.columns[n], v) for n, v in zip(names, levels, strict=True)]
        flat = np.ravel_multi_index(places, shape)
        outcome = outcome_amount(table, self.outcome)
        require_variation(table, self.outcome, "outcome")
        counts = np.bincount(flat, minlength=prod(shape))
        totals = np.bincount(flat, outcome, minlength=prod(shape))
        within = outcome - (totals / np.maximum(counts, 1))[flat]
        lost = bi.Table.read(frame, [self.outcome]).n - table.n
        cells = Cells(
            names,
            tuple(levels),
            counts.reshape(shape),
            totals.reshape(shape),
            outcome,
            float(within @ within),
        )
        return cells, lost

    def method(self, cells: Cells) -> str:
        """Says how the effect was computed."""
        means = (
            "chances with Jeffreys' prior"
            if cells.is_binary
            else "means with a normal prior of the outcome's sd, noise of one size"
        )
        return (
            f"{self.functional}, evaluated on independent draws of the joint distribution of "
            f"{', '.join(cells.names)} ({cells.counts.size} combinations, {len(cells.outcome)} "
            f"rows, a Dirichlet prior that weighs {self.prior_rows:g} rows) and of {self.outcome} "
            f"in each combination ({means})."
        )

    def assumptions(self, answer: Answer) -> tuple[Assumption, ...]:
        """Those of the identification; the graph is tested by what it implies."""
        checks = {"The graph is": ("graph-implications",), "Overlap:": ("empty-cells",)}
        return tuple(
            Assumption(
                sentence,
                next((codes for start, codes in checks.items() if sentence.startswith(start)), ()),
            )
            for sentence in self.identification.assumptions
        )

    def checks(self, answer: Answer) -> tuple[bi.Finding, ...]:
        """Nothing beyond what was found when the answer was computed."""
        return ()


def place_of(values: np.ndarray, levels: Sequence[object]) -> np.ndarray:
    """The place of each value among the levels."""
    found = np.zeros(len(values), dtype=int)
    for at, level in enumerate(levels):
        found[values == level] = at
    return found


def draw_joint(
    cells: Cells, outcome: str, prior_rows: float, rng: np.random.Generator, draws: int
) -> Distribution:
    """Draws the joint distribution of the columns from its posterior.

    Returns:
        A table (draw, discrete columns ..., 2). Its last axis stands for the outcome and holds the
        probability of each combination times the outcome's mean there, and the rest of that
        probability: summed, they give the probability itself, as a formula needs it, and the first
        of the two goes through a formula that is linear in the outcome as the mean does.
    """
    counts, totals = cells.counts.ravel(), cells.totals.ravel()
    weights = rng.gamma(counts + prior_rows / counts.size, size=(draws, counts.size))
    weights = np.maximum(weights, TINY)
    weights /= weights.sum(axis=1, keepdims=True)
    if cells.is_binary:
        means = rng.beta(totals + 0.5, counts - totals + 0.5, size=weights.shape)
    else:
        means = draw_means(cells, rng, draws)
    table = np.stack([weights * means, weights * (1 - means)], axis=-1)
    return Distribution((*cells.names, outcome), table.reshape(draws, *cells.counts.shape, 2))


def draw_means(cells: Cells, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Draws the outcome's mean in each combination: (draw, combination).

    The noise's size comes from the rows within combinations alone (reference prior); given it, the
    means are conjugate.

    Raises:
        DataError: The outcome is constant, or no combination has two rows.
    """
    counts, totals = cells.counts.ravel(), cells.totals.ravel()
    freedom = int(counts.sum() - np.count_nonzero(counts))
    spread = float(cells.outcome.var())
    if freedom < 1 or spread == 0:
        raise bi.DataError(
            "The outcome is constant."
            if spread == 0
            else "No two rows share all values, so the outcome's noise cannot be told.",
            code="no-noise",
            hint="Check the outcome's column, or group the values of the others.",
        )
    noise = np.maximum(cells.residual, 1e-12 * spread) / rng.chisquare(freedom, size=(draws, 1))
    precision = counts / noise + 1 / spread
    centre = (totals / noise + cells.outcome.mean() / spread) / precision
    return centre + rng.normal(size=precision.shape) / np.sqrt(precision)


def judge_empty(cells: Cells, functional: Functional) -> tuple[bi.Finding, ...]:
    """Says which conditions of the formula no row meets."""
    empty, total = 0, 0
    for part in dict.fromkeys(part.given for part in functional.expression.probabilities):
        spared = tuple(i for i, name in enumerate(cells.names) if name not in part)
        counts = cells.counts.sum(axis=spared)
        empty += int((counts == 0).sum())
        total += int(counts.size)
    if not empty:
        return (
            bi.Finding(
                f"Each of the {total} conditions of the formula is met by some row.",
                "good",
                "empty-cells",
                {"share": 0.0},
            ),
        )
    return (
        bi.Finding(
            f"{empty} of {total} conditions of the formula are met by no row; there the answer "
            "is the prior's.",
            "warning" if empty <= total / 4 else "bad",
            "empty-cells",
            {"share": empty / total},
            "Join levels of the columns, or look for a way that conditions on less.",
        ),
    )
