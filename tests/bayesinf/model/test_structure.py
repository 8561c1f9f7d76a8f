"""Facts about models: each against another way to it, and as sentences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.model.fact import count_of, joined
from bayesinf.model.structure import (
    facts,
    gaussian_coefficients,
    hyperparameters,
    is_gaussian,
    log_concave,
    outcome,
    sentences,
    unknowns,
)
from bayesinf.posterior.target import target_of


@pytest.fixture
def frame(generator: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "y": generator.normal(size=40),
            "b": generator.integers(0, 2, 40),
            "c": generator.poisson(3.0, 40),
            "x": generator.normal(size=40),
            "g": np.repeat(list("abcdefgh"), 5),
            "h": np.tile(list("uvwxy"), 8),
        }
    )


MODELS: dict[str, tuple[Any, ...]] = {
    "linear": ("y ~ x", "gaussian", "the only hyperparameter is sigma"),
    "logistic": ("b ~ x", "bernoulli", "the model has no hyperparameters"),
    "slopes": (
        "y ~ x + (x | g)",
        "gaussian",
        "the hyperparameters are sigma and the 2 standard deviations of 'g' with their correlation",
    ),
    "uncorrelated": (
        "y ~ x + (x || g)",
        "gaussian",
        "the hyperparameters are sigma and the 2 standard deviations of 'g'",
    ),
    "crossed": (
        "c ~ x + (1 | g) + (1 | h)",
        "poisson",
        "the hyperparameters are the standard deviations of 'g' and 'h'",
    ),
    "counts": ("c ~ x", "negative_binomial", "the only hyperparameter is shape"),
    "robust": ("y ~ x", "student_t", "the hyperparameters are sigma and nu"),
    "one spread": (
        "b ~ x + (1 | g)",
        "bernoulli",
        "the only hyperparameter is the standard deviation of 'g'",
    ),
    "many": (
        "y ~ x + (x + c | g)",
        "gaussian",
        "the hyperparameters are sigma and the 3 standard deviations of 'g' with their 3 "
        "correlations",
    ),
}


@pytest.fixture(params=list(MODELS))
def case(request: pytest.FixtureRequest, frame: pd.DataFrame) -> tuple[bi.Model, str]:
    formula, family, words = MODELS[request.param]
    return bi.model(formula, frame, family), words


def test_unknowns_are_counted_by_kind(case: tuple[bi.Model, str]) -> None:
    """Against the flat vector, and against the names of a summary."""
    model, words = case
    found = unknowns(model)
    assert found.coefficients + found.hyperparameters + found.effects == model.layout.size
    assert found.rows == 40 and found.holds is (model.layout.size < 40)
    groups = model.design.rows.groups
    assert found.effects == sum(len(group.levels) * len(group.names) for group in groups)
    assert hyperparameters(model).reason == words
    assert hyperparameters(model).holds is (found.hyperparameters > 0)


STEP = 1e-2


def steepest_bend(model: bi.Model, generator: np.random.Generator) -> float:
    """The largest second difference of the log posterior in coefficients and effects.

    Taken at random points along each of their axes and along random directions.
    """
    target = target_of(model)
    layout, place = model.layout, model.layout.coefficients + len(model.layout.parameters)
    latent = list(range(layout.coefficients))
    for group in layout.groups:
        place += group.effects + group.free_correlations
        latent += range(place, place + group.levels * group.effects)
        place += group.levels * group.effects
    points = generator.normal(0, 3, (100, 1, layout.size))
    directions = np.zeros((2 * len(latent), layout.size))
    mixed = generator.normal(size=(len(latent), len(latent)))
    directions[:, latent] = np.concatenate([np.eye(len(latent)), mixed])
    heights = [
        np.asarray(target.density(points + side * STEP * directions, target.data))
        for side in (-1, 0, 1)
    ]
    return float(((heights[0] + heights[2] - 2 * heights[1]) / STEP**2).max())


# Sizes that are not padded, so that the flat vector's places are those of the model's layout.
@pytest.mark.parametrize(
    ("formula", "family", "priors"),
    [
        ("b ~ x", "bernoulli", {}),
        ("b ~ x + (1 | g)", "bernoulli", {}),
        ("y ~ x + (x | g)", "gaussian", {}),
        ("c ~ x", "negative_binomial", {}),
        ("y ~ x", "student_t", {}),
        ("b ~ x", "bernoulli", {"x": bi.StudentT(3, 0, 0.05)}),
        ("b ~ x", "bernoulli", {"x": bi.Flat()}),
    ],
)
def test_a_concave_log_posterior_bends_upwards_nowhere(
    formula: str,
    family: str,
    priors: dict[str, Any],
    frame: pd.DataFrame,
    generator: np.random.Generator,
) -> None:
    """By second differences: where the fact does not hold, some direction does bend upwards."""
    model = bi.model(formula, frame, family, priors=priors)
    assert target_of(model).size == model.layout.size
    assert log_concave(model).holds is (steepest_bend(model, generator) < 1e-4)


def test_concavity_says_what_stands_against_it(frame: pd.DataFrame) -> None:
    assert "the student t family" in log_concave(bi.model("y ~ x", frame, "student_t")).reason
    heavy = bi.model("y ~ x", frame, priors={"x": bi.Cauchy(0, 1)})
    assert "the prior of 'x' is Cauchy(0, 1)" in log_concave(heavy).reason
    logistic = bi.model("b ~ x", frame, "bernoulli")
    assert log_concave(logistic).sentence.startswith("The log posterior is concave")
    grouped = bi.model("b ~ x + (1 | g)", frame, "bernoulli")
    assert log_concave(grouped).sentence.startswith("Given the hyperparameters, the log posterior")


def test_only_the_gaussian_family_with_its_own_link_is_gaussian(frame: pd.DataFrame) -> None:
    gaussian = bi.model("y ~ x", frame)
    assert is_gaussian(gaussian) == outcome(gaussian)
    assert is_gaussian(gaussian).reason_against is None
    curved = bi.model("c ~ x", frame, bi.families.Gaussian(link=bi.Log()))
    assert "log link" in str(is_gaussian(curved).reason_against)
    poisson = bi.model("c ~ x", frame, "poisson")
    assert "poisson family with the log link" in outcome(poisson).reason


def test_priors_that_integrate_out_are_normal_or_flat(frame: pd.DataFrame) -> None:
    priors = {"Intercept": bi.Flat(), "x": bi.Normal(1, 2)}
    found = gaussian_coefficients(bi.model("y ~ x", frame, priors=priors))
    assert found.mean == (0.0, 1.0) and found.precision == (0.0, 0.25)
    heavy = gaussian_coefficients(bi.model("y ~ x", frame, priors={"x": bi.StudentT(3, 0, 1)}))
    assert "'x' is StudentT(3, 0, 1)" in str(heavy.reason_against)


def test_facts_read_as_sentences(case: tuple[bi.Model, str]) -> None:
    model, _ = case
    told = sentences(model)
    assert len(told) == len(facts(model)) == len(set(told))
    for sentence in told:
        assert sentence[0].isupper() or sentence[0].isdigit()
        assert sentence.endswith(".") and ".." not in sentence
        assert len(sentence.split()) > 4


def test_all_of_a_model_with_slopes(frame: pd.DataFrame) -> None:
    assert sentences(bi.model("y ~ x + (1 | g) + (0 + x | g)", frame)) == (
        "40 rows inform 21 unknowns: 2 coefficients, 3 hyperparameters and 16 group effects.",
        "The hyperparameters are sigma and the standard deviations of 'g' and 'g[x]'.",
        "The outcome is Gaussian around a linear predictor.",
        "Given the hyperparameters, the log posterior is concave in the coefficients and group "
        "effects: it has one mode at most.",
        "The effects of the 8 levels of 'g' are independent of each other, given the coefficients "
        "and the hyperparameters.",
        "Each level of 'g' has 2 effects, Intercept and x.",
        "Each level of 'g' has 5 rows.",
        "2 terms vary over 'g', without correlations between them.",
    )


def test_rows_that_repeat_are_a_fact(frame: pd.DataFrame) -> None:
    twice = pd.concat([frame] * 3)
    assert "Only 40 of 120 rows are different" in sentences(bi.model("y ~ x", twice))[-1]
    assert "different" not in " ".join(sentences(bi.model("y ~ x", frame)))


def test_a_black_box_has_no_facts() -> None:
    assert facts(object()) == () and sentences("a program") == ()


def test_numbers_and_lists_are_written_as_people_do() -> None:
    assert count_of(1, "level") == "1 level" and count_of(2972, "level") == "2,972 levels"
    assert joined(("a",)) == "a" and joined(["a", "b"]) == "a and b"
