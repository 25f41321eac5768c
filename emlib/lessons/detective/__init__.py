"""Six broken EMs on trial: find the theorem that each one breaks. Notebook 19."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".cases": ("CASES", "Case", "Clusters", "ThreeCoins", "suspect"),
    ".panel": ("DetectivePanel",),
})
