"""Outcome surfaces of two arms as Gaussian processes: shapes found in the data, draws exact."""

from causal.gaussian_process.encoding import (
    Encoding as Encoding,
    encode_columns as encode_columns,
    encode_matrix as encode_matrix,
)
from causal.gaussian_process.surfaces import (
    SurfaceDraws as SurfaceDraws,
    fit_surfaces as fit_surfaces,
)
