"""Live panels for notebooks: the only layer that knows widgets."""

from emlib.live.choose_q import ChooseQ, approach_posterior
from emlib.live.fit_mixture import FitMixture
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage

__all__ = ["ChooseQ", "FitMixture", "Handle", "Panel", "Stage", "approach_posterior"]
