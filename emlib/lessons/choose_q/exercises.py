"""Exercises: log p(x), the ELBO, its two terms, and the KL, from a table of log joints and a q (W2, W7, W13)."""

import numpy as np

from emlib.bound import bound
from emlib.exercises import cases
from emlib.exercises.by_hand import Number, Slip, by_hand
from emlib.exercises.judge import Exercise, Mistake, checker

__all__ = ["by_hand_distance", "by_hand_one_point", "check_elbo", "check_entropy",
           "check_expected_log_joint", "check_kl", "check_log_lik"]

RNG = np.random.default_rng(1977)
POINTS, FAR_POINTS = ([(a,) for a in make(RNG)] for make in (cases.log_joints, cases.far_log_joints))
PAIRS = [*((a, cases.distributions(RNG, *a.shape)) for a in cases.log_joints(RNG)),
         *((cases.log_joint(RNG, n, k), cases.distributions_with_zeros(RNG, n, k)) for n, k in ((3, 2), (4, 3)))]
FAR_PAIRS = [(a, cases.distributions(RNG, *a.shape)) for a in cases.far_log_joints(RNG)]


def log_q(q):
    """log q, and 0 where q is 0: 0 · log 0 = 0."""
    return np.log(q, out=np.zeros_like(q), where=q > 0)


def entropy(q):
    return -np.sum(q * log_q(q))


def mistakes_with_totals(truth):
    """The mistakes that any total in nats invites."""
    return (
        Mistake("You took the mean over the points; here it is a total: sum, not mean.",
                lambda *a: truth(*a) / len(a[0])),
        Mistake("You took the mean over all entries of the table; here it is a total: sum, not mean.",
                lambda *a: truth(*a) / a[0].size),
        Mistake("Your logarithm has base 2: those are bits. Here everything is in nats: np.log.",
                lambda *a: truth(*a) / np.log(2)),
        Mistake("Your logarithm has base 10. Here everything is in nats: np.log.", lambda *a: truth(*a) / np.log(10)),
        Mistake("The sign is the wrong way round.", lambda *a: -truth(*a)))


def log_lik(log_joint):
    return np.logaddexp.reduce(log_joint, axis=1).sum()


def within_rows(log_joint, base):
    """m + log Σ exp(a − m), with m in nats and the logarithm in another base."""
    m = log_joint.max(axis=1, keepdims=True)
    return np.sum(m + log_lik(log_joint - m) / np.log(base) / len(m))


check_log_lik = checker(Exercise(
    "log_lik", ("log_joint",), "one number, the total over the points, in nats", log_lik, POINTS,
    ("Each row of log_joint holds log p(x, z) of one point. What does p(x) have to do with the p(x, z)?",
     "For one point: p(x) = Σ_z p(x, z), so take exp, sum over z (axis=1), take log. Then add the points up.",
     "exp(−1500) is 0 in a computer. Take the largest entry m of each row out first: "
     "log Σ exp(a) = m + log Σ exp(a − m)."),
    "You sum inside the logarithm, in log space (W15), so that even a point 1500 nats away keeps its digits.",
    (*mistakes_with_totals(log_lik),
     Mistake("You add an array of shape (N, 1) to one of shape (N,): each m meets each logarithm, and the total is N "
             "times what it should be. Take the column out first: m[:, 0].", lambda a: len(a) * log_lik(a)),
     Mistake("Each row's largest entry is taken out before exp, and not put back after it: log Σ exp(a) = "
             "m + log Σ exp(a − m).", lambda a: log_lik(a - a.max(axis=1, keepdims=True))),
     *(Mistake(f"The logarithm has base {base}, and m is in nats: they cannot be added. Use np.log.",
               lambda a, base=base: within_rows(a, base)) for base in (2, 10)),
     *cases.one_for_all_rows(lambda a, m: np.sum(m + np.log(np.exp(a - m).sum(axis=1, keepdims=True)))),
     Mistake("You summed the logarithms over z. The sum over z stands inside the logarithm: log Σ_z exp(log_joint).",
             np.sum),
     Mistake("You kept the largest term of each row only; all z contribute to p(x).", lambda a: a.max(axis=1).sum()),
     Mistake("The log at the end is missing: these are probabilities, added up.", lambda a: np.exp(a).sum()),
     Mistake("You summed over the points inside the logarithm as well: log for each point first, then add up (axis=1).",
             lambda a: np.log(np.exp(a).sum())),
     Mistake("You summed over the points (axis=0) where the sum over z (axis=1) belongs.",
             lambda a: np.logaddexp.reduce(a, axis=0).sum())),
    far=FAR_POINTS, far_is_extra=True))


