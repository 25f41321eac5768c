"""The stage without a browser: what it sends is the scene's frame for the state, whatever the hand does."""

import base64
import gc
import io
import json
import re
import threading
import tracemalloc
import weakref

import comm
import ipywidgets
import numpy as np
import pytest
import toy_scene
from comm.base_comm import BaseComm
from PIL import Image

from emlib.draw.scene import Scene, encode
from emlib.live.bank import CHUNK
from emlib.live.gesture import Gesture
from emlib.live.handles import held_inside, place_under
from emlib.live.stage import Handle, Stage
from emlib.live.wire import LOOPBACK_SEGMENT, FastFrames, runs


def pixels(png):
    return np.array(Image.open(io.BytesIO(png)).convert("RGBA"))


def unpacked(data, shape, base=None):
    """What js/fast.js makes of a fast frame."""
    word = np.frombuffer(data, "<u4")
    flat = np.repeat(word & 0xFFFFFF, (word >> 24) + 1)[: shape[0] * shape[1]].reshape(shape)
    return flat if base is None else flat ^ (base & 0xFFFFFF)


class Wire:
    """Takes the place of the browser: keeps what the stage sends, and unpacks fast frames as js/fast.js does."""

    def __init__(self, stage):
        self.stage, self.sent, self.key, self.seq, self.frame = stage, [], (0, None), 0, None
        stage.send = self.hear

    def hear(self, content, buffers=None):
        self.sent.append((content, buffers))
        if content.get("fast"):
            assert content["key"] in (0, self.key[0]), "the browser does not hold this key frame"
            shape = self.stage.size[::-1]
            self.frame = unpacked(buffers[0], shape, self.key[1] if content["key"] else None)
            if content.get("makes"):
                self.key = content["makes"], self.frame

    def ask(self, kind, i=-1, **more):
        """One question, answered: every answer acknowledges."""
        self.seq += 1
        self.stage._on_msg(None, {"kind": kind, "seq": self.seq, "i": i, "epoch": self.stage.epoch, **more}, [])
        answers = [c for c, _ in self.sent if c.get("seq") == self.seq]
        assert len(answers) == 1, "each question gets one answer, or dragging freezes"
        return answers[0]


def shown(scene, state):
    return scene.rgba(state).view(np.uint32)[..., 0] & 0xFFFFFF


def toy(**more):
    stage = Stage(toy_scene.Toy(60), toy_scene.states(7), alt="toy", handles=toy_scene.handles,
                  on_drag=lambda name, x, y: toy_scene.moved(stage, name, x, y), **more)
    return stage


