"""Notebook 01: the table of soft counts, labels by hand, EM from there, one likelihood on two scales."""

import itertools
import json
import math

import numpy as np
import pytest
from hand import Hand
from legible import assert_legible
from matplotlib.colors import to_rgb
from project import ROOT

from emlib import CoinMixture, bound, datasets, fit, log_posterior
from emlib.draw import style
from emlib.lessons.two_coins import ClimbLikelihood, CountSoftly, LabelSets
from emlib.lessons.two_coins.panel import one_hot
from emlib.lessons.two_coins.scene import Tally, TallyScene, count_tosses, title
from emlib.lessons.two_coins.two_scales import LikelihoodAt, TwoScales, scientific

G02 = json.loads((ROOT / "tests" / "references" / "g02_two_coins.json").read_text(encoding="utf-8"))
TOSSES = tuple(G02["data"]["sequences"])
X = datasets.two_coins()
START = CoinMixture([0.5, 0.5], [0.6, 0.5], learn_weights=False)


def button(panel, words):
    return next(b for b in panel.widget.children[0].children if getattr(b, "description", "") == words)


@pytest.fixture
def labels():
    return LabelSets(TOSSES, START, true="BAABA")


@pytest.fixture
def softly():
    return CountSoftly(TOSSES, START)


def check_table(tally):
    """Rows add up to the tosses, totals to their column, θ is a ratio, and the identity holds."""
    np.testing.assert_allclose(tally.q.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(tally.counts.sum(axis=1), X, rtol=1e-12)
    np.testing.assert_allclose(tally.totals, tally.q[:tally.known].T @ X[:tally.known], rtol=1e-12, atol=1e-12)
    if tally.updated:
        heads, tosses = tally.totals[:, 0], tally.totals.sum(axis=1)
        some = tosses > 0
        np.testing.assert_allclose(tally.probs[some], heads[some] / tosses[some], rtol=1e-12)
        assert np.isnan(tally.probs[~some]).all()
    if tally.bound is not None:
        b = tally.bound
        assert abs(b.residual) <= 1e-12 * max(1, abs(b.elbo))
        assert b.log_lik == tally.log_lik == pytest.approx(CoinMixture([0.5, 0.5], tally.probs).log_lik(X), rel=1e-12)


def test_the_tosses_are_the_data_and_are_checked():
    np.testing.assert_array_equal(count_tosses(TOSSES), X)
    np.testing.assert_array_equal(count_tosses(["H", "TTT"]), [[1, 0], [0, 3]])
    for bad, said in (([], "tosses is empty"), (["HT", ""], "as set 1"), (["HX"], "letters H and T")):
        with pytest.raises(ValueError, match=said):
            count_tosses(bad)
    with pytest.raises(ValueError, match="at most 8 sets of 10"):
        TallyScene(["HT"] * 9)
    with pytest.raises(ValueError, match="q has 5 rows"):
        TallyScene(["HT"]).rgba(Tally.by_hand(START, X, [[0.5, 0.5]] * 5))


def test_every_state_of_em_is_the_published_one(softly):
    table = [s for s in softly.states if s.known == len(X)]
    expected = G02["expected"]
    np.testing.assert_allclose(table[0].q[:, 0], expected["resp_A_first_E_step"], rtol=1e-12)
    counts = [expected["expected_counts"][f"{coin}_{side}"] for coin in "AB" for side in ("heads", "tails")]
    np.testing.assert_allclose(table[0].totals.ravel(), counts, rtol=1e-12)
    for t, tally in enumerate(table[1::2], start=1):
        np.testing.assert_allclose(tally.probs, expected["iterates"][t]["theta"], rtol=1e-12)
        assert tally.log_lik == pytest.approx(expected["iterates"][t]["loglik_binomial"], rel=1e-12)
    assert t == 10
    assert [f"{p:.2f}" for p in table[1].probs] == ["0.71", "0.58"]
    assert [f"{p:.2f}" for p in table[-1].probs] == ["0.80", "0.52"]


def test_every_state_of_the_bank_is_shown_and_the_table_fills(softly):
    n = len(X)
    for i, tally in enumerate(softly.states):
        softly.stage.index = i
        assert not softly.error
        check_table(tally)
        assert tally.known == min(i, n)
        assert f"log p(x|θ) = {style.nats(tally.log_lik)}" in softly.sentence
        assert softly.sentence.startswith(title(tally))
    assert len(softly.states) == n + 20
    assert softly.states[0].totals.sum() == 0


def test_the_picture_draws_the_table(softly):
    scene = softly.stage.scene
    for tally in (*softly.states[:7], softly.states[-1], Tally.by_hand(START, X, one_hot("AAAAA", 5))):
        scene.rgba(tally)
        for row in range(len(X)):
            seen = row < tally.known
            assert scene._a[row].get_width() == pytest.approx(tally.q[row, 0] if seen else 0)
            assert scene._b[row].get_width() == pytest.approx(tally.q[row, 1] if seen else 0)
            words = "".join(text.get_text() for text in scene._counts[row])
            assert words.count("H") == words.count("T") == (2 if seen else 0)
            assert f"{tally.counts[row, 0, 0]:.1f} H" in words or not seen
        for k in (0, 1):
            shown = scene._marks[k].get_xdata()
            assert list(shown) == ([tally.probs[k]] if math.isfinite(tally.probs[k]) else [])
    # a set that is surely coin A's has discs in coin A's colour
    np.testing.assert_allclose(scene._discs.get_edgecolors()[:, :3], [to_rgb(style.component(0))] * 50, atol=1e-12)


def test_legible_in_every_state():
    scene = TallyScene(TOSSES)
    hands = [Tally.by_hand(START, X, q) for q in (*map(lambda s: one_hot(s, 5), ("AAAAA", "BBBBB", "BAABA")),
             np.full((5, 2), 0.5), np.tile([0.995, 0.005], (5, 1)))]
    steps = fit(START, X, max_iter=1, tol=None).steps
    filling = [Tally.of_step(steps[0], X, known) for known in (0, 2)]
    for tally in (*hands, *filling, *(Tally.of_step(step, X) for step in steps)):
        assert_legible(scene.figure(tally))
    for odd in (["H"], ["TTTTTTTTTT"] * 8):
        x = count_tosses(odd)
        assert_legible(TallyScene(odd).figure(Tally.by_hand(START, x, np.full((len(x), 2), 0.5))))


def test_all_thirty_two_labellings(labels):
    found = {}
    for word in map("".join, itertools.product("AB", repeat=5)):
        labels.set_q(one_hot(word, 5))
        assert not labels.error
        tally = labels.state
        check_table(tally)
        assert ("undefined" in labels.sentence) == (word in ("AAAAA", "BBBBB"))
        if tally.bound is not None:
            found[word] = tally.bound.elbo
    assert max(found.values()) == pytest.approx(found["BAABA"]), "hard labels: ELBO = log p(x, z|θ)"
    labels.set_q(one_hot("BAABA", 5))
    np.testing.assert_allclose(labels.state.probs, [0.8, 0.45], rtol=1e-12)


def test_hard_labels_by_click_drag_and_button(labels):
    hand = Hand(labels)
    hand.add(0.9, 0.5)
    assert labels.q[0].tolist() == [1, 0]
    assert np.isnan(labels.state.probs[1])
    for to, share in ((0.3, 0), (0.4, 0), (0.6, 1), (0.2, 0)):
        hand.drag("3", to, 3.5)
        assert labels.q[3].tolist() == [share, 1 - share]
    before = labels.state
    for there in (1, 0):
        hand.click("3")
        assert labels.q[3, 0] == there, "a click on the edge is a click into the bar"
    button(labels, "Exchange A and B").click()
    np.testing.assert_array_equal(labels.q, before.q[:, ::-1])
    np.testing.assert_allclose(labels.state.probs, before.probs[::-1], rtol=1e-15)
    button(labels, "Show the truth").click()
    np.testing.assert_array_equal(labels.q, one_hot("BAABA", 5))
    assert labels.sentence.startswith("True labels")
    hand.add(0.8, 3.5)
    assert labels.q[3].tolist() == [1, 0] and labels.sentence.startswith("Your labels")
    hand.add(0.8, 3.5)
    assert labels.q[3].tolist() == [0, 1]
    assert not labels.error


@pytest.mark.parametrize("shift", [False, True])
def test_every_set_is_labelled_by_keyboard(labels, shift):
    """An arrow key moves an edge by pixels; the set goes to the coin on that side, and Enter gives it to the other."""
    hand = Hand(labels)
    for row in range(5):
        for key, there in (("ArrowLeft", 0), ("ArrowLeft", 0), ("ArrowRight", 1), ("ArrowRight", 1), ("ArrowLeft", 0),
                           ("Enter", 1), ("Enter", 0)):
            hand.key(str(row), key, shift)
            assert labels.q[row].tolist() == [there, 1 - there], (row, key)
        for key in ("ArrowUp", "ArrowDown"):
            before = labels.state
            hand.key(str(row), key, shift)
            assert labels.state is before, "an edge moves to the left and to the right"


def test_a_random_soft_hand(softly):
    rng, hand = np.random.default_rng(3), Hand(softly)
    for _ in range(10):
        row, share = int(rng.integers(5)), rng.uniform(-0.2, 1.2)
        hand.drag(str(row), min(max(share, 0), 1), row + 0.5, release=False)
        check_table(softly.state)
        assert softly.q[row, 0] == pytest.approx(min(max(share, 0), 1), abs=0.01)


def test_when_the_hand_lets_go_em_goes_on_from_its_split(softly):
    hand = Hand(softly)
    hand.drag("0", 0.9, 0.5, release=False)
    held = softly.state
    assert held.event == "split" and held.q[0, 0] == pytest.approx(0.9, abs=0.006)
    hand.release()
    assert softly.stage.index == 0 and len(softly.states) == 21
    np.testing.assert_array_equal(softly.states[0].q, held.q)
    model = START.m_step(X, held.q)
    np.testing.assert_allclose(softly.states[1].q, np.exp(log_posterior(model.log_joint(X))), rtol=1e-12)
    values = [s.log_lik for s in softly.states]
    assert all(b >= a - 1e-12 for a, b in itertools.pairwise(values)), "W24"
    trace = softly.trace
    for index in (0, 3):
        softly.stage.index = index
        hand.click("0")
        assert softly.trace is trace and softly.stage.index == index, "a press that moved nothing changes nothing"


def test_the_keyboard_splits_and_enter_starts_em(softly):
    softly.stage.index, hand = len(softly.states) - 1, Hand(softly)
    trace, before = softly.trace, softly.q[2, 0]
    hand.key("2", "ArrowLeft")
    hand.key("2", "ArrowLeft", shift=True)
    assert softly.trace is trace and softly.q[2, 0] == pytest.approx(before - 0.04 - 0.005, abs=0.011)
    split = softly.q
    hand.key("2", "Enter")
    assert softly.trace is not trace
    np.testing.assert_array_equal(softly.states[0].q, split)


def test_half_and_half_is_stuck_and_no_tosses_stops(softly):
    button(softly, "All sets half and half").click()
    for tally in softly.states:
        np.testing.assert_allclose(tally.q, 0.5, rtol=1e-12)
        np.testing.assert_allclose(tally.probs, 33 / 50, rtol=1e-12)
    softly.restart_from(one_hot("AAAAA", 5))
    assert len(softly.states) == 1 and "no θ" in softly.start.said.value
    Hand(softly).add(0.1, 0.5)
    assert len(softly.states) == 21 and softly.start.said.value == ""
    assert softly.states[0].q[0].tolist() == [pytest.approx(0.1, abs=0.006), pytest.approx(0.9, abs=0.006)]


def test_nonsense_at_the_start_keeps_the_last_good_one(softly):
    softly.start.value = "0.3, 0.7"
    good = softly.states
    np.testing.assert_allclose(good[0].probs, [0.3, 0.7])
    for nonsense in ("", "abc", "0.6", "0.6, 0.5, 0.4", "0.6, 1.2", "-0.1 0.5", "nan, 0.5"):
        softly.start.value = nonsense
        assert softly.states == good and not softly.error and softly.start.value == "0.3, 0.7"
        said = softly.start.said.value
        assert repr(nonsense) in said and "such as 0.6, 0.5" in said and "0.3, 0.7 stays" in said
    softly.start.value = "0.6, 0.5"
    assert softly.start.said.value == ""
    np.testing.assert_allclose(softly.states[-1].probs, G02["expected"]["iterates"][10]["theta"], rtol=1e-12)


@pytest.mark.parametrize("typed, why", [("0, 1", "impossible"), ("0, 0.5", "no tosses")])
def test_a_start_from_which_em_cannot_go_is_said(softly, typed, why):
    good = softly.states
    softly.start.value = typed
    assert softly.states == good and why in softly.start.said.value and "0.6, 0.5 stays" in softly.start.said.value
    assert not softly.error


def test_start_again_goes_back_to_the_start_that_is_typed(softly):
    softly.start.value = "0.3, 0.7"
    first = softly.states
    softly.restart_from(np.full((5, 2), 0.5))
    button(softly, "Start again").click()
    assert [title(s) for s in softly.states] == [title(s) for s in first]
    np.testing.assert_array_equal(softly.states[0].probs, [0.3, 0.7])


def test_bad_labels_are_refused():
    with pytest.raises(ValueError, match="give 5 letters"):
        LabelSets(TOSSES, START, labels="AB")


# One likelihood on two scales (W19).


@pytest.fixture(scope="module")
def climb():
    return ClimbLikelihood(X, START)


@pytest.mark.parametrize("copies", [1, 10, 100])
def test_both_scales_have_one_summit_at_every_place(climb, copies):
    climb.copies.value = copies
    assert not climb.error
    x = np.tile(X, (copies, 1))
    here = []
    for i, state in enumerate(climb.states):
        climb.stage.index = i
        assert not climb.error
        p, log_p = state.maximisers
        assert log_p == pytest.approx(0.80)
        assert p == (log_p if copies < 100 else None), "e^(-980) is 0 for the machine; its logarithm is not"
        assert state.here == pytest.approx(CoinMixture([0.5, 0.5], [state.at, 0.5]).log_lik(x), rel=1e-12)
        here.append(state.here)
        b = bound(CoinMixture([0.5, 0.5], [state.at, 0.5]).log_joint(x), np.full((len(x), 2), 0.5))
        assert abs(b.residual) <= 1e-12 * abs(b.elbo)
    # log is increasing: the two rank every pair of places alike
    assert (np.argsort(here) == np.argsort(climb.states[0].log_lik)).all()
    climb.copies.value = 1


def test_the_dot_follows_the_hand_and_the_curve(climb):
    scene = climb.stage.scene
    for at in (0.02, 0.31, 0.8, 0.99):
        Hand(climb).drag("θ_A", at, scene.curves.log_lik.mean())
        assert climb.state.at == pytest.approx(at, abs=0.006)
        scene.rgba(climb.state)
        (dot, _, _), (log_dot, _, _) = scene._dots
        assert dot.get_ydata()[0] == pytest.approx(math.exp(climb.state.here))
        assert log_dot.get_ydata()[0] == pytest.approx(climb.state.here)


def test_two_scales_are_legible():
    theta = np.linspace(0.01, 0.99, 99)
    hill = (theta - 0.7) ** 2
    for curve in (-10 - 30 * hill, -1000 - 3000 * hill, -0.1 - theta, -99999.0 - 1e5 * theta):
        scene = TwoScales(LikelihoodAt(theta, curve, 0.5, -100.0))
        for i in (0, 98):
            assert_legible(scene.figure(LikelihoodAt(theta, curve, theta[i], float(curve[i]))))


def test_scientific():
    assert [scientific(math.log(v)) for v in (1.23e-5, 0.5, 2.0)] == ["1.2e−5", "5.0e−1", "2.0"]
    assert scientific(-1e4) == "0"
