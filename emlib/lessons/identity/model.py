"""The smallest model whose z is a number, not a label: x = z + noise. Every density in closed form."""

import math
from dataclasses import dataclass

import numpy as np

__all__ = ["LinearGaussian", "log_normal"]


@dataclass(frozen=True)
class LinearGaussian:
    """z ~ N(0, 1), x = z + ε with ε ~ N(0, noise²).

    Parameters
    ----------
    noise : float
        σ, the standard deviation of the noise; θ of this model.

    Raises
    ------
    ValueError
        If noise is not a finite number above 0.

    Notes
    -----
    Bishop (2006), section 2.3.3. Arguments x and z are numbers or arrays; all results are in nats.
    """

    noise: float = 1.0

    def __post_init__(self):
        if not (math.isfinite(self.noise) and self.noise > 0):
            raise ValueError(f"noise is {self.noise!r}; it must be a finite number > 0: the sd of x given z")

    def log_prior(self, z):
        """log p(z)."""
        return log_normal(z, 0.0, 1.0)

    def log_joint(self, x, z):
        """log p(x, z|θ) = log p(z) + log p(x|z, θ)."""
        return self.log_prior(z) + log_normal(x, z, self.noise)

    def log_posterior(self, x, z):
        """log p(z|x, θ): a normal whose precision is 1 + 1/σ², and whose mean is x shrunk towards 0."""
        mean, sd = self.posterior(x)
        return log_normal(z, mean, sd)

    def posterior(self, x):
        """Mean and standard deviation of p(z|x, θ)."""
        shrink = 1 / (1 + self.noise**2)
        return shrink * x, math.sqrt(shrink) * self.noise

    def log_lik(self, x):
        """log p(x|θ): z integrated out, x ~ N(0, 1 + σ²)."""
        return log_normal(x, 0.0, math.sqrt(1 + self.noise**2))


def log_normal(x, mean, sd):
    """log N(x; mean, sd²) in nats, for numbers or arrays that broadcast."""
    return -0.5 * np.square((x - mean) / sd) - np.log(sd) - 0.5 * math.log(2 * math.pi)
