"""What holds for every panel of the course: an arrow key moves what it moves, no error is lost, no memory is kept."""

import gc
import math
import time
import weakref

import numpy as np
import pytest
from hand import Hand
from ipywidgets import Button, Dropdown, FloatLogSlider, Label, ToggleButton, ToggleButtons, Widget

from emlib import CoinMixture, GaussianMixture, datasets
from emlib.lessons import detective
from emlib.lessons.choose_q import ChooseQ, approach_posterior
from emlib.lessons.climb import Climb, OneMean, ride_along
from emlib.lessons.detective import DetectivePanel
from emlib.lessons.gaussian_mixture import FitMixture
from emlib.lessons.identity import LinearGaussian, PickLabel, PickZ
from emlib.lessons.jensen import JensenGap
from emlib.lessons.out_of_reach import ShrinkFamily
from emlib.lessons.two_arguments import SmudgedCoin, WalkTwoArguments
from emlib.lessons.two_coins import ClimbLikelihood, CountSoftly, LabelSets
from emlib.live import NumberField

TOSSES = ("HTTTHHTHTH", "HHHHTHHHHH", "HTHHHHHTHH", "HTHTTTHHTT", "THHHTHHHTH")
COUNTS = np.array([[5, 5], [9, 1], [8, 2], [4, 6], [7, 3]])
FAITHFUL = datasets.old_faithful()
LABELS = ("left", "middle", "right")
THREE = GaussianMixture([0.2, 0.5, 0.3], [[-1.0], [0.5], [1.5]], [[[0.5]], [[0.6]], [[0.7]]])
LOG_JOINT = THREE.log_joint([[0.6]])[0]
WAITING = OneMean(GaussianMixture([0.5, 0.5], [[95.0], [80.0]], [[[100.0]], [[100.0]]]))
BAD = GaussianMixture([0.5, 0.5], [[2.0, 85.0], [4.8, 50.0]], [np.diag([1.0, 100.0])] * 2)
ALIKE = GaussianMixture([0.5, 0.5], [[3.49, 70.9], [3.48, 70.89]], [np.diag([1.3, 185.0])] * 2)
NARROW = GaussianMixture([0.5, 0.5], [[55.0], [80.0]], [[[25.0]], [[25.0]]])
EVEN, START = (CoinMixture([0.5, 0.5], probs, learn_weights=False) for probs in ([0.5, 0.5], [0.6, 0.5]))

PANELS = {
    "approach_posterior": lambda: approach_posterior(LOG_JOINT[:2], LABELS[:2], [1, 0]),
    "LabelSets": lambda: LabelSets(TOSSES, EVEN, labels="BAABB", true="BAABA"),
    "ClimbLikelihood": lambda: ClimbLikelihood(COUNTS, START),
    "CountSoftly": lambda: CountSoftly(TOSSES, START),
    "PickZ": lambda: PickZ(LinearGaussian(0.8), 1.2),
    "PickLabel": lambda: PickLabel(THREE, [[0.6]], LABELS),
    "ChooseQ": lambda: ChooseQ(LOG_JOINT, LABELS),
    "JensenGap": lambda: JensenGap(LOG_JOINT, LABELS, [0.6, 0.1, 0.3]),
    "ride_along": lambda: ride_along(FAITHFUL[:, 1:], WAITING, (40, 104)),
    "Climb": lambda: Climb(FAITHFUL[:, 1:], WAITING, (40, 104)),
    "WalkTwoArguments": lambda: WalkTwoArguments(SmudgedCoin(0.5, left=0.55), [[8, 3]]),
    "ShrinkFamily": lambda: ShrinkFamily({"waiting": (FAITHFUL[:, 1:], NARROW, "min")}),
    "FitMixture 1-D": lambda: FitMixture(FAITHFUL[:, 1:], {"narrow": NARROW}),
    "FitMixture 2-D": lambda: FitMixture(FAITHFUL, {"bad": BAD, "alike": ALIKE}),
    "DetectivePanel": lambda: DetectivePanel({letter: detective.suspect(letter) for letter in "AB"}),
}
HANDLED = [name for name in PANELS if name not in ("ShrinkFamily", "DetectivePanel")]
UNIT = {"ArrowLeft": (-1, 0), "ArrowRight": (1, 0), "ArrowUp": (0, -1), "ArrowDown": (0, 1)}


