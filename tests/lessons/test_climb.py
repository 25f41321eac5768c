"""Notebook 05: the bound touches, EM climbs by it, and its panels, in every position, without a browser."""

import base64
import struct
from dataclasses import replace

import numpy as np
import pytest
from hand import Hand
from legible import assert_legible, words

from emlib import Collapse, GaussianMixture, Step, bound, check_em, datasets, fit
from emlib.lessons.climb import Climb, ride_along
from emlib.lessons.climb.model import OneMean
from emlib.lessons.climb.scene import ClimbScene, Curves, RideScene, maximiser
from emlib.lessons.climb.states import Iteration, derivatives, iterations, relations, tangency

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
def test_the_m_step_is_the_maximiser_of_the_bound(k):
    """Against a fine search over θ that knows nothing of weighted means; and Q has the same maximiser (W12)."""
    rng = np.random.default_rng(0)
    model = OneMean(GaussianMixture([0.3, 0.7], [[50.0], [85.0]], [[[80.0]], [[40.0]]]), k)
    for q in rng.dirichlet([0.5, 0.5], size=(3, len(X))):
        best = model.m_step(X, q).theta
        grid = np.linspace(best - 1, best + 1, 201)
        both = [bound(model.at(t).log_joint(X), q) for t in grid]
        assert np.argmax([b.elbo for b in both]) == np.argmax([b.expected_log_joint for b in both]) == 100
        assert len({round(b.entropy, 9) for b in both}) == 1


def test_sample_weight_counts_as_repetition():
    w = np.arange(len(X)) % 3
    q = MODEL.posterior(X)
    repeated = MODEL.m_step(np.repeat(X, w, axis=0), np.repeat(q, w, axis=0))
    assert MODEL.m_step(X, q, sample_weight=w).theta == pytest.approx(repeated.theta, rel=1e-13)


@pytest.mark.parametrize("k", [0, 1])
def test_it_is_certified_and_names_what_it_holds(k):
    model = OneMean(MODEL.mixture, k)
    assert model.held == ("mixture.weights", "mixture.covariances", f"mixture.means[{1 - k}]")
    assert check_em(model, X).passed


def test_bad_models_are_refused():
    with pytest.raises(ValueError, match="D = 2"):
        OneMean(GaussianMixture([1.0], [[0.0, 0.0]], [[1.0, 1.0]], "diag"))
    with pytest.raises(ValueError, match="components 0 to 1"):
        OneMean(MODEL.mixture, 2)
    with pytest.raises(Collapse, match="empty"):
        MODEL.m_step(X, np.tile([0.0, 1.0], (len(X), 1)))


# The theorem of the picture

@pytest.mark.parametrize("theta", np.linspace(43, 101, 9))
def test_same_value_and_same_derivative_at_the_tangency_and_below_elsewhere(theta):
    e = tangency(MODEL.at(theta), X).e
    curves = Curves(X, MODEL, LIMITS)
    assert e.bound.elbo == pytest.approx(e.bound.log_lik, rel=1e-13)
    assert abs(e.bound.kl) <= 1e-12 * abs(e.bound.log_lik)
    of_log_lik, of_elbo = derivatives(e, X)
    assert of_log_lik == pytest.approx(of_elbo, abs=1e-4)
    r = e.q[:, 0]
    assert of_elbo == pytest.approx(float(r @ (X[:, 0] - theta)) / 100, abs=1e-4), "the derivative, by hand"
    assert (curves.elbo([e])[:, 0] <= curves.log_lik + 1e-9 * abs(e.bound.log_lik)).all()


def test_another_q_touches_nowhere():
    """Tangency is a property of the exact E-step: a blunted q leaves a gap at every θ."""
    e = tangency(MODEL.at(70), X).e
    q = 0.5 * e.q + 0.25
    curves = Curves(X, MODEL, LIMITS)
    blunt = Step(1, "E", e.model, q, bound(e.model.log_joint(X), q))
    assert (curves.log_lik - curves.elbo([blunt])[:, 0]).min() > 0.5


