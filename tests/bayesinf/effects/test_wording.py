from __future__ import annotations

import pandas as pd

import bayesinf as bi
from bayesinf.data.table import Table
from bayesinf.effects.averaging import all_rows, each_row, rows_by
from bayesinf.effects.contrasts import named_contrast
from bayesinf.effects.wording import cases_in_words, outcome_in_words, rows_in_words, spoken
from bayesinf.posterior.posterior import Posterior

TABLE = Table.read({"sex": ["f", "m", "f"], "w": [1.0, 2.0, 3.0]})


def test_rows_and_cases_are_counted() -> None:
    assert rows_in_words(all_rows(TABLE)) == "average of 3 rows"
    assert cases_in_words(all_rows(TABLE, "w")) == ("(average of 3 rows, weighted by w)",)
    by = rows_by(TABLE, "sex")
    assert rows_in_words(by) == "average of 3 rows by sex"
    assert cases_in_words(by)[1] == "(average of 1 row with sex = m)"
    assert rows_in_words(each_row(TABLE)) == "row by row"
    assert cases_in_words(each_row(TABLE))[2] == "in row 2"


def test_outcomes_are_named_by_what_is_expected_of_them(
    linear: Posterior, logistic: Posterior, counted: Posterior, data: pd.DataFrame
) -> None:
    assert outcome_in_words(linear.model) == "expected y"
    assert outcome_in_words(logistic.model) == "probability of event"
    assert outcome_in_words(counted.model) == "probability of success (k per trial)"
    text = bi.model("label ~ z", data, family="bernoulli")
    assert outcome_in_words(text) == "probability of label = young"
    assert spoken(named_contrast("odds_ratio")) == "odds ratio"
