"""The posterior of a model written by hand: draws by site, and how far to trust them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from bayesinf.errors import ModelError
from bayesinf.model.instructions import differ, instructions
from bayesinf.model.program import Call, Program, blaming
from bayesinf.model.starts import EXAMINED
from bayesinf.model.tracing import Constrain, Likelihood, over_draws
from bayesinf.posterior.posterior import Posterior
from bayesinf.posterior.provenance import Provenance
from bayesinf.posterior.verdict import Verdict


@dataclass(frozen=True, eq=False)
class Sampled:
    """Some of the positions that draws were read from, as the engine saw them.

    Attributes:
        program: The model as the engine sampled it, perhaps in other units than it is written in.
        positions: Vectors without bounds, shape (place, size).
    """

    program: Program
    positions: np.ndarray


@dataclass(frozen=True, eq=False)
class ProgramDraws:
    """Draws with leading axes (chain, draw), as NumPy arrays in double precision.

    Attributes:
        sites: Draws of each latent and derived site by name, shape (chain, draw, ...).
        sampled: Where they come from; None for draws that were loaded.
    """

    sites: Mapping[str, np.ndarray]
    sampled: Sampled | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Number of chains and of draws in each."""
        chains, draws = next(iter(self.sites.values())).shape[:2]
        return chains, draws

    @property
    def count(self) -> int:
        """Number of draws in all chains together."""
        return self.shape[0] * self.shape[1]

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by name, for storage."""
        return dict(self.sites)

    def flat(self, names: tuple[str, ...]) -> dict[str, np.ndarray]:
        """The draws of some sites, chain after chain along one axis."""
        return {
            name: self.sites[name].reshape(self.count, *self.sites[name].shape[2:])
            for name in names
        }


def read_positions(
    program: Program, positions: np.ndarray, names: tuple[str, ...] | None = None
) -> ProgramDraws:
    """Turns positions (chain, draw, size) without bounds into draws of sites.

    Args:
        program: Whose unknowns the positions are.
        positions: Flat vectors.
        names: Of the latent and derived sites that are wanted; None wants all.
    """
    chains, draws, size = positions.shape
    constrain = Constrain(program.code, program.layout)
    found = over_draws(constrain, positions.reshape(-1, size), program.data or {})
    if names is None:
        names = tuple(site.name for site in program.sites.kept)
    places = np.linspace(0, chains * draws - 1, EXAMINED).astype(int)
    return ProgramDraws(
        {name: found[name].reshape(chains, draws, *found[name].shape[1:]) for name in names},
        Sampled(program, positions.reshape(-1, size)[places]),
    )


@dataclass(frozen=True, eq=False)
class ProgramPosterior:
    """What is now believed about the sites of a model written by hand.

    Attributes:
        model: The model that was fitted.
        values: Draws of every latent and derived site.
        verdict: Whether to believe them.
        provenance: Where they come from.
        statistics: Per-draw facts of the sampler under ArviZ's names, each (chain, draw).
        independent: Whether the draws are independent of each other.
    """

    model: Program
    values: ProgramDraws
    verdict: Verdict
    provenance: Provenance
    statistics: Mapping[str, np.ndarray] = field(default_factory=dict)
    independent: bool = False

    @cached_property
    def tree(self):
        """The draws as an ArviZ DataTree; see `posterior.tree.build_tree`."""
        from bayesinf.posterior.tree import build_tree

        return build_tree(self)


def site_log_likelihoods(posterior: ProgramPosterior) -> dict[str, np.ndarray]:
    """The log likelihood (draw, ...) of each observed site, draws chain after chain.

    A vector with one joint density, such as a draw of a multivariate normal, has one number.
    """
    model = posterior.model
    names = tuple(site.name for site in model.sites.observed)
    latent = posterior.values.flat(tuple(site.name for site in model.sites.latent))
    with blaming(model.label):
        return over_draws(Likelihood(model.code, names), latent, model.data or {})


type AnyPosterior = Posterior | ProgramPosterior
"""The posterior of a formula's model or of one written by hand."""


def of_formula(posterior: AnyPosterior, asked: str) -> Posterior:
    """The posterior, where it is a formula's.

    Args:
        posterior: Of either kind.
        asked: What is asked of it, as the subject of a sentence: `"A report"`.

    Raises:
        ModelError: `program-has-no-formula`.
    """
    if isinstance(posterior, Posterior):
        return posterior
    raise ModelError(
        f"{asked} needs a formula, which says what the columns are; '{posterior.model.label}' is a "
        "NumPyro model written by hand.",
        code="program-has-no-formula",
        hint="Its fit serves summary, draws, verdict, explain, hypothesis, predict, compare, plot "
        "and save; for the rest write the model as a formula.",
    )


def title_of(posterior: AnyPosterior) -> str:
    """What a posterior is called: the formula as it was typed, or the name of the program."""
    if isinstance(posterior, Posterior):
        return posterior.model.formula.text
    return posterior.model.label


def with_code(posterior: AnyPosterior, function: Callable[..., object] | None) -> AnyPosterior:
    """The posterior of a program that was loaded, with its function for predictions.

    Args:
        posterior: As it was loaded.
        function: The NumPyro model that was fitted; None leaves the posterior as it is.

    Warns:
        UserWarning: Where the function does something else than the one that was fitted; what other
            modules do is not looked at.

    Raises:
        ModelError: `formula-and-code`, for the posterior of a formula's model.
    """
    if function is None:
        return posterior
    if isinstance(posterior, Posterior):
        raise ModelError(
            "model= brings the code of a NumPyro model, and the saved fit is that of the formula "
            f"'{title_of(posterior)}', which brings its own.",
            code="formula-and-code",
            hint="Write bi.load(folder).",
        )
    model = posterior.model
    if differ(model.instructions, instructions(function)):
        warnings.warn(
            f"The code given for '{model.label}' does something else than the code that was "
            "fitted, so that predictions join draws of the one with outcomes of the other: load "
            "the fit with the function that was fitted, or fit the new one.",
            stacklevel=4,
        )
    return replace(posterior, model=replace(model, call=Call(function)))
