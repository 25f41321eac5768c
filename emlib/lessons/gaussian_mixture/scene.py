"""A whole fit in one picture: the mixture, the identity, the ascent."""

from emlib.draw.parts.ascent import Ascent
from emlib.draw.parts.identity_bar import IdentityBar, sentence_of
from emlib.draw.parts.mixture import mixture
from emlib.draw.scene import Together


class FitScene(Together):
    """The picture of a fit of a Gaussian mixture, half-step by half-step. States are the Steps themselves.

    Parameters
    ----------
    x : array (N, D) with D = 1 or 2
        The data that was fitted.
    steps : sequence of Step
        `fit(model, x).steps`. All limits are chosen from them once.
    labels : sequence of D str, optional
        What the columns measure, with units.
    size : (float, float)
        Inches at 100 dots per inch.
    """

    def __init__(self, x, steps, labels=None, size=(9.0, 4.8)):
        steps = list(steps)
        if not steps:
            raise ValueError("steps: empty; give the half-steps of a fit, such as fit(model, x).steps")
        super().__init__([
            (mixture(x, labels), (0.112, 0.135, 0.368, 0.755)),
            (IdentityBar.for_bounds(steps), (0.54, 0.585, 0.44, 0.395)),
            (Ascent(steps), (0.605, 0.135, 0.375, 0.335)),
        ], size, title=(0.112, 0.93))

    def places(self, model):
        """Where the markers of the means stand, in data coordinates of the first axes, array (K, 2)."""
        return self.parts[0][0].places(model)

    def sentence(self, state):
        return sentence_of(state)
