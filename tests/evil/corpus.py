"""The hostile formulas of `formulas.txt`, and the columns that they may see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("formulas.txt")
ESCAPE = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}|\\n")
REPEAT = re.compile(r"⟦(.+?)\*(\d+)⟧", re.DOTALL)

ROWS = 4_000
RNG = np.random.default_rng(20)
FRAME = {
    "y": RNG.normal(size=ROWS) + 5,
    **{name: RNG.normal(size=ROWS) + 5 for name in "xzn"},
    **{name: RNG.normal(size=ROWS) for name in "abcdefhijklm"},
    "g": np.array(list("abcd") * (ROWS // 4)),
    "id": np.array([f"i{k // 2}" for k in range(ROWS)]),
    "id2": np.array([f"j{k // 3}" for k in range(ROWS)]),
}
"""Enough rows that a matrix of many columns would be large."""

SMALL = {name: values[:60] for name, values in FRAME.items()}


@dataclass(frozen=True)
class Hostile:
    """One formula that must be refused.

    Attributes:
        line: Where it stands in the file, from 1.
        category: The heading above it.
        text: The whole formula.
        piece: The right-hand side, where that is what the line holds.
    """

    line: int
    category: str
    text: str
    piece: str | None

    def __str__(self) -> str:
        return f"{self.line}-{self.category.replace(' ', '-')}"

    @property
    def placed(self) -> tuple[str, ...]:
        """The formula, and its piece in the other places of a formula."""
        if self.piece is None or len(self.piece) > 500:
            return (self.text,)
        piece = self.piece
        return (
            self.text,
            f"y ~ x + {piece}",
            f"y ~ (1 + {piece} | g)",
            f"y ~ offset({piece})",
            f"y | weights({piece}) ~ x",
            f"{piece} ~ x",
        )


def hostile() -> list[Hostile]:
    """All lines of the file."""
    found: list[Hostile] = []
    category = ""
    for number, line in enumerate(FILE.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("# "):
            category = line[2:]
            continue
        if not line:
            continue
        text = _written_out(line.removeprefix("\\") if line.startswith("\\#") else line)
        if text.startswith("= "):
            found.append(Hostile(number, category, text[2:], None))
        else:
            found.append(Hostile(number, category, f"y ~ {text}", text))
    return found


def _written_out(line: str) -> str:
    repeated = REPEAT.sub(
        lambda match: "".join(match[1].replace("#", str(k)) for k in range(int(match[2]))), line
    )
    return ESCAPE.sub(lambda match: _character(match.group()), repeated)


def _character(escape: str) -> str:
    return "\n" if escape == "\\n" else chr(int(escape[2:], 16))
