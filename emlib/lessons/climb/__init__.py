"""The bound touches the log-likelihood, and EM raises the likelihood by it (W10–W14, W24). Notebook 05."""

from emlib.lessons.climb.model import OneMean
from emlib.lessons.climb.panel import Climb, ride_along

__all__ = ["Climb", "OneMean", "ride_along"]
