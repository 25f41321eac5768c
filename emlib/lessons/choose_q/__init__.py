"""Choose any q for one point: log p(x|θ) stays, ELBO and KL trade (W6–W9). Notebooks 00 and 03."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".panel": ("ChooseQ", "approach_posterior"),
})
