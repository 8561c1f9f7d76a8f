"""NIST's certified regressions: digits of the worst coefficient and standard error.

    python -m benchmarks.certified [--write]

`--write` puts the table into docs/trust.md.
"""

from __future__ import annotations

import argparse
import sys

from bayesinf.validation.certified import certified, certified_values
from bayesinf.validation.check import Check
from benchmarks.machine import machine
from benchmarks.page import TRUST, table, write_section

PLAIN = {
    "Norris": (12.3, 12.0, 11.9),
    "Pontius": (6.3, 12.8, 11.6),
    "NoInt1": (15.0, 15.0, 15.0),
    "NoInt2": (15.0, 15.0, 15.0),
    "Filip": (0.0, 7.4, 0.0),
    "Longley": (10.9, 10.9, 7.4),
    "Wampler1": (9.6, 9.4, 6.4),
    "Wampler2": (10.4, 13.0, 10.0),
    "Wampler3": (9.5, 9.1, 6.4),
    "Wampler4": (7.8, 7.8, 6.4),
    "Wampler5": (5.8, 5.8, 6.4),
}
"""Digits of `numpy.linalg.lstsq`, of QR on the columns as they are, and of the normal equations, in
double precision, computed once on the same files."""


def section(checks: list[Check]) -> str:
    """The section of the page."""
    names = {truth["name"] for truth in certified_values().values()}
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
                *(f"{digits:.1f}" for digits in PLAIN[check.name]),
                "yes" if check.passed else "NO",
            ]
        )
    head = ["set", "difficulty", "asked", "digits", "of standard errors"]
    head += ["numpy lstsq", "QR", "normal equations", "passes"]
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
