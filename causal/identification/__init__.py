"""Whether an effect can be had from what was measured, and how."""

from causal.identification.backdoor import identify_backdoor as identify_backdoor
from causal.identification.identification import (
    Identification as Identification,
    NotIdentified as NotIdentified,
    backdoor_assumptions as backdoor_assumptions,
)
from causal.identification.stated import check_adjustment as check_adjustment
