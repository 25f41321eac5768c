"""Notebook 08: every half-step of a fit, and the means in the hand, without a browser."""

import base64

import numpy as np
import pytest
from hand import Hand

from emlib import GaussianMixture, datasets, fit
from emlib.lessons.gaussian_mixture import FitMixture
from emlib.lessons.gaussian_mixture.panel import with_component, with_type, without_component


def holds(bound):
    """The identity, on screen."""
    return abs(bound.residual) <= 1e-12 * max(1, abs(bound.log_lik), abs(bound.elbo))


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
    before, trace, hand = faithful.state, faithful.trace, Hand(faithful)
    hand.drag("0", 3.0, 70.0, release=False)
    held = faithful.state
    assert held.q is before.q and faithful.trace is trace
    np.testing.assert_allclose(held.model.means[0], [3.0, 70.0], atol=0.1)
    np.testing.assert_array_equal(held.model.means[1], before.model.means[1])
    assert holds(held.bound)
    assert held.bound.kl > before.bound.kl
    hand.release()
    assert faithful.stage.index == 0
    np.testing.assert_array_equal(faithful.states[0].model.means, held.model.means)
    assert faithful.trace.stop == "converged"


def test_a_click_on_a_mean_changes_nothing(faithful):
    """Whatever half-step is on screen: pressed and released where it is, in pixels, as a hand does it."""
    trace, hand = faithful.trace, Hand(faithful)
    for i in (0, 7, 20, len(faithful.states) - 1):
        faithful.stage.index = i
        state = faithful.state
        for k in range(2):
            hand.click(str(k))
            assert faithful.stage.index == i and faithful.trace is trace and faithful.state is state


def test_a_drag_of_one_pixel_is_a_drag(faithful):
    hand = Hand(faithful)
    hand.press("0")
    hand.nudge(1, 0)
    hand.release()
    moved = faithful.states[0].model.means[0] - faithful.starts["bad"].means[0]
    assert moved[0] != 0 and abs(moved[1]) < 1e-9


def test_on_a_line_the_hand_moves_the_mean_and_not_the_height():
    x = datasets.old_faithful()[:, 1:]
    panel = FitMixture(x, {"start": GaussianMixture([0.5, 0.5], [[55.0], [80.0]], [[[25.0]], [[25.0]]])})
    Hand(panel).drag("1", 70.0, 0.01)
    assert panel.states[0].model.means.ravel() == pytest.approx([55, 70], abs=0.1)
    Hand(panel).add(90.0, 0.02)
    assert panel.states[0].model.means.ravel()[2] == pytest.approx(90, abs=0.1)


def test_arrow_keys_move_a_mean_and_enter_starts_from_there(faithful):
    hand = Hand(faithful)
    for _ in range(4):
        hand.key("1", "ArrowUp")
    means = faithful.state.model.means
    assert faithful.state.kind == "M" and means[1, 1] > faithful.starts["bad"].means[1, 1]
    hand.key("1", "Enter")
    assert faithful.stage.index == 0
    np.testing.assert_allclose(faithful.states[0].model.means, means, atol=0.1)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_components_are_added_and_removed(faithful, kind):
    faithful.choose_type.value = kind
    hand = Hand(faithful)
    hand.add(3.0, 60.0)
    assert len(faithful.states[0].model.weights) == 3
    assert faithful.states[0].model.covariance_type == kind
    np.testing.assert_allclose(faithful.states[0].model.means[2], [3.0, 60.0], atol=0.1)
    hand.remove("2")
    assert len(faithful.states[0].model.weights) == 2


def test_the_last_component_stays_and_a_ninth_is_refused_in_words(faithful):
    hand = Hand(faithful)
    hand.remove("0")
    states = faithful.states
    hand.remove("0")
    assert faithful.states == states and "at least one" in faithful.verdict.value
    for y in range(50, 64, 2):
        hand.add(2.5, y)
    assert len(faithful.states[0].model.weights) == 8
    states = faithful.states
    hand.add(4.5, 60.0)
    assert faithful.states == states and "No more than 8 components" in faithful.verdict.value


def test_a_click_beside_the_data_adds_nothing(faithful):
    states = faithful.states
    for axes, place in ((1, (-100, 0.5)), (2, (3, -1200))):
        Hand(faithful).add(*place, axes)
        assert faithful.states == states


