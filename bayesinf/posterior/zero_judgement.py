"""A finding on varying slopes whose column lies far from zero, such as a year."""

from __future__ import annotations

from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.verdict import Finding

FAR = 5.0
"""Standard deviations between a column's mean and zero. With reaction times of eighteen people over
days counted from 10 instead of 0 (5 sds), the slopes' spread comes out 10 % smaller."""


def judge_zero(posterior: Posterior) -> tuple[Finding, ...]:
    """Varying intercepts are about the column's zero, and so are their priors.

    Intercepts far from the data are large and nearly determined by the slopes, which priors on
    their spread and correlation do not expect: the slopes are shrunk towards each other for it.
    """
    found = []
    for group in posterior.model.design.rows.groups:
        if not group.has_correlations or "Intercept" not in group.names or not len(group.matrix):
            continue
        for name, column in zip(group.names, group.matrix.T, strict=True):
            mean, sd = float(column.mean()), float(column.std())
            if sd > 0 and abs(mean) > FAR * sd:
                found.append(_finding(name, group.factor, mean, sd))
    return tuple(found)


def _finding(name: str, factor: str, mean: float, sd: float) -> Finding:
    away = abs(mean) / sd
    return Finding(
        f"'{name}', whose slope varies over '{factor}', lies {away:.0f} standard deviations from "
        f"zero (mean {mean:.4g}): the intercepts and their priors are about zero, where nothing "
        "was seen, and the slopes are shrunk for it.",
        "warning",
        "far-from-zero",
        {"distance": away},
        f"Count it from the middle of the data: (center({name}) | {factor})."
        if name.isidentifier()
        else "Count it from the middle of the data, by center(...).",
    )
