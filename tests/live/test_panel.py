"""The panel and its controls: what goes wrong is said, what is typed is read or refused, a page has its stills."""

import base64
import gc
import io
import re
import weakref

import numpy as np
import pytest
import toy_scene
from hand import Hand
from ipywidgets import Button, Dropdown, Text, Widget
from PIL import Image
from project import ROOT

from emlib import words
from emlib.live import NumberField, Panel, Stage, number_in, numbers_in, with_entry

WANTED = "write a number from −3 to 3"


def panel_of(n=7, controls=(), **more):
    return Panel(Stage(toy_scene.Toy(20), toy_scene.states(n), **more), controls)


# Guarded controls


def test_a_control_calls_back_with_what_it_has():
    button, menu, field = Button(), Dropdown(options=["a", "b"]), NumberField("z", 0.5, number_in(-3, 3, WANTED))
    panel, heard = panel_of(controls=[button, menu, field]), []
    panel.on(button, lambda: heard.append("pressed"))
    panel.on(menu, heard.append)
    panel.on(field, heard.append)
    button.click()
    menu.value = "b"
    field.value = "−1.5"
    assert heard == ["pressed", "b", -1.5] and panel.error == ""


@pytest.mark.parametrize("act", ["button", "menu", "text", "field"])
def test_what_goes_wrong_in_a_control_is_said_until_something_goes_well(act):
    controls = {"button": Button(), "menu": Dropdown(options=[0, 1, 2]), "text": Text(),
                "field": NumberField("z", 0, number_in(-3, 3, WANTED))}
    panel, wrong = panel_of(controls=list(controls.values())), True

    def broken(*_):
        if wrong:
            raise KeyError("no such start")

    for control in controls.values():
        panel.on(control, broken)

    def touch(i):
        if act == "button":
            controls["button"].click()
        else:
            controls[act].value = i if act == "menu" else str(i)

    touch(1)
    assert "KeyError: 'no such start'" in panel.error
    assert re.search(r"\(in broken, line \d+ of test_panel.py\)", panel.error)
    wrong = False
    touch(2)
    assert panel.error == ""


def test_an_error_of_the_scene_inside_a_callback_is_not_wiped():
    """The stage says it itself, and the callback returns as if all were well."""
    panel = panel_of(controls=[button := Button()])
    panel.on(button, lambda: panel.stage.show("no state"))
    button.click()
    assert "AttributeError" in panel.error
    panel.on(other := Button(), lambda: panel.stage.show(toy_scene.State()))
    other.click()
    assert panel.error == ""


def test_every_control_of_every_panel_is_hooked_through_the_guard():
    """observe and on_click are for `Panel.on` alone, and for a field that watches itself."""
    for path in (ROOT / "emlib" / "lessons").rglob("*.py"):
        assert not re.findall(r"\.(?:observe|on_click)\(", path.read_text(encoding="utf-8")), path


# A field for numbers


@pytest.fixture
def field():
    field = NumberField("z", 0.5, number_in(-3, 3, WANTED))
    field.heard = []
    field.on_number(field.heard.append)
    return field


@pytest.mark.parametrize("typed, number", [("1", 1.0), (" 2. ", 2.0), (".25", 0.25), ("−1.5", -1.5), ("-1.5", -1.5),
                                           ("+1", 1.0), ("1e-1", 0.1), ("3", 3.0), ("-3", -3.0), ("3e−1", 0.3)])
def test_a_number_is_read_as_the_course_writes_it(field, typed, number):
    field.value = typed
    assert field.heard == [number] and field.number == number and field.said.value == "" and field.value == typed


@pytest.mark.parametrize("typed", [
    "", " ", "abc", "nan", "inf", "-inf", "Infinity", "1e999", "0,5", "1 2", "3.0001", "−3.1", "１", "٣", "１.5", "1_0",
    "0x1", "--1", "1e", ".", "½", "1;", "z = 1", "1.5.2", "1e5"])
def test_what_is_no_number_is_refused_with_what_is_wanted_and_the_last_good_one_stays(field, typed):
    field.value = "-1.25"
    field.value = typed
    assert field.heard == [-1.25] and field.number == -1.25
    assert field.said.value == f"z is {typed!r}; {WANTED}. -1.25 stays."
    assert field.value == "-1.25", "what stands in the field is what holds"
    field.value = typed
    assert field.heard == [-1.25] and field.said.value, "the same nonsense once more is refused once more"
    field.value = "2"
    assert field.heard == [-1.25, 2.0] and field.said.value == ""


def test_a_number_that_is_shown_is_not_typed(field):
    field.value = "nonsense"
    field.put(2.5)
    assert field.value == "2.5" and field.number == 2.5 and field.heard == [] and field.said.value == ""
    field.value = "nonsense"
    assert field.value == "2.5" and "2.5 stays" in field.said.value


