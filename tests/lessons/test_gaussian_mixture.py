"""Notebook 08: every half-step of a fit, and the means in the hand, without a browser."""

import base64

import numpy as np
import pytest

from emlib import GaussianMixture, datasets, fit
from emlib.lessons.gaussian_mixture import FitMixture
from emlib.lessons.gaussian_mixture.panel import with_component, with_type, without_component


def holds(bound):
    """The identity, on screen."""
    return abs(bound.residual) <= 1e-12 * max(1, abs(bound.log_lik), abs(bound.elbo))


def hand(panel, name, x, y, phase):
    """What the browser sends when a handle is moved to data coordinates (x, y) of the first axes."""
    px, py = panel.stage._scene.to_picture(x, y)
    panel.stage._on_msg(panel.stage, {"kind": "move", "seq": 1, "i": -1, "name": name, "x": px, "y": py,
                                      "phase": phase}, [])


@pytest.fixture
def faithful():
    x = datasets.old_faithful()
    bad = GaussianMixture([0.5, 0.5], [[2.0, 85.0], [4.8, 50.0]], [np.diag([1.0, 100.0])] * 2)
    return FitMixture(x, {"bad": bad, "good": GaussianMixture.start(x, 2, 1)}, ["eruption", "waiting"])


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_every_half_step_of_every_fit_holds(faithful, kind):
    faithful.choose_type.value = kind
    for start in ("bad", "good"):
        faithful.choose_start.value = start
        model = with_type(faithful.starts[start], kind)
        expected = fit(model, faithful.x, max_iter=100).log_liks[:41]
        np.testing.assert_allclose(faithful.trace.log_liks, expected, rtol=1e-12)
        for i in range(len(faithful.states)):
            faithful.stage.index = i
            assert not faithful.error
            assert holds(faithful.state.bound)
            assert f"Iteration {i // 2 + 1}, after {'EM'[i % 2]}" in faithful.sentence


def test_while_a_mean_is_held_q_stays_and_when_it_is_let_go_em_starts_from_there(faithful):
    faithful.stage.index = 5
    before = faithful.state
    hand(faithful, "0", *before.model.means[0], "down")
    hand(faithful, "0", 3.0, 70.0, "move")
    held = faithful.state
    assert held.q is before.q
    np.testing.assert_allclose(held.model.means[0], [3.0, 70.0], atol=0.1)
    assert holds(held.bound)
    assert held.bound.kl > before.bound.kl
    hand(faithful, "0", 3.0, 70.0, "up")
    assert faithful.stage.index == 0
    np.testing.assert_allclose(faithful.states[0].model.means[0], [3.0, 70.0], atol=0.1)
    assert faithful.trace.stop == "converged"


def test_a_click_that_moves_nothing_changes_nothing(faithful):
    trace = faithful.trace
    for index in (0, 7, 20):
        faithful.stage.index = index
        state = faithful.state
        for k, mean in enumerate(state.model.means):
            for phase in ("down", "up"):
                hand(faithful, str(k), *mean, phase)
                assert not faithful.error
            assert (faithful.stage.index, faithful.trace) == (index, trace) and faithful.state is state


def test_components_are_added_and_removed(faithful):
    for kind in ("full", "tied", "diag", "spherical"):
        faithful.choose_type.value = kind
        faithful._add(3.0, 60.0, 0)
        assert len(faithful.states[0].model.weights) == 3
        faithful._remove("2")
        assert len(faithful.states[0].model.weights) == 2
    faithful._remove("0")
    faithful._remove("0")
    assert len(faithful.states[0].model.weights) == 1, "the last one stays"


def test_a_random_walk_of_free_moves(faithful):
    rng = np.random.default_rng(4)
    for _ in range(60):
        k = int(rng.integers(2))
        for phase in ("down", "move", "up") if rng.random() < 0.1 else ("move",):
            hand(faithful, str(k), rng.uniform(1.5, 5.0), rng.uniform(45, 95), phase)
            assert not faithful.error
            assert holds(faithful.state.bound)


def test_a_collapse_is_said_in_the_panel():
    x = np.array([[0.0], [1.0], [1.5], [2.0], [10.0]])
    panel = FitMixture(x, {"spike": GaussianMixture([0.5, 0.5], [[1.0], [10.0]], [[[1.0]], [[1.0]]])})
    assert panel.trace.stop == "collapsed"
    assert "has collapsed" in panel.verdict.value and "floor" in panel.verdict.value


def test_changed_models_stay_models():
    model = GaussianMixture([0.2, 0.8], [[0.0, 0.0], [1.0, 2.0]], [[[2.0, 0.5], [0.5, 1.0]], [[1.0, 0.0], [0.0, 3.0]]])
    for kind in ("full", "tied", "diag", "spherical"):
        other = with_type(model, kind)
        assert other.covariance_type == kind
        grown = with_component(other, (5.0, 5.0))
        assert grown.weights.sum() == pytest.approx(1)
        np.testing.assert_allclose(grown.weights[2], 1 / 3)
        back = without_component(grown, 2)
        np.testing.assert_allclose(back.weights, model.weights)
        np.testing.assert_allclose(back.covariances, other.covariances)


def test_a_panel_without_a_kernel_is_a_picture_and_a_sentence(faithful):
    data, metadata = faithful._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert faithful.sentence in data["text/plain"]
    assert metadata["image/png"]["width"] == 900


def test_no_start_is_refused():
    with pytest.raises(ValueError, match="starts is empty"):
        FitMixture(datasets.old_faithful(), {})
