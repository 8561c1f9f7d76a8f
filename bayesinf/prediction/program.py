"""Predictions of a model written by hand: its observed sites, sampled anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from bayesinf.errors import ModelError, SamplingError, suggest
from bayesinf.model.arguments import check_names, read_arguments
from bayesinf.model.handlers import alone
from bayesinf.model.program import Call, Program, blaming, tell_arrays
from bayesinf.model.tracing import Expect, Simulate, over_draws, without_outcomes
from bayesinf.numerics.intervals import interval
from bayesinf.numerics.precision import double
from bayesinf.numerics.random import Streams
from bayesinf.options import options
from bayesinf.posterior.program import ProgramPosterior
from bayesinf.posterior.summary import entry_names

if TYPE_CHECKING:
    import pandas as pd

LARGEST_ANSWER = 100_000_000
"""Most numbers of one prediction: 0.8 GB."""

KINDS = {"response": Simulate, "mean": Expect}


@dataclass(frozen=True, eq=False)
class ProgramPrediction:
    """What a posterior says about the observed sites of its model.

    Attributes:
        kind: `"response"` or `"mean"`.
        sites: Draws of each site by name, shape (chain, draw, ...).
    """

    kind: str
    sites: Mapping[str, np.ndarray]

    def frame(self, prob: float | None = None) -> pd.DataFrame:
        """The table of predictions, one line per number, such as `y[3]`.

        Args:
            prob: Probability of the credible interval; None takes `bi.options.interval`, which also
                says of which kind it is.

        Returns:
            A frame with columns `mean sd lower upper`, all four of the draws.
        """
        import pandas as pd

        interval_kind, prob = options.interval_with(prob)
        draws = self.draws()
        flat = draws.reshape(-1, draws.shape[-1])
        lower, upper = interval(flat, interval_kind, prob)
        sites = self.sites.items()
        names = [entry for name, values in sites for entry in entry_names(name, values.shape[2:])]
        frame = pd.DataFrame(
            {"mean": flat.mean(axis=0), "sd": flat.std(axis=0), "lower": lower, "upper": upper},
            index=pd.Index(names, name="site"),
        )
        frame.attrs = {"interval_kind": interval_kind, "interval_prob": prob, "kind": self.kind}
        return frame

    def draws(self) -> np.ndarray:
        """All draws, shape (chain, draw, number), in the order of the table's lines."""
        parts = [values.reshape(*values.shape[:2], -1) for values in self.sites.values()]
        return np.concatenate(parts, axis=-1)


def predict_program(
    posterior: ProgramPosterior, data: object = None, kind: str = "response"
) -> ProgramPrediction:
    """Predicts the observed sites of a model written by hand.

    Args:
        posterior: What is believed.
        data: All arguments of the model, as in the fit; an outcome may be left out where it has a
            default, and is not looked at where it is given. None takes those of the fit.
        kind: `"response"` for outcomes to come, `"mean"` for their expectation given the unknowns.

    Returns:
        The prediction: `.frame(prob)`, `.draws()`, `.sites`.

    Raises:
        ModelError: There is no such kind; the code or the data are not at hand; the arguments do
            not fit the model, or give unknowns of other shapes than the fit has.
        DataError: Where an argument is no number or is missing.

    Source: `numpyro.infer.Predictive`.
    """
    if kind not in KINDS:
        raise ModelError(
            f"kind={kind!r} does not exist for a model written by hand.{suggest(kind, KINDS)}",
            code="unknown-kind",
            hint="kind is 'response' or 'mean'; only a formula has a linear predictor.",
        )
    model, values = posterior.model, posterior.values
    names = tuple(site.name for site in model.sites.observed)
    if not names:
        raise ModelError(
            f"The model '{model.label}' observes nothing, so there is nothing to predict.",
            code="no-outcome",
            hint="Observe the outcome: numpyro.sample(name, distribution, obs=outcome).",
        )
    call, arrays, shapes = _called(model, data)
    latent = _latent_draws(posterior, shapes)
    _refuse_large(names, shapes, values.count)
    keys = _keys(Streams(posterior.provenance.seed).integer("predict", kind), values.count)
    try:
        with blaming(model.label):
            found = over_draws(KINDS[kind](call, names), {"key": keys, "latent": latent}, arrays)
    except ModelError as error:
        if isinstance(error.__cause__, NotImplementedError) and kind == "mean":
            raise _no_mean(model) from error
        raise
    return ProgramPrediction(
        kind,
        {name: found[name].reshape(*values.shape, *found[name].shape[1:]) for name in names},
    )


type Shapes = Mapping[str, tuple[int, ...]]


def _called(model: Program, data: object) -> tuple[Call, Mapping[str, np.ndarray], Shapes]:
    """The call and the arrays of other data, and the shapes that the sites have then."""
    function = model.code.function
    arguments = read_arguments(model.arguments if data is None else data)
    check_names(function, model.label, arguments.names)
    return tell_arrays(function, model.label, arguments, _shapes)


def _shapes(call: Call, data: Mapping[str, np.ndarray]) -> Shapes:
    """The shape of each site when nothing is observed, from a run with abstract numbers."""
    found: dict[str, tuple[int, ...]] = {}

    @alone()
    def look(data: Mapping[str, Any]) -> None:
        from numpyro import handlers
        from numpyro.infer import init_to_uniform

        free = handlers.seed(without_outcomes(call.function), jax.random.key(0))
        chosen = handlers.substitute(free, substitute_fn=init_to_uniform)
        messages = handlers.trace(chosen).get_trace(**call.arguments(data))
        found.update({name: tuple(np.shape(m["value"])) for name, m in messages.items()})

    jax.eval_shape(look, dict(data))
    return found


def _latent_draws(posterior: ProgramPosterior, shapes: Shapes) -> dict[str, np.ndarray]:
    """The draws of the unknowns, after a check that the model still has them."""
    model = posterior.model
    for site in (*model.sites.latent, *model.sites.observed):
        if site.name not in shapes:
            raise ModelError(
                f"With these data the model '{model.label}' has no site '{site.name}'.",
                code="other-sites",
                column=site.name,
                hint="It is not the model that was fitted, or one of its settings is another.",
            )
    for site in model.sites.latent:
        if site.shape != shapes[site.name]:
            raise ModelError(
                f"The unknown '{site.name}' has shape {site.shape} in the fit and "
                f"{shapes[site.name]} with these data, for which there are no draws.",
                code="other-sites",
                column=site.name,
                hint="Keep what sizes the unknowns (the number of groups, say) as in the fit.",
            )
    return posterior.values.flat(tuple(site.name for site in model.sites.latent))


def _keys(seed: int, count: int) -> np.ndarray:
    with double():
        return np.asarray(jax.random.key_data(jax.random.split(jax.random.key(seed), count)))


def _refuse_large(names: tuple[str, ...], shapes: Shapes, count: int) -> None:
    size = count * sum(prod(shapes[name]) for name in names)
    if size > LARGEST_ANSWER:
        raise SamplingError(
            f"{count:,} draws of these predictions are {size:,} numbers, {8e-9 * size:.1f} GB in "
            f"one array; the limit is {LARGEST_ANSWER:,}.",
            code="too-many-draws",
            hint="Predict fewer rows at a time.",
        )


def _no_mean(model: Program) -> ModelError:
    return ModelError(
        f"NumPyro knows no formula for the mean of an observed site of '{model.label}'.",
        code="no-mean",
        hint="kind='response' simulates outcomes; their average is the mean.",
    )
