"""Bayes' rule in closed form, for thousands of groups at once: rates, counts and estimates.

Each function starts from a prior that all groups share and returns one value that answers for all
of them. The groups are independent: nothing is learned from one about another.
"""

from __future__ import annotations

import numpy as np

from bayesinf.updating.beta import BetaPosterior as BetaPosterior
from bayesinf.updating.closed_form import Numbers, numbers, together
from bayesinf.updating.gamma import GammaPosterior as GammaPosterior
from bayesinf.updating.normal import NormalPosterior as NormalPosterior


def beta_binomial(
    successes: Numbers, trials: Numbers, a: Numbers = 1.0, b: Numbers = 1.0
) -> BetaPosterior:
    """What is known about a probability after some successes out of some trials.

    Args:
        successes: Whole numbers, one or an array.
        trials: Whole numbers of at least `successes`, of a shape that fits.
        a: Prior successes, positive.
        b: Prior failures, positive. The default `a = b = 1` is the uniform distribution: every
            probability from 0 to 1 is as likely as another (Bayes 1763; Gelman et al. 2013,
            Bayesian Data Analysis, section 2.1).

    Returns:
        Beta(a + successes, b + trials - successes), for each group.

    Raises:
        DataError: For successes above trials, negative or broken numbers (with their positions),
            and shapes that do not fit together.

    Example:
        >>> import bayesinf as bi
        >>> rates = bi.beta_binomial([3, 40], [10, 100])
        >>> rates.mean.round(3).tolist()
        [0.333, 0.402]
        >>> float(rates.probability(above=0.5)[0].round(4))
        0.1133
    """
    prior_a, prior_b = numbers("a", a, positive=True), numbers("b", b, positive=True)
    prior_a, prior_b = together(a=prior_a, b=prior_b)
    return BetaPosterior(prior_a, prior_b, np.zeros(prior_a.shape)).update(successes, trials)


def gamma_poisson(
    events: Numbers, exposure: Numbers = 1.0, shape: Numbers = 0.5, rate: Numbers = 0.0
) -> GammaPosterior:
    """What is known about a rate of events after counting them over some exposure.

    Args:
        events: Whole numbers, one or an array.
        exposure: Time, area or people observed, in the unit of the rate; not negative.
        shape: Prior events, positive.
        rate: Prior exposure, not negative. The default, half an event in no exposure, is Jeffreys'
            prior, which is the same in every unit of exposure (Jeffreys 1961, Theory of
            Probability, section 3.7). It is improper, so that `log_evidence` is NaN: give a
            positive rate to compare models.

    Returns:
        Gamma(shape + events, rate + exposure), for each group.

    Raises:
        DataError: For negative or broken numbers (with their positions), groups without any
            exposure under an improper prior, and shapes that do not fit together.

    Example:
        >>> import bayesinf as bi
        >>> deaths = bi.gamma_poisson([0, 12], exposure=[100.0, 400.0])
        >>> deaths.mean.tolist()
        [0.005, 0.03125]
    """
    prior_shape = numbers("shape", shape, positive=True)
    prior_shape, prior_rate = together(shape=prior_shape, rate=numbers("rate", rate, least=0.0))
    evidence = np.where(prior_rate > 0, 0.0, np.nan)
    return GammaPosterior(prior_shape, prior_rate, evidence).update(events, exposure)


def normal_normal(
    estimate: Numbers, standard_error: Numbers, mean: Numbers = 0.0, *, sd: Numbers
) -> NormalPosterior:
    """What is known about an effect after an estimate of it with a known standard error.

    Args:
        estimate: One, or an array.
        standard_error: Positive, of a shape that fits.
        mean: Centre of the prior; the default 0 leans to neither side.
        sd: Spread of the prior, positive: the size that such effects usually have. It has no
            default, because it is in the unit of the estimate, which nobody but you knows.

    Returns:
        The normal posterior of each group.

    Raises:
        DataError: For standard errors that are not positive, broken numbers (with their positions),
            and shapes that do not fit together.

    Source:
        Gelman et al. (2013), Bayesian Data Analysis, 3rd edition, equation 2.10.

    Example:
        >>> import bayesinf as bi
        >>> bi.normal_normal(28, 15, sd=15).mean.round(6).item()
        14.0
    """
    centre, spread = together(mean=numbers("mean", mean), sd=numbers("sd", sd, positive=True))
    prior = NormalPosterior(centre, spread, np.zeros(centre.shape))
    return prior.update(estimate, standard_error)
