"""Families of distributions that a posterior is approximated by: maps of standard normal noise.

A guide is a structure; its numbers are a pytree of arrays, apart from it, so that fits of one
structure share their programs. Coordinates are those of `Frame`, in which a first approximation
has mean 0 and variances near 1.

Letters: u are coordinates, z is the noise, d their length.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np

from bayesinf.numerics.noise import standard_normal
from bayesinf.types import Array, namespace

type Parameters = Mapping[str, Array]


@dataclass(frozen=True)
class Guide(ABC):
    """A family of distributions on d coordinates.

    Attributes:
        size: The number of coordinates d.
    """

    size: int

    name: ClassVar[str]
    dense: ClassVar[bool] = True
    """Whether the frame may rotate the coordinates: a guide that knows no correlations keeps its
    meaning only in the unknowns' own directions."""
    pace: ClassVar[float] = 1.0
    """Share of the learning rate that suits its numbers."""

    @abstractmethod
    def start(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Parameters at which the guide is standard normal, or near it."""

    @abstractmethod
    def forward(self, parameters: Parameters, noise: Array) -> tuple[Array, Array]:
        """Turns noise (n, d) into coordinates (n, d), with the log-Jacobian (n,) or a number."""

    @abstractmethod
    def backward(self, parameters: Parameters, points: Array) -> tuple[Array, Array]:
        """The inverse of `forward`, JAX only: the noise, and the log-Jacobian of `forward`."""

    def log_density(self, parameters: Parameters, points: Array) -> Array:
        """The normalised log density of coordinates (n, d), shape (n,); JAX only."""
        noise, log_jacobian = self.backward(parameters, points)
        return standard_normal(noise) - log_jacobian


@final
@dataclass(frozen=True)
class MeanField(Guide):
    """Independent normals: it sees no correlations, and so understates spreads."""

    name: ClassVar[str] = "mean-field"
    dense: ClassVar[bool] = False

    def start(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """The standard normal."""
        del rng
        return {"mean": np.zeros(self.size), "log_scale": np.zeros(self.size)}

    def forward(self, parameters: Parameters, noise: Array) -> tuple[Array, Array]:
        """Scales and shifts."""
        log_scale = parameters["log_scale"]
        scale = namespace(log_scale).exp(log_scale)
        return parameters["mean"] + scale * noise, log_scale.sum()

    def backward(self, parameters: Parameters, points: Array) -> tuple[Array, Array]:
        """Shifts and scales back."""
        log_scale = parameters["log_scale"]
        scale = namespace(log_scale).exp(log_scale)
        return (points - parameters["mean"]) / scale, log_scale.sum()


@final
@dataclass(frozen=True)
class FullRank(Guide):
    """A multivariate normal with every correlation."""

    name: ClassVar[str] = "full-rank"

    def start(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """The standard normal."""
        del rng
        lower = np.zeros((self.size, self.size))
        return {"mean": np.zeros(self.size), "log_scale": np.zeros(self.size), "lower": lower}

    def forward(self, parameters: Parameters, noise: Array) -> tuple[Array, Array]:
        """Multiplies by a triangular factor and shifts."""
        factor = self._factor(parameters)
        return parameters["mean"] + noise @ factor.T, parameters["log_scale"].sum()

    def backward(self, parameters: Parameters, points: Array) -> tuple[Array, Array]:
        """Solves with the triangular factor."""
        from jax.scipy.linalg import solve_triangular

        factor = self._factor(parameters)
        noise = solve_triangular(factor, (points - parameters["mean"]).T, lower=True).T
        return noise, parameters["log_scale"].sum()

    def _factor(self, parameters: Parameters) -> Array:
        log_scale = parameters["log_scale"]
        xp = namespace(log_scale)
        return xp.tril(parameters["lower"], -1) + xp.diag(xp.exp(log_scale))


@final
@dataclass(frozen=True)
class LowRank(Guide):
    """A multivariate normal with a few directions of correlation, for many unknowns.

    The factor of the covariance is `diag(scale) (I + W W')`: as many numbers as rank + 2 vectors,
    and a determinant and inverse of the rank's size.

    Attributes:
        rank: The number of directions, columns of W.
    """

    rank: int

    name: ClassVar[str] = "low-rank"
    dense: ClassVar[bool] = False

    def start(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Near the standard normal: from W = 0 no direction would ever be found."""
        directions = 0.1 * rng.standard_normal((self.size, self.rank)) / np.sqrt(self.size)
        return {
            "mean": np.zeros(self.size),
            "log_scale": np.zeros(self.size),
            "directions": directions,
        }

    def forward(self, parameters: Parameters, noise: Array) -> tuple[Array, Array]:
        """Stretches along the directions, then scales and shifts."""
        directions, log_scale = parameters["directions"], parameters["log_scale"]
        xp = namespace(log_scale)
        stretched = noise + (noise @ directions) @ directions.T
        return parameters["mean"] + xp.exp(log_scale) * stretched, self._log_det(parameters)

    def backward(self, parameters: Parameters, points: Array) -> tuple[Array, Array]:
        """Undoes the stretch by Woodbury's identity."""
        directions, log_scale = parameters["directions"], parameters["log_scale"]
        xp = namespace(log_scale)
        stretched = (points - parameters["mean"]) / xp.exp(log_scale)
        small = xp.eye(self.rank) + directions.T @ directions
        along = xp.linalg.solve(small, (stretched @ directions).T).T
        return stretched - along @ directions.T, self._log_det(parameters)

    def _log_det(self, parameters: Parameters) -> Array:
        directions, log_scale = parameters["directions"], parameters["log_scale"]
        xp = namespace(log_scale)
        small = xp.eye(self.rank) + directions.T @ directions
        return log_scale.sum() + xp.linalg.slogdet(small)[1]


@final
@dataclass(frozen=True)
class Flow(Guide):
    """A normalising flow: affine couplings, each with a small network, between two scalings.

    Half of the coordinates are scaled and shifted by amounts that a network computes from the other
    half, and so on in turn: funnels and bananas are within its reach, several modes are not.

    Attributes:
        layers: Couplings; even, so that all coordinates are treated alike.
        width: Hidden units of each network.

    Source: Dinh, Sohl-Dickstein and Bengio (2017), Density estimation using real NVP, section 3.
    """

    layers: int
    width: int

    name: ClassVar[str] = "flow"
    # Each of a network's many weights moves the whole map.
    pace: ClassVar[float] = 0.1

    def start(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """The standard normal: the last layer of each network is zero."""
        shape = (self.layers, self.size, self.width)
        return {
            "mean": np.zeros(self.size),
            "log_scale": np.zeros(self.size),
            "inner": rng.standard_normal(shape) / np.sqrt(self.size),
            "bias": np.zeros((self.layers, self.width)),
            "stretch": np.zeros((self.layers, self.width, self.size)),
            "shift": np.zeros((self.layers, self.width, self.size)),
        }

    def forward(self, parameters: Parameters, noise: Array) -> tuple[Array, Array]:
        """Passes the noise through the couplings in turn."""
        points, total = noise, parameters["log_scale"].sum()
        for layer in range(self.layers):
            stretch, shift = self._coupling(parameters, layer, points)
            points = points * namespace(points).exp(stretch) + shift
            total = total + stretch.sum(-1)
        scale = namespace(points).exp(parameters["log_scale"])
        return parameters["mean"] + scale * points, total

    def backward(self, parameters: Parameters, points: Array) -> tuple[Array, Array]:
        """Passes coordinates through the couplings in reverse."""
        xp = namespace(points, parameters["log_scale"])
        total = parameters["log_scale"].sum()
        points = (points - parameters["mean"]) / xp.exp(parameters["log_scale"])
        for layer in reversed(range(self.layers)):
            stretch, shift = self._coupling(parameters, layer, points)
            points = (points - shift) * xp.exp(-stretch)
            total = total + stretch.sum(-1)
        return points, total

    def _coupling(self, parameters: Parameters, layer: int, points: Array) -> tuple[Array, Array]:
        """Log scales and shifts of the coordinates of this layer's half; zero for the other."""
        xp = namespace(points, parameters["inner"])
        moved = np.arange(self.size) % 2 == layer % 2
        hidden = xp.tanh(
            xp.where(moved, 0.0, points) @ parameters["inner"][layer] + parameters["bias"][layer]
        )
        # Bounded, so that no far point is scaled out of sight.
        stretch = 2.0 * xp.tanh(hidden @ parameters["stretch"][layer] / 2.0)
        shift = hidden @ parameters["shift"][layer]
        return xp.where(moved, stretch, 0.0), xp.where(moved, shift, 0.0)


def guide_named(name: str, size: int) -> Guide:
    """The guide of that name, with sizes that suit d unknowns.

    The rank is the root of d, as in NumPyro's low-rank guide; a flow has 6 couplings of 32 hidden
    units, which fit the funnels and bananas of the tests.
    """
    guides: dict[str, Guide] = {
        "mean-field": MeanField(size),
        "full-rank": FullRank(size),
        "low-rank": LowRank(size, max(1, round(size**0.5))),
        "flow": Flow(size, 6, 32),
    }
    return guides[name]
