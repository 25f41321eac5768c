"""The parameters of any model: found wherever they are kept, moved, and put back."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import own_models
import pytest
from strategies import KINDS

from emlib import GaussianMixture, check_em, datasets
from emlib.contracts.parameters import Parameters
from emlib.contracts.rebuild import Item, get, name_of, numeric_paths, rebuilt
from emlib.contracts.trial import Trial
from emlib.lessons.detective.cases import CASES, Clusters


def found(kind):
    model, x = own_models.draw(kind, np.random.default_rng(3))
    trial = Trial(model, x, 0)
    return trial.parameters, trial


@pytest.mark.parametrize(("kind", "names", "weights", "still"), [
    (own_models.PoissonMixture, ["weights", "rates"], "weights", []),
    (own_models.ExponentialMixture, ["pi", "scale"], "pi", []),
    (own_models.BernoulliMixture, ["weights", "probs"], "weights", []),
    (own_models.CategoricalMixture, ["weights", "table"], "weights", []),
    (own_models.KnownSpread, ["share", "places", "known"], "share", ["known"]),
    (own_models.EqualShares, ["weights", "means", "variances"], "weights", ["weights"]),
    (own_models.LineMixture, ["weights", "lines", "noise"], "weights", [])])
def test_parameters_are_found_whatever_they_are_called(kind, names, weights, still):
    parameters, trial = found(kind)
    assert parameters.names == names
    assert parameters.weights(trial.model, trial.k) == weights
    assert parameters.still == still


def test_directions_keep_distributions_and_symmetry():
    rng, (parameters, trial) = np.random.default_rng(0), found(own_models.CategoricalMixture)
    for direction in parameters.directions(trial.model, rng):
        moved = parameters.moved(trial.model, direction, 0.5 * direction.size)
        assert np.allclose(moved.table.sum(axis=1), 1) and np.isclose(np.sum(moved.weights), 1)
        assert (np.asarray(moved.table) >= 0).all()
    x = datasets.old_faithful()
    model = GaussianMixture.start(x, 2, 0)
    for direction in Parameters(model, [], lambda m: m.log_joint(x)).directions(model, rng):
        if direction.name == "covariances":
            np.testing.assert_array_equal(direction.delta, np.swapaxes(direction.delta, -1, -2))


def test_relabelled_finds_which_arrays_carry_the_labels():
    x = datasets.old_faithful()
    for kind in KINDS:
        model = GaussianMixture.start(x, 3, 0, kind).m_step(x, np.random.default_rng(1).dirichlet([1] * 3, size=len(x)))
        other = Parameters(model, [], lambda m: m.log_joint(x)).relabelled(model, [2, 0, 1])
        np.testing.assert_array_equal(other.means, model.means[[2, 0, 1]])
        np.testing.assert_allclose(other.log_joint(x), model.log_joint(x)[:, [2, 0, 1]], rtol=1e-12)


# Wherever they are kept ---------------------------------------------------------------------------------------


class InADict:
    """The mixture of normals with its parameters in one dictionary, as many write it."""

    def __init__(self, pi, mu, var):
        self.params = {"pi": np.asarray(pi), "mu": np.asarray(mu), "var": np.asarray(var)}

    def log_joint(self, x):
        return Clusters(*self.params.values()).log_joint(x)

    def m_step(self, x, q):
        new = Clusters(*self.params.values()).m_step(x, q)
        return type(self)(new.weights, new.means, new.variances)


class DictHoldsWeights(InADict):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(self.params["pi"], new.params["mu"], new.params["var"])


class DictMeansOff(InADict):
    def m_step(self, x, q):
        new = super().m_step(x, q)
        return type(self)(new.params["pi"], new.params["mu"] + 0.05, new.params["var"])


@dataclass(frozen=True)
class Nested:
    """A frozen dataclass that holds another object, and a list of numbers for each component."""

    inner: Any
    means: tuple

    def log_joint(self, x):
        return Clusters(self.inner.weights, np.concatenate(self.means), self.inner.variances).log_joint(x)

    def m_step(self, x, q):
        new = Clusters(self.inner.weights, np.concatenate(self.means), self.inner.variances).m_step(x, q)
        return Nested(new, (new.means[:1], new.means[1:]))


def clusters(seed=0):
    x = CASES["hard counts"].models(seed)[1]
    return x, ([0.4, 0.6], np.quantile(x, [0.2, 0.7]), np.full(2, x.var()))


def test_parameters_in_a_dict_are_parameters():
    x, theta = clusters()
    right = check_em(InADict(*theta), x)
    assert right.passed and all(check.passed for check in right.checks if check.name in ("fixed point", "weights move"))
    assert check_em(DictHoldsWeights(*theta), x).first_failure.name == "weights move"
    off = check_em(DictMeansOff(*theta), x)["M-step optimality"]
    assert off.passed is False and "params['mu']" in off.counterexample


def test_parameters_of_what_a_model_holds_are_its_own():
    x, (weights, means, variances) = clusters()
    model = Nested(Clusters(weights, means, variances), (means[:1], means[1:]))
    parameters = Trial(model, x, 0).parameters
    assert parameters.names == ["inner.weights", "inner.variances", "means"]
    assert check_em(model, x).passed


def test_a_model_is_put_together_again_with_some_values_changed():
    thing = Nested({"a": [1.0, 2.0], "b": 3.0}, (np.array([1.0]), np.array([1.0, 2.0])))
    paths = list(numeric_paths(thing))
    assert [name_of(path) for path in paths] == ["inner['a']", "inner['b']", "means[0]", "means[1]"]
    assert paths[0] == ("inner", Item("a")) and get(thing, paths[1]) == 3.0
    other = rebuilt(thing, {paths[0]: np.array([5.0, 6.0]), paths[3]: np.array([7.0, 8.0])})
    assert other.inner == {"a": [5.0, 6.0], "b": 3.0} and thing.inner["a"] == [1.0, 2.0]
    np.testing.assert_array_equal(other.means[1], [7, 8])
    assert other.means[0] is thing.means[0] and isinstance(other.means, tuple)
    arrays = rebuilt({"m": [np.zeros(2), np.ones(2)]}, {(Item("m"),): np.full((2, 2), 4.0)})["m"]
    assert isinstance(arrays, list) and all(isinstance(part, np.ndarray) for part in arrays)


def test_what_a_model_remembers_is_no_parameter():
    class Remembers(Clusters):
        def __init__(self, weights, means, variances):
            super().__init__(weights, means, variances)
            self.history, self.function, self.name = {"q": np.ones(3)}, np.log, "clusters"

    x, theta = clusters()
    assert Trial(Remembers(*theta), x, 0).parameters.names == ["weights", "means", "variances"]
