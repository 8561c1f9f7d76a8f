"""One series over time: its structure, filtered exactly, and its forecast."""

from causal.series.structural import LocalLevel as LocalLevel, LocalTrend as LocalTrend
