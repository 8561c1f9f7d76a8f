"""What becomes of an effect if the instruments touch the outcome directly."""

from __future__ import annotations

import numpy as np

import bayesinf as bi


@bi.checked
def plausibly_exogenous(
    effect: np.ndarray, first_stage: np.ndarray, direct: np.ndarray, gram: np.ndarray | None = None
) -> np.ndarray:
    """Moves draws of an effect by draws of what the instruments do to the outcome directly.

    Args:
        effect: (chain, draw) draws of the effect, under exclusion.
        first_stage: (chain, draw, instrument) draws of what instruments do to the treatment.
        direct: Draws of the direct effects of the instruments on the outcome, which exclusion says
            are zero: anything that broadcasts to (chain, draw, instrument).
        gram: (instrument, instrument) cross products of the instruments, cleared of covariates,
            which weigh several of them; None weighs them alike.

    Returns:
        (chain, draw) draws of the effect, with the doubt about exclusion in them.

    Source:
        Conley, Hansen and Rossi (2012), Plausibly exogenous, Review of Economics and Statistics 94,
        section 3.3: the effect moves by (p' G p)^-1 p' G g, with p the first stage, g the direct
        effects and G the cross products.

    Example:
        >>> effect, first = np.full((1, 2), 3.0), np.full((1, 2, 1), 0.5)
        >>> plausibly_exogenous(effect, first, np.array([0.1]))
        array([[2.8, 2.8]])
    """
    weighted = first_stage if gram is None else first_stage @ gram
    size = (weighted * first_stage).sum(axis=-1)
    return effect - (weighted * direct).sum(axis=-1) / size
