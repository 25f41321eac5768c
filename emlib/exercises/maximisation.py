"""Exercises of the right half of the whiteboard: weighted averages, soft counts, and the loop around them."""

import numpy as np

from emlib.exercises.judge import Exercise, Mistake, checker, show
from emlib.models import CoinMixture, GaussianMixture

__all__ = ["check_coin_m_step", "check_covariances", "check_em_loop", "check_m_step", "check_means",
           "check_soft_counts", "check_weights"]

RNG = np.random.default_rng(1978)       # the cases are the same for everybody, every time


def _q(n, k):
    """Distributions that leave no component without a point of its own, even for who counts hard."""
    return 0.45 * RNG.dirichlet(np.ones(k), size=n) + 0.55 * np.eye(k)[np.arange(n) % k]


def _hard(q):
    return np.eye(q.shape[1])[q.argmax(axis=1)]


SIZES = ((3, 2, 1), (4, 2, 2), (5, 3, 2), (7, 2, 3))        # N, K, D
QS = tuple((_q(n, k),) for n, k, _ in SIZES)
XQ = tuple((RNG.normal(3, 2, (n, d)), _q(n, k)) for n, k, d in SIZES)


def _weights(q):
    return q.mean(axis=0)


def _means(x, q):
    return q.T @ x / q.sum(axis=0)[:, None]


def _scatter(x, q, means):
    d = x[:, None] - means
    return np.einsum("nk,nki,nkj->kij", q, d, d)


def _covariances(x, q, means):
    return _scatter(x, q, means) / q.sum(axis=0)[:, None, None]


def _sum_to_one(value, right):
    if right.ndim == 1 and abs(value.sum() - 1) > 1e-6:
        return f"Your weights {show(value)} sum to {value.sum():.3g}; they are a distribution over the components: 1."
    return None


WEIGHT_MISTAKES = (
    Mistake("Those are the soft counts N_k; they sum to N. Divide by the number of points.", lambda q: q.sum(axis=0)),
    Mistake("The weights are all equal, whatever q is. Count softly: sum q over the points.",
            lambda q: np.full(q.shape[1], 1 / q.shape[1])),
    Mistake("You counted each point for one component only. Count softly: every point gives each component its share "
            "q.",
            lambda q: _hard(q).mean(axis=0)))

check_weights = checker(Exercise(
    "weights", ("q",), "π of shape (K,)", _weights, QS,
    ("π_k is the share of the points that belong to component k, each point counted by its q.",
     "N_k = Σ_n q_nk sums over the points (axis=0); π_k = N_k / N."),
    "This is what the Lagrange multiplier came to: π_k = N_k / N (W14).", WEIGHT_MISTAKES, (_sum_to_one,)))

MEAN_MISTAKES = (
    Mistake("You divided by N. Each mean is a weighted average: divide by its own soft count N_k = Σ_n q_nk.",
            lambda x, q: q.T @ x / len(x)),
    Mistake("You did not divide: Σ_n q_nk x_n still has to be divided by N_k = Σ_n q_nk.", lambda x, q: q.T @ x),
    Mistake("All your means are the plain mean of x: q has no effect. Weight each point by its q.",
            lambda x, q: np.tile(x.mean(axis=0), (q.shape[1], 1))),
    Mistake("You averaged each point in one component only. Count softly: every point has weight q_nk in each mean.",
            lambda x, q: _hard(q).T @ x / _hard(q).sum(axis=0)[:, None]))

check_means = checker(Exercise(
    "means", ("x", "q"), "μ of shape (K, D)", _means, XQ,
    ("Each mean is an average of all points, in which point n has the weight q_nk.",
     "Σ_n q_nk x_n for all k at once is the matrix product q.T @ x, of shape (K, D).",
     "Divide row k by N_k = Σ_n q_nk: give the counts a second axis, [:, None], so that they divide rows."),
    "A weighted average, whatever Σ is: it drops out (W14).", MEAN_MISTAKES))

