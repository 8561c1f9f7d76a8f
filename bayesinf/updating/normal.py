"""An effect in closed form: a normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from bayesinf.priors.location import normal_log_density
from bayesinf.updating.closed_form import ClosedForm, Numbers, numbers, together


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
        return NormalPosterior(
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
