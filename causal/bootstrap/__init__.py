"""Bayesian bootstrap of rows: nuisances fitted again for every vector of weights."""
