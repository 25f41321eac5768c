"""A Gaussian mixture, fitted half-step by half-step, with the means in your hand. Notebook 08."""

from emlib.lessons.gaussian_mixture.panel import FitMixture
from emlib.lessons.gaussian_mixture.scene import FitScene

__all__ = ["FitMixture", "FitScene"]
