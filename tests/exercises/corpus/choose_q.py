"""Answers to log_lik, elbo, expected_log_joint, kl and entropy (notebooks 00, 03 and 05)."""

import math

import numpy as np
from student_answers import right, wrong

RIGHT_NUMBERS = ("right is",)


@right("check_log_lik", "log_lik is right, on 9 cases")
def log_sum_exp(log_joint):
    m = log_joint.max(axis=1, keepdims=True)
    return np.sum(m[:, 0] + np.log(np.exp(log_joint - m).sum(axis=1)))


@right("check_log_lik")
def with_logaddexp(log_joint):
    return np.logaddexp.reduce(log_joint, axis=1).sum()


@right("check_log_lik")
def in_loops(log_joint):
    total = 0.0
    for row in log_joint:
        m = max(row)
        total += m + math.log(sum(math.exp(a - m) for a in row))
    return total


@right("check_log_lik", "right on 6 of 9 cases: the formula is right", "exp gives 0", "Do you want to repair it?")
def plain(log_joint):
    return np.log(np.exp(log_joint).sum(axis=1)).sum()


@right("check_log_lik", "right on 6 of 9 cases: the formula is right", "Do you want to repair it?")
def plain_in_loops(log_joint):
    return sum(math.log(sum(math.exp(a) for a in row)) for row in log_joint)


@wrong("check_log_lik", "One maximum for all rows", "−1000", never=("formula is right",), kind="mistake")
def one_maximum(log_joint):
    m = log_joint.max()
    return np.sum(m + np.log(np.exp(log_joint - m).sum(axis=1)))


@wrong("check_log_lik", "One maximum for all rows", kind="mistake")
def one_maximum_for_a_column(log_joint):
    m = log_joint.max(axis=0)
    p = np.exp(log_joint - m.max()).sum(axis=1)
    return np.sum(m.max() + np.log(p))


@wrong("check_log_lik", "Take out the largest entry of each row", kind="mistake")
def the_mean_taken_out(log_joint):
    m = log_joint.mean(axis=1)
    return np.sum(m + np.log(np.exp(log_joint - m[:, None]).sum(axis=1)))


@wrong("check_log_lik", "small number added", "without a warning", kind="underflow")
def a_small_number_added(log_joint):
    return np.log(np.exp(log_joint).sum(axis=1) + 1e-300).sum()


@wrong("check_log_lik", "m[:, 0]", never=("twice",), kind="mistake")
def column_and_row(log_joint):
    m = log_joint.max(axis=1, keepdims=True)
    return np.sum(m + np.log(np.exp(log_joint - m).sum(axis=1)))


@wrong("check_log_lik", "not put back", kind="mistake")
def maximum_not_put_back(log_joint):
    m = log_joint.max(axis=1, keepdims=True)
    return np.log(np.exp(log_joint - m).sum(axis=1)).sum()


@wrong("check_log_lik", "whole numbers", "int(", never=RIGHT_NUMBERS, kind="mistake")
def whole_number(log_joint):
    return int(np.logaddexp.reduce(log_joint, axis=1).sum())


@wrong("check_log_lik", "rounded to 3 digits", never=RIGHT_NUMBERS, kind="mistake")
def rounded(log_joint):
    return round(np.logaddexp.reduce(log_joint, axis=1).sum(), 3)


@wrong("check_log_lik", "base 10", never=RIGHT_NUMBERS, kind="mistake")
def base_ten(log_joint):
    return np.log10(np.exp(log_joint).sum(axis=1)).sum()


@wrong("check_log_lik", "base 2", never=RIGHT_NUMBERS, kind="mistake")
def base_two(log_joint):
    return np.log2(np.exp(log_joint).sum(axis=1)).sum()


@wrong("check_log_lik", "base 2, and m is in nats", kind="mistake")
def base_two_after_the_maximum(log_joint):
    m = log_joint.max(axis=1, keepdims=True)
    return np.sum(m[:, 0] + np.log2(np.exp(log_joint - m).sum(axis=1)))


