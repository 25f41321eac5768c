"""Notebook 05: the bound touches, EM climbs by it, and its panels, in every position, without a browser."""

import base64
import struct

import numpy as np
import pytest
from legible import assert_legible

from emlib import Collapse, GaussianMixture, Step, bound, datasets, fit
from emlib.lessons.climb import Climb, ride_along
from emlib.lessons.climb.model import OneMean
from emlib.lessons.climb.scene import ClimbScene, Curves, RideScene, Rung, contact, relations, rungs, slopes, top_of

X = datasets.old_faithful()[:, 1:]
LIMITS = (40, 104)
LABEL = "θ: mean of the first kind [min]"
MODEL = OneMean(GaussianMixture([0.5, 0.5], [[95.0], [80.0]], [[[100.0]], [[100.0]]]))


def holds(state):
    b = state.bound
    assert abs(b.residual) <= 1e-12 * max(1.0, abs(b.log_lik), abs(b.elbo))


@pytest.fixture(scope="module")
def steps():
    return fit(MODEL, X, max_iter=30, tol=1e-8).steps


@pytest.fixture
def climb():
    return Climb(X, MODEL, LIMITS, LABEL)


# The model

def test_only_one_mean_is_free(steps):
    for step in steps:
        own = step.model.mixture
        np.testing.assert_array_equal(own.weights, MODEL.mixture.weights)
        np.testing.assert_array_equal(own.covariances, MODEL.mixture.covariances)
        assert own.means[1] == MODEL.mixture.means[1]
    assert MODEL.n_parameters == 1 and MODEL.at(50).theta == 50 and MODEL.theta == 95


@pytest.mark.parametrize("k", [0, 1])
def test_the_m_step_is_the_top_of_the_bound(k):
    """Against a fine search over θ that knows nothing of weighted means; and Q has the same top (W12)."""
    rng = np.random.default_rng(0)
    model = OneMean(GaussianMixture([0.3, 0.7], [[50.0], [85.0]], [[[80.0]], [[40.0]]]), k)
    for q in rng.dirichlet([0.5, 0.5], size=(3, len(X))):
        top = model.m_step(X, q).theta
        grid = np.linspace(top - 1, top + 1, 201)
        both = [bound(model.at(t).log_joint(X), q) for t in grid]
        assert np.argmax([b.elbo for b in both]) == np.argmax([b.expected_log_joint for b in both]) == 100
        assert len({round(b.entropy, 9) for b in both}) == 1


def test_sample_weight_counts_as_repetition():
    w = np.arange(len(X)) % 3
    q = MODEL.posterior(X)
    repeated = MODEL.m_step(np.repeat(X, w, axis=0), np.repeat(q, w, axis=0))
    assert MODEL.m_step(X, q, sample_weight=w).theta == pytest.approx(repeated.theta, rel=1e-13)


def test_bad_models_are_refused():
    with pytest.raises(ValueError, match="D = 2"):
        OneMean(GaussianMixture([1.0], [[0.0, 0.0]], [[1.0, 1.0]], "diag"))
    with pytest.raises(ValueError, match="components 0 to 1"):
        OneMean(MODEL.mixture, 2)
    with pytest.raises(Collapse, match="empty"):
        MODEL.m_step(X, np.tile([0.0, 1.0], (len(X), 1)))


# The theorem of the picture

@pytest.mark.parametrize("theta", np.linspace(43, 101, 9))
def test_same_value_and_same_slope_at_the_touch_and_below_elsewhere(theta):
    e = contact(MODEL.at(theta), X).e
    curves = Curves(X, MODEL, LIMITS)
    assert e.bound.elbo == pytest.approx(e.bound.log_lik, rel=1e-13)
    assert abs(e.bound.kl) <= 1e-12 * abs(e.bound.log_lik)
    of_log_lik, of_elbo = slopes(e, X)
    assert of_log_lik == pytest.approx(of_elbo, abs=1e-4)
    r = e.q[:, 0]
    assert of_elbo == pytest.approx(float(r @ (X[:, 0] - theta)) / 100, abs=1e-4), "the derivative, by hand"
    assert (curves.elbo([e])[:, 0] <= curves.log_lik + 1e-9 * abs(e.bound.log_lik)).all()


