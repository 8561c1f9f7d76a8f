"""Randomised experiments whose answers are known: LaLonde's NSW, Thornton's incentives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayesinf as bi
import causal
from causal.answer import Computation
from causal.comparison import OutcomeModel
from causal.estimate import run
from causal.studies import Experiment
from tests.reference.truths import truth

EXPERIMENTS = [
    ("lalonde_dw_diff", "lalonde_nsw_dw.csv", "re78", "treat"),
    ("lalonde_nsw_diff", "lalonde_nsw.csv", "re78", "treat"),
    ("thornton_any_incentive", "thornton_hiv_rct.csv", "got", "any"),
]


def flat_answer(frame: pd.DataFrame, outcome: str, treatment: str) -> causal.Estimate:
    """The difference of the arms under flat priors."""
    priors = {"Intercept": bi.Flat(), treatment: bi.Flat()}
    model = OutcomeModel(family="gaussian", priors=priors)
    return run(Experiment(outcome, treatment, model=model), frame, Computation(seed=1))


@pytest.mark.parametrize(("name", "file", "outcome", "treatment"), EXPERIMENTS)
def test_flat_priors_give_the_difference_of_means(
    name, file, outcome, treatment, shared_data, within
):
    entry = truth(shared_data, f"causal/{name}")
    frame = pd.read_csv(shared_data / "causal" / file)
    value, tolerance = entry["values"]["value"]
    rows = frame.dropna(subset=[outcome, treatment])
    assert len(rows) == entry["others"]["n"]
    arms = rows.groupby(treatment)[outcome].mean()
    assert arms[1] - arms[0] == pytest.approx(value, abs=tolerance)
    found = flat_answer(frame, outcome, treatment)
    assert within(found.draws.mean(), value, found.draws.std() / np.sqrt(found.draws.size))
    if "se_classical" in entry["values"]:
        classical, _ = entry["values"]["se_classical"]
        # Relative error of an sd from 4000 draws: 1 / sqrt(2 * 4000); the t posterior adds 2/n.
        assert found.draws.std() == pytest.approx(classical, rel=4 / np.sqrt(8000) + 0.005)
    residuals = rows[outcome] - rows[treatment].map(arms)
    freedom = len(rows) - 2
    spread = np.sqrt((residuals**2).sum() / freedom * (1 / rows[treatment].value_counts()).sum())
    assert found.draws.std() == pytest.approx(spread, rel=4 / np.sqrt(8000) + 0.005)


def test_incentives_were_lost_unequally(shared_data):
    frame = pd.read_csv(shared_data / "causal" / "thornton_hiv_rct.csv")
    found = flat_answer(frame, "got", "any")
    lost = next(entry for entry in found.findings if entry.code == "attrition")
    assert lost.severity == "warning"
    assert lost.evidence["control"] > 10 * lost.evidence["treated"]
    assert lost.evidence["lower_bound"] < 0.45055 < lost.evidence["upper_bound"]


def test_earnings_from_before_save_little_and_change_little(shared_data):
    # Imbens and Xu (2024), table "ldw", experimental row: 1,794 by difference and 1,676 (677)
    # adjusted; the pre-period earnings explain almost nothing of the later ones.
    frame = pd.read_csv(shared_data / "causal" / "lalonde_nsw_dw.csv")
    found = run(Experiment("re78", "treat", before="re75"), frame, Computation(seed=2))
    saved = next(entry for entry in found.findings if entry.code == "variance-reduction")
    assert abs(saved.evidence["variance_reduction"]) < 0.1
    assert abs(found.draws.mean() - 1794.342) < 0.25 * found.draws.std()


def test_villages_were_not_what_chance_assigned(shared_data):
    frame = pd.read_csv(shared_data / "causal" / "thornton_hiv_rct.csv")
    study = Experiment("got", "any", clusters="villnum", model=OutcomeModel(family="gaussian"))
    found = run(study, frame, Computation(seed=3))
    assert found.draws.mean() == pytest.approx(0.4506, abs=0.02)
    clusters = next(entry for entry in found.findings if entry.code == "clusters")
    assert "not assigned to whole clusters" in clusters.sentence
