"""A panel: a stage with its controls, shown as one thing and driven by a test without a browser."""

from ipywidgets import HBox, VBox

__all__ = ["Panel"]


class Panel:
    """A stage and the controls above it.

    Parameters
    ----------
    stage : Stage
    controls : sequence of widgets

    Attributes
    ----------
    stage : Stage
    widget : VBox
        What is shown where a kernel runs. Elsewhere the stage's still and its sentence are shown.
    """

    def __init__(self, stage, controls=()):
        self.stage = stage
        self.widget = VBox([HBox(list(controls)), stage] if controls else [stage])

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
        view, (still, metadata) = self.widget._repr_mimebundle_(**kwargs), self.stage._repr_mimebundle_(**kwargs)
        return {**still, **view, "text/plain": still["text/plain"]}, metadata
