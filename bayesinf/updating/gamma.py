"""A rate of events in closed form: a gamma distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from bayesinf.numerics.special import log_gamma
from bayesinf.updating.closed_form import ClosedForm, Numbers, numbers, refuse, together


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
