"""Whom an average is about: the rows at hand, or the population that they were drawn from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import override

import numpy as np

from bayesinf import BayesinfError


class Population(ABC):
    """What the rows stand for."""

    @abstractmethod
    def weigh(self, rng: np.random.Generator, draws: int, rows: int) -> np.ndarray:
        """Weighs rows for each draw of an average over them.

        Args:
            rng: Decides random weights.
            draws: How many draws there are.
            rows: How many rows there are; a block of the rows will do, because the weights of rows
                do not depend on each other before they are divided by their sum.

        Returns:
            (draw, row) weights that are positive and not yet divided by their sum; one draw alone
            where all draws weigh the rows alike.
        """

    @abstractmethod
    def sentence(self) -> str:
        """Says whom the average is about."""


@dataclass(frozen=True)
class Sample(Population):
    """The rows at hand and nobody else: all count alike in every draw.

    The uncertainty of such an average is that of the outcomes that were not seen, and does not
    contain which rows happened to be drawn.

    Source:
        Imbens and Rubin (2015), Causal Inference, chapter 6; Li, Ding and Mealli (2023), Bayesian
        causal inference: a critical review, section 2, for the difference.

    Example:
        >>> Sample().weigh(np.random.default_rng(1), draws=5, rows=3)
        array([[1., 1., 1.]])
    """

    @override
    def weigh(self, rng: np.random.Generator, draws: int, rows: int) -> np.ndarray:
        """Weighs all rows alike."""
        return np.ones((1, rows))

    def sentence(self) -> str:
        """Says whom the average is about."""
        return "The average is over these very rows (sample effect)."


SAMPLE = Sample()
"""The rows at hand."""


@dataclass(frozen=True)
class Superpopulation(Population):
    """The population that the rows are a simple random sample of, by a Bayesian bootstrap.

    The distribution of the rows' covariates gets a Dirichlet process posterior without a prior
    guess: each draw weighs the rows by Dirichlet(1, ..., 1) weights.

    Source:
        Rubin (1981), The Bayesian bootstrap, Annals of Statistics 9.

    Example:
        >>> Superpopulation().weigh(np.random.default_rng(1), draws=5, rows=3).shape
        (5, 3)
    """

    @override
    def weigh(self, rng: np.random.Generator, draws: int, rows: int) -> np.ndarray:
        """Weighs rows at random: exponential weights divided by their sum are Dirichlet(1)."""
        return rng.standard_exponential((draws, rows))

    def sentence(self) -> str:
        """Says whom the average is about."""
        return (
            "The average is over the population that the rows were drawn from, by a Bayesian "
            "bootstrap of the rows (population effect)."
        )


def checked(treated: np.ndarray) -> np.ndarray:
    """Refuses what is not one boolean per row, because casting would make NaN a treated row."""
    treated = np.asarray(treated)
    if treated.dtype != np.bool_ or treated.ndim != 1:
        raise BayesinfError(
            f"Who was treated is given as {treated.dtype} values of shape {treated.shape}, "
            "not as one True or False per row.",
            code="treatment-not-boolean",
            hint="Compare the column with its treated level first: frame['t'] == 1.",
        )
    return treated


def shares(counts: np.ndarray, noun: str) -> np.ndarray:
    """Divides how much rows count by the sum."""
    total = float(counts.sum())
    if not total > 0:
        raise BayesinfError(
            f"There are no {noun} to average the effect over.",
            code="nobody-to-average-over",
            hint="Check how the treatment is coded, and what was dropped for missing values.",
        )
    return counts / total
