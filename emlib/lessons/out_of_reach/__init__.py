"""q from a family that may not hold the posterior: the KL that stays (W21, W24). Notebook 07."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".panel": ("ShrinkFamily",),
})
