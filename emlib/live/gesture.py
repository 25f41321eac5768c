"""What a hand did to a handle: drag, drop or click, decided in pixels before a panel hears of it."""

import math

STILL = 1.0        # pixels: a pointer that stayed nearer than this to where it was pressed did not move


class Gesture:
    """Follows one hand from the press to the release, and calls what it amounts to.

    A click goes through picture and data coordinates and comes back changed in the last digits, so no panel can tell
    it from a drag by its numbers; here the pixels are compared.

    Parameters
    ----------
    size : (width, height)
        Of the picture, in pixels.
    on_drag, on_drop, on_click, on_key : callable or None
        See `Stage`.
    """

    def __init__(self, size, on_drag, on_drop, on_click, on_key=None):
        self.size, self.on_drag, self.on_drop, self.on_click, self.on_key = size, on_drag, on_drop, on_click, on_key
        self._pressed = None        # (name, place) under a pointer that has not moved yet
        self._dragged = None        # (name, place, the state that this made), from the first move to the drop

    def acts(self):
        """Whether anything is to happen to handles at all."""
        return any((self.on_drag, self.on_drop, self.on_click, self.on_key))

    def hear(self, phase, name, at, place, stage):
        """One message of the hand.

        Parameters
        ----------
        phase : {"down", "move", "up", "key", "enter"}
            Of a pointer the first three; an arrow key; Enter.
        name : str
            The handle.
        at : (x, y)
            Where the hand is, fractions of the picture.
        place : (x, y)
            The same in data coordinates, held inside the handle's axes.
        stage : object
            Its ``state`` is what is on screen; ``hold(state)`` makes another state that, without sending it.

        Returns
        -------
        state or None
            What to show.
        """
        if phase == "down":
            self._pressed, self._dragged = (name, at), None
            return None
        if phase == "key" and self.on_key:
            self._pressed = self._dragged = None              # the key is the whole act: nothing is left to drop
            return self.on_key(name, *place)
        if phase in ("move", "up") and self._still(name, at):
            return self._click(name) if phase == "up" else None
        if phase == "enter" and not (self._dragged and self._dragged[0] == name and self._dragged[2] is stage.state):
            return self._click(name)                          # no key has moved it, or what it made has been left
        if phase == "up" and not (self._pressed or self._dragged):
            return None                                       # its press was for a picture that is gone
        made, self._pressed = None, None
        if phase != "enter" and (self._dragged is None or self._dragged[:2] != (name, at)):
            made = self.on_drag(name, *place) if self.on_drag else None
            if made is not None:
                stage.hold(made)
            self._dragged = name, at, stage.state
        if phase in ("up", "enter"):
            self._dragged = None
            dropped = self.on_drop(name, *place) if self.on_drop else None
            if dropped is not None:
                return dropped
        return made if made is stage.state else None          # on_drop may have shown something else

    def _still(self, name, at):
        if not self._pressed or self._pressed[0] != name:
            return False
        (x, y), (width, height) = self._pressed[1], self.size
        return math.hypot((at[0] - x) * width, (at[1] - y) * height) < STILL

    def _click(self, name):
        self._pressed = None
        return self.on_click(name) if self.on_click else None
