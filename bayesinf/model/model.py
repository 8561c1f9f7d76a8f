"""A model: a design, a family and priors. Nothing is fitted here, and nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

import numpy as np

from bayesinf.design import Design, build_design, redesign
from bayesinf.errors import DataError, ModelError, name_rows
from bayesinf.family import Family, Parameter
from bayesinf.formula.formula import Formula
from bayesinf.model.equations import equations, equations_html
from bayesinf.model.layout import GroupShape, Layout
from bayesinf.model.slots import Priors, choose_priors
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
    _check_response_form(formula, family)
    design = build_design(formula, frame, missing)
    check_support(family, design)
    if not design.names and not design.rows.groups:
        raise ModelError(
            f"The formula '{formula}' leaves nothing to learn about the outcome's mean.",
            code="empty-model",
            hint="Write '~ 1' for an intercept.",
        )
    return Model(design, family, choose_priors(design, family, priors))


def _check_response_form(formula: Formula, family: Family) -> None:
    response = formula.response
    if family.needs_trials and response.trials is None:
        raise ModelError(
            f"The {family.name} family needs the number of trials of each row.",
            code="needs-trials",
            hint=f"Write '{response.expression} | trials(n) ~ ...'.",
        )
    if response.trials is not None and not family.needs_trials:
        raise ModelError(
            f"trials(...) belongs to the binomial family; this model's family is {family.name}.",
            code="unused-trials",
            hint='Use family="binomial".',
        )
    if response.standard_error is not None and not family.takes_standard_error:
        raise ModelError(
            f"se(...) belongs to the gaussian and student_t families, not to {family.name}.",
            code="unused-standard-error",
        )


def check_support(family: Family, design: Design) -> None:
    """Refuses outcomes that the family cannot produce, and names the rows.

    Raises:
        DataError: With the rows whose outcome is impossible.
    """
    response, known = design.response, design.rows.known
    written = design.recipe.formula.response
    if known.trials is not None and (response > known.trials).any():
        rows = np.flatnonzero(response > known.trials)
        first = rows[0]
        _refuse(
            design,
            rows,
            f"The successes '{written.expression}' exceed the trials '{written.trials}'",
            f"{response[first]:g} of {known.trials[first]:g}",
            "successes-exceed-trials",
            "Correct the counts.",
        )
    if "sigma" in {p.name for p in family.active_parameters(known)} and _is_constant(design):
        raise DataError(
            f"The outcome '{written.expression}' is {response[0]:g} in all {len(response)} rows: "
            "there is no spread to explain.",
            code="constant-outcome",
            column=written.expression,
            hint="Check the column.",
        )
    outside = np.flatnonzero(family.outside_support(response, known))
    if len(outside):
        _refuse(
            design,
            outside,
            f"The {family.name} family describes {family.support_sentence}; the outcome "
            f"'{written.expression}' is something else",
            f"the first is {response[outside[0]]:g}",
            "outside-support",
            "Correct the column, or choose another family.",
        )


def _is_constant(design: Design) -> bool:
    outcome = design.response - design.rows.offset
    return len(outcome) > 1 and bool(np.all(outcome == outcome[0]))


def _refuse(
    design: Design, rows: np.ndarray, what: str, first: str, code: str, hint: str
) -> NoReturn:
    places = rows.tolist() if design.table is None else design.table.as_read(rows)
    raise DataError(
        f"{what} in {len(rows)} of {len(design.response)} rows ({name_rows(places)}; {first}).",
        code=code,
        column=design.recipe.formula.response.expression,
        rows=places,
        hint=hint,
    )
