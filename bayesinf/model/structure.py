"""What is special about a model: facts, each with the sentence that says why.

Engines read these facts to decide whether they apply; nothing here computes a posterior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayesinf.model.model import Model
from bayesinf.numerics.linear import Gaussian
from bayesinf.priors.location import Flat, Normal


@dataclass(frozen=True)
class Fact:
    """Whether something holds for a model, and why.

    Attributes:
        holds: Whether it does.
        reason: The sentence that says so.
    """

    holds: bool
    reason: str

    @property
    def reason_against(self) -> str | None:
        """The reason when the fact does not hold, else None."""
        return None if self.holds else self.reason


@dataclass(frozen=True)
class CoefficientFact(Fact):
    """Whether all population coefficients have Gaussian or flat priors.

    Attributes:
        mean: Their prior means.
        precision: Their prior precisions; 0 for a flat prior.
    """

    mean: tuple[float, ...] = ()
    precision: tuple[float, ...] = ()

    def prior(self, level: float) -> Gaussian:
        """The coefficients' prior for outcomes from which `level` was subtracted.

        Only an intercept can take a level up, so `level` is 0 where there is none.
        """
        mean = np.array(self.mean, dtype=float)
        if len(mean) and level:
            mean[0] -= level
        precision = np.array(self.precision, dtype=float)
        return Gaussian(np.where(precision > 0, mean, 0.0), precision)


def is_gaussian(model: Model) -> Fact:
    """Whether outcomes are Gaussian around a linear predictor."""
    if model.family.name != "gaussian":
        return Fact(False, f"the {model.family.name} family has no Gaussian likelihood")
    if model.family.link.name != "identity":
        return Fact(False, f"the {model.family.link.name} link makes the mean nonlinear")
    return Fact(True, "the outcome is Gaussian around a linear predictor")


def gaussian_coefficients(model: Model) -> CoefficientFact:
    """Whether the population coefficients can be integrated out in closed form."""
    means, precisions = [], []
    for name in model.design.names:
        prior = model.priors[name]
        if isinstance(prior, Normal):
            means.append(float(prior.mean))
            precisions.append(float(prior.sd) ** -2)
        elif isinstance(prior, Flat):
            means.append(0.0)
            precisions.append(0.0)
        else:
            reason = f"the prior of '{name}' is {prior.describe()}, neither Normal nor flat"
            return CoefficientFact(False, reason)
    return CoefficientFact(
        True, "all coefficients have Normal or flat priors", tuple(means), tuple(precisions)
    )


def grouping(model: Model) -> Fact:
    """Whether the group effects form a single group term."""
    groups = model.design.rows.groups
    if len(groups) == 0:
        return Fact(False, "the model has no group effects")
    if len(groups) > 1:
        labels = " and ".join(f"'{group.label}'" for group in groups)
        return Fact(False, f"the model has {len(groups)} group terms, {labels}")
    group = groups[0]
    return Fact(
        True,
        f"one group term: {len(group.levels)} levels of '{group.factor}', "
        f"{len(group.names)} effect{'s' * (len(group.names) > 1)} each",
    )
