import random
from itertools import chain, combinations

import numpy as np
import pytest

from causal.graph import Graph, separated, without_effects
from causal.identification import Distribution, evaluate, find_front_door, find_functional
from causal.identification.frontdoor import front_door_functional
from tests.causal.identification.scm import Model, random_mixed_graph


def meets_criterion(graph: Graph, x: str, y: str, mediators: set[str]) -> bool:
    """Pearl's three conditions, read off the definition by names."""
    around = graph.restricted(set(graph.nodes) - mediators)
    return (
        y not in around.descendants(x)
        and (not mediators or separated(without_effects(graph, x), x, mediators))
        and (not mediators or separated(without_effects(graph, mediators), mediators, y, x))
    )


def test_agrees_with_exhaustive_search():
    rng, generator = random.Random(20260701), np.random.default_rng(1)
    counts = {"found": 0, "none": 0, "several": 0, "computed": 0}
    for _ in range(4000):
        graph = random_mixed_graph(rng, rng.randint(3, 7), rng.choice([0.3, 0.45]), 0.12)
        x, y, *others = rng.sample(graph.nodes, len(graph.nodes))
        if y not in graph.descendants(x):
            continue
        measured = sorted(name for name in others if rng.random() < 0.9)
        every = chain.from_iterable(combinations(measured, k) for k in range(len(measured) + 1))
        valid = [set(s) for s in every if meets_criterion(graph, x, y, set(s))]
        found = find_front_door(graph, x, y, [x, y, *measured])
        case = (str(graph), x, y, measured, found)
        if not valid:
            assert found is None, case
            counts["none"] += 1
            continue
        assert found is not None and set(found) in valid, case
        assert not any(other < set(found) for other in valid), case
        counts["found"] += 1
        counts["several"] += len(found) > 1
        if counts["computed"] < 60:
            model = Model(graph, generator)
            answer = evaluate(front_door_functional(x, y, found), model.joint()).table
            np.testing.assert_allclose(answer, model.after((x,), (y,)).table, atol=1e-9)
            counts["computed"] += 1
    assert counts["found"] > 60 and counts["none"] > 300 and counts["several"] > 5, counts


@pytest.mark.parametrize(
    ("text", "observed", "expected"),
    [
        ("x -> m -> y; x <-> y", "m", ("m",)),
        ("x -> m -> y; x <-> y", "", None),
        ("x -> a -> b -> y; x <-> y", "ab", ("b",)),
        ("x -> a -> y; x -> b -> y; x <-> y", "ab", ("a", "b")),
        ("x -> a -> y; x -> b -> y; x <-> y", "a", None),
        ("x -> m -> y; x <-> y; x <-> m", "m", None),
        ("x -> m -> y; x <-> y; m <-> y", "m", None),
        ("x -> m -> y; x -> y; x <-> y", "m", None),
        # A cause of mediator and outcome is held by the set, though x does not affect it.
        ("x -> m -> y; z -> m; z -> y; x <-> y", "mz", ("m", "z")),
        ("u [latent]; x -> u -> m -> y; x <-> y", "m", ("m",)),
    ],
)
def test_by_hand(text, observed, expected):
    assert find_front_door(Graph.parse(text), "x", "y", ["x", "y", *observed]) == expected


def test_the_formula_is_that_of_id():
    graph = Graph.parse("x -> m -> y; x <-> y")
    found = find_functional(graph, "x", "y", graph.nodes)
    assert str(front_door_functional("x", "y", ["m"])) == str(found)


def test_by_simulation():
    """A million rows from a model with an unmeasured confounder, against the intervened model."""
    rng = np.random.default_rng(7)
    n = 1_000_000

    def simulate(set_x: int | None) -> tuple[np.ndarray, ...]:
        u = rng.random(n) < 0.5
        x = rng.random(n) < 0.2 + 0.6 * u if set_x is None else np.full(n, set_x)
        m = rng.random(n) < 0.1 + 0.7 * x
        y = rng.random(n) < 0.1 + 0.4 * m + 0.4 * u
        return x.astype(int), m.astype(int), y.astype(int)

    x, m, y = simulate(None)
    joint = np.bincount(4 * x + 2 * m + y, minlength=8).reshape(2, 2, 2) / n

    answer = evaluate(front_door_functional("x", "y", ["m"]), Distribution(("x", "m", "y"), joint))
    effect = answer.table[1, 1] - answer.table[0, 1]
    truth = simulate(1)[2].mean() - simulate(0)[2].mean()
    naive = y[x == 1].mean() - y[x == 0].mean()
    assert abs(effect - truth) < 4 * 0.0015
    assert abs(effect - 0.28) < 4 * 0.0015
    assert naive > 0.45
