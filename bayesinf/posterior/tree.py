"""The posterior as an ArviZ DataTree, under ArviZ's names for groups and variables."""

from __future__ import annotations

from collections.abc import Collection
from functools import singledispatch
from typing import TYPE_CHECKING

import numpy as np

from bayesinf.model.pointwise import log_likelihood_draws, log_prior_draws
from bayesinf.model.sites import Site
from bayesinf.model.tracing import observed_values
from bayesinf.posterior.draws import centred_scalars
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.program import AnyPosterior, ProgramPosterior, site_log_likelihoods

if TYPE_CHECKING:
    from xarray import DataTree

LARGEST_LIKELIHOOD = 50_000_000
"""Numbers (400 MB) up to which the pointwise log likelihood is stored with the draws."""


@singledispatch
def build_tree(posterior: object) -> DataTree:
    """Collects draws, log densities, data and sampler facts of a posterior in one DataTree."""
    raise TypeError(f"there is no tree of {type(posterior).__name__}")


@build_tree.register(Posterior)
def tree_of_formula(posterior: Posterior) -> DataTree:
    """Collects draws, log densities, data and sampler facts in one DataTree.

    Groups: `posterior`, `sample_stats`, `log_prior`, and, while the training rows are at hand,
    `observed_data`, `constant_data` and `log_likelihood` (left out above 50 million numbers).

    Variables: `coefficients` over the dimension `coefficient`; each family parameter by its name;
    `sd_G`, `correlation_G` and `effects_G` for a group term G.
    """
    import arviz_base as az

    model, values = posterior.model, posterior.values
    groups, dims = _posterior_group(posterior)
    coords = _coordinates(posterior)
    chains, draws = values.shape
    content: dict[str, dict[str, np.ndarray]] = {"posterior": groups}
    if posterior.statistics:
        content["sample_stats"] = {k: np.asarray(v) for k, v in posterior.statistics.items()}
    content["log_prior"] = {
        "log_prior": log_prior_draws(model, centred_scalars(model, values), values.correlations)
    }
    if model.design.table is not None:
        rows = len(model.design.response)
        coords["row"] = np.arange(rows)
        outcome = _outcome_name(model.formula.response.expression, {*dims, *coords, *groups})
        content["observed_data"] = {outcome: model.design.response}
        content["constant_data"] = {"population": model.design.rows.population}
        dims |= {outcome: ["row"], "population": ["row", "coefficient"]}
        if rows * chains * draws <= LARGEST_LIKELIHOOD:
            content["log_likelihood"] = {
                outcome: log_likelihood_draws(
                    model, values.coefficients, values.parameters, values.effects
                )
            }
    return az.from_dict(content, coords=coords, dims=dims, attrs={"/": _attributes(posterior)})


@build_tree.register(ProgramPosterior)
def tree_of_program(posterior: ProgramPosterior) -> DataTree:
    """Collects draws, log likelihoods, data and sampler facts of a model written by hand.

    Groups: `posterior`, `sample_stats`, and, while the data are at hand, `observed_data`,
    `constant_data` and `log_likelihood` (left out above 50 million numbers).

    Variables have the names of the sites; axes those of the plates, or `theta_dim_0`.
    """
    import arviz_base as az

    model, values = posterior.model, posterior.values
    content: dict[str, dict[str, np.ndarray]] = {"posterior": dict(values.sites)}
    sites = model.sites
    dims = {site.name: _axes(site) for site in sites.kept}
    if posterior.statistics:
        content["sample_stats"] = {k: np.asarray(v) for k, v in posterior.statistics.items()}
    if model.data is not None and sites.observed:
        dims |= {site.name: _axes(site) for site in sites.observed}
        content["observed_data"] = observed_values(model)
        if model.rows * values.count <= LARGEST_LIKELIHOOD:
            content["log_likelihood"] = {
                name: found.reshape(*values.shape, *found.shape[1:])
                for name, found in site_log_likelihoods(posterior).items()
            }
    if model.data is not None:
        content["constant_data"] = dict(model.data)
    attributes = {**_origin(posterior), "program": model.label}
    return az.from_dict(content, dims=dims, attrs={"/": attributes})


def _axes(site: Site) -> list[str]:
    """The names of a site's axes: those of its plates, which NumPyro keeps apart from sites."""
    plates = site.plates or (None,) * len(site.shape)
    return [plate or f"{site.name}_dim_{place}" for place, plate in enumerate(plates)]


def _posterior_group(posterior: Posterior) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    model, values = posterior.model, posterior.values
    variables = {"coefficients": values.coefficients}
    dims = {"coefficients": ["coefficient"]}
    for k, parameter in enumerate(model.parameters):
        variables[parameter.name] = values.parameters[..., k]
    for k, group in enumerate(model.design.rows.groups):
        effect = f"{group.label}_effect"
        variables[f"sd_{group.label}"] = values.sds[k]
        dims[f"sd_{group.label}"] = [effect]
        variables[f"effects_{group.label}"] = values.effects[k]
        dims[f"effects_{group.label}"] = [f"{group.label}_level", effect]
        if group.has_correlations:
            variables[f"correlation_{group.label}"] = values.correlations[k]
            dims[f"correlation_{group.label}"] = [effect, f"{effect}_"]
    return variables, dims


def _coordinates(posterior: Posterior) -> dict[str, np.ndarray]:
    coords = {"coefficient": np.array(posterior.model.design.names, dtype=str)}
    for group in posterior.model.design.rows.groups:
        coords[f"{group.label}_level"] = np.array(group.levels, dtype=str)
        coords[f"{group.label}_effect"] = np.array(group.names, dtype=str)
        if group.has_correlations:
            coords[f"{group.label}_effect_"] = np.array(group.names, dtype=str)
    return coords


def _outcome_name(outcome: str, taken: Collection[str]) -> str:
    """The outcome as a variable: in backticks where something else of the tree has its name."""
    return f"`{outcome}`" if outcome in {*taken, "population", "chain", "draw"} else outcome


def _attributes(posterior: Posterior) -> dict[str, object]:
    return {**_origin(posterior), "formula": str(posterior.model.formula)}


def _origin(posterior: AnyPosterior) -> dict[str, object]:
    provenance = posterior.provenance
    return {
        "inference_library": "bayesinf",
        "inference_library_version": provenance.versions.get("bayesinf", ""),
        "inference_method": provenance.engine,
        "independent_draws": int(posterior.independent),
        "seed": str(provenance.seed),
        "sampling_time": provenance.seconds,
        "data_fingerprint": provenance.fingerprint,
    }