@pytest.fixture
def panel(request):
    yield PANELS[request.param]()
    Widget.close_all()


def within(widget):
    """A widget and all that it holds."""
    return [widget, *(w for child in getattr(widget, "children", ()) for w in within(child))]


# Keys

@pytest.mark.parametrize("panel", HANDLED, indirect=True)
def test_shift_and_an_arrow_move_a_handle_that_way_or_not_at_all(panel):
    """Where a key goes the handle follows by half a pixel or more; at a limit, and sideways, it stays where it is.

    A handle that one key cannot move that way cannot be moved that way by ten times as much, either.
    """
    hand, moved = Hand(panel), set()
    size = np.array(panel.stage.size)
    for name in [h.name for h in panel.stage._hand.handles(panel.state)]:
        for key, way in UNIT.items():
            for _ in range(3):
                before = np.array(hand.where(name)) * size
                hand.key(name, key, shift=True)
                went = (np.array(hand.where(name)) * size - before) @ way
                assert went > 0.5 or abs(went) < 1e-6, (name, key, went)
                moved |= {(name, key)} if went > 0.5 else set()
                if abs(went) < 1e-6:                          # at its limit, or not its way
                    hand.key(name, key)
                    assert abs((np.array(hand.where(name)) * size - before) @ way) < 1e-6, (name, key)
    assert {name for name, _ in moved} == {h.name for h in panel.stage._hand.handles(panel.state)}


def test_a_key_moves_at_least_one_step_of_the_grid():
    panel = ClimbLikelihood(COUNTS, START)
    for name in ("p", "θ_A"):
        for key, step in (("ArrowRight", 1), ("ArrowLeft", -1)):
            before = panel.stage.index
            Hand(panel).key(name, key, shift=True)
            assert panel.stage.index == before + step


def test_a_number_between_two_places_goes_to_the_next_one_that_way():
    panel = PickZ(LinearGaussian(0.8), 1.2)
    for typed, key, to in (("0.33", "ArrowRight", 0.4), ("0.33", "ArrowLeft", 0.2), ("-1.26", "ArrowRight", -1.2)):
        panel.field.value = typed
        Hand(panel).key("z", key, shift=True)
        assert panel.state.pick == pytest.approx(to, abs=1e-12) and panel.field.number == pytest.approx(to)


def test_two_quick_keys_ahead_of_the_answer_never_lead_back():
    """The browser adds up keys while an answer is on its way, and of two questions that wait the newer one wins."""
    panel = LabelSets(TOSSES, EVEN, labels="BAABB")
    hand = Hand(panel)
    x, y = hand.where("0")
    step = next(h for h in panel.stage._words(panel.state)[1] if h["name"] == "0")["dx"]
    for k in (1, 2, 3):
        hand.send("move", name="0", phase="key", x=min(x + k * step, 1.0), y=y)
        assert panel.q[0, 0] == 1.0


@pytest.mark.parametrize("panel", ["PickLabel"], indirect=True)
def test_a_sideways_key_leaves_q_alone(panel):
    for key in ("ArrowLeft", "ArrowRight"):
        Hand(panel).key("1", key)
    assert panel.q == pytest.approx([1 / 3] * 3, abs=1e-12)


# Errors

class Broken(RuntimeError):
    pass


def controls_of(panel):
    kinds = Button, Dropdown, ToggleButton, ToggleButtons, FloatLogSlider, NumberField
    return [w for w in within(panel.widget) if isinstance(w, kinds)]


NO_PICTURE = {"Hand", "Nudge", "Fraction"}     # a choice for later, a look for another fit, and what is held at 1
TYPED = {"θ at the start": ("0.7, 0.4", "0.8, 0.3"), "q =": ("0.5, 0.2, 0.3", "0.2, 0.5, 0.3"),
         "start at θ =": ("70", "90")}


