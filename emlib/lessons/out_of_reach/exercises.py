"""Exercises: E-steps whose q is not the posterior, one that decides and one with a temperature (W21)."""

import numpy as np

from emlib.exercises import cases
from emlib.exercises.judge import Exercise, Mistake, checker

__all__ = ["check_hard_e_step", "check_tempered_e_step"]

RNG = np.random.default_rng(1979)
POINTS = [(a,) for a in (*cases.log_joints(RNG), *cases.far_log_joints(RNG))]
RULES = (cases.no_negative_entry, cases.rows_sum_to_one)

check_hard_e_step = checker(Exercise(
    "hard_e_step", ("log_joint",), "q of shape (N, K), one 1 in each row", cases.decided, POINTS,
    ("Each point decides for its most probable z. The largest posterior belongs to the largest log joint of the row.",
     "argmax over z (axis=1) gives one label a point; row k of np.eye(K) is the one-hot vector of label k."),
    "q decides, its entropy is 0, and the gap KL can no longer close (W21).",
    (Mistake("That is the posterior itself. Here q has to decide: 1 for the most probable z, 0 for the others.",
             cases.posterior),
     Mistake("You chose the least probable z: argmax, not argmin.", lambda a: np.eye(a.shape[1])[a.argmin(axis=1)]),
     Mistake("You chose one point for each z: the largest entry of each row is meant, axis=1.",
             lambda a: (a == a.max(axis=0)).astype(float))),
    RULES))


def tempered(log_joint, beta):
    return cases.posterior(beta * log_joint)


NEAR = [(cases.log_joint(RNG, n, k), beta)
        for n, k, beta in ((1, 2, 0.5), (2, 2, 2.0), (3, 3, 0.25), (2, 3, 1.0), (2, 2, 0.0))]
FAR = [(cases.far_log_joints(RNG)[0], beta) for beta in (0.5, 50.0)]

check_tempered_e_step = checker(Exercise(
    "tempered_e_step", ("log_joint", "beta"), "q of shape (N, K), each row a distribution over z", tempered,
    (*NEAR, *FAR),
    ("q ∝ p(z|x)^β: a power of a probability is a factor in front of its logarithm.",
     "Multiply log_joint by β, then do with it what you did for the posterior: exp, and divide rows by their sums."),
    "β = 0 knows nothing, β = 1 is the E-step, β → ∞ is the hard one: one slider from one to the other (W21).",
    (Mistake("β has no effect: that is the posterior itself.", lambda a, b: cases.posterior(a)),
     Mistake("The rows no longer sum to 1: after the power, divide by the sum over z again.",
             lambda a, b: cases.posterior(a) ** b),
     Mistake("You divided by β: that is a temperature. Here β multiplies the logarithm.",
             lambda a, b: cases.posterior(a / b) if b else cases.posterior(a)),
     Mistake("β multiplies the logarithm, before exp; you multiplied probabilities, and the division takes it out "
             "again.",
             lambda a, b: b * cases.posterior(a))),
    RULES))
