"""Text to `Formula`, the guard of what a formula may do, and columns to numbers.

`parse` reads a formula into values and evaluates nothing; `encode` turns a right-hand side and
columns into a matrix, and new rows into the same numbers.
"""

from bayesinf.formula.encode import Encoded as Encoded
from bayesinf.formula.encode import encode as encode
from bayesinf.formula.encode import evaluate as evaluate
from bayesinf.formula.formula import Formula as Formula
from bayesinf.formula.formula import Response as Response
from bayesinf.formula.formula import TermCall as TermCall
from bayesinf.formula.formula import group_columns as group_columns
from bayesinf.formula.guard import check as check
from bayesinf.formula.guard import factor_columns as factor_columns
from bayesinf.formula.guard import names_in as names_in
from bayesinf.formula.split import parse as parse
