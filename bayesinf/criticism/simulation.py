"""Data simulated from a model's own prior: parameters first, then outcomes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bayesinf.criticism import reference
from bayesinf.errors import ModelError
from bayesinf.family import Known
from bayesinf.model.layout import Values
from bayesinf.model.model import Model
from bayesinf.model.pointwise import family_parameters, predictor_draws
from bayesinf.numerics.random import Streams
from bayesinf.posterior.draws import Draws, draws_of_values
from bayesinf.posterior.summary import effect_draws, scalar_draws
from bayesinf.prior import Prior


@dataclass(frozen=True, eq=False)
class Simulations:
    """Data sets simulated from a model, with the parameters that they came from.

    Attributes:
        model: Whose rows and priors all data sets share.
        parameters: The true values: draws of one chain, one per data set.
        responses: Shape (simulation, row). Simulated outcomes.
        names: Names of the test quantities; see `quantities`.
        truths: Shape (simulation, quantity). Their true values.
    """

    model: Model
    parameters: Draws
    responses: np.ndarray
    names: tuple[str, ...]
    truths: np.ndarray

    def __len__(self) -> int:
        return len(self.responses)

    def model_of(self, place: int) -> Model:
        """The model of one simulated data set: other outcomes, the same rows and priors."""
        return with_response(self.model, self.responses[place])


def with_response(model: Model, response: np.ndarray) -> Model:
    """The same model of other outcomes for the same rows; priors stay as they are."""
    return replace(model, design=replace(model.design, response=response))


def simulate(model: Model, streams: Streams, count: int) -> Simulations:
    """Simulates data sets from a model: parameters from the priors, outcomes from the family.

    Args:
        model: With proper priors; its outcomes are not looked at, except by its frozen priors.
        streams: Random streams.
        count: How many data sets.

    Returns:
        The data sets, with the parameters behind each.

    Raises:
        ModelError: `improper-prior`, naming the slot that nothing can be drawn from.

    Example:
        >>> import bayesinf as bi
        >>> model = bi.model("Reaction ~ Days", bi.examples.sleepstudy())
        >>> simulate(model, bi.Streams(1), 10).responses.shape
        (10, 180)
    """
    refuse_improper(model)
    generator = streams.generator("simulate")
    parameters = draw_prior(model, generator, count)
    design = model.design
    predictor = predictor_draws(
        design.rows, parameters.coefficients[0], tuple(e[0] for e in parameters.effects)
    )
    known = Known(design.rows.known.trials, design.rows.known.standard_error)
    named = family_parameters(model, parameters.parameters[0])
    responses = model.family.sample(generator, predictor, named, known)
    names, truths = quantities(model, responses, parameters.take(np.arange(count)[:, None]))
    return Simulations(model, parameters, responses, tuple(names), truths[:, 0])


def refuse_improper(model: Model) -> None:
    """Refuses models that say nothing before the data are seen.

    Raises:
        ModelError: Naming the slot.
    """
    for name, prior in model.priors.items():
        if not prior.proper:
            raise ModelError(
                f"The prior of '{name}' is {prior.describe()}, which is improper: no data can be "
                "simulated from the model.",
                code="improper-prior",
                hint=f"Give '{name}' a proper prior, such as its default.",
            )


def draw_prior(model: Model, generator: np.random.Generator, count: int) -> Draws:
    """Draws all unknowns from their priors: one chain of `count` draws."""
    layout = model.layout
    lowers = [-np.inf] * layout.coefficients + list(layout.lowers)
    lowers += [0.0] * (layout.scalars - len(lowers))
    scalars = np.stack(
        [
            draw_above(prior, lower, generator, count)
            for prior, lower in zip(model.scalar_priors, lowers, strict=True)
        ],
        axis=-1,
    )[None]
    cuts = np.cumsum(
        [layout.coefficients, len(layout.parameters), *(g.effects for g in layout.groups)]
    )
    coefficients, parameters, *sds = np.split(scalars, cuts[:-1], axis=-1)
    correlations, raw = [], []
    for group, prior in zip(layout.groups, model.correlation_priors, strict=True):
        factor = np.broadcast_to(np.eye(group.effects), (1, count, group.effects, group.effects))
        if group.free_correlations:
            factor = prior.sample(generator, (1, count), group.effects)
        correlations.append(factor)
        raw.append(generator.standard_normal((1, count, group.levels, group.effects)))
    unused = np.zeros((1, count))
    values = Values(coefficients, parameters, tuple(sds), tuple(correlations), tuple(raw), unused)
    return draws_of_values(model, values)


def draw_above(
    prior: Prior, lower: float, generator: np.random.Generator, count: int
) -> np.ndarray:
    """Draws from a prior that is cut off at a lower bound, by rejection."""
    found = prior.sample(generator, count)
    for _ in range(1000):
        outside = found <= lower
        if not outside.any():
            return found
        found[outside] = prior.sample(generator, int(outside.sum()))
    raise ModelError(
        f"The prior {prior.describe()} has next to no probability above {lower:g}, where its "
        "parameter lies.",
        code="prior-support",
    )


def quantities(model: Model, responses: np.ndarray, draws: Draws) -> tuple[list[str], np.ndarray]:
    """The test quantities of calibration at draws of many data sets.

    They are all population, family and scale parameters, the effects of each group's first level,
    the linear predictor of the last row (a prediction) and how far it lies from the first row's (a
    contrast), the log prior, and the log likelihood, which notices engines that forget a part of
    the data. The last four come from `reference`, which shares no density with the engines.

    Args:
        model: Of the data sets, which differ in their outcomes alone.
        responses: Shape (data set, row). Their outcomes.
        draws: With axes (data set, draw).

    Returns:
        Names, and values (data set, draw, quantity).
    """
    names, values = scalar_draws(model, draws)
    effect_names, effects = effect_draws(model, draws)
    first: list[int] = []
    place = 0
    for group in model.design.rows.groups:
        first += range(place, place + len(group.names))
        place += len(group.levels) * len(group.names)
    predictor = reference.linear_predictor(model, draws)
    derived = {
        "prediction": predictor[..., -1],
        "contrast": predictor[..., -1] - predictor[..., 0],
        "log prior": reference.log_prior(model, draws),
        "log likelihood": reference.log_likelihood(model, draws, responses),
    }
    parts = [values, effects[..., first], np.stack(list(derived.values()), axis=-1)]
    return [*names, *(effect_names[k] for k in first), *derived], np.concatenate(parts, axis=-1)
