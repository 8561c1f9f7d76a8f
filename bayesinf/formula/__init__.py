"""Text to `Formula`, the guard of what a formula may do, and columns to numbers.

`parse` reads a formula into values and evaluates nothing; `encode` turns a right-hand side and
columns into a matrix, and new rows into the same numbers.
"""

from bayesinf.formula.encode import Encoded as Encoded, encode as encode, evaluate as evaluate
from bayesinf.formula.formula import (
    Formula as Formula,
    Response as Response,
    TermCall as TermCall,
    group_columns as group_columns,
)
from bayesinf.formula.guard import (
    check as check,
    factor_columns as factor_columns,
    names_in as names_in,
)
from bayesinf.formula.split import parse as parse
