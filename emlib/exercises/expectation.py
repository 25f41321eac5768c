"""Exercises of the left half of the whiteboard: posterior, ELBO, KL, entropy, E-steps, Jensen's gap."""

import numpy as np

from emlib.bound import bound, log_posterior
from emlib.exercises.judge import Exercise, Mistake, checker, show

__all__ = ["check_elbo", "check_entropy", "check_expected_log_joint", "check_hard_e_step", "check_jensen_gap",
           "check_kl", "check_log_lik", "check_posterior", "check_tempered_e_step"]

RNG = np.random.default_rng(1977)       # the cases are the same for everybody, every time


def _log_joint(n, k, low=-4.0):
    """A log joint that sums to something: log p(x, z) of n points, array (n, k)."""
    return RNG.uniform(low, -0.3, size=(n, k))


def _q(n, k):
    return RNG.dirichlet(np.ones(k), size=n)


def _with_zeros(n, k):
    q = np.where(RNG.random((n, k)) < 0.4, 0.0, RNG.random((n, k)))
    q[:, 0] += 0.1
    return q / q.sum(axis=1, keepdims=True)


def _p(log_joint):
    return np.exp(log_posterior(log_joint))


def _rows_sum_to_one(value, right):
    """Rules for an answer that is to be a distribution for each point."""
    if (value < -1e-9).any():
        n = int(np.argmax((value < -1e-9).any(axis=1)))
        return f"q[{n}] = {show(value[n])} has a negative entry; probabilities are not negative. Is an exp missing?"
    return None


def _sums(value, right):
    total = value.sum(axis=1)
    n = int(np.argmax(np.abs(total - 1)))
    if abs(total[n] - 1) > 1e-6:
        return (f"row {n} of your q sums to {total[n]:.3g}; a distribution sums to 1: divide by the sum over k "
                "(axis=1, keepdims=True).")
    return None


LOG = np.log
POINTS = tuple((_log_joint(n, k),) for n, k in ((1, 2), (2, 2), (3, 2), (4, 3), (5, 4)))
FAR = ((_log_joint(2, 3) - np.array([[1500.0], [900.0]]),), (_log_joint(2, 2) + 800,))
PAIRS = tuple((_log_joint(n, k), _q(n, k)) for n, k in ((1, 2), (2, 2), (3, 2), (4, 3), (5, 4)))
ZEROS = tuple((_log_joint(n, k), _with_zeros(n, k)) for n, k in ((3, 2), (4, 3)))
DISTRIBUTIONS = tuple((q,) for _, q in (*PAIRS, *ZEROS))
TWO = tuple((q, _p(log_joint)) for log_joint, q in (*PAIRS, *ZEROS))


def _log_q(q):
    return np.log(q, out=np.zeros_like(q), where=q > 0)


def _entropy(q):
    return -np.sum(q * _log_q(q))


def _totals(truth):
    """What everybody does once with a total in nats."""
    return (
        Mistake("You took the mean over the points; here it is a total: sum, not mean.",
                lambda *a: truth(*a) / len(a[0])),
        Mistake("Your logarithm has base 2: those are bits. Here everything is in nats: np.log.",
                lambda *a: truth(*a) / LOG(2)),
        Mistake("Your logarithm has base 10. Here everything is in nats: np.log.", lambda *a: truth(*a) / LOG(10)),
        Mistake("The sign is the wrong way round.", lambda *a: -truth(*a)))


def _log_lik(log_joint):
    return np.logaddexp.reduce(log_joint, axis=1).sum()


