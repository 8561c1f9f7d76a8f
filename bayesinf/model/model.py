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
from bayesinf.formula.guard import single_name
from bayesinf.formula.tokens import Place, tidy
from bayesinf.model.equations import equations, equations_html
from bayesinf.model.improper import refuse_improper
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
    _refuse_two_levels(family, design)
    check_support(family, design)
    if not design.names and not design.rows.groups:
        raise ModelError(
            f"The formula '{formula.text}' leaves 0 coefficients to learn about the outcome's mean."
            f"\n{_place(formula, '~')}",
            code="empty-model",
            hint="Write '~ 1' for an intercept.",
        )
    model = Model(design, family, choose_priors(design, family, priors))
    refuse_improper(family, design, model.priors)
    return model


def _check_response_form(formula: Formula, family: Family) -> None:
    response = formula.response
    if family.needs_trials and response.trials is None:
        raise ModelError(
            f"The {family.name} family needs the number of trials of each row, which the outcome "
            f"'{response.expression}' comes without.\n{_place(formula, '~')}",
            code="needs-trials",
            hint=f"Write '{response.expression} | trials(n) ~ ...'.",
        )
    if response.trials is not None and not family.needs_trials:
        raise ModelError(
            f"'trials({response.trials})' belongs to 1 family, binomial; this model's family is "
            f"{family.name}.\n{_place(formula, 'trials')}",
            code="unused-trials",
            hint='Use family="binomial".',
        )
    if response.standard_error is not None and not family.takes_standard_error:
        raise ModelError(
            f"'se({response.standard_error})' belongs to 2 families, gaussian and student_t; this "
            f"model's family is {family.name}.\n{_place(formula, 'se')}",
            code="unused-standard-error",
            hint="Leave it out, or use one of these families.",
        )


def _place(formula: Formula, word: str) -> str:
    """The formula as it was typed, with a caret under a word of the left-hand side."""
    text = tidy(formula.text)
    first = text.index("|") if word != "~" else 0
    return Place(text, max(text.find(word, first), 0)).shown()


def _refuse_two_levels(family: Family, design: Design) -> None:
    """Refuses text, or True and False, as the outcome of a family of numbers.

    They could be read as 0 and 1, and hardly anybody who leaves the family out means that.
    """
    outcome, table = design.recipe.formula.response.expression, design.table
    name, levels = single_name(outcome), design.recipe.outcome_levels
    if family.two_levels or table is None or name is None:
        return
    values = table.columns[name]
    if levels is None and values.dtype != bool:
        return
    row, high = table.as_read([0])[0], "True" if levels is None else levels[1]
    count = int(design.response.sum())
    numbers = "" if levels else f", or write I(1 * {outcome}) for the numbers 0 and 1"
    raise DataError(
        f"The outcome '{name}' is {'True or False' if levels is None else 'text'}, '{high}' in "
        f"{count} of {table.n} rows, e.g. '{values[0]}' in row {row}; the {family.name} family "
        f"describes {family.support_sentence}.",
        code="two-levels",
        column=name,
        hint=f"Use family='bernoulli', which learns the probability of '{high}'{numbers}.",
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
            f"The outcome '{written.expression}' is {response[0]:g} in all {len(response)} rows, "
            f"from row {rows_as_read(design, np.arange(1))[0]} on: there is no spread to explain.",
            code="constant-outcome",
            column=written.expression,
            hint="Check the column, and the filter that the rows come from.",
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
            _remedy(family, written.expression, response),
        )


def _remedy(family: Family, outcome: str, response: np.ndarray) -> str:
    """What to do about outcomes that the family cannot produce."""
    if family.two_levels:
        levels = np.unique(response)
        if len(levels) == 2:
            return f"Recode it: I({outcome} == {levels[1]:g}) is 1 for {levels[1]:g}, and else 0."
        if ((response >= 0) & (response <= 1)).all():
            return f"Write shares as counts, '{outcome} | trials(n)', with family='binomial'."
    elif family.discrete and (response >= 0).all():
        return "Correct the column, or use a family of continuous numbers, family='gaussian'."
    return "Correct the column, or choose another family."


def rows_as_read(design: Design, rows: np.ndarray) -> list[int]:
    """Positions in the frame as it was given, of rows of the design."""
    return rows.tolist() if design.table is None else design.table.as_read(rows)


def _is_constant(design: Design) -> bool:
    outcome = design.response - design.rows.offset
    return len(outcome) > 1 and bool(np.all(outcome == outcome[0]))


def _refuse(
    design: Design, rows: np.ndarray, what: str, first: str, code: str, hint: str
) -> NoReturn:
    places = rows_as_read(design, rows)
    raise DataError(
        f"{what} in {len(rows)} of {len(design.response)} rows ({name_rows(places)}; {first}).",
        code=code,
        column=design.recipe.formula.response.expression,
        rows=places,
        hint=hint,
    )
