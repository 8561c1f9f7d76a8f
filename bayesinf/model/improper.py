"""Whether a model has a posterior, where some of its priors are not proper.

Write b for the coefficients (of centred columns: the intercept is that of an average row), u for
the effects of groups, s for their sds. The density of the data is bounded, and vanishes at least
exponentially along every direction of (b, u) outside the cone C of `numerics.separation`. So the
posterior is proper exactly if the prior has a finite mass near C.

*Coefficients alone.* With every other unknown held, that mass is finite exactly if C holds no
direction of the coefficients with flat priors, whatever the others are held at (a cone of recession
does not depend on the place). Normal priors of the others then make the whole finite.

*Heavy tails.* A density that falls as 1 / x^(1 + t) (`Prior.tail`) costs 1 + t powers of x and can
win back more: with a flat intercept and a Cauchy slope, separated outcomes leave the intercept an
interval as long as the slope is large, and the integral of x / x^2 diverges. Count powers: let the
coefficients A and the sds B, whose tails are powers, grow as x with the flat ones. Then with k the
dimension that C spans among the flat coefficients, A, and the effects of B, and L the number of
effects under each sd, of density s^-L at their scale,

    D = k - (sum over A of 1 + t) - (sum over B of L + t)

is the power of the mass between x and 2x; the posterior is proper exactly if D < 0 for all A and B.

*Flat sds* have t = -1. With measurements C holds what the rows do not see, no more: a flat mean of
the groups that moves against all effects (k = 1). One group term alone then has D = 1 + k - L: it
needs 2 groups, or 3 with a flat mean, and one more for the posterior mean of the sd to exist
(D < -1). A group whose outcomes are all alike bounds nothing, adds 1 to k, and does not count. The
density 1 / s is not bounded at zero, by any number of groups. Correlated effects count as if they
were independent: near a singular correlation the effects' density gains less than the LKJ prior
takes, so that the sd that decides is a single one.

*sigma.* As it grows, densities of the outcomes fall as sigma^-n, and under the identity link flat
coefficients and flat sds spread in proportion: n less their numbers must exceed -t. The density
1 / sigma has no mass at zero only if the rows outnumber what can fit them.

*Which A and B.* No set's k is above that of all together, which is measured first: where nothing is
separated, that is 0 and settles every set. Otherwise all together are looked at, then what is left
of them as each one is taken out that the mass does not need, then sets by their size.

Outcomes that are reproduced exactly, and tied ones, have modules of their own. What is not decided:
a negative binomial's shape near zero; designs so large that the cone of their groups is not
measured (`LARGEST_CONE`), where levels whose outcomes are all alike are counted instead; and sets
beyond the first ones (`MOST_WORK`), where six or more heavy tails and separated outcomes leave so
many.

Source: Weinberg (1960), Physical Review 118, 838, for the powers; Gelman (2006), Bayesian Analysis
1(3), sections 2.2 and 3, for sds; Ghosh, Li and Mitra (2018), Bayesian Analysis 13(2), for Cauchy
priors under separation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, combinations, islice
from math import inf

import numpy as np

from bayesinf.design import Design
from bayesinf.errors import ModelError
from bayesinf.family import Family
from bayesinf.links import Identity
from bayesinf.model.cone import cone_size, is_measured, level_columns
from bayesinf.model.reproduction import refuse_reproduced
from bayesinf.model.separation import flat_separating_names, open_rows
from bayesinf.model.slots import Priors, group_sds
from bayesinf.model.ties import refuse_ties
from bayesinf.numerics.separation import LARGEST_CONE, null_space
from bayesinf.term import Effects

FIRST_ROWS = 100
"""Rows that are looked at before all of them, besides four per coefficient."""

MOST_WORK = 1_000
"""Sets of heavy tails times unknowns that are measured: all sets of five, and of more the first."""

FEW_SETS = 3
"""Sets that are looked at at once; of more, the cone of all together is measured first."""

MOST_LISTED = 20_000
"""Sets that are counted before any cone is measured."""


@dataclass(frozen=True, eq=False)
class Heavy:
    """Unknowns under one prior whose tail is a power.

    Attributes:
        name: The prior's slot.
        tail: `Prior.tail`; -1 of a flat sd.
        cost: The powers that the prior takes from the mass.
        place: The coefficient's position; None for an sd.
        group: The sd's group, None for a coefficient.
        effect: Which of the group's effects the sd is of.
    """

    name: str
    tail: float
    cost: float
    place: int | None = None
    group: Effects | None = None
    effect: int = 0


type Set = tuple[Heavy, ...]


def refuse_improper(family: Family, design: Design, priors: Priors) -> None:
    """Refuses priors, mostly improper ones, that leave no posterior with these rows.

    Raises:
        ModelError: `improper-posterior`, naming what the data do not bound; or
            `no-posterior-mean`, for a flat sd whose groups are so few that its mean is infinite.
    """
    refuse_reproduced(family, design, priors)
    refuse_ties(family, design, priors)
    if all(prior.proper for prior in priors.values()):
        return
    flat = [k for k, name in enumerate(design.names) if not priors[name].proper]
    _refuse_family_parameters(family, design, priors, flat)
    if flat:
        _refuse_undetermined(family, design, flat)
        _refuse_unbounded(family, design, flat)
    _refuse_at_zero(design, priors)
    _refuse_heavy(family, design, priors, flat)


def _refuse_family_parameters(
    family: Family, design: Design, priors: Priors, flat: list[int]
) -> None:
    """Refuses improper priors on what the rows do not bound besides the predictor."""
    for parameter in family.active_parameters(design.rows.known):
        prior = priors[parameter.name]
        if prior.proper:
            continue
        reason = "whatever the data, it is not bounded from above"
        if parameter.name == "sigma":
            reason = _unbounded_sigma(family, design, priors, flat)
        elif not parameter.has_limit:
            continue
        if reason:
            raise ModelError(
                f"The prior of '{parameter.name}' is improper, {prior.describe()}, and for these "
                f"{len(design.rows)} rows, from row {design.row_as_read()} on, {reason}: "
                "there is no posterior.",
                code="improper-posterior",
                column=parameter.name,
                hint=f"Give '{parameter.name}' a proper prior, such as its default.",
            )


def _unbounded_sigma(family: Family, design: Design, priors: Priors, flat: list[int]) -> str:
    """Why an improper prior leaves sigma without a posterior; nothing where it has one."""
    tail = priors["sigma"].tail
    rows = float(len(design.rows) if design.weights is None else design.weights.sum())
    spread = 0
    if isinstance(family.link, Identity):
        spread = len(flat) + sum(not priors[slot].proper for slot, *_ in group_sds(design))
    if rows - spread <= -tail:
        return f"it is not bounded from above, next to {spread} other flat priors"
    if tail == 0.0 and _fits_any_outcome(design):
        return "it is not bounded away from 0, where the predictors can fit any outcome"
    return ""


def _fits_any_outcome(design: Design) -> bool:
    """Whether coefficients and effects together can reproduce whatever the outcomes are."""
    count, blocks = len(design.rows), [(group, effect) for _, group, effect in group_sds(design)]
    if any(_is_alone(group, effect) for group, effect in blocks):
        return True
    size = len(design.names) + sum(len(group.levels) for group, _ in blocks)
    if size < count or size * count > LARGEST_CONE:
        return False
    whole = np.hstack([design.rows.population, *(level_columns(*block) for block in blocks)])
    return null_space(whole.T).shape[1] == 0


def _refuse_undetermined(family: Family, design: Design, flat: list[int]) -> None:
    """Refuses flat priors on more coefficients than the rows can tell apart.

    Columns that repeat each other are refused where a design is built, but those of other rows of
    the same model may, and rows may say nothing, such as those of 0 trials.
    """
    above, below = open_rows(family, design)
    speaks = ~(above & below)
    # The first rows mostly settle it. What they leave open is judged to the last digit.
    for rows in (np.flatnonzero(speaks)[: 4 * len(flat) + FIRST_ROWS], speaks):
        columns = design.rows.population[rows][:, flat] - design.centre[flat]
        size = np.abs(columns).max(axis=0, initial=0.0)
        rank = int(np.linalg.matrix_rank(columns / np.where(size > 0, size, 1.0)))
        if rank == len(flat):
            return
    names = ", ".join(f"'{design.names[k]}'" for k in flat[:5]) + (", ..." * (len(flat) > 5))
    raise ModelError(
        f"The prior of {len(flat)} coefficients ({names}) is flat, and {int(speaks.sum())} rows, "
        f"from row {design.row_as_read()} on, can tell {rank} of them: there is no posterior.",
        code="improper-posterior",
        column=design.names[flat[-1]],
        hint="Give them proper priors, such as the defaults, or use more rows.",
    )


def _refuse_unbounded(family: Family, design: Design, flat: list[int]) -> None:
    """Refuses flat priors on coefficients that the outcomes do not bound either."""
    names = flat_separating_names(family, design, flat)
    if not names:
        return
    why = "they are all alike, or separated by the predictors"
    if not family.discrete:
        why = f"under the {family.link.name} link means may come as near to 0 as they like"
    raise ModelError(
        f"The prior of {_listed(names)} is flat, and the outcomes of {len(design.rows)} rows, from "
        f"row {design.row_as_read()} on, do not bound "
        f"{'it' if len(names) == 1 else 'them'}: {why}. There is no posterior.",
        code="improper-posterior",
        column=names[-1],
        hint="Give every coefficient a proper prior, for example bi.Normal(0, 2.5).",
    )


def _refuse_at_zero(design: Design, priors: Priors) -> None:
    """Refuses the density 1 / s on group sds: at zero the groups are alike, and no data forbid it.

    Where s is small the likelihood is that of the model without the term, which is above 0.
    """
    for slot, group, _ in group_sds(design):
        prior = priors[slot]
        if prior.tail == 0.0:
            raise ModelError(
                f"The prior of '{slot}' is improper, {prior.describe()}, and "
                f"{_levels(design, [group])}, do not keep it away from 0: there is no posterior.",
                code="improper-posterior",
                column=group.factor,
                hint="Give it a proper prior, such as bi.HalfNormal(1), or leave it out.",
            )


def _refuse_heavy(family: Family, design: Design, priors: Priors, flat: list[int]) -> None:
    """Counts powers for sets of unknowns of heavy tails that may grow together."""
    above, below = open_rows(family, design)
    heavy = _heavy(design, priors, bool((above | below).any()))

    def size(grown: Set) -> float:
        places = flat + [one.place for one in grown if one.place is not None]
        columns = (design.rows.population - design.centre)[:, places]
        terms = [(one.group, one.effect) for one in grown if one.group is not None]
        return cone_size(columns, terms, above, below)

    without_mean: list[Heavy] = []
    sets = _together(heavy, len(flat), inf)
    if len(sets) > FEW_SETS:
        largest = inf
        terms = [(one.group, one.effect) for one in heavy if one.group is not None]
        if is_measured(len(flat) + len(heavy) - len(terms), terms, len(design.rows)):
            largest = size(heavy)
        sets = _together(heavy, len(flat), largest)
        most = MOST_WORK // (len(flat) + len(heavy))
        if sets:
            sets = [*_descent(heavy, size, most // 2), *sets][: most // 2]
    for grown in sets:
        power = size(grown) - _cost(grown)
        if power >= 0.0:
            raise _no_posterior(design, priors, flat, grown)
        if power >= -1.0:
            without_mean += [one for one in grown if one.tail == -1.0]
    if without_mean:
        raise _no_mean(design, priors, flat, without_mean[0])


def _heavy(design: Design, priors: Priors, is_open: bool) -> Set:
    """The unknowns whose tails are powers, heaviest first."""
    heavy = [
        Heavy(slot, priors[slot].tail, len(group.levels) + priors[slot].tail, None, group, effect)
        for slot, group, effect in group_sds(design)
    ]
    if is_open:
        heavy += [
            Heavy(name, priors[name].tail, 1.0 + priors[name].tail, place)
            for place, name in enumerate(design.names)
            if priors[name].proper
        ]
    # With rows that bound everything, flat sds alone can be without a bound.
    kept = (one for one in heavy if one.tail < inf and (is_open or one.tail == -1.0))
    return tuple(sorted(kept, key=lambda one: one.tail))


def _cost(grown: Set) -> float:
    return sum(one.cost for one in grown)


def _together(heavy: Set, flat: int, largest: float) -> list[Set]:
    """Lists the sets that could grow beyond what flat directions give back, small ones first.

    Args:
        heavy: All of them, heaviest first.
        flat: How many flat coefficients there are.
        largest: The dimension of the cone of all together.
    """
    found, cheapest = [], sorted(one.cost for one in heavy)
    # One power more is for the mean of a flat sd.
    sizes = [n for n in range(1, len(heavy) + 1) if sum(cheapest[:n]) <= largest + 1.0]
    listed = chain.from_iterable(combinations(heavy, n) for n in sizes)
    for grown in islice(listed, MOST_LISTED):
        more = any(one.tail == -1.0 for one in grown)
        # The dimension exceeds that of what grows by the flat coefficients at most.
        spare = min(flat - sum(one.tail for one in grown), largest - _cost(grown))
        if spare + more >= 0.0:
            found.append(grown)
    return found


def _descent(heavy: Set, size: Callable[[Set], float], most: int) -> list[Set]:
    """All together, and what is left as those are taken out that take more than they give."""
    found, power = [heavy], size(heavy) - _cost(heavy)
    for one in heavy[::-1][:most]:
        rest = tuple(other for other in found[-1] if other is not one)
        without = size(rest) - _cost(rest)
        if rest and without >= power:
            found, power = [*found, rest], without
    return found[::-1]


def _no_posterior(
    design: Design, priors: Priors, flat: list[int], grown: tuple[Heavy, ...]
) -> ModelError:
    said = " and ".join(dict.fromkeys(priors[one.name].describe() for one in grown))
    groups = [one.group for one in grown if one.group is not None]
    return ModelError(
        f"The prior of {_listed([one.name for one in grown])} is {said}, of a tail that "
        f"{_levels(design, groups)}, do not bound{_beside(design, flat)}: there is no posterior.",
        code="improper-posterior",
        column=groups[-1].factor if groups else grown[-1].name,
        hint="Give every coefficient a prior such as bi.Normal(0, 2.5), and every sd one such as "
        "bi.HalfNormal(1).",
    )


def _no_mean(design: Design, priors: Priors, flat: list[int], grown: Heavy) -> ModelError:
    assert grown.group is not None
    return ModelError(
        f"The prior of '{grown.name}' is improper, {priors[grown.name].describe()}, and "
        f"{_levels(design, [grown.group])}, bound it so little{_beside(design, flat)} that its "
        "posterior has no mean: it is infinite.",
        code="no-posterior-mean",
        column=grown.group.factor,
        hint="Give it a proper prior, such as bi.HalfNormal(1), or leave it out.",
    )


def _levels(design: Design, groups: list[Effects]) -> str:
    """The levels of groups and the rows, as the subject of a sentence."""
    counts = [f"{len(group.levels)} levels of '{group.factor}'" for group in groups]
    of = f"the {' and the '.join(counts)} in " if counts else ""
    return f"{of}{len(design.rows)} rows, from row {design.row_as_read()} on"


def _beside(design: Design, flat: list[int]) -> str:
    names = _listed([design.names[place] for place in flat])
    return f" next to flat priors of {names}" if flat else ""


def _is_alone(group: Effects, effect: int) -> bool:
    """Whether each row has an effect of its own."""
    counts = np.bincount(group.codes, minlength=len(group.levels))
    return bool((counts <= 1).all() and group.matrix[:, effect].all())


def _listed(names: list[str]) -> str:
    return " and ".join(f"'{name}'" for name in names[:4]) + (" and more" * (len(names) > 4))
