"""L(q, θ) as a landscape of two arguments, and several kinds of step on it (W20, W22, W23). Notebook 06."""

from emlib.lessons.two_arguments.model import SmudgedCoin
from emlib.lessons.two_arguments.moves import m_gradient, m_part
from emlib.lessons.two_arguments.panel import WalkTwoArguments

__all__ = ["SmudgedCoin", "WalkTwoArguments", "m_gradient", "m_part"]
