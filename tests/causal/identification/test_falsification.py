import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

import bayesinf as bi
from causal.graph import Graph, Independence
from causal.identification.falsification import (
    SMALL,
    examine_independences,
    judge_graph,
    posterior,
)


def chain(rng, n, effect=0.0, curved=False):
    """x -> m -> y with an arrow x -> y of the given size, w a factor caused by x."""
    x = rng.normal(size=n)
    m = (np.sin(2 * x) + 0.5 * x**2 if curved else x) + 0.7 * rng.normal(size=n)
    y = (m**2 / 2 if curved else m) + effect * x + rng.normal(size=n)
    w = np.where(x + rng.normal(size=n) > 0.5, "c", np.where(x + rng.normal(size=n) > 0, "b", "a"))
    return {"x": x, "m": m, "y": y, "w": w.astype(object)}


GRAPH = Graph.parse("x -> m -> y; x -> w")


def test_the_posterior_is_that_of_fishers_z():
    """Two numbers, nothing given: against quadrature with the normal law of Fisher's z."""
    rng = np.random.default_rng(3)
    for effect in (0.0, 0.05, 0.15, 0.3):
        x = rng.normal(size=400)
        y = effect * x + rng.normal(size=400)
        (found,), _ = examine_independences({"x": x, "y": y}, [Independence("x", "y")])
        z, sd = np.arctanh(abs(np.corrcoef(x, y)[0, 1])), 1 / np.sqrt(397)

        def likelihood(r, z=z, sd=sd):
            return norm.pdf(z, np.arctanh(r), sd) + norm.pdf(z, -np.arctanh(r), sd)

        some = quad(likelihood, 0, 0.999, points=[0.05, 0.1, 0.2, 0.4])[0]
        large = quad(likelihood, SMALL, 0.999, points=[0.2, 0.4])[0]
        mean = quad(lambda r: r * likelihood(r), 0, 0.999, points=[0.05, 0.1, 0.2, 0.4])[0]
        none = likelihood(0)
        # One test: even odds. The scale of the products is estimated, to about a tenth.
        assert abs(found.above - large / (some + none)) < 0.07
        assert abs(found.association - mean / (some + none)) < 0.01


@pytest.mark.parametrize("curved", [False, True])
def test_right_graphs_are_rarely_called_wrong(curved):
    rng = np.random.default_rng(11)
    findings = [judge_graph(GRAPH, chain(rng, 600, curved=curved)) for _ in range(60)]
    assert sum(found.severity == "bad" for found in findings) <= 1
    assert sum(found.severity == "good" for found in findings) >= 40


def test_a_missing_arrow_is_found_and_named():
    rng = np.random.default_rng(12)
    for _ in range(10):
        found = judge_graph(GRAPH, chain(rng, 800, effect=0.5))
        assert found.severity == "bad" and found.code == "graph-implications"
        assert "y and x given m (association 0." in found.sentence
        assert found.evidence["violated"] >= 1 and "<->" in found.remedy


def test_a_small_association_is_let_pass_however_many_the_rows():
    rng = np.random.default_rng(13)
    x = rng.normal(size=200_000)
    y = 0.03 * x + rng.normal(size=len(x))
    found = judge_graph(Graph.parse("x; y"), {"x": x, "y": y})
    assert found.severity == "good"
    assert 0.02 < found.evidence["largest"] < 0.04


def test_factors_on_both_sides():
    rng = np.random.default_rng(14)
    a = rng.integers(0, 4, 2000)
    b = np.where(rng.random(2000) < 0.4, a, rng.integers(0, 4, 2000))
    names = np.array(["p", "q", "r", "s"], dtype=object)
    frame = {"a": names[a], "b": names[b], "c": names[rng.integers(0, 4, 2000)]}
    tested, _ = examine_independences(frame, [Independence("a", "b"), Independence("a", "c")])
    assert tested[0].above > 0.99 and 0.3 < tested[0].association < 0.5
    assert tested[1].above < 0.05


def test_noise_that_grows_is_no_association():
    """The product of residuals varies more than its two sides say: the scale is estimated."""
    rng = np.random.default_rng(15)
    above = []
    for _ in range(200):
        x = rng.normal(size=300)
        y = rng.normal(size=300) * (0.2 + x**2)
        above.append(examine_independences({"x": x, "y": y}, [Independence("x", "y")])[0][0].above)
    assert np.mean(np.array(above) > 0.95) <= 0.02


def test_more_tests_ask_for_more_evidence():
    rng = np.random.default_rng(16)
    x = rng.normal(size=150)
    y = 0.25 * x + rng.normal(size=150)
    one = examine_independences({"x": x, "y": y}, [Independence("x", "y")])[0][0].above
    many = examine_independences({"x": x, "y": y}, [Independence("x", "y")] * 50)[0][0].above
    assert one > many + 0.05


def test_what_cannot_be_tested_is_said():
    rng = np.random.default_rng(17)
    x = rng.normal(size=100)
    frame = {"x": x, "m": 2 * x, "y": x + rng.normal(size=100), "k": np.ones(100)}
    found = judge_graph(Graph.parse("x -> m -> y; k"), frame)
    assert "Not tested" in found.sentence
    nothing = judge_graph(Graph.parse("x -> y"), frame)
    assert nothing.severity == "note" and "cannot speak against it" in nothing.sentence
    few = judge_graph(Graph.parse("x; y"), {"x": x[:8], "y": rng.normal(size=8)})
    assert few.severity in ("note", "warning")


def test_missing_values_and_columns():
    rng = np.random.default_rng(18)
    x, y = rng.normal(size=(2, 500))
    x[:20] = np.nan
    (found,), _ = examine_independences({"x": x, "y": y}, [Independence("x", "y")])
    assert found.rows == 480
    with pytest.raises(bi.DataError, match="'q'"):
        examine_independences({"x": x}, [Independence("x", "q")])


def test_far_out_the_density_stays_finite():
    rng = np.random.default_rng(19)
    x = rng.normal(size=(50_000, 1))
    one = x / np.linalg.norm(x)
    mean, above = posterior(one, one, 1, 0.5)
    assert above > 0.999 and mean > 0.99
