"""Where z is no label: the identity, each number beside an integral or an enumeration, and EM by the same loop."""

import itertools
import math
from dataclasses import dataclass, replace

import latent_models
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from latent_models import CASES, FactorAnalysis, HiddenMarkov, IncompleteNormal

from emlib import GaussianMixture, bound, em, fit, hard, identity, partial, tempered
from emlib.draw import Ascent, IdentityBar
from emlib.posteriors import Cells, Chains, Gaussians

every_case = pytest.mark.parametrize("name", CASES)


def scale(b):
    return max(1.0, abs(b.log_lik), abs(b.elbo), abs(b.kl))


# The identity -------------------------------------------------------------------------------------------------------


@every_case
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1))
def test_log_lik_is_elbo_plus_kl_for_any_q_of_the_kind(name, seed):
    """W8, along EM: at the posterior, at the posterior of another θ, and wherever `near` leads from there."""
    rng = np.random.default_rng(seed)
    model, x = CASES[name](rng)
    for step in itertools.islice(em(model, x), 6):
        q = step.q
        for _ in range(4):
            b = identity(step.model, x, q)
            assert abs(b.residual) <= 1e-12 * scale(b)
            assert np.all(b.per_point.kl >= -1e-12 * np.maximum(1, np.abs(b.per_point.log_lik)))
            q = q.near(rng)
        assert identity(step.model, x, q).kl > 1e-3                         # it led somewhere


@every_case
def test_the_bound_is_tight_at_the_posterior_and_each_row_is_its_own(name):
    model, x = CASES[name](np.random.default_rng(0))
    q = model.posterior(x)
    b = identity(model, x, q)
    assert abs(b.kl) <= 1e-11 * scale(b) and b.elbo == pytest.approx(b.log_lik, rel=1e-12)
    rows = np.array([3, 0, 5])
    part = identity(model, [x[i] for i in rows] if isinstance(x, list) else x[rows], q[rows])
    for whole, some in zip(b.per_point, part.per_point, strict=True):
        assert some == pytest.approx(whole[rows], rel=1e-12, abs=1e-12)
    assert len(q) == len(x) and len(q[rows]) == 3


@every_case
def test_a_weight_counts_like_a_repetition(name):
    model, x = CASES[name](np.random.default_rng(1))
    times = np.arange(len(x)) % 3
    rows = np.repeat(np.arange(len(x)), times)
    repeated = [x[i] for i in rows] if isinstance(x, list) else x[rows]
    a = fit(model, x, sample_weight=times, max_iter=4, tol=None)
    b = fit(model, repeated, max_iter=4, tol=None)
    assert a.log_liks == pytest.approx(b.log_liks, rel=1e-11)
    a, b = (identity(model, *args) for args in ((x, model.posterior(x).near(np.random.default_rng(0)), times),
                                                (repeated, model.posterior(x).near(np.random.default_rng(0))[rows])))
    assert (a.log_lik, a.elbo, a.kl) == pytest.approx((b.log_lik, b.elbo, b.kl), rel=1e-11)


@every_case
def test_sums_of_statistics_are_the_statistics_of_the_sum(name):
    """What lets blocks, streams and machines share an M-step."""
    model, x = CASES[name](np.random.default_rng(2))
    q, half = model.posterior(x), len(x) // 2
    parts = [model.statistics(x[rows], q[rows]) for rows in (slice(half), slice(half, None))]
    together = model.from_statistics([a + b for a, b in zip(*parts, strict=True)])
    assert together.log_lik(x) == pytest.approx(model.m_step(x, q).log_lik(x), rel=1e-12)


# Beside enumeration and integrals -------------------------------------------------------------------------------


