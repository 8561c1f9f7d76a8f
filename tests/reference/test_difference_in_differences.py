"""Staggered difference in differences against R's `did` and published regressions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from causal.answer import Answer, Computation
from causal.staggered import CohortTime, Imputation, NoPooling
from causal.staggered.cells import step_cells
from causal.staggered.cohort_time import cohort_time_effects
from causal.studies.difference_in_differences import DifferenceInDifferences
from tests.conftest import within
from tests.reference.truths import truth

SCENARIOS = {
    "mpdta_nev_dr": {},
    "mpdta_nyt_dr": {"controls": "not yet"},
    "mpdta_nev_reg_cov": {"covariates": ("lpop",)},
}
AGGREGATES = {
    "simple": "simple",
    "dynamic": "event time",
    "group": "cohort",
    "calendar": "calendar time",
}


@pytest.fixture(scope="module")
def mpdta(shared_data) -> pd.DataFrame:
    return pd.read_csv(shared_data / "causal" / "mpdta.csv")


def study(**changes) -> DifferenceInDifferences:
    return DifferenceInDifferences(
        "lemp",
        "countyreal",
        "year",
        first_treated="first.treat",
        **{"pooling": NoPooling(), **changes},
    )


@pytest.fixture(scope="module", params=SCENARIOS)
def answered(request, mpdta) -> tuple[str, DifferenceInDifferences, Answer]:
    asked = study(**SCENARIOS[request.param])
    return request.param, asked, asked.answer(mpdta, Computation(seed=1))


def test_effects_by_cohort_and_time_are_those_of_did(answered, mpdta, shared_data):
    name, asked, answer = answered
    reference = pd.read_csv(shared_data / "causal" / "mpdta_R_did_reference_attgt.csv")
    theirs = reference[reference["scenario"] == name].set_index(["group", "t"])
    table = answer.tables["cohort-time effects"]
    for line in table.itertuples():
        assert line.estimate == pytest.approx(theirs.loc[(line.cohort, line.time), "att"], abs=1e-9)
    errors = [theirs.loc[(line.cohort, line.time), "se"] for line in table.itertuples()]
    # One cohort has 20 units, whose mean varies by sqrt(20 / 17) more under a normal model with
    # unknown variance than R's plug-in standard errors say.
    wider = np.sqrt(table["units"] / (table["units"] - 3))
    assert np.allclose(table["sd"], errors * (1 + wider) / 2, rtol=0.07)
    comparison, _ = asked.read(mpdta)
    cells = step_cells(comparison.panel, 0)
    steps = cohort_time_effects(comparison.panel, np.ones((1, 500)), cells, comparison.controls, 0)[
        0
    ]
    times = comparison.panel.times
    for cohort, time, step in zip(cells.cohort, cells.time, steps, strict=True):
        assert step == pytest.approx(theirs.loc[(times[cohort], times[time]), "att"], abs=1e-9)


def test_averages_are_those_of_did(answered, shared_data):
    name, _, answer = answered
    reference = pd.read_csv(shared_data / "causal" / "mpdta_R_did_reference_aggte.csv")
    theirs = reference[reference["scenario"] == name].groupby("type").first()
    averages, table = answer.effects["average"], answer.tables["averages"]
    for type_, ours in AGGREGATES.items():
        value, error = theirs.loc[type_, ["overall_att", "overall_se"]]
        assert table.loc[ours, "estimate"] == pytest.approx(value, abs=1e-9)
        draws = averages.draws[..., averages.labels.index(ours)].ravel()
        # The bootstrap's mean differs from the estimate by what the draws of few units are skew.
        assert draws.mean() == pytest.approx(value, abs=0.05 * error)
        assert draws.std() == pytest.approx(error, rel=0.06)


def test_finer_averages_are_those_of_did(answered, shared_data):
    name, _, answer = answered
    reference = pd.read_csv(shared_data / "causal" / "mpdta_R_did_reference_aggte.csv")
    own = reference[reference["scenario"] == name].set_index(["type", "egt"])
    for type_, over in (("group", "cohort"), ("calendar", "calendar time")):
        effects = answer.effects[over]
        for label, draws in zip(effects.labels, np.moveaxis(effects.draws, -1, 0), strict=True):
            line = own.loc[(type_, label)]
            assert draws.mean() == pytest.approx(line["att_egt"], abs=0.08 * line["se_egt"])
            assert draws.std() == pytest.approx(line["se_egt"], rel=0.09)
    steps, events = answer.effects["step before treatment"], answer.effects["event time"]
    for effects, chosen in ((steps, (-3, -2, -1)), (events, (0, 1, 2, 3))):
        for label in chosen:
            draws = effects.draws[..., effects.labels.index(label)]
            line = own.loc[("dynamic", label)]
            assert draws.mean() == pytest.approx(line["att_egt"], abs=0.08 * line["se_egt"])
            assert draws.std() == pytest.approx(line["se_egt"], rel=0.09)


@pytest.mark.parametrize(
    ("entry", "changes"),
    [
        ("causal/mpdta_csdid_nevertreated_dr", {}),
        ("causal/mpdta_csdid_notyet_dr", {"controls": "not yet"}),
        ("causal/mpdta_csdid_reg_lpop", {"covariates": ("lpop",)}),
    ],
)
def test_the_shared_truths_are_met(entry, changes, mpdta, shared_data):
    values = truth(shared_data, entry)["values"]
    answer = study(**changes).answer(mpdta, Computation(seed=2))
    table = answer.tables["averages"]
    for name, (value, tolerance) in values.items():
        if name in AGGREGATES:
            assert table.loc[AGGREGATES[name], "estimate"] == pytest.approx(value, abs=tolerance)
            assert table.loc[AGGREGATES[name], "mean"] == pytest.approx(value, abs=0.002)
    error = table.loc["simple", "sd"] / np.sqrt(answer.draws.size)
    assert within(answer.draws.mean(), values["simple"][0], error)


def test_the_two_way_regression_stands_beside(mpdta, shared_data):
    answer = study().answer(mpdta, Computation(seed=1))
    value, tolerance = truth(shared_data, "causal/mpdta_twfe")["values"]["value"]
    found = answer.tables["averages"].loc["two-way fixed effects", "estimate"]
    assert found == pytest.approx(value, abs=tolerance)


@pytest.mark.parametrize("pooled", [CohortTime(), Imputation()])
def test_pooling_stays_near_the_unpooled_effects(pooled, mpdta):
    flat = study(method=pooled).answer(mpdta, Computation(seed=1))
    drawn = DifferenceInDifferences(
        "lemp", "countyreal", "year", first_treated="first.treat", method=pooled
    ).answer(mpdta, Computation(seed=1))
    assert drawn.draws.mean() == pytest.approx(flat.draws.mean(), abs=0.25 * flat.draws.std())
    assert drawn.draws.std() == pytest.approx(flat.draws.std(), rel=0.1)


def test_organ_donations(shared_data):
    # Kessler and Roth: California against 26 states, state and quarter effects.
    frame = pd.read_csv(shared_data / "causal" / "organ_donations_did.csv")
    quarters = ["Q42010", "Q12011", "Q22011", "Q32011", "Q42011", "Q12012"]
    frame["Quarter"] = pd.Categorical(frame["Quarter"], categories=quarters, ordered=True)
    frame["active"] = (frame["State"] == "California") & frame["Quarter"].isin(quarters[3:])
    asked = DifferenceInDifferences(
        "Rate", "State", "Quarter", treatment="active", method=Imputation(), pooling=NoPooling()
    )
    answer = asked.answer(frame, Computation(seed=1))
    values = truth(shared_data, "causal/organ_did")["values"]
    estimate = answer.tables["averages"].loc["simple", "estimate"]
    assert estimate == pytest.approx(values["value"][0], abs=values["value"][1])
    assert answer.tables["averages"].loc["two-way fixed effects", "estimate"] == pytest.approx(
        estimate, abs=1e-12
    )
    # One treated state: clustered standard errors (.0067) know nothing of its own luck, and the
    # spread that is borrowed from the other states must be wider.
    assert answer.draws.std() > 1.5 * values["se_cluster"][0]
    units = next(found for found in answer.findings if found.code == "units")
    assert units.severity == "warning"
