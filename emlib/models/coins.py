"""Mixture of coins: each set of tosses comes from one of K coins, and nobody wrote down which."""

import math
from dataclasses import dataclass

import numpy as np

from emlib import _validate as validate
from emlib.models import _inputs as inputs
from emlib.models._mixture import Mixture, made
from emlib.models._seeds import kmeans_plus_plus
from emlib.models._statistics import CoinStatistics
from emlib.trace import Collapse

__all__ = ["CoinMixture"]

SMALLEST, LARGEST = np.finfo(float).tiny, 1 - np.finfo(float).epsneg    # the probabilities next to 0 and 1
MANY = 2.0**53              # tosses of a side: up to here every whole number is a double
FIRST = np.array([0.0] + [math.log(math.factorial(n) / n**n) + n for n in range(1, 16)])    # `_rest` of 0 … 15


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

    ``numpy.savez(file, **dataclasses.asdict(model))`` saves a model, and ``CoinMixture(**numpy.load(file))`` is that
    model again, bit by bit. pickle and copy keep every bit too.
    """

    weights: np.ndarray
    probs: np.ndarray
    learn_weights: bool = True
    _arrays = "weights", "probs"

    def __post_init__(self):
        weights, probs = inputs.weights(self.weights), inputs.parameter(self.probs, "probs") + 0.0     # −0 is 0
        if probs.shape != weights.shape:
            raise ValueError(f"probs has shape {probs.shape}; expected {weights.shape}: one a coin")
        if not ((probs >= 0) & (probs <= 1)).all():
            raise ValueError(f"probs must lie in [0, 1]; they are {probs}")
        self._keep(weights=weights, probs=probs)
        object.__setattr__(self, "learn_weights", inputs.flag(self.learn_weights, "learn_weights"))

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

        Notes
        -----
        With many tosses n, log C(n, heads) and heads · log ρ + tails · log(1 − ρ) are −n H and n H and cancel. So the
        large terms are left out of both: log C is taken less n H(heads/n), and the rest is −n KL(heads/n ‖ ρ), each
        side from its distance to what was expected, n ρ (Loader, 2000). Off by a few 1e-16 of that distance in nats.
        """
        heads, tails = np.ascontiguousarray(_check_counts(x).T)
        tosses = heads + tails
        log_weights = np.log(self.weights, out=np.full(len(self.weights), -np.inf), where=self.weights > 0)
        out = np.empty((len(self.weights), len(tosses)))           # components first, as in every model
        with np.errstate(all="ignore"):                            # no toss of a side: 0 · log 0, which is not read
            for k, prob in enumerate(self.probs):
                out[k] = log_weights[k] - (_apart(heads, tosses, prob) + _apart(tails, tosses, 1 - prob))
        rest = _rest(np.array([tosses, heads, tails]))
        return (out + (rest[0] - rest[1] - rest[2])).T

    def soft_counts(self, x, q, sample_weight=None):
        """Expected heads and tails of each coin, array (K, 2): the table of Do and Batzoglou's figure 1b."""
        S = self.statistics(x, q, sample_weight)
        return np.column_stack([S.heads, S.tails])

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
        inputs.statistics(S, CoinStatistics, sets=self.weights.shape, heads=self.probs.shape, tails=self.probs.shape)
        empty = S.heads + S.tails < np.finfo(float).tiny * S.n
        if empty.any():
            raise Collapse(f"component {int(np.argmax(empty))} is empty: no tosses are assigned to this coin, so its "
                           "probability is undefined. Take fewer coins, or restart from another place.")
        weights = S.sets / S.sets.sum() if self.learn_weights else self.weights
        # if q gives both sides positive weight keep ρ inside (0, 1): rounding to 0 or 1 would make the ELBO −∞
        lowest, highest = np.where(S.heads > 0, SMALLEST, 0), np.where(S.tails > 0, LARGEST, 1)
        return self._with(weights=weights, probs=np.clip(S.heads / (S.heads + S.tails), lowest, highest))

    @classmethod
    def start(cls, x, K, rng, learn_weights=True, sample_weight=None):
        """A k-means++ start: coins like K sets of tosses with different shares of heads, equal weights.

        One head and one tail are added to each set, so that no coin starts as one that cannot land both ways. A set of
        weight 0 is never chosen.

        Raises
        ------
        ValueError
            If K is not an integer ≥ 1, or x has fewer than K different shares of heads.
        """
        k, (x, w) = validate.positive_integer(K, "K"), inputs.counted(_check_counts(x), sample_weight)
        share = (x[:, :1] + 1) / (x.sum(axis=1, keepdims=True) + 2)
        seeds, _ = kmeans_plus_plus(share, k, validate.rng(rng), w)
        return made(cls, {"weights": np.full(k, 1 / k), "probs": share[seeds, 0], "learn_weights": learn_weights})

    def restart(self, x, rng, sample_weight=None):
        """A `start` of the same K: where the next of many runs begins."""
        found = self._started(x, len(self.weights), rng, self.learn_weights, sample_weight)
        return self._with(weights=found.weights, probs=found.probs)

    def sample(self, n, rng, tosses=10):
        """Draw n sets of `tosses` tosses: x (n, 2) and the coins z (n,), with `rng` a numpy Generator or a seed."""
        n, tosses = validate.positive_integer(n, "n"), validate.positive_integer(tosses, "tosses")
        if tosses > MANY:
            raise ValueError(f"tosses is {tosses}; above 2⁵³ = 9.01e15 not every number of heads is a double")
        rng = validate.rng(rng)
        z = rng.choice(len(self.weights), size=n, p=self.weights)
        heads = rng.binomial(tosses, self.probs[z])
        return np.column_stack([heads, tosses - heads]), z


def _apart(x, tosses, prob):
    """x log (x / expected) + expected − x ≥ 0 in nats, array (N,), where tosses · prob were expected.

    0 · log 0 = 0; ∞ for a coin that landed as it never lands.
    """
    expected = tosses * prob
    apart = x - expected
    if prob > 1e-200:
        log = np.log1p(apart / expected)
    else:                                                          # that ratio may overflow; no digits to lose here
        log = np.log(x / tosses) - np.log(prob)
    return np.multiply(x, log, out=np.zeros(len(x)), where=x > 0) - apart


def _rest(n):
    """log n! − (n log n − n) for counts n: ½ log 2πn and a series (Stirling), to the last digit or two."""
    small = n < len(FIRST)
    m = np.where(small, len(FIRST), n)
    s = 1 / (m * m)
    series = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / m
    return np.where(small, FIRST[np.where(small, n, 0).astype(int)], 0.5 * np.log(2 * np.pi * m) + series)


def _check_counts(x):
    """x as a float array (N, 2) of whole numbers ≥ 0, or a ValueError that says what is wrong with it."""
    counts = inputs.real(x, "x")
    if counts.ndim != 2 or counts.shape[1] != 2 or not len(counts):
        raise ValueError(f"x has shape {counts.shape}; expected (N, 2): heads and tails of each set")
    if not ((counts >= 0) & (counts == np.floor(counts))).all():
        raise ValueError("x must hold whole numbers ≥ 0: heads and tails of each set")
    if counts.max() > MANY:
        raise ValueError(f"x holds {counts.max():.3g}; above 2⁵³ = 9.01e15 not every whole number is a double: count "
                         "shorter sets")
    return counts
