import numpy as np

import bayesinf as bi
from causal.findings.assignment import read_assignment
from causal.findings.blocks import fewest_per_arm, judge_blocks


def assigned(received, blocks, clusters=None):
    frame = {"b": blocks, **({} if clusters is None else {"g": clusters})}
    table = bi.Table.read(frame)
    return read_assignment(table, np.asarray(received), "b", None if clusters is None else "g")


def test_the_smallest_cell_is_counted():
    received = np.array([1, 1, 0, 0, 1, 0, 0, 0]) == 1
    assert fewest_per_arm(assigned(received, np.repeat(["x", "y"], 4))) == 1


def test_clusters_are_counted_and_not_their_rows():
    cluster = np.repeat(np.arange(4), 10)
    found = assigned(cluster % 2 == 1, np.repeat(["x"], 40), cluster)
    assert fewest_per_arm(found) == 2


def test_odds_are_told_and_lone_arms_warned_of():
    received = np.array([1, 1, 0, 0, 1, 1, 1, 0, 0]) == 1
    (found,) = judge_blocks(assigned(received[:8], np.repeat(["x", "y"], 4)), "b")
    assert found.evidence["lowest_share"] == 0.5 and found.evidence["highest_share"] == 0.75
    assert found.severity == "note" and "share one" in found.sentence
    (lone,) = judge_blocks(assigned(received, np.repeat(["x", "y", "z"], [4, 4, 1])), "b")
    assert lone.severity == "warning" and lone.evidence["one_arm"] == 1
