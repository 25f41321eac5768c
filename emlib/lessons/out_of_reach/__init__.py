"""q from a family that may not hold the posterior: the KL that stays (W21, W24). Notebook 07."""

from emlib.lessons.out_of_reach.panel import ShrinkFamily

__all__ = ["ShrinkFamily"]
