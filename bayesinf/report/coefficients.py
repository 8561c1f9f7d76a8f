"""One sentence for each coefficient: what differs, by how much, on a scale that people know."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bayesinf.data.schema import Column
from bayesinf.formula.guard import names_in
from bayesinf.links import Identity
from bayesinf.model.model import Model
from bayesinf.posterior.posterior import Posterior
from bayesinf.report.parts import code
from bayesinf.report.prose import account, difference_sentence, ratio_sentence

LEVEL = re.compile(r"^(?P<factor>.+)\[T\.(?P<level>.*)\]$")

type Units = Mapping[str, str]
"""The unit of a column, such as `{"Reaction": "ms"}`."""


@dataclass(frozen=True)
class Reading:
    """How one coefficient is read.

    Attributes:
        change: What differs between the rows compared, as the subject of a sentence.
        alone: Whether the coefficient alone is the difference; False where a column enters the
            model more than once, in an interaction or a curve.
    """

    change: str
    alone: bool


def coefficient_sentences(
    posterior: Posterior, units: Units | None = None, prob: float | None = None
) -> tuple[str, ...]:
    """Says every population coefficient that stands for a difference in a sentence.

    Differences where the link is the identity, ratios of expected outcomes under a log link, ratios
    of odds under a logit link, differences on the link's own scale otherwise. All speak of
    association. Coefficients of columns that enter the model more than once are named in one last
    sentence, because none of them is a difference by itself.

    Args:
        posterior: What is believed.
        units: Units of columns; those not named go without.
        prob: Probability of the credible interval; None takes `bi.options.interval`.
    """
    known = units or {}
    model = posterior.model
    told: list[str] = []
    entangled: list[str] = []
    for k, name in enumerate(model.design.names):
        read = reading(model, name, known)
        if not read.alone:
            entangled.append(name)
        elif name != "Intercept":
            draws = posterior.values.coefficients[..., k]
            told.append(_sentence(model, read.change, draws, known, prob))
    if entangled:
        told.append(
            f"The coefficients of {listed(entangled)} are no differences by themselves, because "
            "their columns enter the model more than once; average differences put them together."
        )
    return tuple(told)


def listed(names: list[str], shown: int = 12) -> str:
    """Names in backticks, joined by commas, the last few counted.

    Example:
        >>> listed(["a", "b", "c"])
        '`a`, `b` and `c`'
    """
    quoted = [code(name) for name in names[:shown]]
    if len(names) > shown:
        return f"{', '.join(quoted)} and {len(names) - shown} more"
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def spread_sentences(
    posterior: Posterior, units: Units | None = None, prob: float | None = None
) -> tuple[str, ...]:
    """Says how much the groups of each grouping factor differ, on the linear predictor's scale.

    Args:
        posterior: What is believed.
        units: Units of columns; those not named go without.
        prob: Probability of the credible interval; None takes `bi.options.interval`.
    """
    model, known = posterior.model, units or {}
    unit = known.get(model.formula.response.expression, "")
    identity = isinstance(model.family.link, Identity)
    told = []
    for group, sds in zip(model.design.rows.groups, posterior.values.sds, strict=True):
        for k, name in enumerate(group.names):
            level = name == "Intercept"
            spread = account(sds[..., k], unit if level and identity else "", prob)
            what = "the intercept" if level else f"the coefficient of {code(name)}"
            told.append(
                f"Across the {len(group.levels)} levels of {code(group.factor)}, {what} varies "
                f"with a standard deviation of {spread.size} (posterior mean; {spread.between})."
            )
    return tuple(told)


def reading(model: Model, name: str, units: Units | None = None) -> Reading:
    """Finds out how the coefficient of that name is read.

    Example:
        >>> import bayesinf as bi
        >>> reading(bi.model("Reaction ~ Days", bi.examples.sleepstudy()), "Days").change
        '`Days` higher by 1'
    """
    known = units or {}
    alone = _columns_of(name).isdisjoint(
        column
        for other in model.design.names
        if _base(other) != _base(name)
        for column in _columns_of(other)
    )
    columns = model.design.recipe.schema.columns
    if len(split_product(name)) > 1:
        return Reading(f"The interaction column {code(name)} higher by 1", False)
    factor = LEVEL.match(name)
    if factor is not None:
        return Reading(_level_change(factor["factor"], factor["level"], columns), alone)
    column = columns.get(name.strip("`"))
    if column is None:
        return Reading(f"The computed column {code(name)} higher by 1", alone)
    if column.kind == "boolean":
        return Reading(f"{code(name)} being true rather than false", alone)
    if _is_indicator(model, name):
        return Reading(f"{code(name)} = 1 rather than 0", alone)
    unit = known.get(name, "")
    return Reading(f"{code(name)} higher by 1{' ' if unit else ''}{unit}", alone)


def _sentence(
    model: Model, change: str, draws: np.ndarray, units: Units, prob: float | None
) -> str:
    outcome = outcome_words(model)
    unit = units.get(model.formula.response.expression, "")
    link = model.family.link.name
    if link == "log":
        return ratio_sentence(change, f"the expected {outcome}", np.exp(draws), prob)
    if link == "logit":
        return ratio_sentence(change, f"the odds of {outcome}", np.exp(draws), prob)
    scale = f"the expected {outcome}" if link == "identity" else f"{link}(mean of {outcome})"
    return difference_sentence(change, scale, draws, unit if link == "identity" else "", prob)


def outcome_words(model: Model) -> str:
    """Names the outcome: a column, or the event of a text outcome's second level."""
    response = model.formula.response.expression.strip("`")
    levels = model.design.recipe.outcome_levels
    if levels:
        return f"{code(response)} = {levels[1]}"
    return f"{code(response)} = 1" if model.family.two_levels else f"{code(response)}"


def _level_change(factor: str, level: str, columns: Mapping[str, Column]) -> str:
    plain = bare_factor(factor)
    column = columns.get(plain)
    if column is None or not column.levels:
        return f"{code(plain)} = {level} rather than its first level"
    return f"{code(plain)} = {level} rather than {column.levels[0]}"


def _is_indicator(model: Model, name: str) -> bool:
    """Whether a number column holds nothing but 0 and 1 in the rows used."""
    values = model.design.rows.population[:, model.design.names.index(name)]
    return len(values) > 0 and bool(np.isin(values, (0.0, 1.0)).all())


def _base(name: str) -> str:
    """A coefficient without its level, so that the levels of one factor count as one."""
    match = LEVEL.match(name)
    return match["factor"] if match and len(split_product(name)) == 1 else name


def _columns_of(name: str) -> set[str]:
    if name == "Intercept":
        return set()
    found = set()
    for part in split_product(name):
        level = LEVEL.match(part)
        found.update(names_in(level["factor"] if level else re.sub(r"\[[^\]]*\]$", "", part)))
    return found


def bare_factor(factor: str) -> str:
    """The column of a factor, without the function that codes it.

    Example:
        >>> bare_factor("C(education)")
        'education'
    """
    names = names_in(factor)
    return names[0] if len(names) == 1 else factor


def split_product(name: str) -> list[str]:
    """The factors of an interaction: cut at colons that stand outside all brackets.

    Example:
        >>> split_product("C(g)[T.a:b]:x")
        ['C(g)[T.a:b]', 'x']
    """
    parts, depth = [""], 0
    for letter in name:
        depth += (letter in "([") - (letter in ")]")
        if letter == ":" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts
