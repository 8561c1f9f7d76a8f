import random
from itertools import chain, combinations

import numpy as np
import pytest

from causal.graph import Graph
from causal.identification import (
    NotIdentified,
    efficient_adjustment,
    identify_backdoor,
    minimal_adjustment,
    minimal_adjustments,
)
from causal.identification.adjustment import iterate_minimal, minimal_separators
from causal.identification.question import Question
from tests.causal.identification.oracle import all_sets, minimal, valid_adjustments
from tests.causal.identification.scm import Model, random_mixed_graph


def random_problem(rng: random.Random, latent: bool) -> tuple[Graph, str, str, list[str]]:
    """A graph of 3 to 8 variables: with named latent variables, or with `<->`."""
    size = rng.choice([3, 4, 5, 6, 7, 8, 8, 8])
    graph = random_mixed_graph(
        rng, size, rng.choice([0.2, 0.3, 0.45, 0.6]), 0.0 if latent else rng.choice([0.05, 0.15])
    )
    # Mostly a treatment that has both causes and effects: the others are easy.
    hard = [
        (x, y)
        for x in graph.nodes
        for y in graph.descendants(x) - {x}
        if graph.parents(x) or graph.spouses(x)
    ]
    x, y = rng.choice(sorted(hard)) if hard and rng.random() < 0.85 else rng.sample(graph.nodes, 2)
    others = [name for name in graph.nodes if name not in (x, y)]
    hidden = frozenset(name for name in others if latent and rng.random() < 0.3)
    graph = Graph(graph.directed, graph.bidirected, hidden, graph.nodes)
    observed = [name for name in graph.nodes if name in (x, y) or latent or rng.random() < 0.85]
    return graph, x, y, observed


@pytest.mark.parametrize("latent", [True, False], ids=["latent variables", "bidirected arrows"])
def test_agrees_with_exhaustive_search_on_a_thousand_graphs(latent):
    rng = random.Random(20260601 + latent)
    counts = {"identified": 0, "refused": 0, "several": 0}
    for _ in range(1000):
        graph, x, y, observed = random_problem(rng, latent)
        case = (str(graph), x, y, observed)
        valid = valid_adjustments(graph, x, y, set(observed) - graph.latent)
        listed = minimal_adjustments(graph, x, y, observed)
        assert listed.complete
        masks = [graph.bits.mask(names) for names in listed.sets]
        assert len(set(masks)) == len(masks)
        assert set(masks) == minimal(valid), case
        one = minimal_adjustment(graph, x, y, observed)
        if not valid:
            assert one is None and not masks
            with pytest.raises(NotIdentified):
                identify_backdoor(graph, x, y, observed)
            counts["refused"] += 1
            continue
        assert one is not None and graph.bits.mask(one) in minimal(valid), case
        chosen = identify_backdoor(graph, x, y, observed).adjustment
        assert graph.bits.mask(chosen) in valid, case
        counts["identified"] += 1
        counts["several"] += len(masks) > 1
    assert counts["identified"] > 400 and counts["refused"] > 200 and counts["several"] > 20, counts


def test_the_list_of_minimal_separators_is_whole():
    rng = random.Random(6)
    several = 0
    for _ in range(500):
        graph = random_mixed_graph(rng, 10, rng.choice([0.2, 0.28]), 0.02)
        bits = graph.bits
        # An end with many ancestors, and another one far from it: many ways to cut.
        y = max(graph.nodes, key=lambda name: len(graph.ancestors(name)))
        x, *others = rng.sample(sorted(set(graph.nodes) - {y}), 9)
        usable = bits.mask(name for name in others if rng.random() < 0.85)
        always = bits.mask(others[:1]) if rng.random() < 0.3 else 0
        start, end = bits.mask([x]), bits.mask([y])
        separating = {
            int(s)
            for s in all_sets(graph, bits.named(usable & ~always))
            if bits.separated(start, end, int(s) | always)
        }
        found = list(minimal_separators(bits, start, end, usable, always))
        assert len(set(found)) == len(found)
        assert set(found) == minimal(separating), (str(graph), x, y, bits.named(usable))
        several += len(found) > 1
    assert several > 50


def covariance(graph: Graph, rng: np.random.Generator) -> np.ndarray:
    """The covariance of a linear model with random coefficients and noise."""
    bits, size = graph.bits, len(graph.nodes)
    arrows = np.zeros((size, size))
    for start, end in graph.directed:
        arrows[bits.place[end], bits.place[start]] = rng.normal()
    mixing = np.linalg.inv(np.eye(size) - arrows)
    return mixing @ np.diag(rng.uniform(0.5, 2, size)) @ mixing.T


def residual_variance(cov: np.ndarray, of: int, given: list[int]) -> float:
    if not given:
        return cov[of, of]
    inner = cov[np.ix_(given, given)]
    return cov[of, of] - cov[of, given] @ np.linalg.solve(inner, cov[given, of])


def asymptotic_variance(cov: np.ndarray, x: int, y: int, given: list[int]) -> float:
    """Of the least-squares coefficient of x: var(y | x, given) / var(x | given)."""
    return residual_variance(cov, y, [x, *given]) / residual_variance(cov, x, given)


def test_no_valid_set_is_more_precise_than_the_o_set():
    rng, generator = random.Random(11), np.random.default_rng(11)
    compared = absent = 0
    for _ in range(400):
        graph, x, y, observed = random_problem(rng, latent=True)
        found = efficient_adjustment(graph, x, y, observed)
        if found is None:
            absent += 1
            continue
        valid = valid_adjustments(graph, x, y, set(observed) - graph.latent)
        best = graph.bits.mask(found)
        assert best in valid, (str(graph), x, y)
        cov = covariance(graph, generator)
        at, to = graph.bits.place[x], graph.bits.place[y]
        places = {s: [i for i in range(8) if s >> i & 1] for s in valid}
        least = asymptotic_variance(cov, at, to, places[best])
        for s in valid:
            assert asymptotic_variance(cov, at, to, places[s]) >= least * (1 - 1e-9)
        compared += len(valid) > 1
    assert compared > 80 and absent > 50


