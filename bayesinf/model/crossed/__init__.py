"""Gaussian models with several group terms, crossed or nested: all but the spreads integrated out.

rows      the sums over rows, computed once
density   the log posterior density of the spreads
system    the precision of what borders the eliminated term, at many draws, never written out
draws     coefficients and effects, given draws of the spreads
"""
