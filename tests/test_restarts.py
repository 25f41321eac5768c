"""Many starts, the best kept; Ctrl-C leaves the best so far; the bar that shows how far it is."""

import itertools
import sys
import types
import warnings

import numpy as np
import pytest
from strategies import KINDS, parameters
from test_references import GALAXIES

from emlib import CoinMixture, ConvergenceWarning, GaussianMixture, datasets, em, fit

X = datasets.old_faithful()
SPEEDS = GALAXIES["corrected"]
BAD = GaussianMixture([0.5, 0.5], [[3.0, 70.0], [3.01, 70.0]], [np.diag([1.0, 100.0])] * 2)


def galaxies(**options):
    """A problem with many local maxima."""
    start = GaussianMixture.start(SPEEDS, 4, rng=0, floor=0.05)
    return fit(start, SPEEDS, rng=1, max_iter=200, tol=1e-8, **options)


def quietly(call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return call()


# The best of many ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keep", ["all", "last"])
def test_the_best_run_is_returned_and_has_them_all(keep):
    trace = quietly(lambda: galaxies(n_starts=8, keep=keep))
    assert len(trace.runs) == 8 and all(run.runs == () for run in trace.runs)
    finals = [run.log_liks[-1] for run in trace.runs]
    assert trace.log_liks[-1] == max(finals) and max(finals) - min(finals) > 1
    best = trace.runs[int(np.argmax(finals))]
    assert trace.model is best.model and trace.steps is best.steps and trace.stop == best.stop
    assert np.array_equal(trace.log_liks, best.log_liks)
    assert trace.message == f"best of 8 starts is number {finals.index(max(finals)) + 1}: {best.message}"
    assert all(bool(run.steps) == (keep == "all") for run in trace.runs)


def test_the_first_run_is_from_the_given_model_and_each_is_what_fit_gives_alone():
    trace = quietly(lambda: galaxies(n_starts=3, keep="all"))
    start = GaussianMixture.start(SPEEDS, 4, rng=0, floor=0.05)
    assert np.array_equal(parameters(trace.runs[0].steps[0].model), parameters(start))
    for run in trace.runs:
        alone = quietly(lambda m=run.steps[0].model: fit(m, SPEEDS, max_iter=200, tol=1e-8))
        assert np.array_equal(alone.log_liks, run.log_liks) and alone.stop == run.stop


def test_more_starts_are_never_worse_and_the_first_ones_stay():
    few, many = (quietly(lambda n=n: galaxies(n_starts=n, keep="last")) for n in (3, 9))
    assert many.log_liks[-1] >= few.log_liks[-1]
    for a, b in zip(few.runs, many.runs, strict=False):
        assert np.array_equal(a.log_liks, b.log_liks)


def test_the_same_seed_gives_the_same_runs_and_another_seed_others():
    def finals(rng):
        runs = quietly(lambda: fit(BAD, X, n_starts=4, rng=rng, keep="last")).runs
        return [run.log_liks[0] for run in runs]

    assert finals(3) == finals(3) == finals(np.random.default_rng(3))
    assert finals(3)[0] == finals(4)[0] and finals(3)[1:] != finals(4)[1:]


@pytest.mark.parametrize("kind", KINDS)
def test_starts_are_distinct_and_of_the_kind_of_the_first(kind):
    start = GaussianMixture.start(X, 3, rng=0, covariance_type=kind, floor=1e-3)
    trace = quietly(lambda: fit(start, X, n_starts=12, rng=0, max_iter=1, tol=None))
    starts = [run.steps[0].model for run in trace.runs]
    assert len(trace.runs) == 12
    for model in starts:
        assert (model.covariance_type, model.floor, model.means.shape) == (kind, 1e-3, (3, 2))
    for a, b in itertools.combinations(starts, 2):
        assert not np.array_equal(np.sort(a.means, axis=0), np.sort(b.means, axis=0))
    for model in starts[1:]:                                        # k-means++ seeds: points of the data, all different
        assert all((X == mean).all(axis=1).any() for mean in model.means)
        assert len(np.unique(model.means, axis=0)) == 3


def test_where_the_data_have_few_starts_there_are_few_runs():
    x = np.array([[0.0], [1.0], [5.0], [5.5]])
    start = GaussianMixture([1.0], [[0.0]], [1.0])
    trace = fit(start, x, n_starts=50, rng=0)
    assert 3 <= len(trace.runs) <= 5 and "no more than" in trace.message


def test_as_many_starts_are_drawn_as_were_asked_for():
    """Far more than the draws after which one start is given up."""
    trace = quietly(lambda: fit(BAD, X, n_starts=45, rng=0, max_iter=0))
    assert len(trace.runs) == 45 and "no more than" not in trace.message


def test_points_of_weight_zero_are_no_starts():
    w = (X[:, 0] < 3).astype(float)
    for keep in ("all", "last"):
        trace = quietly(lambda k=keep: fit(BAD, X, sample_weight=w, n_starts=6, rng=0, max_iter=0, keep=k))
        for run in trace.runs[1:]:
            assert (run.model.means[:, 0] < 3).all()


def test_starts_are_drawn_from_the_points_that_count_most(monkeypatch):
    """Of 40 points, 5 are drawn; those of weight 1e-9 have no chance beside those of weight 1."""
    monkeypatch.setattr("emlib.restarts.ROWS", 5)
    x = np.random.default_rng(0).standard_normal((40, 2))
    w = np.where(np.arange(40) % 2, 1.0, 1e-9)
    seen = []
    monkeypatch.setattr(GaussianMixture, "restart", lambda self, x, rng: seen.append(x) or self)
    quietly(lambda: fit(BAD, x, sample_weight=w, n_starts=2, rng=0, max_iter=0))
    drawn = {tuple(row) for row in seen[0]}
    assert len(drawn) == 5 and drawn <= {tuple(row) for row in x[1::2]}


def test_a_collapse_loses_its_own_run_and_no_other():
    """Three points far out: a start that seeds there collapses, others do not; the collapsed never wins."""
    rng = np.random.default_rng(0)
    x = np.vstack([rng.standard_normal((60, 2)), rng.standard_normal((60, 2)) + 4, [[30.0, 30.0]]])
    good = GaussianMixture([0.5, 0.5], [[0.0, 0.0], [4.0, 4.0]], [np.eye(2)] * 2)
    trace = fit(good, x, n_starts=8, rng=0)
    stops = [run.stop for run in trace.runs]
    assert "collapsed" in stops and "converged" in stops and trace.stop == "converged"
    assert f"{stops.count('collapsed')} of 8 collapsed" in trace.message
    assert trace.log_liks[-1] == max(r.log_liks[-1] for r in trace.runs if r.stop == "converged")


def test_if_all_collapse_the_trace_says_so():
    x = np.random.default_rng(0).standard_normal((30, 1)).repeat(2, axis=1)
    start = GaussianMixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], [np.eye(2)] * 2, floor=0.0)

    class Restarts(GaussianMixture):
        def restart(self, x, rng):
            return Restarts(self.weights, rng.normal(size=(2, 2)), self.covariances)

    start = Restarts(start.weights, start.means, start.covariances)
    with pytest.warns(ConvergenceWarning, match="collapsed"):
        trace = fit(start, x, n_starts=3, rng=0)
    assert trace.stop == "collapsed" and "3 of 3 collapsed" in trace.message


