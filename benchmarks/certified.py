"""NIST's certified regressions: digits of the worst coefficient and standard error.

    python -m benchmarks.certified [--write]

`--write` puts the table into docs/trust.md.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np

from bayesinf.api import model as build_model
from bayesinf.validation.certified import (
    agreeing_digits,
    certified,
    certified_values,
    priors_of,
    rows_of,
)
from bayesinf.validation.check import Check
from benchmarks.machine import machine
from benchmarks.page import TRUST, table, write_section

WAYS = ("numpy lstsq", "QR", "normal equations")
"""What a program might do instead, in double precision on the columns as they are."""


def plain_digits(name: str, truth: dict[str, Any]) -> list[float]:
    """Digits of the worst coefficient by each of `WAYS`."""
    rows = rows_of(name)
    model = build_model(truth["formula"], rows, priors=priors_of(truth))
    columns, outcome = model.design.rows.population, model.design.response
    orthonormal, triangle = np.linalg.qr(columns)
    products = columns.T @ columns
    found = (
        np.linalg.lstsq(columns, outcome, rcond=None)[0],
        np.linalg.solve(triangle, orthonormal.T @ outcome),
        np.linalg.solve(products, columns.T @ outcome),
    )
    coefficients = np.array(truth["coefficients"])
    return [float(agreeing_digits(one, coefficients).min()) for one in found]


def section(checks: list[Check]) -> str:
    """The section of the page."""
    plain = {truth["name"]: plain_digits(name, truth) for name, truth in certified_values().items()}
    names = set(plain)
    regressions = [check for check in checks if check.name in names]
    rows = []
    for check in regressions:
        errors = check.evidence.get("digits of standard errors")
        rows.append(
            [
                check.name,
                check.source.removeprefix("NIST StRD, ").removesuffix(" difficulty"),
                f"{check.evidence['asked']:g}",
                f"{check.evidence['digits']:.1f}",
                "–" if errors is None else f"{errors:.1f}",
                *(f"{digits:.1f}" for digits in plain[check.name]),
                "yes" if check.passed else "NO",
            ]
        )
    head = ["set", "difficulty", "asked", "digits", "of standard errors"]
    head += [*WAYS, "passes"]
    shifts = [
        [check.name, check.found, "yes" if check.passed else "NO"]
        for check in checks
        if check.name not in names
    ]
    here = machine()
    return (
        f"`python -m benchmarks.certified --write`, {here['date']}, on {here['processor']}: "
        f"{sum(check.passed for check in regressions)} of {len(regressions)} pass.\n\n"
        f"{table(head, rows)}\n\nStandard errors follow from the closed-form posterior sd under "
        "the prior 1 / sigma; where the fit is exact they are zero and not compared.\n\n"
        "The form of NIST's sets for Markov chain Monte Carlo, 1,001 outcomes of which only the "
        "last digits vary; other engines are held against the closed form in "
        "`tests/bayesinf/validation/test_certified.py`.\n\n"
        f"{table(['model', 'found', 'passes'], shifts)}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; 1 when a set fails."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.certified")
    made.add_argument("--write", action="store_true", help="write the table into docs/trust.md")
    given = made.parse_args(arguments)
    checks = list(certified())
    text = section(checks)
    print(text)
    if given.write:
        write_section("nist", text, TRUST)
    return int(not all(check.passed for check in checks))


if __name__ == "__main__":
    sys.exit(main())
