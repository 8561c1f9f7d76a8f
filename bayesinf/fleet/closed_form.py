"""Many Gaussian regressions in closed form, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from bayesinf.engines.conjugate import gaussian_statistics
from bayesinf.fleet.common import Common
from bayesinf.model.model import Model
from bayesinf.model.structure import gaussian_coefficients
from bayesinf.numerics.fleet.gaussian import Sums, diagonalise, log_evidence, tabulate
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import uncentre
from bayesinf.posterior.states import GaussianStatistics
from bayesinf.posterior.verdict import Finding


@final
@dataclass(frozen=True)
class ClosedForm:
    """Coefficients and sigma of Gaussian regressions, exactly; see `engines.conjugate`."""

    @property
    def engine(self) -> str:
        """The same steps, for one model."""
        return "conjugate"

    @property
    def praise(self) -> str:
        """Why this way."""
        return "the posteriors have a closed form, so their draws are exact and independent"

    def solve(self, models: Sequence[Model], streams: Sequence[Streams], draws: int) -> Common:
        """Draws sigma from its tabulated posterior, and the coefficients given sigma."""
        statistics = [gaussian_statistics(model) for model in models]
        sums = _sums(statistics)
        level = np.array([one.level for one in statistics])
        priors = [gaussian_coefficients(models[0]).prior(one) for one in level]
        mean = np.stack([prior.mean for prior in priors])
        precision = np.stack([prior.precision for prior in priors])
        pencils = diagonalise(sums, mean, precision)
        members, size = mean.shape
        uniforms, noise = np.empty((members, draws)), np.empty((members, draws, size))
        for place, own in enumerate(streams):
            generator = own.generator("fleet")
            generator.random(out=uniforms[place])
            generator.standard_normal(out=noise[place])
        sound = np.isfinite(pencils.back).all((1, 2))
        sigma = np.ones((members, draws))
        parameters = np.zeros((members, draws, 0))
        if models[0].parameters:
            prior = models[0].priors["sigma"]

            def log_density(log_sigma: np.ndarray) -> np.ndarray:
                sigma = np.exp(log_sigma)
                evidence = log_evidence(pencils, sums, mean, precision, sigma)
                return evidence + np.asarray(prior.log_density(sigma)) + log_sigma

            tables = tabulate(log_density, sums.log_spread)
            sound &= tables.sound
            sigma = np.exp(tables.draw(uniforms))
            parameters = sigma[..., None]
        centred = pencils.coefficients(sigma, noise)
        if models[0].design.has_intercept:
            centred[..., 0] += level[:, None]
        return Common(
            uncentre(centred, models[0].design.centre),
            parameters,
            np.ones((members, draws), dtype=np.int32),
            np.full((members, 2), np.nan),
            np.full(members, float(draws)),
            np.where(sound, "", "the posterior of sigma has several peaks or none").astype(object),
        )

    def finding(self, common: Common, place: int, effective: float) -> Finding:
        """The certificate of one model."""
        del place
        draws = common.copies.shape[1]
        return Finding(
            f"The posterior was computed in closed form; the {draws} draws are independent and "
            "exact.",
            "good",
            "exact",
            {"draws": float(draws), "effective": effective},
        )


def _sums(statistics: Sequence[GaussianStatistics]) -> Sums:
    return Sums(
        np.stack([one.gram for one in statistics]),
        np.stack([one.moment for one in statistics]),
        np.array([one.square for one in statistics]),
        np.array([one.weight for one in statistics]),
    )
