"""The log posterior of a model without group effects, with exact derivatives, summed in NumPy.

Rows are taken in stretches that stay in the cache, on all cores; nothing is compiled. The flat
vector x of `density.joint_density` stands for theta = place + width x, which holds the coefficients
b and the logarithms t of the family's parameters. With x_i the centred row i, w_i its weight, and
s_i, c_i the family's slopes in eta (`Family.slopes`),

    gradient in b   sum_i w_i s_i x_i
    Hessian in b    sum_i w_i c_i x_i x_i'

The rows of the Hessian that belong to t are central differences of the exact gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bayesinf.family import Known
from bayesinf.model.density import Evidence, Signature, log_prior
from bayesinf.model.layout import Values, read_layout
from bayesinf.numerics.distinct import distinct_rows
from bayesinf.numerics.mode import separable_derivatives
from bayesinf.numerics.parallel import in_pieces
from bayesinf.numerics.rows import stretch_of

TILE = 131_072
"""Rows times points that are evaluated together: 1 MB per temporary array."""

SHORTEST = 1024
"""Rows of a tile at the least: a matrix product of fewer is all overhead."""

STEP = 1e-4
"""In the logarithm of a parameter; central differences over it are right to about 1e-8."""


@dataclass(frozen=True, eq=False)
class Regression:
    """The rows and priors of a model without group effects, ready to be summed.

    Attributes:
        signature: What is fixed of the model; its layout has no groups.
        evidence: Rows, weights and prior scales.
    """

    signature: Signature
    evidence: Evidence

    def value(self, points: np.ndarray) -> np.ndarray:
        """The log posterior at flat vectors (n, size), up to a constant; shape (n,)."""
        values = self._read(points)
        return self._of_prior(points) + self._constants(values) + self._kernels(values)

    def derivatives(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The gradient (size,) and the Hessian (size, size) at a flat vector (size,)."""
        place, width = np.asarray(self.evidence.place), np.asarray(self.evidence.width)
        gradient, hessian = self._of_likelihood(place + width * point)
        slope, bend = separable_derivatives(self._of_prior, point)
        curvature = width[:, None] * hessian * width + np.diag(bend)
        return width * gradient + slope, 0.5 * (curvature + curvature.T)

    def _read(self, points: np.ndarray) -> Values:
        flat = self.evidence.place + self.evidence.width * points
        return read_layout(self.signature.layout, flat)

    def _of_prior(self, points: np.ndarray) -> np.ndarray:
        values = self._read(points)
        return np.asarray(log_prior(self.signature, values, self.evidence) + values.log_jacobian)

    def _constants(self, values: Values) -> np.ndarray:
        """The part of the log likelihood that needs each distinct outcome only once."""
        if self._sums_density:
            return np.zeros(len(values.coefficients))
        outcome, known, weights = self._outcomes
        constant = self.signature.family.log_constant(outcome, self._parameters(values), known)
        if constant.shape[-1] == 1:
            return np.asarray(constant[..., 0] * weights.sum())
        return np.asarray(constant @ weights)

    def _kernels(self, values: Values) -> np.ndarray:
        """The part of the log likelihood that needs every row, in tiles of points and rows."""
        evidence, family = self.evidence, self.signature.family
        coefficients = np.asarray(values.coefficients)
        density = family.log_density if self._sums_density else family.log_kernel
        parameters = self._parameters(values)
        points, rows = len(coefficients), len(evidence.response)
        length = min(rows, max(SHORTEST, TILE // max(points, 1)))
        width = max(1, TILE // max(length, 1))
        tiles = [
            (slice(p, p + width), slice(r, r + length))
            for p in range(0, points, width)
            for r in range(0, rows, length)
        ]

        def tile(stretch: slice) -> np.ndarray:
            here, there = tiles[stretch.start]
            predictor = coefficients[here] @ evidence.population[there].T
            predictor += evidence.offset[there]
            own = {name: value[here] for name, value in parameters.items()}
            found = density(evidence.response[there], predictor, own, self._known(there))
            return np.asarray(found @ evidence.weights[there])

        total = np.zeros(points)
        for (here, _), part in zip(tiles, in_pieces(tile, len(tiles), 1), strict=True):
            total[here] += part
        return total

    def _of_likelihood(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian of the log likelihood in theta."""
        p, population = self.signature.layout.coefficients, np.asarray(self.evidence.population)
        nearby = self._nearby(theta[p:])

        def part(rows: slice) -> tuple[np.ndarray, np.ndarray]:
            return self._summed(theta[:p], nearby, rows)

        parts = in_pieces(part, len(population), stretch_of(population))
        gradients = np.sum([gradient for gradient, _ in parts], axis=0)
        hessian = np.zeros((len(theta), len(theta)))
        hessian[:p, :p] = np.sum([curvature for _, curvature in parts], axis=0)
        m = len(theta) - p
        sloped = (gradients[1 : m + 1] - gradients[m + 1 :]) / (2.0 * STEP)
        hessian[p:, :p], hessian[:p, p:] = sloped[:, :p], sloped[:, :p].T
        hessian[p:, p:] = 0.5 * (sloped[:, p:] + sloped[:, p:].T)
        return gradients[0], hessian

    def _summed(
        self, coefficients: np.ndarray, nearby: np.ndarray, rows: slice
    ) -> tuple[np.ndarray, np.ndarray]:
        """Of some rows: the gradient for each setting of the parameters, the Hessian for the first.

        Args:
            coefficients: Shape (p,).
            nearby: Shape (setting, m). Logarithms of the parameters.
            rows: Which rows.

        Returns:
            Shapes (setting, p + m) and (p, p).
        """
        evidence, family, layout = self.evidence, self.signature.family, self.signature.layout
        block, outcome, known = (
            evidence.population[rows],
            evidence.response[rows],
            self._known(rows),
        )
        weights = evidence.weights[rows]
        predictor = block @ coefficients + evidence.offset[rows]
        gradients, bend = [], np.zeros(0)
        for setting in nearby:
            above = dict(zip(layout.parameters, np.exp(setting), strict=True))
            lowers = dict(zip(layout.parameters, layout.lowers, strict=True))
            parameters = {name: np.asarray(above[name] + lowers[name]) for name in above}
            first, second = family.slopes(outcome, predictor, parameters, known)
            bend = bend if len(gradients) else np.asarray(second)
            own = family.parameter_slopes(outcome, predictor, parameters, known)
            by_parameter = [float(weights @ own[name]) * above[name] for name in above]
            gradients.append(np.concatenate([(weights * first) @ block, by_parameter]))
        curved = block * (weights * bend)[:, None]
        return np.array(gradients), np.asarray(curved.T @ block)

    def _nearby(self, logarithms: np.ndarray) -> np.ndarray:
        """The parameters' logarithms, and these with one after the other a step up, then down."""
        steps = STEP * np.eye(len(logarithms))
        return np.vstack([logarithms, logarithms + steps, logarithms - steps])

    def _parameters(self, values: Values) -> dict[str, np.ndarray]:
        names = self.signature.layout.parameters
        return {name: np.asarray(values.parameters[:, k, None]) for k, name in enumerate(names)}

    def _known(self, rows: slice) -> Known:
        trials, error = self.evidence.trials, self.evidence.standard_error
        return Known(
            None if trials is None else trials[rows], None if error is None else error[rows]
        )

    @property
    def _sums_density(self) -> bool:
        """Continuous outcomes hardly repeat, and their constants cost next to nothing."""
        return not self.signature.family.discrete

    @cached_property
    def _outcomes(self) -> tuple[np.ndarray, Known, np.ndarray]:
        """The distinct outcomes, with their trials, and the sum of the weights of each.

        All of them, where outcomes hardly repeat.
        """
        outcome, trials = np.asarray(self.evidence.response), self.evidence.trials
        weights = np.asarray(self.evidence.weights)
        given = [outcome] if trials is None else [outcome, np.asarray(trials)]
        found = distinct_rows(given)
        if found is None:
            return outcome, Known(trials), weights
        chosen = None if trials is None else trials[found.first]
        return outcome[found.first], Known(chosen), found.sums(weights)
