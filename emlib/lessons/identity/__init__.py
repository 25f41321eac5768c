"""Two curves over z whose difference is log p(x|θ), whatever z (W1–W5). Notebook 02."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".model": ("LinearGaussian",),
    ".panel": ("PickLabel", "PickZ"),
})
