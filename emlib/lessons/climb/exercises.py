"""Exercise: the E-step of any model with labels, Bayes' rule (W3)."""

import numpy as np

from emlib.bound import log_posterior
from emlib.exercises import cases
from emlib.exercises.judge import Exercise, Mistake, checker

__all__ = ["check_posterior"]

RNG = np.random.default_rng(1978)
POINTS = [(a,) for a in (*cases.log_joints(RNG), *cases.far_log_joints(RNG))]

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
             cases.decided)),
    (cases.no_negative_entry, cases.rows_sum_to_one)))
