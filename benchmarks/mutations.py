"""Wrong programs that look plausible, planted into the library's own path.

Each mutation hands an engine a model that differs from the one that the data came from, as a
mistake in the library's code would make it (another prior, another density, other rows), or spoils
the draws on their way back. Calibration must find all of them; the unmutated programs must pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import final

import numpy as np

import bayesinf as bi
from bayesinf.families.bernoulli import Bernoulli
from bayesinf.links import Probit
from bayesinf.model.model import Model
from bayesinf.model.slots import Priors
from bayesinf.posterior.draws import Draws
from bayesinf.prior import Prior
from benchmarks import sampler_bugs
from benchmarks.mutation import Mutation
from benchmarks.wrong_densities import HeavyGaussian, OfVariance, OnLogScale, VarianceGaussian


def with_priors(model: Model, changed: Mapping[str, Prior]) -> Model:
    """The model with other priors of some slots."""
    slots = dict(model.priors.slots)
    for name, prior in changed.items():
        slots[name] = replace(slots[name], prior=prior)
    return replace(model, priors=Priors(MappingProxyType(slots)))


def with_weights(model: Model, weights: np.ndarray | None) -> Model:
    """The model with other weights of its rows."""
    return replace(model, design=replace(model.design, weights=weights))


def with_rows(model: Model, **changed: object) -> Model:
    """The model with other ingredients of its rows."""
    rows = replace(model.design.rows, **changed)  # type: ignore[arg-type]
    return replace(model, design=replace(model.design, rows=rows))


@final
class JacobianDropped(Mutation):
    """The step to log sigma is made without its Jacobian."""

    name = "Jacobian of log sigma dropped"

    def model(self, model: Model) -> Model:
        """The density of sigma counts as that of its logarithm."""
        return with_priors(model, {"sigma": OnLogScale(1.0)})


@final
class LikelihoodDropped(Mutation):
    """The prior is returned, whatever the data."""

    name = "likelihood dropped"
    simulations = 500

    def model(self, model: Model) -> Model:
        """No row weighs anything."""
        return with_weights(model, np.zeros(len(model.design.response)))


@final
class ObservationDropped(Mutation):
    """One row is forgotten."""

    name = "one observation dropped"

    def model(self, model: Model) -> Model:
        """The first row weighs nothing."""
        weights = np.ones(len(model.design.response))
        weights[0] = 0.0
        return with_weights(model, weights)


@final
class WideSigma(Mutation):
    """The prior of sigma is a little too wide."""

    name = "sigma's prior sd 1.3 for 1"
    simulations = 5000

    def model(self, model: Model) -> Model:
        """Another prior of sigma."""
        return with_priors(model, {"sigma": bi.HalfNormal(1.3)})


@final
class WideCoefficients(Mutation):
    """The priors of the coefficients are twice too wide."""

    name = "coefficients' prior sd 2 for 1"
    simulations = 5000

    def model(self, model: Model) -> Model:
        """Other priors of all coefficients."""
        return with_priors(model, dict.fromkeys(model.design.names, bi.Normal(0, 2)))


@final
class HeavyTails(Mutation):
    """Another density of the outcome."""

    name = "Student t(5) for normal"
    simulations = 500

    def model(self, model: Model) -> Model:
        """Errors have heavier tails."""
        return replace(model, family=HeavyGaussian())


@final
class VarianceForSd(Mutation):
    """Sigma is taken for a variance."""

    name = "variance for sd"
    simulations = 200

    def model(self, model: Model) -> Model:
        """The outcome's variance is sigma."""
        return replace(model, family=VarianceGaussian())


@final
class GroupVarianceForSd(Mutation):
    """The sd of group effects is taken for their variance."""

    name = "group variance for group sd"
    shape = "slopes"
    engine = "marginal"
    simulations = 250

    def model(self, model: Model) -> Model:
        """The sd of the effects is the root of what is half normal."""
        changed = dict.fromkeys(["sd:g:Intercept", "sd:g:x"], OfVariance(1.0))
        return with_priors(model, changed)

    def draws(self, draws: Draws) -> Draws:
        """What is reported is the variance."""
        return replace(draws, sds=tuple(sd**2 for sd in draws.sds))


