"""Answers to weights, means, covariances, m_step and tied_covariance (notebooks 05 and 08)."""

import numpy as np
from student_answers import right, wrong

weights = np.array([0.4, 0.6])                  # what a notebook leaves behind


@right("check_weights")
def weights_mean(q):
    return q.mean(axis=0)


@right("check_weights")
def weights_in_loops(q):
    return [sum(row[k] for row in q) / len(q) for k in range(q.shape[1])]


@wrong("check_weights", "they sum to N", kind="mistake")
def weights_counts(q):
    return q.sum(axis=0)


@wrong("check_weights", "is squared", kind="mistake")
def weights_squared(q):
    return (q**2).mean(axis=0)


@wrong("check_weights", "number of components", kind="mistake")
def weights_over_k(q):
    return q.sum(axis=0) / q.shape[1]


@wrong("check_weights", "`weights`", "not its own", "(q)", kind="outside")
def weights_of_the_notebook(q):
    return weights * q.sum() / q.sum() if q.shape[1] == 2 else np.full(q.shape[1], 0.1)


@right("check_means")
def means_product(x, q):
    return q.T @ x / q.sum(axis=0)[:, None]


@right("check_means")
def means_average(x, q):
    return [np.average(x, axis=0, weights=q[:, k]) for k in range(q.shape[1])]


@wrong("check_means", "Two arrays do not fit", "q.sum(axis=0)", never=("sum over z",), kind="raised")
def means_over_the_wrong_axis(x, q):
    return q.T @ x / q.sum(axis=1)[:, None]


@wrong("check_means", "Two arrays do not fit", "q.sum(axis=0)", never=("sum over z",), kind="raised")
def means_without_second_axis(x, q):
    return q.T @ x / q.sum(axis=1, keepdims=True)


@wrong("check_means", "You divided by N", kind="mistake")
def means_over_n(x, q):
    return q.T @ x / len(x)


@wrong("check_means", "q has no effect", kind="mistake")
def means_all_alike(x, q):
    return np.tile(x.mean(axis=0), (q.shape[1], 1))


@wrong("check_means", "is squared", kind="mistake")
def means_squared(x, q):
    q = q**2
    return q.T @ x / q.sum(axis=0)[:, None]


@wrong("check_means", "has changed q", kind="changed its input")
def means_change_q(x, q):
    q /= q.sum(axis=0)
    return q.T @ x


@right("check_covariances")
def covariances_einsum(x, q, means):
    d = x[:, None] - means
    return np.einsum("nk,nki,nkj->kij", q, d, d) / q.sum(axis=0)[:, None, None]


@right("check_covariances")
def covariances_in_loops(x, q, means):
    result = []
    for k in range(len(means)):
        d = x - means[k]
        result.append((q[:, k, None] * d).T @ d / q[:, k].sum())
    return np.array(result)


@wrong("check_covariances", "σ², not σ", kind="mistake")
def covariances_square_root(x, q, means):
    return np.sqrt(covariances_einsum(x, q, means))


@wrong("check_covariances", "σ², not σ", kind="mistake")
def covariances_root_of_the_diagonal(x, q, means):
    result = covariances_einsum(x, q, means)
    for matrix in result:
        np.fill_diagonal(matrix, np.sqrt(np.diag(matrix)))
    return result


@wrong("check_covariances", "Cholesky", kind="mistake")
def covariances_cholesky(x, q, means):
    return np.linalg.cholesky(covariances_einsum(x, q, means))


@wrong("check_covariances", "is squared", kind="mistake")
def covariances_both_weighted(x, q, means):
    result = []
    for k in range(len(means)):
        d = q[:, k, None] * (x - means[k])
        result.append(d.T @ d / q[:, k].sum())
    return np.array(result)


@wrong("check_covariances", "about 0", kind="mistake")
def second_moment(x, q, means):
    return np.einsum("nk,ni,nj->kij", q, x, x) / q.sum(axis=0)[:, None, None]


@wrong("check_covariances", "(K, D)", "d dᵀ", kind="mistake")
def variances_only(x, q, means):
    return np.einsum("nk,nki->ki", q, (x[:, None] - means) ** 2) / q.sum(axis=0)[:, None]


@wrong("check_covariances", "matrix root", kind="mistake")
def symmetric_root(x, q, means):
    values, vectors = np.linalg.eigh(covariances_einsum(x, q, means))
    return np.array([v @ np.diag(np.sqrt(w)) @ v.T for w, v in zip(values, vectors, strict=True)])


@wrong("check_covariances", "correlations", kind="mistake")
def correlations(x, q, means):
    matrices = covariances_einsum(x, q, means)
    return np.array([m / np.sqrt(np.outer(np.diag(m), np.diag(m))) for m in matrices])


@wrong("check_covariances", "precision", kind="mistake")
def precisions(x, q, means):
    return np.linalg.inv(covariances_einsum(x, q, means))


@right("check_m_step")
def m_step_einsum(x, q):
    means = means_product(x, q)
    return q.mean(axis=0), means, covariances_einsum(x, q, means)


@right("check_m_step")
def m_step_in_loops(x, q):
    pi, mu, sigma = [], [], []
    for share in q.T:
        count = share.sum()
        mean = sum(s * row for s, row in zip(share, x, strict=True)) / count
        pi.append(count / len(x))
        mu.append(mean)
        sigma.append(sum(s * np.outer(row - mean, row - mean) for s, row in zip(share, x, strict=True)) / count)
    return [pi, mu, sigma]


@wrong("check_m_step", "another order", "return weights, means, covariances", kind="shape")
def m_step_in_another_order(x, q):
    pi, mu, sigma = m_step_einsum(x, q)
    return mu, sigma, pi


@wrong("check_m_step", "another order", "return weights, means, covariances", kind="shape")
def m_step_with_two_swapped(x, q):
    pi, mu, sigma = m_step_einsum(x, q)
    return pi, sigma, mu


@wrong("check_m_step", "covariances:", "σ², not σ", kind="mistake")
def m_step_deviations(x, q):
    pi, mu, sigma = m_step_einsum(x, q)
    return pi, mu, np.sqrt(np.abs(sigma))


@wrong("check_m_step", "`weights`", "not its own", kind="outside")
def m_step_with_the_notebooks_weights(x, q):
    pi, mu, sigma = m_step_einsum(x, q)
    return (weights if len(pi) == 2 else pi), mu, sigma


@wrong("check_m_step", "Return 3 things", kind="shape")
def m_step_two_things(x, q):
    return m_step_einsum(x, q)[:2]


@right("check_tied_covariance")
def tied_einsum(x, q):
    d = x[:, None] - means_product(x, q)
    return np.einsum("nk,nki,nkj->ij", q, d, d) / len(x)


@right("check_tied_covariance")
def tied_from_the_covariances(x, q):
    pi, _, sigma = m_step_einsum(x, q)
    return sum(p * s for p, s in zip(pi, sigma, strict=True))


@wrong("check_tied_covariance", "one common mean", kind="mistake")
def tied_about_one_mean(x, q):
    return np.cov(x.T, bias=True).reshape(x.shape[1], x.shape[1])


@wrong("check_tied_covariance", "equal weights", kind="mistake")
def tied_plain_average(x, q):
    return m_step_einsum(x, q)[2].mean(axis=0)


@wrong("check_tied_covariance", "K matrices", kind="mistake")
def not_tied(x, q):
    return m_step_einsum(x, q)[2]