@given(seed=st.integers(0, 2**32 - 1), length=st.integers(1, 6), k=st.integers(2, 3))
@settings(max_examples=30)
def test_a_chain_agrees_with_the_enumeration_of_all_its_paths(seed, length, k):
    """A path is a label with K^T values: `bound` on the table of all of them is the oracle, for any chain q."""
    rng = np.random.default_rng(seed)
    model, x = latent_models.paths(rng, (length, length), k)
    q = model.posterior(x).near(rng)
    paths = np.array(list(itertools.product(range(k), repeat=length)))
    log_joint, probability = np.empty((2, len(paths))), np.empty((2, len(paths)))
    for s, sequence in enumerate(x):
        for i, z in enumerate(paths):
            p = [model.initial[z[0]], *(model.transitions[a, b] for a, b in itertools.pairwise(z)),
                 *model.emissions[z, sequence]]
            log_joint[s, i] = math.fsum(map(math.log, p))
            probability[s, i] = q.first[s, z[0]] * math.prod(
                q.moves[s][t, a, b] for t, (a, b) in enumerate(itertools.pairwise(z)))
    mine, oracle = identity(model, x, q).per_point, bound(log_joint, probability).per_point
    for name in mine._fields:
        assert getattr(mine, name) == pytest.approx(getattr(oracle, name), rel=1e-11, abs=1e-11), name
    for s in range(2):
        expected = [[probability[s, paths[:, t] == j].sum() for j in range(k)] for t in range(length)]
        assert q.marginals[s] == pytest.approx(np.array(expected), abs=1e-12)


def integrals(log_p, log_q, z, dz):
    """log ∫p, E_q[log p], H(q) and KL(q ‖ p/∫p) on a grid."""
    log_lik = np.logaddexp.reduce(log_p) + np.log(dz)
    q = np.exp(log_q) * dz
    assert q.sum() == pytest.approx(1, abs=1e-9)
    return log_lik, q @ log_p, -q @ log_q, q @ (log_q - (log_p - log_lik))


def test_factor_analysis_agrees_with_integrals_over_z():
    rng = np.random.default_rng(3)
    model, x = latent_models.factors(rng, 6, 4, 1)
    q = model.posterior(x).near(rng)
    b, z = identity(model, x, q).per_point, np.linspace(-15, 15, 20001)
    for n in range(6):
        r = x[n] - model.mean - z[:, None] * model.loadings[:, 0]
        normal = -0.5 * (r**2 / model.noise_variances + np.log(2 * np.pi * model.noise_variances)).sum(axis=1)
        log_p = normal - 0.5 * (z**2 + np.log(2 * np.pi))
        v = q.cov[n, 0, 0]
        log_q = -0.5 * ((z - q.mean[n, 0]) ** 2 / v + np.log(2 * np.pi * v))
        found = b.log_lik[n], b.expected_log_joint[n], b.entropy[n], b.kl[n]
        assert found == pytest.approx(integrals(log_p, log_q, z, z[1] - z[0]), rel=1e-9, abs=1e-9)


def test_missing_cells_agree_with_integrals_over_what_stood_there():
    rng = np.random.default_rng(4)
    covariance = np.array([[2.0, 0.8, 0.3], [0.8, 1.5, -0.4], [0.3, -0.4, 1.0]])
    model = IncompleteNormal(np.array([1.0, -1.0, 0.5]), covariance)
    x = np.array([[0.3, np.nan, 1.0], [np.nan, -0.5, np.nan], [np.nan, np.nan, np.nan], [0.1, 0.2, 0.3]])
    q = model.posterior(x).near(rng)
    b = identity(model, x, q).per_point
    line = np.linspace(-18, 18, 901)
    for n in (0, 1):
        m = np.isnan(x[n])
        z = np.stack(np.meshgrid(*[line] * m.sum(), indexing="ij"), axis=-1).reshape(-1, m.sum())
        whole = np.repeat(x[n][None], len(z), axis=0)
        whole[:, m] = z
        log_p = latent_models.log_normal(whole - model.mean, model.covariance)
        log_q = latent_models.log_normal(z - q.filled[n, m], q.cov[n][np.ix_(m, m)])
        found = b.log_lik[n], b.expected_log_joint[n], b.entropy[n], b.kl[n]
        step = (line[1] - line[0]) ** m.sum()
        assert found == pytest.approx(integrals(log_p, log_q, z, step), rel=1e-8, abs=1e-8)
    assert b.log_lik[2] == 0 and b.kl[3] == b.entropy[3] == 0           # nothing seen; nothing missing
    assert b.elbo[3] == pytest.approx(b.log_lik[3], rel=1e-14)


