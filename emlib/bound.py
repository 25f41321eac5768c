"""The identity  log p(x|θ) = ELBO(q, θ) + KL(q ‖ p(z|x, θ)),  exactly, for any q and whatever z is (W8).

Each of the three numbers has a formula of its own, so that a mistake in one of them shows in ``Bound.residual``.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from emlib import _validate as validate

__all__ = ["Bound", "Split", "bayes", "bound", "evaluate", "expect", "has_labels", "identity", "log_posterior"]


class Split(NamedTuple):
    """The identity for each point: five arrays of shape (N,), in nats."""

    log_lik: np.ndarray
    elbo: np.ndarray
    kl: np.ndarray
    expected_log_joint: np.ndarray
    entropy: np.ndarray


@dataclass(frozen=True, eq=False)
class Bound:
    """Both sides of the identity, summed over the points, in nats. Σ_z is an integral where z is continuous.

    Attributes
    ----------
    log_lik : float
        log p(x|θ) = Σ_n log Σ_z p(x_n, z|θ)  (W15).
    elbo, kl : float
        L(q, θ) = Σ_n Σ_z q_n(z) log [p(x_n, z|θ) / q_n(z)] and KL(q ‖ p(z|x,θ)) = Σ_n Σ_z q_n(z) log [q_n(z) /
        p(z|x_n,θ)]  (W7); −∞ and +∞ where q puts mass on the impossible.
    expected_log_joint, entropy : float
        E_q[log p(x, z|θ)], which the M-step maximises (W13), and H(q) = −Σ q log q: together the ELBO.
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


def identity(model, x, q, sample_weight=None):
    """Split the log-likelihood of a model into ELBO and KL, for any q of the model's own kind (W6–W9).

    Parameters
    ----------
    model : object
        With ``log_joint(x)`` → (N, K) where z is one of K labels; else with ``log_liks(x)`` → (N,),
        ``expected_log_joint(x, q)`` → (N,) and ``posterior(x)`` → a posterior object, three methods that know nothing
        of each other. N counts the independent pieces of x: points, rows with holes, sequences.
    x : array or list
        Data, as the model takes them.
    q : array (N, K) or posterior object
        Any distribution over z for each piece (see `emlib.posteriors`). Rows of an array that miss 1 by rounding, up
        to 1e-6, are divided by their sum.
    sample_weight : array (N,), optional
        How often each piece counts; 1 when left out.

    Returns
    -------
    Bound

    Raises
    ------
    ValueError
        If the model lacks a method, q is no distribution or of another kind than the posterior, or something is NaN.

    Notes
    -----
    Neal and Hinton (1998), eq. 5–7. 0·log 0 = 0.
    """
    at = evaluate(model, x)
    return at.bound(at.checked(q), at.weights(sample_weight))


def bound(log_joint, q, sample_weight=None):
    """`identity` where z is one of K labels, for log p(x_n, z=k|θ) in nats, array (N, K), and any q, array (N, K).

    log_joint is −inf where the pair is impossible; NaN, +inf, or a row that is all −inf is a ValueError.
    """
    at = Labels(log_joint)
    return at.bound(at.checked(q), at.weights(sample_weight))


def log_posterior(log_joint):
    """log p(z=k|x_n,θ) from log p(x_n,z=k|θ), array (N, K): Bayes' rule in log space (W3).

    Normalised by its own sum of exponentials, not by the log-likelihood: a mistake in either shows in the identity.
    """
    centred = log_joint - np.max(log_joint, axis=1, keepdims=True)
    return centred - np.log(np.sum(np.exp(centred), axis=1, keepdims=True))


def bayes(model, x):
    """p(z=k|x_n,θ) by Bayes' rule on the model's log_joint, array (N, K), rows summing to 1 (W3, W11)."""
    return np.exp(evaluate(model, x).log_posterior)


def has_labels(model):
    """Whether z is one of K labels: the model has ``log_joint(x)`` → (N, K), and q is an array of that shape."""
    return callable(getattr(model, "log_joint", None))


def evaluate(model, x):
    """The model at x: what the identity and the E-steps need, each computed and checked once."""
    validate.unmasked(x, "x")
    return Labels(model.log_joint(x), model, x) if has_labels(model) else At(model, x)


