"""Six suspects on trial, five broken EMs and a slow one: match them, and find what each one breaks. Notebook 19."""

from emlib._on_demand import on_demand

__all__, __getattr__, __dir__ = on_demand(__name__, {
    ".cases": ("CASES", "Case", "Clusters", "ThreeCoins", "suspect"),
    ".matching": ("match",),
    ".panel": ("DetectivePanel",),
})
