"""Where a posterior comes from: engine, seed, versions, time, and the data's fingerprint."""

from __future__ import annotations

import hashlib
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from bayesinf.design import Design

_PACKAGES = ("bayesinf", "jax", "numpyro", "numpy", "scipy", "pandas", "arviz", "formulaic")


@dataclass(frozen=True)
class Choice:
    """Why one engine ran or did not run.

    Attributes:
        engine: The engine's name.
        chosen: Whether it ran.
        reason: A sentence.
    """

    engine: str
    chosen: bool
    reason: str


@dataclass(frozen=True)
class Explanation:
    """What is special about a model, and the table of engines: which one ran, and why no other.

    Attributes:
        choices: The engines that were asked, in turn.
        facts: Sentences on the model's structure, which the engines decided by.
    """

    choices: tuple[Choice, ...]
    facts: tuple[str, ...] = ()

    def __str__(self) -> str:
        width = max(len(choice.engine) for choice in self.choices)
        table = (
            f"{c.engine:<{width}}  {'chosen' if c.chosen else 'no':<6}  {c.reason}"
            for c in self.choices
        )
        return "\n".join([*self.facts, *([""] if self.facts else []), *table])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        facts = "".join(f"<li>{escape(fact)}</li>" for fact in self.facts)
        rows = "".join(
            f"<tr><td>{_bold(c.engine, c.chosen)}</td><td>{'chosen' if c.chosen else 'no'}</td>"
            f'<td style="text-align:left">{escape(c.reason)}</td></tr>'
            for c in self.choices
        )
        head = '<tr><th>engine</th><th></th><th style="text-align:left">why</th></tr>'
        table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
        return f"<ul>{facts}</ul>{table}" if facts else table


def _bold(text: str, marked: bool) -> str:
    return f"<b>{escape(text)}</b>" if marked else escape(text)


@dataclass(frozen=True)
class Provenance:
    """Where a posterior comes from.

    Attributes:
        engine: The engine that ran.
        settings: Its settings.
        seed: The seed, also when it was drawn from entropy.
        seconds: Wall time of the engine.
        explanation: Why this engine.
        rows: Rows used.
        fingerprint: SHA-256 of the numbers that entered the likelihood.
        versions: Versions of the packages that computed it.
        history: What happened to the posterior since, such as updates.
    """

    engine: str
    settings: dict[str, object]
    seed: int
    seconds: float
    explanation: Explanation
    rows: int
    fingerprint: str
    versions: dict[str, str] = field(default_factory=dict)
    history: tuple[str, ...] = ()


def installed_versions() -> dict[str, str]:
    """The versions of Python and of the packages that matter to the numbers."""
    return dict(_versions_on_disk())


@cache
def _versions_on_disk() -> dict[str, str]:
    """Read once: reading them takes as long as a small fit."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


HASHED_AT_ONCE = 16_384
"""Rows that are put in order while the rows before them are hashed."""


def fingerprint(design: Design) -> str:
    """SHA-256 of the numbers that enter the likelihood: the same rows give the same text.

    The numbers are taken array by array and, within an array, row by row.
    """
    digest = hashlib.sha256()
    rows = design.rows
    parts = [design.response, rows.population, rows.offset, design.weights]
    parts += [rows.known.trials, rows.known.standard_error]
    for group in rows.groups:
        parts += [group.codes, group.matrix]
    for part in parts:
        if part is None:
            digest.update(b"-")
        elif part.flags.c_contiguous or len(part) <= HASHED_AT_ONCE:
            digest.update(np.ascontiguousarray(part))
        else:
            _hash_by_rows(digest, part)
    return digest.hexdigest()


def _hash_by_rows(digest: Any, matrix: np.ndarray) -> None:
    """Hashes a matrix that lies column after column in memory, by row."""

    def ordered(start: int) -> np.ndarray:
        return np.ascontiguousarray(matrix[start : start + HASHED_AT_ONCE])

    with ThreadPoolExecutor(1) as ahead:
        pending = ahead.submit(ordered, 0)
        for start in range(HASHED_AT_ONCE, len(matrix) + HASHED_AT_ONCE, HASHED_AT_ONCE):
            ready, pending = pending.result(), ahead.submit(ordered, start)
            digest.update(ready)
