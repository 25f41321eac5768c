"""A mixture with one free parameter: small enough to draw its whole log-likelihood as a curve."""

from dataclasses import dataclass, replace

import numpy as np

from emlib import _validate as validate
from emlib.em import Collapse
from emlib.models import _inputs as inputs
from emlib.models._mixture import Mixture
from emlib.models.gaussian import GaussianMixture

__all__ = ["OneMean"]


@dataclass(frozen=True, eq=False)
class OneMean(Mixture):
    """A Gaussian mixture on the line in which θ is one mean, and everything else is held.

    Parameters
    ----------
    mixture : GaussianMixture
        With D = 1; its weights, variances and other means stay as they are.
    k : int
        Which mean is free, counted from 0.

    Raises
    ------
    ValueError
        If the mixture is not on the line, or k is not one of its components.
    """

    mixture: GaussianMixture
    k: int = 0

    def __post_init__(self):
        count, d = self.mixture.means.shape
        if d != 1:
            raise ValueError(f"mixture has D = {d}; one free number needs a mixture with D = 1")
        if self.k not in range(count):
            raise ValueError(f"k is {self.k!r}; the mixture has components 0 to {count - 1}")

    @property
    def held(self):
        """All but the free mean: what the M-step leaves alone on purpose."""
        others = ("mixture.means" + f"[{j}]" for j in range(len(self.mixture.weights)) if j != self.k)
        return ("mixture.weights", "mixture.covariances", *others)

    @property
    def theta(self):
        """θ, the free mean, in units of x."""
        return float(self.mixture.means[self.k, 0])

    @property
    def n_parameters(self):
        """One."""
        return 1

    def at(self, theta):
        """The model with another θ and all else the same."""
        means = np.array(self.mixture.means)
        means[self.k] = theta
        return replace(self, mixture=replace(self.mixture, means=means))

    def log_joint(self, x):
        """log p(x_n, z=k | θ) in nats, array (N, K), for x of shape (N, 1)."""
        return self.mixture.log_joint(x)

    def m_step(self, x, q, sample_weight=None):
        """The model at the θ that maximises E_q[log p(x, z|θ)] (W14): the mean of x weighted by q.

        Its terms with θ are −Σ_n q_nk (x_n − θ)²/(2σ_k²), a parabola: the maximum is exact, and σ_k drops out.

        Raises
        ------
        Collapse
            If no point has any responsibility for this component.
        """
        x = inputs.x(x, 1)
        w = validate.sample_weight(sample_weight, len(x))
        r = validate.q(q, (len(x), len(self.mixture.weights)))[:, self.k] * w
        if not r.sum() > 0:
            raise Collapse(f"component {self.k} is empty: no point has any responsibility for it, so its mean is "
                           "undefined. Start it nearer to the data.")
        return self.at(r @ x[:, 0] / r.sum())
