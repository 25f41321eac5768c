"""Exercise: the E-step of any model with labels, Bayes' rule (W3)."""

import numpy as np

from emlib.bound import log_posterior
from emlib.exercises import cases
from emlib.exercises.by_hand import Number, Slip, by_hand
from emlib.exercises.judge import Exercise, Mistake, checker

__all__ = ["by_hand_new_mean", "check_posterior"]

RNG = np.random.default_rng(1978)
POINTS, FAR = ([(a,) for a in make(RNG)] for make in (cases.log_joints, cases.far_log_joints))


def softmax_less(log_joint, taken_out):
    """exp and division, after taking out something that need not be each row's largest entry."""
    p = np.exp(log_joint - taken_out)
    return p / p.sum(axis=1, keepdims=True)


check_posterior = checker(Exercise(
    "posterior", ("log_joint",), "q of shape (N, K), each row a distribution over z", cases.posterior, POINTS,
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
             cases.decided),
     Mistake("You took out the maximum of each column (axis=0). That changes the differences within a row, which are "
             "all that matters: take out each row's own, max(axis=1, keepdims=True).",
             lambda a: softmax_less(a, a.max(axis=0))),
     *cases.one_for_all_rows(softmax_less)),
    (cases.no_negative_entry, cases.rows_sum_to_one), far=FAR))


# Waiting times 50, 60 and 90, which belong to the first kind by 1, ½ and 1/10
TIMES, SHARES = np.array([50.0, 60.0, 90.0]), np.array([1.0, 0.5, 0.1])

by_hand_new_mean = by_hand("new_mean", (
    Number("theta", TIMES @ SHARES / SHARES.sum(), 1, (
        Slip(TIMES.mean(), "that is the plain mean: each time has a weight, its share."),
        Slip(TIMES @ SHARES / 3, "you divided by three. A weighted mean is divided by the sum of its weights, 1.6."),
        Slip(TIMES @ SHARES, "that is the weighted sum; divide it by the sum of the weights."),
        Slip(55.0, "you gave the last point no share at all, or only whole shares; it counts by one tenth."),
        Slip(TIMES[:2] @ SHARES[:2] / SHARES[:2].sum(), "you forgot the last point: it counts by one tenth."),
        Slip(TIMES @ SHARES**2 / np.sum(SHARES**2), "you squared the shares."),
        Slip(TIMES @ (1 - SHARES) / np.sum(1 - SHARES), "those are the shares of the *second* kind."))),),
    ("Each waiting time counts by its share: 1 · 50 + ½ · 60 + …",
     "Divide by the sum of the shares, not by the number of points."),
    "A weighted mean: this is the whole M-step (W14).")
