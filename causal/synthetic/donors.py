"""What would have been without treatment, from units that were never treated."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from causal.synthetic.simplex import Exact, Solver

TINY = 1e-6
"""Ridge, in units of the noise, that only decides between weights that fit equally well."""


@dataclass(frozen=True, eq=False)
class Block:
    """Outcomes of one treated row and its donors, before and after one date.

    Attributes:
        donors: (donor, time) outcomes.
        treated: (time,) outcomes of the treated unit, or their average where there are several.
        before: How many of the times come before the treatment.
        count: How many units the treated row is the average of.
    """

    donors: np.ndarray
    treated: np.ndarray
    before: int
    count: int = 1

    @property
    def noise(self) -> float:
        """The standard deviation of the donors' changes from one time to the next, before."""
        return float(np.std(np.diff(self.donors[:, : self.before], axis=1), ddof=1))

    def placebo(self, rows: np.ndarray) -> Block:
        """The block in which the given donors pretend to be treated, and the others are donors.

        Args:
            rows: Positions of the pretenders.
        """
        others = np.delete(self.donors, rows, axis=0)
        return Block(others, self.donors[rows].mean(axis=0), self.before, len(rows))

    def earlier(self, before: int) -> Block:
        """The block of the times before treatment, as if it had begun after `before` of them."""
        end = self.before
        return replace(self, donors=self.donors[:, :end], treated=self.treated[:end], before=before)

    def without(self, row: int) -> Block:
        """The block without one donor."""
        return replace(self, donors=np.delete(self.donors, row, axis=0))


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """What a method makes of a block.

    Attributes:
        block: The block.
        units: (donor,) weights of the donors.
        times: (before,) weights of the times before treatment, by which level differences are
            taken out; all zero where levels are to be met.
        level: The difference of levels that was added to the weighted donors.
    """

    block: Block
    units: np.ndarray
    times: np.ndarray
    level: float

    @property
    def path(self) -> np.ndarray:
        """(time,) outcomes without treatment."""
        return self.units @ self.block.donors + self.level

    @property
    def gaps(self) -> np.ndarray:
        """(time,) outcomes less what they would have been."""
        return self.block.treated - self.path

    @property
    def effect(self) -> float:
        """The average gap after the treatment began."""
        return float(self.gaps[self.block.before :].mean())

    @property
    def misfit(self) -> float:
        """Root mean square of the gaps before treatment, about the weights' own level."""
        before = self.gaps[: self.block.before]
        return float(np.sqrt(np.mean((before - (before.mean() if self.times.any() else 0)) ** 2)))


class Method(ABC):
    """A way to weigh donors and times.

    Attributes:
        title: Its name in a sentence.
    """

    title: ClassVar[str]

    @abstractmethod
    def fit(self, block: Block) -> Counterfactual:
        """Finds the weights.

        Args:
            block: Outcomes of the treated row and the donors, none missing.
        """

    @abstractmethod
    def columns(self, block: Block) -> tuple[np.ndarray, np.ndarray, float]:
        """What the unit weights are chosen by: (time, donor) columns, the target, the ridge."""


@dataclass(frozen=True)
class Simplex(Method):
    """The synthetic control: weighted donors that meet the treated unit's outcomes before.

    Weights are chosen by the outcomes before treatment alone, without other predictors.

    Attributes:
        solver: How the weights are found.

    Source:
        Abadie, Diamond and Hainmueller (2010), Synthetic control methods for comparative case
        studies, Journal of the American Statistical Association 105.
    """

    solver: Solver = field(default=Exact())
    title: ClassVar[str] = "synthetic control"

    def fit(self, block: Block) -> Counterfactual:
        """Finds the donors' weights; levels have to be met, so nothing is added to them."""
        units = self.solver.solve(*self.columns(block), block.noise)
        return Counterfactual(block, units, np.zeros(block.before), 0.0)

    def columns(self, block: Block) -> tuple[np.ndarray, np.ndarray, float]:
        """Outcomes before treatment as they are."""
        end = block.before
        return block.donors[:, :end].T, block.treated[:end], TINY * block.noise


@dataclass(frozen=True)
class SyntheticDiD(Method):
    """Synthetic difference in differences: weighted donors and weighted times, up to a level.

    Attributes:
        solver: How the weights are found.

    Source:
        Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), Synthetic
        difference-in-differences, American Economic Review 111, algorithm 1 and equations 4 to 6:
        the units' ridge is (treated units x times after)**(1/4) times the noise, the times' is
        1e-6 of it.
    """

    solver: Solver = field(default=Exact())
    title: ClassVar[str] = "synthetic difference in differences"

    def fit(self, block: Block) -> Counterfactual:
        """Finds the weights of donors and of times before treatment."""
        end = block.before
        units = self.solver.solve(*self.columns(block), block.noise)
        before, after = block.donors[:, :end], block.donors[:, end:].mean(axis=1)
        times = self.solver.solve(
            before - before.mean(axis=0), after - after.mean(), TINY * block.noise, block.noise
        )
        level = float(times @ (block.treated[:end] - units @ before))
        return Counterfactual(block, units, times, level)

    def columns(self, block: Block) -> tuple[np.ndarray, np.ndarray, float]:
        """Outcomes before treatment less each unit's own average."""
        end = block.before
        columns, target = block.donors[:, :end].T, block.treated[:end]
        after = block.treated.size - end
        ridge = (block.count * after) ** 0.25 * block.noise
        return columns - columns.mean(axis=0), target - target.mean(), ridge


@dataclass(frozen=True)
class DiD(Method):
    """Difference in differences: all donors and all times before treatment count alike."""

    title: ClassVar[str] = "difference in differences"

    def fit(self, block: Block) -> Counterfactual:
        """Takes the averages."""
        count, end = len(block.donors), block.before
        units, times = np.full(count, 1 / count), np.full(end, 1 / end)
        level = float(times @ (block.treated[:end] - units @ block.donors[:, :end]))
        return Counterfactual(block, units, times, level)

    def columns(self, block: Block) -> tuple[np.ndarray, np.ndarray, float]:
        """As for synthetic difference in differences, with weights that nothing can move."""
        columns, target, _ = SyntheticDiD().columns(block)
        return columns, target, float("inf")


ALL: tuple[type[Method], ...] = (SyntheticDiD, Simplex, DiD)
"""The catalogue of methods."""