XQM = tuple((x, q, _means(x, q)) for x, q in XQ)
COVARIANCE_MISTAKES = (
    Mistake("You divided by N. Divide the sum of component k by its own soft count N_k = Σ_n q_nk.",
            lambda x, q, m: _scatter(x, q, m) / len(x)),
    Mistake("You did not divide: the weighted sum still has to be divided by N_k = Σ_n q_nk.", _scatter),
    Mistake("You divided by N_k − 1. That corrects a bias, but maximum likelihood divides by N_k.",
            lambda x, q, m: _scatter(x, q, m) / (q.sum(axis=0) - 1)[:, None, None]),
    Mistake("The distances are not taken from each component's own mean: that is Σ q x xᵀ / N_k, a second moment "
            "about 0.",
            lambda x, q, m: _covariances(x, q, 0 * m)),
    Mistake("The distances are taken from the mean of all the points; take each component's own mean.",
            lambda x, q, m: _covariances(x, q, np.tile(x.mean(axis=0), (len(m), 1)))),
    Mistake("The weights q are missing: each point counts in component k by its q_nk.",
            lambda x, q, m: _scatter(x, np.ones(q.shape), m) / len(x)),
    Mistake("These are variances on the diagonal and 0 elsewhere; the products of different columns are missing.",
            lambda x, q, m: _covariances(x, q, m) * np.eye(x.shape[1])),
    Mistake("You took the square root: that is a deviation. Σ holds variances.",
            lambda x, q, m: np.sqrt(_covariances(x, q, m))))

check_covariances = checker(Exercise(
    "covariances", ("x", "q", "means"), "Σ of shape (K, D, D)", _covariances, XQM,
    ("For each component: a weighted average of (x_n − μ_k)(x_n − μ_k)ᵀ, with the weights q_nk.",
     "One component at a time: d = x − means[k]; the matrix product of (q[:, k, None] * d).T and d sums over the "
     "points.",
     "Divide by N_k = Σ_n q_nk, and stack the K matrices into one array."),
    "A weighted covariance about the new mean, divided by N_k (W14).", COVARIANCE_MISTAKES))


def _m_step(x, q):
    means = _means(x, q)
    return _weights(q), means, _covariances(x, q, means)


check_m_step = checker(Exercise(
    "m_step", ("x", "q"), "weights (K,), means (K, D), covariances (K, D, D)", _m_step, XQ,
    ("Three weighted averages with the same weights q: of 1, of x, and of the squared distance from the new mean.",
     "N_k = Σ_n q_nk serves all three: π_k = N_k/N, and both other sums are divided by N_k.",
     "Take the means first: the covariances are about the new ones."),
    "This is the M-step of a Gaussian mixture (W14): all of it.",
    (*(Mistake(f"weights: {m.says}", lambda x, q, m=m: m.computes(q), 0) for m in WEIGHT_MISTAKES),
     *(Mistake(f"means: {m.says}", m.computes, 1) for m in MEAN_MISTAKES),
     *(Mistake(f"covariances: {m.says}",
       lambda x, q, m=m: m.computes(x, q, _means(x, q)), 2) for m in COVARIANCE_MISTAKES)),
    parts=("weights", "means", "covariances")))

TOSSES = tuple((np.column_stack([h := RNG.binomial(t := RNG.integers(4, 20, n), 0.5), t - h]).astype(float), _q(n, k))
               for n, k in ((3, 2), (4, 2), (5, 3)))


def _soft_counts(x, q):
    return q.T @ x


def _probs(x, q):
    counts = q.T @ x
    return counts[:, 0] / counts.sum(axis=1)


check_soft_counts = checker(Exercise(
    "soft_counts", ("x", "q"), "a table of shape (K, 2): heads and tails of each coin", _soft_counts, TOSSES,
    ("If coin k threw set n with probability q_nk, it gets q_nk of that set's heads, and of its tails.",
     "Sum over the sets: for all coins at once that is a matrix product of q, transposed, with x."),
    "Everything EM needs to know about the tosses is in this little table (W13).",
    (Mistake("You gave each set to one coin only. Softly: each coin gets its share q of every set.",
             lambda x, q: _hard(q).T @ x),
     Mistake("Heads and tails have changed places: x holds heads first.", lambda x, q: (q.T @ x)[:, ::-1]),
     Mistake("You divided by the sum of q: that is an average set. Here it is a count.",
             lambda x, q: q.T @ x / q.sum(axis=0)[:, None]),
     Mistake("Every coin got all the tosses: q has no effect.", lambda x, q: np.tile(x.sum(axis=0), (q.shape[1], 1))))))

