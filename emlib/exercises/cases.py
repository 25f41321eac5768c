"""Arguments that exercises try a function on, and what several lessons' exercises ask of a distribution.

Every lesson draws its cases from a generator with a seed of its own: they are the same for everybody, every time.
"""

import numpy as np

from emlib.bound import log_posterior
from emlib.exercises.form import show
from emlib.exercises.judge import Mistake

__all__ = ["decided", "distributions", "distributions_with_zeros", "far_log_joints", "log_joint", "log_joints",
           "no_negative_entry", "one_for_all_rows", "posterior", "rows_sum_to_one", "shares"]

SIZES = ((1, 2), (2, 2), (3, 2), (4, 3), (5, 4))        # N, K: the simple ones first


def log_joint(rng, n, k):
    """log p(x, z) of n points and k labels, array (n, k) in nats."""
    return rng.uniform(-4.0, -0.3, size=(n, k))


def log_joints(rng):
    """A log joint of each of `SIZES`."""
    return [log_joint(rng, n, k) for n, k in SIZES]


def far_log_joints(rng):
    """Tables on which exp gives 0 or overflows in double precision.

    All points far away; a table where exp overflows; a far point *beside* a near one, so that the largest entry of
    the whole table saves nothing; and one point whose own entries lie far apart, so that only the largest of a row
    may be taken out: not its mean, its smallest or its first.
    """
    return [log_joint(rng, 2, 3) - np.array([[1500.0], [900.0]]), log_joint(rng, 2, 2) + 800,
            log_joint(rng, 3, 2) - np.array([[0.0], [1000.0], [3.0]]),
            log_joint(rng, 2, 2) - np.array([[0.0, 1600.0], [1600.0, 0.0]])]


def distributions(rng, n, k):
    """Any q: n distributions over k labels, array (n, k)."""
    return rng.dirichlet(np.ones(k), size=n)


def distributions_with_zeros(rng, n, k):
    """Distributions that exclude some labels, array (n, k): for 0 · log 0 = 0."""
    q = np.where(rng.random((n, k)) < 0.4, 0.0, rng.random((n, k)))
    q[:, 0] += 0.1
    return q / q.sum(axis=1, keepdims=True)


def shares(rng, n, k):
    """Distributions in which each component is the largest for some point, so that hard counts are not 0 either."""
    return 0.45 * distributions(rng, n, k) + 0.55 * np.eye(k)[np.arange(n) % k]


def one_for_all_rows(with_taken_out):
    """The mistakes of taking out something else than each row's largest entry: a function of log_joint and of that."""
    return (
        Mistake("One maximum for all rows (or for a whole column) is not enough: a row near −1000 beside one near −1 "
                "still gives exp(−1000) = 0. Take each row's own: max(axis=1, keepdims=True).",
                lambda a: with_taken_out(a, a.max())),
        *(Mistake("Take out the largest entry of each row. With its mean, its smallest or its first one, exp still "
                  "overflows where the entries of a row lie far apart.",
                  lambda a, of=of: with_taken_out(a, of(a, axis=1, keepdims=True))) for of in (np.mean, np.min)))


def posterior(log_joint):
    """p(z|x) of each point, array (N, K): Bayes' rule in log space (W3)."""
    return np.exp(log_posterior(log_joint))


def decided(table):
    """1 for the largest entry of each row, 0 for the others: array (N, K)."""
    return np.eye(table.shape[1])[table.argmax(axis=1)]


def no_negative_entry(value, right, given):
    """A rule for an answer that is a distribution for each point: what is wrong with it, or None."""
    negative = (value < -1e-9).any(axis=1)
    if negative.any():
        n = int(np.argmax(negative))
        return f"q[{n}] = {show(value[n])} has a negative entry; probabilities are not negative. Is an exp missing?"
    return None


def rows_sum_to_one(value, right, given):
    """A rule for an answer that is a distribution for each point: what is wrong with it, or None."""
    total = value.sum(axis=1)
    n = int(np.argmax(np.abs(total - 1)))
    if abs(total[n] - 1) > 1e-6:
        return (f"row {n} of your q sums to {total[n]:.3g}; a distribution sums to 1: divide by the sum over k "
                "(axis=1, keepdims=True).")
    return None
