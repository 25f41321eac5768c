"""What a hand did to a handle: drag, drop or click. Decided in pixels, before a panel hears of it."""

import math

__all__ = ["Gesture"]

STILL = 1.0        # pixels: a pointer that is nearer than this to where it was pressed has not moved


class Gesture:
    """Follows a hand from the press to the release, and says what that amounts to.

    A place goes through picture and data coordinates and comes back changed in the last digits, so no panel can tell a
    click from a drag by its numbers; here pixels are compared.

    Parameters
    ----------
    size : (width, height)
        Of the picture, in pixels.
    """

    def __init__(self, size):
        self.size = size
        self._pressed = None        # (name, place) under a pointer that has not moved yet
        self._dragged = None        # (name, place) of the last drag, until it is dropped

    def means(self, phase, name, at, kept):
        """What one message of the hand amounts to.

        Parameters
        ----------
        phase : {"down", "move", "up", "key", "enter"}
            Of a pointer the first three; an arrow key; Enter.
        name : str
            The handle.
        at : (x, y)
            Where the hand has it, fractions of the picture.
        kept : bool
            Whether what the last drag made is still on screen.

        Returns
        -------
        tuple of str
            "drag", "drop", "click", in this order, at most two of them; a drop comes after a drag to the same place.
        """
        if phase == "down":
            self._pressed, self._dragged = (name, at), None
            return ()
        if phase in ("move", "up") and self._still(name, at):
            return ("click",) if phase == "up" else ()
        if phase == "up" and self._pressed is None and self._dragged is None:
            return ()                                         # its press was for a picture that is gone
        mine = self._dragged is not None and self._dragged[0] == name
        self._pressed = None                                  # it moved: the way back is a move, too
        if phase == "enter":
            return ("drop",) if mine and kept else ("click",)
        drags = () if mine and self._dragged[1] == at else ("drag",)
        return (*drags, "drop") if phase == "up" else drags

    def done(self, act, name, at):
        """A drag or a drop went well; one that raised is tried again with the next message."""
        self._dragged = (name, at) if act == "drag" else None

    def _still(self, name, at):
        if self._pressed is None or self._pressed[0] != name:
            return False
        (x, y), (width, height) = self._pressed[1], self.size
        return math.hypot((at[0] - x) * width, (at[1] - y) * height) < STILL
