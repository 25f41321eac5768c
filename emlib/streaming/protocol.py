"""The fast road of ``fit(keep="last")``: each iteration one pass over blocks of points, of which nothing is kept.

Every mixture here is an exponential family: log p(x, z=k|θ) = η_k(θ)·T(x). Then E and M together are

    a = η T(x)      r = exp(a) / Σ_k exp(a)      S = r T(x)ᵀ      θ' = the maximum of E_q[log p] given S

two matrix products around one exp, with components along the first axis so that every sum over points runs
along memory. What is held at any time is one block: its T, its r and the sums. A model joins in with two methods:

``blocks(x, sample_weight)``
    The data as `emlib.streaming.Blocks`, checked.
``first_pass(blocks)``
    A *pass* at this model: an object that evaluates its θ and collects the statistics of the next, with
    ``model``                       this θ as a public model
    ``peak``                        a bound on log p(x, z=k|θ): what `log_joint` leaves out, so that no exp overflows
    ``read(rows)``                  what the pass needs to know of a block, components or columns first
    ``log_joint(block, out)``       log p(x_n, z=k|θ) − peak into out (K, B)
    ``add(r, block)``               collect the statistics; r (K, B) are responsibilities times sample weights
    ``m_step()``                    the pass at the next θ, or None if digits would be lost; raises `Collapse`
    ``careful()``                   after a None: a slower pass at the same θ that loses fewer

Each pass object is swept once.
"""

import itertools

import numpy as np

from emlib import _validate as validate
from emlib.trace import State

__all__ = ["LinearPass", "Table", "offered_by", "states"]

SMALLEST = 1e-280           # of Σ_k exp(a): below, single terms underflow and the block is shifted point by point


def offered_by(model):
    """Whether the model offers passes, and its log_joint, m_step and posterior are still those that they stand for."""
    kind = type(model)
    owner = next((c for c in kind.__mro__ if "first_pass" in vars(c)), None)
    return owner is not None and all(getattr(kind, name, None) is getattr(owner, name, None)
                                     for name in ("log_joint", "m_step", "posterior"))


def states(model, blocks):
    """Generate the states of EM without end: at the start, after 1 iteration, after 2, …

    Yields
    ------
    State
        Its log-likelihood is that of `em` to rounding; ``at.model`` makes the model on demand.

    Raises
    ------
    Collapse
        From the M-step.
    ValueError
        If a point has probability 0 under the model, or a reader changes between passes.
    """
    now = model.first_pass(blocks)
    sweep = _Sweep(len(model.weights), blocks)
    for t in itertools.count():
        log_lik, size = sweep(now)
        yield State(t, now, log_lik, log_lik, size)
        while (after := now.m_step()) is None:                      # this form would lose digits: again, with care
            now = now.careful()
            sweep(now)
        now = after


class _Sweep:
    """One pass over all blocks: log-likelihood and statistics, in buffers that are made once."""

    def __init__(self, k, blocks):
        self.blocks = blocks if blocks.n > blocks.widest else list(blocks)
        self.total = blocks.total
        self.ones, self.slack = np.ones(k), 2 * np.log(k)
        self.a, self.s = np.empty((k, blocks.widest)), np.empty((2, blocks.widest))
        self.n, self.buffers = 0, ()

    def __call__(self, now):
        """log p(x|θ) and a bound on Σ_n |log p(x_n|θ)|; the pass collects its statistics on the way."""
        relative = 0.0                                              # Σ_n w_n log p(x_n|θ) − peak
        for rows, weights in self.blocks:
            if len(rows) != self.n:
                self.n = n = len(rows)
                self.buffers = self.a[:, :n], self.s[0, :n], self.s[1, :n]
            a, s, log_s = self.buffers
            block = now.read(rows)
            now.log_joint(block, a)
            np.exp(a, out=a)                                        # at most 1: the peak is taken off
            np.matmul(self.ones, a, out=s)
            if np.minimum.reduce(s) > SMALLEST:
                np.log(s, out=log_s)
            else:
                self._far(now, block, rows, a, s, log_s)
            relative += float(np.add.reduce(log_s) if weights is None else weights @ log_s)
            np.divide(1.0 if weights is None else weights, s, out=s)
            np.multiply(a, s, out=a)                                # responsibilities (W11), as often as they count
            now.add(a, block)
        # log s ≤ log K, so that its absolute values sum to no more than this
        size = abs(relative) + self.total * (abs(now.peak) + self.slack)
        return relative + self.total * now.peak, size

    def _far(self, now, block, rows, a, s, log_s):
        """A block with points so far out that exp underflows: each is shifted by its own largest term."""
        now.log_joint(block, a)
        top = a.max(axis=0)
        if not np.isfinite(top).all():
            validate.log_joint(now.model.log_joint(rows))             # says which point is impossible, or which is NaN
        np.subtract(a, top, out=a)
        np.exp(a, out=a)
        np.matmul(self.ones, a, out=s)
        np.log(s, out=log_s)
        np.add(log_s, top, out=log_s)


class Table:
    """T(x) of the block at hand, array (P, B); computed once where one block is all the data."""

    def __init__(self, p, blocks):
        self._t = np.ones((p, blocks.widest))
        self._once, self._done = blocks.n <= blocks.widest, False

    def of(self, rows, fill):
        """`fill(rows, out)` writes T into out, where it finds ones, or what it wrote before."""
        if self._done:
            return self._t
        t = self._t[:, :len(rows)]
        fill(rows, t)
        self._done = self._once
        return t


class LinearPass:
    """A pass whose log_joint is η·T(x) and whose M-step knows no more than S = Σ_n r_n T(x_n)."""

    def __init__(self, eta, peak):
        self.eta, self.peak, self.sums = eta, peak, None

    def log_joint(self, block, out):
        np.matmul(self.eta, block, out=out)

    def add(self, r, block):
        sums = np.matmul(r, block.T)
        self.sums = sums if self.sums is None else np.add(self.sums, sums, out=self.sums)
