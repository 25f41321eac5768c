"""Notebooks 00 and 03: any q for one point, its picture and its panels, in every state and by a random hand."""

import base64

import numpy as np
import pytest
from hand import Hand
from legible import assert_legible

from emlib import GaussianMixture, log_posterior
from emlib.draw.parts.identity_bar import window
from emlib.draw.parts.q_bars import QBars
from emlib.lessons.choose_q import ChooseQ, approach_posterior
from emlib.lessons.choose_q.scene import Choice, ChoiceScene

LOG_JOINT = GaussianMixture([0.3, 0.4, 0.3], [[-1.5], [0.0], [1.5]], [1.0, 0.8, 1.2]).log_joint([[0.6]])[0]
LABELS = ("left", "middle", "right")
NAMES = ("left", "middle", "right", "far right")


def holds(bound):
    """The identity, on screen."""
    return abs(bound.residual) <= 1e-12 * max(1, abs(bound.log_lik), abs(bound.elbo))


@pytest.fixture
def choose():
    return ChooseQ(LOG_JOINT, LABELS)


# The picture

def choices(k, rng):
    log_joint = rng.normal(scale=3, size=k)
    return [Choice.of(log_joint, q) for q in (*rng.dirichlet(np.ones(k), size=4), *np.eye(k), np.full(k, 1 / k))]


@pytest.mark.parametrize("k", [2, 3, 4])
def test_legible_and_true_for_any_q(k):
    rng = np.random.default_rng(0)
    states = choices(k, rng)
    scene = ChoiceScene(NAMES[:k], window(c.bound for c in states))
    for state in states:
        assert_legible(scene.figure(state))
        scene.rgba(state)
        bars = scene.parts[0][0]
        np.testing.assert_allclose([bar.get_height() for bar in bars._q], state.q)
        np.testing.assert_allclose([bar.get_height() for bar in bars._posterior], state.posterior)
        for value in state.q:
            assert f"{value:.2f}" in scene.sentence(state)


def test_the_wrong_number_of_labels_is_refused():
    with pytest.raises(ValueError, match="2 to 4"):
        QBars(["one"])
    scene = ChoiceScene(("a", "b"), (-5, 0))
    with pytest.raises(ValueError, match="q has 3 entries"):
        scene.rgba(choices(3, np.random.default_rng(1))[0])


# The panels


def test_every_state_of_the_approach_keeps_log_lik():
    panel = approach_posterior(LOG_JOINT, LABELS, [1, 0, 0])
    bounds = []
    for i in range(len(panel.states)):
        panel.stage.index = i
        assert not panel.error
        assert panel.sentence.startswith("q = (")
        bounds.append(panel.state.bound)
    assert len(bounds) == 61
    assert all(map(holds, bounds))
    assert len({b.log_lik for b in bounds}) == 1
    assert all(np.diff([b.kl for b in bounds]) < 0), "KL is convex in q and 0 at the posterior, so it falls all the way"
    assert abs(bounds[-1].kl) < 1e-15


def test_a_random_hand_never_moves_log_lik(choose):
    rng, hand = np.random.default_rng(0), Hand(choose)
    log_lik = choose.bound.log_lik
    for _ in range(150):
        k = int(rng.integers(3))
        hand.drag(str(k), k, rng.uniform(-0.2, 1.2))
        assert choose.q.sum() == pytest.approx(1, abs=1e-12)
        assert holds(choose.bound)
        assert choose.bound.log_lik == pytest.approx(log_lik, rel=1e-15)


def test_the_hand_sets_the_bar_it_holds(choose):
    hand = Hand(choose)
    for value in (0.0, 0.25, 0.8, 1.0):
        hand.drag("1", 1, value)
        assert choose.q[1] == pytest.approx(value, abs=0.005), "half a pixel"
    before = choose.state
    hand.click("1")
    assert choose.state is before, "a click that moves nothing changes nothing"
    hand.key("1", "ArrowDown")
    assert choose.q[1] < 0.98


def test_snap_takes_the_kl_to_zero_from_anywhere(choose):
    rng = np.random.default_rng(1)
    for q in (*rng.dirichlet([0.2] * 3, size=20), *np.eye(3)):
        choose.set_q(q)
        choose.snap()
        assert abs(choose.bound.kl) < 1e-15
        np.testing.assert_allclose(choose.q, np.exp(log_posterior(LOG_JOINT[None]))[0], rtol=1e-15)


def test_buttons_do_what_they_say(choose):
    snap, level = choose.widget.children[0].children
    snap.click()
    assert abs(choose.bound.kl) < 1e-15
    level.click()
    np.testing.assert_allclose(choose.q, 1 / 3)
    assert not choose.error


def test_the_panel_without_a_kernel_is_a_picture_and_a_sentence(choose):
    data, metadata = choose._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert data["text/plain"] == choose.sentence
    assert metadata["image/png"] == {"width": 900, "height": 300}