def test_an_underflow_is_not_an_impossibility():
    """A probability of 1e-400 is 0 in doubles; its logarithm is −921, and KL reads that one."""
    q = Chains(np.array([[0.5, 0.5]]), [np.full((1, 2, 2), 0.5)])
    log_moves = np.array([[[0.0, -921.0], [0.0, -921.0]]])
    rounded = Chains(np.array([[0.5, 0.5]]), [np.exp(log_moves)])
    kept = Chains(np.array([[0.5, 0.5]]), [np.exp(log_moves)], np.log([[0.5, 0.5]]), [log_moves])
    assert q.kl(rounded).tolist() == [np.inf]
    assert q.kl(kept) == pytest.approx([math.log(0.5) + 921 / 2])
    assert kept[[0]].kl(kept).tolist() == [0.0]
    start = Chains(np.array([[1.0, 0.0]]), [np.full((1, 2, 2), 0.5)], np.array([[0.0, -800.0]]))
    assert q.kl(start) == pytest.approx([math.log(0.5) + 400])


def test_q_on_the_impossible_gives_an_infinite_gap_and_no_nan():
    model = HiddenMarkov(np.array([1.0, 0.0]), np.array([[0.5, 0.5], [0.0, 1.0]]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    x = [np.array([0, 1, 1])]
    q = model.posterior(x)
    assert identity(model, x, q).residual == pytest.approx(0, abs=1e-14)
    assert identity(model, x, q.near(np.random.default_rng(0))).kl < np.inf        # `near` keeps what is impossible
    b = identity(model, x, Chains(np.array([[0.5, 0.5]]), q.moves))
    assert b.kl == np.inf and b.elbo == -np.inf and b.residual == 0.0


# EM by the same loop --------------------------------------------------------------------------------------------


@every_case
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_em_climbs_whatever_z_is(name, seed):
    """W22–W24: KL falls to 0 at E, L rises at M, log p(x|θ) never falls."""
    model, x = CASES[name](np.random.default_rng(seed))
    steps = list(itertools.islice(em(model, x), 16))
    for before, after in itertools.pairwise(steps):
        rounding = 1e-11 * max(1.0, float(np.abs(after.bound.per_point.log_lik).sum()))
        assert after.bound.elbo >= before.bound.elbo - rounding
        assert after.bound.log_lik >= before.bound.log_lik - rounding
        if after.kind == "E":
            assert abs(after.bound.kl) <= rounding
    assert steps[-1].bound.log_lik > steps[0].bound.log_lik
    trace = fit(model, x, tol=1e-6, max_iter=2000)
    assert trace.stop == "converged" and trace.model.log_lik(x) == pytest.approx(trace.log_liks[-1])


class ForgetsTheSpread(IncompleteNormal):
    """The classical mistake with missing cells: what is filled in is taken as seen."""

    def statistics(self, x, q, sample_weight=None):
        return super().statistics(x, Cells(q.filled, 0 * q.cov + np.eye(q.cov.shape[1]) * 1e-12, q.missing))


def test_a_wrong_m_step_is_called_a_bug_here_too():
    model, x = latent_models.holes(np.random.default_rng(0))
    start = fit(model, x, max_iter=5, tol=None).model
    trace = fit(ForgetsTheSpread(start.mean, start.covariance), x, warn=False)
    assert trace.stop == "decreased" and "W24" in trace.message
    assert isinstance(trace.model, ForgetsTheSpread)


@every_case
def test_the_bar_and_the_ascent_draw_any_model(name):
    model, x = CASES[name](np.random.default_rng(5))
    steps = fit(model, x, max_iter=5, tol=None).steps
    bar, ascent = IdentityBar.for_bounds(steps), Ascent(steps)
    for scene in (bar, ascent):
        assert not np.array_equal(scene.rgba(steps[0]), scene.rgba(steps[1]))
        assert scene.sentence(steps[1])


def test_restarts_draw_sequences_and_not_their_steps():
    model, x = latent_models.paths(np.random.default_rng(6), [4, 5] * 15)
    seen = []

    class Restarts(HiddenMarkov):
        def restart(self, x, rng):
            seen.append(x)
            k, c = self.emissions.shape
            return Restarts(self.initial, rng.dirichlet(np.ones(k), size=k), rng.dirichlet(np.ones(c), size=k))

    start = Restarts(model.initial, model.transitions, model.emissions)
    trace = fit(start, x, n_starts=3, rng=0, max_iter=5, warn=False)
    assert len(trace.runs) == 3 and all(isinstance(run.model, Restarts) for run in trace.runs)
    assert [len(sequence) for sequence in seen[0]] == [4, 5] * 15


def test_restarts_leave_one_sequence_whole():
    """A model whose x is one sequence: N = 1, whatever the length of x."""
    model, (x,) = latent_models.paths(np.random.default_rng(6), [50])
    seen = []

    @dataclass
    class OneSequence:
        inner: HiddenMarkov

        def log_liks(self, x):
            return self.inner.log_liks([x])

        def expected_log_joint(self, x, q):
            return self.inner.expected_log_joint([x], q)

        def posterior(self, x):
            return self.inner.posterior([x])

        def m_step(self, x, q):
            return OneSequence(self.inner.m_step([x], q))

        def restart(self, x, rng):
            seen.append(x)
            moves = rng.dirichlet(np.ones(len(self.inner.initial)), size=len(self.inner.initial))
            return OneSequence(replace(self.inner, transitions=moves))

    trace = fit(OneSequence(model), x, n_starts=2, rng=0, max_iter=3, warn=False)
    assert len(trace.runs) == 2 and all(np.array_equal(given, x) for given in seen)


# What is missing is said ------------------------------------------------------------------------------------------


def test_a_model_without_a_method_is_told_which():
    @dataclass
    class Half:
        def log_liks(self, x):
            return np.zeros(len(x))

        def posterior(self, x):
            return Gaussians(np.zeros((len(x), 1)), np.ones((len(x), 1, 1)))

    for act in (lambda: next(em(Half(), np.zeros((3, 1)))), lambda: fit(Half(), np.zeros((3, 1))),
                lambda: identity(Half(), np.zeros((3, 1)), None)):
        with pytest.raises(ValueError, match=r"Half has no expected_log_joint\(x, q\)\. A model needs log_joint\(x\)"):
            act()
    with pytest.raises(ValueError, match=r"int has no log_liks\(x\) and no expected_log_joint\(x, q\) and"):
        fit(3, np.zeros((3, 1)))

    class NoMStep:
        def log_joint(self, x):
            return np.zeros((len(x), 2))

    with pytest.raises(ValueError, match=r"NoMStep.m_step is missing; EM needs m_step\(x, q\)"):
        fit(NoMStep(), np.zeros((3, 1)))


def test_a_q_of_the_wrong_kind_is_told_which_is_wanted():
    (factors, x), (chain, sequences) = (CASES[name](np.random.default_rng(0)) for name in ("factors", "paths"))
    table = np.full((len(x), 2), 0.5)
    with pytest.raises(ValueError, match=r"q is a ndarray; FactorAnalysis.posterior\(x\) is a Gaussians"):
        identity(factors, x, table)
    with pytest.raises(ValueError, match="q is a Gaussians; HiddenMarkov"):
        identity(chain, sequences, factors.posterior(x))
    with pytest.raises(ValueError, match="q is a Gaussians; this model has log_joint"):
        identity(GaussianMixture([1.0], [[0.0] * 5], [np.eye(5)]), x, factors.posterior(x))
    with pytest.raises(ValueError, match="q has 3 distributions; x has 120 independent pieces"):
        identity(factors, x, factors.posterior(x[:3]))
    with pytest.raises(ValueError, match="KL is defined between two Chains of 6 pieces; the other is a Gaussians"):
        chain.posterior(sequences).kl(factors.posterior(x))
    for e_step in (hard, tempered(2.0), partial(0.5)):
        with pytest.raises(ValueError, match="FactorAnalysis has no log_joint, so its z is no label"):
            next(em(factors, x, e_step))

    class Bare(FactorAnalysis):
        def posterior(self, x):
            return table

    with pytest.raises(ValueError, match=r"Bare.posterior\(x\) is a ndarray, which has no entropy, no kl, no near"):
        next(em(Bare(*vars(factors).values()), x))


def test_nan_is_an_error_that_names_the_method():
    model, x = latent_models.factors(np.random.default_rng(0))

    class Nan(FactorAnalysis):
        def expected_log_joint(self, x, q):
            return np.where(np.arange(len(x)) == 7, np.nan, super().expected_log_joint(x, q))

    with pytest.raises(ValueError, match=r"expected_log_joint\(x, q\) is NaN at 7"):
        next(em(Nan(*vars(model).values()), x))
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=r"log_liks\(x\) is NaN at 0"):
        next(em(replace(model, noise_variances=np.full(5, np.nan)), x))
    impossible = HiddenMarkov(np.array([0.5, 0.5]), np.eye(2), np.array([[1.0, 0.0], [1.0, 0.0]]))
    with np.errstate(divide="ignore"), pytest.raises(ValueError, match=r"log_liks\(x\) is −inf at 1"):
        fit(impossible, [np.array([0, 0]), np.array([0, 1])])


@pytest.mark.parametrize(("make", "said"), [
    (lambda: Gaussians(np.zeros((2, 2)), np.eye(2)), "expected"),
    (lambda: Gaussians(np.zeros((1, 2)), -np.eye(2)[None]), "not positive definite"),
    (lambda: Gaussians(np.zeros((1, 2)), np.array([[[1.0, 2.0], [0.0, 1.0]]])), "symmetric"),
    (lambda: Gaussians(np.full((1, 1), np.nan), np.ones((1, 1, 1))), "finite"),
    (lambda: Cells(np.zeros((2, 2)), np.zeros((2, 2, 2)), np.zeros(2, bool)), "expected"),
    (lambda: Cells(np.zeros((1, 2)), np.zeros((1, 2, 2)), np.ones((1, 2), bool)), "not positive definite"),
    (lambda: Chains(np.array([[0.5, 0.5]]), [np.ones((1, 2, 3)) / 3]), "expected"),
    (lambda: Chains(np.array([[0.5, 0.6]]), [np.ones((1, 2, 2)) / 2]), "distributions"),
    (lambda: Chains(np.array([[0.5, 0.5]]), [np.full((1, 2, 2), np.nan)]), "distributions"),
])
def test_what_is_no_distribution_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def flat(length, k):
    """One chain of so many steps between k states, all equally probable."""
    return Chains(np.full((1, k), 1 / k), [np.full((length - 1, k, k), 1 / k)])


@pytest.mark.parametrize(("q", "other"), [
    (Gaussians(np.zeros((1, 2)), np.eye(2)[None]), Gaussians(np.zeros((1, 3)), np.eye(3)[None])),
    (flat(3, 2), flat(4, 2)), (flat(3, 2), flat(3, 1))])
def test_kl_is_refused_between_q_over_different_z(q, other):
    with pytest.raises(ValueError, match="KL is defined between two q over the same z: as many dimensions"):
        q.kl(other)
    assert q.kl(q).tolist() == [0.0]


def some_cells(rng, missing, observed=0.0):
    """A normal over the missing cells of each row; `observed` and NaN where it must not look."""
    missing = np.asarray(missing)
    root = rng.normal(size=(*missing.shape, missing.shape[1]))
    both = missing[:, :, None] & missing[:, None, :]
    cov = root @ np.swapaxes(root, 1, 2) + np.eye(missing.shape[1])
    return Cells(np.where(missing, rng.normal(size=missing.shape), observed), np.where(both, cov, np.nan), missing)


HOLES = [[True, False, True], [False, False, False], [True, True, True], [False, True, False]]


def test_observed_cells_have_no_part_in_kl():
    """Each row against the normal over its missing cells alone; where none is missing, 0 exactly."""
    q, p = some_cells(np.random.default_rng(0), HOLES), some_cells(np.random.default_rng(1), HOLES, observed=5.0)
    for n, row in enumerate(np.array(HOLES)):
        columns = np.flatnonzero(row)
        if len(columns):
            a, b = (Gaussians(c.filled[n][None, columns], c.cov[n][np.ix_(columns, columns)][None]) for c in (q, p))
            assert q.kl(p)[n] == pytest.approx(a.kl(b)[0], rel=1e-13)
            assert q.entropy()[n] == pytest.approx(a.entropy()[0], rel=1e-13)
        else:
            assert q.kl(p)[n] == q.entropy()[n] == 0


def test_near_moves_every_missing_cell_and_no_other():
    q = some_cells(np.random.default_rng(0), HOLES, observed=5.0)
    moved = q.near(np.random.default_rng(1))
    both = q.missing[:, :, None] & q.missing[:, None, :]
    assert ((moved.filled != q.filled) == q.missing).all()
    assert (moved.cov[both] != q.cov[both]).all() and (moved.missing == q.missing).all()


def test_kl_is_refused_where_other_cells_are_missing():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="the same cells are missing"):
        some_cells(rng, HOLES).kl(some_cells(rng, HOLES[::-1]))
