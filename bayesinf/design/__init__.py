"""Columns became numbers, and how to do it again for new rows."""

from bayesinf.design.design import (
    Design as Design,
    Recipe as Recipe,
    Rows as Rows,
    build_design as build_design,
    predictor_columns as predictor_columns,
    redesign as redesign,
    refuse_unseen_groups as refuse_unseen_groups,
    rows_at as rows_at,
    term_of as term_of,
)
from bayesinf.design.formula_check import read_columns as read_columns
