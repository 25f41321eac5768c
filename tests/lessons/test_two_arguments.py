"""L(q, θ) as a function of two arguments: the model, the steps, the picture and the panel of notebook 06 (W20–W23)."""

import itertools

import numpy as np
import pytest
from hand import Hand
from hypothesis import given, settings
from hypothesis import strategies as st
from legible import assert_legible

from emlib import CoinMixture, Collapse, bound, check_em, em, fit
from emlib.draw.style import nats
from emlib.e_steps import partial
from emlib.lessons.two_arguments import SmudgedCoin, WalkTwoArguments
from emlib.lessons.two_arguments.moves import m_gradient, m_part
from emlib.lessons.two_arguments.panel import MOVES, falls
from emlib.lessons.two_arguments.scene import EDGE, TwoArguments
from emlib.lessons.two_arguments.states import Pair, landscape

X = np.array([[8, 3]])
START = SmudgedCoin(0.5, left=0.55)
inside = st.floats(0.02, 0.98)
shares = st.floats(0, 1)


def holds(b):
    return abs(b.residual) <= 1e-12 * max(1, abs(b.log_lik), abs(b.elbo))


def elbo(model, x, s):
    return bound(model.log_joint(x), np.column_stack([s, 1 - np.asarray(s)])).elbo


# The model.

def test_log_joint_is_that_of_two_tied_coins_and_sums_to_one():
    np.testing.assert_allclose(SmudgedCoin(0.7, 0.6).log_joint(X), CoinMixture([0.6, 0.4], [0.7, 0.3]).log_joint(X))
    pages = np.column_stack([np.arange(12), 11 - np.arange(12)])
    assert np.exp(SmudgedCoin(0.7, 0.6).log_joint(pages)).sum() == pytest.approx(1, abs=1e-13)


@settings(max_examples=60, deadline=None)
@given(inside, shares, st.integers(1, 40), st.integers(1, 40))
def test_m_step_is_the_maximiser_for_this_q(prob, s, left, right):
    x, q = np.array([[left, right]]), np.array([[s, 1 - s]])
    best = SmudgedCoin(prob).m_step(x, q)
    highest = bound(best.log_joint(x), q).elbo
    assert abs(best.gradient(x, q)) <= 1e-12 * (left + right)
    for other in (prob, best.prob * 0.99, 1 - 0.99 * (1 - best.prob)):
        assert highest >= bound(SmudgedCoin(other).log_joint(x), q).elbo - 1e-12 * abs(highest)


@settings(max_examples=60, deadline=None)
@given(inside, shares)
def test_gradient_is_the_derivative_in_the_log_odds(prob, s):
    model, q, h = SmudgedCoin(prob, 0.55), np.array([[s, 1 - s]]), 1e-5
    up, down = (bound(model.shifted(d).log_joint(X), q).elbo for d in (h, -h))
    assert (up - down) / (2 * h) == pytest.approx(model.gradient(X, q), abs=1e-6)


def test_it_is_certified_and_names_what_it_holds():
    assert SmudgedCoin.held == ("left",)
    assert check_em(SmudgedCoin(0.4, 0.55), np.array([[8, 3], [2, 9], [5, 6], [7, 4]])).passed


def test_bad_models_are_refused():
    for bad in (0, 1, -0.1, float("nan"), "half"):
        with pytest.raises(ValueError, match="prob is"):
            SmudgedCoin(bad)
        with pytest.raises(ValueError, match="left is"):
            SmudgedCoin(0.5, left=bad)
    with pytest.raises(Collapse, match="end of"):
        START.m_step(np.array([[5, 0]]), [[1.0, 0.0]])
    for far in (1e9, -1e9):
        assert 0 < START.shifted(far).prob < 1


def test_weights_count_as_repetition_and_a_subclass_stays_one():
    class Mine(SmudgedCoin):
        pass

    pages, w = np.array([[8, 3], [2, 9], [5, 5]]), np.array([3, 0, 2])
    model = Mine(0.4, 0.55)
    new = model.m_step(pages, model.posterior(pages), sample_weight=w)
    repeated = np.repeat(pages, w, axis=0)
    assert new.prob == pytest.approx(model.m_step(repeated, model.posterior(repeated)).prob, rel=1e-14)
    assert fit(model, pages, sample_weight=w, tol=1e-12).model.prob == pytest.approx(
        fit(model, repeated, tol=1e-12).model.prob, rel=1e-6)
    for made in (new, model.toward(new, 0.5), model.shifted(0.1)):
        assert type(made) is Mine and made.left == 0.55


# The half-steps: each raises L, or leaves it (W22, W23).

