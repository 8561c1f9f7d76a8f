"""What a model written by hand is called with: arrays, and settings that its code may branch on.

Arrays are arguments of compiled programs, so that other arrays of the same shapes compile nothing.
Whole numbers, flags, text and functions are settings: they may be sizes of plates or choose between
branches, so another one is another program.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from bayesinf.errors import DataError, ModelError, name_rows, suggest


@dataclass(frozen=True, eq=False)
class Arguments:
    """The arguments of a model by name, in two kinds.

    Attributes:
        arrays: Numbers in double precision, whole numbers in 64 bits, or flags.
        settings: What is compiled in.
    """

    arrays: Mapping[str, np.ndarray]
    settings: Mapping[str, Hashable]

    @property
    def names(self) -> tuple[str, ...]:
        """All names, arrays first."""
        return (*self.arrays, *self.settings)

    def fingerprint(self) -> str:
        """SHA-256 of names and values: the same arguments give the same text."""
        digest = hashlib.sha256()
        for name in sorted(self.arrays):
            values = self.arrays[name]
            digest.update(f"{name} {values.dtype} {values.shape}".encode())
            digest.update(np.ascontiguousarray(values).tobytes())
        for name in sorted(self.settings):
            digest.update(f"{name} {_told(self.settings[name])}".encode())
        return digest.hexdigest()

    def told(self) -> dict[str, str]:
        """The settings in words, for a manifest."""
        return {name: _told(value) for name, value in self.settings.items()}


def _told(value: object) -> str:
    return getattr(value, "__qualname__", type(value).__name__) if callable(value) else repr(value)


def read_arguments(data: object) -> Arguments:
    """Sorts the arguments of a model into arrays and settings.

    Args:
        data: A mapping from names to arrays, lists of numbers, numbers, flags, text, None or
            functions. Numbers with a fraction are arrays; whole numbers are settings.

    Returns:
        The arguments, arrays in double precision.

    Raises:
        DataError: Where a value is of another kind, or holds NaN; the argument is named.
    """
    if not isinstance(data, Mapping):
        raise DataError(
            "The data of a NumPyro model are a dict of its arguments, such as "
            f'data={{"x": x, "y": y}}, not {type(data).__name__}.',
            code="not-a-mapping",
        )
    arrays: dict[str, np.ndarray] = {}
    settings: dict[str, Hashable] = {}
    for name, value in data.items():
        if not isinstance(name, str):
            raise DataError(f"Names of arguments are text, not {name!r}.", code="argument-name")
        if _is_setting(value):
            settings[name] = value.item() if isinstance(value, np.generic | np.ndarray) else value
        else:
            arrays[name] = _array(name, value)
    return Arguments(arrays, settings)


def _is_setting(value: object) -> bool:
    if value is None or isinstance(value, bool | int | str) or callable(value):
        return True
    whole = isinstance(value, np.generic | np.ndarray) and np.ndim(value) == 0
    return whole and np.asarray(value).dtype.kind in "biu"


def _array(name: str, value: Any) -> np.ndarray:
    if isinstance(value, jax.Array) and jax.numpy.issubdtype(value.dtype, jax.dtypes.prng_key):
        raise DataError(
            f"The argument '{name}' is a random key. A density has no randomness of its own: the "
            "sampler brings the keys.",
            code="random-key",
            column=name,
            hint="Take the key out of the model's arguments; predictions draw their own.",
        )
    try:
        values = np.asarray(value)
    except ValueError as error:
        raise _not_numbers(name, f"cannot become one array ({error})") from error
    if values.dtype.kind not in "biuf":
        kind = type(value).__name__ if values.dtype.kind == "O" else f"values of {values.dtype}"
        raise _not_numbers(name, f"is a {kind}" if values.ndim == 0 else f"holds {kind}")
    if values.dtype.kind == "f":
        values = values.astype(np.float64)
        _refuse_missing(name, values)
        return values
    return values if values.dtype.kind == "b" else values.astype(np.int64)


def _not_numbers(name: str, what: str) -> DataError:
    return DataError(
        f"The argument '{name}' {what}; a model takes arrays of numbers.",
        code="not-numeric",
        column=name,
        hint="Give columns one by one, such as frame['x'].to_numpy(), and factors as codes from 0.",
    )


def _refuse_missing(name: str, values: np.ndarray) -> None:
    missing = np.isnan(values)
    if not missing.any():
        return
    rows = np.unique(np.nonzero(missing)[0]) if values.ndim else np.zeros(1, dtype=int)
    where = f" ({name_rows(rows)})" if values.ndim else ""
    raise DataError(
        f"The argument '{name}' is missing (NaN) in {missing.sum()} of {values.size} "
        f"places{where}: a density of NaN is NaN.",
        code="missing-values",
        column=name,
        rows=rows.tolist(),
        hint="Leave these rows out of all arguments, or let the model mark missing values by a "
        "mask and a number in their place.",
    )


def check_names(function: Callable[..., object], label: str, given: tuple[str, ...]) -> None:
    """Refuses arguments that a model does not take, and asks for those that it needs.

    Args:
        function: The model.
        label: Its name, for the sentences.
        given: Names of the arguments.

    Raises:
        ModelError: `unknown-argument`, `missing-argument`, `positional-argument`.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return  # a callable that does not say what it takes is asked by calling it
    kinds = inspect.Parameter
    if any(p.kind is kinds.POSITIONAL_ONLY and p.default is kinds.empty for p in parameters):
        raise ModelError(
            f"The model '{label}' takes arguments by position alone, and data= gives them by name.",
            code="positional-argument",
            hint="Take the '/' out of its signature.",
        )
    named = [p for p in parameters if p.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)]
    known = [p.name for p in named]
    strange = [name for name in given if name not in known]
    if strange and not any(p.kind is kinds.VAR_KEYWORD for p in parameters):
        takes = f"takes {', '.join(known)}" if known else "takes no arguments"
        raise ModelError(
            f"The model '{label}' has no argument '{strange[0]}'.{suggest(strange[0], known)}",
            code="unknown-argument",
            column=strange[0],
            hint=f"It {takes}.",
        )
    needed = [p.name for p in named if p.default is kinds.empty and p.name not in given]
    if needed:
        listed = ", ".join(f"'{name}'" for name in needed)
        raise ModelError(
            f"The model '{label}' needs the argument{'s' * (len(needed) > 1)} {listed}.",
            code="missing-argument",
            column=needed[0],
            hint='Give every argument without a default by name: data={"name": value, ...}.',
        )
