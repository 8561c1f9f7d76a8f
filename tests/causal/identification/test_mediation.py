import random

import numpy as np
import pytest

from causal.graph import Graph, GraphError
from causal.identification import Functional, Hedge, evaluate
from causal.identification.evaluate import Distribution, combine
from causal.identification.mediation import identify_mediation
from tests.causal.identification.scm import Model, random_mixed_graph


def nested(model: Model, x: str, mediators: tuple[str, ...], y: str) -> np.ndarray:
    """P(Y(x, M(x*))) from the model with its latent variables: (x, x*, y).

    Each direct effect of x sees x* if it acts on y through the mediators, else x. This is the
    nested counterfactual where no variable acts both ways.
    """
    graph = model.explicit
    factors = []
    for name, table in model.tables.items():
        if name == x:
            continue
        acts_through = any(m in graph.descendants(name) for m in mediators)
        names = tuple("other" if parent == x and acts_through else parent for parent in table.names)
        factors.append(Distribution(names, table.table))
    known = {name for factor in factors for name in factor.names}
    found = combine(factors, tuple(name for name in (x, "other", y) if name in known))
    return found.arranged((x, "other", y), {x: 2, "other": 2, y: 2}).table


def test_formulas_are_exact_on_random_models():
    rng, generator = random.Random(20260901), np.random.default_rng(1)
    counts = {"natural": 0, "refused": 0, "adjusted": 0, "latent": 0}
    for _ in range(3000):
        graph = random_mixed_graph(rng, rng.randint(3, 6), rng.choice([0.4, 0.6]), 0.12)
        x, y = rng.sample(graph.nodes, 2)
        between = sorted((graph.descendants(x) & graph.ancestors(y)) - {x, y})
        if not between:
            continue
        mediators = tuple(rng.sample(between, min(len(between), rng.choice([1, 1, 2]))))
        found = identify_mediation(graph, x, mediators, y, graph.nodes)
        case = (str(graph), x, mediators, y, str(found))
        if found.natural is None:
            assert found.obstacle and found.adjustment is None
            counts["refused"] += 1
            continue
        model = Model(graph, generator)
        joint, truth = model.joint(), nested(model, x, found.mediators, y)
        answer = evaluate(found.natural, joint)
        assert answer.names == (x, f"{x}*", y)
        np.testing.assert_allclose(answer.table, truth, atol=1e-9, err_msg=str(case))
        counts["natural"] += 1
        counts["latent"] += bool(graph.bidirected)
        if found.adjustment is not None:
            w, m = found.adjustment, found.mediators
            outcome = joint.over({x, y, *m, *w})
            given = outcome.over({x, *m, *w})
            mediator = joint.over({x, *m, *w})
            other = mediator.over({x, *w})
            tables = [
                outcome,
                Distribution(given.names, 1 / given.table),
                *(
                    Distribution(tuple("other" if n == x else n for n in d.names), t)
                    for d, t in ((mediator, mediator.table), (other, 1 / other.table))
                ),
                joint.over(w),
            ]
            by_regression = combine(tables, (x, "other", y)).table
            np.testing.assert_allclose(by_regression, truth, atol=1e-9, err_msg=str(case))
            counts["adjusted"] += 1
        if isinstance(found.controlled, Functional):
            controlled = evaluate(found.controlled, joint)
            expected = model.after(found.controlled.treatments, (y,)).table
            np.testing.assert_allclose(controlled.table, expected, atol=1e-9)
    assert min(counts.values()) > 60, counts


def test_total_effect_is_the_formula_with_one_value():
    graph = Graph.parse("x -> m -> y; x -> y; z -> m; z -> y; z -> x")
    found = identify_mediation(graph, "x", "m", "y", graph.nodes)
    assert found.natural is not None and found.adjustment == ("z",)
    model = Model(graph, np.random.default_rng(4))
    table = evaluate(found.natural, model.joint()).table
    np.testing.assert_allclose(table[[0, 1], [0, 1]], model.after(("x",), ("y",)).table, atol=1e-12)


def test_an_exposed_confounder_of_mediator_and_outcome_is_a_recanting_witness():
    graph = Graph.parse("x -> l -> m -> y; l -> y; x -> m; x -> y")
    found = identify_mediation(graph, "x", "m", "y", graph.nodes)
    assert found.natural is None and "recanting witness" in str(found.obstacle)
    assert "x affects l" in str(found)
    # The controlled direct effect follows all the same.
    assert isinstance(found.controlled, Functional)
    both = identify_mediation(graph, "x", ["l", "m"], "y", graph.nodes)
    assert both.natural is not None


def test_an_unmeasured_confounder_of_mediator_and_outcome():
    graph = Graph.parse("x -> m -> y; x -> y; m <-> y")
    found = identify_mediation(graph, "x", "m", "y", graph.nodes)
    assert "recanting district" in str(found.obstacle)
    assert isinstance(found.controlled, Hedge)
    assert "does not" in str(found)
    confounded = Graph.parse("x -> m -> y; x <-> m")
    found = identify_mediation(confounded, "x", "m", "y", confounded.nodes)
    assert "hedge" in str(found.obstacle)


def test_what_is_no_mediator_is_refused():
    graph = Graph.parse("x -> m -> y; z -> y; u [latent]; x -> u -> y")
    for name, said in (("z", "is not between them"), ("u", "was not measured")):
        with pytest.raises(GraphError, match=said) as caught:
            identify_mediation(graph, "x", name, "y", graph.nodes)
        assert caught.value.code == "not-a-mediator"
    with pytest.raises(GraphError, match="no variable 'w'"):
        identify_mediation(graph, "x", "w", "y", graph.nodes)
    with pytest.raises(GraphError, match="No mediator was named"):
        identify_mediation(graph, "x", [], "y", graph.nodes)
    selected = Graph.parse("x -> m -> y; m -> s; s [selected]")
    with pytest.raises(GraphError, match="rows were selected"):
        identify_mediation(selected, "x", "m", "y", selected.nodes)