def test_the_curves_are_those_of_the_core(steps):
    curves = Curves(X, MODEL, LIMITS)
    for e in steps[:8:2]:
        elbo, q_curve = curves.elbo([e])[:, 0], curves.q_function([e])[:, 0]
        for i in range(0, 241, 24):
            b = bound(MODEL.at(curves.grid[i]).log_joint(X), e.q)
            np.testing.assert_allclose([curves.log_lik[i], elbo[i], q_curve[i]],
                                       [b.log_lik, b.elbo, b.expected_log_joint], rtol=1e-12)
        best = e.model.m_step(X, e.q).theta
        assert maximiser(curves.grid, elbo) == pytest.approx(best, abs=1e-6), "a parabola, so its vertex is exact"
        assert maximiser(curves.grid, q_curve) == pytest.approx(best, abs=1e-6)


def test_every_relation_of_w24_holds_along_the_climb(steps):
    states = iterations(steps)
    assert [s.step for s in states] == list(steps)
    for state in states:
        assert list(state.past) == [s for s in steps if s.kind == "E"][:state.e.t - 1]
        known = {r.name: r for r in relations(state)}
        assert known.keys() == ({"e_step", "m_step", "kl"} if state.m else {"e_step"})
        assert all(r.holds for r in known.values())
        if state.m:
            gains = {name: r.difference for name, r in known.items()}
            total = state.m.bound.log_lik - state.e.bound.log_lik
            assert gains["kl"] + gains["m_step"] - gains["e_step"] == pytest.approx(total, abs=1e-9)
            assert gains["m_step"] >= -1e-9 and gains["kl"] >= -1e-9


def test_a_relation_breaks_just_beyond_rounding(steps):
    """A nat is 1e9 roundings of a log-likelihood of −1000: a fall of ten roundings is one, of a tenth is none."""
    e, m = iterations(steps)[1].e, iterations(steps)[1].m
    rounding = 1e-9 * abs(e.bound.log_lik)
    for part, holds in ((0.1, True), (10, False)):
        fallen = replace(m.bound, elbo=e.bound.elbo - part * rounding)
        known = {r.name: r.holds for r in relations(Iteration(e, Step(1, "M", m.model, m.q, fallen)))}
        assert known == {"e_step": True, "m_step": holds, "kl": True}
        loose = Step(1, "E", e.model, e.q, replace(e.bound, elbo=e.bound.elbo - part * rounding))
        assert [r.holds for r in relations(Iteration(loose))] == [holds]
        crossed = replace(m.bound, elbo=m.bound.log_lik + part * rounding)
        known = {r.name: r.holds for r in relations(Iteration(e, Step(1, "M", m.model, m.q, crossed)))}
        assert known["kl"] == holds


def test_a_bad_hand_is_told_so():
    e = tangency(MODEL.at(70), X).e
    scene = ClimbScene(X, MODEL, LIMITS, LABEL)
    for theta, good in ((66, True), (75, False), (45, False)):
        model = MODEL.at(theta)
        state = Iteration(e, Step(1, "M", model, e.q, bound(model.log_joint(X), e.q)))
        assert {r.name: r.holds for r in relations(state)} == {"e_step": True, "m_step": good, "kl": True}
        seen = [text for text, _ in words(scene.figure(state))]
        assert ("≥ ✓  M-step (W14)" in seen) == good != ("≥ ✗  no M-step" in seen)
        assert "≥ ✓  KL ≥ 0 (W9)" in seen and "= ✓  E-step (W11)" in seen


# The pictures

def test_legible_and_true_in_every_state(steps):
    scene, states = ClimbScene(X, MODEL, LIMITS, LABEL), iterations(steps)
    e = states[4].e
    far = [Iteration(e, Step(3, "M", MODEL.at(t), e.q, bound(MODEL.at(t).log_joint(X), e.q)), states[4].past)
           for t in (40, 104, 75)]
    m = far[0].m
    late = Iteration(Step(123, "E", e.model, e.q, e.bound), Step(123, "M", m.model, m.q, m.bound), states[4].past)
    for state in (*states[:4], states[-1], *far, late):
        assert_legible(scene.figure(state))
        scene.rgba(state)
        curves, b = scene.parts[0][0], state.bound
        assert curves._log_lik.get_ydata()[0] == b.log_lik
        shown = curves._elbo.get_ydata()[0]
        assert shown == (b.elbo if b.elbo >= curves.window[0] else curves.window[0])
        assert (curves._elbo.get_marker() == "v") == (b.elbo < curves.window[0])
        assert curves._gap.patch.get_height() == pytest.approx(b.log_lik - shown, abs=1e-9)
        assert curves._tangency.get_data()[0][0] == state.e.model.theta
        assert curves._maximum.get_data()[0][0] == state.e.model.m_step(X, state.e.q).theta


