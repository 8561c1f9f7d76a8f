import pytest

from causal.graph import Graph, GraphError

DAGITTY = """dag {
bb="-5,-4,5,4"
x [exposure,pos="-2.2,-1.5"]
y [outcome,pos="1.1,-1.5"]
"blood pressure" [latent,pos="-0.3,.1"]
s [selected]
"blood pressure" -> {x y}
x -> m -> y [pos="0.3,0.2"]
m <-> x
y -> s
}"""


def test_what_dagitty_shows_is_read():
    graph = Graph.parse(DAGITTY)
    assert graph == Graph(
        (("blood pressure", "x"), ("blood pressure", "y"), ("x", "m"), ("m", "y"), ("y", "s")),
        (("m", "x"),),
        frozenset({"blood pressure"}),
        selected=frozenset({"s"}),
    )
    assert Graph.parse(str(graph)) == graph


@pytest.mark.parametrize(
    "text",
    [
        "dag { z -> {x y}; x -> y; u [latent]; u -> z }",
        "DAG{z->x z->y x->y u[unobserved] u->z}",
        'digraph "my graph" { rankdir=LR; node [shape=box, label="a -> b"]; z -> x -> y;'
        " z -> y [color=red]; u [observed=no]; u -> z; /* a comment\n -> */ }",
        "# first\nstrict digraph { // a comment\n z -> {x; y}\n x -> y\n u [latent]\n u -> z }",
        "digraph { subgraph cluster_1 { x y } z -> subgraph { x y }; x -> y; u [latent] u -> z}",
        "digraph { x -> z [dir=back]; z -> y; x -> y; u [latent]; u -> z; x [latent=no] }",
    ],
)
def test_notations_of_one_graph(text):
    assert Graph.parse(text) == Graph.parse("z -> x; z -> y; x -> y; u [latent]; u -> z")


def test_dir_both_is_an_unmeasured_common_cause():
    assert Graph.parse("digraph { x -> y; x -> y [dir=both] }") == Graph.parse("x -> y; x <-> y")


def test_groups_on_both_sides_and_lone_variables():
    graph = Graph.parse("dag { {a b} -> {c d}; alone }")
    assert graph == Graph.parse("a -> c; a -> d; b -> c; b -> d; alone")


@pytest.mark.parametrize(
    ("text", "code", "sentence", "marked"),
    [
        ("mag { x -> y }", "graph-kind", "A MAG's arrows", "mag { x -> y }"),
        ("pdag { x -- y }", "graph-kind", "several causal graphs", "pdag { x -- y }"),
        ("graph { x -- y }", "graph-kind", "no direction", "graph { x -- y }"),
        ("net { x -> y }", "graph-kind", "'net' is no kind", "net { x -> y }"),
        ("dag { x -- y }", "graph-syntax", "does not say what affects what", "-- y }"),
        ("dag { x @-> y }", "graph-syntax", "does not say what affects what", "@-> y }"),
        ("dag { x -> }", "graph-syntax", "not '}'", "}"),
        ("dag { x -> y", "graph-syntax", "never closed", ""),
        ("dag { x [latent -> y }", "graph-syntax", "never closed", ""),
        ("dag { blood-pressure -> y }", "graph-syntax", "'-' has no meaning", "-pressure -> y }"),
        ("digraph { x -> y [dir=none] }", "graph-syntax", "without a head", "-> y [dir=none] }"),
        ("dag { x -> y; y -> x }", "opposite-arrows", "both directions", "-> x }"),
        ("dag { x -> y -> z -> x }", "cycle", "x -> y -> z -> x", "-> x }"),
        ("dag { x -> x }", "self-arrow", "to itself", "-> x }"),
    ],
)
def test_faults_are_sentences_with_the_place_marked(text, code, sentence, marked):
    with pytest.raises(GraphError) as caught:
        Graph.parse(text)
    error = caught.value
    assert error.code == code and sentence in str(error) and error.hint
    assert error.place is not None and text[error.place :] == marked


def test_an_empty_graph_in_braces():
    with pytest.raises(GraphError, match="no variables"):
        Graph.parse("dag { }")
