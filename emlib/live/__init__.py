"""Live panels for notebooks: the only layer that knows widgets."""

from emlib.live.choose_q import ChooseQ, approach_posterior
from emlib.live.climb import Climb, ride_along
from emlib.live.fit_mixture import FitMixture
from emlib.live.jensen import JensenGap
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage
from emlib.live.two_arguments import WalkTwoArguments

__all__ = [
    "ChooseQ",
    "Climb",
    "FitMixture",
    "Handle",
    "JensenGap",
    "Panel",
    "Stage",
    "WalkTwoArguments",
    "approach_posterior",
    "ride_along",
]