class At:
    """A model at one θ and one x, with ``log_liks`` (N,). Whatever z is: q is a posterior object."""

    def __init__(self, model, x):
        needs = ("log_liks(x)", "expected_log_joint(x, q)", "posterior(x)")
        missing = [need for need in needs if not callable(getattr(model, need.partition("(")[0], None))]
        if missing:
            raise ValueError(f"{type(model).__name__} has no {' and no '.join(missing)}. A model needs log_joint(x) "
                             f"where z is one of K labels; where z is anything else, {', '.join(needs)}")
        self.model, self.x, self.log_liks = model, x, validate.per_piece(model.log_liks(x), "log_liks(x)")
        if np.isneginf(self.log_liks).any():
            raise ValueError(f"log_liks(x) is −inf at {int(np.argmin(self.log_liks))}: this piece of x has probability "
                             "0, so no posterior; check it, or give the model wider support")

    @cached_property
    def posterior(self):
        p = self.model.posterior(self.x)                                # W11
        lacks = [need for need in ("entropy", "kl", "near", "__getitem__", "__len__") if not hasattr(p, need)]
        if lacks:
            raise ValueError(f"{type(self.model).__name__}.posterior(x) is a {type(p).__name__}, which has no "
                             f"{', no '.join(lacks)}; return an object such as emlib.posteriors.Gaussians")
        return p

    def weights(self, sample_weight):
        """How often each piece counts, array (N,)."""
        return validate.sample_weight(sample_weight, len(self.log_liks))

    def checked(self, q):
        """q, if it can stand for this model; else a ValueError."""
        if not isinstance(q, type(self.posterior)):
            raise ValueError(f"q is a {type(q).__name__}; {type(self.model).__name__}.posterior(x) is a "
                             f"{type(self.posterior).__name__}, and q must be of the same kind")
        if len(q) != len(self.log_liks):
            raise ValueError(f"q has {len(q)} distributions; x has {len(self.log_liks)} independent pieces")
        return q

    def bound(self, q, weights):
        """The identity, once both are checked."""
        points = self.split(q)
        return Bound(*(float(expect(weights, value, axis=None)) for value in points), per_point=points)

    def split(self, q):
        n = len(self.log_liks)
        expected = validate.per_piece(self.model.expected_log_joint(self.x, q), "expected_log_joint(x, q)", n)
        entropy = validate.per_piece(q.entropy(), "q.entropy()", n)
        kl = validate.per_piece(q.kl(self.posterior), "q.kl(posterior)", n)
        return Split(self.log_liks, expected + entropy, kl, expected, entropy)                  # W6–W9


class Labels(At):
    """Where z is one of K labels everything follows from log_joint (N, K), and q is such an array."""

    def __init__(self, log_joint, model=None, x=None):
        self.log_joint, self.model, self.x = validate.log_joint(log_joint), model, x

    @cached_property
    def log_liks(self):
        return np.logaddexp.reduce(self.log_joint, axis=1)              # W15

    @cached_property
    def log_posterior(self):
        return log_posterior(self.log_joint)

    @property
    def posterior(self):
        """The model's own posterior(x) where it has one, else Bayes' rule (W11); array (N, K)."""
        own = getattr(self.model, "posterior", None)
        is_bayes = own is None or getattr(own, "__func__", None) is bayes       # then log_joint need not be asked again
        return np.exp(self.log_posterior) if is_bayes else own(self.x)

    def checked(self, q):
        if hasattr(q, "kl"):
            raise ValueError(f"q is a {type(q).__name__}; this model has log_joint, so give an array (N, K)")
        return validate.q(q, self.log_joint.shape)

    def split(self, q):
        log_q = np.log(q, out=np.zeros_like(q), where=q > 0)
        return Split(self.log_liks,
                     expect(q, self.log_joint - log_q),                 # W7, first term
                     expect(q, log_q - self.log_posterior),             # W7, second term, its sign inside
                     expect(q, self.log_joint), -np.sum(q * log_q, axis=1))


def expect(q, value, axis=1):
    """Σ q · value over an axis, or over all of them for None, with 0 · (±inf) = 0."""
    return np.sum(np.multiply(q, value, out=np.zeros_like(q), where=q > 0), axis=axis)
