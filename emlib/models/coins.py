"""Mixture of coins: each set of tosses comes from one of K coins, and nobody wrote down which."""

import math
from dataclasses import dataclass

import numpy as np

from emlib import _validate as validate
from emlib.models import _inputs as inputs
from emlib.models._mixture import Mixture
from emlib.models._seeds import kmeans_plus_plus
from emlib.models._statistics import CoinStatistics
from emlib.trace import Collapse

__all__ = ["CoinMixture"]

SMALLEST, LARGEST = np.finfo(float).tiny, 1 - np.finfo(float).epsneg    # the probabilities next to 0 and 1


@dataclass(frozen=True, eq=False, repr=False)
class CoinMixture(Mixture):
    """A mixture of K binomials: p(heads, z=k | tosses, θ) = π_k C(tosses, heads) ρ_k^heads (1 − ρ_k)^tails.

    Parameters
    ----------
    weights : array (K,)
        π, non-negative, summing to 1.
    probs : array (K,)
        ρ, each coin's probability of heads, in [0, 1].
    learn_weights : bool
        Whether the M-step moves the weights (True) or holds them, as Do and Batzoglou (2008) do (False).

    Raises
    ------
    ValueError
        If a parameter has the wrong shape or is not what its name says.

    Notes
    -----
    Data x are counts (N, 2): heads and tails of each set. The log-likelihood includes the binomial coefficient.
    """

    weights: np.ndarray
    probs: np.ndarray
    learn_weights: bool = True

    def __post_init__(self):
        weights, probs = inputs.weights(self.weights), np.array(inputs.real(self.probs, "probs"))
        if probs.shape != weights.shape:
            raise ValueError(f"probs has shape {probs.shape}; expected {weights.shape}: one a coin")
        if not ((probs >= 0) & (probs <= 1)).all():
            raise ValueError(f"probs must lie in [0, 1]; they are {probs}")
        for name, value in (("weights", weights), ("probs", probs)):
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __repr__(self):
        return f"CoinMixture(weights={self.weights.round(4).tolist()}, probs={self.probs.round(4).tolist()})"

    @property
    def n_parameters(self):
        """Free parameters: K probabilities, and K − 1 weights if they are learned."""
        k = len(self.weights)
        return k + (k - 1 if self.learn_weights else 0)

    def log_joint(self, x):
        """log p(x_n, z=k | θ) in nats, array (N, K), for x (N, 2) of heads and tails; −inf for the impossible.

        Raises
        ------
        ValueError
            If x is not an array (N, 2) of whole, non-negative numbers.
        """
        x = _check_counts(x)
        log_weights = np.log(self.weights, out=np.full(len(self.weights), -np.inf), where=self.weights > 0)
        out = np.empty((len(self.weights), len(x)))                # components first, as in every model
        for k, prob in enumerate(self.probs):
            out[k] = log_weights[k] + _x_log_y(x[:, 0], prob) + _x_log_y(x[:, 1], 1 - prob)
        return (out + _log_choose(x)).T

    def soft_counts(self, x, q):
        """Expected heads and tails of each coin, array (K, 2): the table of Do and Batzoglou's figure 1b."""
        x = _check_counts(x)
        return validate.q(q, (len(x), len(self.weights))).T @ x

    def m_step(self, x, q, sample_weight=None):
        """The model that maximises E_q[log p(x, z|θ)] over θ (W14): heads ÷ tosses, counted softly.

        Raises
        ------
        Collapse
            If a coin has no tosses, so that its probability is undefined.
        ValueError
            If an argument has the wrong form.
        """
        return self.from_statistics(self.statistics(x, q, sample_weight))

    def statistics(self, x, q, sample_weight=None):
        """What `from_statistics` needs to know of x and q, as for `m_step`: sums, so that those of blocks add up."""
        x = _check_counts(x)
        w = validate.sample_weight(sample_weight, len(x))
        q = validate.q(q, (len(x), len(self.weights))) * w[:, None]
        return CoinStatistics(q.sum(axis=0), *(q.T @ x).T, np.count_nonzero(w))

    def from_statistics(self, S):
        """The M-step given sums: each coin's heads ÷ tosses, and its share of the sets if weights are learned.

        Raises
        ------
        Collapse
            If a coin has no tosses.
        """
        empty = S.heads + S.tails < np.finfo(float).tiny * S.n
        if empty.any():
            raise Collapse(f"component {int(np.argmax(empty))} is empty: no tosses are assigned to this coin, so its "
                           "probability is undefined. Take fewer coins, or restart from another place.")
        weights = S.sets / S.sets.sum() if self.learn_weights else self.weights
        # if q gives both sides positive weight keep ρ inside (0, 1): rounding to 0 or 1 would make the ELBO −∞
        lowest, highest = np.where(S.heads > 0, SMALLEST, 0), np.where(S.tails > 0, LARGEST, 1)
        return type(self)(weights, np.clip(S.heads / (S.heads + S.tails), lowest, highest), self.learn_weights)

    @classmethod
    def start(cls, x, K, rng, learn_weights=True):
        """A k-means++ start: coins like K sets of tosses with different shares of heads, equal weights.

        One head and one tail are added to each set, so that no coin starts as one that cannot land both ways.

        Raises
        ------
        ValueError
            If K is not an integer ≥ 1, or x has fewer than K different shares of heads.
        """
        x, k = _check_counts(x), validate.positive_integer(K, "K")
        share = (x[:, :1] + 1) / (x.sum(axis=1, keepdims=True) + 2)
        seeds, _ = kmeans_plus_plus(share, k, validate.rng(rng))
        return cls(np.full(k, 1 / k), share[seeds, 0], learn_weights)

    def restart(self, x, rng):
        """A `start` of the same K: where the next of many runs begins."""
        return self.start(x, len(self.weights), rng, self.learn_weights)

    def sample(self, n, rng, tosses=10):
        """Draw n sets of `tosses` tosses: x (n, 2) and the coins z (n,), with `rng` a numpy Generator or a seed."""
        n, tosses = validate.positive_integer(n, "n"), validate.positive_integer(tosses, "tosses")
        rng = validate.rng(rng)
        z = rng.choice(len(self.weights), size=n, p=self.weights)
        heads = rng.binomial(tosses, self.probs[z])
        return np.column_stack([heads, tosses - heads]), z


def _x_log_y(x, y):
    """x · log y for counts x (N,) and one y, with 0 · log 0 = 0."""
    return x * math.log(y) if y > 0 else np.where(x > 0, -np.inf, 0.0)


def _log_choose(x):
    """log C(heads + tails, heads), array (N,)."""
    counts, where = np.unique(np.concatenate([x.sum(axis=1), x[:, 0], x[:, 1]]), return_inverse=True)
    log_factorial = np.array([math.lgamma(n + 1) for n in counts])[where]
    tosses, heads, tails = log_factorial.reshape(3, -1)
    return tosses - heads - tails


def _check_counts(x):
    """x as a float array (N, 2) of whole numbers ≥ 0, or a ValueError that says what is wrong with it."""
    counts = inputs.real(x, "x")
    if counts.ndim != 2 or counts.shape[1] != 2 or not len(counts):
        raise ValueError(f"x has shape {counts.shape}; expected (N, 2): heads and tails of each set")
    if not ((counts >= 0) & (counts == np.floor(counts))).all():
        raise ValueError("x must hold whole numbers ≥ 0: heads and tails of each set")
    return counts