check_log_lik = checker(Exercise(
    "log_lik", ("log_joint",), "one number, the total over the points, in nats", _log_lik, (*POINTS, *FAR),
    ("Each row of log_joint holds log p(x, z) of one point. What does p(x) have to do with the p(x, z)?",
     "For one point: p(x) = Σ_z p(x, z), so take exp, sum over z (axis=1), take log. Then add the points up.",
     "exp(−1500) is 0 in a computer. Take the largest entry m of each row out first: "
     "log Σ exp(a) = m + log Σ exp(a − m)."),
    "You sum inside the logarithm, in log space (W15), so that even a point 1500 nats away keeps its digits.",
    (*_totals(_log_lik),
     Mistake("You summed the logarithms over z. The sum over z stands inside the logarithm: log Σ_z exp(log_joint).",
             np.sum),
     Mistake("You kept the largest term of each row only; all z contribute to p(x).", lambda a: a.max(axis=1).sum()),
     Mistake("The log at the end is missing: these are probabilities, added up.", lambda a: np.exp(a).sum()),
     Mistake("You summed over the points inside the logarithm as well: log for each point first, then add up (axis=1).",
             lambda a: LOG(np.exp(a).sum())),
     Mistake("You summed over the points (axis=0) where the sum over z (axis=1) belongs.",
             lambda a: np.logaddexp.reduce(a, axis=0).sum()))))

check_posterior = checker(Exercise(
    "posterior", ("log_joint",), "q of shape (N, K), each row a distribution over z", _p, (*POINTS, *FAR),
    ("Bayes' rule: p(z|x) = p(x, z) / p(x), for each point, that is for each row.",
     "exp of log_joint, then divide each row by its own sum: axis=1, and keepdims=True so that it divides rows.",
     "Only differences within a row matter: subtract the row's largest entry before exp, and nothing underflows."),
    "Bayes' rule for each row (W3), in a way that survives points far from everything.",
    (Mistake("Your columns sum to 1: the sum went over the points (axis=0). A posterior is a distribution over z for "
             "each point: divide by the sum over k, axis=1, keepdims=True.",
             lambda a: np.exp(a) / np.exp(a).sum(axis=0)),
     Mistake("That is exp(log_joint), the joint probabilities: their rows sum to p(x), not to 1. Divide by the sum "
             "over k (axis=1, keepdims=True).", np.exp),
     Mistake("These are the logarithms of the posterior: an exp is missing at the end.", log_posterior),
     Mistake("You divided by the sum of the whole table. Each point has its own posterior: sum over k only, axis=1, "
             "keepdims=True.", lambda a: np.exp(a) / np.exp(a).sum()),
     Mistake("You divided the logarithms themselves by their sum. Probabilities first: exp is missing.",
             lambda a: a / a.sum(axis=1, keepdims=True)),
     Mistake("You put everything on the most probable z. The posterior keeps the others' shares: that is what “soft” "
             "means.",
             lambda a: np.eye(a.shape[1])[a.argmax(axis=1)])),
    (_rows_sum_to_one, _sums)))


def _elbo(log_joint, q):
    return bound(log_joint, q).elbo


def _q_function(log_joint, q):
    return bound(log_joint, q).expected_log_joint


check_elbo = checker(Exercise(
    "elbo", ("log_joint", "q"), "one number, the total over the points, in nats", _elbo, (*PAIRS, *ZEROS),
    ("ELBO = Σ_n Σ_z q(z) log [p(x, z) / q(z)]: W7, first term. The logarithm of a fraction is a difference.",
     "log_joint is a logarithm already: weight (log_joint − log q) with q, and sum over everything.",
     "Where q = 0 its term is 0, but log 0 is −∞ in a computer: take the logarithm of np.where(q > 0, q, 1) there."),
    "Energy plus entropy: E_q[log p(x, z)] + H(q) (W7), and 0 · log 0 = 0.",
    (*_totals(_elbo),
     Mistake("That is E_q[log p(x, z)] alone: the entropy of q, −Σ q log q, is missing. (It is Q, what the M-step "
             "maximises.)", _q_function),
     Mistake("The entropy has the wrong sign: it is −Σ q log q, and it is added.",
             lambda a, q: _q_function(a, q) - _entropy(q)),
     Mistake("That is the entropy of q alone; the log joint is missing.", lambda a, q: _entropy(q)),
     Mistake("The weights are missing: it is an average over q, so each term is multiplied by q.",
             lambda a, q: np.sum(a - _log_q(q))),
     Mistake("A log is missing: you averaged p(x, z) itself, exp(log_joint). log_joint is a logarithm already.",
             lambda a, q: np.sum(q * np.exp(a)) + _entropy(q)),
     Mistake("A log is missing: you subtracted q, not log q.", lambda a, q: np.sum(q * (a - q))),
     Mistake("That is log p(x), which does not depend on q: the ELBO does.", lambda a, q: _log_lik(a)),
     Mistake("That is the KL, the other part.", lambda a, q: bound(a, q).kl),
     Mistake("You took the logarithm of log_joint, which is a logarithm already.",
             lambda a, q: np.sum(q * (LOG(np.abs(a)) - _log_q(q)))))))

