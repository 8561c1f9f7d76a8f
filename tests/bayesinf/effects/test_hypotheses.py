from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.effects.hypotheses import hypothesis
from bayesinf.errors import ModelError
from bayesinf.posterior.posterior import Posterior


def test_the_probability_is_the_share_of_draws(sleep: Posterior) -> None:
    days = sleep.values.coefficients[..., 1]
    found = hypothesis(sleep, "Days > 10")
    assert float(found) == found.probability == (days > 10).mean()
    sd = sleep.values.sds[0][..., 1]
    assert float(hypothesis(sleep, "sd:Subject:Days > 6")) == (sd > 6).mean()
    own = sleep.values.effects[0]
    statement = "Subject[309]:Days - Subject[310]:Days > Days - 16"
    truth = (own[:, :, 1, 1] - own[:, :, 2, 1] > days - 16).mean()
    assert 0 < truth < 1
    assert float(hypothesis(sleep, statement)) == truth
    assert float(hypothesis(sleep, "abs(Days - 10) < 1")) == (np.abs(days - 10) < 1).mean()


def test_the_error_is_that_of_a_share_of_independent_draws(logistic: Posterior) -> None:
    found = hypothesis(logistic, "z > 0.7")
    p = found.probability
    assert found.mcse == pytest.approx(np.sqrt(p * (1 - p) / found.effective))
    assert 0.5 * found.draws < found.effective < 2 * found.draws
    chains = (logistic.values.coefficients[..., 1] > 0.7).mean(axis=1)
    assert found.mcse < 4 * chains.std(ddof=1) / np.sqrt(len(chains))


def test_where_all_draws_agree_the_error_is_not_zero(sleep: Posterior) -> None:
    found = hypothesis(sleep, "sigma > 0")
    assert float(found) == 1.0
    assert 0 < found.mcse < 2.0 / found.effective
    assert 100 < found.effective <= 2 * found.draws


def test_it_prints_as_a_sentence(sleep: Posterior) -> None:
    text = repr(hypothesis(sleep, " Days > 10 "))
    assert text.startswith("The posterior probability that Days > 10 is 0.")
    assert "1,000 draws" in text
    assert repr(bi.Fit(sleep).hypothesis("Days > 10")) == text


def test_unknown_names_are_errors_with_a_suggestion(sleep: Posterior) -> None:
    with pytest.raises(ModelError, match="Did you mean 'Days'") as caught:
        hypothesis(sleep, "Dayz > 0")
    assert caught.value.code == "unknown-parameter"
    with pytest.raises(ModelError, match=r"Did you mean 'Subject\[372\]:Days'"):
        hypothesis(sleep, "Subjects[372]:Days > 0")
