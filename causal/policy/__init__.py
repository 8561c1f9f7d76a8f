"""Whom to treat: rules, what they are worth, and how well rows are ranked."""

from causal.policy.budget import Allocation as Allocation, treat_best as treat_best
from causal.policy.effects import row_effects as row_effects
from causal.policy.ranking import Ranking as Ranking, rank as rank
from causal.policy.rules import (
    Both as Both,
    EffectAbove as EffectAbove,
    Everybody as Everybody,
    Nobody as Nobody,
    Rows as Rows,
    Rule as Rule,
    Split as Split,
    Threshold as Threshold,
)
from causal.policy.scores import HeldOut as HeldOut, hold_out as hold_out
from causal.policy.tree import LearnedTree as LearnedTree, best_tree as best_tree
from causal.policy.value import (
    PolicyValue as PolicyValue,
    perfect_information as perfect_information,
    value as value,
)