check_coin_m_step = checker(Exercise(
    "coin_m_step", ("x", "q"), "each coin's probability of heads, shape (K,)", _probs, TOSSES,
    ("If you knew the coins you would divide heads by tosses. Now both are counted softly.",
     "Heads of coin k: Σ_n q_nk heads_n; tosses of coin k: Σ_n q_nk (heads_n + tails_n). Sum first, then divide."),
    "Heads divided by tosses, counted softly (W14).",
    (Mistake("You averaged the shares of heads set by set. Sets differ in length: sum heads and tosses first, divide "
             "once.",
             lambda x, q: q.T @ (x[:, 0] / x.sum(axis=1)) / q.sum(axis=0)),
     Mistake("You divided heads by tails: that is the odds. Divide by all tosses, heads and tails.",
             lambda x, q: (q.T @ x)[:, 0] / (q.T @ x)[:, 1]),
     Mistake("That is the probability of tails.", lambda x, q: 1 - _probs(x, q)),
     Mistake("You gave each set to one coin only. Softly: each coin gets its share q of every set.",
             lambda x, q: _probs(x, _hard(q))),
     Mistake("You divided by the soft number of sets, not of tosses.", lambda x, q: (q.T @ x)[:, 0] / q.sum(axis=0)),
     Mistake("All coins came out alike: q has no effect.",
             lambda x, q: np.full(q.shape[1], x[:, 0].sum() / x.sum())))))


def _loop(model, x, n):
    log_liks = [model.log_lik(x)]
    for _ in range(n):
        model = model.m_step(x, model.posterior(x))
        log_liks.append(model.log_lik(x))
    return np.array(log_liks)


def _frozen_q(model, x, n):
    q, log_liks = model.posterior(x), [model.log_lik(x)]
    for _ in range(n):
        model = model.m_step(x, q)
        log_liks.append(model.log_lik(x))
    return np.array(log_liks)


def _bounds(model, x, n):
    log_liks = [model.log_lik(x)]
    for _ in range(n):
        q = model.posterior(x)
        model = model.m_step(x, q)
        log_liks.append(np.sum(q * (model.log_joint(x) - np.log(np.where(q > 0, q, 1)))))
    return np.array(log_liks)


LOOPS = ((CoinMixture([0.5, 0.5], [0.6, 0.5]), np.array([[5.0, 5], [9, 1], [8, 2], [4, 6], [7, 3]]), 3),
         (GaussianMixture([0.5, 0.5], [[-1.0], [1.0]], [[1.0], [1.0]], "diag"), RNG.normal(0, 2, (30, 1)), 4),
         (CoinMixture([0.2, 0.8], [0.3, 0.7]), np.array([[3.0, 7], [6, 4]]), 0))


def _climbs(value, right):
    fall = int(np.argmax(np.diff(value, prepend=value[:1]) < -1e-9))
    if fall:
        return (f"Your log-likelihood falls, from {show(value[fall - 1])} to {show(value[fall])} in iteration {fall}. "
                f"Under "
                "EM it cannot (W24).")
    return None


check_em_loop = checker(Exercise(
    "em_loop", ("model", "x", "n"), "the n + 1 log-likelihoods, at the start and after each iteration", _loop, LOOPS,
    ("One iteration: q = model.posterior(x) is the E-step, model.m_step(x, q) the M-step. Note model.log_lik(x) after "
     "each.",
     "m_step returns a new model; keep it: the next iteration starts from there.",
     "Start the list with the log-likelihood of the model that you were given, before the first iteration."),
    "E, M, E, M: the log-likelihood climbs and never falls (W24).",
    (Mistake("The log-likelihood never moves: m_step returns a new model, and you have to keep it.",
             lambda m, x, n: np.full(n + 1, m.log_lik(x))),
     Mistake("You computed q once, before the loop. The E-step belongs into it: each new model has a new posterior.",
             _frozen_q),
     Mistake("You noted the ELBO of the old q after each M-step: it lies below log p(x) by the KL that the M-step has "
             "opened.",
             _bounds)),
    (_climbs,)))
