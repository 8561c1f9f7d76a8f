"""Causal inference: from a question and a graph to an effect, and what it rests on.

import bayesinf as bi, causal
e = causal.estimate(bi.examples.nhefs(), "wt82_71", "qsmk", adjust=["sex", "age"], seed=1)
e.summary(); e.draws; e.prediction; e.findings
"""

# The module `estimate` is loaded by this import before the function of that name takes its place.
from causal.api import estimate as estimate, identify as identify
from causal.estimand import ATE as ATE, ATT as ATT
from causal.estimate import Estimate as Estimate
from causal.graph import Graph as Graph
from causal.identification import Identification as Identification, NotIdentified as NotIdentified

__all__ = [
    "ATE",
    "ATT",
    "Estimate",
    "Graph",
    "Identification",
    "NotIdentified",
    "estimate",
    "identify",
]
