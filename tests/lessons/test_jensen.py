"""Notebook 04: the ratios, Jensen's gap and its panel, in every position, without a browser."""

import numpy as np
import pytest
from hand import Hand
from legible import assert_legible

from emlib import GaussianMixture, bound, log_posterior
from emlib.lessons.jensen import JensenGap
from emlib.lessons.jensen.panel import LEAST, parsed
from emlib.lessons.jensen.scene import JensenCurve, JensenScene, Ratios, cut, ratio

LOG_JOINT = GaussianMixture([0.3, 0.4, 0.3], [[-1.5], [0.0], [1.5]], [1.0, 0.8, 1.2]).log_joint([[0.6]])[0]
LABELS = ("left", "middle", "right")
NASTY = [np.array(q) / np.sum(q) for q in (
    [1, 1, 1], [0.998, 0.001, 0.001], [0.001, 0.998, 0.001], [0.001, 0.001, 0.998], [0.3, 0.7, 1e-5],
    [1, 1e-12, 1e-90], [0.06, 0.61, 0.33])]


@pytest.fixture
def panel():
    return JensenGap(LOG_JOINT, LABELS)


def holds(state):
    """The theorems of the picture, each side from its own formula."""
    scale = max(1.0, abs(state.bound.elbo))
    assert abs(state.bound.residual) <= 1e-12 * scale
    assert state.mean == pytest.approx(np.exp(state.bound.log_lik), rel=1e-12), "E_q[t] = p(x|θ) for any q (W16)"
    assert state.log_mean == pytest.approx(state.bound.log_lik, rel=1e-12), "W15"
    assert state.mean_log == pytest.approx(state.bound.elbo, rel=1e-12), "W17: it is the ELBO"
    assert abs(state.gap - state.bound.kl) <= 1e-12 * scale, "the gap is the KL"
    assert state.gap >= -1e-15 * scale, "Jensen"


def test_the_gap_is_the_kl_for_random_models_and_any_q():
    rng = np.random.default_rng(0)
    for k in (2, 3, 4):
        for scale in (0.1, 1, 10):
            for log_joint in rng.normal(scale=scale, size=(40, k)):
                q = rng.dirichlet(np.full(k, 0.4)) + 1e-9
                holds(Ratios.of(log_joint, q / q.sum()))


def test_equality_iff_the_ratios_are_constant_and_the_constant_is_the_evidence():
    rng = np.random.default_rng(1)
    for log_joint in rng.normal(scale=3, size=(50, 3)):
        posterior = np.exp(log_posterior(log_joint[None]))[0]
        tight = Ratios.of(log_joint, posterior)
        np.testing.assert_allclose(tight.t, np.exp(tight.bound.log_lik), rtol=1e-12)
        assert abs(tight.gap) < 1e-12
        q = posterior * np.exp(rng.normal(scale=0.3, size=3))
        other = Ratios.of(log_joint, q / q.sum())
        assert other.gap > 0 and np.ptp(other.t) > 0


@pytest.mark.parametrize("q", [None, NASTY[1], NASTY[4]], ids=["level", "corner", "thin"])
def test_the_film_closes_the_gap_and_every_frame_holds(q):
    panel = JensenGap(LOG_JOINT, LABELS, q)
    states, spread = panel.states, []
    for i, state in enumerate(states):
        panel.stage.index = i
        assert not panel.error
        holds(panel.state)
        assert panel.sentence.startswith("q = (")
        spread.append(np.ptp(np.log(state.t)))
    np.testing.assert_allclose(spread, spread[0] * np.linspace(1, 0, len(states)), atol=1e-12)
    assert all(np.diff([s.gap for s in states]) < 0)
    np.testing.assert_allclose(states[-1].q, states[-1].posterior, rtol=1e-12)
    np.testing.assert_allclose([s.mean for s in states], states[0].mean, rtol=1e-13)


def test_the_picture_is_legible_and_draws_what_it_says():
    states = [Ratios.of(LOG_JOINT, q) for q in NASTY]
    scene = JensenScene(LABELS, states[0])
    for state in states:
        assert_legible(scene.figure(state))
        scene.rgba(state)
        curve = scene.parts[1][0]
        (x_above,), (y_above,) = curve._above.get_data()
        (x_below,), (y_below,) = curve._below.get_data()
        assert x_above == x_below == state.mean
        assert y_above == pytest.approx(np.log(x_above), rel=1e-12), "log E[t] lies on the curve"
        assert curve._gap.patch.get_height() == pytest.approx(y_above - y_below)
        if curve._below.get_marker() == "s":
            assert y_below == state.mean_log
        for k, t in enumerate(state.t):
            assert curve._rings[k].get_visible() == (t <= curve.right) != curve._arrows[k].get_visible()
            assert ("▶" in curve._values[k].get_text()) == curve._arrows[k].get_visible()
            filled = (curve._fills[k].get_markersize() / curve._rings[k].get_markersize()) ** 2
            assert filled == pytest.approx(state.q[k]), "the filled area is the weight"
            assert ratio(t) in scene.sentence(state)


