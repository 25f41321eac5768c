"""Answers to posterior, jensen_gap, hard_e_step, tempered_e_step and shared_e_step (notebooks 04, 05 and 07)."""

import math

import numpy as np
from student_answers import right, wrong


@right("check_posterior", "posterior is right, on 9 cases")
def softmax(log_joint):
    p = np.exp(log_joint - log_joint.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


@right("check_posterior")
def in_logarithms(log_joint):
    return np.exp(log_joint - np.logaddexp.reduce(log_joint, axis=1)[:, None])


@right("check_posterior")
def row_by_row(log_joint):
    rows = []
    for row in log_joint.tolist():
        p = [math.exp(a - max(row)) for a in row]
        rows.append([v / sum(p) for v in p])
    return rows


@wrong("check_posterior", "One maximum for all rows", never=("divide by the sum over k",), kind="mistake")
def one_maximum(log_joint):
    p = np.exp(log_joint - log_joint.max())
    return p / p.sum(axis=1, keepdims=True)


@wrong("check_posterior", "One maximum for all rows", "column", kind="mistake")
def maximum_of_the_column_maxima(log_joint):
    p = np.exp(log_joint - log_joint.max(axis=0).max())
    return p / p.sum(axis=1, keepdims=True)


@wrong("check_posterior", "maximum of each column", kind="mistake")
def maximum_of_a_column(log_joint):
    p = np.exp(log_joint - log_joint.max(axis=0))
    return p / p.sum(axis=1, keepdims=True)


@wrong("check_posterior", "right on 6 of 9 cases: the formula is right", "exp gives 0", kind="underflow")
def plain(log_joint):
    p = np.exp(log_joint)
    return p / p.sum(axis=1, keepdims=True)


@wrong("check_posterior", "Take out the largest entry of each row", "first one", kind="mistake")
def first_taken_out(log_joint):
    p = np.exp(log_joint - log_joint[:, :1])
    return p / p.sum(axis=1, keepdims=True)


@wrong("check_posterior", "small number added", "without a warning", kind="underflow")
def clipped(log_joint):
    p = np.exp(np.clip(log_joint, -700, 700))
    return p / p.sum(axis=1, keepdims=True)


@wrong("check_posterior", "Your columns sum to 1", kind="mistake")
def over_the_points(log_joint):
    p = np.exp(log_joint)
    return p / p.sum(axis=0)


@wrong("check_posterior", "logarithms of the posterior", kind="mistake")
def still_logarithms(log_joint):
    return log_joint - np.logaddexp.reduce(log_joint, axis=1, keepdims=True)


@wrong("check_posterior", "It is transposed", kind="shape")
def transposed(log_joint):
    p = np.exp(log_joint.T)
    return p / p.sum(axis=0)


@wrong("check_posterior", "reverse order", kind="mistake")
def labels_reversed(log_joint):
    return softmax(log_joint)[:, ::-1]


@wrong("check_posterior", "rounded to 2 digits", never=("divide by the sum",), kind="mistake")
def rounded(log_joint):
    return softmax(log_joint).round(2)


@right("check_jensen_gap")
def dot_products(values, q):
    return np.log(q @ values) - q @ np.log(values)


@right("check_jensen_gap")
def average(values, q):
    return math.log(np.average(values, weights=q)) - sum(w * math.log(v) for v, w in zip(values, q, strict=True))


@wrong("check_jensen_gap", "one number for each value", never=("point",), kind="mistake")
def no_second_average(values, q):
    return np.log(np.sum(q * values)) - np.log(values)


@wrong("check_jensen_gap", "a sum over the values is missing", never=("point",), kind="shape")
def no_sum_at_all(values, q):
    return np.log(q * values) - q * np.log(values)


@wrong("check_jensen_gap", "other way round", kind="mistake")
def gap_below_zero(values, q):
    return q @ np.log(values) - np.log(q @ values)


@wrong("check_jensen_gap", "base 2", kind="mistake")
def gap_in_bits(values, q):
    return np.log2(q @ values) - q @ np.log2(values)


@wrong("check_jensen_gap", "weights are missing", kind="mistake")
def plain_means(values, q):
    return np.log(values.mean()) - np.log(values).mean()


@wrong("check_jensen_gap", "Both averages have the weights q", kind="mistake")
def one_plain_mean(values, q):
    return np.log(q @ values) - np.log(values).mean()


@wrong("check_jensen_gap", "do not take the mean", kind="mistake")
def mean_of_products(values, q):
    return np.log(np.mean(q * values)) - np.mean(q * np.log(values))


@right("check_hard_e_step")
def rows_of_eye(log_joint):
    return np.eye(log_joint.shape[1])[log_joint.argmax(axis=1)]


@right("check_hard_e_step")
def last_of_the_best(log_joint):
    q = []
    for row in log_joint:
        best = 0
        for k, a in enumerate(row):
            if a >= row[best]:
                best = k
        q.append([float(k == best) for k in range(len(row))])
    return q


@right("check_hard_e_step")
def with_indices(log_joint):
    q = np.zeros_like(log_joint)
    q[np.arange(len(q)), log_joint.argmax(axis=1)] = 1
    return q


@wrong("check_hard_e_step", "With a tie", "argmax", never=("divide by the sum",), kind="mistake")
def equal_to_the_maximum(log_joint):
    return log_joint == log_joint.max(axis=1, keepdims=True)


@wrong("check_hard_e_step", "share the point", kind="mistake")
def tie_divided(log_joint):
    top = (log_joint == log_joint.max(axis=1, keepdims=True)).astype(float)
    return top / top.sum(axis=1, keepdims=True)


@wrong("check_hard_e_step", "rounded", "argmax", never=("divide by the sum",), kind="mistake")
def posterior_rounded(log_joint):
    return softmax(log_joint).round()


@wrong("check_hard_e_step", "compared with one half", never=("divide by the sum",), kind="mistake")
def more_than_half(log_joint):
    return (softmax(log_joint) > 0.5).astype(int)


@wrong("check_hard_e_step", "fills whole columns", never=("divide by the sum",), kind="mistake")
def columns_filled(log_joint):
    q = np.zeros(log_joint.shape)
    q[:, log_joint.argmax(axis=1)] = 1
    return q


@wrong("check_hard_e_step", "posterior itself", kind="mistake")
def soft(log_joint):
    return softmax(log_joint)


@wrong("check_hard_e_step", "labels are given for rows of q", kind="shape")
def labels(log_joint):
    return log_joint.argmax(axis=1)


@wrong("check_hard_e_step", "argmax, not argmin", kind="mistake")
def worst(log_joint):
    return np.eye(log_joint.shape[1])[log_joint.argmin(axis=1)]


@wrong("check_hard_e_step", "without a warning", kind="underflow")
def of_probabilities(log_joint):
    return np.eye(log_joint.shape[1])[np.exp(log_joint).argmax(axis=1)]


@wrong("check_hard_e_step", "exactly one 1", never=("divide by the sum",), kind="wrong")
def two_ones(log_joint):
    q = np.eye(log_joint.shape[1])[log_joint.argmax(axis=1)]
    q[:, 0] = 1
    return q


@right("check_tempered_e_step")
def multiplied(log_joint, beta):
    return softmax(beta * log_joint)


@right("check_tempered_e_step")
def tempered_in_logarithms(log_joint, beta):
    power = beta * log_joint
    return np.exp(power - np.logaddexp.reduce(power, axis=1, keepdims=True))


@wrong("check_tempered_e_step", "One maximum for all rows", kind="mistake")
def tempered_one_maximum(log_joint, beta):
    p = np.exp(beta * (log_joint - log_joint.max()))
    return p / p.sum(axis=1, keepdims=True)


@wrong("check_tempered_e_step", "β has no effect", kind="mistake")
def beta_forgotten(log_joint, beta):
    return softmax(log_joint)


@wrong("check_tempered_e_step", "no longer sum to 1", kind="mistake")
def power_without_sum(log_joint, beta):
    return softmax(log_joint) ** beta


@right("check_shared_e_step")
def shared_tile(log_joint):
    mean = log_joint.mean(axis=0)
    p = np.exp(mean - mean.max())
    return np.tile(p / p.sum(), (len(log_joint), 1))


@right("check_shared_e_step")
def shared_ones(log_joint):
    mean = sum(log_joint) / len(log_joint)
    return np.ones((len(log_joint), 1)) * np.exp(mean - np.logaddexp.reduce(mean))


@wrong("check_shared_e_step", "average of the posteriors", kind="mistake")
def mean_posterior(log_joint):
    return np.tile(softmax(log_joint).mean(axis=0), (len(log_joint), 1))


@wrong("check_shared_e_step", "You summed the logarithms", kind="mistake")
def sum_of_logarithms(log_joint):
    return np.tile(softmax(log_joint.sum(axis=0)[None])[0], (len(log_joint), 1))


@wrong("check_shared_e_step", "repeat it N times", kind="mistake")
def one_row(log_joint):
    return softmax(log_joint.mean(axis=0)[None])[0]


@wrong("check_posterior", "raised ValueError: only pairs", never=("too small", "too large"), kind="raised")
def wrong_first_and_an_error_later(log_joint):
    """The order of messages goes before the order of cases."""
    if len(log_joint) > 2:
        raise ValueError("only pairs")
    return np.tile([0.9, 0.1], (len(log_joint), 1))
