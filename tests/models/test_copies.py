"""What a copy keeps, and what a subclass keeps: the numbers, the lock, the type, its fields and its methods."""

import copy
import io
import json
import pickle
from dataclasses import InitVar, asdict, dataclass, field, replace
from functools import cached_property

import joblib
import numpy as np
import pytest
from hypothesis import given
from strategies import KINDS, cases, parameters, random_gaussian

from emlib import CoinMixture, GaussianMixture, datasets, em, fit, from_sklearn, streaming, to_sklearn
from emlib.lessons.climb.model import OneMean

X, TOSSES = datasets.old_faithful(), datasets.two_coins()


def by_npz(model):
    file = io.BytesIO()
    np.savez(file, **asdict(model))
    file.seek(0)
    return type(model)(**np.load(file))


def by_json(model):
    fields = {name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in asdict(model).items()}
    return type(model)(**json.loads(json.dumps(fields)))


def by_buffers(model):
    """Protocol 5 with numbers outside of the pickle, where somebody else may write."""
    kept = []
    data = pickle.dumps(model, protocol=5, buffer_callback=kept.append)
    outside = [bytearray(b.raw()) for b in kept]
    loaded = pickle.loads(data, buffers=outside)
    for buffer in outside:
        buffer[:] = bytes(len(buffer))
    return loaded


def by_joblib(mode):
    def road(model, tmp_path):
        joblib.dump(model, tmp_path / "model.joblib")
        return joblib.load(tmp_path / "model.joblib", mmap_mode=mode)
    return road


ROADS = {
    **{f"pickle {p}": lambda m, p=p: pickle.loads(pickle.dumps(m, protocol=p)) for p in range(6)},
    "buffers": by_buffers, "copy": copy.copy, "deepcopy": copy.deepcopy, "replace": replace, "npz": by_npz,
    "json": by_json, "twice": lambda m: copy.deepcopy(pickle.loads(pickle.dumps(m))),
}
MODELS = {kind: random_gaussian(np.random.default_rng(1), kind, 3, 2) for kind in KINDS} | {
    "floored": GaussianMixture([0.5, 0.5], [[3.0, 60], [4, 80]], [9.0, 8.0], floor=0.5),
    "coins": CoinMixture([0.3, 0.7], [0.2, 0.8]), "held": CoinMixture([0.3, 0.7], [0.2, 1.0], learn_weights=False)}


def data(model):
    return TOSSES if isinstance(model, CoinMixture) else X


def assert_the_same_and_locked(loaded, model):
    x = data(model)
    assert type(loaded) is type(model) and vars(loaded).keys() >= {*asdict(model)}
    for name, value in asdict(model).items():
        mine = getattr(loaded, name)
        assert np.array_equal(mine, value) and type(mine) is type(value), name
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                mine[...] *= 4
    assert np.array_equal(loaded.log_joint(x), model.log_joint(x))
    q = np.random.default_rng(0).dirichlet(np.ones(len(model.weights)), size=len(x))
    assert np.array_equal(parameters(loaded.m_step(x, q)), parameters(model.m_step(x, q)))


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("used", [False, True])
def test_every_road_keeps_the_bits_and_the_lock(road, name, used):
    model = replace(MODELS[name])
    if used:
        model.log_joint(data(model))                                 # what follows from the parameters is kept by then
    assert_the_same_and_locked(ROADS[road](model), MODELS[name])
    assert_the_same_and_locked(model, MODELS[name])                  # the original is what it was


@pytest.mark.parametrize("mode", [None, "r", "r+", "c"])
def test_a_model_from_a_mapped_file_is_its_own(mode, tmp_path):
    for model in MODELS.values():
        loaded = by_joblib(mode)(model, tmp_path)
        assert_the_same_and_locked(loaded, model)
        assert not any(isinstance(v, np.memmap) for v in vars(loaded).values())


@given(cases())
def test_any_model_by_pickle_and_by_file(case):
    for road in ("pickle 5", "npz", "json", "deepcopy"):
        assert np.array_equal(ROADS[road](case.model).log_joint(case.x), case.model.log_joint(case.x))


def test_a_trace_comes_back_with_all_that_it_holds():
    for start, x in ((GaussianMixture.start(X, 2, 0), X), (CoinMixture([0.5, 0.5], [0.6, 0.5]), TOSSES)):
        trace = fit(start, x, max_iter=3, tol=None, n_starts=2, rng=1)
        for road in ("pickle 4", "deepcopy"):
            again = ROADS[road](trace)
            assert repr(again) == repr(trace) and len(again.runs) == 2
            assert_the_same_and_locked(again.model, trace.model)
            for mine, theirs in zip(again.steps, trace.steps, strict=True):
                assert (mine.t, mine.kind, mine.bound.elbo) == (theirs.t, theirs.kind, theirs.bound.elbo)
                assert np.array_equal(mine.q, theirs.q) and mine.bound.residual == theirs.bound.residual
                assert np.array_equal(mine.bound.per_point.kl, theirs.bound.per_point.kl)
                assert_the_same_and_locked(mine.model, theirs.model)


