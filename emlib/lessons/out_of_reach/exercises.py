"""Exercises: E-steps whose q is no posterior: one that decides, one with a temperature, one for all points (W21)."""

import numpy as np

from emlib.exercises import cases
from emlib.exercises.by_hand import Number, Slip, by_hand
from emlib.exercises.form import show
from emlib.exercises.judge import Exercise, Mistake, checker

__all__ = ["by_hand_floor", "check_hard_e_step", "check_shared_e_step", "check_tempered_e_step"]

RNG = np.random.default_rng(1979)
LOG_JOINTS = cases.log_joints(RNG)
FAR_LOG_JOINTS = cases.far_log_joints(RNG)
TIES = [np.log([[0.3, 0.3], [0.1, 0.2]]), np.log([[0.2, 0.1, 0.2], [0.1, 0.3, 0.3]])]
RULES = (cases.no_negative_entry, cases.rows_sum_to_one)


def one_one_in_each_row(value, right, given):
    """A rule: each row of q holds one 1 and zeros."""
    off = ((value == 1).sum(axis=1) != 1) | ((value != 0).sum(axis=1) != 1)
    if off.any():
        n = int(np.argmax(off))
        return (f"row {n} of your q is {show(value[n])}. A hard q decides: each row has exactly one 1, for its most "
                "probable z, and zeros.")
    return None


def decides_for_a_largest(value, right, given):
    """Whether each row of a q, one 1 and zeros, chooses a largest entry: with a tie there are several right answers."""
    return bool(np.all((value * given[0]).sum(axis=1) == given[0].max(axis=1)))


def columns_set(log_joint):
    """What ``q[:, log_joint.argmax(axis=1)] = 1`` does: it fills columns, not one entry for each row."""
    q = np.zeros(log_joint.shape)
    q[:, log_joint.argmax(axis=1)] = 1
    return q


check_hard_e_step = checker(Exercise(
    "hard_e_step", ("log_joint",), "q of shape (N, K), one 1 in each row", cases.decided,
    [(a,) for a in (*LOG_JOINTS, *TIES)],
    ("Each point decides for its most probable z. The largest posterior belongs to the largest log joint of the row.",
     "argmax over z (axis=1) gives one label a point; row k of np.eye(K) is the one-hot vector of label k."),
    "q decides, its entropy is 0, and the gap KL can no longer close (W21).",
    (Mistake("That is the posterior itself. Here q has to decide: 1 for the most probable z, 0 for the others.",
             cases.posterior),
     Mistake("That is the posterior, rounded (or compared with one half). With three labels the most probable one may "
             "have less than one half, and then nobody is chosen: take the largest entry of each row, argmax.",
             lambda a: np.round(cases.posterior(a))),
     Mistake("q[:, labels] = 1 fills whole columns, for all points at once. Each row n gets its one 1 in column "
             "labels[n]: index the rows too, with np.arange(N), or take rows of np.eye(K).", columns_set),
     Mistake("With a tie, two labels that are equally probable, your row gets a 1 for each of them and is no "
             "distribution any more. Decide for one: argmax takes the first.",
             lambda a: (a == a.max(axis=1, keepdims=True)).astype(float)),
     Mistake("With a tie you share the point between the labels that are equally probable. A hard q decides for one of "
             "them: argmax takes the first.",
             lambda a: (lambda top: top / top.sum(axis=1, keepdims=True))(a == a.max(axis=1, keepdims=True))),
     Mistake("You chose the least probable z: argmax, not argmin.", lambda a: np.eye(a.shape[1])[a.argmin(axis=1)]),
     Mistake("You chose one point for each z: the largest entry of each row is meant, axis=1.",
             lambda a: (a == a.max(axis=0)).astype(float)),
     Mistake("You looked for the largest entry of the whole table. Each row has its own: axis=1.",
             lambda a: (a == a.max()).astype(float))),
    (one_one_in_each_row,), far=[(a,) for a in FAR_LOG_JOINTS], accepts=decides_for_a_largest))


def tempered(log_joint, beta):
    return cases.posterior(beta * log_joint)


NEAR = [(cases.log_joint(RNG, n, k), beta)
        for n, k, beta in ((1, 2, 0.5), (2, 2, 2.0), (3, 3, 0.25), (2, 3, 1.0), (2, 2, 0.0))]
