"""A hand on a stage: what it may do, and what is asked of the panel when it does."""

from emlib.live.gesture import Gesture
from emlib.live.handles import held_inside, place_under

__all__ = ["Hand"]


class Hand:
    """The callbacks of a stage, called with data coordinates.

    Parameters
    ----------
    size : (width, height)
        Of the picture, in pixels.
    handles : callable or None
        ``handles(state) -> list of Handle``.
    drag, drop, click, key, add, remove, hover : callable or None
        The callbacks of `Stage`, without their ``on_``.

    Raises
    ------
    ValueError
        If a callback for handles has no `handles`.
    """

    def __init__(self, size, handles, **on):
        self.on, self.handles = on, handles or (lambda state: [])
        needs = {"move": ("drag", "drop", "click", "key"), "add": ("add",), "remove": ("remove",), "hover": ("hover",)}
        self.acts = [act for act, callbacks in needs.items() if any(on[name] for name in callbacks)]
        if {"move", "remove"} & set(self.acts) and not handles:
            raise ValueError("handles is missing: on_drag, on_drop, on_click, on_key and on_remove need "
                             "handles(state), what can be taken")
        self._gesture, self._made = Gesture(size), None

    def places(self, scene, state):
        """The handles of a state as js/types.js has them, in fractions of the picture."""
        return [handle.sent(scene) for handle in self.handles(state)]

    def hover(self, scene, x, y):
        """What is to be read at a place of the picture."""
        place = place_under(scene, x, y)
        return (self.on["hover"](*place) if place else "") or ""

    def does(self, m, stage, hold):
        """Tell the panel what a message says.

        Parameters
        ----------
        m : dict
            See Question in js/types.js.
        stage : Stage
            Its ``state`` is on screen.
        hold : callable
            ``hold(state)`` puts a state there, without sending it yet.

        Returns
        -------
        state or None
            What to show.
        """
        if m["kind"] == "move":
            return self._moves(m["phase"], m["name"], (m["x"], m["y"]), stage, hold)
        if m["kind"] == "add":
            place = place_under(stage.scene, m["x"], m["y"])
            return self.on["add"](*place) if place else None
        return self.on["remove"](m["name"]) if m["kind"] == "remove" else None

    def _moves(self, phase, name, at, stage, hold):
        handle = next((h for h in self.handles(stage.state) if h.name == name), None)
        if handle is None:
            return None
        place, made = held_inside(stage.scene, *at, handle.axes), None
        if phase == "key" and self.on["key"]:                 # the key is the whole act: nothing is left to drop
            return self.on["key"](name, *place)
        for act in self._gesture.means(phase, name, at, kept=self._made is stage.state):
            callback = self.on[act]
            state = callback(name, *(() if act == "click" else place)) if callback else None
            if state is not None:
                hold(state)
                made = state
            self._gesture.done(act, name, at)
            self._made = stage.state
        return made if made is stage.state else None          # on_drop may have shown something else
