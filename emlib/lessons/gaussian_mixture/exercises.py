"""Exercises: the M-step of a Gaussian mixture, three weighted averages, one by one and together (W14)."""

import numpy as np

from emlib.exercises import cases
from emlib.exercises.by_hand import Number, Slip, by_hand
from emlib.exercises.form import show
from emlib.exercises.judge import Exercise, Mistake, checker

__all__ = ["by_hand_m_step", "check_covariances", "check_m_step", "check_means", "check_tied_covariance",
           "check_weights"]

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


def sum_to_one(value, right, given):
    if right.ndim == 1 and abs(value.sum() - 1) > 1e-6:
        return f"Your weights {show(value)} sum to {value.sum():.3g}; they are a distribution over the components: 1."
    return None


COUNTS = ("A sum with one number for each component is taken over the points, q.sum(axis=0), of shape (K,); give it a "
          "second axis, [:, None], where it has to divide rows.")

WEIGHT_MISTAKES = (
    Mistake("q is squared: each point gives component k its share q, once.", lambda q: (q * q).sum(axis=0) / len(q)),
    Mistake("You divided by the number of components, K. Divide the soft counts by the number of points, N.",
            lambda q: q.sum(axis=0) / q.shape[1]),
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
    Mistake("q is squared: in each mean a point has the weight q, once.", lambda x, q: means(x, q * q)),
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
    "A weighted average, whatever Σ is: it drops out (W14).", MEAN_MISTAKES, misfit=COUNTS))

XQM = tuple((x, q, means(x, q)) for x, q in XQ)
COVARIANCE_MISTAKES = (
    Mistake("q is squared: both factors of d dᵀ were multiplied with it. Weight one of them only.",
            lambda x, q, m: scatter(x, q * q, m) / q.sum(axis=0)[:, None, None]),
    Mistake("q is squared, in the sum and in the count: each point has the weight q, once.",
            lambda x, q, m: covariances(x, q * q, m)),
    Mistake("You took the square root of each entry. Σ holds variances and covariances (σ², not σ).",
            lambda x, q, m: np.sqrt(covariances(x, q, m))),
    Mistake("You took a square root, of the sizes: Σ holds variances and covariances (σ², not σ), and covariances may "
            "be negative.", lambda x, q, m: np.sqrt(np.abs(covariances(x, q, m)))),
    Mistake("You took the square root of the variances on the diagonal. Σ holds variances there (σ², not σ).",
            lambda x, q, m: deviations_on_the_diagonal(covariances(x, q, m))),
    Mistake("That is a matrix root (Cholesky) of Σ: it multiplied by its transpose gives Σ. Return Σ itself.",
            lambda x, q, m: np.linalg.cholesky(covariances(x, q, m))),
    Mistake("That is a matrix root of Σ: multiplied by itself it gives Σ. Return Σ itself.",
            lambda x, q, m: root(covariances(x, q, m))),
    Mistake("Those are correlations: the covariances are divided by the deviations. Σ keeps the units of x.",
            lambda x, q, m: correlations(covariances(x, q, m))),
    Mistake("That is the inverse of Σ, the precision.", lambda x, q, m: np.linalg.inv(covariances(x, q, m))),
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
    Mistake("The distances are multiplied entry by entry: that gives variances only, of shape (K, D). Σ_k needs the "
            "products of all pairs of columns, d dᵀ.",
            lambda x, q, m: np.einsum("kii->ki", covariances(x, q, m))))


def root(matrices):
    """The symmetric square root of each matrix."""
    values, vectors = np.linalg.eigh(matrices)
    return vectors * np.sqrt(values)[:, None, :] @ np.swapaxes(vectors, 1, 2)


def correlations(matrices):
    """Each covariance divided by both standard deviations."""
    sd = np.sqrt(np.einsum("kii->ki", matrices))
    return matrices / sd[:, :, None] / sd[:, None, :]


def deviations_on_the_diagonal(matrices):
    """The same matrices with the square roots of their diagonals."""
    eye = np.eye(matrices.shape[-1])
    return matrices * (1 - eye) + np.sqrt(matrices * eye)


check_covariances = checker(Exercise(
    "covariances", ("x", "q", "means"), "Σ of shape (K, D, D)", covariances, XQM,
    ("For each component: a weighted average of (x_n − μ_k)(x_n − μ_k)ᵀ, with the weights q_nk.",
     "One component at a time: d = x − means[k]; the matrix product of (q[:, k, None] * d).T and d sums over the "
     "points.",
     "Divide by N_k = Σ_n q_nk, and stack the K matrices into one array."),
    "A weighted covariance about the new mean, divided by N_k (W14).", COVARIANCE_MISTAKES, misfit=COUNTS))


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
    parts=("weights", "means", "covariances"), misfit=COUNTS))


