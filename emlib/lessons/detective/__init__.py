"""Six broken EMs on trial: find the theorem that each one breaks. Notebook 19."""

from emlib.lessons.detective.cases import CASES, Case, Clusters, ThreeCoins, suspect
from emlib.lessons.detective.panel import DetectivePanel

__all__ = ["CASES", "Case", "Clusters", "DetectivePanel", "ThreeCoins", "suspect"]
