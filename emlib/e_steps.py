"""E-steps: ways to choose q(z) for the model at hand. Each is a function (model, x) → q, array (N, K)."""

import numpy as np

from emlib import _validate as validate
from emlib.bound import log_posterior

__all__ = ["exact", "frozen", "hard", "shared", "tempered"]


def exact(model, x):
    """The exact E-step: q = p(z|x, θ), which makes the bound tight (W11). Array (N, K)."""
    own = getattr(model, "posterior", None)
    return own(x) if own is not None else np.exp(log_posterior(validate.log_joint(model.log_joint(x))))


def hard(model, x):
    """q is one-hot at the most probable z (the first of equals): the bound stays loose (W21). Array (N, K)."""
    log_joint = validate.log_joint(model.log_joint(x))
    return np.eye(log_joint.shape[1])[np.argmax(log_joint, axis=1)]


def tempered(beta):
    """An E-step with q ∝ p(z|x, θ)^β: exact at β = 1, uniform at β = 0, hard as β → ∞ (W21).

    It maximises β · E_q[log p(x, z|θ)] + H(q), which is the ELBO at β = 1 alone: that sum never falls; L may.

    Raises
    ------
    ValueError
        If beta is negative or not finite.
    """
    if not (np.isfinite(beta) and beta >= 0):
        raise ValueError(f"beta is {beta}; it must be finite and ≥ 0 (1 is the exact E-step; for β = ∞ use `hard`)")

    def tempered_e_step(model, x):
        log_p = log_posterior(validate.log_joint(model.log_joint(x)))
        return np.exp(log_posterior(np.multiply(beta, log_p, out=log_p.copy(), where=np.isfinite(log_p))))

    return tempered_e_step


def shared(model, x):
    """One q for all points: of these the one with the largest ELBO, q_k ∝ exp(mean_n log p(x_n, z=k|θ)) (W21).

    Array (N, K) with equal rows.

    Raises
    ------
    ValueError
        If every label is impossible for some point, so that no shared q has a finite ELBO.
    """
    log_joint = validate.log_joint(model.log_joint(x))
    mean = np.mean(log_joint, axis=0)
    if np.isneginf(mean).all():
        raise ValueError("every label is impossible for some point, so no q shared by all points has a finite ELBO; "
                         "use `exact`, or give the model wider support")
    return np.tile(np.exp(log_posterior(mean[None])), (len(log_joint), 1))


def frozen(q):
    """An E-step that leaves q as it is, whatever the model: only the M-step moves (W23)."""
    return lambda model, x: q
