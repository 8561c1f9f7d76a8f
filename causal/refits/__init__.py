"""The same study many times over, each time with one thing changed: what checks are made of."""

from causal.refits.change import Change as Change
from causal.refits.refit import refit as refit
from causal.refits.refits import Refits as Refits
