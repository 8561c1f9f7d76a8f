"""What every engine promises. `check_engine` runs every check on one engine, in or out of the
catalogue, on each small model that it does not refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

import bayesinf as bi
from bayesinf.engine import Engine
from bayesinf.numerics.diagnostics import mcse_sd
from bayesinf.numerics.random import Streams
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.summary import scalar_draws, summary_frame
from tests.conftest import within

SEED = 7


def small_models() -> dict[str, bi.Model]:
    """One small model per structure that an engine may or may not serve."""
    frame = _frame()
    return {
        "gaussian": bi.model("y ~ x + g", frame),
        "weighted": bi.model("y | weights(w) ~ x", frame),
        "grouped": bi.model("y ~ x + (x | school)", frame),
        "known errors": bi.model("y | se(w) ~ x + (1 | school)", frame),
        "independent slopes": bi.model("y ~ x + (x || school)", frame),
        "bernoulli": bi.model("b ~ x", frame, "bernoulli"),
        # The default prior of the shape has no mean, so that no sample mean could be compared.
        "counts": bi.model(
            "k ~ x + offset(log(w))",
            frame,
            "negative_binomial",
            priors={"shape": bi.Exponential(0.3)},
        ),
        "robust": bi.model("y ~ x", frame, "student_t"),
        # Four binary rows a group; the tails of the default prior would make sds of sds erratic.
        "binary groups": bi.model(
            "b ~ x + (1 | quartet)", frame, "bernoulli", priors={"sd:quartet": bi.HalfNormal(1)}
        ),
        "counted slopes": bi.model("k ~ x + (x | school)", frame, "poisson"),
        "scattered groups": bi.model(
            "k ~ x + (1 | school)",
            frame,
            "negative_binomial",
            priors={"shape": bi.Exponential(0.3)},
        ),
        "successes": bi.model("s | trials(t) ~ x + (1 | school)", frame, "binomial"),
    }


def _frame() -> pd.DataFrame:
    rng = np.random.default_rng(SEED)
    n = 60
    school = np.repeat(np.arange(12), 5)
    x = rng.normal(size=n)
    effect = rng.normal(0, 0.8, 12)[school] + rng.normal(0, 0.5, 12)[school] * x
    mean = 1.0 + 0.7 * x + effect
    trials = np.tile([3, 5, 8], 20)
    return pd.DataFrame(
        {
            "x": x,
            "g": np.where(rng.random(n) < 0.5, "u", "v"),
            "school": [f"s{k}" for k in school],
            "w": rng.uniform(0.5, 2.0, n),
            "y": rng.normal(mean, 0.8),
            "b": rng.random(n) < 1 / (1 + np.exp(-mean)),
            "k": rng.poisson(np.exp(0.5 * x) * rng.gamma(2, 0.5, n)),
            "quartet": [f"q{k}" for k in np.repeat(np.arange(15), 4)],
            "t": trials,
            "s": rng.binomial(trials, 1 / (1 + np.exp(-mean))),
        }
    )


@cache
def models() -> dict[str, bi.Model]:
    """The small models, built once."""
    return small_models()


@cache
def reference(name: str) -> pd.DataFrame:
    """The summary that NUTS gives for the small model of that name."""
    posterior = bi.NUTS(draws=8000).run(models()[name], Streams(SEED))
    return _summary(posterior)


def _summary(posterior: Posterior) -> pd.DataFrame:
    """The summary with the Monte Carlo error of each sd, which heavy tails make large."""
    names, draws = scalar_draws(posterior.model, posterior.values)
    table = summary_frame(names, draws, prob=0.9)
    return table.assign(sd_error=mcse_sd(draws))


def served(engine: Engine) -> list[str]:
    """The small models that the engine does not refuse."""
    return [name for name, model in models().items() if engine.refuses(model) is None]


def check_refuses_in_sentences(engine: Engine) -> None:
    """A refusal is a sentence without a capital and a full stop: it follows a colon."""
    for model in models().values():
        reason = engine.refuses(model)
        assert reason is None or (len(reason.split()) > 3 and not reason.endswith("."))


def check_serves_something(engine: Engine) -> None:
    assert served(engine), "an engine that refuses every small model is not tested at all"


def check_agrees_with_nuts(engine: Engine) -> None:
    """Means and sds of every parameter lie within 4 Monte Carlo errors of those of NUTS.

    An engine that may give an approximation agrees, or says that it does not.
    """
    for name in served(engine):
        posterior = answer(engine, name)
        if engine.approximate and not posterior.verdict.ok:
            continue
        ours, theirs = _summary(posterior), reference(name)
        assert list(ours.index) == list(theirs.index)
        within(ours["mean"], theirs["mean"], np.hypot(ours["mcse"], theirs["mcse"]))
        within(ours["sd"], theirs["sd"], np.hypot(ours["sd_error"], theirs["sd_error"]))


def check_same_seed_same_draws(engine: Engine) -> None:
    name = served(engine)[0]
    first, second = answer(engine, name), _run(engine, name)
    for one, other in zip(
        first.values.arrays().values(), second.values.arrays().values(), strict=True
    ):
        assert np.array_equal(one, other)


def check_leaves_a_verdict(engine: Engine) -> None:
    """Good news on every model; an approximation that could not be put right is labelled as one."""
    labelled = 0
    for name in served(engine):
        verdict = answer(engine, name).verdict
        assert verdict.findings, f"no finding on '{name}'"
        codes = {finding.code for finding in verdict.of("bad")}
        if engine.approximate and codes == {"approximate"}:
            labelled += 1
        else:
            assert verdict.ok, f"'{name}': {verdict}"
    assert labelled < len(served(engine)), "an engine that certifies nothing is not tested at all"


def check_keeps_the_draws_asked_for(engine: Engine) -> None:
    name = served(engine)[0]
    fewer = replace(engine, draws=400)  # type: ignore[type-var]
    posterior = fewer.run(models()[name], Streams(SEED))
    # Rounded up to full chains, of which an engine may have many.
    chains, draws = posterior.values.shape
    assert 400 <= posterior.values.count < 400 + chains
    assert draws > 1
    assert all(np.isfinite(values).all() for values in posterior.values.arrays().values())


CHECKS: tuple[Callable[[Engine], None], ...] = (
    check_refuses_in_sentences,
    check_serves_something,
    check_agrees_with_nuts,
    check_same_seed_same_draws,
    check_leaves_a_verdict,
    check_keeps_the_draws_asked_for,
)


def check_engine(engine: Engine) -> None:
    """Runs every check."""
    for check in CHECKS:
        check(engine)


@cache
def answer(engine: Engine, name: str) -> Posterior:
    """The posterior that an engine gives for the small model of that name, computed once."""
    return _run(engine, name)


def _run(engine: Engine, name: str) -> Posterior:
    return engine.run(models()[name], Streams(SEED))
