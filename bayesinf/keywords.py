"""Arguments that a verb does not have, or lacks: a sentence before Python's own TypeError."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from types import MappingProxyType
from typing import Any

import numpy as np

from bayesinf.errors import ModelError, suggest

OF_ENGINES = ("chains", "warmup", "tune", "target_accept", "cores", "max_tree_depth")
"""What other packages take where they fit, and an engine takes here."""

OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("data", "df", "dataframe", "dataset", "newdata", "new_data"), "frame"),
        **dict.fromkeys(("samples", "num_samples", "n_samples", "iter", "n_draws"), "draws"),
        **dict.fromkeys(("random_state", "random_seed", "rng", "rng_key", "key"), "seed"),
        **dict.fromkeys(("confounders", "covariates", "common_causes", "adjust_for"), "adjust"),
        "dag": "graph",
        "method": "estimator",
        "exposure": "treatment",
    }
)
"""What other packages call the arguments."""

IN_FORMULAS: Mapping[str, str] = MappingProxyType(
    {
        "weights": "y | weights(w) ~ x",
        "offset": "y ~ x + offset(z)",
        "trials": "k | trials(n) ~ x",
        "random": "y ~ x + (1 | g)",
        "groups": "y ~ x + (1 | g)",
    }
)
"""What other packages take beside a formula, and stands in it here."""


def checked[**P, T](function: Callable[P, T], called: str = "") -> Callable[P, T]:
    """Makes a verb say which argument it has no use for, or lacks, before Python's TypeError.

    Args:
        function: The verb.
        called: How users call it; empty takes its own name.

    Returns:
        The same verb. It raises `ModelError`: `unknown-argument`, `missing-argument`,
        `too-many-arguments`, `argument-by-name` or `argument-twice`.

    Example:
        >>> @checked
        ... def fit(formula, seed=None):
        ...     return formula
        >>> fit("y ~ x", sed=1)
        Traceback (most recent call last):
        bayesinf.errors.ModelError: 'fit' has no argument 'sed'. Did you mean 'seed'?
            fit(..., sed=1)
                     ^
          Use its arguments: formula, seed.
        >>> fit(seed=1)
        Traceback (most recent call last):
        bayesinf.errors.ModelError: 'fit' needs an argument 'formula'.
          Write fit(formula, ...). Use its arguments: formula, seed.
    """
    parameters = inspect.signature(function).parameters
    takes_any = any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in parameters.values())
    required = [name for name, p in parameters.items() if p.default is p.empty]
    by_name = [name for name, p in parameters.items() if p.kind is p.KEYWORD_ONLY]
    name = called or function.__name__

    @wraps(function)
    def verb(*args: P.args, **kwargs: P.kwargs) -> T:
        if takes_any:
            _refuse_names(name, tuple(parameters), kwargs)
        else:
            _refuse_places(name, len(parameters) - len(by_name), by_name, args)
            _refuse_arguments(name, tuple(parameters), required, args, kwargs)
        return function(*args, **kwargs)

    return verb


def checked_class[T](kind: type[T]) -> type[T]:
    """Makes a dataclass say which argument it has no use for, or lacks, as `checked` does a verb.

    Example:
        >>> from dataclasses import dataclass
        >>> @checked_class
        ... @dataclass(frozen=True)
        ... class Trial:
        ...     outcome: str
        >>> Trial(outcom="y")
        Traceback (most recent call last):
        bayesinf.errors.ModelError: 'Trial' has no argument 'outcom'. Did you mean 'outcome'?
            Trial(..., outcom='y')
                       ^
          Use its arguments: outcome.
    """
    kind.__init__ = checked(kind.__init__, kind.__name__)
    return kind


def require_names(**roles: object) -> None:
    """Refuses what is no column's name in a role that one column takes; None passes.

    Raises:
        ModelError: `not-a-column-name`.

    Example:
        >>> require_names(outcome="y", treatment=None)
    """
    for role, given in roles.items():
        if given is not None and not isinstance(given, str):
            raise ModelError(
                f"{role} is the name of one column, not {given!r:.60}.",
                code="not-a-column-name",
                hint=f"Write {role}='name'; make one column of several first.",
            )


def require_flag(argument: str, given: object, hint: str) -> None:
    """Refuses what is neither True nor False for an argument that is one of them.

    Raises:
        ModelError: Its code is the argument's name, with hyphens.

    Example:
        >>> require_flag("average", 0.9, "Leave it out for averages.")
        Traceback (most recent call last):
        bayesinf.errors.ModelError: average= is True or False; this is 'float'.
          Leave it out for averages.
    """
    if not isinstance(given, bool | np.bool_):
        raise ModelError(
            f"{argument}= is True or False; this is '{type(given).__name__}'.",
            code=argument.replace("_", "-"),
            hint=hint,
        )


def _refuse_places(verb: str, places: int, by_name: Sequence[str], args: Sequence[object]) -> None:
    """Refuses arguments by place where they are taken by name alone."""
    if by_name and len(args) > places:
        raise ModelError(
            f"'{verb}' takes {' and '.join(by_name[: len(args) - places])} by name.",
            code="argument-by-name",
            hint=f"Write {', '.join(f'{name}=...' for name in by_name[: len(args) - places])}.",
        )


def _refuse_names(verb: str, known: Sequence[str], kwargs: Mapping[str, object]) -> None:
    """Refuses names for arguments that follow one another, as the fits of bi.compare do."""
    for name in kwargs:
        raise ModelError(
            f"'{verb}' takes its {_own(known)[0]} without names, and here is '{name}='.",
            code="unknown-argument",
            column=name,
            hint=f"Give them one after the other: {verb}(first, second).",
        )


def _refuse_arguments(
    verb: str,
    known: Sequence[str],
    required: Sequence[str],
    args: Sequence[object],
    kwargs: Mapping[str, Any],
) -> None:
    for name, value in kwargs.items():
        if name not in known:
            raise unknown_argument(verb, name, value, known)
        if name in known[: len(args)]:
            raise ModelError(
                f"'{verb}' has the argument '{name}' twice: by its place and by its name.",
                code="argument-twice",
                column=name,
                hint=f"Give it once. {_listed(known)}",
            )
    if len(args) > len(known):
        raise ModelError(
            f"'{verb}' is given {len(args) - len(known)} more than its {len(_own(known))} "
            "arguments.",
            code="too-many-arguments",
            hint=f"Give the later ones by name. {_listed(known)}",
        )
    for name in required:
        if name not in kwargs and name not in known[: len(args)]:
            raise ModelError(
                f"'{verb}' needs an argument '{name}'.",
                code="missing-argument",
                column=name,
                hint=f"Write {verb}({', '.join(_own(required))}, ...). {_listed(known)}",
            )


def unknown_argument(verb: str, name: str, value: object, known: Sequence[str]) -> ModelError:
    """The error for an argument that a verb does not have."""
    plain = isinstance(value, str | int | float | None)
    shown = f"{verb}(..., {name}={f'{value!r:.30}' if plain else '...'})"
    caret = " " * (len(verb) + 6) + "^"
    own = _own(known)
    other = OTHER_NAMES.get(name, "")
    near = f" Here it is called '{other}'." if other in own else suggest(name, own)
    hint = _listed(known)
    if name in OF_ENGINES and "engine" in own:
        hint = f"Give it to the engine, as in engine=bi.NUTS(chains=4). {hint}"
    if name in IN_FORMULAS and "formula" in own:
        hint = f"Write it in the formula, as in '{IN_FORMULAS[name]}'. {hint}"
    return ModelError(
        f"'{verb}' has no argument '{name}'.{near}\n    {shown}\n    {caret}",
        code="unknown-argument",
        column=name,
        hint=hint,
    )


def _own(known: Sequence[str]) -> list[str]:
    return [word for word in known if word != "self"]


def _listed(known: Sequence[str]) -> str:
    own = _own(known)
    return f"Use its arguments: {', '.join(own)}." if own else "It takes none."