def test_the_browser_is_told_to_show_the_last_good_number_again(field):
    """As it comes from a front end: the field's own echo must not suppress the answer."""
    sent = []
    field.send_state = lambda key=None: sent.append((key, field.value))
    field.set_state({"value": "nonsense"})
    assert ("value", "0.5") in sent


def test_several_numbers_are_read_with_any_separator():
    assert numbers_in(" 0.2, 0.5;0.3 1e-3", "numbers") == [0.2, 0.5, 0.3, 0.001]
    assert numbers_in("", "numbers") == []
    for text in ("0.2 x", "0.2, nan", "0.2 1e400", "٣ 1"):
        with pytest.raises(ValueError, match="numbers"):
            numbers_in(text, "numbers")


def test_a_field_may_borrow_a_label():
    other = NumberField("rate", 1, number_in(0, 2, "write a rate"), said=(said := Text()))
    other.value = "3"
    assert said.value == "rate is '3'; write a rate. 1 stays."


def test_with_entry_keeps_a_distribution_and_the_ratios_of_the_others():
    rng = np.random.default_rng(2)
    for q in rng.dirichlet([0.5] * 4, size=50):
        new = with_entry(q, 2, 0.4)
        assert new.sum() == pytest.approx(1)
        assert new[2] == pytest.approx(0.4)
        assert new[0] * q[3] == pytest.approx(new[3] * q[0])
    np.testing.assert_allclose(with_entry([0, 1, 0], 1, 0.5), [0.25, 0.5, 0.25])
    np.testing.assert_allclose(with_entry([0.5, 0.5], 0, 7), [1, 0])


# A page without a kernel


class Chosen(Panel):
    """A panel that chooses its stills."""

    def stills(self):
        return self.states[2:4]


@pytest.mark.parametrize("n, kind, shown", [(7, Panel, [0, 3, 6]), (1, Panel, [0]), (2, Panel, [0, 1]),
                                            (7, Chosen, [2, 3])])
def test_the_stills_stand_below_one_another_with_their_sentences(n, kind, shown):
    states = toy_scene.states(n)
    panel = kind(Stage(toy_scene.Toy(20), states))
    data, metadata = panel._repr_mimebundle_()
    assert data["text/plain"].splitlines() == [panel.stage.scene.sentence(states[i]) for i in shown]
    height = 360 * len(shown) + 4 * (len(shown) - 1)
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).size == (900, height)
    assert metadata["image/png"] == {"width": 900, "height": height}
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_free_state_is_its_own_still():
    panel = panel_of(1)
    panel.stage.show(free := toy_scene.State(t=40))
    assert panel._repr_mimebundle_()[0]["text/plain"] == panel.stage.scene.sentence(free)


# The stage speaks the reader's language


def test_the_stage_has_the_words_of_its_buttons():
    stage = Stage(toy_scene.Toy(20), toy_scene.states(2), names={"play": "Run"})
    assert stage.names == words.of("kit").STAGE | {"play": "Run"}
    front = (ROOT / "emlib" / "live" / "js" / "names.js").read_text(encoding="utf-8")
    assert dict(re.findall(r'(\w+): "(.*)",', front)) == words.of("kit").STAGE, "the page's own words are these"


# Keys that act at once


def test_a_key_may_be_an_act_of_its_own():
    heard = []
    acts = {f"on_{kind}": lambda *a, kind=kind: heard.append((kind, *a)) for kind in ("key", "drag", "drop", "click")}
    hand = Hand(panel_of(3, handles=toy_scene.handles, **acts))
    hand.key("a", "ArrowRight")
    hand.key("a", "ArrowUp", shift=True)
    hand.key("a", "Enter")
    assert [what for what, *_ in heard] == ["key", "key", "click"], "nothing is left for Enter to drop"
    scene, a = hand.stage.scene, hand.stage.state.a
    pixels = [np.subtract(scene.to_picture(x, y), scene.to_picture(*a)) * (900, 360) for _, _, x, y in heard[:2]]
    np.testing.assert_allclose(pixels, [(8, 0), (0, -1)], atol=1e-6)
    hand.press("a")
    hand.nudge(30, 0)
    hand.release()
    assert [what for what, *_ in heard[3:]] == ["drag", "drop"]


# Memory


def test_a_panel_that_is_closed_and_forgotten_is_gone():
    panel = panel_of(30, [button := Button()])
    panel.on(button, panel.stage.png)
    for i in range(30):
        panel.stage._frame(i)
    gone = weakref.ref(panel.stage)
    Widget.close_all()
    del panel, button
    gc.collect()
    assert gone() is None