@wrong("check_log_lik", "mean over the points", kind="mistake")
def mean_over_points(log_joint):
    return np.logaddexp.reduce(log_joint, axis=1).mean()


@wrong("check_log_lik", "sum over z stands inside", kind="mistake")
def sum_of_logs(log_joint):
    return log_joint.sum()


@wrong("check_log_lik", "(axis=0) where the sum over z", kind="mistake")
def other_axis(log_joint):
    return np.logaddexp.reduce(log_joint, axis=0).sum()


@wrong("check_log_lik", "one number for each point: add them up", kind="shape")
def for_each_point(log_joint):
    return np.logaddexp.reduce(log_joint, axis=1)


@wrong("check_log_lik", "too small", never=RIGHT_NUMBERS, kind="wrong")
def nobody_knows(log_joint):
    return np.logaddexp.reduce(log_joint, axis=1).sum() - 0.4321


@wrong("check_log_lik", "last digits", never=("too small", "too large"), kind="mistake")
def single_precision(log_joint):
    return np.logaddexp.reduce((log_joint * 1.00003), axis=1).sum()


@right("check_elbo", "elbo is right")
def elbo_where(log_joint, q):
    log_q = np.log(np.where(q > 0, q, 1))
    return np.sum(q * (log_joint - log_q))


@right("check_elbo")
def elbo_in_loops(log_joint, q):
    total = 0
    for n in range(len(q)):
        for k in range(q.shape[1]):
            if q[n, k] > 0:
                total += q[n, k] * (log_joint[n, k] - math.log(q[n, k]))
    return total


@right("check_elbo", "by the identity")
def elbo_by_the_identity(log_joint, q):
    log_p = np.logaddexp.reduce(log_joint, axis=1, keepdims=True)
    safe = np.where(q > 0, q, 1)
    return np.sum(log_p) - np.sum(q * (np.log(safe) - (log_joint - log_p)))


@wrong("check_elbo", "back to probabilities", "log_joint − log q", never=("is right, on",), kind="mistake")
def log_of_a_fraction(log_joint, q):
    total = 0.0
    for a, s in zip(log_joint.ravel(), q.ravel(), strict=True):
        if s > 0:
            total += s * np.log(np.exp(a) / s)
    return total


@wrong("check_elbo", "back to probabilities", kind="mistake")
def log_of_a_fraction_with_math(log_joint, q):
    return sum(s * math.log(math.exp(a) / s)
               for a, s in zip(log_joint.ravel(), q.ravel(), strict=True) if s > 0)


@wrong("check_elbo", "0 · log 0 counts as 0", kind="NaN")
def zero_times_log_zero(log_joint, q):
    return np.sum(q * (log_joint - np.log(q)))


@wrong("check_elbo", "base 2", "log_joint is in nats", never=RIGHT_NUMBERS, kind="mistake")
def entropy_in_bits(log_joint, q):
    return np.sum(q * (log_joint - np.log2(np.where(q > 0, q, 1))))


@wrong("check_elbo", "base 10", "log_joint is in nats", kind="mistake")
def entropy_in_base_ten(log_joint, q):
    return np.sum(q * (log_joint - np.log10(np.where(q > 0, q, 1))))


@wrong("check_elbo", "−KL", kind="mistake")
def minus_kl(log_joint, q):
    log_post = log_joint - np.logaddexp.reduce(log_joint, axis=1, keepdims=True)
    return np.sum(q * (log_post - np.log(np.where(q > 0, q, 1))))


@wrong("check_elbo", "multiplied twice", kind="mistake")
def q_squared(log_joint, q):
    return np.sum(q**2 * (log_joint - np.log(np.where(q > 0, q, 1))))


@wrong("check_elbo", "entropy of q", "missing", kind="mistake")
def energy_alone(log_joint, q):
    return np.einsum("nk,nk->", q, log_joint)


