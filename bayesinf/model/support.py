"""Whether an outcome is of the kind that a family describes, and what to do where it is not."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from bayesinf.design import Design
from bayesinf.errors import DataError, ModelError, all_or_some, name_rows
from bayesinf.family import Family
from bayesinf.formula.formula import Formula
from bayesinf.formula.guard import single_name
from bayesinf.formula.tokens import Place, tidy


def check_response_form(formula: Formula, family: Family) -> None:
    """Refuses a left-hand side without what a family needs, or with what it has no use for."""
    response = formula.response
    name = response.expression
    if family.needs_trials and response.trials is None:
        raise ModelError(
            f"The {family.name} family needs the number of trials of each row, which the outcome "
            f"'{name}' comes without.\n{place_in_response(formula, '~')}",
            code="needs-trials",
            hint=f"Write '{name} | trials(n) ~ ...' where '{name}' counts successes and n the "
            f"trials; use family='bernoulli' where '{name}' is 0 or 1. Make a share of n a count "
            f"first: (frame['{name}'] * frame['n']).round().",
        )
    if response.trials is not None and not family.needs_trials:
        raise ModelError(
            f"'trials({response.trials})' belongs to the binomial family; this model's family is "
            f"{family.name}.\n{place_in_response(formula, 'trials')}",
            code="unused-trials",
            hint='Use family="binomial".',
        )
    if response.standard_error is not None and not family.takes_standard_error:
        raise ModelError(
            f"'se({response.standard_error})' belongs to the gaussian and the student_t family; "
            f"this model's family is {family.name}.\n{place_in_response(formula, 'se')}",
            code="unused-standard-error",
            hint="Leave it out, or use one of these families.",
        )


def place_in_response(formula: Formula, word: str) -> str:
    """The formula as it was typed, with a caret under a word of the left-hand side."""
    text = tidy(formula.text)
    first = text.index("|") if word != "~" else 0
    return Place(text, max(text.find(word, first), 0)).shown()


def refuse_two_levels(family: Family, design: Design) -> None:
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
    low, high = ("False", "True") if levels is None else levels
    row = table.as_read([0])[0]
    count = int(design.response.sum())
    column = f"frame['{name}']"
    hint = f"Use family='bernoulli', which learns the probability of '{high}'"
    if levels is None:
        hint += f", or write I(1 * {outcome}) for the numbers 0 and 1."
    else:
        hint += (
            f"; for that of '{low}', let it come last: {column} = pandas.Categorical({column}, "
            f"['{high}', '{low}'])."
        )
    raise DataError(
        f"The outcome '{name}' is {'True or False' if levels is None else 'text'}, '{high}' in "
        f"{count} of {table.n} rows and '{low}' in the others (row {row} has '{values[0]}'); the "
        f"{family.name} family describes {family.support_sentence}.",
        code="two-levels",
        column=name,
        hint=hint,
    )


def check_support(family: Family, design: Design) -> None:
    """Refuses outcomes that the family cannot produce, and names the rows.

    Raises:
        DataError: With the rows whose outcome is impossible.
    """
    response, known = design.response, design.rows.known
    written = design.recipe.formula.response
    outside = np.flatnonzero(family.outside_support(response, known))
    if known.trials is not None and (response > known.trials).any():
        rows = np.flatnonzero(response > known.trials)
        first = rows[0]
        _refuse(
            design,
            rows,
            f"The successes '{written.expression}' exceed the trials '{written.trials}'",
            f"{response[first]:g} of {known.trials[first]:g}",
            "successes-exceed-trials",
            f"Correct the counts. {_counts_of_percent(written.expression, response)}".rstrip(),
        )
    if "sigma" in {p.name for p in family.active_parameters(known)} and _is_constant(design):
        raise DataError(
            f"The outcome '{written.expression}' is {response[0]:g} in all {len(response)} rows: "
            "there is no spread to explain.",
            code="constant-outcome",
            column=written.expression,
            hint="Check the column, and the filter that the rows come from.",
        )
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
    levels = np.unique(response[:1000])
    if family.two_levels and len(levels) == 2:
        return f"Recode it: I({outcome} == {levels[1]:g}) is 1 for {levels[1]:g}, and else 0."
    shares = ((response >= 0) & (response <= 1)).all()
    if (family.two_levels or family.needs_trials) and shares:
        return (
            "Make shares counts: of n trials each, frame['k'] = "
            f"(frame['{outcome}'] * frame['n']).round(), and 'k | trials(n)' with "
            "family='binomial'. Shares that are no counts are measurements: family='gaussian'."
        )
    if family.two_levels or family.needs_trials:
        percent = _counts_of_percent(outcome, response)
        return f"Correct the column, or choose another family. {percent}".rstrip()
    if family.discrete and (response >= 0).all():
        return (
            "Correct the column. If it is a rate, so much per something, take the count itself as "
            "the outcome and + offset(log(per)); else use family='gaussian'."
        )
    return "Correct the column, or choose another family."


def _counts_of_percent(outcome: str, response: np.ndarray) -> str:
    """How percentages become counts; empty where most are whole, and so counts."""
    whole = np.mean(response == np.floor(response))
    if response.min() < 0 or response.max() > 100 or whole > 0.5:
        return ""
    return (
        "If they are percentages of n trials each, make them counts: frame['k'] = "
        f"(frame['{outcome}'] / 100 * frame['n']).round(), and 'k | trials(n)'."
    )


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
        f"{what} in {all_or_some(len(rows), len(design.response))} ({name_rows(places)}; {first}).",
        code=code,
        column=design.recipe.formula.response.expression,
        rows=places,
        hint=hint,
    )
