"""L(q, θ) as a landscape of two arguments, and several kinds of step on it (W20, W22, W23). Notebook 06."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".model": ("SmudgedCoin",),
    ".moves": ("m_gradient", "m_part"),
    ".panel": ("WalkTwoArguments",),
})
