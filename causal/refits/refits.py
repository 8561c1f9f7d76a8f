"""The effects of many refits, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Refits:
    """Posterior means and standard deviations of the effect, one per refit.

    Attributes:
        labels: What the refits are called.
        means: (refit,) posterior means.
        sds: (refit,) posterior standard deviations.
        method: How they were computed, in a sentence.
        failed: Refits that could not be made, each with the reason.

    Example:
        >>> Refits(("a", "b"), np.array([1.0, 3.0]), np.array([1.0, 1.0]), "By hand.").spread
        1.4142135623730951
    """

    labels: tuple[object, ...]
    means: np.ndarray
    sds: np.ndarray
    method: str
    failed: Mapping[object, str] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def centre(self) -> float:
        """The average of the means."""
        return float(self.means.mean())

    @property
    def spread(self) -> float:
        """The standard deviation of the means."""
        return float(self.means.std(ddof=1))

    def frame(self) -> pd.DataFrame:
        """One line per refit, with columns `refit mean sd`."""
        import pandas as pd

        return pd.DataFrame(
            {"refit": list(self.labels), "mean": self.means, "sd": self.sds},
        )
