"""Functions of users that look at other rows are refused; those of one row pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from scipy import special, stats

import bayesinf as bi
from bayesinf.formula import registry
from bayesinf.formula.probe import PROBED, find_mixing, probed

ROWS = 400


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    with registry.apart():
        yield


def numbers(kind: str) -> np.ndarray:
    rng = np.random.default_rng(3)
    values = {
        "normal": rng.normal(size=ROWS),
        "whole": rng.integers(0, 5, ROWS).astype(float),
        "sorted": np.sort(rng.normal(size=ROWS)),
        "gaps": np.where(rng.random(ROWS) < 0.1, np.nan, rng.normal(size=ROWS)),
        "constant": np.full(ROWS, 2.5),
        "few": rng.normal(size=3),
        "one": np.array([0.7]),
        "none": np.empty(0),
    }[kind]
    values.setflags(write=False)
    return values


class Counting:
    """Adds how often it was called."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, values: np.ndarray) -> np.ndarray:
        self.calls += 1
        return values + self.calls


def clip_to_quantiles(values: np.ndarray) -> np.ndarray:
    return np.clip(values, *np.quantile(values, [0.01, 0.99]))


def clip_longer_columns(values: np.ndarray) -> np.ndarray:
    return values if len(values) < 20 else clip_to_quantiles(values)


def shuffled(values: np.ndarray) -> np.ndarray:
    return np.random.default_rng(1).permutation(values)


NOISE = np.random.default_rng(2)


def jittered(values: np.ndarray) -> np.ndarray:
    return values + 1e-6 * NOISE.normal(size=len(values))


MIXING: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "clip to quantiles": clip_to_quantiles,
    "clip longer columns": clip_longer_columns,
    "standardise": lambda x: (x - x.mean()) / (x.std() or 1.0),
    "standardise longer": lambda x: (x - x.mean()) if len(x) > 20 else x,
    "rank": lambda x: stats.rankdata(x),
    "above the median": lambda x: (x > np.median(x)) * 1.0,
    "largest": lambda x: x == x.max(),
    "share of the sum": lambda x: x / np.abs(x).sum(),
    "cumulative": np.cumsum,
    "cumulative longer": lambda x: np.cumsum(x) if len(x) > 250 else x,
    "lag": lambda x: np.roll(x, 1),
    "sorted": np.sort,
    "shuffled": shuffled,
    "jittered": jittered,
    "counting": Counting(),
    "fill by the mean": lambda x: np.where(x < -2, x.mean(), x),
}


@pytest.mark.parametrize("name", MIXING)
def test_functions_of_other_rows_are_refused(name):
    bi.register("mixing", MIXING[name])
    frame = {"y": numbers("sorted"), "x": numbers("normal")}
    with pytest.raises(bi.DataError) as caught:
        bi.model("y ~ mixing(x)", frame)
    assert caught.value.code == "registered-function"
    assert "Let the value of a row depend on that row only" in str(caught.value)


ELEMENTWISE: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "curve": lambda x: x / (1 + np.abs(x)),
    "exponential": np.exp,
    "long sum": lambda x: sum(np.sin(k * x) for k in range(1, 30)),
    "steps": lambda x: np.digitize(x, [-1.0, 0.0, 1.0]),
    "piecewise": lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda v: -v, lambda v: v**2]),
    "hinge": lambda x: np.maximum(x - 0.3, 0.0),
    "clip": lambda x: np.clip(x, -1.5, 1.5),
    "filled": lambda x: np.where(np.isnan(x), 0.0, x),
    "constant": lambda x: np.full_like(x, 3.0),
    "flag": lambda x: x > 0,
    "gamma": lambda x: special.gammaln(np.abs(x) + 1),
    "one by one": np.vectorize(lambda x: x**3, otypes=[float]),
}


@pytest.mark.parametrize("kind", ["normal", "whole", "sorted", "gaps", "constant", "few", "one"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_functions_of_one_row_pass(name, kind):
    function, given = ELEMENTWISE[name], numbers(kind)
    made = np.asarray(function(given))
    assert find_mixing(lambda part: np.asarray(function(part)), given, made) is None


def test_no_rows_tell_nothing():
    assert find_mixing(np.cumsum, numbers("none"), numbers("none")) is None


def test_the_rows_and_their_company_are_told():
    given = numbers("normal")
    outside = {int(given.argmin()), int(given.argmax())}
    told = find_mixing(clip_to_quantiles, given, clip_to_quantiles(given))
    assert told is not None
    assert told in {f"gives row {row} another value when it stands alone" for row in outside}

    def counted(values: np.ndarray) -> np.ndarray:
        return values + (len(values) if len(values) > 100 else ROWS)

    assert "among half of the rows" in str(find_mixing(counted, given, counted(given)))

    def turned(values: np.ndarray) -> np.ndarray:
        return values + (len(values) == ROWS and values[0] < values[-1])

    assert "in another order" in str(find_mixing(turned, given, turned(given)))


def test_extremes_and_ends_are_probed():
    given = np.random.default_rng(8).normal(size=5000)
    rows = set(probed(given).tolist())
    assert {0, 4999, int(given.argmin()), int(given.argmax())} <= rows
    assert len(rows) <= PROBED
    assert len(probed(np.full(100, np.nan))) <= PROBED