def test_a_model_that_holds_another_is_copied_with_it():
    held = OneMean(GaussianMixture([0.5, 0.5], [[60.0], [80.0]], [30.0, 40.0]), 1)
    for road in ("pickle 2", "pickle 5", "copy", "deepcopy"):
        again = ROADS[road](held)
        assert again.theta == held.theta and np.array_equal(again.log_joint(X[:, 1:]), held.log_joint(X[:, 1:]))
        with pytest.raises(ValueError, match="read-only"):
            again.mixture.means[...] = 0


def test_a_constructor_copies_what_it_is_given_and_does_not_lock_it():
    for made, given_ in ((GaussianMixture, [np.array([0.5, 0.5]), np.zeros((2, 1)), np.ones(2)]),
                         (CoinMixture, [np.array([0.5, 0.5]), np.array([0.2, 0.7])])):
        model = made(*given_)
        before = parameters(model)
        for array in given_:
            array[...] = 0.125                                       # the caller's own: not locked
        assert np.array_equal(parameters(model), before)


# Subclasses ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, repr=False)
class Noted(GaussianMixture):
    """With a field more, which has a default."""

    note: str = "none"


@dataclass(frozen=True, eq=False, repr=False)
class Asked(GaussianMixture):
    """With a field more that must be given."""

    power: float = field(kw_only=True)


class Tagged(GaussianMixture):
    """With a constructor of its own, and something else that belongs to it."""

    def __init__(self, *args, tag="none", **kwargs):
        super().__init__(*args, **kwargs)
        object.__setattr__(self, "tag", tag)

    @cached_property
    def twice(self):
        return 2 * self.means


class Diagonal(GaussianMixture):
    """Made without what it knows itself."""

    def __init__(self, weights, means, covariances):
        super().__init__(weights, means, covariances, "diag")


class ByPlace(GaussianMixture):
    def __init__(self, *args):
        super().__init__(*args)


class Kept(CoinMixture):
    def __init__(self, weights, probs, learn_weights=True, owner="nobody"):
        super().__init__(weights, probs, learn_weights)
        object.__setattr__(self, "owner", owner)


START = GaussianMixture.start(X, 2, 0, "diag")
PARTS = START.weights, START.means, START.covariances
SUBCLASSES = {"a field with a default": (Noted(*PARTS, "diag", note="mine"), "note"),
              "a field without": (Asked(*PARTS, "diag", power=2.5), "power"),
              "a constructor that passes on": (Tagged(*PARTS, "diag", 0.01, tag="mine"), "tag"),
              "a constructor that knows the type": (Diagonal(*PARTS), "covariance_type"),
              "a constructor by place": (ByPlace(*PARTS, "diag"), "covariance_type"),
              "coins": (Kept([0.4, 0.6], [0.4, 0.7], owner="me"), "owner")}


@pytest.mark.parametrize("name", SUBCLASSES)
def test_a_subclass_keeps_its_type_and_all_that_it_was_made_with(name):
    model, extra = SUBCLASSES[name]
    x = data(model)
    plain = CoinMixture(model.weights, model.probs) if x is TOSSES else START
    q = plain.posterior(x)
    found = {"m_step": model.m_step(x, q), "from_statistics": model.from_statistics(model.statistics(x, q)),
             "restart": model.restart(x, np.random.default_rng(3)),
             **{keep: fit(model, x, keep=keep, max_iter=4, tol=None).model for keep in ("all", "last")},
             "starts": fit(model, x, keep="last", max_iter=4, tol=None, n_starts=3, rng=0).model,
             "em": [step.model for step, _ in zip(em(model, x), range(4), strict=False)][-1]}
    roads = {*ROADS} - {"npz", "json"} - ({"replace"} if name.startswith("a constructor") or name == "coins" else set())
    found |= {road: ROADS[road](model) for road in roads}
    for where, other in found.items():
        assert type(other) is type(model), where
        for kept in {extra, "covariance_type", "floor", "learn_weights"} & {*vars(model)}:
            assert getattr(other, kept) == getattr(model, kept), where
    for keep in ("all", "last"):
        same = fit(plain, x, keep=keep, max_iter=4, tol=None).model
        assert parameters(found[keep]) == pytest.approx(parameters(same), rel=1e-9)
    assert np.array_equal(parameters(found["m_step"]), parameters(plain.m_step(x, q)))
    assert np.array_equal(parameters(found["restart"]), parameters(plain.restart(x, np.random.default_rng(3))))


