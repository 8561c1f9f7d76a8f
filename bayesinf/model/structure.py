"""What is special about a model: facts, each with the sentence that says why.

Engines read these facts to decide whether they apply, and `fit.explain()` prints them; nothing here
computes a posterior.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from bayesinf.family import Family
from bayesinf.links import Identity
from bayesinf.model.aggregation import duplicated_rows
from bayesinf.model.arrangement import (
    arrangement,
    effects_per_group,
    rows_per_group,
    shared_factors,
)
from bayesinf.model.fact import Fact, count_of, joined
from bayesinf.model.model import Model
from bayesinf.numerics.linear import Gaussian
from bayesinf.priors.location import Flat, Normal
from bayesinf.term import Effects


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


def spoken(family: Family) -> str:
    """A family's name as people write it."""
    return family.name.replace("_", " ")


def is_gaussian(model: Model) -> Fact:
    """Whether outcomes are Gaussian around a linear predictor."""
    if not model.family.normal:
        return Fact(False, f"the {spoken(model.family)} family has no Gaussian likelihood")
    if not isinstance(model.family.link, Identity):
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


@dataclass(frozen=True)
class Unknowns(Fact):
    """How many numbers are to be learned, and of which kind.

    Attributes:
        rows: Rows of data.
        coefficients: Population coefficients.
        hyperparameters: Parameters of the family, sds and correlations: what governs the rest.
        effects: Group effects.
    """

    rows: int = 0
    coefficients: int = 0
    hyperparameters: int = 0
    effects: int = 0


def unknowns(model: Model) -> Unknowns:
    """Whether there are more rows than unknowns, and how many there are of each kind."""
    layout = model.layout
    effects = sum(group.levels * group.effects for group in layout.groups)
    governing = layout.size - layout.coefficients - effects
    kinds = (
        (layout.coefficients, "coefficient"),
        (governing, "hyperparameter"),
        (effects, "group effect"),
    )
    parts = [count_of(number, noun) for number, noun in kinds if number]
    rows = len(model.design.response)
    verb = "inform" if rows != 1 else "informs"
    reason = f"{count_of(rows, 'row')} {verb} {count_of(layout.size, 'unknown')}: {joined(parts)}"
    return Unknowns(rows > layout.size, reason, rows, layout.coefficients, governing, effects)


def hyperparameters(model: Model) -> Fact:
    """Whether anything governs the likelihood and the group effects, and what it is."""
    groups = model.design.rows.groups
    single = [f"'{group.label}'" for group in groups if len(group.names) == 1]
    parts = [parameter.name for parameter in model.parameters]
    if single:
        parts.append(f"the standard deviation{'s' * (len(single) > 1)} of {joined(single)}")
    parts += [_spreads(group) for group in groups if len(group.names) > 1]
    if not parts:
        return Fact(False, "the model has no hyperparameters")
    if unknowns(model).hyperparameters == 1:
        return Fact(True, f"the only hyperparameter is {parts[0]}")
    return Fact(True, f"the hyperparameters are {joined(parts)}")


def _spreads(group: Effects) -> str:
    many = len(group.names)
    pairs = many * (many - 1) // 2
    related = "their correlation" if pairs == 1 else f"their {pairs} correlations"
    spreads = f"the {many} standard deviations of '{group.label}'"
    return f"{spreads} with {related}" if group.has_correlations else spreads


def outcome(model: Model) -> Fact:
    """Whether the likelihood is Gaussian, and what follows."""
    known = is_gaussian(model)
    if known.holds:
        return known
    family = model.family
    return Fact(
        False,
        f"the likelihood of the {spoken(family)} family with the {family.link.name} link is not "
        "Gaussian, so coefficients and effects do not integrate out in closed form",
    )


def log_concave(model: Model) -> Fact:
    """Whether the log posterior is concave in coefficients and effects, given the rest.

    It then has one mode at most in them, and Newton's method finds it from any start.
    """
    family = model.family
    if not family.log_concave:
        return Fact(
            False,
            f"the log likelihood of the {spoken(family)} family with the {family.link.name} link "
            "is not concave, so there may be several modes",
        )
    for name in model.design.names:
        if not model.priors[name].log_concave:
            return Fact(
                False,
                f"the prior of '{name}' is {model.priors[name].describe()}, whose log density is "
                "not concave, so there may be several modes",
            )
    groups, governed = model.design.rows.groups, model.layout.size > model.layout.coefficients
    given = "given the hyperparameters, " if governed else ""
    what = "coefficients and group effects" if groups else "coefficients"
    return Fact(True, f"{given}the log posterior is concave in the {what}: it has one mode at most")


@singledispatch
def facts(model: object) -> tuple[Fact, ...]:
    """What is known about a model's structure, for people to read; nothing for a black box."""
    del model
    return ()


@facts.register
def _(model: Model) -> tuple[Fact, ...]:
    found = arrangement(model)
    shared, repeated = shared_factors(model), duplicated_rows(model)
    grouped = (found, effects_per_group(found.factors), rows_per_group(found.factors))
    return (
        unknowns(model),
        hyperparameters(model),
        outcome(model),
        log_concave(model),
        *(grouped if found.factors else (found,)),
        *(fact for fact in (shared, repeated) if fact.holds),
    )


def sentences(model: object) -> tuple[str, ...]:
    """The facts about a model as sentences."""
    return tuple(fact.sentence for fact in facts(model))
