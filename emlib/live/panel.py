"""A panel: a stage with its controls, shown as one thing and driven by a test without a browser."""

import base64

from ipywidgets import HBox, VBox

from emlib.draw.film import GAP, filmstrip, spread

__all__ = ["Panel"]

STILLS = 3      # frames of a film on a page without a kernel: the first, one on the way, the last


class Panel:
    """A stage with its controls.

    Parameters
    ----------
    stage : Stage
    controls, notes : sequences of widgets
        What stands above the stage, side by side, and below it.

    Attributes
    ----------
    stage : Stage
    widget : VBox
        What is shown where a kernel runs. Elsewhere the stage's still and its sentence are shown.
    """

    def __init__(self, stage, controls=(), notes=()):
        self.stage = stage
        self.widget = VBox([*([HBox(list(controls))] if controls else []), stage, *notes])

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

    def _repr_mimebundle_(self, **kwargs):
        """The widget; and for a page without a kernel a film of the states on screen, with their sentences."""
        scene, states = self.stage.scene, self.states if len(self.states) > 1 else [self.state]
        states = [states[i] for i in spread(len(states), STILLS)]
        height = sum(self.stage.size[1] for _ in states) + GAP * (len(states) - 1)
        return ({**self.widget._repr_mimebundle_(**kwargs),
                 "text/plain": "\n".join(scene.sentence(state) for state in states),
                 "image/png": base64.b64encode(filmstrip(scene, states, columns=1)).decode()},
                {"image/png": {"width": self.stage.size[0], "height": height}})
