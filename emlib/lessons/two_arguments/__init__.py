"""L(q, θ) as a landscape of two arguments, climbed by several kinds of move (W20, W22, W23). Notebook 06."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".model": ("SmudgedCoin",),
    ".moves": ("climb", "e_part", "m_full", "m_gradient", "m_part"),
    ".panel": ("WalkTwoArguments",),
})
