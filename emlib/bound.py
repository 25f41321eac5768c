"""The identity  log p(x|θ) = ELBO(q, θ) + KL(q ‖ p(z|x, θ)),  exactly, for any q (W8).

Each of the three numbers is computed by a formula of its own, so that their agreement means something:
a mistake in one of them shows in ``Bound.residual``.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from emlib import _validate as validate

__all__ = ["Bound", "Split", "bound", "log_posterior"]


class Split(NamedTuple):
    """The identity for each point: five arrays of shape (N,), in nats."""

    log_lik: np.ndarray
    elbo: np.ndarray
    kl: np.ndarray
    expected_log_joint: np.ndarray
    entropy: np.ndarray


@dataclass(frozen=True, eq=False)
class Bound:
    """Both sides of the identity, summed over the points, in nats.

    Attributes
    ----------
    log_lik : float
        log p(x|θ) = Σ_n log Σ_k p(x_n, z=k|θ)  (W15).
    elbo : float
        L(q, θ) = Σ_n Σ_k q_nk log [p(x_n, z=k|θ) / q_nk]  (W7). −inf where q puts mass on the impossible.
    kl : float
        KL(q ‖ p(z|x,θ)) = Σ_n Σ_k q_nk log [q_nk / p(z=k|x_n,θ)]  (W7). +inf where q puts mass on the impossible.
    expected_log_joint : float
        E_q[log p(x, z|θ)], which the M-step maximises (W13).
    entropy : float
        H(q) = −Σ q log q, so that elbo = expected_log_joint + entropy.
    per_point : Split
        The same five numbers for each point, each an array (N,), before any sample weight.
    """

    log_lik: float
    elbo: float
    kl: float
    expected_log_joint: float
    entropy: float
    per_point: Split = field(repr=False)

    @property
    def residual(self):
        """log_lik − (elbo + kl): rounding, when all is well; not zero by construction.

        Where kl = ∞ and elbo = −∞ their sum says nothing. Such points are left out of the residual.
        """
        if np.isfinite(self.elbo):
            return self.log_lik - (self.elbo + self.kl)
        p = self.per_point
        finite = np.isfinite(p.elbo)
        return float(np.sum(p.log_lik[finite] - (p.elbo[finite] + p.kl[finite])))


def bound(log_joint, q, sample_weight=None):
    """Split the log-likelihood into ELBO and KL for any q.

    Parameters
    ----------
    log_joint : array (N, K)
        log p(x_n, z=k | θ) in nats; −inf where the pair is impossible.
    q : array (N, K)
        A distribution over z for each point: non-negative, rows summing to 1. Rows that miss 1 by rounding
        (up to 1e-6, as in float32) are divided by their sum.
    sample_weight : array (N,), optional
        How often each point counts; 1 when left out.

    Returns
    -------
    Bound

    Raises
    ------
    ValueError
        If the shapes differ, q is not a distribution, or log_joint has NaN, +inf, or a row that is all −inf.

    Notes
    -----
    W6–W9; Neal and Hinton (1998), eq. 5–7. 0·log 0 = 0.
    """
    log_joint = validate.log_joint(log_joint)
    q = validate.q(q, log_joint.shape)
    log_q = np.log(q, out=np.zeros_like(q), where=q > 0)

    entropy = -np.sum(q * log_q, axis=1)
    expected_log_joint = _expect(q, log_joint)
    log_lik = np.logaddexp.reduce(log_joint, axis=1)                   # W15
    elbo = _expect(q, log_joint - log_q)                               # W7, first term
    kl = _expect(q, log_q - log_posterior(log_joint))                  # W7, second term, its sign inside
    points = Split(log_lik, elbo, kl, expected_log_joint, entropy)
    w = validate.sample_weight(sample_weight, len(q))
    return Bound(*(float(_expect(w[None], v[None])[0]) for v in points), per_point=points)


def log_posterior(log_joint):
    """log p(z=k|x_n,θ) from log p(x_n,z=k|θ), array (N, K): Bayes' rule in log space (W3).

    Normalised by its own sum of exponentials, not by the log-likelihood of `bound`,
    so that a mistake in either shows in the identity.
    """
    centred = log_joint - np.max(log_joint, axis=1, keepdims=True)
    return centred - np.log(np.sum(np.exp(centred), axis=1, keepdims=True))


def _expect(q, value):
    """Σ_k q_nk · value_nk for each n, with 0 · (±inf) = 0; array (N,)."""
    return np.sum(np.multiply(q, value, out=np.zeros_like(q), where=q > 0), axis=1)
