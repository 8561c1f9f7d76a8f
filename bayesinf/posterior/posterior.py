"""A posterior: a model, draws of its unknowns, and how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from bayesinf.model.model import Model
from bayesinf.posterior.draws import Draws
from bayesinf.posterior.provenance import Provenance
from bayesinf.posterior.states import DrawsOnly, State
from bayesinf.posterior.verdict import Verdict


@dataclass(frozen=True, eq=False)
class Posterior:
    """What is now believed.

    Attributes:
        model: The model that was fitted.
        values: Draws of every unknown.
        verdict: Whether to believe them.
        provenance: Where they come from.
        state: The closed form, where there is one.
        statistics: Per-draw facts of the sampler under ArviZ's names, each (chain, draw).
        independent: Whether the draws are independent of each other.
    """

    model: Model
    values: Draws
    verdict: Verdict
    provenance: Provenance
    state: State = field(default_factory=DrawsOnly)
    statistics: Mapping[str, np.ndarray] = field(default_factory=dict)
    independent: bool = False

    @cached_property
    def tree(self):
        """The draws as an ArviZ DataTree; see `posterior.tree.build_tree`."""
        from bayesinf.posterior.tree import build_tree

        return build_tree(self)
