"""How the grouping factors of a model lie to each other: alone, nested or crossed.

It decides what can be eliminated cheaply: given everything else, the effects of one factor's levels
do not know each other, and of nested factors neither do the groups of the coarsest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from bayesinf.model.fact import Fact, count_of, joined
from bayesinf.model.model import Model
from bayesinf.term import Effects

Kind = Literal["none", "one", "nested", "crossed", "partly nested"]


@dataclass(frozen=True)
class Factor:
    """One grouping factor, with all terms on it.

    Attributes:
        name: As in the formula.
        levels: Number of levels.
        effects: The coefficients that vary over its levels.
        within: The factors that it is nested in: each of its levels occurs in one level of theirs.
        rows: Rows of the smallest level, of the median level and of the largest.
    """

    name: str
    levels: int
    effects: tuple[str, ...]
    within: tuple[str, ...]
    rows: tuple[int, float, int]

    @property
    def unknowns(self) -> int:
        """How many group effects it has."""
        return self.levels * len(self.effects)


@dataclass(frozen=True)
class Arrangement(Fact):
    """Whether the group effects fall into independent groups, given everything else.

    Attributes:
        kind: `"none"`, `"one"` factor, `"nested"`, `"crossed"` or `"partly nested"`.
        factors: The factors in the order in which they are eliminated.
    """

    kind: Kind = "none"
    factors: tuple[Factor, ...] = ()


def arrangement(model: Model) -> Arrangement:
    """Finds out which grouping factors are nested and which are crossed.

    The factor with the most effects is eliminated first, because what remains is solved densely;
    of nested factors it is the finest, which leaves the coarser ones in blocks.
    """
    if not model.design.rows.groups:
        return Arrangement(False, "the model has no group effects")
    factors = sorted(_factors(model), key=lambda factor: -factor.unknowns)
    if len(factors) == 1:
        only = factors[0]
        reason = (
            f"the effects of the {count_of(only.levels, 'level')} of '{only.name}' are independent "
            "of each other, given the coefficients and the hyperparameters"
        )
        return Arrangement(True, reason, "one", tuple(factors))
    pairs = sum(len(factor.within) for factor in factors)
    if pairs == len(factors) * (len(factors) - 1) // 2:
        factors.sort(key=lambda factor: -len(factor.within))
        return Arrangement(True, _sentence(factors), "nested", tuple(factors))
    kind: Kind = "partly nested" if pairs else "crossed"
    return Arrangement(False, _sentence(factors), kind, tuple(factors))


def shared_factors(model: Model) -> Fact:
    """Whether several group terms vary over the same factor, uncorrelated with each other."""
    terms: dict[str, list[Effects]] = {}
    for group in model.design.rows.groups:
        terms.setdefault(group.factor, []).append(group)
    several = {name: groups for name, groups in terms.items() if len(groups) > 1}
    if not several:
        return Fact(False, "no grouping factor has more than one term")
    parts = [
        f"{len(groups)} terms vary over '{name}', without correlations between them"
        for name, groups in several.items()
    ]
    return Fact(True, joined(parts))


def effects_per_group(factors: tuple[Factor, ...]) -> Fact:
    """Whether any factor's levels have more than one coefficient, and which they are."""
    if not factors:
        return Fact(False, "the model has no group effects")
    alike: dict[tuple[str, ...], list[str]] = {}
    for factor in factors:
        alike.setdefault(factor.effects, []).append(f"'{factor.name}'")
    parts = [
        f"each level of {joined(names)} has {count_of(len(effects), 'effect')}, {joined(effects)}"
        for effects, names in alike.items()
    ]
    return Fact(any(len(factor.effects) > 1 for factor in factors), "; ".join(parts))


def rows_per_group(factors: tuple[Factor, ...]) -> Fact:
    """Whether any factor's levels have more than one row, and how many they have."""
    if not factors:
        return Fact(False, "the model has no group effects")
    parts = [_rows_sentence(factor) for factor in factors]
    return Fact(any(factor.rows[2] > 1 for factor in factors), "; ".join(parts))


def _rows_sentence(factor: Factor) -> str:
    smallest, median, largest = factor.rows
    if smallest == largest:
        return f"each level of '{factor.name}' has {count_of(smallest, 'row')}"
    return f"a level of '{factor.name}' has {smallest:,} to {largest:,} rows (median {median:,.4g})"


def _factors(model: Model) -> list[Factor]:
    """The distinct factors, each with the factors that it is nested in."""
    terms: dict[str, list[Effects]] = {}
    for group in model.design.rows.groups:
        terms.setdefault(group.factor, []).append(group)
    first = {name: groups[0] for name, groups in terms.items()}
    finest_first = sorted(first, key=lambda name: -len(first[name].levels))
    found = []
    for place, name in enumerate(finest_first):
        own = first[name]
        within = [
            other for other in finest_first[place + 1 :] if lies_within(own.codes, first[other])
        ]
        effects = tuple(effect for group in terms[name] for effect in group.names)
        counts = np.bincount(own.codes, minlength=len(own.levels))
        rows = (int(counts.min()), float(np.median(counts)), int(counts.max()))
        found.append(Factor(name, len(own.levels), effects, tuple(within), rows))
    return found


def lies_within(codes: np.ndarray, other: Effects) -> bool:
    """Whether each level of one factor occurs in one level only of another.

    Args:
        codes: Shape (row,). The finer factor's levels.
        other: The coarser factor.
    """
    home = np.zeros(codes.max(initial=-1) + 1, dtype=np.int64)
    home[codes] = other.codes
    return bool((home[codes] == other.codes).all())


def _sentence(factors: list[Factor]) -> str:
    """Says who is nested in whom, who is crossed with whom, and who is eliminated first."""
    parts = []
    by_name = {factor.name: factor for factor in factors}
    for factor in factors:
        if factor.within:
            home = min((by_name[name] for name in factor.within), key=lambda f: -f.levels)
            parts.append(
                f"each of the {factor.levels:,} levels of '{factor.name}' lies within one of the "
                f"{home.levels:,} of '{home.name}'"
            )
    top = [factor for factor in factors if not factor.within]
    if len(top) > 1:
        counts = [f"{count_of(top[0].levels, 'level')} of '{top[0].name}'"]
        counts += [f"{factor.levels:,} of '{factor.name}'" for factor in top[1:]]
        parts.append(f"{joined(counts)} are crossed")
    return f"{'; '.join(parts)}; '{factors[0].name}' is eliminated first"
