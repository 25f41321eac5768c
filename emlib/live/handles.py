"""What a hand can take in a picture, where it is, and what is said when something went wrong."""

import pathlib
import traceback
from dataclasses import dataclass

from emlib import words


@dataclass(frozen=True)
class Handle:
    """Something in the picture that can be taken and moved.

    ``name`` is for the code, ``label`` for the screen reader (default: the name); ``x`` and ``y`` are data
    coordinates of the figure's axes number ``axes``. Where its places are a grid, ``step`` is the distance of two of
    them: an arrow key, also with Shift, moves it so far at least. A ``tall`` one is an upright line through the axes,
    and is taken anywhere along it.
    """

    name: str
    x: float
    y: float
    label: str = ""
    axes: int = 0
    step: float = 0.0
    tall: bool = False

    def sent(self, scene):
        """As js/types.js has it: in fractions of the picture."""
        x, y = scene.to_picture(self.x, self.y, self.axes)
        place = {"x": x, "y": y, "name": self.name, "label": self.label or self.name}
        if self.step:
            further = scene.to_picture(self.x + self.step, self.y + self.step, self.axes)
            place |= {"dx": abs(further[0] - x), "dy": abs(further[1] - y)}
        if self.tall:
            _, place["top"], _, place["bottom"] = scene.boxes()[self.axes]
        return place


def in_words(error):
    """What went wrong and where, without the frames of this folder: for a reader, not for a debugger."""
    what = "".join(traceback.format_exception_only(type(error), error)).strip()
    here, say = pathlib.Path(__file__).parent, words.of("kit")
    own = [f for f in traceback.extract_tb(error.__traceback__) if pathlib.Path(f.filename).parent != here]
    return "\n".join([what, *(say.WHERE.format(function=f.name, line=f.lineno, file=pathlib.Path(f.filename).name)
                              for f in own[-1:])])


def attempt(act, *arguments, otherwise):
    """What `act` returns, a tuple, and "" behind it; if it raises, `otherwise` and what went wrong in words."""
    try:
        return (*act(*arguments), "")
    except Exception as error:
        return (*otherwise, in_words(error))


def place_under(scene, x, y):
    """Data coordinates and number of the axes under a point of the picture, or None beside them all.

    `x` and `y` are fractions of the picture from its top left.
    """
    for axes in range(len(scene.boxes())):
        place = scene.to_data(x, y, axes)
        if place is not None:
            return (*place, axes)
    return None


def held_inside(scene, x, y, axes):
    """Data coordinates of a point of the picture, kept on the border of the axes when the hand has left them."""
    left, top, right, bottom = scene.boxes()[axes]
    return scene.to_data(min(max(x, left), right), min(max(y, top), bottom), axes)
