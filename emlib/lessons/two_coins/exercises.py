"""Exercises: soft counts, the M-step of the coins, and the loop of E and M (W13, W14, W24)."""

import numpy as np

from emlib.exercises import cases
from emlib.exercises.by_hand import Number, Slip, by_hand
from emlib.exercises.form import show
from emlib.exercises.judge import Exercise, Mistake, checker
from emlib.models import CoinMixture, GaussianMixture

__all__ = ["by_hand_e_step", "check_coin_m_step", "check_em_loop", "check_soft_counts"]

RNG = np.random.default_rng(1981)


def tosses(n):
    """Heads and tails of n sets of 4 to 19 tosses, array (n, 2)."""
    total = RNG.integers(4, 20, n)
    heads = RNG.binomial(total, 0.5)
    return np.column_stack([heads, total - heads]).astype(float)


TOSSES = [(tosses(n), cases.shares(RNG, n, k)) for n, k in ((3, 2), (4, 2), (5, 3))]


COUNTS = ("A sum over the sets is taken over axis=0; q.T @ x adds up the sets for all coins at once.")


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
     Mistake("Every coin got all the tosses: q has no effect.", lambda x, q: np.tile(x.sum(axis=0), (q.shape[1], 1))),
     Mistake("q is squared: each coin gets its share q of a set, once.", lambda x, q: (q * q).T @ x),
     Mistake("Rows and columns have changed places: one row a coin, heads and tails in the columns.",
             lambda x, q: x.T @ q)), misfit=COUNTS))

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
             lambda x, q: np.full(q.shape[1], x[:, 0].sum() / x.sum())),
     Mistake("q is squared: each coin gets its share q of a set, once.", lambda x, q: probs(x, q * q)),
     Mistake("That is the table of soft counts. Divide each coin's heads by its tosses.", lambda x, q: q.T @ x),
     Mistake("Those are each coin's probabilities of heads *and* of tails. Return the first column only.",
             lambda x, q: q.T @ x / (q.T @ x).sum(axis=1, keepdims=True)),
     Mistake("Those are the soft heads. Divide by the soft tosses.", lambda x, q: (q.T @ x)[:, 0]),
     Mistake("You divided by all tosses of all coins. Each coin is divided by its own soft tosses.",
             lambda x, q: (q.T @ x)[:, 0] / x.sum())), misfit=COUNTS))


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


def never_falls(value, right, given):
    fall = int(np.argmax(np.diff(value, prepend=value[:1]) < -1e-9))
    if fall:
        return (f"Your log-likelihood falls, from {show(value[fall - 1])} to {show(value[fall])} in iteration {fall}. "
                "Under EM it cannot (W24).")
    return None


def one_for_each_iteration(value, right, given):
    """What is wrong with a shape that is not (n + 1,), or None."""
    n = given[2]
    if value.shape == ():
        return f"That is one number. Note model.log_lik(x) at the start and after each of the n = {n} iterations."
    if value.shape == (n,) and np.allclose(value, right[1:]):
        return (f"You return {n} numbers for n = {n} iterations: the start is missing. Put the log-likelihood of the "
                "model that you were given in front, before the first iteration.")
    if value.shape == (n,) and np.allclose(value, right[:-1]):
        return (f"You return {n} numbers for n = {n} iterations: the last one is missing. Note the log-likelihood "
                "after each M-step, and that of the start before the first.")
    if value.shape == (2 * n + 1,):
        return "You noted a number after each half-step. Note the log-likelihood after each whole iteration: after M."
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
             elbos_of_old_q),
     Mistake("The start is missing, and there is one iteration too many: note the log-likelihood of the model that you "
             "were given first, then do n iterations.", lambda m, x, n: loop(m, x, n + 1)[1:]),
     Mistake("You noted the mean over the points. The log-likelihood is a total: model.log_lik(x) as it stands.",
             lambda m, x, n: loop(m, x, n) / len(x)),
     Mistake("You noted each log-likelihood before its iteration: the start stands there twice, or the last one is "
             "missing. Note it after each M-step.", lambda m, x, n: np.r_[loop(m, x, n)[:1], loop(m, x, n)[:-1]])),
    (never_falls,), shapes=one_for_each_iteration))


# Set 2, nine heads and one tail, at θ = (0.60, 0.50): the share of coin A
A, B = 0.6**9 * 0.4, 0.5**10
by_hand_e_step = by_hand("e_step", (
    Number("share", A / (A + B), 2, (
        Slip(B / (A + B), "that is the share of coin B."),
        Slip(A / B, "you divided A's probability by B's; divide by the sum of both."),
        Slip(0.6 / (0.6 + 0.5), "that is the share after one head; the set has nine heads and one tail."),
        Slip(0.6**9 / (0.6**9 + 0.5**9), "you forgot the tail: multiply by 0.4 and by 0.5, once each."))),
    Number("heads", 9 * A / (A + B), 1, (
        Slip(9, "that is all of the set's heads; A gets its share of them."),
        Slip(10 * A / (A + B), "that is A's share of all ten tosses; of the nine heads alone it is less."),
        Slip(9 * B / (A + B), "those are the heads that coin B gets.")))),
    ("How probable are these ten tosses with coin A, and with coin B? 0.6⁹ · 0.4 against 0.5¹⁰.",
     "The share of A is its probability, divided by the sum of both; of the nine heads it gets that share."),
    "One set, divided by Bayes' rule; EM does this for every set (W3, W13).")