@pytest.mark.parametrize("k", [2, 4])
def test_two_and_four_labels_are_legible(k):
    rng = np.random.default_rng(2)
    for log_joint in rng.normal(scale=4, size=(2, k)):
        states = [Ratios.of(log_joint, q) for q in rng.dirichlet(np.ones(k), 2)]
        scene = JensenScene(("left", "middle", "right", "far")[:k], states[0])
        for state in states:
            assert_legible(scene.figure(state))


def test_the_mean_of_the_points_lies_in_their_polygon_and_cutting_keeps_the_rest():
    state = Ratios.of(LOG_JOINT, NASTY[0])
    points = np.c_[state.t, np.log(state.t)][np.argsort(state.t)]
    np.testing.assert_array_equal(cut(points, 10.0), points)
    np.testing.assert_allclose(state.q @ np.c_[state.t, np.log(state.t)], [state.mean, state.mean_log])
    triangle = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 2.0]])
    np.testing.assert_allclose(cut(triangle, 2.0), [[0, 0], [1, 2], [2, 2], [2, 4 / 3]])


def test_a_random_hand_never_moves_the_mean(panel):
    rng, hand = np.random.default_rng(3), Hand(panel)
    p = panel.state.mean
    for i in range(60):
        k = int(rng.integers(3))
        hand.drag(str(k), k, rng.uniform(0, 1.1), release=i % 5 == 4)
        holds(panel.state)
        assert panel.state.mean == pytest.approx(p, rel=1e-12)
        assert panel.q.min() >= LEAST / 2, "q is a divisor: never 0"


def test_when_the_hand_lets_go_the_film_starts_there(panel):
    panel.stage.index, hand = 20, Hand(panel)
    hand.drag("0", 0, 0.8)
    assert panel.stage.index == 0
    assert panel.q[0] == pytest.approx(0.8, abs=0.005)
    np.testing.assert_allclose(panel.states[-1].q, panel.states[-1].posterior)
    assert [float(v) for v in panel.field.value.split(",")] == pytest.approx(panel.q, abs=1e-4)
    film, panel.stage.index = panel.states, 7
    hand.click("0")
    assert panel.states == film and panel.stage.index == 7, "a click that moves nothing changes nothing"


def test_the_keyboard_moves_and_lets_go(panel):
    hand, film = Hand(panel), panel.states
    for _ in range(5):
        hand.key("1", "ArrowUp")
    held = panel.q
    assert held[1] > 0.4 and panel.states == film, "the film waits for Enter"
    hand.key("1", "Enter")
    assert panel.stage.index == 0 and panel.states != film
    np.testing.assert_allclose(panel.states[0].q, held)


def test_buttons_do_what_they_say(panel):
    _, level, certain = panel.widget.children[0].children
    certain.click()
    assert panel.q[0] > 0.99
    level.click()
    np.testing.assert_allclose(panel.q, 1 / 3)


@pytest.mark.parametrize("typed, said", [
    ("hello", "write 3 numbers"), ("", "write 3 numbers"), ("0.5, 0.5", "write 3 numbers"), ("1, 1, 1", "sum to 3"),
    ("nan, 0.5, 0.5", "write 3 numbers"), ("-0.5, 1, 0.5", "above 0"), ("0, 0.5, 0.5", "divide by them (W4)"),
    ("inf 0 0", "write 3 numbers"), ("0,2 0,5 0,3", "write 3 numbers")])
def test_nonsense_is_said_and_the_last_good_q_stays(panel, typed, said):
    panel.field.value = "0.2, 0.5, 0.3"
    np.testing.assert_allclose(panel.q, [0.2, 0.5, 0.3])
    good = panel.states
    panel.field.value = typed
    assert said in panel.field.said.value and "0.2, 0.5, 0.3 stays" in panel.field.said.value
    assert panel.states == good and not panel.error and panel.field.value == "0.2, 0.5, 0.3"
    panel.field.value = "0.2 0.4; 0.4"
    assert not panel.field.said.value
    np.testing.assert_allclose(panel.q, [0.2, 0.4, 0.4])


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="z number 2"):
        Ratios.of(LOG_JOINT, [0.5, 0.0, 0.5])
    with pytest.raises(ValueError, match="linear axis"):
        Ratios.of(LOG_JOINT - 800, [0.2, 0.3, 0.5])
    with pytest.raises(ValueError, match="q sums to"):
        Ratios.of(LOG_JOINT, [0.2, 0.3, 0.4])
    with pytest.raises(ValueError, match=r"these sum to 0\.9"):
        parsed("0.3 0.3 0.3", 3)
    with pytest.raises(ValueError, match="2 to 4"):
        JensenScene(("one",), Ratios.of([0.0], [1.0]))
    with pytest.raises(ValueError, match="q has 2 entries"):
        JensenCurve(LABELS, Ratios.of(LOG_JOINT, NASTY[0])).rgba(Ratios.of([0.0, 1.0], [0.5, 0.5]))


def test_the_bound_of_the_panel_is_that_of_the_core(panel):
    b = bound(LOG_JOINT[None], panel.q[None])
    assert (panel.state.bound.elbo, panel.state.bound.kl) == (b.elbo, b.kl)
