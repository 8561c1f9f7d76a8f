"""The catalogue of terms that formulas may hold; `ALL` lists them."""

from __future__ import annotations

from bayesinf.term import Term
from bayesinf.terms.offset import Offset as Offset
from bayesinf.terms.population import Population as Population
from bayesinf.terms.varying import Varying as Varying

ALL: tuple[type[Term], ...] = (Population, Varying, Offset)
