"""A panel: a stage with its controls, shown as one thing and driven by a test without a browser."""

import base64

from ipywidgets import HBox, VBox

from emlib.draw.film import GAP, filmstrip, spread
from emlib.live.controls import NumberField

__all__ = ["Panel"]

STILLS = 3      # frames of a film on a page without a kernel: the first, one on the way, the last


class Panel:
    """A stage with its controls.

    Parameters
    ----------
    stage : Stage
    controls, notes : sequences of widgets
        What stands above the stage, side by side, and below it. What a `NumberField` among the controls has to say
        stands right below them.

    Attributes
    ----------
    stage : Stage
    widget : VBox
        What is shown where a kernel runs. Elsewhere the stills and their sentences are shown.
    """

    def __init__(self, stage, controls=(), notes=()):
        self.stage = stage
        said = [c.said for c in controls if isinstance(c, NumberField) and c.said not in notes]
        self.widget = VBox([*([HBox(list(controls))] if controls else []), *said, stage, *notes])
        self.widget.add_class("emlib-panel")                  # for js/stage.css

    @property
    def state(self):
        """The state on screen."""
        return self.stage.state

    @property
    def states(self):
        """The states that can be scrubbed without Python."""
        return self.stage.states

    @property
    def sentence(self):
        """What is on screen, in words."""
        return self.stage.sentence

    @property
    def error(self):
        """What went wrong in the last change, in words; empty when all is well."""
        return self.stage.error

    def on(self, control, callback):
        """Hook a callback to a control; what goes wrong in it is shown in the panel, until something goes well.

        An exception in a callback that a widget calls bare goes to a log that nobody reads.

        Parameters
        ----------
        control : Button, NumberField, the panel's stage, or a widget with a value
        callback : callable
            ``callback()`` for a button; ``callback(number)`` for a good number in a `NumberField`;
            ``callback(index)`` for the stage, when another state of its bank is on screen; ``callback(value)`` for any
            other widget.
        """
        if hasattr(control, "on_click"):
            control.on_click(lambda _: self._guarded(callback))
        elif isinstance(control, NumberField):
            control.on_number(callback, self._guarded)
        else:
            what = "index" if control is self.stage else "value"
            control.observe(lambda change: self._guarded(callback, change["new"]), what)

    def _guarded(self, callback, *arguments):
        self.stage.error = ""
        self.stage.guard(lambda: callback(*arguments))

    def stills(self):
        """The states that a page without a kernel shows, below one another, each with its sentence."""
        states = self.states if len(self.states) > 1 else [self.state]
        return [states[i] for i in spread(len(states), STILLS)]

    def _repr_mimebundle_(self, **kwargs):
        """The widget; and for a page without a kernel the stills, with their sentences."""
        scene, states = self.stage.scene, self.stills()
        height = self.stage.size[1] * len(states) + GAP * (len(states) - 1)
        return ({**self.widget._repr_mimebundle_(**kwargs),
                 "text/plain": "\n".join(scene.sentence(state) for state in states),
                 "image/png": base64.b64encode(filmstrip(scene, states, len(states), columns=1)).decode()},
                {"image/png": {"width": self.stage.size[0], "height": height}})
