"""Bayes' rule in closed form, for thousands of groups at once: rates, counts and estimates.

Each function starts from a prior that all groups share and returns one value that answers for all
of them. The groups are independent: nothing is learned from one about another.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, final

import numpy as np

from bayesinf.errors import DataError
from bayesinf.numerics.special import log_beta, log_binomial, log_gamma
from bayesinf.priors.location import normal_log_density
from bayesinf.updating.closed_form import ClosedForm, numbers, positions, refuse, together

Numbers = Any
"""A number, or anything that NumPy reads as an array of numbers."""


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
        >>> float(bi.normal_normal(28, 15, sd=15).mean)
        14.0
    """
    centre, spread = together(mean=numbers("mean", mean), sd=numbers("sd", sd, positive=True))
    prior = NormalPosterior(centre, spread, np.zeros(centre.shape))
    return prior.update(estimate, standard_error)


@final
@dataclass(frozen=True, eq=False, repr=False)
class BetaPosterior(ClosedForm):
    """A probability, known as Beta(a, b).

    Attributes:
        a: Successes seen, and those of the prior.
        b: Failures seen, and those of the prior.
        log_evidence: Log probability of all data seen, under the first prior.
    """

    a: np.ndarray
    b: np.ndarray
    log_evidence: np.ndarray

    parameter: ClassVar[str] = "probability"

    @property
    def mean(self) -> np.ndarray:
        """Successes over trials, those of the prior included."""
        return self.a / (self.a + self.b)

    @property
    def sd(self) -> np.ndarray:
        """The standard deviation of each group."""
        total = self.a + self.b
        return np.sqrt(self.a / total * (self.b / total) / (total + 1.0))

    def quantile(self, prob: np.ndarray | float) -> np.ndarray:
        """The value below which the given probability lies."""
        from scipy.special import betaincinv

        return betaincinv(self.a, self.b, prob)

    def log_density(self, value: np.ndarray | float) -> np.ndarray:
        """The logarithm of the density, minus infinity outside 0 to 1."""
        from scipy.special import xlog1py, xlogy

        inside = np.clip(value, 0.0, 1.0)
        kernel = xlogy(self.a - 1.0, inside) + xlog1py(self.b - 1.0, -inside)
        return np.where(np.equal(inside, value), kernel - log_beta(self.a, self.b), -np.inf)

    def above(self, value: np.ndarray | float) -> np.ndarray:
        """The probability above a value."""
        from scipy.special import betaincc

        return betaincc(self.a, self.b, np.clip(value, 0.0, 1.0))

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draws of the probability."""
        return rng.beta(self.a, self.b, shape)

    def update(self, successes: Numbers, trials: Numbers) -> BetaPosterior:
        """What is known after further trials of the same groups.

        Args:
            successes: Whole numbers.
            trials: Whole numbers of at least `successes`.
        """
        k = numbers("successes", successes, least=0.0, whole=True)
        n = numbers("trials", trials, least=0.0, whole=True)
        k, n, a, b, evidence = together(
            successes=k, trials=n, a=self.a, b=self.b, log_evidence=self.log_evidence
        )
        _refuse_too_few_trials(k, n)
        gained = log_binomial(n, k) + log_beta(a + k, b + n - k) - log_beta(a, b)
        return BetaPosterior(a + k, b + n - k, evidence + gained)

    def predictive(self, trials: Numbers = 1) -> Any:
        """The number of successes in further trials, with the probability's uncertainty in it.

        Args:
            trials: How many, one number or one per group.

        Returns:
            SciPy's frozen beta-binomial distribution, with `pmf`, `cdf`, `ppf`, `mean`, `std`.
        """
        from scipy.stats import betabinom

        n, a, b = together(
            trials=numbers("trials", trials, least=0.0, whole=True), a=self.a, b=self.b
        )
        return betabinom(n, a, b)


@final
@dataclass(frozen=True, eq=False, repr=False)
class GammaPosterior(ClosedForm):
    """A rate of events, known as a gamma distribution with this shape and rate.

    Attributes:
        shape: Events seen, and those of the prior.
        rate: Exposure seen, and that of the prior.
        log_evidence: Log probability of all data seen, under the first prior; NaN if that was
            improper.
    """

    shape: np.ndarray
    rate: np.ndarray
    log_evidence: np.ndarray

    parameter: ClassVar[str] = "rate"

    @property
    def mean(self) -> np.ndarray:
        """Events over exposure."""
        return self.shape / self.rate

    @property
    def sd(self) -> np.ndarray:
        """The standard deviation of each group."""
        return np.sqrt(self.shape) / self.rate

    def quantile(self, prob: np.ndarray | float) -> np.ndarray:
        """The value below which the given probability lies."""
        from scipy.special import gammaincinv

        return gammaincinv(self.shape, prob) / self.rate

    def log_density(self, value: np.ndarray | float) -> np.ndarray:
        """The logarithm of the density, minus infinity below 0."""
        from scipy.special import xlogy

        inside = np.maximum(value, 0.0)
        kernel = xlogy(self.shape - 1.0, inside) - self.rate * inside
        constant = xlogy(self.shape, self.rate) - log_gamma(self.shape)
        return np.where(np.less(value, 0.0), -np.inf, kernel + constant)

    def above(self, value: np.ndarray | float) -> np.ndarray:
        """The probability above a value."""
        from scipy.special import gammaincc

        return gammaincc(self.shape, self.rate * np.maximum(value, 0.0))

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draws of the rate."""
        return rng.gamma(self.shape, 1.0 / self.rate, shape)

    def update(self, events: Numbers, exposure: Numbers = 1.0) -> GammaPosterior:
        """What is known after further counts of the same groups.

        Args:
            events: Whole numbers.
            exposure: Time, area or people observed, in the unit of the rate.
        """
        from scipy.special import xlogy

        count = numbers("events", events, least=0.0, whole=True)
        watched = numbers("exposure", exposure, least=0.0)
        count, watched, shape, rate, evidence = together(
            events=count,
            exposure=watched,
            shape=self.shape,
            rate=self.rate,
            log_evidence=self.log_evidence,
        )
        refuse("events", count, (count > 0) & (watched == 0), "need exposure", "no-exposure")
        total = rate + watched
        refuse("exposure", watched, total == 0, "must be positive under this prior", "no-exposure")
        gained = (
            log_gamma(shape + count)
            - log_gamma(shape)
            - log_gamma(count + 1.0)
            + xlogy(shape, rate / total)
            + xlogy(count, watched / total)
        )
        return GammaPosterior(shape + count, total, evidence + np.where(rate > 0, gained, 0.0))

    def predictive(self, exposure: Numbers = 1.0) -> Any:
        """The number of events over further exposure, with the rate's uncertainty in it.

        Args:
            exposure: Positive, one number or one per group.

        Returns:
            SciPy's frozen negative binomial distribution, with `pmf`, `cdf`, `ppf`, `mean`, `std`.
        """
        from scipy.stats import nbinom

        watched = numbers("exposure", exposure, positive=True)
        watched, shape, rate = together(exposure=watched, shape=self.shape, rate=self.rate)
        return nbinom(shape, rate / (rate + watched))


