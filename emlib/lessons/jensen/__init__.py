"""Spread the ratios p(x,z)/q on the curve of the logarithm; the gap is the KL (W15–W18). Notebook 04."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".panel": ("JensenGap",),
})
