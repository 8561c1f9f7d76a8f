"""The validation as a value, a page and JSON; the whole of it runs in `make validate`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.validation import Validation, validate, validation
from bayesinf.validation.certified import certified
from bayesinf.validation.check import Check
from bayesinf.validation.installation import hash_of_source, installation, machine, precise, sealed
from bayesinf.validation.ranks import LEVEL, calibrated, line


def failing() -> Iterator[Check]:
    yield Check("Exact posteriors", "planted", "nothing", "<b>wrong</b>", False, "nowhere")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Validation:
    monkeypatch.setattr(validation, "SUITE", (installation, certified))
    said: list[str] = []
    found = validate(said.append)
    assert len(said) == len(found.checks)
    return found


def test_what_passes_is_said_first(short: Validation) -> None:
    assert short.passed
    assert short.sentence.startswith(f"All {len(short.checks)} checks passed")
    page = short.report().to_html()
    for word in ("Longley", "Known limits", short.machine["source"], "bayesinf validate", "seed 1"):
        assert word in page


def test_json_holds_every_number(short: Validation) -> None:
    content = json.loads(short.to_json())
    assert content["passed"] is True
    names = [(check["subject"], check["name"]) for check in content["checks"]]
    assert len(set(names)) == len(names) == len(short.checks)
    longley = next(check for check in content["checks"] if check["name"] == "Longley")
    assert longley["evidence"]["digits"] >= 10
    assert content["machine"]["source"] == hash_of_source()


def test_a_failure_is_named_and_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "SUITE", (failing,))
    found = validate()
    assert not found.passed
    assert found.sentence.startswith("Only 0 of 1 checks passed")
    assert "FAILED  Exact posteriors: planted" in repr(found)
    page = found.report().to_html()
    assert "<b>wrong</b>" not in page and "&lt;b&gt;wrong" in page


def test_single_precision_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert precise().passed
    monkeypatch.setattr("bayesinf.validation.installation.jnp.float64", np.float32)
    assert not precise().passed


def test_a_store_that_does_not_look_would_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sealed().passed
    monkeypatch.setattr("bayesinf.validation.installation.load", lambda folder: folder)
    assert not sealed().passed


def test_the_machine_is_described() -> None:
    described = machine()
    assert described["jax"] and described["devices"] and len(described["source"]) == 64


def test_calibration_passes_and_half_the_spread_does_not() -> None:
    right = calibrated("line", bi.Conjugate(draws=64), line(), 100)
    assert right.passed
    assert "Intercept ~ Normal(0, 1)" in right.source and "seed 1" in right.source
    assert "nine times in ten this finds a mean" in right.asked
    # Half the spread, which the next line plants, is a fault of a size that it claims to find.
    assert 0.5 < right.evidence["narrower sd found"] < 1 < right.evidence["wider sd found"] < 2
    wrong = calibrated("line", _narrow(), line(), 150)
    assert not wrong.passed and wrong.evidence["p"] < LEVEL


def _narrow() -> bi.Engine:
    from tests.calibration.test_engines import Overconfident

    return Overconfident()


def test_files_are_compared_where_hashes_were_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An editable installation has none, which the machine's table says instead of a pass."""
    place = "bayesinf.validation.installation.recorded_hashes"
    monkeypatch.setattr(place, dict)
    assert "files" not in {check.name for check in installation()}
    assert machine()["files"].startswith("not compared")
    monkeypatch.setattr(place, lambda: {"bayesinf/errors.py": "nothing"})
    check = next(iter(installation()))
    assert check.name == "files" and not check.passed and "1 of 1 files differ" in check.found