def test_coins_restart_too():
    start = CoinMixture([0.5, 0.5], [0.5, 0.5], learn_weights=False)
    x = CoinMixture([0.5, 0.5], [0.2, 0.9]).sample(60, rng=0, tosses=12)[0]
    trace = fit(start, x, n_starts=4, rng=0, keep="last")
    assert sorted(trace.model.probs) == pytest.approx([0.2, 0.9], abs=0.06)
    assert trace.log_liks[-1] > trace.runs[0].log_liks[-1] + 10     # the given start is a saddle
    assert not any(run.model.learn_weights for run in trace.runs)
    assert trace.model.weights.tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="only 1 distinct points"):
        CoinMixture.start(np.full((9, 2), 3), 2, rng=0)


def test_what_restarts_need_is_said():
    with pytest.raises(ValueError, match="rng is None; give a seed"):
        fit(BAD, X, n_starts=2)
    for n in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="n_starts is"):
            fit(BAD, X, n_starts=n, rng=0)

    class Plain:
        log_joint, m_step = GaussianMixture.log_joint, GaussianMixture.m_step

    with pytest.raises(ValueError, match=r"n_starts = 2 needs a model that can start anew; give Plain a method"):
        fit(Plain(), X, n_starts=2, rng=0)


# Ctrl-C ------------------------------------------------------------------------------------------------------------


class Pressed(GaussianMixture):
    """Somebody presses Ctrl-C in the n-th M-step of all."""

    left = 5

    def m_step(self, x, q, sample_weight=None):
        if Pressed.left == 0:
            raise KeyboardInterrupt
        Pressed.left -= 1
        best = super().m_step(x, q, sample_weight)
        return Pressed(best.weights, best.means, best.covariances)

    def restart(self, x, rng):
        start = GaussianMixture.start(x, len(self.weights), rng)
        return Pressed(start.weights, start.means, start.covariances)