@settings(max_examples=80, deadline=None)
@given(inside, shares, st.floats(0.01, 1), st.floats(1e-3, 8 / 11))
def test_every_half_step_raises_l(prob, s, fraction, rate):
    model, q = SmudgedCoin(prob, 0.55), np.array([[s, 1 - s]])
    # log p has curvature at most tosses/4 in the log-odds: a rate up to 8/tosses cannot step too far
    for m_step in (None, m_part(fraction), m_gradient(rate)):
        before = bound(model.log_joint(X), q)
        for step in itertools.islice(em(model, X, e_step=partial(fraction), q=q, m_step=m_step), 12):
            assert step.bound.elbo >= before.elbo - 1e-12 * max(1, abs(before.elbo))
            assert holds(step.bound)
            if step.kind == "E":
                assert step.bound.log_lik == before.log_lik
                assert step.bound.kl <= (1 - fraction) * before.kl + 1e-12
            else:
                assert step.bound.entropy == before.entropy
            before = step.bound


def test_a_part_is_a_part_and_the_whole_is_the_m_step():
    q = np.array([[0.9, 0.1]])
    best = START.m_step(X, q).prob
    assert m_part(1)(START, X, q).prob == best
    assert m_part(0.25)(START, X, q).prob == pytest.approx(START.prob + 0.25 * (best - START.prob), rel=1e-14)
    moved = m_gradient(0.1)(START, X, q)
    assert moved.log_odds - START.log_odds == pytest.approx(0.1 * START.gradient(X, q), rel=1e-12)


def test_a_rate_that_is_too_long_lowers_l():
    steps = itertools.islice(em(SmudgedCoin(0.5, 0.55), X, m_step=m_gradient(2)), 20)
    assert np.diff([s.bound.elbo for s in steps]).min() < -0.1


@pytest.mark.parametrize("make", [m_part, m_gradient])
@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf")])
def test_bad_amounts_are_refused(make, bad):
    with pytest.raises(ValueError, match=r"^(fraction|rate) is .* must be"):
        make(bad)


def test_argmax_of_kl_is_the_opposite_of_what_is_wanted():
    """W22 as the board has it, refused on a real model."""
    s = np.linspace(0, 1, 1001)
    q = np.column_stack([s, 1 - s])
    for prob in (0.2, 0.45, 0.7):
        b = bound(np.tile(SmudgedCoin(prob, 0.55).log_joint(X), (len(s), 1)), q).per_point
        assert np.argmin(b.kl) == np.argmax(b.elbo)
        assert np.argmax(b.kl) == np.argmin(b.elbo) != np.argmax(b.elbo)


# The picture.

@pytest.fixture(scope="module")
def scene():
    return TwoArguments(START, X)


def test_the_landscape_is_l_and_its_ridges_are_where_e_and_m_go(scene):
    land = scene.parts[0][0]
    for i, j in ((0, 0), (40, 100), (150, 33), (188, 77)):
        model = SmudgedCoin(land.probs[i], 0.55)
        assert land.elbo[j, i] == pytest.approx(elbo(model, X, land.s[[j]]), rel=1e-13)
        assert land.log_lik[i] == pytest.approx(model.log_lik(X), rel=1e-13)
        assert land.posterior[i] == pytest.approx(model.posterior(X)[0, 0], rel=1e-12)
    assert (land.elbo <= land.log_lik + 1e-12).all(), "the ridge is the highest way across"
    assert (np.abs(land.s[land.elbo.argmax(axis=0)] - land.posterior) <= 0.0101).all(), "up a column: the posterior"
    assert (np.abs(land.probs[land.elbo.argmax(axis=1)] - land.best) <= 0.0051).all(), "along a row: the best θ"
    hills = (land.log_lik[1:-1] > land.log_lik[:-2]) & (land.log_lik[1:-1] > land.log_lik[2:])
    assert hills.sum() == 2


@settings(max_examples=40, deadline=None)
@given(inside, shares)
def test_what_is_drawn_is_the_state(prob, s):
    scene = DRAWN
    pair = Pair.of(SmudgedCoin(prob, 0.55), X, s)
    scene.rgba(pair)
    land, over_theta, splits = (part for part, _ in scene.parts)
    assert land._now.get_xydata()[0].tolist() == [prob, s]
    lo = splits.limits[0]
    solid, rest = splits._rows[0][0]
    if lo < pair.bound.elbo:
        assert solid.get_x() + solid.get_width() == pytest.approx(pair.bound.elbo)
        assert rest.get_x() + rest.get_width() == pytest.approx(pair.bound.log_lik)
        assert splits._rows[1][0][1].get_x() == pytest.approx(max(pair.bound.expected_log_joint, lo))
    curve = over_theta._elbo.get_ydata()
    seen = np.isfinite(curve)
    assert (curve[seen] <= land.log_lik[seen] + 1e-12).all(), "L(q, ·) lies under log p"


