"""Wrong arguments of verbs get a sentence, never Python's TypeError."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.errors import ModelError

FRAME = pd.DataFrame({"y": np.arange(30.0) % 7, "x": np.arange(30.0)})


@pytest.fixture(scope="module")
def fit() -> bi.Fit:
    return bi.fit("y ~ x", FRAME, draws=400, seed=1)


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        (lambda: bi.model("y ~ x", data=FRAME), "unknown-argument", "Here it is called 'frame'."),
        (lambda: bi.model("y ~ x", df=FRAME), "unknown-argument", "model(..., df=...)"),
        (lambda: bi.fit("y ~ x", df=FRAME), "unknown-argument", "Here it is called 'frame'."),
        (lambda: bi.fit("y ~ x", FRAME, random_state=1), "unknown-argument", "called 'seed'"),
        (lambda: bi.fit("y ~ x", FRAME, num_samples=9), "unknown-argument", "called 'draws'"),
        (lambda: bi.fit("y ~ x", FRAME, prior={}), "unknown-argument", "Did you mean 'priors'?"),
        (lambda: bi.fit("y ~ x", FRAME, weights="w"), "unknown-argument", "weights(w) ~ x'"),
        (lambda: bi.fit("y ~ x", FRAME, offset="z"), "unknown-argument", "+ offset(z)'"),
        (lambda: bi.fit("y ~ x", FRAME, chains=4), "unknown-argument", "engine=bi.NUTS(chains=4)"),
        (lambda: bi.model("y ~ x"), "missing-argument", "needs an argument 'frame'"),
        (lambda: bi.model(), "missing-argument", "needs an argument 'formula'"),
        (lambda: bi.model("y ~ x", FRAME, formula="y"), "argument-twice", "'formula' twice"),
        (lambda: bi.model(*[None] * 6), "too-many-arguments", "given 1 more than its 5"),
    ],
)
def test_a_verb_says_what_is_wrong(call: Callable[[], object], code: str, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        call()
    assert caught.value.code == code and words in str(caught.value)
    assert caught.value.hint and "among its" not in str(caught.value)


def test_a_frame_is_not_printed() -> None:
    class Unprintable(pd.DataFrame):
        def __repr__(self) -> str:
            raise AssertionError("printed")

    with pytest.raises(ModelError, match="Here it is called 'frame'"):
        bi.model("y ~ x", data=Unprintable(FRAME))


def test_a_method_says_it_too(fit: bi.Fit) -> None:
    with pytest.raises(ModelError, match="Did you mean 'kind'"):
        fit.predict(FRAME, knd="mean")
    with pytest.raises(ModelError, match="given 3 more than its 4 arguments"):
        fit.predict(*[FRAME] * 7)


def test_fits_to_compare_have_no_names(fit: bi.Fit) -> None:
    with pytest.raises(ModelError, match="takes its fits without names, and here is 'one='") as one:
        bi.compare(one=fit)
    assert "compare(first, second)" in str(one.value.hint)
    with pytest.raises(ModelError, match="without names"):
        bi.compare(fit, other=fit)


@pytest.mark.parametrize("given", [(), ("y ~ x",), ({"one": 1},), (None, 3)])
def test_only_fits_are_compared(given: tuple[object, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        bi.compare(*given)
    assert caught.value.code in ("too-few-models", "not-a-fit")
    assert "compare(first, second)" in str(caught.value.hint)


def test_one_fit_is_too_few(fit: bi.Fit) -> None:
    with pytest.raises(ModelError, match="at least two fits, and here is 1"):
        bi.compare(fit)