@pytest.mark.parametrize("keep", ["all", "last"])
def test_ctrl_c_leaves_the_last_complete_iteration(monkeypatch, keep):
    monkeypatch.setattr(Pressed, "left", 5)
    with pytest.warns(ConvergenceWarning, match="interrupted in iteration 6"):
        trace = fit(Pressed(BAD.weights, BAD.means, BAD.covariances), X, keep=keep)
    plain = fit(BAD, X, max_iter=5, tol=None)
    assert trace.stop == "interrupted" and trace.n_iter == 5
    assert trace.log_liks == pytest.approx(plain.log_liks, rel=1e-12)
    assert parameters(trace.model) == pytest.approx(parameters(plain.model), rel=1e-10)
    if keep == "all":
        assert [(s.t, s.kind) for s in trace.steps][-2:] == [(5, "M"), (6, "E")]


def test_ctrl_c_on_the_fast_road(monkeypatch):
    expected = fit(BAD, X, max_iter=3, tol=None, keep="last")
    from emlib.streaming.gaussian import GaussianStep
    m_step, calls = GaussianStep.m_step, itertools.count()

    def pressed(self):
        if next(calls) == 3:
            raise KeyboardInterrupt
        return m_step(self)

    monkeypatch.setattr(GaussianStep, "m_step", pressed)
    with pytest.warns(ConvergenceWarning, match="interrupted in iteration 4"):
        trace = fit(BAD, X, keep="last")
    assert np.array_equal(trace.log_liks, expected.log_liks)
    assert np.array_equal(parameters(trace.model), parameters(expected.model))


@pytest.mark.parametrize("left", [2, 31, 60])
def test_ctrl_c_among_many_starts_leaves_the_best_so_far(monkeypatch, left):
    monkeypatch.setattr(Pressed, "left", left)
    with pytest.warns(ConvergenceWarning, match="interrupted; best of"):
        trace = fit(Pressed(BAD.weights, BAD.means, BAD.covariances), X, n_starts=50, rng=0)
    assert trace.stop == "interrupted" and trace.runs[-1].stop == "interrupted"
    assert len(trace.runs) < 50 and sum(run.n_iter for run in trace.runs) == left
    assert trace.log_liks[-1] == max(run.log_liks[-1] for run in trace.runs)
    assert trace.model.log_lik(X) == pytest.approx(trace.log_liks[-1])


def test_ctrl_c_before_anything_is_there_is_ctrl_c():
    class Early(GaussianMixture):
        def log_joint(self, x):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(Early(BAD.weights, BAD.means, BAD.covariances), X)


def test_em_itself_does_not_hold_ctrl_c_back(monkeypatch):
    monkeypatch.setattr(Pressed, "left", 0)
    with pytest.raises(KeyboardInterrupt):
        list(itertools.islice(em(Pressed(BAD.weights, BAD.means, BAD.covariances), X), 4))


# The bar ------------------------------------------------------------------------------------------------------------


class FakeBar:
    """What tqdm is to us."""

    made = None

    def __init__(self, total, unit):
        self.total, self.unit, self.n, self.words, self.closed = total, unit, 0, [], False
        FakeBar.made = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def update(self, n):
        self.n += n

    def set_postfix_str(self, words, refresh):
        self.words.append(words)


def with_tqdm(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)


@pytest.mark.parametrize("keep", ["all", "last"])
def test_the_bar_counts_iterations_and_names_the_start(monkeypatch, keep):
    module = types.ModuleType("tqdm.auto")
    module.tqdm = FakeBar
    with_tqdm(monkeypatch, module)
    trace = quietly(lambda: fit(BAD, X, n_starts=3, rng=0, keep=keep, progress=True))
    bar = FakeBar.made
    assert bar.n == sum(run.n_iter for run in trace.runs) and bar.total is None and bar.closed
    assert bar.words[0].startswith("start 1 of 3, log-lik ") and bar.words[-1].startswith("start 3 of 3")
    assert bar.words[-1].endswith(f"{trace.runs[-1].log_liks[-1]:.4f}")
    fit(BAD, X, max_iter=4, tol=None, keep=keep, progress=True)
    assert (FakeBar.made.n, FakeBar.made.total) == (4, 4)


def test_a_real_bar_is_drawn(capsys):
    fit(BAD, X, max_iter=4, tol=None, keep="last", progress=True)
    assert "4/4" in capsys.readouterr().err


def test_without_tqdm_the_fit_goes_on_and_says_what_is_missing(monkeypatch):
    with_tqdm(monkeypatch, None)
    with pytest.warns(UserWarning, match="pip install tqdm") as caught:
        trace = fit(BAD, X, max_iter=4, tol=None, progress=True)
    assert trace.n_iter == 4 and caught[0].filename == __file__


def test_no_bar_unless_asked_for(capsys):
    fit(BAD, X, max_iter=4, tol=None, keep="last")
    assert capsys.readouterr() == ("", "")