DRAWN = TwoArguments(START, X)


def test_legible_everywhere(scene):
    pairs = [Pair.of(SmudgedCoin(p, 0.55), X, s) for p in (EDGE, 0.72) for s in (0, 1)]
    pairs.append(Pair.of(START, X, 0.3, "hand"))
    for step in itertools.islice(em(START, X), 2):
        pairs.append(pairs[-1].then(step))
    titles = ["Start"] * 4 + ["By hand", "Iteration 1, after E", "Iteration 1, after M"]
    for pair, title in zip(pairs, titles, strict=True):
        assert_legible(scene.figure(pair))
        b = pair.bound
        numbers = [b.elbo, b.log_lik, b.kl, b.expected_log_joint, b.entropy]
        elbo, log_lik, kl, expected, entropy = (nats(v) if abs(v) > 1e-12 else "0.00" for v in numbers)
        assert scene.sentence(pair) == (
            f"{title}: θ = {pair.prob:.3f}, q(left) = {pair.s:.3f}; ELBO {elbo} = log-lik {log_lik} − KL {kl} = "
            f"energy {expected} + entropy {entropy}.")


def test_a_pair_knows_the_path_to_it():
    pair = Pair.of(START, X, 0.05)
    steps = list(itertools.islice(em(START, X), 4))
    for step in steps:
        pair = pair.then(step)
    expected = [(0.5, 0.05), *((step.model.prob, step.q[0, 0]) for step in steps)]
    np.testing.assert_array_equal(pair.path, expected)


def test_landscape_of_any_page():
    elbo_, log_lik, posterior = landscape(SmudgedCoin(0.5), np.array([[30, 9]]), [0.2, 0.8], [0.0, 0.5, 1.0])
    assert elbo_.shape == (3, 2)
    assert log_lik[0] == pytest.approx(log_lik[1]), "without a belief about the columns, θ and 1 − θ are alike"
    assert posterior[0] == pytest.approx(1 - posterior[1])


# The panel.

@pytest.fixture
def panel():
    return WalkTwoArguments(START, X)


@pytest.mark.parametrize("moves", MOVES)
def test_every_state_of_every_kind_of_half_steps(panel, moves):
    panel.choose_moves.value = moves
    for x, y in ((0.5, 0.05), (0.4, 0.9), (0.9, 0.5), (0.05, 1.0)):
        Hand(panel).add(x, y, 0)
        assert panel.states[0].prob == pytest.approx(x, abs=0.002)
        for i, pair in enumerate(panel.states):
            panel.stage.index = i
            assert panel.state is pair
            assert holds(pair.bound)
            assert len(pair.path) == i + 1
        assert not panel.error
        assert (np.diff(panel.elbos) >= -1e-12).all()
        assert "never fell" in panel.verdict.value


@pytest.mark.parametrize("moves", MOVES)
def test_half_steps_end_when_an_iteration_gains_nothing_to_be_seen(panel, moves):
    panel.choose_moves.value = moves
    gains = panel.elbos[2::2] - panel.elbos[:-2:2]
    assert (gains[:-1] >= 1e-7).all()
    assert gains[-1] < 1e-7 or len(gains) == 30


def test_part_of_the_way_is_a_part_in_both_half_steps(panel):
    panel.choose_moves.value = "part"
    start, e, m = panel.states[:3]
    assert e.s == pytest.approx(0.6 * start.s + 0.4 * START.posterior(X)[0, 0], rel=1e-14)
    assert m.prob == pytest.approx(0.6 * START.prob + 0.4 * START.m_step(X, e.q).prob, rel=1e-14)


@pytest.mark.parametrize("elbo", [-2.0, -0.1, -1e6])
def test_a_fall_is_counted_just_beyond_rounding(elbo):
    rounding = 1e-12 * max(1, abs(elbo))
    assert falls(np.array([elbo, elbo - 0.1 * rounding, elbo])) == 0
    assert falls(np.array([elbo, elbo - 10 * rounding, elbo])) == 1
    assert falls(np.array([elbo, elbo - 0.01, elbo - 0.02])) == 2


def test_where_exact_em_ends_depends_on_where_it_starts(panel):
    ends = {}
    for x in (0.3, 0.45, 0.5, 0.8):
        Hand(panel).add(x, 0.5, 0)
        ends[x] = panel.states[-1].prob
    assert ends[0.3] == pytest.approx(ends[0.45], abs=1e-4)
    assert ends[0.5] == pytest.approx(ends[0.8], abs=1e-4)
    assert ends[0.3] < 0.29 < 0.72 < ends[0.8]