def test_what_a_subclass_computed_from_its_parameters_is_not_carried_over():
    model = Tagged(*PARTS, "diag", tag="mine")
    assert model.twice is model.twice
    for other in (model.m_step(X, START.posterior(X)), copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert "twice" not in vars(other) and np.array_equal(other.twice, 2 * other.means)


class Fixed(GaussianMixture):
    """Its constructor has no place for what EM learns."""

    def __init__(self, means):
        super().__init__([0.5, 0.5], means, START.covariances, "diag")


class Secret(GaussianMixture):
    def __init__(self, weights, means, covariances, key):
        super().__init__(weights, means, covariances, "diag")


@dataclass(frozen=True, eq=False, repr=False)
class Once(GaussianMixture):
    seed: InitVar[int] = 0

    def __post_init__(self, seed):
        super().__post_init__()


def test_a_subclass_that_cannot_be_made_anew_is_told_so_and_loses_nothing_in_silence():
    for keep in ("all", "last"):
        with pytest.raises(ValueError, match="Fixed is made without weights, so that the next model of EM loses it"):
            fit(Fixed(START.means), X, keep=keep)
        with pytest.raises(ValueError, match="Secret is made with key, which no attribute keeps"):
            fit(Secret(*PARTS, key=1), X, keep=keep)
        assert type(fit(Once(*PARTS, "diag", seed=3), X, keep=keep).model) is Once


class Symmetric(GaussianMixture):
    """Its constructor changes what it is given: the two means lie on one level."""

    def __init__(self, weights, means, covariances, covariance_type=None, floor=0.0):
        means = np.array(means)
        means[:, 1] = means[:, 1].mean()
        super().__init__(weights, means, covariances, covariance_type, floor)


class Level(GaussianMixture):
    """So does what comes after its constructor."""

    def __post_init__(self):
        means = np.array(self.means)
        means[:, 1] = means[:, 1].mean()
        object.__setattr__(self, "means", means)
        super().__post_init__()


class Anew(GaussianMixture):
    def __new__(cls, *args, **kwargs):
        return super().__new__(cls)


@pytest.mark.parametrize("made", [Symmetric, Level])
def test_a_constructor_that_changes_parameters_has_its_way_on_either_road(made):
    start = made(*PARTS, "diag")
    assert not streaming.offered_by(start) and not streaming.offered_by(Anew(*PARTS, "diag"))
    every, last = (fit(start, X, keep=keep, max_iter=6, tol=None, warn=False) for keep in ("all", "last"))
    assert np.ptp(every.model.means[:, 1]) == 0 and np.array_equal(every.log_liks, last.log_liks)
    assert np.array_equal(parameters(every.model), parameters(last.model))


class Elsewhere(GaussianMixture):
    """Starts where it likes; restarts must begin there."""

    shift = 1.0

    @classmethod
    def start(cls, x, K, rng, covariance_type="full", floor=0.0):
        found = super().start(x, K, rng, covariance_type, floor)
        return replace(found, means=found.means + cls.shift)


class Further(Elsewhere):
    shift = 2.0


def test_a_restart_begins_where_the_class_starts():
    plain = START.restart(X, np.random.default_rng(5)).means
    for made in (Elsewhere, Further):
        found = made(*PARTS, "diag").restart(X, np.random.default_rng(5))
        assert type(found) is made and found.means == pytest.approx(plain + made.shift, rel=1e-15)


def test_a_mixture_with_densities_of_its_own_is_not_carried_to_scikit_learn():
    class Heavy(GaussianMixture):
        def log_joint(self, x):
            return super().log_joint(x) / 2

    class Sure(GaussianMixture):
        def posterior(self, x):
            return np.eye(2)[super().posterior(x).argmax(axis=1)]

    for made, name in ((Heavy, "log_joint"), (Sure, "posterior")):
        with pytest.raises(ValueError, match=f"model is a {made.__name__} with a {name} of its own"):
            to_sklearn(made(*PARTS, "diag"))
    assert np.array_equal(parameters(from_sklearn(to_sklearn(Noted(*PARTS, "diag")))), parameters(START))


@pytest.mark.parametrize("kind", KINDS)
def test_an_estimator_that_was_changed_in_one_place_is_refused(kind):
    theirs = to_sklearn(GaussianMixture.start(X, 2, 0, kind))
    assert from_sklearn(theirs).covariance_type == kind
    theirs.covariances_ = 1.3 * theirs.covariances_
    with pytest.raises(ValueError, match="estimator computes its densities from precisions_cholesky_, which"):
        from_sklearn(theirs)
    theirs.precisions_cholesky_ = theirs.precisions_cholesky_ / np.sqrt(1.3)
    assert from_sklearn(theirs).covariances == pytest.approx(theirs.covariances_)
    theirs.precisions_cholesky_ = theirs.precisions_cholesky_[..., :1]
    with pytest.raises(ValueError, match="which does not belong to its covariances_"):
        from_sklearn(theirs)
