"""What a posterior says of itself: tables, the tree, verdicts and where it comes from."""

from __future__ import annotations

import arviz_stats
import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
from bayesinf.numerics.nuts import NutsRun
from bayesinf.posterior.draws import recentre, uncentre
from bayesinf.posterior.judgement import judge_chains, judge_nuts
from bayesinf.posterior.verdict import Finding, Verdict


@pytest.fixture(scope="module")
def fit() -> bi.Fit:
    return bi.fit("Reaction ~ Days + (Days | Subject)", bi.examples.sleepstudy(), seed=1)


def test_the_summary_has_the_promised_columns(fit: bi.Fit) -> None:
    table = fit.summary()
    assert list(table.columns) == [
        "mean",
        "sd",
        "lower",
        "upper",
        "ess_bulk",
        "ess_tail",
        "r_hat",
        "mcse",
    ]
    assert list(table.index) == [
        "Intercept",
        "Days",
        "sigma",
        "sd:Subject:Intercept",
        "sd:Subject:Days",
        "cor:Subject:Intercept:Days",
    ]
    longer = fit.summary(group_effects=True)
    assert len(longer) == 6 + 36
    assert "Subject[308]:Days" in longer.index


def test_the_summary_agrees_with_arviz(fit: bi.Fit) -> None:
    theirs = arviz_stats.summary(fit.draws, var_names=["coefficients", "sigma"], round_to="none")
    ours = fit.summary().loc[["Intercept", "Days", "sigma"]]
    for column in ("mean", "sd", "ess_bulk", "r_hat"):
        assert np.allclose(ours[column], theirs[column].astype(float), rtol=1e-9)
    assert np.allclose(ours["lower"], theirs["eti89_lb"].astype(float), rtol=1e-9)


def test_the_tree_holds_what_arviz_expects(fit: bi.Fit) -> None:
    tree = fit.draws
    assert set(tree.children) >= {"posterior", "log_likelihood", "log_prior", "observed_data"}
    posterior = tree["posterior"]
    assert posterior.sizes["chain"] == 4 and posterior.sizes["draw"] == 1000
    assert posterior["effects_Subject"].dims == (
        "chain",
        "draw",
        "Subject_level",
        "Subject_effect",
    )
    with pytest.warns(UserWarning, match="Pareto"):  # three subjects' rows are influential
        elpd = arviz_stats.loo(tree)
    assert elpd.elpd == pytest.approx(-861, abs=2)


def test_the_log_prior_is_the_sum_of_the_priors(fit: bi.Fit) -> None:
    values, model = fit.posterior.values, fit.model
    centred = recentre(values.coefficients, model.design.centre)
    expected = sum(
        np.asarray(model.priors[name].log_density(draws))
        for name, draws in {
            "Intercept": centred[..., 0],
            "Days": centred[..., 1],
            "sigma": values.parameters[..., 0],
            "sd:Subject:Intercept": values.sds[0][..., 0],
            "sd:Subject:Days": values.sds[0][..., 1],
        }.items()
    )
    found = fit.draws["log_prior"]["log_prior"].to_numpy()
    assert np.allclose(found, expected, rtol=1e-10)  # LKJ(1) is flat


def test_centring_has_an_inverse() -> None:
    rng = np.random.default_rng(0)
    draws, centre = rng.normal(size=(2, 5, 3)), np.array([0.0, 4.0, -1.0])
    assert np.allclose(recentre(uncentre(draws, centre), centre), draws)
    assert np.allclose(uncentre(draws, centre)[..., 0], draws[..., 0] - draws @ centre)


def test_provenance_tells_where_it_comes_from(fit: bi.Fit) -> None:
    provenance = fit.posterior.provenance
    assert (provenance.engine, provenance.seed, provenance.rows) == ("marginal", 1, 180)
    assert provenance.versions["bayesinf"] == bi.__version__
    again = bi.fit("Reaction ~ Days + (Days | Subject)", bi.examples.sleepstudy(), seed=1)
    assert again.posterior.provenance.fingerprint == provenance.fingerprint
    chosen = [choice.engine for choice in fit.explain().choices if choice.chosen]
    assert chosen == ["marginal"]
    assert "sums over rows" in str(fit.explain())


