"""The identity  log p(x|θ) = ELBO + KL, for any model and any q, each number by a formula of its own (W6–W11)."""

import inspect
import math
import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import Q_KINDS, cases, half_steps, naive_log_joint, random_q

from emlib import GaussianMixture, bound, exact, frozen, log_posterior
from emlib.bound import Split


def scale(b):
    """What the residual is measured against."""
    return max(1.0, abs(b.log_lik), abs(b.elbo))


@st.composite
def tables(draw, impossible=False):
    """log_joint (N, K) of any size and sign, and any q; with −inf in places if `impossible`."""
    n, k = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    q_kind, size = draw(st.sampled_from(Q_KINDS)), draw(st.sampled_from([1e-3, 1.0, 30.0, 1e4]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    log_joint = rng.normal(rng.choice([-1, 0, 1]) * size, size, size=(n, k))
    if impossible:
        log_joint[(rng.random((n, k)) < 0.3) & (np.arange(k) > 0)] = -np.inf
    return log_joint, random_q(rng, n, k, q_kind)


@given(tables())
def test_log_lik_is_elbo_plus_kl(table):
    b = bound(*table)
    assert abs(b.residual) <= 1e-12 * scale(b)
    assert b.residual == b.log_lik - (b.elbo + b.kl)


@given(cases())
def test_log_lik_is_elbo_plus_kl_at_every_half_step_whatever_the_model_and_q(case):
    model, x, q, _ = case
    for e_step in (frozen(q), exact):
        for step in half_steps(model, x, 6, e_step):
            assert abs(step.bound.residual) <= 1e-12 * scale(step.bound)


@given(cases())
def test_each_number_is_its_definition(case):
    """The oracle: densities from the definitions, sums over z one at a time, plain exp and log."""
    model, x, q, _ = case
    b, table = bound(model.log_joint(x), q), naive_log_joint(model, x)
    for n, row in enumerate(table):
        top = max(row)                                          # else exp could underflow, not the formula
        evidence = top + math.log(math.fsum(math.exp(v - top) for v in row))
        used = [k for k in range(len(row)) if q[n, k] > 0]
        log_q = {k: math.log(q[n, k]) for k in used}
        expected = Split(
            log_lik=evidence,
            elbo=math.fsum(q[n, k] * (row[k] - log_q[k]) for k in used),
            kl=math.fsum(q[n, k] * (log_q[k] - (row[k] - evidence)) for k in used),
            expected_log_joint=math.fsum(q[n, k] * row[k] for k in used),
            entropy=-math.fsum(q[n, k] * log_q[k] for k in used),
        )
        size = max(1.0, *(abs(v) for v in row))
        for name, value in expected._asdict().items():
            assert abs(getattr(b.per_point, name)[n] - value) <= 1e-11 * size, name


@given(tables())
def test_kl_is_never_negative_and_elbo_never_above_log_lik(table):
    p = bound(*table).per_point
    rounding = 1e-14 * np.maximum(1, np.abs(table[0]).max(axis=1)) * table[0].shape[1]
    assert (p.kl >= -rounding).all()
    assert (p.elbo <= p.log_lik + rounding).all()


@given(tables(impossible=True))
def test_kl_is_zero_at_the_posterior_and_only_there(table):
    log_joint, q = table
    posterior = np.exp(log_posterior(log_joint))
    size = np.maximum(1, np.abs(np.where(np.isfinite(log_joint), log_joint, 0)).max(axis=1))
    assert np.all(np.abs(bound(log_joint, posterior).per_point.kl) <= 1e-14 * size)     # W11: the bound is tight
    distance = np.abs(q - posterior).sum(axis=1)
    kl = bound(log_joint, q).per_point.kl
    assert np.all(kl >= distance**2 / 2 - 1e-13 * size)                                 # Pinsker's inequality


@given(tables())
def test_elbo_is_energy_plus_entropy(table):
    b = bound(*table)
    assert abs(b.elbo - (b.expected_log_joint + b.entropy)) <= 1e-12 * scale(b)
    k = table[1].shape[1]
    assert np.all(b.per_point.entropy >= 0) and np.all(b.per_point.entropy <= math.log(k) + 1e-14)


def test_entropy_of_uniform_and_certain_q():
    uniform, certain = np.full((2, 4), 0.25), np.eye(4)[:2]
    assert bound(np.zeros((2, 4)), uniform).entropy == pytest.approx(2 * math.log(4), rel=1e-15)
    assert bound(np.zeros((2, 4)), certain).entropy == 0


@given(tables(), st.integers(0, 99))
def test_totals_are_sums_over_points_each_as_often_as_its_weight(table, seed):
    log_joint, q = table
    p = bound(log_joint, q).per_point
    times = np.random.default_rng(seed).integers(0, 4, size=len(q))
    times[0] += 1
    weighted, repeated = bound(log_joint, q, times), bound(log_joint.repeat(times, axis=0), q.repeat(times, axis=0))
    for name in Split._fields:
        value = getattr(p, name)
        assert value.shape == (len(q),)
        assert math.isclose(getattr(bound(log_joint, q), name), math.fsum(value), rel_tol=1e-12, abs_tol=1e-9)
        assert math.isclose(getattr(weighted, name), getattr(repeated, name), rel_tol=1e-12, abs_tol=1e-9)


@given(tables(), st.integers(-30, 30))
def test_a_constant_in_the_density_moves_log_lik_and_elbo_and_leaves_kl(table, shift):
    log_joint, q = table
    before, after = bound(log_joint, q), bound(log_joint + shift, q)
    close = 1e-12 * (scale(before) + abs(shift) * len(q)) * 4
    assert abs(after.log_lik - before.log_lik - shift * len(q)) <= close
    assert abs(after.elbo - before.elbo - shift * len(q)) <= close
    assert abs(after.kl - before.kl) <= close
    assert after.entropy == before.entropy


@given(tables(impossible=True))
def test_mass_on_the_impossible_makes_kl_infinite_and_elbo_minus_infinite(table):
    log_joint, q = table
    b, p = bound(log_joint, q), bound(log_joint, q).per_point
    blamed = ((q > 0) & np.isneginf(log_joint)).any(axis=1)
    assert np.array_equal(p.kl == np.inf, blamed)
    assert np.array_equal(p.elbo == -np.inf, blamed)
    assert np.array_equal(p.expected_log_joint == -np.inf, blamed)
    assert np.isfinite(p.log_lik).all() and np.isfinite(p.entropy).all()
    assert (b.kl == np.inf) == (b.elbo == -np.inf) == bool(blamed.any())
    assert not np.isnan([*b.per_point]).any()
    # what is left of the identity: the points where both sides are finite
    assert abs(b.residual) <= 1e-12 * max(1, np.abs(p.log_lik).sum(), np.abs(p.elbo[~blamed]).sum())


def test_a_weight_of_zero_gives_kl_inf_only_where_q_uses_that_component():
    model = GaussianMixture([1.0, 0.0], [[0.0], [1.0]], [1.0, 1.0])
    x = np.array([[0.2], [0.7]])
    b = bound(model.log_joint(x), [[0.5, 0.5], [1, 0]])
    assert b.kl == np.inf and b.elbo == -np.inf and np.isfinite(b.log_lik)
    assert b.per_point.kl.tolist() == [np.inf, 0.0]
    assert abs(b.residual) <= 1e-15
    # a point of weight 0 is not there, so what it says about infinity does not count
    assert bound(model.log_joint(x), [[0.5, 0.5], [1, 0]], sample_weight=[0, 1]).kl == 0


@given(tables())
def test_q_of_float32_is_taken_and_the_identity_stays_exact(table):
    b = bound(table[0], table[1].astype(np.float32))
    assert abs(b.residual) <= 1e-12 * scale(b)


def test_densities_that_underflow_keep_their_identity():
    log_joint = np.array([[-1e5, -1e5 - 1], [-5e8, -5e8 - 2000], [1e5, 1e5 - 3]])
    b = bound(log_joint, np.full((3, 2), 0.5))
    assert b.per_point.log_lik == pytest.approx([-1e5 + math.log1p(math.exp(-1)), -5e8, 1e5 + math.log1p(math.exp(-3))],
                                                rel=1e-15)
    assert b.per_point.kl == pytest.approx([math.log(0.5) + 0.5 + math.log1p(math.exp(-1)), 1000 - math.log(2),
                                            math.log(0.5) + 1.5 + math.log1p(math.exp(-3))], rel=1e-9)


def test_bound_leaves_its_arguments_alone_and_cannot_be_changed():
    log_joint, q = np.array([[0.0, -1.0]]), np.array([[0.3, 0.7]])
    kept = log_joint.copy(), q.copy()
    b = bound(log_joint, q)
    assert np.array_equal(log_joint, kept[0]) and np.array_equal(q, kept[1])
    with pytest.raises(AttributeError):
        b.kl = 0.0


def test_rows_of_q_may_miss_1_by_what_single_precision_leaves():
    table = np.zeros((1, 2))
    b = bound(table, [[0.5, 0.5 + 0.9e-6]])
    assert b.kl == pytest.approx(0, abs=1e-12)                              # divided by its sum
    with pytest.raises(ValueError, match="q sums to"):
        bound(table, [[0.5, 0.5 + 1.1e-6]])


WRONG = {
    "log_lik is a mean": ("np.logaddexp.reduce(self.log_joint, axis=1)", "np.mean(self.log_joint, axis=1)"),
    "log_lik is a maximum": ("np.logaddexp.reduce(self.log_joint, axis=1)", "np.max(self.log_joint, axis=1)"),
    "log_lik sums points": ("np.logaddexp.reduce(self.log_joint, axis=1)",
                            "np.logaddexp.reduce(self.log_joint, axis=0)"),
    "elbo forgets the entropy": ("expect(q, self.log_joint - log_q)", "expect(q, self.log_joint)"),
    "entropy has the wrong sign in elbo": ("expect(q, self.log_joint - log_q)", "expect(q, self.log_joint + log_q)"),
    "kl has the wrong sign": ("expect(q, log_q - self.log_posterior)", "-expect(q, log_q - self.log_posterior)"),
    "kl is KL(p‖q)": ("expect(q, log_q - self.log_posterior)",
                      "expect(np.exp(self.log_posterior), self.log_posterior - log_q)"),
    "posterior is not normalised": ("return centred - np.log(np.sum(np.exp(centred), axis=1, keepdims=True))",
                                    "return centred"),
    "posterior is normalised over points": ("np.sum(np.exp(centred), axis=1, keepdims=True)",
                                            "np.sum(np.exp(centred), axis=0, keepdims=True)"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_in_any_formula_shows_in_the_residual(mistake, monkeypatch):
    """Residual 0 proves something only if it is not 0 by construction: break one formula, and it must not be 0."""
    right, wrong = WRONG[mistake]
    source = inspect.getsource(sys.modules[bound.__module__])
    assert source.count(right) == 1
    broken = types.ModuleType("broken_bound")
    monkeypatch.setitem(sys.modules, "broken_bound", broken)
    exec(compile(source.replace(right, wrong), "broken_bound", "exec"), broken.__dict__)
    rng = np.random.default_rng(1)
    log_joint, q = rng.normal(size=(5, 5)), random_q(rng, 5, 5, "random")
    assert abs(bound(log_joint, q).residual) < 1e-13
    assert abs(broken.bound(log_joint, q).residual) > 0.01
