"""The stage: one widget that shows the frames of a scene, scrubbed in the browser or following the hand."""

import base64
import pathlib
import threading
import time

import anywidget
import numpy as np
import traitlets as T

from emlib.draw.scene import encode
from emlib.live.gesture import Gesture
from emlib.live.handles import Handle, attempt, held_inside, in_words, place_under
from emlib.live.wire import CHUNK, FULL, page, runs

__all__ = ["Handle", "Stage"]

HERE = pathlib.Path(__file__).parent
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
        ``handles(state) -> list of Handle``; default ``scene.handles`` where there is one.
    on_drag : callable, optional
        ``on_drag(name, x, y) -> state or None``: a handle was moved to (x, y), data coordinates of its axes, held
        inside them, by the pointer or by an arrow key.
    on_drop : callable, optional
        ``on_drop(name, x, y) -> state or None``: the hand let go, or pressed Enter, after it has moved the handle (by
        a pixel at least, or by a key). `on_drag` has been called with the same place before.
    on_key : callable, optional
        ``on_key(name, x, y) -> state or None``: an arrow key wants the handle at (x, y), 8 pixels from where it is (1
        with Shift). For handles that know a few places only; without it a key is a drag, and Enter drops.
    on_click : callable, optional
        ``on_click(name) -> state or None``: a handle was pressed and released where it was, or Enter was pressed on
        one that no key has moved. Without it such a click does nothing.
    on_add, on_remove, on_hover : callable, optional
        ``on_add(x, y, axes) -> state or None`` (a click, or Enter, on a free place),
        ``on_remove(name) -> state or None`` (shift-click, or Delete, on a handle),
        ``on_hover(x, y, axes) -> str`` (what to read at a place).
    names : dict, optional
        Other words for the buttons and notes: back, play, pause, next, slider, picture, free, wait, lost, gone.

    Attributes
    ----------
    state : object
        The state on screen.
    error : str
        What went wrong in the scene or in a callback, in words; empty when all is well. Shown in the panel.

    Raises
    ------
    ValueError
        If `states` is empty, `index` is not one of theirs, or handles are wanted from a scene that cannot place them.

    Notes
    -----
    A callback that returns None leaves the state alone, so it may call `show` or `set_states` itself.
    Callbacks can run in another thread than the cells do (ipykernel 7); one lock orders them within a stage.
    Keyboard: Tab (or ``[`` ``]``) chooses a handle and leaves the picture after the last; arrows move it, with
    Shift by one pixel; Enter acts or adds; Delete removes.
    """

    _esm = HERE / "stage.js"
    _css = HERE / "stage.css"
    size = T.List([900, 360]).tag(sync=True)
    n, index = T.Int(1).tag(sync=True), T.Int(0).tag(sync=True)
    interval = T.Float(200).tag(sync=True)
    alt, text = T.Unicode().tag(sync=True), T.Unicode().tag(sync=True)
    handles, acts = T.List().tag(sync=True), T.List().tag(sync=True)
    names, still = T.Dict().tag(sync=True), T.Bytes().tag(sync=True)
    epoch, pushed = T.Int(0).tag(sync=True), T.Int(-1).tag(sync=True)      # which bank; the last one wholly sent
    error = T.Unicode().tag(sync=True)

    def __init__(self, scene, states, *, alt="", index=0, interval=200, handles=None, on_drag=None, on_drop=None,
                 on_click=None, on_key=None, on_add=None, on_remove=None, on_hover=None, names=None, **traits):
        states = list(states)
        if not states:
            raise ValueError("states is empty: a stage needs at least one state to show")
        if not 0 <= index < len(states):
            raise ValueError(f"index is {index}, but there are states 0 to {len(states) - 1}: choose one of them")
        self._scene, self._states, self._live, self._bank = scene, states, None, {}
        self._handles = handles or getattr(scene, "handles", None)
        self._gesture = Gesture([round(100 * s) for s in scene.size], on_drag, on_drop, on_click, on_key)
        self._on = {"move": self._gesture.acts(), "add": on_add, "remove": on_remove, "hover": on_hover}
        if (self._on["move"] or on_remove) and not self._handles:
            raise ValueError("handles is missing: on_drag, on_drop, on_click and on_remove need handles(state), "
                             "what can be taken")
        self._lock, self._full = threading.RLock(), FULL
        self._sending = self._key = None  # the thread that sends the bank; the key frame: number, pixels, bytes
        still, text, places = self._frame(index)              # an error in the first picture is raised, here
        super().__init__(size=[round(100 * s) for s in scene.size], n=len(states), index=index, interval=interval,
                         alt=alt, names=names or {}, still=still, text=text, handles=places,
                         acts=[k for k, f in self._on.items() if f], **traits)
        self.on_msg(self._on_msg)
        self._push()

    # --- states

    @property
    def state(self):
        """The state on screen."""
        return self._states[self.index] if self._live is None else self._live

    @property
    def scene(self):
        """The scene that draws the states."""
        return self._scene

    @property
    def states(self):
        """The states of the bank."""
        return tuple(self._states)

    @property
    def sentence(self):
        """What is on screen, in words."""
        return self._scene.sentence(self.state)

    @T.observe("index")
    def _scrubbed(self, change):
        self._live = None
        if self._guard(lambda: self._frame(self.index)):
            self.error = ""

    @T.validate("index")
    def _inside(self, proposal):
        return max(0, min(len(self._states) - 1, proposal["value"]))

    def show(self, state):
        """Show one state that is not in the bank, at once: for sliders and buttons whose change needs Python."""
        self._guard(lambda: self._show(state))

    def hold(self, state):
        """Make a state the one on screen; what is sent next shows it."""
        self._live = state

    def _show(self, state, seq=0):
        with self._lock:
            self._live = state
            self._send_fast(seq)

    def set_states(self, states, index=None, scene=None):
        """Replace the bank (and the scene, by one of the same size), without flicker; the index is kept if it can be.

        The picture follows at once, the other frames when no further change came for a moment, so that a fit may be
        redone at every move of a hand.
        """
        states = list(states)
        if not states:
            raise ValueError("states is empty: a stage needs at least one state to show")
        with self._lock:
            index = min(self.index if index is None else index, len(states) - 1)
            self._scene = self._scene if scene is None else scene
            self._states, self._bank, self._live = states, {}, None
            with self.hold_sync():
                self.epoch, self.n, self.index = self.epoch + 1, len(states), index
            self._guard(lambda: self._send_fast(0))
            self._push(after=REST)

    # --- frames

    def _frame(self, i):
        """The bank's frame i: PNG bytes, the sentence, the handles. Drawn on first use."""
        with self._lock:
            if i not in self._bank:
                self._bank[i] = (encode(self._scene.rgba(self._states[i]), "png8"), *self._words(self._states[i]))
            return self._bank[i]

    def _words(self, state):
        places = self._handles(state) if self._handles and (self._on["move"] or self._on["remove"]) else []
        return self._scene.sentence(state), [
            [h.name, *self._scene.to_picture(h.x, h.y, h.axes), h.label or h.name] for h in places]

    def _send_fast(self, seq):
        """One frame at once: what differs from the key frame, which the browser holds since the first of them."""
        with self._lock:
            pixels = self._scene.rgba(self.state).view(np.uint32)[..., 0]
            data, key = (runs(pixels ^ self._key[1]), self._key[0]) if self._key else (runs(pixels), 0)
            more = {"key": key, **self._which()}
            if not key or len(data) > self._key[2]:           # no key yet, or one that no longer resembles the picture
                more["makes"] = key + 1
                self._key = key + 1, pixels, len(runs(pixels))
            text, places = self._words(self.state)
            self.send({"kind": "live", "fast": True, "seq": seq, "text": text, "handles": places, "scale": 1, **more},
                      [data.ljust(self._full, b"\0")])
            self.error = ""

    def _send_crisp(self, scale, seq):
        """The same state with a pixel for each pixel of the screen."""
        with self._lock:
            frame = encode(self._scene.rgba(self.state, scale), "png8")
            text, places = self._words(self.state)
            self.send({"kind": "live", "seq": seq, "text": text, "handles": places, "scale": scale, **self._which()},
                      [frame])
            self.error = ""

    def _which(self):
        return {} if self._live is not None else {"i": self.index}     # the index, if it is a state of the bank

    def _push(self, after=0.0):
        """Draw the bank and send it from a thread: a cell that is busy does not hold it up."""
        if getattr(self.comm, "kernel", None) is None or len(self._states) == 1:
            return
        epoch = self.epoch

        def work():
            time.sleep(after)
            self._guard(lambda: self._send_bank(epoch))

        self._sending = threading.Thread(target=work, daemon=True, name="emlib-stage")
        self._sending.start()

    def _send_bank(self, epoch):
        n, here = len(self._states), self.index // CHUNK * CHUNK
        for first in sorted(range(0, n, CHUNK), key=lambda a: (a != here, a)):     # what is on screen goes first
            frames = []
            for i in range(first, min(first + CHUNK, n)):
                with self._lock:                              # between two frames a hand may take its turn
                    if epoch != self.epoch:
                        return
                    frames.append(attempt(self._frame, i, otherwise=(b"", "", [])))
            pictures, texts, places, errors = map(list, zip(*frames, strict=True))       # errors: said when reached
            self.send(dict(kind="bank", epoch=epoch, first=first, texts=texts, handles=places, errors=errors), pictures)
        with self._lock:
            if epoch == self.epoch:
                self.pushed = epoch

    # --- the hand

    def _guard(self, act):
        """Run, and say in the panel what went wrong: a traceback in a callback goes to a log that nobody reads."""
        try:
            act()
        except Exception as error:
            self.error = in_words(error)
            return False
        return True

    def _on_msg(self, _, message, buffers):
        if not self._guard(lambda: self._answer(message)):
            self.send({"kind": "ack", "seq": message.get("seq", 0)})

    def _answer(self, m):
        kind, seq = m["kind"], m.get("seq", 0)
        if kind in ("far", "need", "seen"):
            self._full = 0 if kind == "far" else self._full   # the browser is on another machine
            if kind == "need" and m["epoch"] == self.epoch and not (self._sending and self._sending.is_alive()):
                self._push()
            return
        with self._lock:
            if m["i"] >= 0:                                   # the browser shows the bank: that state is the one meant
                self._live = None
                if m["i"] != self.index:
                    self.set_state({"index": m["i"]})         # as the browser's own change: it is not sent back
            if kind == "rest":
                return self._send_crisp(m["scale"], seq)
            if kind == "hover":
                said = self._on["hover"](*place) if (place := place_under(self._scene, m["x"], m["y"])) else ""
                return self.send({"kind": "said", "seq": seq, "text": said or ""})
            if kind == "move":
                handle = next((h for h in self._handles(self.state) if h.name == m["name"]), None)
                place = handle and held_inside(self._scene, m["x"], m["y"], handle.axes)
                state = handle and self._gesture.hear(m["phase"], handle.name, (m["x"], m["y"]), place, self)
            elif kind == "add":
                state = self._on["add"](*place) if (place := place_under(self._scene, m["x"], m["y"])) else None
            else:                                             # "index": nothing but where the browser is
                state = self._on["remove"](m["name"]) if kind == "remove" else None
            if state is None:
                self.send({"kind": "ack", "seq": seq})
            else:
                self._show(state, seq)

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

    def html(self, path=None, title="", lang="en"):
        """A page that plays the bank with no kernel and no network.

        Written to `path` if given, else returned.
        """
        keep = {k: getattr(self, k) for k in ("size", "n", "alt", "index", "interval", "names")}
        bank = [self._frame(i) for i in range(self.n)]
        text = page(keep, [f[0] for f in bank], [f[1] for f in bank], str(self._esm), str(self._css), title, lang)
        if path is None:
            return text
        pathlib.Path(path).write_text(text, encoding="utf-8")
        return None
