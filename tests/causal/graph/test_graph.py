import random

import pytest
from hypothesis import given, settings, strategies as st

from bayesinf import BayesinfError
from causal.graph import Graph, GraphError


def test_arrows_chains_and_separators_mean_the_same():
    plain = Graph(directed=(("z", "x"), ("z", "y"), ("x", "y")))
    for text in (
        "z -> x; z -> y; x -> y",
        "z->x,z->y,x->y",
        "x <- z -> y\nx -> y\n",
        "z -> x -> y # a chain\n\n# a comment -> alone\ny <- z;;",
        "z -> x; z -> x; z -> y; x -> y",
        "z -> x\r\nz -> y\r\nx -> y\r\n",
    ):
        assert Graph.parse(text) == plain
        assert hash(Graph.parse(text)) == hash(plain)


def test_nodes_come_in_order_of_appearance():
    assert Graph.parse("y <- b; a -> y; alone").nodes == ("y", "b", "a", "alone")


def test_bidirected_arrows_have_no_direction():
    assert Graph.parse("x <-> y") == Graph.parse("y <-> x; x <-> y")
    assert Graph.parse("x <-> y") != Graph.parse("x -> y")
    assert Graph.parse("x <-> y").spouses("y") == ("x",)


@pytest.mark.parametrize("word", ["latent", "unobserved", "unmeasured"])
def test_latent_variables_are_declared(word):
    graph = Graph.parse(f"u [{word}]; u -> x; u -> y")
    assert graph.latent == {"u"}
    assert graph == Graph.parse(f"u [ {word} ] -> x; u -> y")
    assert graph != Graph.parse("u -> x; u -> y")


def test_names_in_quotes():
    graph = Graph.parse('"blood pressure" -> "a \\"b\\" \\\\ ;->"; größe.2 -> y')
    assert graph.nodes == ("blood pressure", 'a "b" \\ ;->', "größe.2", "y")
    assert Graph.parse(str(graph)) == graph


def test_relatives():
    graph = Graph.parse("a -> b -> c; a -> c; d -> c; c -> e; b <-> e")
    assert graph.parents("c") == ("b", "a", "d")
    assert graph.children("a") == ("b", "c")
    assert graph.ancestors("b", "d") == {"a", "b", "d"}
    assert graph.descendants("b") == {"b", "c", "e"}
    assert graph.descendants() == frozenset()


def test_surgery_leaves_the_original_alone():
    graph = Graph.parse("u [latent]; u -> x; x -> y; x <-> y")
    cut = graph.without_arrows([("u", "x")])
    assert cut.directed == (("x", "y"),) and cut.bidirected == (("x", "y"),)
    assert cut.nodes == graph.nodes and cut.latent == {"u"}
    assert Graph.parse(str(cut)) == cut
    assert graph.restricted({"y", "x"}) == Graph.parse("x -> y; x <-> y")
    assert graph == Graph.parse("u [latent]; u -> x; x -> y; x <-> y")


@pytest.mark.parametrize(
    ("text", "code", "sentence", "marked"),
    [
        ("x -> y; y => w", "graph-syntax", "'=' has no meaning", "=> w"),
        ("x -> y; a - b", "graph-syntax", "'-' has no meaning", "- b"),
        ("x -> ", "graph-syntax", "leads nowhere", "-> "),
        ("-> x", "graph-syntax", "no variable before the arrow", "-> x"),
        ("x -> -> y", "graph-syntax", "no variable before the arrow", "-> y"),
        ("x -> y z", "graph-syntax", "no arrow before z", "z"),
        ('x -> "y', "graph-syntax", "quote that opens here", '"y'),
        ('x -> " "', "graph-syntax", "blank", '" "'),
        ("u [latent -> y", "graph-syntax", "bracket that opens here", "[latent -> y"),
        ("u [latnt] -> y", "graph-syntax", "Did you mean 'latent'", "[latnt] -> y"),
        ("[latent] -> y", "graph-syntax", "no variable before", "[latent] -> y"),
        ("a, b -> y", "graph-syntax", "stands alone between commas", "a, b -> y"),
        ("x -> y; y -> y", "self-arrow", "'y' to itself", "-> y"),
        ("x <-> x", "self-arrow", "'x' to itself", "<-> x"),
        ("x -> y; x <- y", "opposite-arrows", "both directions", "<- y"),
        ("a -> b\nd <- c <- b;d -> a; b -> z", "cycle", "a -> b -> c -> d -> a", "-> a; b -> z"),
        ("up -> y; Up [latent]", "unknown-variable", "Did you mean 'up'?", "[latent]"),
    ],
)
def test_faults_are_sentences_with_the_place_marked(text, code, sentence, marked):
    with pytest.raises(GraphError) as caught:
        Graph.parse(text)
    error = caught.value
    assert isinstance(error, BayesinfError) and isinstance(error, ValueError)
    assert error.code == code
    assert sentence in str(error)
    assert error.place is not None and text[error.place :] == marked
    _, line, caret = str(error).splitlines()[:3]
    assert line[caret.index("^") :] == marked.splitlines()[0]


def test_the_caret_stands_in_the_right_line():
    with pytest.raises(GraphError) as caught:
        Graph.parse("x -> y\n\tz -> ?\nw -> y")
    assert str(caught.value).splitlines()[1:3] == ["     z -> ?", "          ^"]


@pytest.mark.parametrize("text", ["", " \n;; # nothing\n"])
def test_an_empty_text_is_no_graph(text):
    with pytest.raises(GraphError, match="no variables"):
        Graph.parse(text)


def test_faults_of_a_graph_made_from_pairs():
    with pytest.raises(GraphError, match="a -> b -> c -> a"):
        Graph((("b", "c"), ("c", "a"), ("a", "b")), nodes=("a",))
    with pytest.raises(GraphError, match="'U' is declared latent"):
        Graph((("u", "y"),), latent=frozenset({"U"}))
    with pytest.raises(GraphError, match="named ''"):
        Graph((("", "y"),))


def test_unknown_variables_are_named_with_a_suggestion():
    graph = Graph.parse("smoking -> weight")
    with pytest.raises(GraphError, match=r"'weigth'\. Did you mean 'weight'") as caught:
        graph.ancestors("weigth")
    assert caught.value.code == "unknown-variable" and caught.value.column == "weigth"


def test_repr_is_short_and_html_is_escaped():
    assert repr(Graph.parse("x -> y")) == "Graph('x -> y')"
    long = Graph(tuple((f"cause{i}", "y") for i in range(30)))
    assert repr(long) == "Graph(31 variables, 30 arrows)"
    assert Graph.parse("x <-> y; x -> y")._repr_html_() == ("<pre>x -&gt; y\nx &lt;-&gt; y</pre>")


def test_a_graph_is_immutable():
    with pytest.raises(AttributeError):
        Graph.parse("x -> y").nodes = ("x",)  # type: ignore[misc]


names = st.text(min_size=1, max_size=6).filter(lambda name: bool(name.strip()))


@given(st.lists(names, min_size=2, max_size=6, unique=True), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_back(nodes: list[str], rng: random.Random):
    pairs = [(a, b) for i, a in enumerate(nodes) for b in nodes[i + 1 :]]
    graph = Graph(
        tuple(pair for pair in pairs if rng.random() < 0.4),
        tuple(pair for pair in pairs if rng.random() < 0.2),
        frozenset(name for name in nodes if rng.random() < 0.3),
        tuple(nodes),
    )
    assert Graph.parse(str(graph)) == graph
