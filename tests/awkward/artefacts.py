"""Section J of the catalogue."""

from __future__ import annotations

from tests.awkward.row import Row

ROWS: tuple[Row, ...] = ()
