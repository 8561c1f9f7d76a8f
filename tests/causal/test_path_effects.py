import numpy as np
import pytest

from bayesinf import ModelError
from causal.path_effects import CDE, LATE, NDE, NIE, PATH_EFFECTS

EFFECTS = [LATE("z"), NDE("m"), NIE("m"), CDE("m", 1)]


def test_all_are_listed():
    assert {type(effect) for effect in EFFECTS} == set(PATH_EFFECTS)


@pytest.mark.parametrize("effect", EFFECTS)
def test_no_rows_can_be_weighed_for_them(effect):
    with pytest.raises(ModelError, match=f"{effect.name} is about") as caught:
        effect.weights(np.array([True, False]))
    assert caught.value.code == "no-row-weights"


@pytest.mark.parametrize("effect", EFFECTS)
def test_sentences_name_the_columns(effect):
    sentence = effect.sentence("dose", "pain")
    assert effect.name in sentence and "dose" in sentence and "pain" in sentence


def test_the_direct_and_the_indirect_effect_add_up_to_the_total():
    # In words: (y(1, m(0)) - y(0, m(0))) + (y(1, m(1)) - y(1, m(0))) = y(1, m(1)) - y(0, m(0)).
    direct, indirect = NDE("m").sentence("t", "y"), NIE("m").sentence("t", "y")
    assert "E[y(1, m(0)) - y(0, m(0))]" in direct
    assert "E[y(1, m(1)) - y(1, m(0))]" in indirect