@pytest.mark.parametrize("seed", range(5))
def test_runs_keep_every_pixel(seed):
    rng = np.random.default_rng(seed)
    picture = np.repeat(rng.integers(0, 2**24, 90), rng.integers(1, 1500, 90)).astype(np.uint32)
    picture = picture[: picture.size // 7 * 7].reshape(7, -1)
    assert (unpacked(runs(picture), picture.shape) == picture).all()
    assert (unpacked(runs(picture), picture.shape, picture) == 0).all()


@pytest.mark.parametrize("n", [1, 255, 256, 257, 512, 70_000])
def test_a_run_of_any_length_is_kept(n):
    assert (unpacked(runs(np.full((1, n), 7, np.uint32)), (1, n)) == 7).all()


def test_a_walk_of_the_hand_shows_the_scenes_own_frames_to_the_pixel():
    stage, rng = toy(), np.random.default_rng(1)
    wire = Wire(stage)
    for _ in range(60):
        x, y = rng.uniform(-0.2, 1.2, 2)
        answer = wire.ask("move", name=rng.choice(["a", "b"]), phase="move", x=x, y=y)
        assert (wire.frame == shown(stage.scene, stage.state)).all()
        assert answer["text"] == stage.scene.sentence(stage.state) and stage.error == ""


def test_the_key_frame_is_renewed_when_the_picture_no_longer_resembles_it():
    """The first picture is white, those that follow are alike and full of detail."""
    rng = np.random.default_rng(0)
    white, full = np.full((80, 90), 0xFFFFFF, np.uint32), rng.integers(0, 2**24, (80, 90)).astype(np.uint32)
    other = full.copy()
    other[3, 4] ^= 1
    fast = FastFrames()
    packed = [fast.pack(picture) for picture in (white, full, other, full)]
    assert [header for header, _ in packed] == [{"key": 0, "makes": 1}, {"key": 1, "makes": 2}, {"key": 2}, {"key": 2}]
    sizes = [len(data) for _, data in packed]
    assert sizes[1] == 4 * full.size and sizes[2] < 200, "what differs from a picture of its kind is small"
    assert (unpacked(packed[2][1], full.shape, full) == other).all()


def test_a_fast_frame_fills_a_segment_until_the_browser_says_that_it_is_elsewhere():
    stage = toy()
    wire = Wire(stage)
    stage.show(toy_scene.State(t=3))
    stage.show(toy_scene.State(t=3))
    assert len(wire.sent[-1][1][0]) == LOOPBACK_SEGMENT
    stage._on_msg(None, {"kind": "far"}, [])
    stage.show(toy_scene.State(t=3))
    assert len(wire.sent[-1][1][0]) < 6_000, "the same picture again: hardly anything"
    assert (wire.frame == shown(stage.scene, stage.state)).all()


def test_a_drag_from_the_bank_starts_from_the_state_on_screen():
    stage = toy()
    wire = Wire(stage)
    x, y = stage.scene.to_picture(0.5, 0.5)
    wire.ask("move", i=4, name="a", phase="move", x=x, y=y)
    assert stage.state.t == 4 and stage.state.b == toy_scene.states(7)[4].b
    assert "i" not in wire.sent[-1][0], "it is no state of the bank"
    assert stage.state.a == pytest.approx((0.5, 0.5))
    wire.ask("move", name="b", phase="move", x=x, y=y)
    assert stage.state.a == pytest.approx((0.5, 0.5)) and stage.state.b == pytest.approx((0.5, 0.5))
    stage.index = 2                                           # scrubbing leaves the free state
    assert stage.state == toy_scene.states(7)[2]


class Hand:
    """A stage whose panel notes what it hears; the phases of a hand go to it as the browser's messages."""

    def __init__(self, drag=lambda stage, name, x, y: toy_scene.moved(stage, name, x, y), **more):
        self.heard = []
        note = lambda kind: lambda *a: self.heard.append((kind, *a))            # noqa: E731
        acts = {"on_drop": note("drop"), "on_click": note("click"), **more}
        self.stage = Stage(toy_scene.Toy(20), toy_scene.states(7), handles=toy_scene.handles, on_drag=self.dragged,
                           **acts)
        self.drag, self.wire = drag, Wire(self.stage)

    def dragged(self, *a):
        self.heard.append(("drag", *a))
        return self.drag(self.stage, *a)

    def do(self, phase, dx=0.0, dy=0.0, name="a", i=-1):
        """One message, (dx, dy) pixels from where the handle is in the state of the bank."""
        x, y = self.stage.scene.to_picture(*getattr(self.stage.states[self.stage.index if i < 0 else i], name))
        return self.wire.ask("move", i=i, name=name, phase=phase, x=x + dx / 900, y=y + dy / 360)

    @property
    def kinds(self):
        return [h[0] for h in self.heard]


def test_a_click_that_moves_nothing_is_a_click_and_changes_nothing():
    for i, dx, dy in ((4, 0, 0), (6, 0.9, 0), (2, 0.6, -0.6), (0, 0, 0.99)):
        hand = Hand()
        for phase in ("down", "move", "up"):
            hand.do(phase, dx * (phase != "down"), dy * (phase != "down"), i=i)
        assert hand.heard == [("click", "a")]
        assert hand.stage.index == i and hand.stage.state is hand.stage.states[i] and hand.stage.error == ""
        assert [c["kind"] for c, _ in hand.wire.sent] == ["ack"] * 3, "the picture stays"


@pytest.mark.parametrize("d", [(1.01, 0), (0, -1.01), (0.75, 0.75)])
def test_a_pixel_is_a_move(d):
    hand = Hand()
    hand.do("down", i=3)
    hand.do("move", *d)
    hand.do("up", *d)
    assert hand.kinds == ["drag", "drop"] and hand.heard[0][1:] == hand.heard[1][1:]
    want = hand.stage.scene.to_picture(*hand.stage.states[3].a)
    assert np.subtract(hand.stage.scene.to_picture(*hand.heard[0][2:]), want) * (900, 360) == pytest.approx(d)


def test_once_moved_the_way_back_is_a_move_too():
    hand = Hand()
    for phase, dx in (("down", 0), ("move", 30), ("move", 0), ("up", 0)):
        hand.do(phase, dx)
    assert hand.kinds == ["drag", "drag", "drop"]
    assert hand.stage.state.a == pytest.approx(hand.stage.states[0].a)
    for phase in ("down", "up"):                              # and the next press begins anew
        hand.do(phase, 0)
    assert hand.kinds[3:] == ["click"]


def test_a_drop_comes_after_a_drag_to_the_same_place():
    """Also when no move came between press and release, as under a finger or in a queue where the newest wins."""
    hand = Hand()
    hand.do("down")
    answer = hand.do("up", 50, 20)
    assert hand.kinds == ["drag", "drop"] and hand.heard[0][1:] == hand.heard[1][1:]
    assert hand.stage.state.a == pytest.approx(hand.heard[0][2:])
    assert answer["text"] == hand.stage.sentence, "what the drag made is shown"
    hand.do("down", 50, 20)
    hand.do("move", 60, 20)
    hand.do("up", 70, 20)
    assert hand.kinds[2:] == ["drag", "drag", "drop"] and hand.heard[-1][1:] == hand.heard[-2][1:]


def test_what_a_drop_returns_or_shows_is_shown_and_not_what_the_drag_made():
    there = toy_scene.State(a=(2, 2), b=(1, 1), t=9)
    hand = Hand(on_drop=lambda *a: there)
    hand.do("down")
    assert hand.do("up", 50)["text"] == hand.stage.scene.sentence(there) and hand.stage.state is there
    hand = Hand(on_drop=lambda *a: hand.stage.set_states(toy_scene.states(3), index=0))
    hand.do("down", i=4)
    assert hand.do("up", 50)["kind"] == "ack"
    assert hand.stage.index == 0 and hand.stage.state is hand.stage.states[0]


def test_enter_drops_what_a_key_has_moved_and_else_it_is_a_click():
    hand = Hand()
    hand.do("enter", i=2)
    hand.do("key", 8)
    hand.do("key", 16)
    hand.do("enter", 16)
    hand.do("enter", 16)
    assert hand.kinds == ["click", "drag", "drag", "drop", "click"]
    hand.do("key", 24)
    hand.do("enter", 0, name="b")                             # another handle, which no key has moved
    assert hand.kinds[5:] == ["drag", "click"]
    hand.do("key", 32)
    hand.wire.ask("index", i=3)                               # scrubbed away: there is nothing to drop
    state = hand.stage.state
    hand.do("enter", i=3)
    assert hand.kinds[7:] == ["drag", "click"] and hand.stage.state is state
    hand.do("key", 8)
    for phase in ("down", "up", "enter"):                     # taken anew, by the pointer
        hand.do(phase)
    assert hand.kinds[9:] == ["drag", "click", "click"]


def test_enter_drops_also_where_the_drag_itself_moved_the_stage():
    hand = Hand(drag=lambda stage, *a: setattr(stage, "index", 5))
    hand.do("key", 8, i=0)
    hand.do("enter", 8, i=5)
    assert hand.kinds == ["drag", "drop"] and hand.stage.index == 5


def test_a_press_begins_anew_also_where_an_older_drag_ended_at_the_same_place():
    hand = Hand()
    hand.wire.ask("move", name="a", phase="key", x=0.3, y=0.3)
    hand.wire.ask("index", i=3)                               # scrubbed away
    hand.do("down", i=3)
    hand.wire.ask("move", name="a", phase="up", x=0.3, y=0.3)
    assert hand.kinds == ["drag", "drag", "drop"]


def test_a_press_is_of_one_handle():
    """Two pages may show one stage."""
    gesture = Gesture((900, 360))
    assert gesture.means("down", "a", (0.5, 0.5), kept=False) == ()
    assert gesture.means("move", "b", (0.5, 0.5), kept=False) == ("drag",)


def test_a_release_whose_press_was_for_another_picture_is_no_drop():
    hand = Hand()
    hand.do("up", 40)
    assert hand.heard == [] and hand.stage.state is hand.stage.states[0]


def test_without_on_drop_and_on_click_the_release_still_shows_the_last_place():
    hand = Hand(on_drop=None, on_click=None)
    for phase, dx in (("down", 0), ("up", 0), ("enter", 0), ("down", 0), ("move", 30), ("up", 33)):
        hand.do(phase, dx)
    assert hand.kinds == ["drag", "drag"] and hand.stage.state.a == pytest.approx(hand.heard[1][2:])


def test_a_hand_beyond_the_axes_slides_along_their_border():
    scene = toy_scene.Toy(5)
    scene.rgba(toy_scene.State())
    for x, y, want in [(2, 0.5, (3, None)), (-1, 0.5, (-3, None)), (0.3, -1, (None, 3)), (0.3, 2, (None, -3)),
                       (5, 5, (3, -3))]:
        got = held_inside(scene, x, y, 0)
        assert all(w is None or g == pytest.approx(w, abs=0.02) for g, w in zip(got, want, strict=True))
    assert place_under(scene, *scene.to_picture(1, 2))[2] == 0
    assert place_under(scene, *scene.to_picture(30, 0.5, 1)) == pytest.approx((30, 0.5, 1))
    assert place_under(scene, 0.001, 0.001) is None


def test_add_remove_and_hover():
    class Dots(Scene):
        size = (3.0, 2.0)

        def build(self, figure):
            axes = figure.add_axes([0.2, 0.2, 0.7, 0.7])
            axes.set(xlim=(0, 1), ylim=(0, 1))
            (self.line,) = axes.plot([], [], "o")
            return [self.line]

        def update(self, state):
            self.line.set_data(*np.array(state).reshape(-1, 2).T)

        def sentence(self, state):
            return f"{len(state)} dots"

    stage = Stage(Dots(), [((0.5, 0.5),)], handles=lambda state: [Handle(str(k), *p) for k, p in enumerate(state)],
                  on_add=lambda x, y, axes: (*stage.state, (x, y)),
                  on_remove=lambda name: tuple(p for k, p in enumerate(stage.state) if str(k) != name),
                  on_hover=lambda x, y, axes: f"{x:.2f} {y:.2f}")
    wire = Wire(stage)
    assert stage.acts == ["add", "remove", "hover"]
    x, y = stage.scene.to_picture(0.25, 0.75)
    assert wire.ask("hover", x=x, y=y)["text"] == "0.25 0.75"
    assert wire.ask("hover", x=0.01, y=0.01)["text"] == ""
    answer = wire.ask("add", x=x, y=y)
    assert answer["text"] == "2 dots" and stage.state[1] == pytest.approx((0.25, 0.75))
    assert [h["name"] for h in answer["handles"]] == ["0", "1"]
    assert [h["label"] for h in answer["handles"]] == ["0", "1"], "a handle without a label is called by its name"
    assert (answer["handles"][1]["x"], answer["handles"][1]["y"]) == pytest.approx((x, y))
    assert wire.ask("add", x=0.01, y=0.01)["kind"] == "ack" and len(stage.state) == 2
    assert wire.ask("remove", name="0")["text"] == "1 dots" and stage.state[0] == pytest.approx((0.25, 0.75))


def test_what_goes_wrong_is_said_in_words_and_the_next_good_state_clears_it():
    def on_drag(name, x, y):
        if x > 0:
            raise ValueError("x must not be positive")
        return toy_scene.moved(stage, name, x, y)
    stage = Stage(toy_scene.Toy(20), toy_scene.states(3), handles=toy_scene.handles, on_drag=on_drag)
    wire, before = Wire(stage), stage.state
    right, left = stage.scene.to_picture(1, 0), stage.scene.to_picture(-1, 0)
    assert wire.ask("move", name="a", phase="move", x=right[0], y=right[1])["kind"] == "ack"
    assert "x must not be positive" in stage.error and "on_drag" in stage.error and stage.state == before
    wire.ask("rest", scale=2)                                 # the same state, crisp: what is wrong stays wrong
    assert "x must not be positive" in stage.error
    wire.ask("move", name="a", phase="move", x=left[0], y=left[1])
    assert stage.error == "" and stage.state.a == pytest.approx((-1, 0))
    stage.show("not a state")                                 # the scene itself fails
    assert "AttributeError" in stage.error
    stage.index = 1
    assert stage.error == "" and stage.state == toy_scene.states(3)[1]


def test_a_crisp_frame_has_the_screens_pixels():
    stage = toy()
    wire = Wire(stage)
    for scale in (1, 2, 3):
        wire.ask("rest", i=3, scale=scale)
        content, (png,) = wire.sent[-1]
        assert content["scale"] == scale and content["i"] == 3 and content["text"] == stage.scene.sentence(stage.state)
        assert (pixels(png) == pixels(encode(stage.scene.rgba(toy_scene.states(7)[3], scale)))).all()
        assert pixels(png).shape == (360 * scale, 900 * scale, 4)


def test_another_bank_keeps_the_index_where_there_still_is_one():
    stage = toy(index=5)
    Wire(stage)
    stage.set_states(toy_scene.states(9)[::-1])
    assert (stage.index, stage.n, stage.epoch) == (5, 9, 1) and stage.state == toy_scene.states(9)[3]
    stage.set_states(toy_scene.states(3))
    assert (stage.index, stage.n) == (2, 3)
    stage.show(toy_scene.State(t=50))
    stage.set_states(toy_scene.states(4))                     # at the same index: the state of its own goes, too
    assert stage.index == 2 and stage.state is stage.states[2]
    stage.set_states(toy_scene.states(3), index=0)
    assert stage.index == 0


def test_the_bank_goes_out_whole_and_what_is_on_screen_first():
    stage = Stage(toy_scene.Toy(), toy_scene.states(), index=30)
    wire = Wire(stage)
    stage._send_bank(stage._bank)
    parts = [(c, b) for c, b in wire.sent if c["kind"] == "bank"]
    assert parts[0][0]["first"] <= 30 < parts[0][0]["first"] + len(parts[0][1])
    got = {c["first"] + k: (b, c["texts"][k]) for c, bs in parts for k, b in enumerate(bs)}
    assert sorted(got) == list(range(61)) and stage.pushed == stage.epoch
    for i, state in list(enumerate(toy_scene.states()))[::10]:
        assert (pixels(got[i][0]) == pixels(encode(stage.scene.rgba(state)))).all()
        assert got[i][1] == stage.scene.sentence(state)
    assert sum(len(b) for b, _ in got.values()) <= 2e6, "a bank of 60 half-steps is to stay within 2 MB"
    kept = stage.get_state()
    held = sum(len(v) for v in kept.values() if isinstance(v, bytes))
    assert held <= 1.2 * len(got[30][0]), "widget state holds the bank"


def test_a_state_that_cannot_be_drawn_does_not_hold_up_the_others():
    states = toy_scene.states(20)
    stage = Stage(toy_scene.Toy(20), [*states[:11], "not a state", *states[12:]])
    wire = Wire(stage)
    stage._send_bank(stage._bank)
    got = [(bytes(b), text, error) for c, buffers in wire.sent
           for b, text, error in zip(buffers, c["texts"], c["errors"], strict=True)]
    assert len(got) == 20 and stage.pushed == stage.epoch and stage.error == ""
    assert got[11][:2] == (b"", "") and "AttributeError" in got[11][2]
    for i in set(range(20)) - {11}:
        assert (pixels(got[i][0]) == pixels(encode(stage.scene.rgba(states[i])))).all()
        assert got[i][1:] == (stage.scene.sentence(states[i]), "")
    stage.index = 11                                          # said when it is reached, cleared by the next
    assert "AttributeError" in stage.error
    stage.index = 12
    assert stage.error == ""


def test_the_browser_going_back_to_the_bank_leaves_the_free_state():
    stage = toy()
    wire = Wire(stage)
    wire.ask("move", name="a", phase="move", x=0.2, y=0.3)
    assert stage.state.a != toy_scene.states(7)[0].a
    assert wire.ask("index", i=0)["kind"] == "ack" and stage.state == toy_scene.states(7)[0]
    assert wire.ask("index", i=5)["kind"] == "ack" and stage.state == toy_scene.states(7)[5]


def test_a_bank_that_was_replaced_is_not_sent_on():
    stage = toy()
    wire = Wire(stage)
    bank = stage._bank
    stage.set_states(toy_scene.states(4))
    stage._send_bank(bank)
    assert not [c for c, _ in wire.sent if c["kind"] == "bank"]


def test_a_dead_notebook_shows_the_sentence_and_the_picture():
    stage = toy(index=2)
    data, metadata = stage._repr_mimebundle_()
    assert data["text/plain"] == "step 2: centres at (-1.95, 0.22) and (1.95, -0.28)"
    assert metadata["image/png"] == {"width": 900, "height": 360}
    assert (pixels(base64.b64decode(data["image/png"])) == pixels(encode(stage.scene.rgba(stage.state)))).all()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data == toy(index=2)._repr_mimebundle_()[0] | {
        "application/vnd.jupyter.widget-view+json": data["application/vnd.jupyter.widget-view+json"]}


NASTY = "<!--<script> a </script> \"b\" & ]]> -->"


class Nasty(toy_scene.Toy):
    def sentence(self, state):
        return NASTY + super().sentence(state)


def test_the_page_of_its_own_needs_no_network_and_no_words_can_end_its_data(tmp_path):
    stage = Stage(Nasty(20), toy_scene.states(3), alt=NASTY, names={"play": NASTY})
    page = stage.html(title=NASTY)
    assert not re.search(r"https?://|//cdn|@import|src=\"(?!data:)", page)
    assert page.count("</script>") == 2 and page.count("<script") == 2 and "<!--" not in page
    data = re.search(r'<script type="application/json" id="bank">(.*?)</script>', page)[1]
    assert "<" not in data
    assert json.loads(data) == json.loads(json.dumps(stage.page_data()))
    stage.html(tmp_path / "p.html")
    assert (tmp_path / "p.html").read_text(encoding="utf-8") == stage.html()


def test_the_data_of_a_page_are_the_bank():
    stage = toy(index=2, interval=90)
    data = json.loads(json.dumps(stage.page_data()))
    assert {k: data[k] for k in ("size", "n", "alt", "index", "interval")} == {
        "size": [900, 360], "n": 7, "alt": "toy", "index": 2, "interval": 90}
    assert data["texts"] == [stage.scene.sentence(state) for state in stage.states]
    for frame, state in zip(data["frames"], stage.states, strict=True):
        assert (pixels(base64.b64decode(frame)) == pixels(encode(stage.scene.rgba(state)))).all()


@pytest.mark.parametrize(("arguments", "words"), [
    ({"states": []}, "states is empty"),
    ({"index": 3}, "index is 3, but there are states 0 to 2"),
    ({"index": -1}, "index is -1"),
])
def test_bad_input_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        Stage(toy_scene.Toy(5), **{"states": toy_scene.states(3), **arguments})


def test_moving_needs_something_to_move():
    for act in ("on_drag", "on_drop", "on_click", "on_remove"):
        with pytest.raises(ValueError, match="handles is missing"):
            Stage(toy_scene.Toy(5), toy_scene.states(3), **{act: lambda *a: None})


def test_a_scene_that_fails_at_once_raises_at_once():
    with pytest.raises(AttributeError):
        Stage(toy_scene.Toy(5), ["not a state"])


def test_two_threads_on_one_scene_never_mix_their_pictures():
    scene = toy_scene.Toy(80)
    stages = [Stage(scene, toy_scene.states(2)) for _ in range(2)]
    wires, wrong = [Wire(s) for s in stages], []

    def walk(k):
        for t in range(40):
            stages[k].show(toy_scene.State(a=(k, t / 20), t=t))
            if not (wires[k].frame == shown(scene, toy_scene.State(a=(k, t / 20), t=t))).all():
                wrong.append((k, t))
    threads = [threading.Thread(target=walk, args=(k,)) for k in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and [s.error for s in stages] == ["", ""]


def test_thousands_of_moves_keep_nothing():
    class Small(toy_scene.Toy):
        size = (2.0, 1.5)
    stage = Stage(Small(10), toy_scene.states(2), handles=toy_scene.handles,
                  on_drag=lambda n, x, y: toy_scene.moved(stage, n, x, y))
    stage.send = lambda content, buffers=None: None

    def moves(n):
        for k in range(n):
            x = 0.1 + k % 40 / 100
            stage._on_msg(None, {"kind": "move", "name": "a", "phase": "move", "seq": k, "i": -1, "x": x, "y": 0.5}, [])
        assert stage.error == ""
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    tracemalloc.start()
    try:
        before = moves(200)
        assert moves(2_000) - before < 2_000 * 50, "50 bytes a move"
    finally:
        tracemalloc.stop()


# --- front ends: a comm that is no DummyComm has a browser at its other end


class Front(BaseComm):
    """The other end of a comm: what Python sends is kept, and what a browser would send is handed in."""

    def __init__(self, **more):
        self.sent = []
        super().__init__(**more)

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        if data and "method" in data:                         # also what Python is told of its own change
            self.sent.append((data["method"], data.get("content", data.get("state")), buffers))

    def hear(self, content):
        self.handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})

    def banks(self):
        """{epoch: {i: (bytes, sentence)}} of what was sent."""
        got = {}
        for method, m, buffers in self.sent:
            if method == "custom" and m["kind"] == "bank":
                for k, data in enumerate(buffers):
                    got.setdefault(m["epoch"], {})[m["first"] + k] = bytes(data), m["texts"][k]
        return got


