"""Exercises: soft counts, the M-step of the coins, and the loop of E and M (W13, W14, W24)."""

import numpy as np

from emlib.exercises import cases
from emlib.exercises.judge import Exercise, Mistake, checker, show
from emlib.models import CoinMixture, GaussianMixture

__all__ = ["check_coin_m_step", "check_em_loop", "check_soft_counts"]

RNG = np.random.default_rng(1981)


def tosses(n):
    """Heads and tails of n sets of 4 to 19 tosses, array (n, 2)."""
    total = RNG.integers(4, 20, n)
    heads = RNG.binomial(total, 0.5)
    return np.column_stack([heads, total - heads]).astype(float)


TOSSES = [(tosses(n), cases.shares(RNG, n, k)) for n, k in ((3, 2), (4, 2), (5, 3))]


def soft_counts(x, q):
    return q.T @ x


def probs(x, q):
    counts = q.T @ x
    return counts[:, 0] / counts.sum(axis=1)


check_soft_counts = checker(Exercise(
    "soft_counts", ("x", "q"), "a table of shape (K, 2): heads and tails of each coin", soft_counts, TOSSES,
    ("If coin k threw set n with probability q_nk, it gets q_nk of that set's heads, and of its tails.",
     "Sum over the sets: for all coins at once that is a matrix product of q, transposed, with x."),
    "Everything EM needs to know about the tosses is in this little table (W13).",
    (Mistake("You gave each set to one coin only. Softly: each coin gets its share q of every set.",
             lambda x, q: cases.decided(q).T @ x),
     Mistake("Heads and tails have changed places: x holds heads first.", lambda x, q: (q.T @ x)[:, ::-1]),
     Mistake("You divided by the sum of q: that is an average set. Here it is a count.",
             lambda x, q: q.T @ x / q.sum(axis=0)[:, None]),
     Mistake("Every coin got all the tosses: q has no effect.", lambda x, q: np.tile(x.sum(axis=0), (q.shape[1], 1))))))

check_coin_m_step = checker(Exercise(
    "coin_m_step", ("x", "q"), "each coin's probability of heads, shape (K,)", probs, TOSSES,
    ("If you knew the coins you would divide heads by tosses. Now both are counted softly.",
     "Heads of coin k: Σ_n q_nk heads_n; tosses of coin k: Σ_n q_nk (heads_n + tails_n). Sum first, then divide."),
    "Heads divided by tosses, counted softly (W14).",
    (Mistake("You averaged the shares of heads set by set. Sets differ in length: sum heads and tosses first, divide "
             "once.",
             lambda x, q: q.T @ (x[:, 0] / x.sum(axis=1)) / q.sum(axis=0)),
     Mistake("You divided heads by tails: that is the odds. Divide by all tosses, heads and tails.",
             lambda x, q: (q.T @ x)[:, 0] / (q.T @ x)[:, 1]),
     Mistake("That is the probability of tails.", lambda x, q: 1 - probs(x, q)),
     Mistake("You gave each set to one coin only. Softly: each coin gets its share q of every set.",
             lambda x, q: probs(x, cases.decided(q))),
     Mistake("You divided by the soft number of sets, not of tosses.", lambda x, q: (q.T @ x)[:, 0] / q.sum(axis=0)),
     Mistake("All coins came out alike: q has no effect.",
             lambda x, q: np.full(q.shape[1], x[:, 0].sum() / x.sum())))))


def loop(model, x, n):
    log_liks = [model.log_lik(x)]
    for _ in range(n):
        model = model.m_step(x, model.posterior(x))
        log_liks.append(model.log_lik(x))
    return np.array(log_liks)


def frozen_q(model, x, n):
    q, log_liks = model.posterior(x), [model.log_lik(x)]
    for _ in range(n):
        model = model.m_step(x, q)
        log_liks.append(model.log_lik(x))
    return np.array(log_liks)


def elbos_of_old_q(model, x, n):
    log_liks = [model.log_lik(x)]
    for _ in range(n):
        q = model.posterior(x)
        model = model.m_step(x, q)
        log_liks.append(np.sum(q * (model.log_joint(x) - np.log(np.where(q > 0, q, 1)))))
    return np.array(log_liks)


LOOPS = ((CoinMixture([0.5, 0.5], [0.6, 0.5]), np.array([[5.0, 5], [9, 1], [8, 2], [4, 6], [7, 3]]), 3),
         (GaussianMixture([0.5, 0.5], [[-1.0], [1.0]], [[1.0], [1.0]], "diag"), RNG.normal(0, 2, (30, 1)), 4),
         (CoinMixture([0.2, 0.8], [0.3, 0.7]), np.array([[3.0, 7], [6, 4]]), 0))


def never_falls(value, right):
    fall = int(np.argmax(np.diff(value, prepend=value[:1]) < -1e-9))
    if fall:
        return (f"Your log-likelihood falls, from {show(value[fall - 1])} to {show(value[fall])} in iteration {fall}. "
                "Under EM it cannot (W24).")
    return None


check_em_loop = checker(Exercise(
    "em_loop", ("model", "x", "n"), "the n + 1 log-likelihoods, at the start and after each iteration", loop, LOOPS,
    ("One iteration: q = model.posterior(x) is the E-step, model.m_step(x, q) the M-step. Note model.log_lik(x) after "
     "each.",
     "m_step returns a new model; keep it: the next iteration starts from there.",
     "Start the list with the log-likelihood of the model that you were given, before the first iteration."),
    "E, M, E, M: the log-likelihood climbs and never falls (W24).",
    (Mistake("The log-likelihood never moves: m_step returns a new model, and you have to keep it.",
             lambda m, x, n: np.full(n + 1, m.log_lik(x))),
     Mistake("You computed q once, before the loop. The E-step belongs into it: each new model has a new posterior.",
             frozen_q),
     Mistake("You noted the ELBO of the old q after each M-step: it lies below log p(x) by the KL that the M-step has "
             "opened.",
             elbos_of_old_q)),
    (never_falls,)))
