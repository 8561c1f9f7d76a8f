"""Who had what: the two levels of a treatment, and the rows that are compared by them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

import bayesinf as bi
from causal.estimand import Estimand
from causal.formula import distinct, refuse_disguised

CONTROL_NAMES = re.compile(
    r"\b(controls?|ctrl|kontrolle|placebo|vehicle|sham|untreated|unexposed|unvaccinated|none|usual "
    r"care|standard care|standard of care)\b|^(no|not)\b|^\s*[-\u2212]\s*$",
    re.IGNORECASE,
)
"""Words in text levels that mean "without the treatment", wherever in the alphabet they stand."""

SIGNS = ("", "?", "-", "--", ".", "na", "n/a", "#n/a", "<na>", "n.a.", "nan", "nat", "null")
WORDS = ("unknown", "missing", "not available", "not known", "not recorded", "no data")
MISSING_NAMES = frozenset((*SIGNS, *WORDS, "don't know"))
"""Text levels, in small letters, that say that nobody knows the treatment."""

OPPOSED = ("-", "--")
"""Signs that are levels beside a plus."""

ARMS = 12
"""Levels beyond which they are amounts, of which a code is told but not refused."""

FAR = 3.0
"""Ranges, and sizes, of the other levels between these and a positive code."""


@dataclass(frozen=True)
class Treatment:
    """A column with two levels, and which of them means treated.

    Attributes:
        column: The column's name.
        control: The level without the treatment.
        treated: The level with it.
    """

    column: str
    control: object
    treated: object

    def received(self, table: bi.Table) -> np.ndarray:
        """Marks the rows that had the treatment.

        Args:
            table: Rows without missing treatments.

        Returns:
            (n,) booleans.
        """
        return np.asarray(table.columns[self.column] == self.treated, dtype=bool)

    def sentence(self) -> str:
        """Says which level is called 1 and which 0; empty where the column says so itself."""
        if (self.control, self.treated) == (0, 1) and not isinstance(self.treated, bool):
            return ""
        return (
            f"Here {self.column} = 1 stands for {self.treated!r}, "
            f"and {self.column} = 0 for {self.control!r}."
        )

    def comparison(self) -> str:
        """Names the levels that are compared; empty for 1 and 0, True and False."""
        if (self.control, self.treated) == (0, 1):
            return ""
        return f" ({self.treated!r} against {self.control!r})"


def read_treatment(table: bi.Table, column: str, control: object = None) -> Treatment:
    """Finds the two levels of a treatment, and which is the control.

    Numbers and booleans: the smaller one is the control. Text: the only level with a word such as
    "control", "placebo", "sham" or "none" or that begins with "no", else the first one of the
    alphabet, or of the declared order.

    Args:
        table: Rows that hold the column; rows that miss it are passed over.
        column: The treatment's name.
        control: The level without the treatment; None goes by the convention above.

    Raises:
        DataError: The column is constant, empty, has more than two levels, or lacks the control;
            `missing-as-arm`: a level stands for a missing value.

    Example:
        >>> read_treatment(bi.Table.read({"arm": ["drug", "control"]}), "arm")
        Treatment(column='arm', control='control', treated='drug')
    """
    levels = levels_of(table, column)
    refuse_infinite(table, column)
    refuse_codes(table, column, levels, control)
    if len(levels) < 2:
        always = f"always {levels[0]!r}" if levels else "missing"
        raise bi.DataError(
            f"The treatment '{column}' is {always} in all {table.n} rows used, so there is "
            "nobody to compare with.",
            code="constant-treatment",
            column=column,
            hint="Check how it is coded, and which rows were dropped for missing values.",
        )
    if len(levels) > 2:
        refuse_disguised(table, [column])
        shown = ", ".join(repr(level) for level in levels[:5])
        more = f" and {len(levels) - 5} more" if len(levels) > 5 else ""
        rows = first_beyond(table, column, levels[:2])
        found = bi.judge_spelling(column, levels, table) if has_text(levels) else ()
        alike = "".join(f"{one.remedy} " for one in found)
        raise bi.DataError(
            f"The treatment '{column}' has {len(levels)} levels ({shown}{more}); an effect "
            f"compares two. The first beyond {levels[0]!r} and {levels[1]!r} stands in "
            f"{bi.name_rows(rows)}.",
            code="treatment-levels",
            column=column,
            rows=rows,
            hint=f"{alike}Keep the rows of two levels, or make a column that is 1 for those "
            "treated and 0 for the others.",
        )
    first, second = levels
    if control is not None and control not in levels:
        raise bi.DataError(
            f"The treatment '{column}' has no level {control!r} to be the control; it has 2 "
            f"levels: {first!r} and {second!r}.",
            code="unknown-control",
            column=column,
            hint=f"Write control={first!r} or control={second!r}.",
        )
    swapped = is_control(second) and not is_control(first) if control is None else control == second
    return Treatment(column, second, first) if swapped else Treatment(column, first, second)


def refuse_infinite(
    table: bi.Table, column: str, values: np.ndarray | None = None, whole: str = "rows"
) -> None:
    """Refuses infinite values, which are no level that anybody had, and no amount.

    Args:
        table: The rows.
        column: Its name.
        values: What was made of the column, where that is looked at.
        whole: What can be left out.

    Raises:
        DataError: Otherwise.
    """
    values = table.columns[column] if values is None else values
    rows = np.flatnonzero(np.isinf(values)) if values.dtype.kind == "f" else np.empty(0, dtype=int)
    if rows.size:
        places = table.as_read(rows)
        raise bi.DataError(
            f"'{column}' is infinite in {rows.size} of {table.n} rows ({bi.name_rows(places)}).",
            code="infinite-values",
            column=column,
            rows=places,
            hint=f"Drop these {whole}, or choose another scale: a logarithm of zero is infinite.",
        )


def refuse_codes(
    table: bi.Table, column: str, levels: Sequence[object], control: object = None
) -> None:
    """Refuses an arm that stands for a missing value, such as -9 beside 0 and 1, or "unknown".

    Who names the control of two levels has named both.

    Args:
        table: The rows.
        column: The treatment's name.
        levels: Its levels (`levels_of`).
        control: The level without the treatment; None where nobody said.

    Raises:
        DataError: `missing-as-arm`; `unknown-control`: the control is no single value.

    Example:
        >>> refuse_codes(bi.Table.read({"t": [0, 1, 1]}), "t", [0, 1])
    """
    if not isinstance(control, Hashable):
        raise bi.DataError(
            f"The control of '{column}' is one of its {len(levels)} levels, not a value of type "
            f"{type(control).__name__}.",
            code="unknown-control",
            column=column,
            hint=f"Write control={levels[0]!r}, for example." if levels else "Check the column.",
        )
    if len(levels) > ARMS or (len(levels) == 2 and control is not None):
        return
    for code in codes_among(levels):
        rows = np.flatnonzero(table.columns[column] == code)
        if code == control or not rows.size:
            continue
        places = table.as_read(rows)
        way = f"if it is an arm, name the control: control={levels[0]!r}"
        if len(levels) > 2:
            way = "if it is an arm, give it another name in the column"
        raise bi.DataError(
            f"The treatment '{column}' is {code!r} in {rows.size} of {table.n} rows "
            f"({bi.name_rows(places)}): that looks like a sign for a missing value, and nobody "
            "said that it is an arm.",
            code="missing-as-arm",
            column=column,
            rows=places,
            hint=f"Leave these rows out: frame = frame[frame[{column!r}] != {code!r}]; {way}.",
        )


def codes_among(levels: Sequence[object]) -> list[object]:
    """Which levels stand for a missing value, beside others that do not.

    Example:
        >>> codes_among(["no", "yes", "unknown"]), codes_among([0, 1, -9]), codes_among([-1, 1])
        (['unknown'], [-9], [])
        >>> codes_among(["+", "-"]), codes_among(["drug", "-"])
        ([], ['-'])
    """
    texts = [level for level in levels if isinstance(level, str)]
    signs = {level.strip() for level in texts}
    known = OPPOSED if "+" in signs else ()
    unknown = [
        level
        for level in texts
        if level.strip().lower() in MISSING_NAMES and level.strip() not in known
    ]
    if texts:
        return [] if len(unknown) == len(levels) else list(unknown)
    codes = {level: float(str(level)) for level in levels if bi.is_missing_code(level)}
    if not codes or len(codes) == len(levels):
        return []
    others = np.array([level for level in levels if level not in codes], dtype=float)
    low, high = others.min(), others.max()
    reach = FAR * max(high - low, abs(low), abs(high), 1.0)
    return [
        level
        for level, code in codes.items()
        if code < 0 <= low or max(low - code, code - high) > reach
    ]


def first_beyond(table: bi.Table, column: str, levels: Sequence[object]) -> list[int]:
    """The first row whose value is none of these levels, as it stood in the frame."""
    values = table.columns[column].tolist()
    known = (*levels, None)
    row = next(k for k, value in enumerate(values) if value not in known and value == value)
    return table.as_read([row])


def is_control(level: object) -> bool:
    """Whether a level says of itself that it is without the treatment."""
    return isinstance(level, str) and CONTROL_NAMES.search(level) is not None


def has_text(labels: Sequence[object]) -> bool:
    """Whether any label is text, of 100,000 in a millisecond.

    Example:
        >>> has_text((2001, 2002)), has_text(("2001Q1", "2001Q2"))
        (False, True)
    """
    return any(issubclass(kind, str) for kind in set(map(type, labels)))


def levels_of(table: bi.Table, column: str) -> Sequence[object]:
    """The distinct values of a column, missing ones left out: in declared order, else sorted."""
    if column in table.levels:
        return table.levels[column]
    return distinct(table.columns[column])


def refuse_unknown_control(column: str, levels: Sequence[object], control: object) -> None:
    """Refuses a control that is none of the levels; None names none.

    Raises:
        DataError: `unknown-control`.
    """
    if control is None or control in levels:
        return
    raise bi.DataError(
        f"The treatment '{column}' has no level {control!r} to be the control; it has "
        f"{len(levels)} levels: {', '.join(repr(level) for level in levels[:20])}.",
        code="unknown-control",
        column=column,
        hint=f"Write control={levels[0]!r}, for example.",
    )


def order_levels(table: bi.Table, column: str, control: object = None) -> tuple[object, ...]:
    """The levels of a treatment, the control first and the others in their order.

    Args:
        table: The rows.
        column: The treatment's name.
        control: The level without the treatment; None goes by the convention of `read_treatment`.

    Raises:
        DataError: No level is the control that was named; `missing-as-arm`: a level stands for a
            missing value.

    Example:
        >>> order_levels(bi.Table.read({"arm": ["b", "placebo", "a"]}), "arm")
        ('placebo', 'a', 'b')
    """
    levels = levels_of(table, column)
    refuse_infinite(table, column)
    refuse_codes(table, column, levels, control)
    refuse_unknown_control(column, levels, control)
    says = [level for level in levels if is_control(level)]
    first = control if control is not None else says[0] if len(says) == 1 else levels[0]
    return (first, *(level for level in levels if level != first))


@dataclass(frozen=True, eq=False)
class Contrast:
    """Which rows are compared, under which two levels, and how much each row counts.

    Attributes:
        table: The rows that the model uses.
        treatment: The two levels.
        received: (n,) booleans, True for rows that had the treatment.
        weights: (n,) weights of the estimand: not negative, with sum one.
    """

    table: bi.Table
    treatment: Treatment
    received: np.ndarray
    weights: np.ndarray

    def counts(self) -> tuple[int, int]:
        """How many rows had the treatment, and how many did not."""
        treated = int(np.count_nonzero(self.received))
        return treated, len(self.received) - treated


def build_contrast(
    table: bi.Table, treatment: str, estimand: Estimand, control: object = None
) -> Contrast:
    """Sets the rows with a treatment against those without.

    Args:
        table: Rows without missing values.
        treatment: The treatment's column.
        estimand: Says which rows are averaged over.
        control: The level without the treatment; None goes by convention.

    Raises:
        DataError: The treatment does not have two levels in these rows, or lacks the control.

    Example:
        >>> from causal.estimand import ATT
        >>> build_contrast(bi.Table.read({"t": [0, 1, 1]}), "t", ATT()).weights
        array([0. , 0.5, 0.5])
    """
    found = read_treatment(table, treatment, control)
    received = found.received(table)
    return Contrast(table, found, received, estimand.weights(received))
