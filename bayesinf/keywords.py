"""Arguments that a verb does not have: refused with the nearest that it has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps

from bayesinf.errors import ModelError, suggest

OF_ENGINES = ("chains", "warmup", "tune", "target_accept", "cores", "max_tree_depth")
"""What other packages take where they fit, and an engine takes here."""


def checked[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Makes a verb say which argument it has no use for, before Python's own TypeError.

    Returns:
        The same verb. Keywords that it does not know raise `ModelError` `unknown-argument`.

    Example:
        >>> @checked
        ... def fit(formula, seed=None):
        ...     return formula
        >>> fit("y ~ x", sed=1)
        Traceback (most recent call last):
        bayesinf.errors.ModelError: 'fit' has no argument 'sed' among its 2. Did you mean 'seed'?
            fit(..., sed=1)
                     ^
          Use formula, seed.
    """
    known = tuple(inspect.signature(function).parameters)

    @wraps(function)
    def verb(*args: P.args, **kwargs: P.kwargs) -> T:
        for name, value in kwargs.items():
            if name not in known:
                raise unknown_argument(function.__name__, name, value, known)
        return function(*args, **kwargs)

    return verb


def unknown_argument(verb: str, name: str, value: object, known: tuple[str, ...]) -> ModelError:
    """The error for an argument that a verb does not have."""
    shown = f"{verb}(..., {name}={value!r:.30})"
    caret = " " * (len(verb) + 6) + "^"
    own = tuple(word for word in known if word != "self")
    hint = f"Use {', '.join(own)}."
    if name in OF_ENGINES and "engine" in own:
        hint = f"Give it to the engine, as in engine=bi.NUTS(chains=4). {hint}"
    return ModelError(
        f"'{verb}' has no argument '{name}' among its {len(own)}.{suggest(name, own)}\n"
        f"    {shown}\n    {caret}",
        code="unknown-argument",
        column=name,
        hint=hint,
    )