def elbo(log_joint, q):
    return bound(log_joint, q).elbo


def expected_log_joint(log_joint, q):
    return bound(log_joint, q).expected_log_joint


check_elbo = checker(Exercise(
    "elbo", ("log_joint", "q"), "one number, the total over the points, in nats", elbo, PAIRS,
    ("ELBO = Σ_n Σ_z q(z) log [p(x, z) / q(z)]: W7, first term. The logarithm of a fraction is a difference.",
     "log_joint is a logarithm already: weight (log_joint − log q) with q, and sum over everything.",
     "Where q = 0 its term is 0, but log 0 is −∞ in a computer: take the logarithm of np.where(q > 0, q, 1) there."),
    "It is E_q[log p(x, z)] + H(q) (W7), and 0 · log 0 = 0. If you computed log p(x) − KL: that is the same number, by "
    "the identity (W8).",
    (*mistakes_with_totals(elbo),
     Mistake("That is E_q[log p(x, z)] alone: the entropy of q, −Σ q log q, is missing. (It is Q, what the M-step "
             "maximises.)", expected_log_joint),
     Mistake("The entropy has the wrong sign: it is −Σ q log q, and it is added.",
             lambda a, q: expected_log_joint(a, q) - entropy(q)),
     Mistake("That is the entropy of q alone; the log joint is missing.", lambda a, q: entropy(q)),
     Mistake("You went back to probabilities: log(exp(log_joint) / q) is −∞ where log_joint is −1000, for exp(−1000) "
             "is 0 in a computer. The logarithm of the fraction is log_joint − log q.",
             lambda a, q: np.sum(np.where(q > 0, q * np.log(np.exp(a) / np.where(q > 0, q, 1)), 0))),
     Mistake("log q has base 2, log_joint is in nats: they cannot be added. Use np.log.",
             lambda a, q: expected_log_joint(a, q) + entropy(q) / np.log(2)),
     Mistake("log q has base 10, log_joint is in nats: they cannot be added. Use np.log.",
             lambda a, q: expected_log_joint(a, q) + entropy(q) / np.log(10)),
     Mistake("That is −KL: log p(z|x) stands where log p(x, z) belongs. Do not divide log_joint by p(x).",
             lambda a, q: -bound(a, q).kl),
     Mistake("q is multiplied twice: each term has the weight q once, q · (log_joint − log q).",
             lambda a, q: np.sum(q * q * (a - log_q(q)))),
     Mistake("The weights are missing: it is an average over q, so each term is multiplied by q.",
             lambda a, q: np.sum(a - log_q(q))),
     Mistake("A log is missing: you averaged p(x, z) itself, exp(log_joint). log_joint is a logarithm already.",
             lambda a, q: np.sum(q * np.exp(a)) + entropy(q)),
     Mistake("A log is missing: you subtracted q, not log q.", lambda a, q: np.sum(q * (a - q))),
     Mistake("That is log p(x), which does not depend on q: the ELBO does.", lambda a, q: log_lik(a)),
     Mistake("That is the KL, the other part.", lambda a, q: bound(a, q).kl),
     Mistake("You took the logarithm of log_joint, which is a logarithm already.",
             lambda a, q: np.sum(q * (np.log(np.abs(a)) - log_q(q))))),
    far=FAR_PAIRS))

