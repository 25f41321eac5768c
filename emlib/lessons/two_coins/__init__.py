"""Label sets of tosses by hand, softly, and by EM; one likelihood on two scales (W19). Notebook 01."""

from emlib.lessons.two_coins.panel import ClimbLikelihood, CountSoftly, LabelSets

__all__ = ["ClimbLikelihood", "CountSoftly", "LabelSets"]