def work(control):
    """Press it, choose another value, or type another number."""
    if isinstance(control, Button):
        control.click()
    elif isinstance(control, ToggleButton):
        control.value = not control.value
    elif isinstance(control, (Dropdown, ToggleButtons)):
        control.index = (control.index + 1) % len(control.options)
    elif isinstance(control, FloatLogSlider):
        control.value *= 2
    else:
        one, other = TYPED.get(control.description, ("0.75", "0.5"))
        control.value = one if control.value == other else other


@pytest.mark.parametrize("panel", PANELS, indirect=True)
def test_what_goes_wrong_behind_a_control_or_in_a_picture_is_said_and_goes_when_it_works_again(panel, monkeypatch):
    """The scene of the panel raises: every control, handle, key and the bar say so."""
    def refuse(*_):
        raise Broken("the picture is broken")

    hand, parts = Hand(panel, quiet=False), getattr(panel.stage.scene, "parts", ())
    handles = [h.name for h in panel.stage._hand.handles(panel.state)]
    acts = {control.description: lambda c=control: work(c) for control in controls_of(panel)
            if control.description not in NO_PICTURE and len(getattr(control, "options", (1, 2))) > 1}
    if panel.stage.n > 1:
        acts["bar"] = lambda: panel.stage.set_state({"index": (panel.stage.index + 1) % panel.stage.n})
    if handles:
        acts["keys"] = lambda: [hand.key(handles[0], key) for key in UNIT]
    said = set()
    for name, act in acts.items():
        with monkeypatch.context() as broken:
            for kind in {type(panel.stage.scene), *(type(part) for part, *_ in parts)}:
                broken.setattr(kind, "update", refuse)
            act()
            said |= {name} if "Broken: the picture is broken" in panel.error else set()
        for _ in range(2):
            act()
        assert panel.error == "", name
    assert said >= set(acts) - {"bar", "keys"}                # which may lead to frames that are there already


class Touchy:
    """A model that works until `wrong` is set: then its log_joint raises."""

    wrong = None

    def log_joint(self, x):
        if Touchy.wrong:
            raise Touchy.wrong
        return super().log_joint(x)


class TouchyMixture(Touchy, GaussianMixture):
    pass


class TouchyCoins(Touchy, CoinMixture):
    pass


class TouchyPage(Touchy, SmudgedCoin):
    pass


class TouchyMean(Touchy, OneMean):
    pass


TOUCHY = {
    "FitMixture": lambda: FitMixture(FAITHFUL, {
        "a": TouchyMixture(BAD.weights, BAD.means, BAD.covariances),
        "b": TouchyMixture(ALIKE.weights, ALIKE.means, ALIKE.covariances)}),
    "CountSoftly": lambda: CountSoftly(TOSSES, TouchyCoins([0.5, 0.5], [0.6, 0.5], learn_weights=False)),
    "ClimbLikelihood": lambda: ClimbLikelihood(COUNTS, TouchyCoins([0.5, 0.5], [0.6, 0.5], learn_weights=False)),
    "LabelSets": lambda: LabelSets(TOSSES, TouchyCoins([0.5, 0.5], [0.5, 0.5], learn_weights=False), labels="BAABB"),
    "WalkTwoArguments": lambda: WalkTwoArguments(TouchyPage(0.5, left=0.55), [[8, 3]]),
    "Climb": lambda: Climb(FAITHFUL[:, 1:], TouchyMean(WAITING.mixture), (40, 104)),
    "ShrinkFamily": lambda: ShrinkFamily({"waiting": (FAITHFUL[:, 1:], TouchyMixture(
        NARROW.weights, NARROW.means, NARROW.covariances), "min")}),
}
# what asks the model nothing: a choice for later, a fit that is known, the only data
QUIET = {("WalkTwoArguments", "Hand"), ("CountSoftly", "Start again"), ("ShrinkFamily", "Run")}


