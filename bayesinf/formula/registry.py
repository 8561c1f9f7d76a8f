"""Functions of users: named in formulas, written in Python, never in a file.

A formula may call what `functions` lists and what was registered in this process. Only a call of
`register` can add to it; nothing that is read, a formula or a saved fit, ever does.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from keyword import iskeyword
from threading import Lock
from types import MappingProxyType
from typing import Any

import numpy as np

from bayesinf.errors import DataError, FormulaError
from bayesinf.formula.functions import ELEMENTWISE, FUNCTIONS, Function
from bayesinf.formula.probe import find_mixing

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")

RESERVED = frozenset(dir(builtins)).union(
    ("factor", "relevel", "ns", "cut"),
    ("np", "contr", "offset", "population", "varying", "trials", "weights", "se"),
    ("lag", "hashed", "Q"),
)
"""Words with a meaning of their own in formulas, here or in R, and the built-in ones of Python."""


@dataclass(frozen=True)
class Registered:
    """A function that a user allowed formulas to call.

    Attributes:
        name: As formulas call it.
        function: Takes an array of shape (row,) and returns one.
        version: Kept beside the name in a saved fit.
    """

    name: str
    function: Callable[[np.ndarray], Any]
    version: str

    def __call__(self, values: Any) -> np.ndarray:
        """Computes it for a column, and refuses what is not one number for each row.

        Raises:
            DataError: `registered-function`.
        """
        given = self._numbers(values)
        made = self._computed(given)
        if made.shape != given.shape or made.dtype.kind not in "fiub":
            raise self._error(
                f"gave {_described(made)} for {_described(given)}",
                "Return one number for each row that it is given.",
            )
        self._refuse_mixing(given, made)
        return made.astype(np.float64)

    def _numbers(self, values: Any) -> np.ndarray:
        kind = getattr(getattr(values, "dtype", None), "kind", "O")
        if not isinstance(kind, str) or kind not in "fiub":
            raise self._error("was given a column that holds no numbers", "Give it a number.")
        given = np.array(values, dtype=np.float64)
        given.setflags(write=False)
        return given

    def _computed(self, given: np.ndarray) -> np.ndarray:
        try:
            return np.asarray(self.function(given))
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise self._error(
                f"stopped with {type(error).__name__}: {error}", "Mend the function."
            ) from error

    def _refuse_mixing(self, given: np.ndarray, made: np.ndarray) -> None:
        """Refuses a function whose value for a row depends on the other rows, as x - mean(x)."""
        if given.ndim == 0:
            return
        mixing = find_mixing(self._computed, given, made)
        if mixing is not None:
            raise self._error(
                mixing,
                "Let the value of a row depend on that row only; center, scale and bs remember "
                "the rows of the fit.",
            )

    def _error(self, what: str, hint: str) -> DataError:
        return DataError(
            f"The registered function '{self.name}' {what}.", code="registered-function", hint=hint
        )


_lock = Lock()
_known: Mapping[str, Registered] = MappingProxyType({})


def register(name: str, function: Callable[[np.ndarray], Any], version: str = "1") -> None:
    """Lets formulas of this process call a function of yours.

    The function takes the values of one column, an array of shape (row,), and returns as many: the
    value of a row depends on that row alone, and the same values give the same result. Some rows
    are computed again alone, half of them by themselves, and all in another order, to see that this
    holds. A saved fit keeps the name and the version, never the
    function: whoever loads it registers the function first.

    Args:
        name: As formulas will call it: letters, digits and underscores, at most 40.
        function: Of one column.
        version: Yours to count up when the function changes. Another version takes the place of
            the one before; fits that were made with the other then refuse to predict.

    Raises:
        FormulaError: `name-taken` when the name has another meaning, or stands for another function
            of the same version; `bad-name`, `not-a-function`.

    Example:
        >>> import numpy as np
        >>> import bayesinf as bi
        >>> bi.register("levelled", lambda dose: dose / (1 + dose))
        >>> frame = {"y": [1.0, 1.6, 1.7, 1.9], "dose": [0.0, 1.0, 2.0, 4.0]}
        >>> bi.model("y ~ levelled(dose)", frame).design.names
        ('Intercept', 'levelled(dose)')
    """
    global _known
    _check_name(name)
    if not callable(function):
        raise FormulaError(
            f"What is registered as '{name}' is a {type(function).__name__}, not a function.",
            code="not-a-function",
            hint=f'Write bi.register("{name}", function).',
        )
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise FormulaError(
            f"{version!r:.60} is not a version of a function.",
            code="bad-name",
            hint='Write it as text of letters, digits, dots and dashes, such as "2" or "1.1".',
        )
    with _lock:
        present = _known.get(name)
        if present and present.version == version and not _same(present.function, function):
            raise FormulaError(
                f"'{name}' is registered already, as another function of version {version}.",
                code="name-taken",
                hint=f'Choose another name, or another version: version="{version}.1".',
            )
        _known = MappingProxyType({**_known, name: Registered(name, function, version)})


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name) or iskeyword(name):
        raise FormulaError(
            f"{name!r:.60} cannot be the name of a function in formulas.",
            code="bad-name",
            hint="Use a letter, then letters, digits and underscores, at most 40 in all.",
        )
    if name in FUNCTIONS or name in RESERVED:
        raise FormulaError(
            f"'{name}' has a meaning of its own in formulas.",
            code="name-taken",
            hint="Choose another name.",
        )


def _same(one: Any, other: Any) -> bool:
    """Whether two functions are one, or the same lines run twice as a notebook's cell may be."""
    if one is other:
        return True
    parts = [
        (
            getattr(function, "__code__", None),
            getattr(function, "__defaults__", None),
            getattr(function, "__closure__", None),
        )
        for function in (one, other)
    ]
    return parts[0][0] is not None and parts[0] == parts[1] and parts[0][2] is None


def callable_functions() -> Mapping[str, Function]:
    """All that a formula of this process may call."""
    known = _known
    if not known:
        return FUNCTIONS
    return {**FUNCTIONS, **{name: Function({"x": "expression"}) for name in known}}


def elementwise() -> Mapping[str, Callable[..., Any]]:
    """The functions that work value by value, those of users included."""
    known = _known
    return {**ELEMENTWISE, **known} if known else ELEMENTWISE


def versions(names: Collection[str]) -> dict[str, str]:
    """The versions of those names that are registered."""
    known = _known
    return {name: known[name].version for name in sorted(names) if name in known}


def check_registered(needed: Mapping[str, str]) -> None:
    """Refuses to go on without the functions of a fit, each in its version.

    Args:
        needed: Versions by name.

    Raises:
        FormulaError: `unregistered-function`, `other-function`.
    """
    known = _known
    for name, version in needed.items():
        if name in known and known[name].version == version:
            continue
        here = f"version {known[name].version}" if name in known else "not registered"
        raise FormulaError(
            f"The fit calls the function '{name}' of version {version}; here it is {here}.",
            code="other-function" if name in known else "unregistered-function",
            hint=f'Register the function of the fit first: bi.register("{name}", function, '
            f'version="{version}").',
        )


def forget(name: str) -> None:
    """Takes a name out again, so that formulas may not call it any more."""
    global _known
    with _lock:
        _known = MappingProxyType({k: kept for k, kept in _known.items() if k != name})


@contextmanager
def apart() -> Iterator[None]:
    """What is registered inside is forgotten afterwards; for tests and examples."""
    global _known
    before = _known
    try:
        yield
    finally:
        with _lock:
            _known = before


def _described(values: np.ndarray) -> str:
    return f"an array of shape {values.shape} and type {values.dtype}"
