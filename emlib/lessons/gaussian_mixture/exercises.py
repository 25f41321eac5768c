"""Exercises: the M-step of a Gaussian mixture, three weighted averages, one by one and together (W14)."""

import numpy as np

from emlib.exercises import cases
from emlib.exercises.judge import Exercise, Mistake, checker, show

__all__ = ["check_covariances", "check_m_step", "check_means", "check_weights"]

RNG = np.random.default_rng(1982)
SIZES = ((3, 2, 1), (4, 2, 2), (5, 3, 2), (7, 2, 3))        # N, K, D
QS = tuple((cases.shares(RNG, n, k),) for n, k, _ in SIZES)
XQ = tuple((RNG.normal(3, 2, (n, d)), cases.shares(RNG, n, k)) for n, k, d in SIZES)


def weights(q):
    return q.mean(axis=0)


def means(x, q):
    return q.T @ x / q.sum(axis=0)[:, None]


def scatter(x, q, centres):
    """Σ_n q_nk (x_n − μ_k)(x_n − μ_k)ᵀ, array (K, D, D)."""
    d = x[:, None] - centres
    return np.einsum("nk,nki,nkj->kij", q, d, d)


def covariances(x, q, centres):
    return scatter(x, q, centres) / q.sum(axis=0)[:, None, None]


def sum_to_one(value, right):
    if right.ndim == 1 and abs(value.sum() - 1) > 1e-6:
        return f"Your weights {show(value)} sum to {value.sum():.3g}; they are a distribution over the components: 1."
    return None


WEIGHT_MISTAKES = (
    Mistake("Those are the soft counts N_k; they sum to N. Divide by the number of points.", lambda q: q.sum(axis=0)),
    Mistake("The weights are all equal, whatever q is. Count softly: sum q over the points.",
            lambda q: np.full(q.shape[1], 1 / q.shape[1])),
    Mistake("You counted each point for one component only. Count softly: every point gives each component its share "
            "q.",
            lambda q: cases.decided(q).mean(axis=0)))

check_weights = checker(Exercise(
    "weights", ("q",), "π of shape (K,)", weights, QS,
    ("π_k is the share of the points that belong to component k, each point counted by its q.",
     "N_k = Σ_n q_nk sums over the points (axis=0); π_k = N_k / N."),
    "This is what the Lagrange multiplier came to: π_k = N_k / N (W14).", WEIGHT_MISTAKES, (sum_to_one,)))

MEAN_MISTAKES = (
    Mistake("You divided by N. Each mean is a weighted average: divide by its own soft count N_k = Σ_n q_nk.",
            lambda x, q: q.T @ x / len(x)),
    Mistake("You did not divide: Σ_n q_nk x_n still has to be divided by N_k = Σ_n q_nk.", lambda x, q: q.T @ x),
    Mistake("All your means are the plain mean of x: q has no effect. Weight each point by its q.",
            lambda x, q: np.tile(x.mean(axis=0), (q.shape[1], 1))),
    Mistake("You averaged each point in one component only. Count softly: every point has weight q_nk in each mean.",
            lambda x, q: cases.decided(q).T @ x / cases.decided(q).sum(axis=0)[:, None]))

check_means = checker(Exercise(
    "means", ("x", "q"), "μ of shape (K, D)", means, XQ,
    ("Each mean is an average of all points, in which point n has the weight q_nk.",
     "Σ_n q_nk x_n for all k at once is the matrix product q.T @ x, of shape (K, D).",
     "Divide row k by N_k = Σ_n q_nk: give the counts a second axis, [:, None], so that they divide rows."),
    "A weighted average, whatever Σ is: it drops out (W14).", MEAN_MISTAKES))

XQM = tuple((x, q, means(x, q)) for x, q in XQ)
COVARIANCE_MISTAKES = (
    Mistake("You divided by N. Divide the sum of component k by its own soft count N_k = Σ_n q_nk.",
            lambda x, q, m: scatter(x, q, m) / len(x)),
    Mistake("You did not divide: the weighted sum still has to be divided by N_k = Σ_n q_nk.", scatter),
    Mistake("You divided by N_k − 1. That corrects a bias, but maximum likelihood divides by N_k.",
            lambda x, q, m: scatter(x, q, m) / (q.sum(axis=0) - 1)[:, None, None]),
    Mistake("The distances are not taken from each component's own mean: that is Σ q x xᵀ / N_k, a second moment "
            "about 0.",
            lambda x, q, m: covariances(x, q, 0 * m)),
    Mistake("The distances are taken from the mean of all the points; take each component's own mean.",
            lambda x, q, m: covariances(x, q, np.tile(x.mean(axis=0), (len(m), 1)))),
    Mistake("The weights q are missing: each point counts in component k by its q_nk.",
            lambda x, q, m: scatter(x, np.ones(q.shape), m) / len(x)),
    Mistake("These are variances on the diagonal and 0 elsewhere; the products of different columns are missing.",
            lambda x, q, m: covariances(x, q, m) * np.eye(x.shape[1])),
    Mistake("You took the square root: that is a deviation. Σ holds variances.",
            lambda x, q, m: np.sqrt(covariances(x, q, m))))

check_covariances = checker(Exercise(
    "covariances", ("x", "q", "means"), "Σ of shape (K, D, D)", covariances, XQM,
    ("For each component: a weighted average of (x_n − μ_k)(x_n − μ_k)ᵀ, with the weights q_nk.",
     "One component at a time: d = x − means[k]; the matrix product of (q[:, k, None] * d).T and d sums over the "
     "points.",
     "Divide by N_k = Σ_n q_nk, and stack the K matrices into one array."),
    "A weighted covariance about the new mean, divided by N_k (W14).", COVARIANCE_MISTAKES))


def m_step(x, q):
    centres = means(x, q)
    return weights(q), centres, covariances(x, q, centres)


check_m_step = checker(Exercise(
    "m_step", ("x", "q"), "weights (K,), means (K, D), covariances (K, D, D)", m_step, XQ,
    ("Three weighted averages with the same weights q: of 1, of x, and of the squared distance from the new mean.",
     "N_k = Σ_n q_nk serves all three: π_k = N_k/N, and both other sums are divided by N_k.",
     "Take the means first: the covariances are about the new ones."),
    "This is the M-step of a Gaussian mixture (W14): all of it.",
    (*(Mistake(f"weights: {m.says}", lambda x, q, m=m: m.computes(q), 0) for m in WEIGHT_MISTAKES),
     *(Mistake(f"means: {m.says}", m.computes, 1) for m in MEAN_MISTAKES),
     *(Mistake(f"covariances: {m.says}",
       lambda x, q, m=m: m.computes(x, q, means(x, q)), 2) for m in COVARIANCE_MISTAKES)),
    parts=("weights", "means", "covariances")))
