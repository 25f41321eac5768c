"""Label sets of tosses by hand, softly, and by EM; one likelihood on two scales (W19). Notebook 01."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".panel": ("ClimbLikelihood", "CountSoftly", "LabelSets"),
})
