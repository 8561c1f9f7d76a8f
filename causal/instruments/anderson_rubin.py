"""The Anderson-Rubin confidence set: honest however weak the instruments are, with equal noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy

from causal.instruments.moments import Moments


@dataclass(frozen=True)
class AndersonRubin:
    """The effects that the data do not reject.

    Attributes:
        shape: "interval"; "rays", all but what lies between the limits; "line", every number;
            "empty", where the instruments contradict each other.
        lower: The lower limit; infinite where there is none.
        upper: The upper limit.
        prob: The probability with which the set holds the effect.
    """

    shape: Literal["interval", "rays", "line", "empty"]
    lower: float
    upper: float
    prob: float

    @property
    def bounded(self) -> bool:
        """Whether the set is a finite interval, or empty."""
        return self.shape in ("interval", "empty")

    def holds(self, effect: float) -> bool:
        """Whether an effect lies in the set."""
        if self.shape == "rays":
            return effect <= self.lower or effect >= self.upper
        return self.shape == "line" or (
            self.shape == "interval" and self.lower <= effect <= self.upper
        )

    def sentence(self) -> str:
        """Says what the set is."""
        name = f"The {100 * self.prob:g}% Anderson-Rubin set"
        told = {
            "interval": f"is [{self.lower:.4g}, {self.upper:.4g}]",
            "rays": f"is unbounded: all below {self.lower:.4g} and all above {self.upper:.4g}",
            "line": "is unbounded: every number",
            "empty": "is empty: no effect agrees with all instruments",
        }
        return f"{name} {told[self.shape]}."


def anderson_rubin(moments: Moments, prob: float = 0.95) -> AndersonRubin:
    """Finds the effects of one treatment that the instruments do not reject.

    An effect is kept if what it leaves of the outcome does not depend on the instruments (F test);
    that is a quadratic inequality in the effect, solved exactly.

    Args:
        moments: What the data say, of one treatment.
        prob: The probability with which the set holds the effect, exact with normal noise that is
            equal in all rows; where it differs, see `causal.instruments.judge_noise`.

    Source:
        Anderson and Rubin (1949), Annals of Mathematical Statistics 20; Dufour and Taamouti (2005),
        Econometrica 73, for the shapes.

    Example:
        >>> from causal.instruments.moments import collect_moments
        >>> rng = np.random.default_rng(1)
        >>> z, u = rng.normal(size=(2, 500))
        >>> t = z + u + rng.normal(size=500)
        >>> moments = collect_moments(2 * t + u, t[:, None], {"z": z}, np.empty((500, 0)))
        >>> anderson_rubin(moments).holds(2.0)
        True
    """
    count = moments.reduced.shape[0]
    limit = float(scipy.stats.f.ppf(prob, count, moments.degrees)) * count / moments.degrees
    ((tt, ty), (_, yy)) = moments.signal - limit * moments.noise
    # tt effect**2 - 2 ty effect + yy <= 0
    inner = ty**2 - tt * yy
    if inner < 0:
        shape = "empty" if tt > 0 else "line"
        return AndersonRubin(shape, -np.inf, np.inf, prob)
    if tt == 0:
        # A knife's edge between an interval and two rays: one ray.
        edge = float(yy / (2 * ty)) if ty else 0.0
        ends = (-np.inf, edge) if ty < 0 else (edge, np.inf)
        return AndersonRubin("interval" if ty else "line", *ends, prob)
    first, second = sorted(float((ty + sign * np.sqrt(inner)) / tt) for sign in (-1, 1))
    return AndersonRubin("interval" if tt > 0 else "rays", first, second, prob)
