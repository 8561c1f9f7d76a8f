"""A model: a design, a family and priors. Nothing is fitted here, and nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bayesinf.design import Design, build_design, redesign
from bayesinf.errors import ModelError
from bayesinf.family import Family, Parameter
from bayesinf.formula.formula import Formula
from bayesinf.model.equations import equations, equations_html
from bayesinf.model.improper import refuse_improper
from bayesinf.model.layout import GroupShape, Layout
from bayesinf.model.slots import Priors, choose_priors
from bayesinf.model.support import (
    check_response_form,
    check_support,
    place_in_response,
    refuse_two_levels,
)
from bayesinf.prior import Prior
from bayesinf.priors.correlation import LKJ


@dataclass(frozen=True, eq=False)
class Model:
    """One joint density of data and unknowns, printed as mathematics.

    Attributes:
        design: The training rows as numbers, and the recipe that made them.
        family: The outcome's family.
        priors: The prior of every slot, with its source.
    """

    design: Design
    family: Family
    priors: Priors

    @property
    def formula(self) -> Formula:
        """The formula as it was asked."""
        return self.design.recipe.formula

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The family's parameters that are to be learned."""
        return self.family.active_parameters(self.design.rows.known)

    @cached_property
    def layout(self) -> Layout:
        """Where each unknown sits in one flat vector."""
        groups = tuple(
            GroupShape(len(group.levels), len(group.names), group.correlated)
            for group in self.design.rows.groups
        )
        return Layout(
            len(self.design.names),
            tuple(parameter.name for parameter in self.parameters),
            tuple(parameter.lower for parameter in self.parameters),
            groups,
        )

    @cached_property
    def scalar_priors(self) -> tuple[Prior, ...]:
        """The priors of coefficients, family parameters and group sds, in the layout's order."""
        names = [*self.design.names, *(parameter.name for parameter in self.parameters)]
        names += [
            f"sd:{group.factor}:{name}" for group in self.design.rows.groups for name in group.names
        ]
        return tuple(self.priors[name] for name in names)

    @cached_property
    def correlation_priors(self) -> tuple[LKJ, ...]:
        """The LKJ prior of each group term; uniform where it has no correlations."""
        found = []
        for group in self.design.rows.groups:
            prior = self.priors[f"cor:{group.label}"] if group.has_correlations else LKJ(1.0)
            assert isinstance(prior, LKJ)
            found.append(prior)
        return tuple(found)

    def on(self, frame: object, missing: str = "drop") -> Model:
        """The same model of other rows: the same priors, levels, knots and centre.

        Args:
            frame: Rows with the outcome.
            missing: `"drop"` or `"error"`.

        Returns:
            A model whose posterior can be compared with this one's, because the prior is the same.
        """
        design = redesign(self.design.recipe, self.design.centre, frame, missing)
        check_support(self.family, design)
        return Model(design, self.family, self.priors)

    def __repr__(self) -> str:
        return equations(self)

    def _repr_html_(self) -> str:
        return equations_html(self)


def build_model(
    formula: Formula,
    frame: object,
    family: Family,
    priors: Mapping[str, Prior] | None = None,
    missing: str = "drop",
) -> Model:
    """Puts a formula, a frame, a family and priors together, and checks that they fit.

    Args:
        formula: What is asked.
        frame: The training rows.
        family: The outcome's family.
        priors: Priors by slot name; slots not named keep their defaults.
        missing: `"drop"` or `"error"`.

    Returns:
        The model; nothing is fitted yet.

    Raises:
        DataError: Where the outcome lies outside the family's support, rows named.
        ModelError: Where formula, family and priors contradict each other.
    """
    check_response_form(formula, family)
    design = build_design(formula, frame, missing)
    refuse_two_levels(family, design)
    check_support(family, design)
    if not design.names and not design.rows.groups:
        raise ModelError(
            f"The formula '{formula.text}' leaves nothing to learn: it has 0 coefficients."
            f"\n{place_in_response(formula, '~')}",
            code="empty-model",
            hint="Write '~ 1' for an intercept.",
        )
    model = Model(design, family, choose_priors(design, family, priors))
    refuse_improper(family, design, model.priors)
    return model