def test_without_a_seed_entropy_is_recorded_and_replays() -> None:
    frame = bi.examples.sleepstudy()
    first = bi.fit("Reaction ~ Days", frame)
    again = bi.fit("Reaction ~ Days", frame, seed=first.posterior.provenance.seed)
    pd.testing.assert_frame_equal(first.summary(), again.summary())
    assert bi.fit("Reaction ~ Days", frame).posterior.provenance.seed != (
        first.posterior.provenance.seed
    )


def test_reprs_say_the_verdict_first(fit: bi.Fit) -> None:
    text = repr(fit)
    assert text.index("All checks passed.") < text.index("Intercept")
    assert "<table" in fit._repr_html_()
    assert "89% credible interval" in fit._repr_html_()


def test_a_verdict_lists_the_worst_first() -> None:
    verdict = Verdict(
        (
            Finding("Fine.", "good", "a"),
            Finding("Broken.", "bad", "b"),
            Finding("Hm.", "warning", "c"),
        )
    )
    assert not verdict.ok
    assert [finding.code for finding in verdict.sorted] == ["b", "c", "a"]
    assert verdict.headline.startswith("Do not interpret")
    assert Verdict((Finding("Hm.", "warning", "c"),)).ok


def chains(kind: str) -> np.ndarray:
    draws = np.random.default_rng(1).normal(size=(4, 500, 2))
    match kind:
        case "disagree":
            draws[0, :, 1] += 2
        case "stuck":
            draws[2] = 0.3
        case "nan":
            draws[1, 7, 0] = np.nan
        case "slow":
            draws[..., 1] = np.cumsum(draws[..., 1], axis=1) / 20
    return draws


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("disagree", "r-hat", "'b'"),
        ("stuck", "stuck-chain", "Chain 2"),
        ("nan", "non-finite-draws", "'a'"),
        ("slow", "ess", "'b'"),
    ],
)
def test_sick_chains_are_named(kind: str, code: str, words: str) -> None:
    verdict = Verdict(judge_chains(["a", "b"], chains(kind)))
    found = [finding for finding in verdict.of("bad", "warning") if finding.code == code]
    assert len(found) == 1
    assert words in found[0].sentence
    assert found[0].remedy
    assert not verdict.ok


def test_healthy_chains_pass() -> None:
    assert Verdict(judge_chains(["a", "b"], chains("well"))).headline == "All checks passed."


def run_of(
    diverging: int = 0, depth: int = 4, energy: str = "white", stop: bool = False
) -> NutsRun:
    rng = np.random.default_rng(2)
    energies = rng.normal(size=(4, 250))
    if energy == "slow":
        energies = np.cumsum(energies, axis=1)
    flags = np.zeros((4, 250), dtype=bool)
    flags.flat[:diverging] = True
    ones = np.ones((4, 250))
    return NutsRun(
        positions=np.zeros((4, 250, 2)),
        diverging=flags,
        energy=energies,
        n_steps=ones,
        tree_depth=np.full((4, 250), depth),
        acceptance_rate=ones,
        lp=ones,
        step_size=ones,
        max_tree_depth=10,
        interrupted=stop,
    )


@pytest.mark.parametrize(
    ("settings", "code", "severity"),
    [
        ({"diverging": 3}, "divergences", "warning"),
        ({"diverging": 300}, "divergences", "bad"),
        ({"depth": 10}, "tree-depth", "warning"),
        ({"energy": "slow"}, "energy", "warning"),
        ({"stop": True}, "interrupted", "warning"),
    ],
)
def test_sick_trajectories_are_named(settings: dict, code: str, severity: str) -> None:
    findings = {finding.code: finding for finding in judge_nuts(run_of(**settings))}
    assert findings[code].severity == severity
    assert findings[code].remedy


def test_healthy_trajectories_pass() -> None:
    assert [finding.severity for finding in judge_nuts(run_of())] == ["good"]