@wrong("check_elbo", "sum over both", kind="shape")
def not_summed(log_joint, q):
    return q * (log_joint - np.log(np.where(q > 0, q, 1)))


@wrong("check_elbo", "arguments in another order", "def elbo(log_joint, q)", kind="mistake")
def arguments_exchanged(q, log_joint):
    return np.sum(q * (log_joint - np.log(np.where(q > 0, q, 1))))


@wrong("check_elbo", "mean over all entries", kind="mistake")
def mean_of_the_table(log_joint, q):
    return np.mean(q * (log_joint - np.log(np.where(q > 0, q, 1))))


@right("check_expected_log_joint")
def energy_einsum(log_joint, q):
    return np.einsum("nk,nk->", q, log_joint)


@right("check_expected_log_joint")
def energy_in_loops(log_joint, q):
    return sum(sum(s * a for s, a in zip(qs, row, strict=True)) for qs, row in zip(q, log_joint, strict=True))


@wrong("check_expected_log_joint", "makes it the ELBO", kind="mistake")
def elbo_for_energy(log_joint, q):
    return np.sum(q * (log_joint - np.log(np.where(q > 0, q, 1))))


@wrong("check_expected_log_joint", "multiplied twice", kind="mistake")
def energy_with_q_squared(log_joint, q):
    return np.sum(q * q * log_joint)


@wrong("check_expected_log_joint", "back to probabilities", kind="mistake")
def log_of_exp(log_joint, q):
    return np.sum(q * np.log(np.exp(log_joint)))


@wrong("check_expected_log_joint", "averaged p(x, z), not its logarithm", kind="mistake")
def average_of_probabilities(log_joint, q):
    return np.sum(q * np.exp(log_joint))


@right("check_kl")
def kl_where(q, p):
    return np.sum(q * (np.log(np.where(q > 0, q, 1)) - np.log(p)))


@right("check_kl")
def kl_in_loops(q, p):
    return sum(a * math.log(a / b) for a, b in zip(q.ravel(), p.ravel(), strict=True) if a > 0)


@wrong("check_kl", "KL(p‖q), the other way round", kind="mistake")
def kl_the_other_way(q, p):
    return np.sum(p * (np.log(p) - np.log(q)))


@wrong("check_kl", "q on top", kind="mistake")
def kl_with_the_fraction_turned(q, p):
    return np.sum(q * np.log(p)) - np.sum(q * np.log(np.where(q > 0, q, 1)))


@wrong("check_kl", "base 2", kind="mistake")
def kl_in_bits(q, p):
    return np.sum(q * (np.log2(np.where(q > 0, q, 1)) - np.log2(p)))


@wrong("check_kl", "multiplied twice", kind="mistake")
def kl_with_q_squared(q, p):
    return np.sum(q * q * (np.log(np.where(q > 0, q, 1)) - np.log(p)))


@wrong("check_kl", "cross-entropy", kind="mistake")
def cross_entropy(q, p):
    return -np.sum(q * np.log(p))


@right("check_entropy")
def entropy_where(q):
    return -np.sum(q * np.log(np.where(q > 0, q, 1)))


@right("check_entropy")
def entropy_of_the_positive(q):
    q = q[q > 0]
    return -(q @ np.log(q))


@wrong("check_entropy", "minus makes it", "positive", kind="mistake")
def missing_minus(q):
    return np.sum(q * np.log(np.where(q > 0, q, 1)))


@wrong("check_entropy", "base 2", kind="mistake")
def entropy_bits(q):
    return -np.sum(q * np.log2(np.where(q > 0, q, 1)))


@wrong("check_entropy", "0 · log 0 counts as 0", kind="NaN")
def entropy_zero(q):
    return -np.sum(q * np.log(q))


@wrong("check_entropy", "twice what it should be", never=RIGHT_NUMBERS, kind="mistake")
def entropy_twice(q):
    return -2 * np.sum(q * np.log(np.where(q > 0, q, 1)))
