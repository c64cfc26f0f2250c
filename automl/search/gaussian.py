"""Regression by a Gaussian process, for samplers that calculate."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import ndtr

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

ITERATIONS = 30
BOUNDS = ((math.log(0.02), math.log(400.0)), (-3.0, 4.0), (math.log(1e-6), 0.0))
"""Of the logarithms of a length, the scale and the noise."""

STABLE = 1e-8
"""Added to the diagonal."""


class GaussianProcess:
    """A Matérn 5/2 kernel with a length for each input (Rasmussen and Williams 2006, chapters 2 and 4).

    Lengths, scale and noise are the most probable ones under the priors of Optuna's `GPSampler`.

    Args:
        inputs: (n, d), about 0 to 1.
        values: (n,)
    """

    def __init__(self, inputs: Matrix, values: Vector) -> None:
        self._inputs = inputs
        self._mean, self._deviation = float(values.mean()), float(values.std()) or 1.0
        self._values = (values - self._mean) / self._deviation
        columns = inputs.shape[1]
        found = minimize(
            self._loss,
            np.concatenate([np.zeros(columns), [0.0, -4.0]]),
            jac=True,
            method="L-BFGS-B",
            bounds=[BOUNDS[0]] * columns + list(BOUNDS[1:]),
            options={"maxiter": ITERATIONS},
        )
        lengths, self._scale, self._noise = _split(found.x)
        self._lengths = lengths
        self._solve()

    def predict(self, inputs: Matrix) -> tuple[Vector, Vector]:
        """Mean and standard deviation (m,) at inputs (m, d), without the noise."""
        kernel, _ = _kernel(inputs / self._lengths, self._inputs / self._lengths, self._scale)
        explained = solve_triangular(self._lower, kernel.T, lower=True, check_finite=False)
        deviation = np.sqrt(np.maximum(self._scale - (explained**2).sum(0), 1e-10))
        return self._mean + self._deviation * (kernel @ self._weights), self._deviation * deviation

    def believe(self, inputs: Matrix) -> None:
        """Takes inputs (m, d) as known with their predicted means, so that nothing near them is worth a try."""
        means, _ = self.predict(inputs)
        self._inputs = np.vstack([self._inputs, inputs])
        self._values = np.concatenate([self._values, (means - self._mean) / self._deviation])
        self._solve()

    def _solve(self) -> None:
        scaled = self._inputs / self._lengths
        kernel, _ = _kernel(scaled, scaled, self._scale)
        self._lower = cholesky(kernel + (self._noise + STABLE) * np.eye(len(kernel)), lower=True)
        self._weights = cho_solve((self._lower, True), self._values)

    def _loss(self, logarithms: Vector) -> tuple[float, Vector]:
        """Minus the log of likelihood times priors, and its gradient."""
        lengths, scale, noise = _split(logarithms)
        scaled = self._inputs / lengths
        kernel, slope = _kernel(scaled, scaled, scale)
        identity = np.eye(len(kernel))
        try:
            lower = cholesky(kernel + (noise + STABLE) * identity, lower=True, check_finite=False)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(logarithms)
        weights = cho_solve((lower, True), self._values, check_finite=False)
        outer = np.outer(weights, weights) - cho_solve((lower, True), identity, check_finite=False)
        pull = outer * slope
        by_length = pull.sum(1) @ scaled**2 - (scaled * (pull @ scaled)).sum(0)
        gradient = np.concatenate([by_length, [0.5 * (outer * kernel).sum(), 0.5 * noise * np.trace(outer)]])
        log = -0.5 * self._values @ weights - np.log(np.diag(lower)).sum()
        prior, by_prior = _prior(lengths, scale, noise)
        return -(log + prior), -(gradient + by_prior)


def log_improvement(means: Vector, deviations: Vector, best: float) -> Vector:
    """The logarithm of the expected improvement over `best` (Jones et al. 1998), also where it is tiny."""
    z = (means - best) / deviations
    log_density = -0.5 * z**2 - 0.5 * math.log(2 * math.pi)
    expected = np.exp(log_density) + z * ndtr(z)
    far = log_density - 2 * np.log(np.maximum(-z, 1.0))  # what it comes to for z far below 0
    log: Vector = np.log(deviations) + np.where(z > -6, np.log(np.maximum(expected, 1e-300)), far)
    return log


def _split(logarithms: Vector) -> tuple[Vector, float, float]:
    *lengths, scale, noise = np.exp(logarithms)
    return np.array(lengths), float(scale), float(noise)


def _kernel(one: Matrix, other: Matrix, scale: float) -> tuple[Matrix, Matrix]:
    """Covariances of scaled inputs, and what their derivatives by a log length have in common."""
    squared = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
    distance = np.sqrt(5 * np.maximum(squared, 0.0))
    falling = scale * np.exp(-distance)
    return (1 + distance + distance**2 / 3) * falling, 5 / 3 * (1 + distance) * falling


def _prior(lengths: Vector, scale: float, noise: float) -> tuple[float, Vector]:
    """Its logarithm, and the gradient by the logarithms."""
    inverse = lengths**-2.0
    log = -(0.1 / inverse + 0.1 * inverse).sum() + math.log(scale) - scale + 0.1 * math.log(noise) - 30 * noise
    return log, np.concatenate([2 * (0.1 * inverse - 0.1 / inverse), [1 - scale, 0.1 - 30 * noise]])