@pytest.fixture
def front(monkeypatch):
    """Widgets made in this test have a front end; it is no ipykernel's, so its comm has no `kernel`."""
    monkeypatch.setattr(comm, "create_comm", lambda *a, **more: Front(**more))


@pytest.fixture
def no_threads(monkeypatch):
    """As in Pyodide."""
    def start(thread):
        raise RuntimeError("can't start new thread")
    monkeypatch.setattr(threading.Thread, "start", start)


def whole(stage, epoch=0):
    got = stage.comm.banks().get(epoch, {})
    assert sorted(got) == list(range(len(stage.states)))
    for i, state in enumerate(stage.states):
        assert (pixels(got[i][0]) == pixels(encode(stage.scene.rgba(state)))).all()
        assert got[i][1] == stage.scene.sentence(state)


def test_a_comm_that_is_no_ipykernels_gets_the_bank(front):
    stage = Stage(toy_scene.Toy(10), toy_scene.states(20))
    stage._sending.join(60)
    whole(stage)
    assert stage.pushed == 0 and stage.error == ""
    stage.set_states(toy_scene.states(11))
    stage._sending.join(60)
    whole(stage, epoch=1)
    stage.comm.sent.clear()
    stage.comm.hear({"kind": "need", "epoch": 1, "first": 3})       # a page opened later
    stage._sending.join(60)
    whole(stage, epoch=1)