def test_a_random_walk_of_free_moves(faithful):
    rng, hand = np.random.default_rng(4), Hand(faithful)
    for _ in range(30):
        hand.press(str(int(rng.integers(2))))
        for _ in range(rng.integers(1, 4)):
            hand.move(*rng.uniform(0.02, 0.98, 2))
            assert holds(faithful.state.bound)
        if rng.random() < 0.2:
            hand.release()


def test_a_collapse_is_said_in_the_panel():
    x = np.array([[0.0], [1.0], [1.5], [2.0], [10.0]])
    panel = FitMixture(x, {"spike": GaussianMixture([0.5, 0.5], [[1.0], [10.0]], [[[1.0]], [[1.0]]])})
    assert panel.trace.stop == "collapsed"
    assert "has collapsed" in panel.verdict.value and "floor" in panel.verdict.value


def test_what_components_have_in_common_is_kept_and_the_rest_averaged():
    """By hand, with weights 1/5 and 4/5."""
    a, b = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([[1.0, 0.0], [0.0, 3.0]])
    model = GaussianMixture([0.2, 0.8], [[0.0, 0.0], [1.0, 2.0]], [a, b])
    expected = {"full": [a, b], "tied": 0.2 * a + 0.8 * b, "diag": [[2, 1], [1, 3]], "spherical": [1.5, 2.0]}
    for kind, covariances in expected.items():
        other = with_type(model, kind)
        np.testing.assert_allclose(other.covariances, covariances, rtol=1e-15)
        grown = with_component(other, (5.0, 5.0))
        average = covariances if kind == "tied" else 0.2 * np.array(covariances[0]) + 0.8 * np.array(covariances[1])
        np.testing.assert_allclose(grown.covariances if kind == "tied" else grown.covariances[2], average, rtol=1e-14)
        np.testing.assert_allclose(with_component(grown, (6.0, 6.0)).weights, [0.1, 0.4, 0.25, 0.25])
        left = without_component(grown, 0)
        np.testing.assert_allclose(left.weights, np.array([8, 5]) / 13)
        np.testing.assert_array_equal(left.means, [[1, 2], [5, 5]])
    alone = without_component(GaussianMixture([1.0, 0.0], [[0.0], [1.0]], [[[1.0]], [[2.0]]]), 0)
    assert (alone.weights, alone.means, alone.covariances) == (1, 1, 2), "what had no weight gets all of it"


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


def test_the_picture_of_a_page_without_a_kernel_shows_an_open_kl(faithful):
    first, widest, last = faithful.stills()
    assert (first.t, first.kind, last.t) == (1, "E", faithful.trace.n_iter)
    assert widest.kind == "M" and widest.bound.kl == max(step.bound.kl for step in faithful.states) > 20


def test_no_start_is_refused():
    with pytest.raises(ValueError, match="starts is empty"):
        FitMixture(datasets.old_faithful(), {})


@pytest.mark.parametrize("bad, said", [
    (GaussianMixture([1.0], [[0.0]], [[[1.0]]]), r"starts\['bad'\] does not fit x: x has D = 2 columns"),
    (GaussianMixture.start(datasets.old_faithful(), 9, 0), r"starts\['bad'\] has K = 9; .* at most 8 components"),
    (GaussianMixture([1.0], [[1e9, 0.0]], [1e-300], "spherical"), r"starts\['bad'\] does not fit x"),
    ("kmeans", r"starts\['bad'\] is a str; it must be a GaussianMixture"),
])
def test_a_start_that_does_not_fit_is_refused_when_the_panel_is_made(bad, said):
    x = datasets.old_faithful()
    good = GaussianMixture.start(x, 2, 1)
    for starts in ({"good": good, "bad": bad}, {"bad": bad, "good": good}):
        with pytest.raises(ValueError, match=said):
            FitMixture(x, starts)


def test_what_goes_wrong_behind_a_control_is_said_in_the_panel_until_all_is_well(faithful):
    good = faithful.starts["good"]
    faithful.starts["good"] = None
    faithful.choose_start.value = "good"
    assert "AttributeError" in faithful.error
    faithful.starts["good"] = good
    faithful.choose_type.value = "diag"
    assert not faithful.error
