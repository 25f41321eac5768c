"""Answers to soft_counts, coin_m_step and em_loop (notebook 01)."""

import numpy as np
from student_answers import right, wrong

from emlib import CoinMixture, fit

start = CoinMixture([0.5, 0.5], [0.6, 0.5])      # what a notebook leaves behind


@right("check_soft_counts")
def counts_product(x, q):
    return q.T @ x


@right("check_soft_counts")
def counts_einsum(x, q):
    return np.einsum("nk,nc->kc", q, x)


@wrong("check_soft_counts", "one coin only", kind="mistake")
def hard_counts(x, q):
    return np.eye(q.shape[1])[q.argmax(axis=1)].T @ x


@wrong("check_soft_counts", "Rows and columns have changed places", kind="mistake")
def counts_transposed(x, q):
    return x.T @ q


@wrong("check_soft_counts", "whole numbers", kind="mistake")
def counts_as_integers(x, q):
    counts = np.zeros((q.shape[1], 2), dtype=int)
    counts[:] = q.T @ x
    return counts


@wrong("check_soft_counts", "Two arrays do not fit", "x has shape (3, 2), q has shape (3, 2)", "axis=0", kind="raised")
def counts_not_transposed(x, q):
    return q @ x


@right("check_coin_m_step")
def coins_product(x, q):
    counts = q.T @ x
    return counts[:, 0] / counts.sum(axis=1)


@right("check_coin_m_step")
def coins_in_loops(x, q):
    theta = []
    for k in range(q.shape[1]):
        heads = sum(q[n, k] * x[n, 0] for n in range(len(x)))
        tosses = sum(q[n, k] * (x[n, 0] + x[n, 1]) for n in range(len(x)))
        theta.append(heads / tosses)
    return theta


@wrong("check_coin_m_step", "averaged the shares of heads set by set", never=("right is",), kind="mistake")
def average_of_ratios(x, q):
    return q.T @ (x[:, 0] / x.sum(axis=1)) / q.sum(axis=0)


@wrong("check_coin_m_step", "odds", kind="mistake")
def odds(x, q):
    counts = q.T @ x
    return counts[:, 0] / counts[:, 1]


@wrong("check_coin_m_step", "is squared", kind="mistake")
def coins_with_q_squared(x, q):
    counts = (q**2).T @ x
    return counts[:, 0] / counts.sum(axis=1)


@wrong("check_coin_m_step", "table of soft counts", kind="mistake")
def table_for_coins(x, q):
    return q.T @ x


@wrong("check_coin_m_step", "reverse order", never=("right is",), kind="mistake")
def coins_reversed(x, q):
    counts = q.T @ x
    return (counts[:, 0] / counts.sum(axis=1))[::-1]


@wrong("check_coin_m_step", "yours is", "too small", never=("right is", "0.5856"), kind="wrong")
def coins_off(x, q):
    counts = q.T @ x
    return counts[:, 0] / counts.sum(axis=1) - 0.09


@right("check_em_loop")
def loop_of_half_steps(model, x, n):
    log_liks = [model.log_lik(x)]
    for _ in range(n):
        q = model.posterior(x)
        model = model.m_step(x, q)
        log_liks.append(model.log_lik(x))
    return log_liks


@right("check_em_loop")
def loop_into_an_array(model, x, n):
    log_liks = np.empty(n + 1)
    for t in range(n):
        log_liks[t] = model.log_lik(x)
        model = model.m_step(x, model.posterior(x))
    log_liks[n] = model.log_lik(x)
    return log_liks


@right("check_em_loop")
def the_librarys_loop(model, x, n):
    return fit(model, x, max_iter=n, tol=None).log_liks if n else [model.log_lik(x)]


@wrong("check_em_loop", "m_step returns a new model", kind="mistake")
def model_not_kept(model, x, n):
    log_liks = [model.log_lik(x)]
    for _ in range(n):
        model.m_step(x, model.posterior(x))
        log_liks.append(model.log_lik(x))
    return log_liks


@wrong("check_em_loop", "You computed q once", kind="mistake")
def q_before_the_loop(model, x, n):
    q, log_liks = model.posterior(x), [model.log_lik(x)]
    for _ in range(n):
        model = model.m_step(x, q)
        log_liks.append(model.log_lik(x))
    return log_liks


@wrong("check_em_loop", "the start is missing", kind="shape")
def start_forgotten(model, x, n):
    log_liks = []
    for _ in range(n):
        model = model.m_step(x, model.posterior(x))
        log_liks.append(model.log_lik(x))
    return log_liks


@wrong("check_em_loop", "the last one is missing", kind="shape")
def end_forgotten(model, x, n):
    log_liks = []
    for _ in range(n):
        log_liks.append(model.log_lik(x))
        model = model.m_step(x, model.posterior(x))
    return log_liks


@wrong("check_em_loop", "before its iteration", kind="mistake")
def noted_too_early(model, x, n):
    log_liks = [model.log_lik(x)]
    for _ in range(n):
        log_liks.append(model.log_lik(x))
        model = model.m_step(x, model.posterior(x))
    return log_liks


@wrong("check_em_loop", "one iteration too many", kind="mistake")
def one_too_many(model, x, n):
    log_liks = []
    for _ in range(n + 1):
        model = model.m_step(x, model.posterior(x))
        log_liks.append(model.log_lik(x))
    return log_liks


@wrong("check_em_loop", "mean over the points", kind="mistake")
def loop_of_means(model, x, n):
    return np.array(loop_of_half_steps(model, x, n)) / len(x)


@wrong("check_em_loop", "That is one number", kind="shape")
def loop_end_only(model, x, n):
    return loop_of_half_steps(model, x, n)[-1]


@wrong("check_em_loop", "`start`", "not its own", "(model, x, n)")
def loop_from_the_notebooks_start(model, x, n):
    log_liks, model = [start.log_lik(np.abs(x))], start
    for _ in range(n):
        model = model.m_step(x, model.posterior(x))
        log_liks.append(model.log_lik(x))
    return log_liks
