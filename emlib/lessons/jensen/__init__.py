"""Spread the ratios p(x,z)/q on the curve of the logarithm; the gap is the KL (W15–W18). Notebook 04."""

from emlib.lessons.jensen.panel import JensenGap

__all__ = ["JensenGap"]
