"""What the tests of the core draw from: random models, data and q, and densities computed the slow way."""

import math
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from emlib import CoinMixture, Collapse, GaussianMixture, em, exact

KINDS = ("full", "tied", "diag", "spherical")
Q_KINDS = ("random", "uniform", "sparse", "onehot", "tiny")


class Case(NamedTuple):
    """A model, data for it, any q, and the generator that made them."""

    model: object
    x: np.ndarray
    q: np.ndarray
    rng: np.random.Generator


def random_q(rng, n, k, kind):
    """A distribution over K labels for each of N points; "onehot" gives every label its share of the points."""
    if kind == "onehot":
        return np.eye(k)[rng.permutation(np.arange(n) % k)]
    if kind == "uniform":
        return np.full((n, k), 1 / k)
    q = rng.dirichlet(np.ones(k), size=n)
    if kind == "sparse":
        q = np.where(rng.random((n, k)) < 0.4, 0.0, q)
        q[np.arange(n), rng.permutation(np.arange(n) % k)] += 0.1
    if kind == "tiny":
        q = q ** rng.choice([1, 30, 300], size=(n, 1)) + np.eye(k)[rng.integers(k, size=n)] * 1e-3
    return q / q.sum(axis=1, keepdims=True)


def random_covariances(rng, kind, k, d, scale=1.0):
    """Covariances of one type, well away from singular; `scale` is a standard deviation."""
    a = rng.standard_normal((k, d, d)) / math.sqrt(d)
    full = a @ np.swapaxes(a, 1, 2) + 0.2 * np.eye(d)
    variances = rng.uniform(0.2, 3, size=(k, d))
    return scale**2 * {"full": full, "tied": full[0], "diag": variances, "spherical": variances[:, 0]}[kind]


def random_gaussian(rng, kind, k, d, scale=1.0):
    """A Gaussian mixture with means a few standard deviations apart."""
    means = scale * rng.normal(0, 2, size=(k, d))
    covariances = random_covariances(rng, kind, k, d, scale)
    return GaussianMixture(rng.dirichlet(np.full(k, 3.0)), means, covariances, covariance_type=kind)


@st.composite
def gaussian_cases(draw, scales=(1e-3, 1.0, 1e2), q_kinds=Q_KINDS):
    """All four types, K 1–5, D 1–4; log-densities of either sign; enough points for every M-step to have a maximum."""
    kind, k, d = draw(st.sampled_from(KINDS)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    n = k * (d + 3) + draw(st.integers(0, 20))
    scale, q_kind = draw(st.sampled_from(scales)), draw(st.sampled_from(q_kinds))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = random_gaussian(rng, kind, k, d, scale).sample(n, rng)[0]
    return Case(random_gaussian(rng, kind, k, d, scale), x, random_q(rng, n, k, q_kind), rng)


@st.composite
def coin_cases(draw, q_kinds=Q_KINDS):
    """K 1–5 coins, sets of unequal length, weights learned or held."""
    k, learn = draw(st.integers(1, 5)), draw(st.booleans())
    n, tosses, q_kind = k + draw(st.integers(1, 20)), draw(st.integers(1, 40)), draw(st.sampled_from(q_kinds))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = rng.binomial(rng.integers(1, tosses + 1, size=(n, 1)), rng.uniform(0.1, 0.9, size=(n, 2)))
    x[:, 0] += x.sum(axis=1) == 0                   # a set has at least one toss
    model = CoinMixture(rng.dirichlet(np.full(k, 3.0)), rng.uniform(0.02, 0.98, size=k), learn_weights=learn)
    return Case(model, x, random_q(rng, n, k, q_kind), rng)


def cases(q_kinds=Q_KINDS):
    """Any model of the library."""
    return st.one_of(gaussian_cases(q_kinds=q_kinds), coin_cases(q_kinds=q_kinds))


def naive_log_joint(model, x):
    """log p(x, z=k | θ) from the definitions: a product of 1-D normals along the axes of each ellipsoid; binomials."""
    out = np.empty((len(x), len(model.weights)))
    for k, weight in enumerate(model.weights):
        if isinstance(model, CoinMixture):
            p = float(model.probs[k])
            for n, (h, t) in enumerate(x):
                out[n, k] = math.log(weight) + math.log(math.comb(int(h + t), int(h))) + (
                    h * math.log(p) + t * math.log1p(-p))
            continue
        variances, axes = np.linalg.eigh(as_matrix(model, k))
        for n, point in enumerate(x):
            along = [float(a @ (point - model.means[k])) for a in axes.T]
            pairs = zip(along, variances, strict=True)
            normals = [-0.5 * math.log(2 * math.pi * v) - a * a / (2 * v) for a, v in pairs]
            out[n, k] = math.log(weight) + math.fsum(normals)
    return out


def as_matrix(model, k):
    """Σ_k as a matrix (D, D), by the definition of each type."""
    c, d = model.covariances, model.means.shape[1]
    return {"full": lambda: c[k], "tied": lambda: c, "diag": lambda: np.diag(c[k]),
            "spherical": lambda: c[k] * np.eye(d)}[model.covariance_type]()


def parameters(model):
    """Every parameter of a model in one vector, weights first."""
    rest = (model.probs,) if isinstance(model, CoinMixture) else (model.means, model.covariances)
    return np.concatenate([model.weights, *(np.ravel(p) for p in rest)])


def expected_log_joint(model, x, q):
    """E_q[log p(x, z|θ)]: what the M-step is to maximise."""
    return float(np.sum(np.multiply(q, model.log_joint(x), out=np.zeros_like(q), where=q > 0)))


def half_steps(model, x, n, e_step=exact, sample_weight=None):
    """The first n half-steps of EM; fewer where a random start runs into a collapse, which ends EM by name."""
    steps = []
    try:
        for step in em(model, x, e_step, sample_weight):
            steps.append(step)
            if len(steps) == n:
                break
    except Collapse:
        assert steps[-1].kind == "E"
    return steps
