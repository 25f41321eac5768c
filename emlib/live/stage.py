"""The stage: one widget that shows the frames of a scene, scrubbed in the browser or following the hand."""

import base64
import pathlib
import threading

import anywidget
import numpy as np
import traitlets as T
from comm import DummyComm

from emlib import words
from emlib.draw.scene import encode
from emlib.live.bank import CHUNK, Bank, in_background
from emlib.live.front_end import MODULE, STYLE
from emlib.live.hand import Hand
from emlib.live.handles import Handle, in_words
from emlib.live.player import bank_data, page
from emlib.live.wire import LOOPBACK_SEGMENT, FastFrames

__all__ = ["Handle", "Stage"]

REST = 0.15        # seconds without a change after which a replaced bank is worth drawing


class Stage(anywidget.AnyWidget):
    """Show a scene: a bank of states to scrub, and single states that follow the hand.

    Parameters
    ----------
    scene : Scene
        Anything with ``size`` (inches), ``rgba(state, scale)``, ``sentence(state)`` and, for direct manipulation,
        ``to_data(x, y, axes)``, ``to_picture(x, y, axes)`` and ``boxes()``.
    states : sequence
        The states of the bank, at least one. All are drawn once, in the background, and sent to the browser, which
        scrubs, plays and steps through them without Python.
    alt : str
        What the picture is, for who cannot see it. What a frame shows is said by ``scene.sentence``.
    index : int
        The state shown first. Synced: ``jslink((slider, "value"), (stage, "index"))`` scrubs without Python.
    interval : float
        Milliseconds a frame under Play.
    handles : callable, optional
        ``handles(state) -> list of Handle``: what a hand can take.
    on_drag : callable, optional
        ``on_drag(name, x, y) -> state or None``: a handle was moved to (x, y), data coordinates of its axes, held
        inside them, by the pointer or by an arrow key.
    on_drop : callable, optional
        ``on_drop(name, x, y) -> state or None``: the hand let go, or pressed Enter, after it has moved the handle (by
        a pixel at least, or by a key). `on_drag` has been called with the same place before.
    on_key : callable, optional
        ``on_key(name, x, y) -> state or None``: in place of a drag by an arrow key, for handles with few places.
    on_click : callable, optional
        ``on_click(name) -> state or None``: a handle was pressed and released, or got Enter, where it was.
    on_add, on_remove, on_hover : callable, optional
        ``on_add(x, y, axes) -> state or None`` (a click, or Enter, on a free place),
        ``on_remove(name) -> state or None`` (shift-click, or Delete, on a handle),
        ``on_hover(x, y, axes) -> str`` (what to read at a place).
    names : dict, optional
        Other words for the buttons and notes: back, play, pause, next, slider, picture, free, hand, wait, lost, gone.

    Attributes
    ----------
    state : object
        The state on screen.
    error : str
        What went wrong in the scene or in a callback, in words; empty when all is well. Shown in the panel.

    Raises
    ------
    ValueError
        If `states` is empty, `index` is not one of theirs, or a callback for handles has no `handles`.

    Notes
    -----
    A callback that returns None leaves the state alone, so it may call `show` or `set_states` itself.
    Callbacks can run in another thread than the cells do (ipykernel 7); one lock orders them within a stage.
    Keyboard: Tab (or ``[`` ``]``) chooses a handle and leaves the picture after the last; arrows move it, with
    Shift by one pixel, or by a `Handle`'s step; Enter acts or adds; Delete removes; Space plays and stops.
    """

    _esm, _css = MODULE, STYLE
    size = T.List([900, 360]).tag(sync=True)
    n, index = T.Int(1).tag(sync=True), T.Int(0).tag(sync=True)
    interval = T.Float(200).tag(sync=True)
    alt, text = T.Unicode().tag(sync=True), T.Unicode().tag(sync=True)
    handles, acts = T.List().tag(sync=True), T.List().tag(sync=True)
    names, still = T.Dict().tag(sync=True), T.Bytes().tag(sync=True)
    epoch = T.Int(0).tag(sync=True)       # which bank: counts up with each new one
    pushed = T.Int(-1).tag(sync=True)     # the bank of which nothing is on its way: a page that opens now asks for it
    error = T.Unicode().tag(sync=True)

    def __init__(self, scene, states, *, alt="", index=0, interval=200, handles=None, on_drag=None, on_drop=None,
                 on_click=None, on_key=None, on_add=None, on_remove=None, on_hover=None, names=None, **traits):
        size, self._lock = [round(100 * s) for s in scene.size], threading.RLock()
        self._scene, self._live, self._bank = scene, None, Bank(states, self._draw, self._lock)
        if not 0 <= index < len(self._bank):
            raise ValueError(f"index is {index}, but there are states 0 to {len(self._bank) - 1}: choose one of them")
        self._hand = Hand(size, handles, drag=on_drag, drop=on_drop, click=on_click, key=on_key, add=on_add,
                          remove=on_remove, hover=on_hover)
        self._fast, self._padded = FastFrames(), LOOPBACK_SEGMENT
        self._sending = None                                  # the thread that sends the bank
        still, text, places = self._frame(index)              # an error in the first picture is raised, here
        super().__init__(size=size, n=len(self._bank), index=index, interval=interval, alt=alt, still=still, text=text,
                         handles=places, acts=self._hand.acts, names=words.of("kit").STAGE | (names or {}), **traits)
        self.on_msg(self._on_msg)
        self._push()

    # --- states

    @property
    def state(self):
        """The state on screen."""
        return self._bank.states[self.index] if self._live is None else self._live

    @property
    def scene(self):
        """The scene that draws the states."""
        return self._scene

    @property
    def states(self):
        """The states of the bank."""
        return self._bank.states

    @property
    def sentence(self):
        """What is on screen, in words."""
        return self._scene.sentence(self.state)

    @T.observe("index")
    def _scrubbed(self, change):
        self._live = None
        if self.guard(lambda: self._frame(self.index)):
            self.error = ""

    @T.validate("index")
    def _inside(self, proposal):
        return max(0, min(len(self._bank) - 1, proposal["value"]))

    def show(self, state):
        """Show one state that is not in the bank, at once: for sliders and buttons whose change needs Python."""
        self.guard(lambda: self._show(state))

    def _show(self, state, seq=0):
        with self._lock:
            self._live = state
            self._send_fast(seq)

    def set_states(self, states, index=None, scene=None):
        """Replace the bank (and the scene, by one of the same size), without flicker; the index is kept if it can be.

        The picture follows at once, the other frames when no further change came for a moment, so that a fit may be
        redone at every move of a hand.
        """
        bank = Bank(states, self._draw, self._lock)
        with self._lock:
            index = min(self.index if index is None else index, len(bank) - 1)
            self._scene = self._scene if scene is None else scene
            self._bank, self._live = bank, None
            with self.hold_sync():
                self.epoch, self.n, self.index = self.epoch + 1, len(bank), index
            self.guard(lambda: self._send_fast(0))
            self._push(after=REST)

    def guard(self, act):
        """Run `act`, and say in the panel what went wrong: a traceback in a callback goes to a log that nobody reads.

        Returns
        -------
        bool
            Whether all went well.
        """
        try:
            act()
        except Exception as error:
            self.error = in_words(error)
            return False
        return True

    # --- frames

    def _frame(self, i):
        """The bank's frame i: PNG bytes, the sentence, the handles."""
        return self._bank.frame(i)

    def _draw(self, state):
        return (encode(self._scene.rgba(state), "png8"), *self._words(state))

    def _words(self, state):
        return self._scene.sentence(state), self._hand.places(self._scene, state)

    def _send_fast(self, seq):
        """One frame at once."""
        with self._lock:
            header, data = self._fast.pack(self._scene.rgba(self.state).view(np.uint32)[..., 0])
            self._send_live(data.ljust(self._padded, b"\0"), seq, 1, fast=True, **header)
            self.error = ""

    def _send_crisp(self, scale, seq):
        """The same state with a pixel for each pixel of the screen; what is wrong stays wrong."""
        with self._lock:
            self._send_live(encode(self._scene.rgba(self.state, scale), "png8"), seq, scale)

    def _send_live(self, data, seq, scale, **more):
        text, places = self._words(self.state)
        if self._live is None:
            more["i"] = self.index                            # it is this state of the bank
        self.send({"kind": "live", "seq": seq, "scale": scale, "text": text, "handles": places, **more}, [data])

    def _push(self, after=0.0):
        """Draw the bank and send it from a thread: a cell that is busy does not hold it up."""
        if self.comm is None or isinstance(self.comm, DummyComm) or len(self._bank) == 1:
            return                                            # closed, or there is no front end, or nothing to send
        bank = self._bank
        self._sending = in_background(lambda: self.guard(lambda: self._send_bank(bank)), after)
        if self._sending is None:
            self.pushed = self.epoch                          # nothing is on its way: the page asks

    def _send_bank(self, bank):
        epoch = self.epoch
        for first in bank.parts(self.index):
            part = bank.part(first, wanted=lambda: bank is self._bank)
            if part is None:
                return                                        # another bank has taken its place
            self.send({**part[0], "epoch": epoch}, part[1])
        with self._lock:
            if bank is self._bank:
                self.pushed = epoch

    # --- the hand

    def _on_msg(self, _, message, buffers):
        if not self.guard(lambda: self._answer(message)):
            self.send({"kind": "ack", "seq": message.get("seq", 0)})

    def _answer(self, m):
        """One message of the browser: MessageUp in js/types.js. A question gets one answer."""
        kind, seq, current = m["kind"], m.get("seq", 0), m.get("epoch", self.epoch) == self.epoch
        if kind in ("far", "need", "seen"):
            self._padded = 0 if kind == "far" else self._padded           # the browser is on another machine
            return self._give_bank(m["first"]) if kind == "need" and current else None
        with self._lock:
            if not current:                                   # asked before the browser heard of this bank
                return self.send({"kind": "ack", "seq": seq})
            if m["i"] >= 0:                                   # the browser shows the bank: that state is the one meant
                self._live = None
                if m["i"] != self.index:
                    self.set_state({"index": m["i"]})         # as the browser's own change: it is not sent back
            if kind == "rest":
                return self._send_crisp(m["scale"], seq)
            if kind == "hover":
                return self.send({"kind": "said", "seq": seq, "text": self._hand.hover(self._scene, m["x"], m["y"])})
            state = self._hand.does(m, self, self._hold)
            return self.send({"kind": "ack", "seq": seq}) if state is None else self._show(state, seq)

    def _hold(self, state):
        self._live = state

    def _give_bank(self, first):
        """The browser misses frames, of which `first` is one."""
        if self._sending is None:
            message, pictures = self._bank.part(first // CHUNK * CHUNK)
            self.send({**message, "epoch": self.epoch, "ask": True}, pictures)           # ask for the next ones
        elif not self._sending.is_alive():
            self._push()

    # --- without a kernel

    def png(self):
        """The picture on screen as PNG bytes."""
        return encode(self._scene.rgba(self.state), "png8")

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return ({**data, "text/plain": self._scene.sentence(self.state),
                 "image/png": base64.b64encode(self.png()).decode()},
                {**metadata, "image/png": dict(zip(("width", "height"), self.size, strict=True))})

    def page_data(self):
        """The bank as a dict for JSON, from which the stage's module (`emlib.live.front_end`) plays without Python.

        As in MyST: ``{anywidget}`` takes the module, the style sheet and this JSON.
        """
        options = {k: getattr(self, k) for k in ("size", "n", "alt", "index", "interval", "names")}
        bank = [self._frame(i) for i in range(self.n)]
        return bank_data(options, [frame[0] for frame in bank], [frame[1] for frame in bank])

    def html(self, path=None, title="", lang="en"):
        """A page that plays the bank with no kernel and no network.

        Written to `path` if given, else returned.
        """
        text = page(self.page_data(), title, lang)
        if path is None:
            return text
        pathlib.Path(path).write_text(text, encoding="utf-8")
        return None
