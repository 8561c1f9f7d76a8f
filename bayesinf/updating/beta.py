"""A probability in closed form: Beta(a, b)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np

from bayesinf.errors import DataError
from bayesinf.numerics.special import log_beta, log_binomial
from bayesinf.updating.closed_form import ClosedForm, Numbers, numbers, positions, together


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
