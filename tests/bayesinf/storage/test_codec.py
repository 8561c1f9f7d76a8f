"""Everything declarative survives the way through plain values, for every member."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf import families, priors
from bayesinf.data.missing import Missing
from bayesinf.errors import ArtefactError, FormulaError
from bayesinf.posterior.provenance import Choice, Explanation, Provenance
from bayesinf.posterior.states import DrawsOnly, GaussianStatistics
from bayesinf.posterior.verdict import Finding, Verdict
from bayesinf.storage import codec
from bayesinf.storage.manifest import FORMAT, read_manifest, write_manifest


def through_text(value: Any) -> Any:
    content = {"format": FORMAT, "format_version": 1, "bayesinf": "0", "value": value}
    return read_manifest(write_manifest(content), "m")["value"]


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    size = 120
    return pd.DataFrame(
        {
            "x": rng.normal(size=size),
            "z": rng.uniform(0.0, 9.0, size),
            "my column": rng.normal(size=size),
            "i": rng.integers(1, 4, size),
            "flag": rng.random(size) < 0.5,
            "g": pd.Categorical(rng.choice(["lo", "mid", "hi"], size), ["lo", "mid", "hi"]),
            "school": rng.choice(["A", "B", "Ä"], size),
            "room": rng.integers(1, 5, size),
            "n": 9,
            "k": rng.integers(0, 9, size),
            "w": rng.uniform(0.5, 2.0, size),
            "s": rng.uniform(0.5, 2.0, size),
            "y": rng.normal(size=size),
            "b": rng.choice(["no", "yes"], size),
        }
    )


FORMULAS = (
    ("y ~ x", "gaussian"),
    ("y ~ 0 + g", "gaussian"),
    ("y ~ bs(z, df=5) * flag + `my column`", "gaussian"),
    ("y ~ poly(z, 3) + scale(x) + center(z):flag + C(i)", "gaussian"),
    ("y ~ C(g, contr.sum) + I(x ** 2) + np.log(z + 1)", "student_t"),
    ("y | se(s) ~ x + (1 | school / room)", "gaussian"),
    ("y | weights(w) ~ x + (1 + x + bs(z, df=3) || school) + (1 | i)", "gaussian"),
    ("k | trials(n) ~ x + (scale(z) | school)", "binomial"),
    ("k ~ 0 + cs(z, df=4) + offset(log(w)) + (1 | school:room)", "poisson"),
    ("k ~ x * C(i) + (0 + x | g)", "negative_binomial"),
    ("b ~ x + g", "bernoulli"),
)


@pytest.mark.parametrize(("formula", "family"), FORMULAS)
def test_a_model_builds_the_same_rows_of_any_frame(
    formula: str, family: str, frame: pd.DataFrame
) -> None:
    model = bi.model(formula, frame, family)
    again = codec.model_from_plain(through_text(codec.model_to_plain(model)))
    assert again.formula == model.formula
    assert again.formula.text == model.formula.text
    assert again.family == model.family
    assert again.priors == model.priors
    assert dict(again.priors.slots) == dict(model.priors.slots)
    assert again.layout == model.layout
    assert again.design.recipe.schema == model.design.recipe.schema
    assert again.design.missing == model.design.missing
    mine, theirs = model.on(frame[:40]).design, again.on(frame[:40]).design
    np.testing.assert_array_equal(theirs.rows.population, mine.rows.population)
    np.testing.assert_array_equal(theirs.response, mine.response)
    np.testing.assert_array_equal(theirs.centre, model.design.centre)
    for a, b in zip(theirs.rows.groups, mine.rows.groups, strict=True):
        assert (a.factor, a.levels, a.names, a.correlated) == (
            b.factor,
            b.levels,
            b.names,
            b.correlated,
        )
        np.testing.assert_array_equal(a.codes, b.codes)
        np.testing.assert_array_equal(a.matrix, b.matrix)


@pytest.mark.parametrize(("formula", "family"), FORMULAS)
def test_a_model_that_comes_back_has_no_rows(
    formula: str, family: str, frame: pd.DataFrame
) -> None:
    model = bi.model(formula, frame, family)
    design = codec.model_from_plain(through_text(codec.model_to_plain(model))).design
    assert design.table is None
    assert design.rows.population.shape == (0, len(model.design.names))
    assert len(design.rows) == len(design.response) == 0
    assert (design.weights is None) == (model.design.weights is None)
    known, before = design.rows.known, model.design.rows.known
    assert (known.trials is None) == (before.trials is None)
    assert (known.standard_error is None) == (before.standard_error is None)
    for group, old in zip(design.rows.groups, model.design.rows.groups, strict=True):
        assert group.codes.shape == (0,)
        assert group.levels == old.levels


@pytest.mark.parametrize(
    "family",
    [kind(link=link()) for kind in families.ALL for link in kind.links],  # type: ignore[call-arg]
    ids=repr,
)
def test_every_family_and_link_comes_back(family: bi.families.Family, frame: pd.DataFrame) -> None:
    outcome = (
        "k | trials(n)" if family.needs_trials else "flag" if family.name == "bernoulli" else "k"
    )
    model = bi.model(f"{outcome} ~ x", frame, family)
    again = codec.model_from_plain(through_text(codec.model_to_plain(model)))
    assert again.family == model.family == family


@pytest.mark.parametrize("kind", priors.ALL)
def test_every_prior_comes_back(kind: type, frame: pd.DataFrame) -> None:
    prior = kind(*(0.1 + 0.2 * k for k in range(len(fields(kind)))))
    slot = {"real": "x", "positive": "sigma", "correlation": "cor:school[Intercept,x]"}
    formula = "y ~ x + (x | school)"
    name = slot[prior.support]
    if prior.support == "correlation":
        name = next(s for s in bi.model(formula, frame).priors if s.startswith("cor:"))
    model = bi.model(formula, frame, priors={name: prior})
    again = codec.model_from_plain(through_text(codec.model_to_plain(model)))
    assert again.priors[name] == prior
    assert again.priors.slots[name].source == "user"


def test_findings_come_back() -> None:
    verdict = Verdict(
        (
            Finding("All well.", "good", "r-hat", {"r_hat": 1.001}),
            Finding("Two modes.", "warning", "modes", {"gap": float("inf")}, "Look."),
        )
    )
    assert codec.verdict_from_plain(through_text(codec.verdict_to_plain(verdict))) == verdict
    plain = through_text(codec.verdict_to_plain(verdict))
    with pytest.raises(ArtefactError, match="severity"):
        codec.verdict_from_plain([{**plain[0], "severity": "excellent"}])


def test_provenance_comes_back() -> None:
    provenance = Provenance(
        engine="nuts",
        settings={"draws": 4000, "target_accept": 0.8},
        seed=2**63 - 1,
        seconds=0.25,
        explanation=Explanation(
            (Choice("nuts", True, "asked for"), Choice("laplace", False, "no")),
            ("10 rows inform 3 unknowns.",),
        ),
        rows=10,
        fingerprint="ab",
        versions={"python": "3.12"},
        history=("added 3 rows exactly",),
    )
    back = codec.provenance_from_plain(through_text(codec.provenance_to_plain(provenance)))
    assert back == provenance


def test_an_explanation_of_an_earlier_version_has_no_facts() -> None:
    kept = through_text(
        codec.provenance_to_plain(
            Provenance("nuts", {}, 1, 0.1, Explanation((Choice("nuts", True, "asked for"),)), 1, "")
        )
    )
    del kept["explanation"]["facts"]
    assert codec.provenance_from_plain(kept).explanation.facts == ()


def test_states_come_back() -> None:
    state = GaussianStatistics(np.eye(2), np.ones(2), 0.1, 3.0, -2.5, 3)
    plain, arrays = codec.state_to_plain(state)
    back = codec.state_from_plain(through_text(plain), arrays)
    assert isinstance(back, GaussianStatistics)
    np.testing.assert_array_equal(back.gram, state.gram)
    assert (back.square, back.weight, back.level, back.rows) == (0.1, 3.0, -2.5, 3)
    plain, arrays = codec.state_to_plain(DrawsOnly())
    assert codec.state_from_plain(through_text(plain), arrays) == DrawsOnly()
    with pytest.raises(ArtefactError, match="no state 'odd'"):
        codec.state_from_plain({"kind": "odd"}, {})
    with pytest.raises(ArtefactError, match="do not fit together"):
        codec.state_from_plain(
            codec.state_to_plain(state)[0], {"gram": np.eye(3), "moment": np.ones(2)}
        )


def test_a_formula_that_runs_code_is_guarded_again(frame: pd.DataFrame) -> None:
    plain = dict(codec.model_to_plain(bi.model("y ~ x", frame)))
    attack = "y ~ I(__import__('os').getpid())"
    with pytest.raises(FormulaError):
        codec.model_from_plain({**plain, "typed": attack, "formula": attack})
    with pytest.raises(ArtefactError, match="reads as"):
        codec.model_from_plain({**plain, "typed": "y ~ z"})
    with pytest.raises(ArtefactError, match="does not fit its formula"):
        codec.model_from_plain({**plain, "centre": [0.0]})


def test_counts_that_an_earlier_manifest_does_not_have_are_their_defaults(
    frame: pd.DataFrame,
) -> None:
    design = bi.model("y ~ x", frame).design
    kept = dict(codec.model_to_plain(bi.model("y ~ x", frame)))
    early = {name: kept["missing"][name] for name in ("n_before", "n_after", "by_column")}
    assert codec.model_from_plain({**kept, "missing": early}).design.missing == design.missing


def test_every_count_of_missing_rows_is_kept(frame: pd.DataFrame) -> None:
    model = bi.model("y ~ x", frame)
    counts = [f.name for f in fields(Missing) if f.name != "by_column"]
    numbers = {name: 10 + place for place, name in enumerate(counts)}
    missing = Missing(**numbers, by_column={"x": 3})
    changed = replace(model, design=replace(model.design, missing=missing))
    again = codec.model_from_plain(through_text(codec.model_to_plain(changed)))
    assert again.design.missing == missing