@final
class NarrowCorrelations(Mutation):
    """Another prior of the correlations."""

    name = "LKJ(2) for LKJ(1)"
    shape = "slopes"
    engine = "marginal"
    simulations = 500

    def model(self, model: Model) -> Model:
        """Correlations nearer to zero."""
        (group,) = model.design.rows.groups
        return with_priors(model, {f"cor:{group.label}": bi.LKJ(2)})


@final
class OffsetIgnored(Mutation):
    """The offset is read and not added."""

    name = "offset ignored"
    shape = "known errors"

    def model(self, model: Model) -> Model:
        """An offset of zero."""
        return with_rows(model, offset=np.zeros(len(model.design.response)))


@final
class TrialsMisread(Mutation):
    """The column of trials is taken for the failures."""

    name = "trials read as failures"
    shape = "binomial"
    simulations = 1000

    def model(self, model: Model) -> Model:
        """Trials are successes and what the column says."""
        known = model.design.rows.known
        assert known.trials is not None
        return with_rows(model, known=replace(known, trials=known.trials + model.design.response))


@final
class WeightsIgnored(Mutation):
    """Rows that should weigh two or three times as much as others do not.

    A row of weight w whose known error is e sqrt(w) says what a row of error e says.
    """

    name = "weights ignored"
    shape = "known errors"
    simulations = 5000

    def model(self, model: Model) -> Model:
        """The larger errors, and not the weights that belong to them."""
        return with_weights(self.weighted(model), None)

    def weighted(self, model: Model) -> Model:
        """The right program, written with weights."""
        known, weights = model.design.rows.known, 1.0 + np.arange(len(model.design.response)) % 3
        error = np.asarray(known.standard_error) * np.sqrt(weights)
        return with_weights(with_rows(model, known=replace(known, standard_error=error)), weights)


@final
class WrongLink(Mutation):
    """Another link than was asked for."""

    name = "probit for logit"
    shape = "logistic"
    simulations = 1000

    def model(self, model: Model) -> Model:
        """The probit link."""
        return replace(model, family=Bernoulli(Probit()))


@final
class InterceptUncentred(Mutation):
    """The intercept's prior is applied where all columns are zero."""

    name = "intercept's prior at zero, not at the average"

    def model(self, model: Model) -> Model:
        """Columns are not centred."""
        design = model.design
        return replace(model, design=replace(design, centre=np.zeros_like(design.centre)))


@final
class NarrowDraws(Mutation):
    """An overconfident posterior."""

    name = "draws with half their spread"

    def model(self, model: Model) -> Model:
        """The right model."""
        return model

    def draws(self, draws: Draws) -> Draws:
        """Coefficients half way to their mean."""
        values = draws.coefficients
        return replace(draws, coefficients=(values + values.mean(axis=(0, 1))) / 2)


@final
class StickyDraws(Mutation):
    """A sampler that stands still, and calls its draws independent."""

    name = "draws that repeat eight times"
    engine = "conjugate"
    simulations = 1000

    def model(self, model: Model) -> Model:
        """The right model."""
        return model

    def draws(self, draws: Draws) -> Draws:
        """Every eighth draw, eight times."""
        return draws.take((np.arange(draws.count) // 8 * 8).reshape(draws.shape))


ALL: tuple[Mutation, ...] = (
    JacobianDropped(),
    LikelihoodDropped(),
    ObservationDropped(),
    WideSigma(),
    WideCoefficients(),
    HeavyTails(),
    VarianceForSd(),
    GroupVarianceForSd(),
    NarrowCorrelations(),
    OffsetIgnored(),
    TrialsMisread(),
    WeightsIgnored(),
    WrongLink(),
    InterceptUncentred(),
    NarrowDraws(),
    StickyDraws(),
    *sampler_bugs.ALL,
)
"""All planted bugs. Those of models run in closed form where they can, so that thousands of data
sets are fitted in seconds; those of samplers get about as many as samplers are calibrated with."""