@pytest.mark.parametrize("error", [RuntimeError("no such device"), ValueError("x is too hot"), KeyError("no such key"),
                                   ZeroDivisionError("division by zero")], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize("name", TOUCHY)
def test_a_model_that_raises_is_said_in_the_panel_whichever_control_asks_it(name, error):
    panel = TOUCHY[name]()
    hand = Hand(panel, quiet=False)
    acts = [lambda c=c: work(c) for c in controls_of(panel) if (name, c.description) not in QUIET]
    handles = [h.name for h in panel.stage._hand.handles(panel.state)]
    if handles and name != "ClimbLikelihood":                 # whose bank has all that its dot asks
        acts += [lambda: hand.key(handles[0], "ArrowRight"), lambda: hand.drag(handles[0], 0.4, 0.4)]
    try:
        for act in acts:
            Touchy.wrong = error
            act()
            labels = [w.value for w in within(panel.widget) if isinstance(w, Label)]
            assert any(str(error.args[0]) in said for said in [panel.error, *labels])
            Touchy.wrong = None
            act()
            act()
            labels = [w.value for w in within(panel.widget) if isinstance(w, Label)]
            assert not any(str(error.args[0]) in said for said in [panel.error, *labels])
    finally:
        Touchy.wrong = None
        Widget.close_all()


@pytest.mark.parametrize("panel", [name for name, make in PANELS.items() if name in
                                   ("CountSoftly", "PickZ", "JensenGap", "Climb", "WalkTwoArguments")], indirect=True)
@pytest.mark.parametrize("typed", ["", "abc", "1e999", "nan", "-inf", "-1e5", "1,,", "½", "0x1", "[]"])
def test_nonsense_in_a_field_is_answered_and_changes_nothing(panel, typed):
    if isinstance(panel, WalkTwoArguments):
        panel.choose_moves.value = "gradient"
    field, = (w for w in within(panel.widget) if isinstance(w, NumberField))
    stood, before = field.value, panel.state
    field.value = typed
    assert field.value == stood and panel.state is before and panel.error == ""
    assert repr(typed) in field.said.value and f"{stood} stays" in field.said.value
    assert field.said in within(panel.widget), "the message stands in the panel"


# Memory

@pytest.mark.parametrize("name", PANELS)
def test_a_panel_that_is_closed_is_gone(name):
    """Frames, thread and all: what a page of its cell run again leaves behind is then nothing."""
    def once():
        panel = PANELS[name]()
        panel.stage._push()
        for i in range(panel.stage.n):
            panel.stage._frame(i)
        panel._repr_mimebundle_()
        for control in controls_of(panel)[:2]:
            if isinstance(control, Button) or len(getattr(control, "options", (1, 2))) > 1:
                work(control)
        return [weakref.ref(panel), weakref.ref(panel.stage), weakref.ref(panel.stage.scene)]

    alive = [ref for _ in range(3) for ref in once()]
    Widget.close_all()
    end = time.monotonic() + 10
    while any(ref() is not None for ref in alive) and time.monotonic() < end:     # a thread finishes its frame
        gc.collect()
        time.sleep(0.05)
    assert [ref() for ref in alive] == [None] * 9


# A nudge

def test_a_saddle_is_left_by_a_nudge_and_a_maximum_stays():
    panel = FitMixture(FAITHFUL, {"same": GaussianMixture([0.5, 0.5], [[3.5, 70.0]] * 2, [np.diag([1.0, 100.0])] * 2),
                                  "bad": BAD})
    low = panel.trace.log_liks[-1]
    assert "nudge" in panel.verdict.value, "the message names it, and the button has its name"
    panel.push.click()
    assert panel.error == "" and panel.trace.log_liks[-1] > low + 100
    assert panel.verdict.value.startswith("A nudge ended") and panel.stage.index == 0
    panel.choose_start.value = "bad"
    high, steps = panel.trace.log_liks[-1], panel.states
    panel.push.click()
    assert panel.trace.log_liks[-1] == high and panel.states is steps and "ended no higher" in panel.verdict.value
    assert math.isclose(high, -1130.26, abs_tol=0.01)