def test_another_q_touches_nowhere():
    """The touch is a property of the exact E-step: a blunted q leaves a gap at every θ."""
    e = contact(MODEL.at(70), X).e
    q = 0.5 * e.q + 0.25
    curves = Curves(X, MODEL, LIMITS)
    blunt = Step(1, "E", e.model, q, bound(e.model.log_joint(X), q))
    assert (curves.log_lik - curves.elbo([blunt])[:, 0]).min() > 0.5


def test_the_curves_are_those_of_the_core(steps):
    curves = Curves(X, MODEL, LIMITS)
    for e in steps[:8:2]:
        elbo, q_curve = curves.elbo([e])[:, 0], curves.expected([e])[:, 0]
        for i in range(0, 241, 24):
            b = bound(MODEL.at(curves.grid[i]).log_joint(X), e.q)
            np.testing.assert_allclose([curves.log_lik[i], elbo[i], q_curve[i]],
                                       [b.log_lik, b.elbo, b.expected_log_joint], rtol=1e-12)
        top = e.model.m_step(X, e.q).theta
        assert top_of(curves.grid, elbo) == pytest.approx(top, abs=1e-6), "a parabola, so its vertex is exact"
        assert top_of(curves.grid, q_curve) == pytest.approx(top, abs=1e-6)


def test_every_relation_of_w24_holds_along_the_climb(steps):
    states = rungs(steps)
    assert [s.step for s in states] == list(steps)
    for state in states:
        known = relations(state)
        assert len(known) == (3 if state.m else 1)
        assert all(holds for _, holds, *_ in known)
        if state.m:
            gains = {row: size for row, _, _, size, _ in known}
            total = state.m.bound.log_lik - state.e.bound.log_lik
            assert gains[4] + gains[6] - gains[8] == pytest.approx(total, abs=1e-9)
            assert gains[6] >= -1e-9 and gains[4] >= -1e-9


def test_a_bad_hand_is_told_so():
    e = contact(MODEL.at(70), X).e
    for theta, good in ((66, True), (75, False), (45, False)):
        model = MODEL.at(theta)
        state = Rung(e, Step(1, "M", model, e.q, bound(model.log_joint(X), e.q)))
        known = {row: (holds, why) for row, holds, why, *_ in relations(state)}
        assert known[6] == (good, "M-step (W14)" if good else "no M-step")
        assert known[4][0] and known[8][0], "KL ≥ 0 whatever the hand does"


# The pictures

def test_legible_and_true_in_every_state(steps):
    scene, states = ClimbScene(X, MODEL, LIMITS, LABEL), rungs(steps)
    e = states[4].e
    far = [Rung(e, Step(3, "M", MODEL.at(t), e.q, bound(MODEL.at(t).log_joint(X), e.q)), states[4].past)
           for t in (40, 104, 75)]
    m = far[0].m
    late = Rung(Step(123, "E", e.model, e.q, e.bound), Step(123, "M", m.model, m.q, m.bound), states[4].past)
    for state in (*states[:4], states[-1], *far, late):
        assert_legible(scene.figure(state))
        scene.rgba(state)
        curves, b = scene.parts[0][0], state.bound
        assert curves._now.get_ydata()[0] == b.log_lik
        shown = curves._elbo.get_ydata()[0]
        assert shown == (b.elbo if b.elbo >= curves.window[0] else curves.window[0])
        assert (curves._elbo.get_marker() == "v") == (b.elbo < curves.window[0])
        assert curves._gap.get_height() == pytest.approx(b.log_lik - shown, abs=1e-9)
        assert curves._touch.get_data()[0][0] == state.e.model.theta
        assert curves._top.get_data()[0][0] == state.e.model.m_step(X, state.e.q).theta


