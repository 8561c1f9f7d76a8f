"""A Bayesian causal forest of trees: a prognostic sum of trees, and one for the effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, override

import numpy as np

import bayesinf as bi
from causal.answer import Answer, Computation
from causal.comparison import Comparison
from causal.estimator import Estimator
from causal.row_effects import CHAINS, refuse_rows
from causal.trees import WARM_UP, TreeData, answer_by_trees, installed


@bi.checked_class
@dataclass(frozen=True)
class BCF(Estimator):
    """Fits mu(x, chance of treatment) + tau(x) z, both sums of trees, tau shrunk more.

    Attributes:
        prognostic: How many trees mu has.
        effect: How many trees tau has.

    Source:
        Hahn, Murray and Carvalho (2020), Bayesian regression tree models for causal inference,
        Bayesian Analysis 15.
    """

    prognostic: int = 250
    effect: int = 100

    name: ClassVar[str] = "bcf"

    @classmethod
    @override
    def available(cls) -> bool:
        """Whether bartz is installed."""
        return installed()

    @override
    def refuses(self, comparison: Comparison) -> str | None:
        """Refuses outcomes that are not continuous, group terms, and what is no average."""
        return refuse_rows(comparison, "BCF")

    @override
    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Samples the trees and averages the rows' effects."""
        return answer_by_trees(comparison, computation, self.sample, "BCF")

    def sample(self, data: TreeData) -> tuple[np.ndarray, np.ndarray]:
        """Draws both expected outcomes of each row."""
        from bartz.bcf import bcf  # pyright: ignore[reportMissingImports]

        covariates, chances = data.covariates.astype(np.float32), data.chances.astype(np.float32)
        found = bcf(
            covariates,
            data.outcome.astype(np.float32),
            data.treated,
            pihat_train=chances,
            x_test=covariates,
            pihat_test=chances,
            num_trees_mu=self.prognostic,
            num_trees_tau=self.effect,
            ndpost=data.draws,
            nskip=WARM_UP,
            num_chains=CHAINS,
            seed=data.seed,
        )
        without = np.asarray(found.mu_test, np.float64)
        return without, without + np.asarray(found.tau_test, np.float64)
