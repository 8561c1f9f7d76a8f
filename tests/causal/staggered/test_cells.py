from causal.staggered.cells import effect_cells, path_cells, step_cells
from tests.causal.staggered.made import made


def triples(cells) -> list[tuple[int, int, int]]:
    rows = zip(cells.cohort.tolist(), cells.time.tolist(), cells.base.tolist(), strict=True)
    return list(rows)


def test_each_cohort_has_a_cell_for_each_treated_time():
    panel = made([2, 3, 5], 5)
    assert triples(effect_cells(panel, 0)) == [
        (2, 2, 1),
        (2, 3, 1),
        (2, 4, 1),
        (3, 3, 2),
        (3, 4, 2),
    ]
    assert effect_cells(panel, 0).event_time.tolist() == [0, 1, 2, 0, 1]


def test_anticipation_moves_the_base_and_drops_cohorts_without_one():
    panel = made([2, 3, 5], 5)
    assert triples(effect_cells(panel, 1)) == [
        (2, 2, 0), (2, 3, 0), (2, 4, 0), (3, 3, 1), (3, 4, 1),
    ]  # fmt: skip
    assert set(effect_cells(panel, 2).cohort.tolist()) == {3}


def test_steps_end_before_any_reaction():
    panel = made([2, 3, 5], 5)
    assert triples(step_cells(panel, 0)) == [(2, 1, 0), (3, 1, 0), (3, 2, 1)]
    assert triples(step_cells(panel, 1)) == [(3, 1, 0)]


def test_paths_leave_out_the_base():
    panel = made([2, 5], 4)
    assert triples(path_cells(panel, 0)) == [(2, 0, 1), (2, 2, 1), (2, 3, 1)]
