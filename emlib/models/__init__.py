"""Models: each is its parameters, with ``log_joint`` and ``m_step``."""

from emlib.models.coins import CoinMixture
from emlib.models.gaussian import GaussianMixture

__all__ = ["CoinMixture", "GaussianMixture"]