check_expected_log_joint = checker(Exercise(
    "expected_log_joint", ("log_joint", "q"), "one number, the total over the points, in nats", _q_function,
    (*PAIRS, *ZEROS),
    ("E_q[log p(x, z)]: for each point the average of its row of log_joint, with the weights in q (W13).",
     "Multiply the two tables entry by entry, and sum everything."),
    "This is Q(θ, θ^t), what the M-step maximises (W13, W14).",
    (*_totals(_q_function),
     Mistake("The entropy of q is added: that makes it the ELBO. Q has no entropy, for θ is not in it (W12).", _elbo),
     Mistake("The weights are missing: multiply with q before you sum.", lambda a, q: np.sum(a)),
     Mistake("You averaged p(x, z), not its logarithm; log_joint holds the logarithms already.",
             lambda a, q: np.sum(q * np.exp(a))))))


def _kl(q, p):
    return np.sum(q * (_log_q(q) - LOG(p)))


check_kl = checker(Exercise(
    "kl", ("q", "p"), "one number, the total over the points, in nats", _kl, TWO,
    ("KL(q‖p) = Σ_n Σ_z q(z) log [q(z) / p(z)]: q stands first, and it is q that averages (W7).",
     "A logarithm of a fraction is a difference: q · (log q − log p), summed over everything.",
     "Where q = 0 the term is 0, but log 0 is −∞ in a computer: take the logarithm of np.where(q > 0, q, 1) there."),
    "Never negative, and 0 only where q is p (W9).",
    (*_totals(_kl)[:3],
     Mistake("The sign is inside: KL = Σ q log (q/p), with q on top. Yours is Σ q log (p/q).", lambda q, p: -_kl(q, p)),
     Mistake("That is KL(p‖q), the other way round: q must be the one that averages, and on top of the fraction.",
             lambda q, p: np.sum(p * (LOG(p) - LOG(q)))),
     Mistake("The weights are missing: each log (q/p) is multiplied by q.", lambda q, p: np.sum(_log_q(q) - LOG(p))),
     Mistake("The log is missing: Σ q · log(q/p).", lambda q, p: np.sum(q * q / p)),
     Mistake("That is −Σ q log p, the cross-entropy: subtract the entropy of q.", lambda q, p: -np.sum(q * LOG(p))),
     Mistake("That is −Σ q log q, the entropy of q: p does not occur in it.", lambda q, p: _entropy(q)))))

check_entropy = checker(Exercise(
    "entropy", ("q",), "one number, the total over the points, in nats", _entropy, DISTRIBUTIONS,
    ("H(q) = −Σ q log q: how undecided q is. For q = (½, ½) it is log 2, for q = (1, 0) it is 0.",
     "Multiply q with its logarithm entry by entry, sum everything, and mind the minus.",
     "Where q = 0 the term is 0, but log 0 is −∞ in a computer: take the logarithm of np.where(q > 0, q, 1) there."),
    "0 for a q that has decided, log K for one that has no idea.",
    (*_totals(_entropy)[:3],
     Mistake("The sign is the wrong way round: logarithms of probabilities are negative, so the minus makes it "
             "positive.",
             lambda q: -_entropy(q)),
     Mistake("The weights are missing: each log q is multiplied by q.", lambda q: -np.sum(_log_q(q))),
     Mistake("The log is missing: −Σ q log q.", lambda q: -np.sum(q * q)))))


def _one_hot(a):
    return np.eye(a.shape[1])[a.argmax(axis=1)]


