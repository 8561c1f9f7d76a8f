"""Whether two functions do the same: a hash of what they do, which comments do not change.

A saved fit of a model written by hand keeps this hash of its code, and never the code.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import CodeType, FunctionType
from typing import Any

PLAIN = (bool, int, float, complex, str, bytes, type(None))


def instructions(function: Callable[..., object]) -> str:
    """A hash of a function's instructions, and of the functions of its module that it calls.

    Comments, spaces and documentation do not count; numbers and names do, also those that it
    finds around itself. What other modules do is not looked at.

    Returns:
        The version of Python, whose instructions differ from those of others, and a SHA-256; empty
        for a callable that has no instructions of its own.

    Example:
        >>> one, other = (eval(f"lambda x: x + {number}") for number in (1, 2))
        >>> instructions(one) == instructions(one), instructions(one) == instructions(other)
        (True, False)
    """
    inner = _function(function)
    if inner is None:
        return ""
    digest = hashlib.sha256()
    for part in _parts(function, set()):
        digest.update(f"{part}\x1f".encode())
    return f"{sys.version_info.major}.{sys.version_info.minor} {digest.hexdigest()}"


def differ(one: str, other: str) -> bool:
    """Whether two hashes say that functions differ; those of other versions of Python do not."""
    version, _, known = one.partition(" ")
    same_version = bool(known) and other.startswith(f"{version} ")
    return same_version and one != other


def _function(value: Any) -> FunctionType | None:
    """The Python function in a callable: of a partial, of a handler around it."""
    for _ in range(10):
        if isinstance(value, FunctionType):
            return value
        value = getattr(value, "func", None) or getattr(value, "fn", None) or value
        value = getattr(value, "__func__", value)
    return None


def _parts(value: Any, seen: set[int]) -> Iterator[str]:
    """What a function does, as text, in a fixed order."""
    if isinstance(value, partial):
        yield from _values([*value.args, *sorted(value.keywords.items())], seen)
    function = _function(value)
    if function is None or id(function) in seen:
        return
    seen.add(id(function))
    yield from _code(function.__code__, function.__doc__)
    yield from _values([*(function.__defaults__ or ())], seen)
    yield from _values([*sorted((function.__kwdefaults__ or {}).items())], seen)
    yield from _values([cell.cell_contents for cell in _filled(function)], seen)
    for name in _names(function.__code__):
        around = function.__globals__.get(name)
        if isinstance(around, PLAIN):
            yield f"{name}={around!r}"
        elif isinstance(around, FunctionType) and around.__module__ == function.__module__:
            yield from _parts(around, seen)


def _filled(function: FunctionType) -> list[Any]:
    """The cells of a closure that hold something."""
    filled = []
    for cell in function.__closure__ or ():
        try:
            _ = cell.cell_contents
        except ValueError:
            continue
        filled.append(cell)
    return filled


def _values(values: list[Any], seen: set[int]) -> Iterator[str]:
    for value in values:
        if isinstance(value, PLAIN):
            yield repr(value)
        elif isinstance(value, tuple):
            yield from _values(list(value), seen)
        else:
            yield from _parts(value, seen)


def _code(code: CodeType, documentation: str | None = None) -> Iterator[str]:
    yield code.co_code.hex()
    yield repr((code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code(constant)
        elif constant is not None and constant is not documentation:  # it stands where None would
            yield repr(sorted(constant, key=repr) if isinstance(constant, frozenset) else constant)


def _names(code: CodeType) -> tuple[str, ...]:
    inner = [_names(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return (*code.co_names, *(name for names in inner for name in names))
