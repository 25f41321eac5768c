"""Mixture of coins: each set of tosses comes from one of K coins, and nobody wrote down which."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from emlib import _validate as validate
from emlib.models._mixture import Mixture
from emlib.models._seeds import kmeans_plus_plus
from emlib.streaming.blocks import Blocks, rows_in_cache
from emlib.streaming.protocol import LinearPass, Table
from emlib.trace import Collapse

__all__ = ["CoinMixture"]

TABULATED = 4096            # up to so many tosses, log n! is looked up
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
        weights, probs = validate.weights(self.weights), np.array(validate.real(self.probs, "probs"))
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
        x = _check_counts(x)
        q = validate.q(q, (len(x), len(self.weights))) * validate.sample_weight(sample_weight, len(x))[:, None]
        return self.from_counts(q.sum(axis=0), *(q.T @ x).T, len(x))

    def from_counts(self, sets, heads, tails, n):
        """The M-step given how many sets, heads and tails each coin is thought to have made, arrays (K,), of n sets.

        Raises
        ------
        Collapse
            If a coin has no tosses.
        """
        empty = heads + tails < np.finfo(float).tiny * n
        if empty.any():
            raise Collapse(f"component {int(np.argmax(empty))} is empty: no tosses are assigned to this coin, so its "
                           "probability is undefined. Take fewer coins, or restart from another place.")
        weights = sets / sets.sum() if self.learn_weights else self.weights
        # a coin that q has seen land both ways, however rarely, must not round to one that cannot: ELBO would be −∞
        lowest, highest = np.where(heads > 0, SMALLEST, 0), np.where(tails > 0, LARGEST, 1)
        return CoinMixture(weights, np.clip(heads / (heads + tails), lowest, highest), self.learn_weights)

    def blocks(self, x, sample_weight=None):
        """x as checked blocks that fit the cache, for the fast road of `fit`: see `emlib.streaming`."""
        return Blocks(x, sample_weight, _check_counts, rows_in_cache(len(self.weights), 4))

    def first_pass(self, blocks):
        """A pass of EM over blocks at this model."""
        return CoinPass(self, blocks.n, Table(4, blocks))

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


class CoinPass(LinearPass):
    """log_joint = η·T(x), T = (1, heads, tails, log C): counts, of which nothing cancels. See `emlib.streaming`."""

    def __init__(self, model, n, table):
        # a log of 0 is not for matrix products, in which it meets 0 tosses: then `log_joint` is that of the model
        self.possible = bool(model.weights.all() and (model.probs > 0).all() and (model.probs < 1).all())
        eta = np.ones((len(model.weights), 4))
        if self.possible:
            eta[:, :3] = np.log([model.weights, model.probs, 1 - model.probs]).T
        super().__init__(eta, 0.0)
        self.model, self.n, self.table = model, n, table

    def read(self, rows):
        return self.table.of(rows, _statistics)

    def log_joint(self, block, out):
        if self.possible:
            super().log_joint(block, out)
        else:
            out[:] = self.model.log_joint(block[1:3].T).T

    def m_step(self):
        sets, heads, tails, _ = self.sums.T
        return CoinPass(self.model.from_counts(sets, heads, tails, self.n), self.n, self.table)


def _statistics(rows, out):
    """T(x) = (1, heads, tails, log C) of a block (B, 2) into out (4, B)."""
    out[0], out[1:3], out[3] = 1, rows.T, _log_choose(rows)


def _x_log_y(x, y):
    """x · log y for counts x (N,) and one y, with 0 · log 0 = 0."""
    return x * math.log(y) if y > 0 else np.where(x > 0, -np.inf, 0.0)


def _log_choose(x):
    """log C(heads + tails, heads), array (N,)."""
    counts = np.concatenate([x.sum(axis=1), x[:, 0], x[:, 1]])
    if counts.max() <= TABULATED:
        log_factorial = _log_factorials(TABULATED)[counts.astype(int)]
    else:
        values, where = np.unique(counts, return_inverse=True)
        log_factorial = np.array([math.lgamma(v + 1) for v in values])[where]
    tosses, heads, tails = log_factorial.reshape(3, -1)
    return tosses - heads - tails


@lru_cache(maxsize=1)
def _log_factorials(n):
    """log 0!, log 1!, …, log n!"""
    return np.array([math.lgamma(v + 1) for v in range(n + 1)])


def _check_counts(x):
    """x as a float array (N, 2) of whole numbers ≥ 0, or a ValueError that says what is wrong with it."""
    counts = validate.real(x, "x")
    if counts.ndim != 2 or counts.shape[1] != 2 or not len(counts):
        raise ValueError(f"x has shape {counts.shape}; expected (N, 2): heads and tails of each set")
    if not ((counts >= 0) & (counts == np.floor(counts))).all():
        raise ValueError("x must hold whole numbers ≥ 0: heads and tails of each set")
    return counts