check_hard_e_step = checker(Exercise(
    "hard_e_step", ("log_joint",), "q of shape (N, K), one 1 in each row", _one_hot, (*POINTS, *FAR),
    ("Each point decides for its most probable z. The largest posterior belongs to the largest log joint of the row.",
     "argmax over z (axis=1) gives one label a point; row k of np.eye(K) is the one-hot vector of label k."),
    "q decides, its entropy is 0, and the gap KL can no longer close (W21).",
    (Mistake("That is the posterior itself. Here q has to decide: 1 for the most probable z, 0 for the others.", _p),
     Mistake("You chose the least probable z: argmax, not argmin.", lambda a: np.eye(a.shape[1])[a.argmin(axis=1)]),
     Mistake("You chose one point for each z: the largest entry of each row is meant, axis=1.",
             lambda a: (a == a.max(axis=0)).astype(float))),
    (_rows_sum_to_one, _sums)))


def _tempered(log_joint, beta):
    return _p(beta * log_joint)


TEMPERED = tuple((_log_joint(n, k), beta) for (n, k), beta in
                 zip(((1, 2), (2, 2), (3, 3), (2, 3), (2, 2)), (0.5, 2.0, 0.25, 1.0, 0.0), strict=True))

check_tempered_e_step = checker(Exercise(
    "tempered_e_step", ("log_joint", "beta"), "q of shape (N, K), each row a distribution over z", _tempered,
    (*TEMPERED, (FAR[0][0], 0.5), (FAR[0][0], 50.0)),
    ("q ∝ p(z|x)^β: a power of a probability is a factor in front of its logarithm.",
     "Multiply log_joint by β, then do with it what you did for the posterior: exp, and divide rows by their sums."),
    "β = 0 knows nothing, β = 1 is the E-step, β → ∞ is the hard one: one slider from one to the other (W21).",
    (Mistake("β has no effect: that is the posterior itself.", lambda a, b: _p(a)),
     Mistake("The rows no longer sum to 1: after the power, divide by the sum over z again.", lambda a, b: _p(a) ** b),
     Mistake("You divided by β: that is a temperature. Here β multiplies the logarithm.",
             lambda a, b: _p(a / b) if b else _p(a)),
     Mistake("β multiplies the logarithm, before exp; you multiplied probabilities, and the division takes it out "
             "again.",
             lambda a, b: b * _p(a))),
    (_rows_sum_to_one, _sums)))


def _jensen(values, q):
    return LOG(np.sum(q * values)) - np.sum(q * LOG(values))


JENSEN = (*((RNG.uniform(0.2, 5, k), RNG.dirichlet(np.ones(k))) for k in (2, 2, 3, 5)), (np.full(3, 2.0), _q(1, 3)[0]))

check_jensen_gap = checker(Exercise(
    "jensen_gap", ("values", "q"), "one number, in nats", _jensen, JENSEN,
    ("Two averages with the weights q: the logarithm of the average, and the average of the logarithms.",
     "log E_q[v] − E_q[log v], with E_q[v] = Σ q v: the first is never the smaller one (W17)."),
    "log is concave, so the gap is never negative; it is 0 when all values are equal (W17, W18).",
    (Mistake("The gap is the other way round: the logarithm of the average is the larger one.",
     lambda v, q: -_jensen(v, q)),
     Mistake("The weights are missing: both averages are over q, not plain means.",
             lambda v, q: LOG(v.mean()) - LOG(v).mean()),
     Mistake("That is only log E_q[v]: the average of the logarithms is to be subtracted.",
             lambda v, q: LOG(np.sum(q * v))),
     Mistake("That is only E_q[log v]: it is to be subtracted from log E_q[v].", lambda v, q: np.sum(q * LOG(v))),
     Mistake("The logarithm of the average is missing its log: log Σ q v.",
             lambda v, q: np.sum(q * v) - np.sum(q * LOG(v))),
     Mistake("Your logarithm has base 2: those are bits. Here everything is in nats: np.log.",
             lambda v, q: _jensen(v, q) / LOG(2)))))
