"""Draws from a density of few dimensions, with a certificate: modes, importance sampling, k-hat.

The recipe: find the mode from several starts; put a multivariate t around it; improve the t by one
or two rounds of moment matching; draw fresh proposals; walk through them by independence
Metropolis-Hastings. The certificate passes only when the starts agree and k-hat is small on both
halves of the proposals.

Source: Vehtari et al. (2024), Pareto smoothed importance sampling. Departure: the weights drive an
independence chain, so that effective sample sizes and R-hat are those of real chains.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bayesinf.numerics.importance import (
    Certificate,
    adapt,
    certify,
    importance_sample,
    independence_chains,
)
from bayesinf.numerics.mode import Derivatives, Modes, Value, find_modes
from bayesinf.numerics.proposal import Student
