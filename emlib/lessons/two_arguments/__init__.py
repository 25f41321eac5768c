"""L(q, θ) as a landscape of two arguments, climbed by several kinds of move (W20, W22, W23). Notebook 06."""

from emlib.lessons.two_arguments.model import SmudgedCoin
from emlib.lessons.two_arguments.moves import climb, e_part, m_full, m_gradient, m_part
from emlib.lessons.two_arguments.panel import WalkTwoArguments

__all__ = ["SmudgedCoin", "WalkTwoArguments", "climb", "e_part", "m_full", "m_gradient", "m_part"]
