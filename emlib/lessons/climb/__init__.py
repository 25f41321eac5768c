"""The bound touches the log-likelihood, and EM raises the likelihood by it (W10–W14, W24). Notebook 05."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".model": ("OneMean",),
    ".panel": ("Climb", "ride_along"),
})
