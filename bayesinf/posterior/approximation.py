"""Findings on approximations: put right by importance weights, or labelled as what they are."""

from __future__ import annotations

from bayesinf.numerics.correction import Correction
from bayesinf.numerics.importance import K_HAT_LIMIT
from bayesinf.numerics.pathfinder import Paths
from bayesinf.numerics.tempering import Tempered
from bayesinf.posterior.verdict import Finding

BROKEN = 0.05
"""Share of refused trajectories that is worth a warning. On correlated normals, two modes and a
mild funnel it stayed below 0.03, on a banana it was 0.04 to 0.16, on Neal's funnel 0.1 to 0.4."""


def judge_correction(
    correction: Correction, what: str, doubt: str, kept: str
) -> tuple[Finding, ...]:
    """Says whether the draws are the posterior's or those of an approximation.

    Args:
        correction: What the importance weights made of it.
        what: The approximation, as the subject of a sentence.
        doubt: Why the weights alone are not to be believed; empty where they are.
        kept: What the draws are where they could not be corrected.

    Returns:
        One finding: good, or bad with the label "approximate".
    """
    k_hats = correction.certificate.k_hats
    evidence = {"k_hat": max(k_hats), "ess": correction.certificate.ess}
    if correction.points is None or doubt:
        return (
            Finding(
                f"The draws are approximate: {kept}. {what} could not be certified: "
                f"{doubt or correction.doubt}.",
                "bad",
                "approximate",
                evidence,
                'Fit with engine="auto", which samples the posterior itself.',
            ),
        )
    return (
        Finding(
            f"{what} is close enough to be corrected: k-hat of the importance weights is "
            f"{k_hats[0]:.2f} and {k_hats[1]:.2f} on two halves (limit {K_HAT_LIMIT}), and the "
            f"chains accept {correction.certificate.acceptance_rate:.0%} of its draws.",
            "good",
            "k-hat",
            {**evidence, "acceptance_rate": correction.certificate.acceptance_rate},
        ),
    )


def judge_modes(paths: Paths) -> tuple[Finding, ...]:
    """Notes when climbs from several starts ended at different places."""
    count = len(paths.modes)
    if count == 1:
        return ()
    return (
        Finding(
            f"Climbs from {len(paths.all)} starts ended at {count} places of similar probability.",
            "note",
            "modes",
            {"modes": float(count)},
        ),
    )


def judge_interruption(interrupted: bool, what: str) -> tuple[Finding, ...]:
    """Warns of a computation that its caller stopped."""
    if not interrupted:
        return ()
    return (
        Finding(f"The fit was interrupted: {what}.", "warning", "interrupted", remedy="Fit again."),
    )


def judge_tempering(run: Tempered, reference: str) -> tuple[Finding, ...]:
    """Judges the particles' way to the posterior."""
    rises = len(run.temperatures) - 1
    numbers = {
        "temperatures": float(rises),
        "runs": float(len(run.evidences)),
        "acceptance_rate": run.moved.acceptance,
        "refused": run.moved.broken,
    }
    way = f"Particles went from {reference} to the posterior in {rises} temperatures"
    if len(run.evidences) > 1 and not run.settled and not run.interrupted:
        return (
            Finding(
                f"{way}, but runs from different references disagree on the evidence, so that "
                "parts of the posterior are missed.",
                "bad",
                "tempering",
                numbers,
                "Ask for more particles, or give tighter priors.",
            ),
        )
    if run.moved.broken > BROKEN:
        return (
            Finding(
                f"{way}, but {run.moved.broken:.0%} of their last trajectories broke down: the "
                "posterior is so narrow in places that parts of it may have been missed.",
                "warning",
                "tempering",
                numbers,
                "Ask for more particles, or give tighter priors.",
            ),
        )
    agreed = f", and {len(run.evidences)} runs agree on the evidence" if run.settled else ""
    return (Finding(f"{way}{agreed}.", "good", "tempering", numbers),)


def judge_evidence(run: Tempered, offset: float | None, as_written: bool) -> tuple[Finding, ...]:
    """States the log evidence, or why there is none.

    Args:
        run: The particles.
        offset: What the log of the density's integral lacks to the log evidence; None where a
            prior is improper.
        as_written: Whether nobody has checked that the priors integrate to one.
    """
    estimate = run.evidences[-1]
    if offset is None:
        return (
            Finding(
                "A prior is improper, so the evidence is undefined.", "note", "evidence-undefined"
            ),
        )
    condition = ", if its priors are proper" if as_written else ""
    return (
        Finding(
            f"The log evidence is {estimate.value + offset:.2f} with standard error "
            f"{estimate.error:.2g}{condition}.",
            "note",
            "evidence",
            {"log_evidence": estimate.value + offset, "standard_error": estimate.error},
        ),
    )