@final
@dataclass(frozen=True, eq=False, repr=False)
class NormalPosterior(ClosedForm):
    """An effect, known as a normal distribution.

    Attributes:
        centre: Its mean.
        spread: Its standard deviation.
        log_evidence: Log density of all estimates seen, under the first prior.
    """

    centre: np.ndarray
    spread: np.ndarray
    log_evidence: np.ndarray

    parameter: ClassVar[str] = "effect"

    @property
    def mean(self) -> np.ndarray:
        """The mean of each group."""
        return self.centre

    @property
    def sd(self) -> np.ndarray:
        """The standard deviation of each group."""
        return self.spread

    def quantile(self, prob: np.ndarray | float) -> np.ndarray:
        """The value below which the given probability lies."""
        from scipy.special import ndtri

        return self.centre + self.spread * ndtri(prob)

    def log_density(self, value: np.ndarray | float) -> np.ndarray:
        """The logarithm of the density."""
        return np.asarray(normal_log_density(np.asarray(value), self.centre, self.spread))

    def above(self, value: np.ndarray | float) -> np.ndarray:
        """The probability above a value."""
        from scipy.special import ndtr

        return ndtr((self.centre - value) / self.spread)

    def sample(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Draws of the effect."""
        return rng.normal(self.centre, self.spread, shape)

    def update(self, estimate: Numbers, standard_error: Numbers) -> NormalPosterior:
        """What is known after a further, independent estimate of the same effects.

        Args:
            estimate: Finite.
            standard_error: Positive.
        """
        found = numbers("estimate", estimate)
        error = numbers("standard_error", standard_error, positive=True)
        found, error, centre, spread, evidence = together(
            estimate=found,
            standard_error=error,
            mean=self.centre,
            sd=self.spread,
            log_evidence=self.log_evidence,
        )
        width = np.hypot(spread, error)
        share = (spread / width) ** 2
        gained = np.asarray(normal_log_density(found, centre, width))
        return replace(
            self,
            centre=centre + share * (found - centre),
            spread=spread * (error / width),
            log_evidence=evidence + gained,
        )

    def predictive(self, standard_error: Numbers = 0.0) -> Any:
        """A further estimate with this standard error, with the effect's uncertainty in it.

        Args:
            standard_error: Not negative; 0 asks for the effect itself.

        Returns:
            SciPy's frozen normal distribution, with `pdf`, `cdf`, `ppf`, `mean`, `std`.
        """
        from scipy.stats import norm

        error = numbers("standard_error", standard_error, least=0.0)
        error, centre, spread = together(standard_error=error, mean=self.centre, sd=self.spread)
        return norm(centre, np.hypot(spread, error))


def _refuse_too_few_trials(successes: np.ndarray, trials: np.ndarray) -> None:
    wrong = np.flatnonzero(successes > trials)
    if not wrong.size:
        return
    first = wrong[0]
    raise DataError(
        f"The successes exceed the trials{positions(wrong, successes.shape)} "
        f"({np.ravel(successes)[first]:g} of {np.ravel(trials)[first]:g}).",
        code="successes-exceed-trials",
        column="successes",
        rows=wrong.tolist(),
    )