def places(rng, n):
    """Places of the landscape, picture fractions, each far from the one before."""
    return np.column_stack([rng.uniform(0.1, 0.55, n), rng.uniform(0.45, 0.85, n)])


def test_with_theta_held_the_elbo_rises_as_the_kl_falls(panel):
    rng, hand, seen = np.random.default_rng(0), Hand(panel), []
    panel.choose_hand.value = "q"
    log_lik = panel.state.bound.log_lik
    hand.press("pair")
    for place in places(rng, 60):
        hand.move(*place)
        seen.append(panel.state.bound)
        assert panel.state.kind == "hand"
        assert panel.state.prob == START.prob
        assert panel.state.bound.log_lik == log_lik
    order = np.argsort([b.elbo for b in seen])
    assert (np.diff(np.array([b.kl for b in seen])[order]) <= 1e-15).all()
    assert np.ptp([b.kl for b in seen]) > 0.1


def test_with_q_held_the_entropy_stays(panel):
    rng, hand, seen = np.random.default_rng(1), Hand(panel), set()
    panel.choose_hand.value = "theta"
    hand.press("pair")
    for place in places(rng, 30):
        hand.move(*place)
        seen.add(panel.state.prob)
        assert panel.state.bound.entropy == panel.states[0].bound.entropy
        assert holds(panel.state.bound)
    assert len(seen) > 20


def test_let_go_and_the_half_steps_start_there_but_not_after_a_mere_click(panel):
    hand, states = Hand(panel), panel.states
    for i in (0, 4, len(states) - 1):
        panel.stage.index = i
        hand.click("pair")
        assert panel.states == states and panel.state is states[i]
    hand.drag("pair", 0.3, 0.6, release=False)
    assert panel.state.kind == "hand" and panel.states == states
    hand.release()
    assert panel.state.kind == "start" and panel.state is panel.states[0]
    assert panel.states[0].path == pytest.approx(np.array([[0.3, 0.6]]), abs=0.003)


def test_arrow_keys_move_the_pair_and_enter_starts_from_there(panel):
    hand = Hand(panel)
    for key in ("ArrowRight", "ArrowUp"):
        hand.key("pair", key)
    pair = panel.state
    assert pair.kind == "hand" and pair.prob > START.prob and pair.s > 0.05
    hand.key("pair", "Enter")
    assert (panel.state.kind, panel.state.prob, panel.state.s) == ("start", pair.prob, pair.s)


def test_a_click_on_the_upper_picture_moves_theta_alone(panel):
    Hand(panel).add(0.65, -2.5, 1)
    assert panel.states[0].prob == pytest.approx(0.65, abs=0.002)
    assert panel.states[0].s == pytest.approx(0.05)


@pytest.mark.parametrize("nonsense", ["", "much", "0", "-1", "nan", "inf", "5"])
def test_nonsense_keeps_the_last_good_amount(panel, nonsense):
    panel.choose_moves.value = "part"
    panel.amount.value = "0.25"
    states = panel.states
    panel.amount.value = nonsense
    assert panel.verdict.value == f"Fraction is {nonsense!r}; write a number above 0 and at most 1. 0.25 stays."
    assert panel.amount.value == "0.25"
    assert all(a is b for a, b in zip(panel.states, states, strict=True))
    panel.amount.value = "0.3"
    assert "never fell" in panel.verdict.value


def test_each_kind_of_half_steps_asks_for_its_own_amount(panel):
    for kind, name, shown, most in (("gradient", "Rate", "0.15", "2"), ("part", "Fraction", "0.4", "1")):
        panel.choose_moves.value = kind
        assert (panel.amount.description, panel.amount.value, panel.amount.disabled) == (name, shown, False)
        panel.amount.value = most
        assert panel.amount.number == float(most)
        panel.amount.value = "2.5"
        assert f"at most {most}." in panel.verdict.value
    panel.choose_moves.value = "exact"
    assert panel.amount.disabled and panel.amount.value == "1"


def test_a_rate_too_long_is_said(panel):
    panel.choose_moves.value = "gradient"
    panel.amount.value = "2"
    fell = int((np.diff(panel.elbos) < -1e-9).sum())
    assert fell > 10 and f"L fell at {fell} of {len(panel.elbos) - 1} half-steps" in panel.verdict.value
    assert not panel.error


def test_what_goes_wrong_behind_a_control_is_said_in_the_panel(panel):
    panel.x = None
    panel.choose_moves.value = "part"
    assert panel.error
