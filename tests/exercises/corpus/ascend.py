"""Answers to ascend (notebook 06), as they stand in the notebook: with its L, and nothing of posteriors."""

# ruff: noqa: B023 — a lambda in a loop, called at once, is how a student writes this
import numpy as np
from student_answers import right, wrong

from emlib import bound
from emlib.lessons.two_arguments import SmudgedCoin

CHECK = "check_ascend"
PAGE = np.array([[8, 3]])


def L(s, theta):
    return bound(SmudgedCoin(theta, 0.55).log_joint(PAGE), [[s, 1 - s]])


def best(values, height):
    return max(values, key=height)


@right(CHECK, "coordinate ascent on L")
def with_max(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        s = max(s_values, key=lambda v: L(v, theta).elbo)
        path.append((s, theta))
        theta = max(theta_values, key=lambda v: L(s, v).elbo)
        path.append((s, theta))
    return path


@right(CHECK)
def with_argmax(s, theta, s_values, theta_values, rounds):
    path = np.empty((2 * rounds + 1, 2))
    path[0] = s, theta
    for t in range(rounds):
        s = s_values[np.argmax([L(v, theta).elbo for v in s_values])]
        path[2 * t + 1] = s, theta
        theta = theta_values[np.argmax([L(s, v).elbo for v in theta_values])]
        path[2 * t + 2] = s, theta
    return path


@wrong(CHECK, "in one move", "all pairs", never=("too small", "too large"), kind="mistake")
def joint_search(s, theta, s_values, theta_values, rounds):
    pairs = [(a, b) for a in s_values for b in theta_values]
    top = pairs[int(np.argmax([L(a, b).elbo for a, b in pairs[::1]]))] if rounds else (s, theta)
    return [(s, theta)] + [top] * (2 * rounds)


@wrong(CHECK, "maximises log p(x|θ)", "L(s, θ)", never=("too small", "too large"), kind="wrong")
def maximum_likelihood(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        s = best(s_values, lambda v: L(v, theta).elbo)
        path.append((s, theta))
        theta = best(theta_values, lambda v: L(s, v).log_lik)
        path.append((s, theta))
    return path


@wrong(CHECK, "one pair", "whole path", kind="shape")
def the_end_only(s, theta, s_values, theta_values, rounds):
    for _ in range(rounds):
        s = best(s_values, lambda v: L(v, theta).elbo)
        theta = best(theta_values, lambda v: L(s, v).elbo)
    return s, theta


@wrong(CHECK, "whole rounds", "after E as well", kind="shape")
def rounds_only(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        s = best(s_values, lambda v: L(v, theta).elbo)
        theta = best(theta_values, lambda v: L(s, v).elbo)
        path.append((s, theta))
    return path


@wrong(CHECK, "Is the start missing?", kind="shape")
def start_missing(s, theta, s_values, theta_values, rounds):
    return with_max(s, theta, s_values, theta_values, rounds)[1:] or [(s, theta)]


@wrong(CHECK, "before* this round's E", "that E has just chosen", kind="wrong")
def both_from_the_old_pair(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        new_s = best(s_values, lambda v: L(v, theta).elbo)
        path.append((new_s, theta))
        theta = best(theta_values, lambda v: L(s, v).elbo)
        s = new_s
        path.append((s, theta))
    return path


@wrong(CHECK, "moved θ first", kind="mistake")
def m_first(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        theta = best(theta_values, lambda v: L(s, v).elbo)
        path.append((s, theta))
        s = best(s_values, lambda v: L(v, theta).elbo)
        path.append((s, theta))
    return path


@wrong(CHECK, "index of the value", kind="wrong")
def indices(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        i = int(np.argmax([L(v, theta).elbo for v in s_values]))
        path.append((i, theta))
        j = int(np.argmax([L(s_values[i], v).elbo for v in theta_values]))
        path.append((i, j))
    return path


@wrong(CHECK, "worst one", kind="wrong")
def downhill(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        s = min(s_values, key=lambda v: L(v, theta).elbo)
        path.append((s, theta))
        theta = min(theta_values, key=lambda v: L(s, v).elbo)
        path.append((s, theta))
    return path


@wrong(CHECK, "without the entropy of q", kind="wrong")
def energy_in_e(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        s = best(s_values, lambda v: L(v, theta).expected_log_joint)
        path.append((s, theta))
        theta = best(theta_values, lambda v: L(s, v).elbo)
        path.append((s, theta))
    return path


@wrong(CHECK, "never moves", kind="mistake")
def forgets_to_keep(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        best(s_values, lambda v: L(v, theta).elbo)
        path += [(s, theta)] * 2
    return path


@wrong(CHECK, "both moved at once", kind="wrong")
def both_at_once(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        s = best(s_values, lambda v: L(v, theta).elbo)
        theta = best(theta_values, lambda v: L(s, v).elbo)
        path += [(s, theta)] * 2
    return path


@wrong(CHECK, "one row a pair", kind="shape")
def two_lists(s, theta, s_values, theta_values, rounds):
    return np.array(with_max(s, theta, s_values, theta_values, rounds)).T


@wrong(CHECK, "not the best value", "try every value", kind="wrong")
def one_grid_step(s, theta, s_values, theta_values, rounds):
    path = [(s, theta)]
    for _ in range(rounds):
        i = int(np.argmin(np.abs(s_values - s)))
        s = s_values[min(i + 1, len(s_values) - 1)]
        path.append((s, theta))
        theta = best(theta_values, lambda v: L(s, v).elbo)
        path.append((s, theta))
    return path


@wrong(CHECK, "begins at", "given first", kind="wrong")
def start_replaced(s, theta, s_values, theta_values, rounds):
    path = with_max(s, theta, s_values, theta_values, rounds)
    return [path[-1], *path[1:]] if rounds else [(0.0, 0.0)]


@wrong(CHECK, "without its height", kind="shape")
def with_heights(s, theta, s_values, theta_values, rounds):
    return [(a, b, L(a, b).elbo) for a, b in with_max(s, theta, s_values, theta_values, rounds)]
