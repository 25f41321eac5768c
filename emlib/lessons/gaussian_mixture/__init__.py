"""A Gaussian mixture, fitted half-step by half-step, with the means in your hand. Notebook 08."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".panel": ("FitMixture",),
    ".scene": ("FitScene",),
})
