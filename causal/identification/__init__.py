"""Whether an effect can be had from what was measured, and how."""

from causal.identification.adjustment import (
    AdjustmentSets as AdjustmentSets,
    efficient_adjustment as efficient_adjustment,
    minimal_adjustment as minimal_adjustment,
    minimal_adjustments as minimal_adjustments,
)
from causal.identification.assumptions import backdoor_assumptions as backdoor_assumptions
from causal.identification.backdoor import identify_backdoor as identify_backdoor
from causal.identification.evaluate import Distribution as Distribution, evaluate as evaluate
from causal.identification.expression import Expression as Expression
from causal.identification.falsification import (
    Examined as Examined,
    examine_independences as examine_independences,
    judge_graph as judge_graph,
)
from causal.identification.frontdoor import find_front_door as find_front_door
from causal.identification.functional import (
    Functional as Functional,
    Hedge as Hedge,
    check_hedge as check_hedge,
    find_conditional as find_conditional,
    find_functional as find_functional,
)
from causal.identification.identification import (
    Identification as Identification,
    NotIdentified as NotIdentified,
    Strategy as Strategy,
)
from causal.identification.identify import identify_effect as identify_effect
from causal.identification.instrument import (
    Instrument as Instrument,
    find_instruments as find_instruments,
)
from causal.identification.mediation import (
    Mediation as Mediation,
    identify_mediation as identify_mediation,
)
from causal.identification.stated import check_adjustment as check_adjustment
