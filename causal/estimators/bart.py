"""BART with the propensity score: one sum of trees in covariates, chance and treatment."""

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
class BART(Estimator):
    """Fits a sum of trees to the outcome, and predicts each row with the treatment and without.

    The estimated chance of treatment is one of the covariates, without which shrinkage biases the
    effect of confounded treatments (ps-BART).

    Attributes:
        trees: How many.

    Source:
        Hill (2011), Bayesian nonparametric modeling for causal inference, JCGS 20; Hahn, Murray and
        Carvalho (2020), Bayesian Analysis 15, section 5, for the chance of treatment.
    """

    trees: int = 200

    name: ClassVar[str] = "bart"

    @classmethod
    @override
    def available(cls) -> bool:
        """Whether bartz is installed."""
        return installed()

    @override
    def refuses(self, comparison: Comparison) -> str | None:
        """Refuses outcomes that are not continuous, group terms, and what is no average."""
        return refuse_rows(comparison, "BART")

    @override
    def answer(self, comparison: Comparison, computation: Computation) -> Answer:
        """Samples the trees and averages the rows' effects."""
        return answer_by_trees(comparison, computation, self.sample, "BART")

    def sample(self, data: TreeData) -> tuple[np.ndarray, np.ndarray]:
        """Draws both expected outcomes of each row."""
        from bartz.BART import mc_gbart  # pyright: ignore[reportMissingImports]

        common = np.column_stack([data.covariates, data.chances])
        with_treatment = np.column_stack([common, data.treated])
        both = np.tile(common, (2, 1))
        asked = np.column_stack([both, np.repeat([0.0, 1.0], len(common))])
        found = mc_gbart(
            with_treatment.astype(np.float32),
            data.outcome.astype(np.float32),
            x_test=asked.astype(np.float32),
            ntree=self.trees,
            ndpost=data.draws * CHAINS,
            nskip=WARM_UP,
            mc_cores=CHAINS,
            # All chains on one device; asked for more than there are, bartz warns.
            bart_kwargs={"num_chain_devices": None},
            printevery=None,
            seed=data.seed,
        )
        drawn = np.asarray(found.yhat_test, np.float64)
        return drawn[:, : len(common)], drawn[:, len(common) :]
