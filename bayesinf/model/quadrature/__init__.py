"""Models with one group term, its effects integrated out by adaptive Gauss-Hermite quadrature.

rows.py     the rows in dense blocks of groups of similar size
kernels.py  the part of a row's log density that depends on its predictor
rule.py     nodes and weights
block.py    the integral for the groups of a block, NumPy or JAX
value.py    the log density of the few unknowns that are left, and its error
"""
