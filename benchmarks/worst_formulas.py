"""How long the longest formulas of each shape take the processor to read and to refuse.

python -m benchmarks.worst_formulas [length ...]
"""

from __future__ import annotations

import sys

import bayesinf as bi
from bayesinf import terms
from bayesinf.formula import parse
from tests.evil.clock import ended, seconds_of
from tests.evil.corpus import SMALL
from tests.evil.shapes import LENGTH, SHAPES, formula
from tests.evil.watch import warm_up

GOAL = 0.05
"""Seconds."""


def main(arguments: list[str]) -> None:
    """Prints a line for each shape, and which are above the goal."""
    warm_up()
    above: list[str] = []
    for length in map(int, arguments or [str(LENGTH)]):
        for shape in SHAPES:
            code, times = measured(formula(shape, length))
            above += [f"{shape} ({length})"] * (max(times.values()) > GOAL)
            took = ", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in times.items())
            print(f"{length:>6} {shape}: {took}, {code}", flush=True)
    print(f"{len(above)} above {1000 * GOAL:.0f} ms: {'; '.join(above)}")


def measured(text: str) -> tuple[str, dict[str, float]]:
    """How a formula ends, and the seconds until it is read, and until it is refused."""
    special = tuple(term.name for term in terms.ALL)

    def read() -> None:
        parse(text, special)

    def build() -> None:
        bi.model(text, SMALL)

    times = {"read": seconds_of(read, GOAL / 2)}
    code = ended(read)
    if code == "read" and (code := ended(build)) != "read":
        times["refuse"] = seconds_of(build, GOAL / 2)
    return code, times


if __name__ == "__main__":
    main(sys.argv[1:])
