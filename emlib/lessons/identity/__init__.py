"""Two curves over z whose difference is log p(x|θ), whatever z (W1–W5). Notebook 02."""

from emlib.lessons.identity.model import LinearGaussian
from emlib.lessons.identity.panel import PickLabel, PickZ

__all__ = ["LinearGaussian", "PickLabel", "PickZ"]
