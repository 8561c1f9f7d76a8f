"""Groups that the fit has not seen: their effects are drawn from the population of groups.

A group's level names its own random stream, so that its effects are the same in whichever order and
in however many pieces rows arrive, and rows of one new group share them.
"""

from __future__ import annotations

import re
import unicodedata
import warnings

import numpy as np

from bayesinf.errors import DataError, NewGroupWarning, name_rows, suggest
from bayesinf.numerics.random import Streams
from bayesinf.term import Effects


def population_root(sds: np.ndarray, correlations: np.ndarray) -> np.ndarray:
    """Takes a square root of the covariance of group effects at each draw.

    Args:
        sds: Shape (draw, effect).
        correlations: Shape (draw, effect, effect).

    Returns:
        Shape (effect, effect, draw): R with R R' the covariance. It is built on the symmetric root
        of the correlations, which exists also where a draw has effects that are perfectly
        correlated, as a Cholesky factor does not.
    """
    values, vectors = np.linalg.eigh(correlations)
    scaled = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    root = sds[:, :, None] * (scaled @ np.swapaxes(vectors, 1, 2))
    return np.ascontiguousarray(np.moveaxis(root, 0, -1))


def newcomer_effects(
    root: np.ndarray, label: str, levels: tuple[str, ...], streams: Streams
) -> np.ndarray:
    """Draws the effects of new levels from the population that each draw describes.

    Args:
        root: Shape (effect, effect, draw); see `population_root`.
        label: The group term's label, part of the stream's name: two terms of one factor have
            effects that are independent of each other.
        levels: The new levels.
        streams: Of the posterior.

    Returns:
        Shape (level, effect, draw): one vector of effects per level and draw, with covariance
        root root', independent between levels.

    Source:
        Gelman & Hill (2007), Data Analysis Using Regression and Multilevel Models, section 12.8.
    """
    size = root.shape[0]
    noise = np.empty((len(levels), size, root.shape[-1]))
    for place, level in enumerate(levels):
        noise[place] = streams.generator("newcomer", label, level).standard_normal(noise.shape[1:])
    effects = np.zeros_like(noise)
    for i in range(size):
        for j in range(size):
            effects[:, i] += root[i, j] * noise[:, j]
    return effects


def newcomer_sentence(group: Effects) -> str | None:
    """A sentence on the new levels of a factor, where there are any: a misspelt one is new too."""
    if not group.unseen:
        return None
    count, rows = len(group.unseen), np.flatnonzero(group.codes >= len(group.levels)).tolist()
    near = misspelt(group)
    meant = f" Did you mean '{next(iter(near.values()))}'?" if near else ""
    kinds, effects = ("group", "its effects are") if count == 1 else ("groups", "their effects are")
    return (
        f"{count} {kinds} of '{group.factor}' that the fit did not see, {_shown(group.unseen)} "
        f"({name_rows(rows)}): {effects} drawn from the population of groups."
        f"{meant or suggest(group.unseen[0], group.levels)}"
    )


_NUMBER = re.compile(r"([+-]?)0*(\d+)(?:\.(\d*?)0*)?")
"""Digits without the zeros that change nothing: 007, 7.0 and 7 are one number."""


def spelling(level: str) -> str:
    """A name without case, blanks, and the zeros and signs by which a number is written.

    The levels of several columns, such as 3:b, are taken one by one.

    Example:
        >>> spelling("003"), spelling("3.0"), spelling(" North  End")
        ('3', '3', 'north end')
    """
    return ":".join(map(_spelling, unicodedata.normalize("NFKC", level).split(":")))


def _spelling(part: str) -> str:
    plain = " ".join(part.split()).casefold()
    plain = {"true": "1", "false": "0"}.get(plain, plain)
    number = _NUMBER.fullmatch(plain)
    if number is None:
        return plain
    sign, whole, fraction = number.groups()
    return f"{'-' * (sign == '-')}{whole}{f'.{fraction}' if fraction else ''}"


def misspelt(group: Effects) -> dict[str, str]:
    """The new levels that are a known one but for its spelling, each with the one it may be."""
    if not group.unseen:
        return {}
    known = {spelling(level): level for level in reversed(group.levels)}
    return {new: known[spelling(new)] for new in group.unseen if spelling(new) in known}


def warn_of_misspelt(groups: tuple[Effects, ...]) -> None:
    """Warns once of new groups whose names are nearly those of known ones."""
    sentences = list(filter(None, map(_misspelt_sentence, groups)))
    if sentences:
        warnings.warn(
            f"{' '.join(dict.fromkeys(sentences))} Such rows are predicted as of new groups, whose "
            "effects are drawn from the population; write the names as they were at the fit, "
            "where the same groups are meant.",
            NewGroupWarning,
            stacklevel=5,
        )


def _misspelt_sentence(group: Effects) -> str | None:
    near = misspelt(group)
    if not near:
        return None
    codes = [len(group.levels) + group.unseen.index(level) for level in near]
    rows = np.flatnonzero(np.isin(group.codes, codes)).tolist()
    pairs = ", ".join(f"{new!r} for {level!r}" for new, level in list(near.items())[:5])
    more = f" and {len(near) - 5} more" if len(near) > 5 else ""
    return (
        f"New groups of '{group.factor}' differ from known ones only by case, blanks, or how a "
        f"number is written: {pairs}{more} ({name_rows(rows)})."
    )


def _shown(levels: tuple[str, ...]) -> str:
    """The first few levels, and how many more there are."""
    more = f" and {len(levels) - 5} more" if len(levels) > 5 else ""
    return f"{', '.join(repr(level) for level in levels[:5])}{more}"


def refuse_newcomers(groups: tuple[Effects, ...]) -> None:
    """Refuses rows of groups that the fit has not seen.

    Raises:
        DataError: Naming the factor, the new levels and their rows.
    """
    for group in groups:
        if not group.unseen:
            continue
        rows = np.flatnonzero(group.codes >= len(group.levels)).tolist()
        levels = "level" if len(group.unseen) == 1 else "levels"
        raise DataError(
            f"The grouping factor '{group.factor}' has {len(group.unseen)} {levels} that the fit "
            f"did not see: {_shown(group.unseen)}, in {len(rows)} of {len(group.codes)} rows "
            f"({name_rows(rows)}).",
            code="new-groups",
            column=group.factor,
            rows=rows,
            hint='Give new_groups="population", which draws their effects from the population of '
            "groups; or fit again with rows of them.",
        )