FAR = [*((FAR_LOG_JOINTS[0], beta) for beta in (0.5, 50.0)), *((a, 0.9) for a in FAR_LOG_JOINTS[1:])]


def power_of(log_joint, beta, taken_out):
    p = np.exp(beta * (log_joint - taken_out))
    return p / p.sum(axis=1, keepdims=True)


check_tempered_e_step = checker(Exercise(
    "tempered_e_step", ("log_joint", "beta"), "q of shape (N, K), each row a distribution over z", tempered,
    NEAR,
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
             lambda a, b: b * cases.posterior(a)),
     Mistake("You put everything on the most probable z: that is β → ∞, the hard E-step.",
             lambda a, b: cases.decided(a)),
     Mistake("One maximum for all rows (or for a whole column) is not enough: a row near −1000 beside one near −1 "
             "still gives exp(−1000) = 0. Take each row's own: max(axis=1, keepdims=True).",
             lambda a, b: power_of(a, b, a.max()))),
    RULES, far=FAR))


def shared_q(log_joint):
    return np.tile(cases.posterior(log_joint.mean(axis=0, keepdims=True)), (len(log_joint), 1))


check_shared_e_step = checker(Exercise(
    "shared_e_step", ("log_joint",), "q of shape (N, K), all rows alike", shared_q, [(a,) for a in LOG_JOINTS],
    ("One q serves all points. In Σ_n Σ_k q_k (log p(x_n, z=k) − log q_k) only one sum over n is left: which?",
     "Put the average over the points, mean over axis=0, in the place of log_joint: then it is Bayes' rule for one "
     "row.",
     "exp of the averages, divided by their sum, repeated for each of the N points (np.tile, or a row times ones)."),
    "The best q that is the same for all points: averages of logarithms, then Bayes' rule (W21).",
    (Mistake("That is the posterior of each point: here all rows of q are alike.", cases.posterior),
     Mistake("That is the average of the posteriors. What is best for all points together averages the *logarithms* of "
             "the joint, before exp.", lambda a: np.tile(cases.posterior(a).mean(axis=0), (len(a), 1))),
     Mistake("You summed the logarithms over the points. The entropy of q is counted once for each point as well, so "
             "the average is what matters: mean over axis=0.",
             lambda a: np.tile(cases.posterior(a.sum(axis=0, keepdims=True)), (len(a), 1))),
     Mistake("You averaged probabilities. The expectation in the ELBO is of logarithms: average log_joint itself.",
             lambda a: np.tile(np.exp(a).mean(axis=0) / np.exp(a).mean(axis=0).sum(), (len(a), 1))),
     Mistake("That is one row. q has one row for each point, all of them alike: repeat it N times (np.tile).",
             lambda a: shared_q(a)[0]),
     Mistake("That is one row, in an array (1, K). q has one row for each point: repeat it N times (np.tile).",
             lambda a: shared_q(a)[:1])),
    RULES, far=[(a,) for a in FAR_LOG_JOINTS[:2]]))


# A posterior (0.9, 0.1), and the hard q = (1, 0)
by_hand_floor = by_hand("floor", (
    Number("floor", -np.log(0.9), 3, (
        Slip(-np.log2(0.9), "your logarithm has base 2; nats need the natural logarithm, ln."),
        Slip(-np.log10(0.9), "your logarithm has base 10; nats need the natural logarithm, ln."),
        Slip(-0.9 * np.log(0.9) - 0.1 * np.log(0.1), "that is the entropy of the posterior. The hard q averages: it "
                                                     "gives the first label the weight 1."),
        Slip(-0.9 * np.log(0.9), "the weight of the first label is q = 1, not 0.9."),
        Slip(-np.log(0.1), "that is the surprise at the *less* probable label; a hard q takes the other one."),
        Slip(0.1, "that is 1 − 0.9; the KL is a logarithm."))),),
    ("KL(q‖p) = Σ q log(q / p) with q = (1, 0): where q is 0 the term is 0.", "One term is left: 1 · ln(1 / 0.9)."),
    "−log of the largest posterior: what it costs to decide (W21).")
