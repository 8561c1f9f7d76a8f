from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.model.program import read_program
from bayesinf.posterior.program import (
    ProgramDraws,
    ProgramPosterior,
    of_formula,
    read_positions,
    title_of,
)
from bayesinf.posterior.program_judgement import judge_program
from bayesinf.posterior.provenance import Explanation, Provenance
from bayesinf.posterior.summary import effect_draws, entry_names, scalar_draws
from bayesinf.posterior.verdict import Verdict
from tests.bayesinf.model import programs


def posterior_of(function, data, draws: int = 200) -> ProgramPosterior:
    """A posterior whose draws are what a standard normal of positions becomes."""
    program = read_program(function, data)
    positions = np.random.default_rng(0).normal(size=(2, draws, program.layout.size))
    provenance = Provenance("test", {}, 1, 0.0, Explanation(()), program.rows, "")
    values = read_positions(program, positions)
    return ProgramPosterior(program, values, Verdict(()), provenance)


@pytest.fixture(scope="module")
def schools() -> ProgramPosterior:
    return posterior_of(programs.noncentred, programs.EIGHT)


def test_draws_know_their_shape_and_flatten_chain_after_chain(schools: ProgramPosterior) -> None:
    values = schools.values
    assert values.shape == (2, 200) and values.count == 400
    flat = values.flat(("z", "mu"))
    assert list(flat) == ["z", "mu"]
    assert np.array_equal(flat["z"][200], values.sites["z"][1, 0])


def test_scalars_are_named_by_their_places(schools: ProgramPosterior) -> None:
    names, draws = scalar_draws(schools.model, schools.values)
    assert names == ["mu", "tau", *entry_names("z", (8,)), *entry_names("theta", (8,))]
    assert np.array_equal(
        draws[..., names.index("theta[3]")], schools.values.sites["theta"][..., 3]
    )
    assert effect_draws(schools.model, schools.values)[0] == []
    assert entry_names("L", (2, 2)) == ["L[0, 0]", "L[0, 1]", "L[1, 0]", "L[1, 1]"]


def test_only_wanted_sites_are_read(schools: ProgramPosterior) -> None:
    positions = np.zeros((1, 2, 10))
    assert list(read_positions(schools.model, positions, ("theta",)).sites) == ["theta"]


def test_the_tree_has_sites_plates_and_likelihoods() -> None:
    rng = np.random.default_rng(1)
    data = {"y": rng.normal(size=(6, 2)), "counts": np.array([5, 5, 10])}
    tree = posterior_of(programs.constrained, data).tree
    assert tree["posterior"]["factor"].shape == (2, 200, 2, 2)
    assert tree["log_likelihood"]["y"].shape == (2, 200, 6), "one density for each row's pair"
    assert tree["log_likelihood"]["counts"].shape == (2, 200)
    assert tree["observed_data"]["y"].dims[0] == "row"
    assert np.array_equal(tree["constant_data"]["counts"], data["counts"])
    assert tree.attrs["program"] == "constrained"


def test_few_broken_and_unobserved_draws_are_judged(schools: ProgramPosterior) -> None:
    assert {f.code for f in judge_program(schools).verdict.findings} == set()
    few = posterior_of(programs.noncentred, programs.EIGHT, draws=20)
    assert {f.code for f in judge_program(few).verdict.findings} == {"few-draws"}
    broken = ProgramDraws({"mu": np.full((2, 200), np.nan)})
    found = judge_program(replace(schools, values=broken)).verdict
    assert not found.ok and {f.code for f in found.findings} == {"non-finite-draws"}


def test_formulas_pass_and_programs_are_refused(schools: ProgramPosterior) -> None:
    fit = bi.fit("Reaction ~ Days", bi.examples.sleepstudy(), seed=1)
    assert of_formula(fit.posterior, "A thing") is fit.posterior
    assert title_of(fit.posterior) == "Reaction ~ Days"
    assert title_of(schools) == "noncentred"
    with pytest.raises(bi.ModelError, match=r"A thing needs a formula.*'noncentred'"):
        of_formula(schools, "A thing")
