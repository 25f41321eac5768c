"""Notebook 02: two curves over z whose difference is log p(x|θ), whatever z, whatever q; and the slip of W1."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hand import Hand
from legible import assert_legible

from emlib import GaussianMixture, bound, words
from emlib.lessons.identity import PickLabel, PickZ
from emlib.lessons.identity.model import LinearGaussian, log_normal
from emlib.lessons.identity.scene import OverZScene, handles_of_normal, small, verdict
from emlib.lessons.identity.two_terms import VIEWS, OverZ

LABELS = ("left", "middle", "right")
MIXTURE = GaussianMixture([0.3, 0.4, 0.3], [[-1.5], [0.0], [1.5]], [1.0, 0.8, 1.2])
LOG_JOINT, LOG_PRIOR = MIXTURE.log_joint([[0.6]])[0], np.log(MIXTURE.weights)
LINEAR, X = LinearGaussian(1.0), 1.0


@pytest.fixture
def labels():
    return PickLabel(MIXTURE, [[0.6]], LABELS)


@pytest.fixture
def number():
    return PickZ(LINEAR, X)


# The model


def integral(values, z):
    return float(np.trapezoid(values, z))


@pytest.mark.parametrize("noise", [0.2, 0.8, 3.0])
@pytest.mark.parametrize("x", [-2.0, 0.0, 1.2])
def test_linear_gaussian_against_integrals(noise, x):
    model, z = LinearGaussian(noise), np.linspace(-12, 12, 24001)
    joint = np.exp(model.log_joint(x, z))
    assert integral(np.exp(model.log_prior(z)), z) == pytest.approx(1, rel=1e-9)
    assert integral(np.exp(model.log_posterior(x, z)), z) == pytest.approx(1, rel=1e-9)
    assert math.exp(model.log_lik(x)) == pytest.approx(integral(joint, z), rel=1e-9), "W15: z integrated out"
    mean, sd = model.posterior(x)
    assert mean == pytest.approx(integral(z * joint, z) / integral(joint, z), rel=1e-8, abs=1e-12)
    assert sd**2 == pytest.approx(integral((z - mean) ** 2 * joint, z) / integral(joint, z), rel=1e-8)


@pytest.mark.parametrize("noise", [0.0, -1.0, np.nan, np.inf])
def test_linear_gaussian_refuses_impossible_noise(noise):
    with pytest.raises(ValueError, match="noise is"):
        LinearGaussian(noise)


# The states


def random_states(view, rng):
    for q in (*rng.dirichlet([0.5] * 3, size=30), np.eye(3)[0]):
        yield OverZ.of_labels(LOG_JOINT, LOG_PRIOR, q, int(rng.integers(3)), view)
    for _ in range(30):
        model, x = LinearGaussian(rng.uniform(0.3, 2)), rng.normal()
        yield OverZ.of_number(model, x, (rng.uniform(-3, 3), rng.uniform(0.25, 2)), rng.uniform(-4, 4), view)


@pytest.mark.parametrize("view", ["taught", "with_q"])
def test_the_difference_is_log_lik_at_every_z_and_averaged_over_any_q(view):
    """W3, W4, W5; and W2 in the densities."""
    rng = np.random.default_rng(0)
    for state in random_states(view, rng):
        scale = max(1.0, np.abs(state.first[np.isfinite(state.first)]).max())
        assert state.residual <= min(1e-12 * scale, 1e-10)
        assert state.mean[0] - state.mean[1] == pytest.approx(state.log_lik, abs=1e-11)
        joint, posterior, evidence = state.density
        assert joint == pytest.approx(posterior * evidence, rel=1e-12)
        assert state.same and verdict(state).startswith("the same")


def test_as_written_the_difference_is_another_thing():
    """W1: without the x behind the bar the difference is log p(x|z,θ), which changes with z and with q."""
    rng = np.random.default_rng(1)
    averages = []
    for state in random_states("written", rng):
        assert not state.same and verdict(state) == "not the same at every z"
        assert np.ptp(state.difference) > 0.5
        averages.append(state.mean[0] - state.mean[1] - state.log_lik)
        if state.spread:
            continue
        given_z = [-0.5 * (0.6 - m) ** 2 / c - 0.5 * math.log(2 * math.pi * c)
                   for m, c in zip((-1.5, 0, 1.5), (1.0, 0.8, 1.2), strict=True)]
        np.testing.assert_allclose(state.difference, given_z, rtol=1e-12)
    assert np.ptp(averages) > 1


@pytest.mark.parametrize("slip, same", [(1e-11, True), (3e-10, False), (0.5, False)])
def test_a_slip_at_one_z_is_seen(slip, same):
    """Everywhere the same means more than rounding at one z."""
    state = OverZ.of_labels(LOG_JOINT, LOG_PRIOR, [0.2, 0.5, 0.3], 1, "taught")
    other = replace(state, second=state.second + slip * (state.z == 2))
    assert other.residual == pytest.approx(slip, abs=1e-13) and other.same is same
    assert verdict(other) == ("the same at every z" if same else "not the same at every z")


def test_averages_over_q_are_those_of_the_bound_and_of_an_integral():
    q = np.array([0.2, 0.5, 0.3])
    b = bound(LOG_JOINT[None], q[None])
    assert OverZ.of_labels(LOG_JOINT, LOG_PRIOR, q, 0, "taught").mean[0] == pytest.approx(b.expected_log_joint)
    assert OverZ.of_labels(LOG_JOINT, LOG_PRIOR, q, 0, "with_q").mean == (pytest.approx(b.elbo), pytest.approx(-b.kl))
    z = np.linspace(-14, 14, 28001)
    density = np.exp(log_normal(z, 0.5, 1.3))
    for view in VIEWS:
        state = OverZ.of_number(LINEAR, X, (0.5, 1.3), 0.0, view, z)
        for mean, term in zip(state.mean, (state.first, state.second), strict=True):
            assert mean == pytest.approx(integral(density * term, z), rel=1e-8)


def test_q_of_zero_is_not_divided_by():
    """W4 asks for q > 0 where it divides."""
    state = OverZ.of_labels(LOG_JOINT, LOG_PRIOR, [0.0, 0.3, 0.7], 0, "with_q")
    assert state.here == (math.inf, math.inf) and np.isnan(state.difference[0])
    assert verdict(state) == "the same wherever q > 0"
    np.testing.assert_allclose(state.difference[1:], state.log_lik, rtol=1e-12)
    scene = OverZScene((-9, 3), (-6, 0), LABELS)
    assert "undefined" in scene.sentence(state)
    assert_legible(scene.figure(state))


def test_an_unknown_view_is_refused():
    with pytest.raises(ValueError, match="view is 'other'"):
        OverZ.of_labels(LOG_JOINT, LOG_PRIOR, [1, 0, 0], 0, "other")


# The pictures


@pytest.mark.parametrize("view", VIEWS)
def test_every_picture_is_legible_and_draws_its_numbers(view):
    rng = np.random.default_rng(2)
    for names in (LABELS, None):
        scene = OverZScene((-9, 3), (-6, 0), names)
        for state in [s for s in random_states(view, rng) if (s.spread is None) == (names is not None)][:2]:
            assert_legible(scene.figure(state))
            scene.rgba(state)
            np.testing.assert_array_equal(scene._first.get_ydata(), state.first)
            np.testing.assert_array_equal(scene._flat.get_ydata(), state.difference)
            top, bottom = scene._distance.get_ydata()
            if all(-9 <= v <= 3 for v in state.here):
                assert top - bottom == pytest.approx(state.here[0] - state.here[1])
            assert VIEWS[view][2] in scene.sentence(state) and verdict(state) in scene.sentence(state)


def test_states_of_another_kind_are_refused():
    scene = OverZScene((-9, 3), (-6, 0), LABELS)
    with pytest.raises(ValueError, match="not the labels of this picture"):
        scene.rgba(OverZ.of_number(LINEAR, X, (0, 1)))
    with pytest.raises(ValueError, match="not the labels of this picture"):
        scene.rgba(OverZ.of_labels(LOG_JOINT[:2], LOG_PRIOR[:2], [0.5, 0.5]))


def test_small():
    assert [small(v) for v in (0.61, 9.03e-6, 1.0)] == ["0.610", "9.03e−6", "1.00"]


# The panels


@pytest.mark.parametrize("view", VIEWS)
def test_every_position_of_both_panels(labels, number, view):
    for panel in (labels, number):
        panel.view.value = view
        heights = []
        for i, state in enumerate(panel.states):
            panel.stage.index = i
            assert not panel.error and panel.state is state and state.view == view
            assert panel.sentence.startswith(words.of("identity").VIEWS[view])
            heights.append(state.here[0] - state.here[1])
            assert (state.residual <= 1e-10) == (view != "written")
        assert (np.ptp(heights) < 1e-10) == (view != "written"), "z moves; the difference does not, as taught"
    assert len(number.states) == 51 and len(labels.states) == 3


def test_picking_z_by_hand_moves_two_numbers_and_not_their_difference(number, labels):
    rng, on_number, on_labels = np.random.default_rng(3), Hand(number), Hand(labels)
    seen = set()
    for z in rng.uniform(-2.5, 2.5, 15):
        on_number.drag("z", z, 0.0)
        assert number.state.pick == pytest.approx(z, abs=0.06)
        assert number.state.here[0] - number.state.here[1] == pytest.approx(LINEAR.log_lik(X), abs=1e-12)
        seen.add(number.state.here[0])
    assert len(seen) > 10
    for k in (2, 0, 1):
        on_labels.drag("z", k + 0.2, -3.0)
        assert labels.state.pick == k


def test_any_q_by_hand_moves_two_averages_and_not_their_difference(number, labels):
    rng, on_number, on_labels = np.random.default_rng(4), Hand(number), Hand(labels)
    first = set()
    for _ in range(15):
        on_number.drag("mean" if rng.random() < 0.5 else "sd", rng.uniform(-4, 4), 0.3)
        mean, sd = number.spread
        assert -2 <= mean <= 2 and 0.25 <= sd <= 1.5
        assert number.state.spread == number.spread
        assert number.state.mean[0] - number.state.mean[1] == pytest.approx(LINEAR.log_lik(X), abs=1e-11)
        first.add(number.state.mean[0])
        k = int(rng.integers(3))
        on_labels.drag(str(k), k, rng.uniform(0, 1.1))
        assert labels.q.sum() == pytest.approx(1)
        assert labels.state.mean[0] - labels.state.mean[1] == pytest.approx(MIXTURE.log_lik([[0.6]]), abs=1e-12)
    assert len(first) > 10


def test_the_hand_sets_what_it_holds(number, labels):
    on_number, on_labels = Hand(number), Hand(labels)
    on_number.drag("mean", -1.5, 0.3)
    assert number.spread[0] == pytest.approx(-1.5, abs=0.02)
    on_number.drag("sd", -0.8, 0.3)
    assert number.spread[1] == pytest.approx(0.7, abs=0.02)
    np.testing.assert_allclose(handles_of_normal(0.0, 1.0)[:, 0], [0, 1])
    on_labels.drag("1", 1, 0.75)
    assert labels.q[1] == pytest.approx(0.75, abs=0.02)
    on_labels.drag("1", 1, -0.004)
    assert f"{labels.q[1]:.2f}" == "0.00", "never −0.00"
    on_labels.drag("1", 1, 0.75)
    pick = labels.state.pick
    on_labels.click("1")
    assert labels.q[1] == pytest.approx(0.75, abs=0.02), "a click that moves nothing changes nothing"
    assert labels.state.pick == pick


def test_each_arrow_key_looks_at_the_next_z(number, labels):
    """An arrow key is a few pixels, and labels lie far apart; up and down move no z."""
    for panel in (labels, number):
        hand, (first, last) = Hand(panel), (0, len(panel.states) - 1)
        panel.stage.index = first
        for shift in (False, True):
            for key, step in (("ArrowRight", 1), ("ArrowUp", 0), ("ArrowDown", 0), ("ArrowLeft", -1), ("ArrowLeft", 0)):
                before = panel.stage.index
                hand.key("z", key, shift)
                assert panel.stage.index == before + step, (key, shift)
        panel.stage.index = last
        hand.key("z", "ArrowRight")
        assert panel.stage.index == last and not panel.error


def test_buttons(number, labels):
    number.widget.children[0].children[2].click()
    assert number.spread == LINEAR.posterior(X)
    labels.set_q([0.1, 0.2, 0.7])
    labels.widget.children[0].children[1].click()
    np.testing.assert_allclose(labels.q, 1 / 3)


def test_nonsense_in_the_field_keeps_the_last_good_z(number):
    number.field.value = "−1.25"
    assert number.state.pick == -1.25
    for nonsense in ("", "abc", "5", "-3.01", "nan", "inf", "1,5"):
        number.field.value = nonsense
        assert number.state.pick == -1.25 and not number.error and number.field.value == "-1.25"
        assert repr(nonsense) in number.field.said.value and "between −3 and 3" in number.field.said.value
    number.field.value = "2"
    assert number.state.pick == 2 and number.field.said.value == ""


def test_a_q_that_is_no_distribution_is_refused(labels):
    with pytest.raises(ValueError, match="sums to"):
        labels.set_q([0.5, 0.2, 0.2])
    np.testing.assert_allclose(labels.q, 1 / 3)
