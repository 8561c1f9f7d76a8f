"""Where a posterior comes from: engine, seed, versions, time, and the data's fingerprint."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version

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
    """The table of engines: which one ran, and why the others did not."""

    choices: tuple[Choice, ...]

    def __str__(self) -> str:
        width = max(len(choice.engine) for choice in self.choices)
        return "\n".join(
            f"{c.engine:<{width}}  {'chosen' if c.chosen else 'no':<6}  {c.reason}"
            for c in self.choices
        )

    __repr__ = __str__


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


def fingerprint(design: Design) -> str:
    """SHA-256 of the numbers that enter the likelihood: the same rows give the same text."""
    digest = hashlib.sha256()
    rows = design.rows
    parts = [design.response, rows.population, rows.offset, design.weights]
    parts += [rows.known.trials, rows.known.standard_error]
    for group in rows.groups:
        parts += [group.codes, group.matrix]
    for part in parts:
        digest.update(b"-" if part is None else np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
