"""A model becomes MathML that browsers can read, with every coefficient in it."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.report.mathematics import DISTRIBUTED, model_mathematics


def words_of(model: bi.Model) -> str:
    tree = ElementTree.fromstring(model_mathematics(model).mathml)
    assert tree.tag == "math"
    return "".join(tree.itertext())


def test_a_mixed_model_shows_likelihood_predictor_and_groups(sleep: bi.Fit) -> None:
    words = words_of(sleep.model)
    assert f"Reactioni{DISTRIBUTED}Gaussian(μi,σ)" in words
    assert "β0+β1Daysi+uSubject[i],0+uSubject[i],1Daysi" in words
    assert "diag(τSubject,0,τSubject,1)RSubjectdiag(τSubject,0,τSubject,1)" in words
    assert "j=1,…,18(levels of Subject)" in words


def test_links_levels_and_products_are_written_as_people_do(mixed_frame: pd.DataFrame) -> None:
    formula = "bought ~ x * shop"
    words = words_of(bi.model(formula, mixed_frame, family="bernoulli"))
    assert f"[bought = yes]i{DISTRIBUTED}Bernoulli(μi)" in words
    assert "logit(μi)=β0+β1xi+β2[shop = south]i" in words
    assert "xi[shop = west]i" in words


@pytest.mark.parametrize("correlated", ["|", "||"])
def test_uncorrelated_effects_have_no_correlation_matrix(
    mixed_frame: pd.DataFrame, correlated: str
) -> None:
    model = bi.model(f"items ~ x + (x {correlated} shop)", mixed_frame)
    assert ("Rshop" in words_of(model)) == (correlated == "|")


def test_a_column_name_cannot_become_markup() -> None:
    frame = pd.DataFrame({"y": np.arange(9.0) ** 1.5, "a<b&c": np.arange(9.0)})
    assert "a<b&ci" in words_of(bi.model("y ~ `a<b&c`", frame))


def test_latex_and_text_hold_the_model_too(sleep: bi.Fit) -> None:
    found = model_mathematics(sleep.model)
    assert r"\begin{aligned}" in found.latex
    assert found.plain.splitlines()[0] == "Reaction ~ Gaussian(mu, sigma)"
    assert "priors" not in found.plain
