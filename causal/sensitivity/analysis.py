"""The verb: what if something was wrong with this estimate?"""

from __future__ import annotations

import bayesinf as bi
from causal.arms import ArmStudy
from causal.estimate import Estimate, require_estimate
from causal.sensitivity.bias import Bias
from causal.sensitivity.sensitivity import Sensitivity
from causal.sensitivity.unmeasured import AsStrongAs, Unmeasured


@bi.checked
def sensitivity(estimate: Estimate, bias: Bias | None = None, seed: object = None) -> Sensitivity:
    """Pushes a belief about a bias through every draw of an effect.

    Args:
        estimate: What was answered.
        bias: What may be wrong, and how far: `Unmeasured(Beta(1, 9), Beta(1, 9))`,
            `AsStrongAs("smokeintensity", times=2)`, `RiskRatios()`. None takes an unmeasured
            confounder as strong as one of the adjusters, each with equal chance; where nothing was
            adjusted for, one of partial R2 Beta(1, 9) with treatment and outcome.
        seed: As in `bi.fit`; None derives it from the estimate's own.

    Returns:
        The effect with and without the bias, what it takes to explain it away, benchmarks and
        contours.

    Raises:
        ModelError: The bias cannot be one of this estimate.

    Example:
        >>> import numpy as np
        >>> from causal.answer import Computation
        >>> from causal.estimate import run
        >>> from causal.studies import Adjustment
        >>> made = Adjustment.example(np.random.default_rng(1))
        >>> found = sensitivity(run(made.study, made.frame, Computation(seed=1)))
        >>> list(found.summary().index)
        ['as estimated', 'bias against it', 'bias either way']
    """
    require_estimate(estimate, "sensitivity")
    chosen = default_bias(estimate) if bias is None else bias
    if not isinstance(chosen, Bias):
        raise bi.ModelError(
            f"A bias is a value such as causal.Unmeasured(), not {chosen!r}.",
            code="not-a-bias",
            hint="Give bias=causal.Unmeasured(), or None for the study's own.",
        )
    refusal = chosen.refuses(estimate)
    if refusal is not None:
        raise bi.ModelError(refusal, code="bias-refuses", hint="Choose another bias.")
    own = bi.streams_of(estimate.computation.seed) if seed is None else bi.streams_of(seed)
    return chosen.push(estimate, bi.Streams(own.integer("sensitivity")))


def default_bias(estimate: Estimate) -> Bias:
    """A confounder like the covariates where there are some, else one of a vague strength."""
    study = estimate.study
    return AsStrongAs() if isinstance(study, ArmStudy) and study.adjusting else Unmeasured()
