"""Turns the numbers of a computation into findings: chains, importance weights, modes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bayesinf.numerics.certified import R_HAT_LIMIT, Certified
from bayesinf.numerics.diagnostics import Diagnosis, bfmi, diagnose
from bayesinf.numerics.hmc import HmcRun
from bayesinf.numerics.nuts import NutsRun
from bayesinf.numerics.surrogate import BOUND, Agreement
from bayesinf.posterior.verdict import Finding

ESS_PER_CHAIN = 100
"""Vehtari et al. (2021), section 4.1: fewer make the diagnostics themselves unreliable."""

FEWEST_IN_A_CHAIN = 4
"""Halves of shorter chains have no spread to compare."""

RARE = 1e-3
"""Synchronised chains share a step size, which is now and then too long for one of them; that one
is refused, as it should be. Where a funnel is the reason, far more diverge."""

CHAINS_THAT_COUNT = 4
"""Many short chains serve the diagnostics together: 400 effective draws in all will do."""


def judge_chains(names: list[str], draws: np.ndarray) -> tuple[Finding, ...]:
    """Judges whether chains agree and whether there are enough effective draws.

    Args:
        names: One per quantity.
        draws: Shape (chain, draw, quantity).

    Returns:
        Findings on non-finite draws, stuck chains, R-hat and effective sample size.
    """
    broken = [
        name for name, ok in zip(names, np.isfinite(draws).all((0, 1)), strict=True) if not ok
    ]
    if broken:
        return (
            Finding(
                f"The draws of {listed(broken)} hold NaN or infinite values.",
                "bad",
                "non-finite-draws",
                remedy="Check the scale of the columns and the priors.",
            ),
        )
    if draws.shape[1] < FEWEST_IN_A_CHAIN:
        return (*_judge_stuck(names, draws), _too_short(draws.shape[1]))
    found, chains = diagnose(draws), draws.shape[0]
    compared = _judge_r_hat(names, found, chains)
    return (*_judge_stuck(names, draws), compared, _judge_ess(names, found, chains))


def _too_short(length: int) -> Finding:
    return Finding(
        f"Each chain has {length} draw{'s' * (length != 1)}, too few to compare chains or to count "
        "effective draws.",
        "warning",
        "short-chains",
        remedy="Ask for the usual draws=4000.",
    )


def _judge_stuck(names: list[str], draws: np.ndarray) -> tuple[Finding, ...]:
    """Chains that stood still, altogether or in a quantity that moves in other chains.

    What is the same number in all chains may be meant so, as the first entry of a Cholesky factor.
    """
    if draws.shape[1] < 2:
        return ()
    still = np.ptp(draws, axis=1) == 0
    still &= np.ptp(draws, axis=(0, 1)) > 0
    stuck = np.flatnonzero(still.any(axis=1))
    if np.ptp(draws, axis=1).max(initial=0.0) == 0.0:
        stuck, still = np.arange(len(draws)), np.ones_like(still)
    if not stuck.size:
        return ()
    chains = ", ".join(map(str, stuck))
    columns = still[stuck].any(axis=0)
    where = [name for name, column in zip(names, columns, strict=True) if column]
    whole = bool((still[stuck] | (np.ptp(draws, axis=(0, 1)) == 0)).all())
    return (
        Finding(
            f"Chain {chains} never moved" + ("." if whole else f" in {listed(where)}."),
            "bad",
            "stuck-chain",
            remedy="Fit again with another seed; if it stays, give weaker unknowns tighter priors.",
        ),
    )


def _judge_r_hat(names: list[str], found: Diagnosis, chains: int) -> Finding:
    if found.r_hat.size and np.isnan(found.r_hat).all():
        why = "there is one chain" if chains < 2 else "no quantity moved"
        return Finding(
            f"Chains cannot be compared by R-hat: {why}.",
            "warning" if chains < 2 else "bad",
            "r-hat",
            remedy="Run the usual four chains.",
        )
    values = np.nan_to_num(found.r_hat, nan=0.0)
    worst = int(values.argmax()) if len(values) else 0
    largest = float(values[worst]) if len(values) else 1.0
    if largest > R_HAT_LIMIT:
        return Finding(
            f"The chains disagree: R-hat reaches {largest:.3f} for '{names[worst]}' "
            f"(limit {R_HAT_LIMIT}).",
            "bad" if largest > 1.05 else "warning",
            "r-hat",
            {"r_hat": largest},
            "Ask for more draws, for example draws=16000, or give tighter priors.",
        )
    return Finding(
        f"The chains agree: the largest R-hat is {largest:.3f}.",
        "good",
        "r-hat",
        {"r_hat": largest},
    )


def _judge_ess(names: list[str], found: Diagnosis, chains: int) -> Finding:
    sizes = np.minimum(found.ess_bulk, found.ess_tail)
    # A quantity that never moves has no effective draws; beside others it may be a constant.
    sizes = np.where(np.isnan(sizes), np.inf if np.isfinite(sizes).any() else 0.0, sizes)
    limit = ESS_PER_CHAIN * min(chains, CHAINS_THAT_COUNT)
    worst = int(sizes.argmin()) if len(sizes) else 0
    smallest = float(sizes[worst]) if len(sizes) else np.inf
    if smallest < limit:
        return Finding(
            f"There are only {smallest:.0f} effective draws of '{names[worst]}' (want {limit}), so "
            "its mean and interval are uncertain.",
            "bad" if smallest < limit / 4 else "warning",
            "ess",
            {"ess": smallest},
            "Ask for more draws.",
        )
    return Finding(
        f"There are at least {smallest:.0f} effective draws of every parameter.",
        "good",
        "ess",
        {"ess": smallest},
    )


def judge_certified(sample: Certified) -> tuple[Finding, ...]:
    """Judges draws that importance sampling made, or the run that took over from it."""
    findings: list[Finding] = []
    if sample.modes is not None and len(sample.modes.all) > 1:
        gap = sample.modes.gap
        findings.append(
            Finding(
                f"The posterior has {len(sample.modes.all)} modes; the second holds about "
                f"{np.exp(-max(gap, 0.0)):.1e} of the first's probability.",
                "note" if sample.modes.agree else "warning",
                "modes",
                {"modes": float(len(sample.modes.all)), "gap": float(gap)},
            )
        )
    if sample.run is not None:
        findings.append(
            Finding(
                "Importance sampling around the mode was not certified "
                f"({sample.doubt}), so Hamiltonian Monte Carlo sampled the same density.",
                "note",
                "fallback",
            )
        )
        return (*findings, *judge_nuts(sample.run))
    if sample.agreement is not None:
        findings.append(_judge_agreement(sample.agreement))
    certificate = sample.certificate
    assert certificate is not None
    what = "the surrogate's" if sample.agreement and sample.agreement.used else "the importance"
    findings.append(
        Finding(
            f"All starts found one mode; k-hat of {what} weights is "
            f"{certificate.k_hats[0]:.2f} and {certificate.k_hats[1]:.2f} on two halves "
            f"(limit 0.5), and the chains accept {certificate.acceptance_rate:.0%} of proposals.",
            "good",
            "k-hat",
            {
                "k_hat": max(certificate.k_hats),
                "ess": certificate.ess,
                "acceptance_rate": certificate.acceptance_rate,
            },
        )
    )
    return tuple(findings)


def _judge_agreement(agreement: Agreement) -> Finding:
    """What fresh exact values say about the surrogate of a costly density."""
    evidence = {
        "bound": agreement.bound,
        "spread": agreement.spread,
        "fresh": float(agreement.fresh),
        "evaluations": float(agreement.evaluations),
    }
    checked = (
        f"a surrogate through {agreement.places} exact values of the log density; at "
        f"{agreement.fresh} fresh places it differs from exact values by {agreement.spread:.3f} "
        "nats (sd)"
    )
    if agreement.used:
        return Finding(
            f"Draws come from {checked}, so no posterior mean is off by more than "
            f"{agreement.bound:.3f} posterior standard deviations (limit {BOUND}).",
            "good",
            "surrogate",
            evidence,
        )
    return Finding(
        f"Proposals come from {checked}, which is too much for its draws to be taken as they are, "
        "so exact values weigh each of them.",
        "note",
        "surrogate",
        evidence,
    )


def judge_nuts(run: NutsRun) -> tuple[Finding, ...]:
    """Judges the trajectories of Hamiltonian Monte Carlo: divergences, energy, tree depth."""
    return (*_judge_divergences(run), *_judge_energy(run), *_judge_depth(run), *_judge_stop(run))


def judge_hmc(run: HmcRun) -> tuple[Finding, ...]:
    """Judges synchronised trajectories: divergences, energy, and whether they ended on evidence."""
    energy = _judge_bfmi(run.energies.T)
    return (*_judge_divergences(run), *energy, *_judge_interrupt(run, len(run.points)))


def _judge_divergences(run: NutsRun | HmcRun) -> tuple[Finding, ...]:
    count = int(run.diverging.sum())
    if count == 0:
        return (Finding("No trajectory diverged.", "good", "divergences", {"divergences": 0.0}),)
    share = count / run.diverging.size
    if isinstance(run, HmcRun) and share <= RARE:
        text = f"{count} of {run.diverging.size} trajectories diverged, too few to matter."
        return (Finding(text, "note", "divergences", {"divergences": float(count)}),)
    return (
        Finding(
            f"{count} of {run.diverging.size} trajectories diverged: parts of the posterior may "
            "have been missed.",
            "bad" if share > 0.01 else "warning",
            "divergences",
            {"divergences": float(count)},
            "Set target_accept=0.95 in bi.NUTS or bi.HMC, or give the group sds tighter priors.",
        ),
    )


def _judge_energy(run: NutsRun) -> tuple[Finding, ...]:
    """The fraction of energy that momentum resampling explores; Betancourt (2016)."""
    return _judge_bfmi(run.energy)


def _judge_bfmi(energy: np.ndarray) -> tuple[Finding, ...]:
    if energy.shape[1] < 3:
        return ()
    # Many short chains are judged together: each alone says little.
    values = bfmi(energy)
    smallest = float(values.min() if len(values) <= CHAINS_THAT_COUNT else values.mean())
    if smallest >= 0.3:
        return ()
    if np.isnan(smallest):
        return (
            Finding(
                "The energies of some chains are not finite or never change.",
                "bad",
                "energy",
                remedy="Look for densities that overflow, and give every parameter a proper prior.",
            ),
        )
    return (
        Finding(
            f"Energy is explored slowly (E-BFMI {smallest:.2f}, limit 0.3).",
            "warning",
            "energy",
            {"ebfmi": smallest},
            "Heavy tails or a funnel are likely; tighter priors on the group sds help.",
        ),
    )


def _judge_depth(run: NutsRun) -> tuple[Finding, ...]:
    share = float((run.tree_depth >= run.max_tree_depth).mean())
    if share < 0.01:
        return ()
    return (
        Finding(
            f"{share:.0%} of trajectories were cut at the greatest length (tree depth "
            f"{run.max_tree_depth}).",
            "warning",
            "tree-depth",
            {"share": share},
            "Rescale columns of very different size, or raise max_tree_depth in bi.NUTS.",
        ),
    )


def _judge_stop(run: NutsRun) -> tuple[Finding, ...]:
    return _judge_interrupt(run, run.positions.shape[1])


def _judge_interrupt(run: NutsRun | HmcRun, draws: int) -> tuple[Finding, ...]:
    if not run.interrupted:
        return ()
    return (
        Finding(
            f"The fit was interrupted after {draws} draws per chain.",
            "warning",
            "interrupted",
            {"draws": float(draws)},
            "Fit again for the rest.",
        ),
    )


def nuts_statistics(run: NutsRun) -> Mapping[str, np.ndarray]:
    """The sampler's per-draw facts under ArviZ's names."""
    return {
        "diverging": run.diverging,
        "energy": run.energy,
        "n_steps": run.n_steps,
        "tree_depth": run.tree_depth,
        "reached_max_treedepth": run.tree_depth >= run.max_tree_depth,
        "acceptance_rate": run.acceptance_rate,
        "lp": run.lp,
        "step_size": run.step_size,
    }


def listed(names: list[str], shown: int = 3) -> str:
    """A few names in quotes, and how many more there are."""
    quoted = [f"'{name}'" for name in names[:shown]]
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(quoted) + more
