"""Live panels for notebooks: the only layer that knows widgets."""

from emlib.live.choose_q import ChooseQ, approach_posterior
from emlib.live.climb import Climb, ride_along
from emlib.live.detective_panel import DetectivePanel
from emlib.live.fit_mixture import FitMixture
from emlib.live.jensen import JensenGap
from emlib.live.out_of_reach import ShrinkFamily
from emlib.live.over_z import PickLabel, PickZ
from emlib.live.panel import Panel
from emlib.live.stage import Handle, Stage
from emlib.live.two_arguments import WalkTwoArguments
from emlib.live.two_coins import ClimbLikelihood, CountSoftly, LabelSets

__all__ = [
    "ChooseQ",
    "Climb",
    "ClimbLikelihood",
    "CountSoftly",
    "DetectivePanel",
    "FitMixture",
    "Handle",
    "JensenGap",
    "LabelSets",
    "Panel",
    "PickLabel",
    "PickZ",
    "ShrinkFamily",
    "Stage",
    "WalkTwoArguments",
    "approach_posterior",
    "ride_along",
]
