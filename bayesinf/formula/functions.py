"""The closed list of what a formula may call, and the kind of each argument.

Everything not listed here is refused by `guard` before anything is evaluated. To allow another
function of one column, add it to `ELEMENTWISE`; a function that remembers something of the training
rows also needs an entry in `FUNCTIONS`.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from bayesinf.errors import DataError

ArgumentKind = Literal[
    "expression",
    "count",
    "positive count",
    "number",
    "numbers",
    "flag",
    "flag or number",
    "edge",
    "centre",
    "contrast",
    "level",
    "levels",
]
"""What an argument may be.

`expression` is arithmetic on columns; all others are constants written in the formula: `count` a
whole number up to 100 (it sets the number of columns), `positive count` one from 1 to 100, `edge`
what a spline does beyond its range, `centre` the word "center", `contrast` one of `CONTRASTS`,
`level(s)` names or numbers of levels.
"""  # fmt: skip


@dataclass(frozen=True)
class Function:
    """One function that formulas may call.

    Attributes:
        arguments: Name and kind of each argument, in order.
        required: How many of them must be given.
        remembers: Whether it keeps something of the training rows (knots, centres, levels).
        outermost: Whether it makes several columns, so that nothing may be computed from it.
    """

    arguments: Mapping[str, ArgumentKind]
    required: int = 1
    remembers: bool = False
    outermost: bool = False


ELEMENTWISE: Mapping[str, Callable[..., Any]] = {
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "expm1": np.expm1,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "floor": np.floor,
    "ceil": np.ceil,
    "minimum": np.minimum,
    "maximum": np.maximum,
}
"""Functions that work value by value; each is also there as `np.<name>`."""

_SPLINE: Mapping[str, ArgumentKind] = {
    "x": "expression",
    "df": "positive count",
    "knots": "numbers",
    "lower_bound": "number",
    "upper_bound": "number",
    "constraints": "centre",
    "extrapolation": "edge",
}
_CUBIC = Function(_SPLINE, remembers=True, outermost=True)
_B_SPLINE: Mapping[str, ArgumentKind] = {
    "x": "expression",
    "df": "positive count",
    "knots": "numbers",
    "degree": "count",
    "include_intercept": "flag",
    "lower_bound": "number",
    "upper_bound": "number",
    "extrapolation": "edge",
}

FUNCTIONS: Mapping[str, Function] = {
    **{name: Function({"x": "expression"}) for name in ELEMENTWISE},
    "minimum": Function({"x": "expression", "y": "expression"}, required=2),
    "maximum": Function({"x": "expression", "y": "expression"}, required=2),
    "I": Function({"x": "expression"}),
    "center": Function({"x": "expression"}, remembers=True),
    "scale": Function(
        {
            "x": "expression",
            "center": "flag or number",
            "scale": "flag or number",
            "ddof": "number",
        },
        remembers=True,
    ),
    "standardize": Function(
        {"x": "expression", "center": "flag", "rescale": "flag", "ddof": "number"}, remembers=True
    ),
    "poly": Function(
        {"x": "expression", "degree": "positive count", "raw": "flag"},
        remembers=True,
        outermost=True,
    ),
    "bs": Function(_B_SPLINE, remembers=True, outermost=True),
    "cr": _CUBIC,
    "cs": _CUBIC,
    "cc": _CUBIC,
    "C": Function(
        {"x": "expression", "contrasts": "contrast", "levels": "levels"},
        remembers=True,
        outermost=True,
    ),
}

REMEMBERING = frozenset(name for name, function in FUNCTIONS.items() if function.remembers)
"""The functions that keep something of the training rows."""

CONTRASTS: Mapping[str, Function] = {
    "treatment": Function({"base": "level"}, required=0),
    "SAS": Function({"base": "level"}, required=0),
    "sum": Function({}, required=0),
    "helmert": Function({"reverse": "flag", "scale": "flag"}, required=0),
    "diff": Function({"backward": "flag"}, required=0),
    "poly": Function({"scores": "numbers"}, required=0),
}
"""The codings of a factor, written `C(g, contr.sum)` or `C(g, contr.treatment(base="b"))`."""

EDGES = ("raise", "clip", "zero", "extend")
"""What a spline may do beyond the range it was fitted on."""


def environment() -> dict[str, Any]:
    """Everything that a name of an expression can mean to formulaic, besides columns.

    Python's built-in functions are listed as None, so that they are out of reach even of an
    expression that the guard let through by mistake; `np` and `contr` hold the listed names only.
    """
    from formulaic.transforms import ContrastsRegistry

    return {
        **dict.fromkeys(dir(builtins)),
        **dict.fromkeys(("lag", "hashed", "Q", "Treatment", "Poly", "Sum", "Helmert", "Diff")),
        **ELEMENTWISE,
        "np": SimpleNamespace(**ELEMENTWISE, pi=np.pi),
        "contr": SimpleNamespace(**{name: getattr(ContrastsRegistry, name) for name in CONTRASTS}),
        "C": as_factor,
    }


def as_factor(data: Any, contrasts: Any = None, *, levels: Any = None) -> Any:
    """C(x): codes numbers as a factor, whole numbers without a decimal point (`C(i)[T.2]`).

    formulaic only warns of a level that it does not know and then codes it as the reference level;
    here it is an error.
    """
    from formulaic.materializers.types import FactorValues
    from formulaic.transforms import C

    kind = getattr(getattr(data, "dtype", None), "kind", "O")
    if kind == "f" and bool(np.all(np.floor(data) == data)):
        data = data.astype(np.int64)
    metadata: Any = C(data, contrasts, levels=levels).__formulaic_metadata__

    def encoder(values: Any, encoder_state: dict[str, Any], **given: Any) -> Any:
        known = levels if levels is not None else encoder_state.get("categories")
        if known is not None and not set(values).issubset(known):
            raise DataError("A factor has a level that is not known.", code="unseen-level")
        return metadata.encoder(values, encoder_state=encoder_state, **given)

    checked: Any = encoder
    return FactorValues(data, kind="categorical", spans_intercept=True, encoder=checked)
