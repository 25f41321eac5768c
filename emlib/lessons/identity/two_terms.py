"""Two logarithms over z and their difference: log p(x,z|θ) − log p(z|x,θ), as taught and as written (W1–W5)."""

from dataclasses import dataclass

import numpy as np

from emlib.bound import bound, log_posterior
from emlib.lessons.identity.model import log_normal

EDGE = 3.0                  # a number z is shown from −EDGE to EDGE
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(12)     # E over N(0, 1), exact for polynomials below degree 24

# view: its two terms, and what their difference is
VIEWS = {
    "taught": ("log p(x,z|θ)", "log p(z|x,θ)", "log p(x|θ)"),
    "written": ("log p(x,z|θ)", "log p(z|θ)", "log p(x|z,θ)"),
    "with_q": ("log [p(x,z|θ)/q(z)]", "log [p(z|x,θ)/q(z)]", "log p(x|θ)"),
}


@dataclass(frozen=True, eq=False)
class OverZ:
    """Two logarithms over z whose difference is to be looked at, at one z and averaged over q.

    Attributes
    ----------
    view : str
        "taught" (W3), "written" (W1: the x behind the bar is missing) or "with_q" (W4: both divided by q).
    z : array (M,)
        Where the terms are known: the labels' numbers 0 … K−1, or a grid.
    first, second : arrays (M,)
        The two terms, in nats.
    q : array (M,)
        q(z): probabilities of the labels, or a density on the grid.
    pick : float
        The z looked at.
    here, mean : (float, float)
        The two terms at that z, and averaged over q.
    log_lik : float
        log p(x|θ) in nats, by a formula of its own.
    density : (float, float, float)
        p(x,z|θ), p(z|x,θ) at the z looked at, and p(x|θ): the product rule (W2).
    spread : (float, float) or None
        Mean and standard deviation of a normal q; None for labels.
    """

    view: str
    z: np.ndarray
    first: np.ndarray
    second: np.ndarray
    q: np.ndarray
    pick: float
    here: tuple
    mean: tuple
    log_lik: float
    density: tuple
    spread: tuple | None = None

    @classmethod
    def of_labels(cls, log_joint, log_prior, q, pick=0, view="taught"):
        """For one of K labels: log p(x,z=k|θ), log p(z=k|θ) and q, arrays (K,), and the label looked at."""
        log_joint, log_prior, q = (np.asarray(v, dtype=float) for v in (log_joint, log_prior, q))
        log_q = np.log(q, out=np.full(len(q), -np.inf), where=q > 0)
        posterior = log_posterior(log_joint[None])[0]
        first, second = _terms(view, log_joint, posterior, log_prior, log_q)
        mean = tuple(float(np.sum(q[q > 0] * term[q > 0])) for term in (first, second))
        log_lik = bound(log_joint[None], q[None]).log_lik
        density = tuple(np.exp([log_joint[pick], posterior[pick], log_lik]).tolist())
        return cls(view, np.arange(len(q)), first, second, q, pick, (float(first[pick]), float(second[pick])), mean,
                   log_lik, density)

    @classmethod
    def of_number(cls, model, x, spread, pick=0.0, view="taught", z=None):
        """For a number z: a `LinearGaussian`, one x, mean and standard deviation of a normal q, and the z looked at."""
        z, (mean, sd) = np.linspace(-EDGE, EDGE, 121) if z is None else z, spread

        def terms(z):
            return _terms(view, model.log_joint(x, z), model.log_posterior(x, z), model.log_prior(z),
                          log_normal(z, mean, sd))

        at_nodes = (term @ WEIGHTS / WEIGHTS.sum() for term in terms(mean + sd * NODES))
        log_lik = float(model.log_lik(x))
        density = tuple(np.exp([model.log_joint(x, pick), model.log_posterior(x, pick), log_lik]).tolist())
        return cls(view, z, *terms(z), np.exp(log_normal(z, mean, sd)), pick, tuple(map(float, terms(pick))),
                   tuple(map(float, at_nodes)), log_lik, density, (mean, sd))

    @property
    def difference(self):
        """First term minus second, array (M,), in nats; NaN where q = 0 has been divided by."""
        both = np.isfinite(self.first) & np.isfinite(self.second)
        return np.subtract(self.first, self.second, out=np.full(len(self.z), np.nan), where=both)

    @property
    def residual(self):
        """The largest distance of the difference from log p(x|θ): over z, at the z looked at, and averaged over q."""
        values = [*self.difference, minus(*self.here), minus(*self.mean)]
        return float(np.nanmax(np.abs(np.array(values) - self.log_lik)))

    @property
    def same(self):
        """Whether the difference is log p(x|θ) everywhere, up to rounding."""
        return self.residual < 1e-10


def minus(first, second):
    """first − second, NaN where one of them is infinite."""
    return first - second if np.isfinite(first) and np.isfinite(second) else np.nan


def _terms(view, log_joint, log_posterior, log_prior, log_q):
    """The two terms of a view (see `VIEWS`), arrays of one shape."""
    if view not in VIEWS:
        raise ValueError(f"view is {view!r}; use one of {', '.join(map(repr, VIEWS))}")
    if view == "written":
        return log_joint, log_prior
    return (log_joint - log_q, log_posterior - log_q) if view == "with_q" else (log_joint, log_posterior)
