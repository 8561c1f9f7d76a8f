"""Another process, and another order of Python's sets, compute the same bits."""

from __future__ import annotations

from benchmarks.faults.threads import after_fork, in_processes, under_hash_seeds

NAMES = ("conjugate", "marginal", "causal", "fit_many", "save")


def test_spawned_processes_compute_the_same_bits() -> None:
    outcome = in_processes(NAMES)
    assert outcome.bad == []
    assert outcome.tried == len(NAMES)


def test_hash_seeds_change_nothing() -> None:
    outcome = under_hash_seeds((7,), NAMES)
    assert outcome.bad == []
    assert outcome.tried == len(NAMES)


def test_a_forked_process_fits_too() -> None:
    """JAX warns of forks; spawning is what it, and we, recommend."""
    outcome = after_fork(("conjugate",))
    assert outcome.bad == []
    assert outcome.tried == 1