check_expected_log_joint = checker(Exercise(
    "expected_log_joint", ("log_joint", "q"), "one number, the total over the points, in nats", expected_log_joint,
    PAIRS,
    ("E_q[log p(x, z)]: for each point the average of its row of log_joint, with the weights in q (W13).",
     "Multiply the two tables entry by entry, and sum everything."),
    "This is Q(θ, θ^t), what the M-step maximises (W13, W14).",
    (*mistakes_with_totals(expected_log_joint),
     Mistake("The entropy of q is added: that makes it the ELBO. Q has no entropy, for θ is not in it (W12).", elbo),
     Mistake("The weights are missing: multiply with q before you sum.", lambda a, q: np.sum(a)),
     Mistake("q is multiplied twice: each log p(x, z) has the weight q once.", lambda a, q: np.sum(q * q * a)),
     Mistake("You went back to probabilities and took their logarithm again: exp(−1000) is 0 in a computer. log_joint "
             "is the logarithm already.", lambda a, q: np.sum(q * np.log(np.exp(a)))),
     Mistake("You averaged p(x, z), not its logarithm; log_joint holds the logarithms already.",
             lambda a, q: np.sum(q * np.exp(a)))),
    far=FAR_PAIRS))


def kl(q, p):
    return np.sum(q * (log_q(q) - np.log(p)))


check_kl = checker(Exercise(
    "kl", ("q", "p"), "one number, the total over the points, in nats", kl,
    [(q, cases.posterior(a)) for a, q in PAIRS],
    ("KL(q‖p) = Σ_n Σ_z q(z) log [q(z) / p(z)]: q stands first, and it is q that averages (W7).",
     "A logarithm of a fraction is a difference: q · (log q − log p), summed over everything.",
     "Where q = 0 the term is 0, but log 0 is −∞ in a computer: take the logarithm of np.where(q > 0, q, 1) there."),
    "Never negative, and 0 only where q is p (W9).",
    (*mistakes_with_totals(kl)[:-1],
     Mistake("The sign is inside: KL = Σ q log (q/p), with q on top. Yours is Σ q log (p/q).", lambda q, p: -kl(q, p)),
     Mistake("That is KL(p‖q), the other way round: q must be the one that averages, and on top of the fraction.",
             lambda q, p: np.sum(p * (np.log(p) - np.log(q)))),
     Mistake("q is multiplied twice: each log (q/p) has the weight q once.",
             lambda q, p: np.sum(q * q * (log_q(q) - np.log(p)))),
     Mistake("The weights are missing: each log (q/p) is multiplied by q.", lambda q, p: np.sum(log_q(q) - np.log(p))),
     Mistake("The log is missing: Σ q · log(q/p).", lambda q, p: np.sum(q * q / p)),
     Mistake("That is −Σ q log p, the cross-entropy: subtract the entropy of q.", lambda q, p: -np.sum(q * np.log(p))),
     Mistake("That is −Σ q log q, the entropy of q: p does not occur in it.", lambda q, p: entropy(q)))))

check_entropy = checker(Exercise(
    "entropy", ("q",), "one number, the total over the points, in nats", entropy, [(q,) for _, q in PAIRS],
    ("H(q) = −Σ q log q: how undecided q is. For q = (½, ½) it is log 2, for q = (1, 0) it is 0.",
     "Multiply q with its logarithm entry by entry, sum everything, and mind the minus.",
     "Where q = 0 the term is 0, but log 0 is −∞ in a computer: take the logarithm of np.where(q > 0, q, 1) there."),
    "0 for a q that has decided, log K for one that has no idea.",
    (*mistakes_with_totals(entropy)[:-1],
     Mistake("The sign is the wrong way round: logarithms of probabilities are negative, so the minus makes it "
             "positive.",
             lambda q: -entropy(q)),
     Mistake("q is multiplied twice: each log q has the weight q once.", lambda q: -np.sum(q * q * log_q(q))),
     Mistake("The weights are missing: each log q is multiplied by q.", lambda q: -np.sum(log_q(q))),
     Mistake("The log is missing: −Σ q log q.", lambda q: -np.sum(q * q)))))


