"""Folds: each row in one, groups kept together, and models of the other rows."""

from __future__ import annotations

import numpy as np
import pytest

import bayesinf as bi
from bayesinf.criticism.folds import divide_rows, without
from bayesinf.numerics.random import Streams


@pytest.fixture(scope="module")
def model() -> bi.Model:
    return bi.model("Reaction ~ Days + (Days | Subject)", bi.examples.sleepstudy())


def test_random_folds_are_of_equal_size_and_depend_on_the_seed(model: bi.Model) -> None:
    folds, units, names = divide_rows(model, None, None, Streams(1))
    assert names == [str(k) for k in range(1, 11)]
    assert np.bincount(folds).tolist() == [18] * 10
    assert units.tolist() == list(range(180))
    assert np.array_equal(folds, divide_rows(model, None, None, Streams(1))[0])
    assert not np.array_equal(folds, divide_rows(model, None, None, Streams(2))[0])
    assert np.bincount(divide_rows(model, 7, None, Streams(1))[0]).tolist() == [26] * 5 + [25] * 2


def test_groups_share_a_fold(model: bi.Model) -> None:
    folds, units, names = divide_rows(model, None, "Subject", Streams(1))
    assert names[:2] == ["308", "309"] and len(names) == 18
    assert np.array_equal(folds, units)
    few, units, names = divide_rows(model, 4, "Subject", Streams(1))
    assert names == ["1", "2", "3", "4"]
    assert all(len(set(few[units == unit])) == 1 for unit in range(18))
    labels = np.repeat(["u", "v", "w"], 60)
    assert divide_rows(model, None, labels.tolist(), Streams(1))[2] == ["u", "v", "w"]


def test_the_model_without_a_fold_keeps_levels_and_priors(model: bi.Model) -> None:
    folds, _, names = divide_rows(model, None, "Subject", Streams(1))
    rest = without(model, folds == names.index("309"))
    assert len(rest.design.response) == 170
    assert rest.priors is model.priors
    assert rest.layout == model.layout
    assert names.index("309") not in rest.design.rows.groups[0].codes


@pytest.mark.parametrize(
    ("k", "groups", "words"),
    [
        (1, None, "180 rows cannot be divided into 1 fold"),
        (181, None, "180 rows cannot be divided into 181 folds"),
        (2.5, None, "k is a whole number of folds"),
        (19, "Subject", "18 groups cannot be divided into 19 folds"),
        (None, ["one"] * 180, "1 groups cannot be divided into 1 fold"),
        (None, "Subjekt", "uses no column 'Subjekt'. Did you mean 'Subject'"),
        (None, ["a", "b"], "2 group labels for the 180 rows"),
    ],
)
def test_folds_that_cannot_be_are_refused_in_a_sentence(model, k, groups, words) -> None:
    with pytest.raises(bi.BayesinfError, match=words):
        divide_rows(model, k, groups, Streams(1))


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        (3, "For 3 folds of random rows, give kfold\\(k=3\\)"),
        (2.5, "this is 'float'"),
        (np.ones((180, 2)), "this is 'ndarray'"),
        ({"Subject": 3}, "this is 'dict'"),
        (bi.examples.sleepstudy(), "this is 'DataFrame'"),
    ],
)
def test_groups_are_a_column_or_labels(model: bi.Model, groups: object, words: str) -> None:
    with pytest.raises(bi.ModelError, match=words) as caught:
        divide_rows(model, None, groups, Streams(1))  # pyright: ignore[reportArgumentType]
    assert caught.value.code == "folds"
    assert str(caught.value).startswith("groups= is a column of the model, or one label")


def test_labels_in_another_order_than_the_rows_are_refused(model: bi.Model) -> None:
    labels = bi.examples.sleepstudy()["Subject"]
    assert len(divide_rows(model, None, labels, Streams(1))[2]) == 18
    assert len(divide_rows(model, None, labels.set_axis(range(1000, 1180)), Streams(1))[2]) == 18
    with pytest.raises(bi.DataError, match="in another order") as caught:
        divide_rows(model, None, labels.sort_values(ascending=False), Streams(1))
    assert caught.value.code == "other-order"