def test_the_ride_is_legible():
    scene = RideScene(X, MODEL, LIMITS, LABEL)
    for theta in (43, 58.3, 70, 101):
        assert_legible(scene.figure(contact(MODEL.at(theta), X)))


def test_a_window_upside_down_is_refused():
    with pytest.raises(ValueError, match="limits"):
        Curves(X, MODEL, (104, 40))


# The panels

def test_every_stop_of_the_ride_touches():
    panel = ride_along(X, MODEL, LIMITS, LABEL)
    assert len(panel.states) == 65
    for i in range(65):
        panel.stage.index = i
        assert not panel.error
        holds(panel.state)
        b = panel.state.bound
        assert abs(b.kl) <= 1e-12 * abs(b.log_lik)
        first, second = slopes(panel.state.e, X)
        assert first == pytest.approx(second, abs=1e-4)
        assert f"θ = {panel.state.theta:.2f}" in panel.sentence


def hand(panel, x, phase):
    px, py = panel.stage.scene.to_picture(x, panel.state.bound.log_lik)
    panel.stage._on_msg(panel.stage, {"kind": "move", "seq": 1, "i": -1, "name": "theta", "x": px, "y": py,
                                      "phase": phase}, [])
    assert not panel.error


def test_every_half_step_of_the_climb_holds(climb):
    assert climb.trace.stop == "converged"
    for i in range(len(climb.states)):
        climb.stage.index = i
        assert not climb.error
        holds(climb.state)
        assert f"Iteration {i // 2 + 1}, after {'EM'[i % 2]}" in climb.sentence
    assert np.all(np.diff([s.bound.elbo for s in climb.states]) >= -1e-9)


def test_while_theta_is_held_q_stays_and_then_em_starts_from_there(climb):
    climb.stage.index = 4
    before = climb.state
    hand(climb, before.theta, "down")
    hand(climb, 60.0, "move")
    assert climb.state.e is before.e
    assert climb.theta == pytest.approx(60, abs=0.1)
    assert climb.state.bound.kl > 0
    holds(climb.state)
    hand(climb, 60.0, "up")
    assert climb.stage.index == 0
    assert climb.states[0].e.model.theta == pytest.approx(60, abs=0.1)
    assert not climb.states[0].m and abs(climb.state.bound.kl) < 1e-9
    states = climb.states
    hand(climb, climb.theta, "down")
    hand(climb, climb.theta, "up")
    assert climb.states == states, "a click that moves nothing changes nothing"


def test_a_random_hand(climb):
    rng = np.random.default_rng(1)
    for _ in range(40):
        hand(climb, rng.uniform(30, 110), "move" if rng.random() < 0.9 else "enter")
        holds(climb.state)
        assert 40 <= climb.theta <= 104, "held inside the picture"


def test_without_a_kernel_the_first_turn_is_seen(climb):
    data, metadata = climb._repr_mimebundle_()
    said = data["text/plain"].splitlines()
    assert [line.split(":")[0][10:] for line in said[:3]] == ["1, after E", "1, after M", "2, after E"]
    assert said[3] == climb.stage.scene.sentence(climb.states[-1])
    height, width = struct.unpack(">II", base64.b64decode(data["image/png"])[16:24])[::-1]
    assert metadata["image/png"] == {"width": width, "height": height}


@pytest.mark.parametrize("start", [40, 58.3, 79, 104])
def test_from_any_start_it_reaches_the_same_top(climb, start):
    climb.field.value = str(start)
    assert climb.states[0].e.model.theta == start
    assert climb.trace.model.theta == pytest.approx(58.28, abs=0.01)


@pytest.mark.parametrize("typed", ["", "hello", "nan", "inf", "39.9", "1e9", "6,5"])
def test_nonsense_is_said_and_the_last_good_start_stays(climb, typed):
    climb.field.value = "70"
    states = climb.states
    climb.field.value = typed
    assert "from 40 to 104" in climb.said.value
    assert climb.states == states and not climb.error
    climb.field.value = "71"
    assert not climb.said.value and climb.theta == 71