# p(x, z) = (0.1, 0.3), and q = (½, ½): what the numbers are, and the numbers that usual slips give
P, Q = np.array([0.1, 0.3]), np.array([0.5, 0.5])
POSTERIOR = P / P.sum()
BITS = "your logarithm has base 2; nats need the natural logarithm, ln."
TENS = "your logarithm has base 10; nats need the natural logarithm, ln."
LOG_LIK, ELBO, KL = np.log(P.sum()), np.sum(Q * np.log(P / Q)), np.sum(Q * np.log(Q / POSTERIOR))

by_hand_one_point = by_hand("one_point", (
    Number("log_lik", LOG_LIK, 3, (
        Slip(LOG_LIK / np.log(2), BITS), Slip(LOG_LIK / np.log(10), TENS),
        Slip(np.log(P).sum(), "you added the logarithms. The sum over z comes first, its logarithm after it."),
        Slip(P.sum(), "that is p(x) itself; take its logarithm."))),
    Number("posterior", POSTERIOR[0], 2, (
        Slip(POSTERIOR[1], "that is the second one; the first is asked."),
        Slip(P[0], "that is p(x, z): divide it by p(x)."),
        Slip(P[0] / P[1], "you divided by the other one; divide by the sum of both."))),
    Number("elbo", ELBO, 3, (
        Slip(ELBO / np.log(2), BITS), Slip(ELBO / np.log(10), TENS),
        Slip(np.sum(Q * np.log(P)), "that is E_q[log p(x, z)] alone; the entropy of q, −Σ q log q, is missing."),
        Slip(np.sum(Q * np.log(P)) + np.sum(Q * np.log(Q)), "the entropy has the wrong sign: −Σ q log q is positive."),
        Slip(2 * ELBO, "the weights ½ are missing."))),
    Number("kl", KL, 3, (
        Slip(KL / np.log(2), BITS), Slip(KL / np.log(10), TENS),
        Slip(np.sum(POSTERIOR * np.log(POSTERIOR / Q)), "that is KL(p‖q). Here q stands first, and it is q "
                                                        "that averages."),
        Slip(2 * KL, "the weights ½ are missing.")))),
    ("Sum over z first: p(x) = 0.1 + 0.3. The posterior is each p(x, z), divided by it.",
     "ELBO = Σ q log(p(x, z) / q), with q = ½ both times. KL = Σ q log(q / posterior). Both with ln.",
     "Test yourself before you ask: ELBO + KL has to be log p(x)."),
    "And ELBO + KL is log p(x): the identity (W8).")

HALF = np.log(2)
by_hand_distance = by_hand("distance", (
    Number("entropy", HALF, 3, (Slip(1, BITS), Slip(HALF / np.log(10), TENS),
                                Slip(HALF / 2, "one of the two terms is missing: z has two values."))),
    Number("kl", KL, 3, (
        Slip(KL / np.log(2), BITS), Slip(KL / np.log(10), TENS),
        Slip(np.sum(POSTERIOR * np.log(POSTERIOR / Q)), "that is KL(p‖q), the other way round: q averages, and q is on "
                                                        "top of the fraction."),
        Slip(2 * KL, "the weights ½ are missing."), Slip(HALF / 2, "the second value of z is missing.")))),
    ("H(q) = −Σ q log q: two equal terms for q = (½, ½).",
     "KL(q‖p) = ½ log(½ / ¼) + ½ log(½ / ¾), with ln."),
    "½ log 2 + ½ log ⅔: the second term is negative, the sum is not (W9).")
