"""Reads the fields of a manifest, each as the kind of value that it must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bayesinf.errors import ArtefactError

type Plain = Mapping[str, Any]
"""Mappings with text keys, lists, text, numbers, booleans and None."""


def text(kept: Plain, name: str) -> str:
    """The field as text."""
    value = kept[name]
    return value if isinstance(value, str) else _refuse(name, value, "text")


def truth(kept: Plain, name: str) -> bool:
    """The field as true or false; the text "False" is neither."""
    value = kept[name]
    return value if isinstance(value, bool) else _refuse(name, value, "true or false")


def whole(kept: Plain, name: str) -> int:
    """The field as a whole number."""
    value = kept[name]
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return value if is_whole else _refuse(name, value, "a whole number")


def number(kept: Plain, name: str) -> float:
    """The field as a number."""
    value = kept[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else _refuse(name, value, "a number")


def mapping(kept: Plain, name: str) -> Plain:
    """The field as a mapping."""
    value = kept[name]
    return value if isinstance(value, Mapping) else _refuse(name, value, "a mapping")


def items(kept: Plain, name: str) -> list[Any]:
    """The field as a list."""
    value = kept[name]
    return value if isinstance(value, list) else _refuse(name, value, "a list")


def mappings(kept: Plain, name: str) -> list[Plain]:
    """The field as a list of mappings."""
    values = items(kept, name)
    return [mapping({name: value}, name) for value in values]


def texts(kept: Plain, name: str) -> tuple[str, ...]:
    """The field as a list of text."""
    return tuple(text({name: value}, name) for value in items(kept, name))


def distinct(kept: Plain, name: str) -> tuple[str, ...]:
    """The field as a list of text in which nothing stands twice."""
    found = texts(kept, name)
    refuse_repeats(found, name)
    return found


def refuse_repeats(values: Sequence[object], name: str) -> None:
    """Refuses a list in which something stands twice.

    Raises:
        ArtefactError: `bad-manifest`.
    """
    if len(set(values)) < len(values):
        twice = next(value for k, value in enumerate(values) if value in values[:k])
        raise ArtefactError(f"The manifest lists {twice!r} twice in '{name}'.", code="bad-manifest")


def only(kept: Plain, names: Sequence[str]) -> None:
    """Refuses fields of other names.

    Raises:
        ArtefactError: `bad-manifest`.
    """
    if strange := set(kept) - set(names):
        raise ArtefactError(
            f"The manifest has a field '{min(strange)}' that this bayesinf does not know.",
            code="bad-manifest",
        )


def _refuse(name: str, value: object, expected: str) -> Any:
    raise ArtefactError(
        f"The manifest's field '{name}' is {value!r}, and must be {expected}.",
        code="bad-manifest",
    )