def test_the_ride_is_legible():
    scene = RideScene(X, MODEL, LIMITS, LABEL)
    for theta in (43, 58.3, 70, 101):
        assert_legible(scene.figure(tangency(MODEL.at(theta), X)))


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
        first, second = derivatives(panel.state.e, X)
        assert first == pytest.approx(second, abs=1e-4)
        assert f"θ = {panel.state.theta:.2f}" in panel.sentence


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
    before, hand = climb.state, Hand(climb)
    hand.drag("theta", 60.0, before.bound.log_lik, release=False)
    assert climb.state.e is before.e
    assert climb.theta == pytest.approx(60, abs=0.1)
    assert climb.state.bound.kl > 1
    holds(climb.state)
    hand.release()
    assert climb.stage.index == 0
    assert climb.states[0].e.model.theta == pytest.approx(60, abs=0.1)
    assert climb.field.number == climb.states[0].theta
    assert not climb.states[0].m and abs(climb.state.bound.kl) < 1e-9


def test_a_click_that_moves_nothing_changes_nothing(climb):
    states = climb.states
    for i in (0, 3, len(states) - 1):
        climb.stage.index = i
        state = climb.state
        Hand(climb).click("theta")
        assert climb.states == states and climb.state is state


def test_arrow_keys_move_theta_and_enter_starts_from_there(climb):
    hand = Hand(climb)
    for _ in range(3):
        hand.key("theta", "ArrowLeft")
    assert climb.state.m and climb.state.e is climb.states[0].e
    theta = climb.theta
    assert theta < 95
    hand.key("theta", "Enter")
    assert climb.states[0].theta == pytest.approx(theta, abs=0.1) and not climb.state.m


def test_a_random_hand(climb):
    rng, hand = np.random.default_rng(1), Hand(climb)
    for _ in range(40):
        hand.press("theta")
        for _ in range(rng.integers(1, 4)):
            hand.move(*rng.uniform(0, 1, 2))
            holds(climb.state)
            assert 40 <= climb.theta <= 104, "held inside the picture"
        if rng.random() < 0.2:
            hand.release()


def test_without_a_kernel_the_first_turn_is_seen(climb):
    data, metadata = climb._repr_mimebundle_()
    said = data["text/plain"].splitlines()
    assert [line.split(":")[0][10:] for line in said[:3]] == ["1, after E", "1, after M", "2, after E"]
    assert said[3] == climb.stage.scene.sentence(climb.states[-1])
    height, width = struct.unpack(">II", base64.b64decode(data["image/png"])[16:24])[::-1]
    assert metadata["image/png"] == {"width": width, "height": height}


@pytest.mark.parametrize("start", [40, 58.3, 79, 104])
def test_from_any_start_it_reaches_the_same_maximum(climb, start):
    climb.field.value = str(start)
    assert climb.states[0].e.model.theta == start
    assert climb.trace.model.theta == pytest.approx(58.28, abs=0.01)


@pytest.mark.parametrize("typed", ["", "hello", "nan", "inf", "39.9", "1e9", "6,5"])
def test_nonsense_is_said_and_the_last_good_start_stays(climb, typed):
    climb.field.value = "70"
    states = climb.states
    climb.field.value = typed
    assert "write a number from 40 to 104" in climb.field.said.value
    assert climb.states == states and climb.field.value == "70" and not climb.error
    climb.field.value = "71"
    assert not climb.field.said.value and climb.theta == 71


def test_a_drag_after_nonsense_takes_the_message_away(climb):
    climb.field.value = "hello"
    Hand(climb).drag("theta", 60.0, -1100)
    assert not climb.field.said.value and climb.field.value == f"{climb.theta:.6g}"


def test_what_goes_wrong_behind_the_field_is_said_in_the_panel(climb):
    climb.trace = None
    climb.field.value = "71"
    assert "AttributeError" in climb.error