def tied_covariance(x, q):
    return scatter(x, q, means(x, q)).sum(axis=0) / len(x)


check_tied_covariance = checker(Exercise(
    "tied_covariance", ("x", "q"), "one Σ of shape (D, D), common to all components", tied_covariance, XQ,
    ("With one Σ for all components the M-step maximises −½ Σ_n Σ_k q_nk (log |Σ| + d_nkᵀ Σ⁻¹ d_nk): which sums are "
     "left when the derivative is 0?",
     "All components' weighted scatter matrices are added up, each about its own new mean; the weights add up to N."),
    "One Σ: the within-component scatter of all components together, divided by N.",
    (Mistake("That is the covariance of all points about one common mean. Each component has its own mean.",
             lambda x, q: np.einsum("ni,nj->ij", x - x.mean(axis=0), x - x.mean(axis=0)) / len(x)),
     Mistake("You averaged the components' Σ_k with equal weights. Larger components count more: weight Σ_k with π_k.",
             lambda x, q: covariances(x, q, means(x, q)).mean(axis=0)),
     Mistake("You added the components' Σ_k without weights: weight Σ_k with π_k = N_k / N.",
             lambda x, q: covariances(x, q, means(x, q)).sum(axis=0)),
     Mistake("You did not divide: the sum of all the weights is N.",
             lambda x, q: scatter(x, q, means(x, q)).sum(axis=0)),
     Mistake("Those are K matrices, one for each component. Here all share one: add the weighted scatter matrices up "
             "and divide by N.", lambda x, q: covariances(x, q, means(x, q))),
     Mistake("You divided by N − K. That corrects a bias, but maximum likelihood divides by N.",
             lambda x, q: scatter(x, q, means(x, q)).sum(axis=0) / (len(x) - q.shape[1]))), misfit=COUNTS))


# Three points on a line, 1, 2 and 6, which belong to the first of two components by 1, ½ and 0
POINTS, SHARE = np.array([1.0, 2.0, 6.0]), np.array([1.0, 0.5, 0.0])
MEAN = POINTS @ SHARE / SHARE.sum()
VARIANCE = SHARE @ (POINTS - MEAN) ** 2 / SHARE.sum()

by_hand_m_step = by_hand("m_step", (
    Number("weight", SHARE.mean(), 2, (
        Slip(SHARE.sum(), "that is the soft count N₁; divide it by the number of points."),
        Slip(SHARE.sum() / 2, "you divided by the number of components, or of points with a share; divide by all three "
                              "points."),
        Slip(2 / 3, "you counted whole points; the second one belongs by one half."))),
    Number("mean", MEAN, 3, (
        Slip(POINTS.mean(), "that is the plain mean; each point counts by its share."),
        Slip(POINTS @ SHARE / 3, "you divided by three; divide by the soft count N₁ = 1.5."),
        Slip(1.5, "you counted whole points; the second one counts by one half."),
        Slip(POINTS @ SHARE, "that is the weighted sum; divide it by the soft count."))),
    Number("variance", VARIANCE, 3, (
        Slip(np.sqrt(VARIANCE), "that is σ, the standard deviation; its square is asked."),
        Slip(SHARE @ POINTS**2 / SHARE.sum(), "the distances are to be taken from the new mean, not from 0."),
        Slip(SHARE @ (POINTS - MEAN) ** 2, "that is the weighted sum; divide it by the soft count N₁."),
        Slip(SHARE @ (POINTS - MEAN) ** 2 / 3, "you divided by three; divide by the soft count N₁ = 1.5."),
        Slip(SHARE @ (POINTS - MEAN) ** 2 / 0.5, "you divided by N₁ − 1. That corrects a bias; maximum likelihood "
                                                 "divides by N₁."),
        Slip(SHARE @ (POINTS - POINTS.mean()) ** 2 / SHARE.sum(), "the distances are to be taken from this component's "
                                                                  "new mean, not from the mean of all points.")))),
    ("N₁ is the sum of the shares. The weight is N₁, divided by the number of points.",
     "Mean and variance are weighted averages with the shares, divided by N₁.",
     "The variance is about the *new* mean."),
    "Three weighted averages with the same weights (W14).")