def test_a_page_that_asks_while_the_bank_is_on_its_way_gets_it_once(front):
    drawn, go_on = threading.Event(), threading.Event()

    class Slow(toy_scene.Toy):
        def update(self, state):
            if threading.current_thread().name == "emlib-stage":
                drawn.set()
                go_on.wait(60)
            super().update(state)
    stage = Stage(Slow(10), toy_scene.states(20))
    assert drawn.wait(60)
    sending = stage._sending
    stage.comm.hear({"kind": "need", "epoch": 0, "first": 0})
    assert stage._sending is sending
    go_on.set()
    sending.join(60)
    whole(stage)
    assert sum(m["kind"] == "bank" for method, m, _ in stage.comm.sent if method == "custom") == -(-20 // CHUNK)


def test_without_a_front_end_nothing_is_sent():
    stage = Stage(toy_scene.Toy(10), toy_scene.states(20))
    assert isinstance(stage.comm, comm.DummyComm) and stage._sending is None and stage.pushed == -1


@pytest.mark.parametrize("index", [0, 13])
def test_where_no_thread_can_start_each_part_is_drawn_when_the_page_asks(front, no_threads, index):
    stage = Stage(toy_scene.Toy(10), toy_scene.states(20), index=index)
    for epoch in (0, 1):
        assert stage.error == "" and stage.comm.banks().get(epoch) is None
        assert stage.pushed == epoch, "the page asks at once: nothing is on its way"
        missing, asked = set(range(20)), 0
        while missing:
            first = stage.index if stage.index in missing else min(missing)
            stage.comm.hear({"kind": "need", "epoch": epoch, "first": first})
            _, message, _ = stage.comm.sent[-1]
            assert message["ask"], "the page is to ask for the next ones"
            assert message["first"] % CHUNK == 0, "no frame twice"
            missing -= set(stage.comm.banks()[epoch])
            asked += 1
            assert first not in missing
        assert asked == -(-20 // CHUNK)
        whole(stage, epoch)
        stage.set_states(toy_scene.states(20)[::-1])
    stage.comm.hear({"kind": "need", "epoch": 1, "first": 0})       # of a bank that is gone
    assert 2 not in stage.comm.banks() and stage.error == ""


def test_where_no_thread_can_start_the_hand_works_as_ever(front, no_threads):
    stage = toy()
    wire = Wire(stage)
    wire.ask("move", name="a", phase="move", x=0.3, y=0.4)
    assert (wire.frame == shown(stage.scene, stage.state)).all() and stage.error == ""


def test_the_browsers_own_index_is_not_sent_back_to_it(front):
    """It would come back when the hand has gone on, and throw it back."""
    stage = toy()
    stage._sending.join(60)
    stage.comm.sent.clear()
    stage.comm.hear({"kind": "index", "seq": 1, "i": 4, "epoch": 0})
    assert stage.index == 4
    assert [(method, m) for method, m, _ in stage.comm.sent if method == "update" and "index" in m] == []
    stage.index = 2                                           # Python's own change is
    assert ("update", {"index": 2}) in [(method, m) for method, m, _ in stage.comm.sent]


def test_a_question_about_a_bank_that_is_gone_is_acknowledged_and_nothing_more():
    """The browser had not heard of the new bank when it asked: its index and its places are those of the old one."""
    heard = []
    stage = Stage(toy_scene.Toy(20), toy_scene.states(7), index=1, handles=toy_scene.handles,
                  **{f"on_{act}": lambda *a, act=act: heard.append(act)
                     for act in ("drag", "drop", "click", "add", "remove", "hover")})
    wire = Wire(stage)
    stage.set_states(toy_scene.states(9)[::-1])
    place = dict(zip("xy", stage.scene.to_picture(0.5, 0.5), strict=True))
    questions = [("move", {"name": "a", "phase": phase, **place}) for phase in ("down", "move", "up", "key", "enter")]
    questions += [("add", place), ("remove", {"name": "a"}), ("hover", place), ("rest", {"scale": 2}), ("index", {})]
    for kind, more in questions:
        assert wire.ask(kind, i=5, epoch=0, **more)["kind"] == "ack"
        assert stage.index == 1 and stage.state is stage.states[1] and heard == [] and stage.error == ""
    for kind, more in questions:
        wire.ask(kind, i=5, **more)                           # of this bank
    assert stage.index == 5 and heard == ["click", "drag", "drop", "add", "remove", "hover"]


@pytest.mark.parametrize("close", [lambda stage: stage.close(), lambda stage: ipywidgets.Widget.close_all()])
def test_a_stage_that_is_closed_is_gone(front, close):
    """A cell with a panel is run again and again in a lecture."""
    def used():
        stage = toy()
        stage._sending.join(60)
        for phase in ("down", "move", "up"):
            stage.comm.hear({"kind": "move", "name": "a", "phase": phase, "seq": 1, "i": -1, "epoch": 0,
                             "x": 0.3 + 0.1 * (phase != "down"), "y": 0.4})
        stage._repr_mimebundle_()
        close(stage)
        return weakref.ref(stage)
    stages = [used() for _ in range(4)]
    gc.collect()
    assert sum(stage() is not None for stage in stages) == 0
