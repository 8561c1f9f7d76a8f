"""How to write here what functions of R's formulas do that are not on the list."""

from __future__ import annotations

from collections.abc import Mapping

from bayesinf.formula.tokens import original

ELSEWHERE: Mapping[str, str] = {
    "factor": "Write C({x}) for R's factor({x}): the column as a factor.",
    "as.factor": "Write C({x}) for R's as.factor({x}): the column as a factor.",
    "as.numeric": "Make it numbers before the fit: frame['{x}'] = frame['{x}'].astype(float).",
    "ln": "Write log({x}), which is the natural logarithm.",
    "ifelse": "Write the comparison as I(x > 0), which is 1 where it holds and else 0.",
    "where": "Write the comparison as I(x > 0), which is 1 where it holds and else 0.",
    "lag": "Make the column before the fit, in each group: frame['{x}_before'] = "
    "frame.groupby('g')['{x}'].shift(), with your own column for 'g'.",
    "mean": "Compute the column before the fit; center({x}) takes its mean off.",
    "cbind": "Write k | trials(n) ~ x, with the number n of all trials, successes and failures.",
    "s": 'Write cr({x}, df=6, constraints="center") for a smooth curve.',
    "relevel": 'Write C({x}, contr.treatment(base="b")) for another reference level.',
    "ns": 'Write cr({x}, df=4, constraints="center") for the natural spline ns({x}, df=4) of R.',
    "cut": "Cut the column before the fit: frame['{x}_band'] = pandas.cut(frame['{x}'], 3).",
}
"""By the function; `{x}` stands for its first argument."""


def advice_for(name: str, argument: str) -> str:
    """How to write what a function of R does to an argument.

    Example:
        >>> advice_for("ln", "age")
        'Write log(age), which is the natural logarithm.'
    """
    plain = original(argument) if argument.isidentifier() else "x"
    return ELSEWHERE[name].replace("{x}", plain)
