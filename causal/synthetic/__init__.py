"""One unit made of others: weights of donors, placebos in space, and what they say of the error."""

from causal.synthetic.donors import (
    DiD as DiD,
    Method as Method,
    Simplex as Simplex,
    SyntheticDiD as SyntheticDiD,
)
from causal.synthetic.simplex import Exact as Exact, FrankWolfe as FrankWolfe
