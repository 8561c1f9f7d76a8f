"""Text that is really numbers or dates: what it holds, and the line that converts it."""

from bayesinf.texts.amounts import is_amount as is_amount, units_in as units_in
from bayesinf.texts.meaning import (
    LOOKED_AT as LOOKED_AT,
    LOOKED_THROUGH as LOOKED_THROUGH,
    Meaning as Meaning,
    advice_on as advice_on,
    advice_on_numbers as advice_on_numbers,
    are_mostly as are_mostly,
    meaning_of as meaning_of,
)
from bayesinf.texts.strays import (
    LIKE_MISSING as LIKE_MISSING,
    Strays as Strays,
    is_number as is_number,
    says_missing as says_missing,
)