@pytest.mark.parametrize(
    ("text", "observed", "expected"),
    [
        ("z -> x; z -> w -> y; x -> y; v -> y", "zwv", ("w", "v")),
        ("x -> m -> y; w -> m; z -> x", "mwz", ("w",)),
        ("x -> y; w -> y", "", None),  # w was not measured
        ("x -> y; w <-> y", "w", None),  # y has an unmeasured cause that w stands in for
        ("x <- z -> y", "z", None),  # there is no effect
        ("z -> x; z -> y; x -> y; u -> x; u [latent]", "z", ("z",)),  # u is no cause of y
        ("z -> x; x -> y; x -> c; y -> c; c -> d", "zcd", ()),
    ],
)
def test_o_sets_by_hand(text, observed, expected):
    assert efficient_adjustment(Graph.parse(text), "x", "y", ["x", "y", *observed]) == expected


def test_the_list_is_lazy_and_says_when_it_is_cut():
    # Twenty confounding paths of two variables each: a million minimal sets.
    arrows = [f"x <- a{i} <- b{i} -> y" for i in range(20)]
    graph = Graph.parse("; ".join(["x -> y", *arrows]))
    listed = minimal_adjustments(graph, "x", "y", graph.nodes, limit=50)
    assert len(listed.sets) == 50 and not listed.complete
    assert str(listed).endswith("... and more")
    assert all(len(names) == 20 for names in listed.sets)
    question = Question.ask(graph, "x", "y", graph.nodes)
    assert next(iterate_minimal(question)).bit_count() == 20
    small = Graph.parse("x <- a1 <- b1 -> y; x <- a2 <- b2 -> y; x -> y")
    listed = minimal_adjustments(small, "x", "y", small.nodes, limit=4)
    assert len(listed.sets) == 4 and listed.complete
    unconfounded = minimal_adjustments(Graph.parse("x -> y"), "x", "y", "xy")
    assert unconfounded.sets == ((),) and str(unconfounded) == "{}"
    assert str(minimal_adjustments(Graph.parse("x <-> y; x -> y"), "x", "y", "xy")) == "none"


def selected_problem(rng: random.Random) -> tuple[Graph, str, str]:
    graph = random_mixed_graph(rng, rng.randint(4, 6), 0.45, 0.05)
    x, y, s, *_ = rng.sample(graph.nodes, len(graph.nodes))
    sinks = tuple((a, b) for a, b in graph.directed if a != s)
    return Graph(sinks, graph.bidirected, nodes=graph.nodes, selected=frozenset({s})), x, y


def test_with_selected_rows_the_answer_is_that_for_all_rows():
    """P(y | do x) from the kept rows alone, against the truncated factorisation."""
    rng, generator = random.Random(5), np.random.default_rng(5)
    identified = biased = 0
    for _ in range(250):
        graph, x, y = selected_problem(rng)
        (s,) = graph.selected
        model = Model(graph, generator)
        truth = model.after((x,), (y,)).table
        joint = model.joint()
        kept = np.take(joint.table, 1, axis=joint.names.index(s))
        kept = kept / kept.sum()
        names = [name for name in joint.names if name != s]

        def adjusted(given, kept=kept, names=names, x=x, y=y):
            def marginal(wanted):
                drop = tuple(i for i, name in enumerate(names) if name not in wanted)
                return kept.sum(axis=drop, keepdims=True)

            weights = marginal(given)
            conditional = marginal({x, y, *given}) / marginal({x, *given})
            drop = tuple(i for i, name in enumerate(names) if name not in (x, y))
            table = (weights * conditional).sum(axis=drop)
            return table if names.index(x) < names.index(y) else table.T

        others = [name for name in names if name not in (x, y)]
        try:
            found = identify_backdoor(graph, x, y, graph.nodes)
            np.testing.assert_allclose(adjusted(found.adjustment), truth, atol=1e-10)
            assert any("Selection" in sentence for sentence in found.assumptions)
            identified += 1
        except NotIdentified as error:
            if y in graph.ancestors(x):
                continue
            # The criterion is complete for adjustment: with random numbers every set is off.
            subsets = chain.from_iterable(combinations(others, k) for k in range(len(others) + 1))
            assert all(np.abs(adjusted(set(g)) - truth).max() > 1e-9 for g in subsets), (
                str(graph),
                x,
                y,
                str(error),
            )
            biased += 1
    assert identified > 40 and biased > 40, (identified, biased)


def test_selection_on_the_outcome_is_named():
    graph = Graph.parse("x -> y -> s; s [selected]")
    with pytest.raises(NotIdentified, match="rows were kept") as caught:
        identify_backdoor(graph, "x", "y", "xy")
    assert str(caught.value.open_path) == "y -> s"
    assert "rows that were left out" in str(caught.value)
    graph = Graph.parse("x -> y; x -> s <- u -> y; s [selected]")
    with pytest.raises(NotIdentified, match="rows were kept"):
        identify_backdoor(graph, "x", "y", "xyu")
    collider = Graph.parse("x -> y; a -> x; a -> s <- b; b -> y; s [selected]")
    with pytest.raises(NotIdentified):
        identify_backdoor(collider, "x", "y", "xy")
