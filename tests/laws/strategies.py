"""Random questions: frames of numbers, factors and groups, formulas, and families that suit them.

Hypothesis chooses sizes, kinds of columns, terms and families, and shrinks them; the numbers
themselves come from NumPy generators with seeds that it chooses, which is a hundred times faster
than drawing them one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import assume, strategies as st

import bayesinf as bi

Frame = dict[str, Any]

REFUSED = (
    "collinear-column",
    "constant-column",
    "single-level",
    "constant-outcome",
    "degree-too-high",
)
"""What may be wrong with a random frame; such examples do not apply."""

seeds = st.integers(0, 2**32 - 1)


@dataclass(frozen=True)
class Question:
    """A frame, and what is asked of it.

    Attributes:
        frame: Columns `y x z p o w n` (numbers), `a b` (factors), `g h` (groups), all arrays.
        left: The formula's left-hand side.
        terms: The terms of the right-hand side.
        family: The outcome's family.
        priors: None for the defaults.
    """

    frame: Frame
    left: str
    terms: tuple[str, ...]
    family: bi.families.Family
    priors: Mapping[str, Any] | None = None

    @property
    def formula(self) -> str:
        return f"{self.left} ~ {' + '.join(self.terms)}"

    @property
    def rows(self) -> int:
        return len(self.frame["y"])

    def of(self, **columns: Any) -> Question:
        """The same question of a frame with other columns."""
        return replace(self, frame={**self.frame, **columns})

    def at(self, rows: np.ndarray) -> Question:
        """The same question of other rows of the frame."""
        return replace(self, frame=take(self.frame, rows))

    def model(self, frame: object = None) -> bi.Model:
        """The model; an example whose random columns hang together does not apply."""
        return applies(
            self.formula, self.frame if frame is None else frame, self.family, self.priors
        )


def applies(
    formula: str, frame: object, family: Any = "gaussian", priors: Mapping[str, Any] | None = None
) -> bi.Model:
    """`bi.model`, where random columns that are constant or collinear leave the example out.

    So do two kinds that leave no posterior: weights that count rows more often than columns and
    groups reproduce them, and ties under Student's t. Elsewhere such a refusal is a fault.
    """
    try:
        return bi.model(formula, frame, family, priors)
    except (bi.DataError, bi.ModelError) as error:
        assume(error.code not in REFUSED)
        without = "weights(" in formula or getattr(family, "name", family) == "student_t"
        assume(not (without and error.code == "improper-posterior"))
        raise


def take(frame: Frame, rows: np.ndarray) -> Frame:
    """The given rows of a frame."""
    return {name: values[rows] for name, values in frame.items()}


KINDS = ("normal", "skewed", "tied", "far", "small", "binary")


def numbers(rng: np.random.Generator, size: int, kind: str) -> np.ndarray:
    """A column of numbers of one of the kinds that occur: even, skewed, tied, far from zero."""
    match kind:
        case "skewed":
            return rng.exponential(size=size)
        case "tied":
            return np.round(rng.normal(0, 2, size))
        case "far":
            return 1000 + rng.normal(size=size)
        case "small":
            return 1e-3 * rng.normal(size=size)
        case "binary":
            return (np.arange(size) % 2)[rng.permutation(size)].astype(float)
    return rng.normal(size=size)


def factor(rng: np.random.Generator, size: int, names: list[str]) -> np.ndarray:
    """A column of text in which every name occurs about equally often."""
    return np.array(names, dtype=object)[rng.permutation(np.arange(size) % len(names))]


@st.composite
def frames(draw: st.DrawFn, least: int = 14, most: int = 30) -> Frame:
    """A frame with every kind of predictor; `y` is a number with a trend in `x`."""
    size = draw(st.integers(least, most))
    rng = np.random.default_rng(draw(seeds))
    x, z = (numbers(rng, size, draw(st.sampled_from(KINDS))) for _ in "xz")
    return {
        "y": x / (np.std(x) + 1e-9) + rng.normal(size=size),
        "x": x,
        "z": z,
        "p": rng.gamma(2.0, size=size) + 0.1,
        "o": rng.normal(size=size),
        "w": rng.integers(1, 4, size).astype(float),
        "n": rng.integers(1, 9, size).astype(float),
        "a": factor(rng, size, ["low", "mid", "top"][: draw(st.integers(2, 3))]),
        "b": factor(rng, size, ["no", "yes"]),
        "g": factor(rng, size, [f"g{k}" for k in range(draw(st.integers(3, 5)))]),
        "h": factor(rng, size, ["one", "three", "two"]),
    }


POPULATION = (
    "x", "z", "a", "b", "x:z", "x:a", "a:b", "x * a", "a * b", "I(x**2)", "scale(z)",
    "center(x)", "poly(x, 2)", "bs(p, df=4)", "C(a)", "log(p)", "(x + z)**2", "C(a, contr.sum)",
    "sqrt(p)", "p:b", "C(n > 4)",
)  # fmt: skip
"""Terms with one coefficient per column."""

VARYING = ("(1 | g)", "(x | g)", "(x || g)", "(0 + z | g)", "(1 | h)", "(1 | g:h)", "(a | h)")

population_terms = st.lists(st.sampled_from(POPULATION), min_size=1, max_size=3, unique=True)
varying_terms = st.lists(
    st.sampled_from(VARYING), max_size=2, unique_by=lambda term: term.split("|")[-1]
)


def _families() -> dict[str, tuple[bi.families.Family, ...]]:
    known = bi.families
    counts = tuple(known.Bernoulli(link=link()) for link in (bi.Logit, bi.Probit, bi.CLogLog))
    trials = tuple(known.Binomial(link=link()) for link in (bi.Logit, bi.Probit, bi.CLogLog))
    return {
        "gaussian": (known.Gaussian(),),
        "gaussian_log": (known.Gaussian(link=bi.Log()),),
        "student_t": (known.StudentT(),),
        "bernoulli": counts,
        "binomial": trials,
        "poisson": (known.Poisson(),),
        "negative_binomial": (known.NegativeBinomial(),),
    }


FAMILIES = _families()


def outcome(rng: np.random.Generator, family: str, frame: Frame) -> np.ndarray:
    """Outcomes in the family's support, not all alike."""
    size = len(frame["y"])
    match family:
        case "bernoulli":
            return rng.permutation(np.arange(size) % 2).astype(float)
        case "binomial":
            return np.minimum(rng.integers(0, 9, size), frame["n"])
        case "poisson" | "negative_binomial":
            return rng.negative_binomial(1, 0.3, size).astype(float)
    return frame["y"]


@st.composite
def questions(
    draw: st.DrawFn,
    families: tuple[str, ...] = tuple(FAMILIES),
    groups: bool = True,
    weights: bool = True,
) -> Question:
    """A formula of all that the library offers, of a family whose outcomes fit it."""
    frame = draw(frames())
    kind = draw(st.sampled_from(families))
    rng = np.random.default_rng(draw(seeds))
    frame["y"] = outcome(rng, kind, frame)
    said = ["trials(n)"] if kind == "binomial" else []
    said += ["weights(w)"] if weights and draw(st.booleans()) else []
    terms = draw(population_terms)
    terms += draw(varying_terms) if groups else []
    terms += draw(st.sampled_from([[], [], ["0"], ["offset(o)"]]))
    left = f"y | {' + '.join(said)}" if said else "y"
    return Question(frame, left, tuple(terms), draw(st.sampled_from(FAMILIES[kind])))


gaussian_questions = questions(("gaussian",), groups=False)
"""Questions that the conjugate engine answers, in closed form and milliseconds."""
