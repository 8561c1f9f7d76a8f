"""The fingerprint is SHA-256 of the numbers, row by row, whatever their order in memory."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.posterior import provenance
from bayesinf.posterior.provenance import fingerprint


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("at_once", [7, 50, 10_000])
def test_the_fingerprint_is_that_of_the_bytes(monkeypatch, order, at_once):
    monkeypatch.setattr(provenance, "HASHED_AT_ONCE", at_once)
    rng = np.random.default_rng(1)
    frame = {"y": rng.normal(size=50), "x": rng.normal(size=50), "w": rng.uniform(1, 2, 50)}
    design = bi.model("y | weights(w) ~ x", frame).design
    population = np.array(design.rows.population, order=order)
    parts = [frame["y"], population, np.zeros(50), frame["w"], None, None]
    expected = hashlib.sha256(
        b"".join(b"-" if part is None else part.tobytes(order="C") for part in parts)
    )
    found = fingerprint(replace(design, rows=replace(design.rows, population=population)))
    assert found == expected.hexdigest()
