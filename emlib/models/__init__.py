"""Models: each is its parameters, with ``log_joint`` and ``m_step``."""

from emlib.models.coins import CoinMixture
from emlib.models.gaussian import GaussianMixture
from emlib.models.smudged import SmudgedCoin

__all__ = ["CoinMixture", "GaussianMixture", "SmudgedCoin"]
